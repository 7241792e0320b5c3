// Whoever runs jobs: what a task asks of it. Scheduler is one; a language's own event loop can be
// another.
#pragma once

#include <handfast/memory/linked_list.hpp>
#include <handfast/sync/lock_guard.hpp>
#include <handfast/sync/policy.hpp>
#include <handfast/task/job.hpp>

#include <cstddef>

namespace handfast {

/// A task that has waited once, as an executor lists it.
template <class Sync>
class listed_task : public linked<listed_task<Sync>, Sync> {
 public:
  /// The frame is to go; from any thread, while it is listed. Whether it is begun for that, now or
  /// soon; else whoever runs it has it.
  virtual bool cancel() noexcept = 0;
  /// What its spawner called it, and what it waits for; nullptr: nothing is known.
  [[nodiscard]] virtual const char* name() const noexcept = 0;
  [[nodiscard]] virtual const char* waits_for() const noexcept = 0;

 protected:
  listed_task() = default;
  ~listed_task() = default;
};

/// Any thread may call a member, unless it says otherwise.
template <class Sync>
class executor {
 public:
  executor(const executor&) = delete;
  executor& operator=(const executor&) = delete;

  /// Has `what` run soon. Neither blocks nor runs it: a waker may call this.
  virtual void schedule(job<Sync>& what) noexcept = 0;
  /// Has `what` run again, after all that waits to be run now. By whoever runs it.
  virtual void yield(job<Sync>& what) noexcept = 0;
  /// The same of what may find nothing to do yet: nobody is woken for it. False, and nothing was
  /// done: nothing else waits to be run by this worker.
  [[nodiscard]] virtual bool give_way(job<Sync>& what) noexcept = 0;
  /// A job that was spawned is over, and its memory the executor's no more. By whoever ran it.
  virtual void finished() noexcept = 0;
  /// One threw, which nobody is told of. The same.
  virtual void threw() noexcept = 0;

  /// Whether jobs are to be dropped instead of run.
  [[nodiscard]] bool drops() const noexcept {
    return drops_.load(order::relaxed);  // relaxed: who is to see it is listed, under the lock
  }

  // Tasks that wait, for who wants to know of them. Where all are dropped `who` is to be, too.
  enum class listing : unsigned char { stays, is_dropped };
  [[nodiscard]] listing list(listed_task<Sync>& who) noexcept {
    const lock_guard<Sync> lock(mutex_);
    tasks_.push_back(who);
    return drops() ? listing::is_dropped : listing::stays;
  }
  void unlist(listed_task<Sync>& who) noexcept {
    const lock_guard<Sync> lock(mutex_);
    if (tasks_.is_on(who)) {
      tasks_.remove(who);
    } else if (--going_.write() == 0) {
      all_have_gone_.notify_one();
    }
  }

 protected:
  executor() = default;
  ~executor() = default;

  /// Has all that is not running, or stops to wait, dropped.
  void drop_all() noexcept {
    const lock_guard<Sync> lock(mutex_);
    drops_.store(true, order::relaxed);  // relaxed: the same
    for (auto* each = tasks_.first(); each != nullptr;) {
      auto* const next = tasks_.after(*each);
      if (each->cancel()) {
        tasks_.remove(*each);
        ++going_.write();
      }
      each = next;
    }
  }
  /// Returns when those are over that waited then. Who woke one may have yet to schedule it: until
  /// then, whoever runs jobs is to stay. Blocks.
  void wait_until_dropped() noexcept {
    const lock_guard<Sync> lock(mutex_);
    while (going_.read() != 0) {
      all_have_gone_.wait(mutex_);
    }
  }

  template <class Visit>
  void for_each_listed(Visit visit) {
    const lock_guard<Sync> lock(mutex_);
    for (auto* each = tasks_.first(); each != nullptr; each = tasks_.after(*each)) {
      visit(*each);
    }
  }

 private:
  typename Sync::mutex mutex_;
  typename Sync::condition_variable all_have_gone_;
  linked_list<listed_task<Sync>, Sync> tasks_;
  typename Sync::template var<std::size_t> going_;  // on the list no more, and not over
  typename Sync::template atomic<bool> drops_{false};
};

}  // namespace handfast
