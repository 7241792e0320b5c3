// What the threads of a seeded run share: who is alive, who sleeps on what, what
// time it is. `native_seeded` is the policy in front of it.
//
// Sleeping goes through one list under one lock, which makes three things exact
// that real condition variables leave to chance:
//   - whom a notification wakes is a seeded choice;
//   - time is virtual: a timed wait ends when its thread's seed says so, or when
//     nothing else can happen, and nobody ever waits for a clock;
//   - a deadlock is seen the moment it arises: every thread of the run sleeps,
//     and none has a deadline.
// It also counts the memory that the run holds, so that a leak is seen at its end.
//
// Rules
//  1. Fields of `world` are touched under `lock_` only, but for the atomic ones.
//  2. A thread counts in `live_` from its creation to its end, in `asleep_`
//     while it is in `sleepers_`. Whoever wakes it takes it out of both.
//  3. Waiting for a user's mutex does not count as sleeping: its holder runs,
//     or is itself found out. So mutual waiting for two mutexes is not seen here
//     (the model checkers see it).
//  4. Only `sleep` and `wake` take `lock_`: other operations of the policy add
//     no ordering that could hide a data race from ThreadSanitizer.
#pragma once

#include <handfast/sync/order.hpp>
#include <handfast/sync/policy.hpp>
#include <handfast/sync/random_stream.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <map>
#include <mutex>
#include <source_location>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace handfast::seeded {

/// What the world knows of one thread.
struct thread_state {
  explicit thread_state(std::string_view its_name, std::uint64_t seed)
      : name(its_name), random(seed) {}

  std::string name;
  random_stream random;
  std::condition_variable awake;
  std::uint32_t children = 0;
};

/// Called once with what went wrong and a report; must not return. The default
/// prints and aborts.
using failure_handler = std::function<void(std::string_view kind, const std::string& report)>;

class world {
 public:
  using time = std::chrono::nanoseconds;

  /// The run's world; there is one a process.
  static world& get() {
    static world the_world;
    return the_world;
  }

  /// The calling thread's state; threads that the run did not make get one with
  /// the seed 0.
  static thread_state& self() {
    thread_local thread_state outside("outside the run", 0);
    thread_state* mine = current();
    return mine == nullptr ? outside : *mine;
  }

  // A run ------------------------------------------------------------------

  void begin(thread_state& main, failure_handler handler) {
    const std::lock_guard lock(lock_);
    live_ = 1;
    asleep_ = 0;
    now_.store(0, order::relaxed);
    blocks_.store(0, order::relaxed);
    names_.clear();
    handler_ = std::move(handler);
    current() = &main;
  }

  void end() {
    current() = nullptr;
    if (const auto left = blocks_.exchange(0, order::relaxed); left != 0) {
      fail("leak", std::to_string(left) + " blocks of the policy's memory were never freed");
    }
    const std::lock_guard lock(lock_);
    handler_ = nullptr;
  }

  void block_allocated() { blocks_.fetch_add(1, order::relaxed); }
  void block_freed() { blocks_.fetch_sub(1, order::relaxed); }

  void thread_created() {
    const std::lock_guard lock(lock_);
    ++live_;
  }

  static void thread_started(thread_state& state) { current() = &state; }

  /// The last thing a thread does: wakes who joins it.
  void thread_ended(const void* joined_on) {
    std::unique_lock lock(lock_);
    wake_locked(joined_on, true);
    finished_.push_back(joined_on);
    --live_;
    end_stalemate(lock);
  }

  /// Sleeps until `thread_ended(joined_on)`.
  void join(const void* joined_on, std::source_location where) {
    std::unique_lock lock(lock_);
    if (std::erase(finished_, joined_on) == 0) {
      sleep_locked(lock, joined_on, where, no_deadline);
      std::erase(finished_, joined_on);
    }
  }

  // Sleeping and waking ------------------------------------------------------

  static constexpr time no_deadline = time::max();

  /// Sleeps on `object` until woken or past `deadline`. `release` runs once the
  /// thread is on the list: no notification after it is missed. Returns without
  /// sleeping if `release` says false.
  template <class Release>
  wait_status sleep(const void* object, std::source_location where, time deadline,
                    Release release) {
    std::unique_lock lock(lock_);
    return release() ? sleep_locked(lock, object, where, deadline) : wait_status::woken;
  }

  void wake_one(const void* object) {
    const std::lock_guard lock(lock_);
    wake_locked(object, false);
  }

  void wake_all(const void* object) {
    const std::lock_guard lock(lock_);
    wake_locked(object, true);
  }

  [[nodiscard]] bool anyone_sleeps_on(const void* object) {
    const std::lock_guard lock(lock_);
    return std::ranges::any_of(sleepers_,
                               [object](const sleeper* each) { return each->object == object; });
  }

  // Time, names, failure -------------------------------------------------------

  [[nodiscard]] time now() const { return time{now_.load(order::relaxed)}; }

  /// Time never goes back; a deadline once seen past stays past.
  void advance_to(time later) {
    time::rep seen = now_.load(order::relaxed);
    while (seen < later.count() &&
           !now_.compare_exchange_weak(seen, later.count(), order::relaxed, order::relaxed)) {
    }
  }

  void name(const void* object, const char* text) {
    const std::lock_guard lock(lock_);
    names_[object] = text;
  }

  [[noreturn]] void fail(std::string_view kind, const std::string& report) {
    failure_handler handler;
    {
      const std::lock_guard lock(lock_);
      handler = handler_;
    }
    fail_with(handler, kind, report);
  }

 private:
  struct sleeper {
    const void* object;
    thread_state* thread;
    std::source_location where;
    time deadline;
    bool awake = false;
    wait_status result = wait_status::woken;
  };

  static thread_state*& current() {
    thread_local thread_state* state = nullptr;
    return state;
  }

  wait_status sleep_locked(std::unique_lock<std::mutex>& lock, const void* object,
                           std::source_location where, time deadline) {
    sleeper mine{object, &self(), where, deadline};
    sleepers_.push_back(&mine);
    ++asleep_;
    end_stalemate(lock);
    mine.thread->awake.wait(lock, [&mine] { return mine.awake; });
    return mine.result;
  }

  void wake_locked(const void* object, bool all) {
    std::vector<sleeper*> waiting;
    std::ranges::copy_if(sleepers_, std::back_inserter(waiting),
                         [object](const sleeper* each) { return each->object == object; });
    if (!all && !waiting.empty()) {
      waiting = {waiting[self().random.next() % waiting.size()]};
    }
    for (sleeper* each : waiting) {
      rouse(*each, wait_status::woken);
    }
  }

  void rouse(sleeper& chosen, wait_status result) {
    std::erase(sleepers_, &chosen);
    --asleep_;
    chosen.result = result;
    chosen.awake = true;
    chosen.thread->awake.notify_one();
  }

  // If nobody runs, time passes until the earliest deadline; if there is none,
  // the run is stuck for ever.
  void end_stalemate(std::unique_lock<std::mutex>& lock) {
    if (asleep_ < live_ || sleepers_.empty()) {
      return;
    }
    sleeper& earliest = **std::ranges::min_element(
        sleepers_, {}, [](const sleeper* each) { return each->deadline; });
    if (earliest.deadline == no_deadline) {
      const std::string report = who_sleeps_on_what();
      const failure_handler handler = handler_;
      lock.unlock();
      fail_with(handler, "deadlock", report);
    }
    advance_to(earliest.deadline);
    rouse(earliest, wait_status::timed_out);
  }

  std::string who_sleeps_on_what() {
    std::string report = "every thread waits, and nobody is left to wake one:\n";
    for (const sleeper* each : sleepers_) {
      const auto named = names_.find(each->object);
      report += "  " + each->thread->name + " waits for " +
                (named == names_.end() ? "a thread to end" : named->second) + ", in " +
                each->where.file_name() + ":" + std::to_string(each->where.line()) + "\n";
    }
    return report;
  }

  [[noreturn]] static void fail_with(const failure_handler& handler, std::string_view kind,
                                     const std::string& report) {
    if (handler) {
      handler(kind, report);
    }
    std::fprintf(stderr, "handfast: %.*s: %s\n", static_cast<int>(kind.size()), kind.data(),
                 report.c_str());
    std::abort();
  }

  std::mutex lock_;
  std::vector<sleeper*> sleepers_;
  std::vector<const void*> finished_;
  std::size_t live_ = 0;
  std::size_t asleep_ = 0;
  std::map<const void*, std::string> names_;
  failure_handler handler_;
  // Relaxed throughout: the clock orders nothing but itself.
  std::atomic<time::rep> now_ = 0;
  // Relaxed throughout: a count, read when all threads but one have been joined.
  std::atomic<std::int64_t> blocks_ = 0;
};

}  // namespace handfast::seeded
