// Threads for work that blocks in the system: files, sleeps, other people's locks. A worker that
// ran it would be lost to all other tasks meanwhile.
//
// Rules
//  1. Every field below `mutex_` is touched only while it is held.
//  2. `free_` counts the threads that have no job, from their making on, whether they sleep, have
//     been called, or have yet to begin. Each takes a job, or leaves, in a critical section. So
//     where there are at most as many jobs as free threads each job has one that will come for it;
//     whoever brings one more than that makes a thread, unless there are as many as may be.
//  3. A thread that has had nothing to do for so long leaves. A called thread may find that time
//     over: it looks for a job before it leaves, and one that is there is not forgotten.
//  4. Who leaves joins who left before it, so that at most one that has left is still to be
//     joined; the end of the pool does that.
//
// Progress: blocking, for the few instructions that the mutex is held, and for the system's
// calls that make a thread and wake one.
#pragma once

#include <handfast/memory/object.hpp>
#include <handfast/sched/scheduler.hpp>
#include <handfast/sync/lock_guard.hpp>
#include <handfast/sync/native.hpp>
#include <handfast/sync/policy.hpp>
#include <handfast/task/executor.hpp>
#include <handfast/task/job.hpp>
#include <handfast/task/spawned.hpp>

#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

namespace handfast {

/// What a pool is to be like.
struct blocking_pool_options {
  /// At once. Work beyond that waits for one of them: where work waits for other work of the same
  /// pool, there are to be more threads than such waits.
  std::size_t most_threads = 256;
  /// For how long a thread stays that has nothing to do.
  std::uint64_t nanoseconds_kept = 10'000'000'000;
};

/// Of a pool, as of now.
struct blocking_pool_statistics {
  std::size_t threads = 0;
  std::size_t free = 0;    ///< of those, without work
  std::size_t queued = 0;  ///< work that waits for a thread
};

/// Runs each piece of work on a thread of its own, or of one that has done its work:
///
///     handfast::blocking_pool<> pool;
///     auto text = pool.run([] { return read_all("notes"); });   // std::expected<join_handle, …>
///     use(co_await *text);
///
/// Any thread may call any member, several at once, and tasks may; but for shutting down and the
/// destructor, which need it for themselves.
template <sync_policy Sync = native>
class blocking_pool final : public executor<Sync> {
 public:
  using sync = Sync;

  blocking_pool() noexcept : blocking_pool(blocking_pool_options{}) {}
  explicit blocking_pool(const blocking_pool_options& how) noexcept : how_(how) {
    Sync::assert_that(how.most_threads > 0, "a blocking pool without threads");
    Sync::name(mutex_, "blocking_pool.mutex");
  }
  /// Drains it, unless it was shut down.
  ~blocking_pool() { shut_down(shutdown_mode::drain); }

  /// Runs `work`; what it gives, or throws, is for who joins (spawned.hpp). `name` is for dumps,
  /// and lives as long as the work. Work that is cancelled before it begins is dropped. Refuses
  /// after the end, and where there is neither a thread nor one to be had. Does not block.
  template <class Work>
  [[nodiscard]] auto run(Work work, const char* name = nullptr) noexcept
      -> std::expected<join_handle<std::invoke_result_t<Work&>, Sync>, unspawned<Work>> {
    using cell = detail::called<Work, Sync>;
    auto* const made = make_object<cell, Sync>(*this, std::move(work), name);
    if (made == nullptr) {
      // NOLINTNEXTLINE(bugprone-use-after-move): nothing was made of it
      return std::unexpected(unspawned<Work>{spawn_failure::no_memory, std::move(work)});
    }
    if (const auto refused = take_on(*made)) {
      unspawned<Work> back{*refused, made->take_work()};
      destroy_object<cell, Sync>(made);
      return std::unexpected(std::move(back));
    }
    return join_handle<std::invoke_result_t<Work&>, Sync>(*made);
  }

  /// Takes no more work; what has begun runs to its end, the rest as `how` says. Returns when all
  /// threads have gone. By none of them. Blocks.
  void shut_down(shutdown_mode how) noexcept {
    Sync::assert_that(!runs_here(), "a blocking pool is shut down by its own work");
    if (how == shutdown_mode::cancel) {
      this->drop_all();
    }
    member* last = nullptr;
    {
      const lock_guard<Sync> lock(mutex_);
      closed_.write() = true;
      work_.notify_all();
      while (threads_.read() > 0) {
        all_left_.wait(mutex_);
      }
      last = std::exchange(left_.write(), nullptr);
    }
    see_off(last);
  }

  /// Whether the calling thread is a pool's.
  [[nodiscard]] static bool runs_here() noexcept { return place(); }

  [[nodiscard]] blocking_pool_statistics statistics() noexcept {
    const lock_guard<Sync> lock(mutex_);
    return {.threads = threads_.read(), .free = free_.read(), .queued = queued_.read()};
  }

  // As an executor. A callable is scheduled once, by its spawner or by who cancels it, and never
  // waits to be polled again.
  void schedule(job<Sync>& what) noexcept override {
    const lock_guard<Sync> lock(mutex_);
    put(what);
  }
  void yield(job<Sync>& what) noexcept override { schedule(what); }
  [[nodiscard]] bool give_way(job<Sync>&) noexcept override { return false; }
  void finished() noexcept override {}
  void threw() noexcept override {}

 private:
  using deadline = typename Sync::deadline;
  using duration = typename Sync::clock::duration;
  using count = typename Sync::template var<std::size_t>;

  // One thread, in memory of its own: who left last is joined by another.
  class member {
   public:
    explicit member(blocking_pool& home)
        : thread_([this, &home] { home.work_until_idle(*this); }) {}

    void join() noexcept { thread_.join(); }

   private:
    typename Sync::thread thread_;
  };

  struct tag;
  [[nodiscard]] static bool& place() noexcept {
    return Sync::template thread_slot<bool, tag>::get();
  }

  // Why it is not taken on; nothing: it is.
  [[nodiscard]] std::optional<spawn_failure> take_on(job<Sync>& what) noexcept {
    const lock_guard<Sync> lock(mutex_);
    if (closed_.read()) {
      return spawn_failure::shut_down;
    }
    if (queued_.read() >= free_.read() && threads_.read() < how_.most_threads &&
        !one_more_thread() && threads_.read() == 0) {
      return spawn_failure::no_memory;
    }
    put(what);
    return std::nullopt;
  }
  void put(job<Sync>& what) noexcept {
    jobs_.push(what);
    queued_.write() += 1;
    work_.notify_one();
  }

  // The thread begins with the lock, which the caller has: it is made before it looks.
  [[nodiscard]] bool one_more_thread() noexcept {
    void* const memory = Sync::allocate(sizeof(member), alignof(member));
    if (memory == nullptr) {
      return false;
    }
    try {
      std::construct_at(static_cast<member*>(memory), *this);
    } catch (...) {
      // The system has no thread for us: those that are there do it.
      Sync::deallocate(memory, sizeof(member), alignof(member));
      return false;
    }
    threads_.write() += 1;
    free_.write() += 1;
    return true;
  }

  // All that a thread does.
  void work_until_idle(member& self) noexcept {
    place() = true;
    member* before = nullptr;
    for (bool is_free = true;; is_free = false) {
      job<Sync>* const next = take_or_leave(is_free, self, before);
      if (next == nullptr) {
        break;
      }
      next->run();
    }
    place() = false;
    see_off(before);
  }

  // The next job, for a thread that is counted as free or comes from one. Nullptr: none came for so
  // long, or will; then it has left, and joins who left before.
  [[nodiscard]] job<Sync>* take_or_leave(bool is_free, member& self, member*& before) noexcept {
    const lock_guard<Sync> lock(mutex_);
    if (!is_free) {
      free_.write() += 1;
    }
    const deadline end = Sync::clock::now() + kept();
    wait_status status = wait_status::woken;
    while (jobs_.empty() && !closed_.read() && status == wait_status::woken) {
      status = work_.wait_until(mutex_, end);
    }
    free_.write() -= 1;
    job<Sync>* const found = jobs_.pop();
    if (found != nullptr) {
      queued_.write() -= 1;
      return found;
    }
    before = std::exchange(left_.write(), &self);
    threads_.write() -= 1;
    if (threads_.read() == 0) {
      all_left_.notify_one();
    }
    return nullptr;
  }

  static void see_off(member* who) noexcept {
    if (who != nullptr) {
      who->join();
      destroy_object<member, Sync>(who);
    }
  }

  [[nodiscard]] duration kept() const noexcept {
    return duration(static_cast<typename duration::rep>(how_.nanoseconds_kept));
  }

  const blocking_pool_options how_;
  typename Sync::mutex mutex_;
  typename Sync::condition_variable work_;      // came, or the end
  typename Sync::condition_variable all_left_;  // at the end
  job_list<Sync> jobs_;
  count queued_;
  count threads_;
  count free_;
  typename Sync::template var<bool> closed_;
  typename Sync::template var<member*> left_;
};

}  // namespace handfast
