// Jobs from outside, for whichever worker comes.
//
// Rules
//  1. `jobs_` is touched only while `mutex_` is held.
//  2. `is_empty_` is written in the same critical section; who looks without the lock may miss a
//     job that comes at the same time, and is told of it otherwise (idle.hpp).
//
// Progress: blocking, for the few instructions that the mutex is held.
#pragma once

#include <handfast/sync/lock_guard.hpp>
#include <handfast/sync/policy.hpp>
#include <handfast/task/job.hpp>

namespace handfast {

/// Any thread may call any member, several at once. It owns no job, and needs no memory.
template <class Sync>
class injector {
 public:
  injector() noexcept { Sync::name(mutex_, "injector.mutex"); }
  injector(const injector&) = delete;
  injector& operator=(const injector&) = delete;

  void push(job<Sync>& last) noexcept {
    push(last, [] {});
  }
  /// And calls `then` before anybody can take it: once it is taken all that it belongs to may go.
  template <class Then>
  void push(job<Sync>& last, Then then) noexcept {
    const lock_guard<Sync> lock(mutex_);
    jobs_.push(last);
    is_empty_.store(false, order::relaxed);
    then();
  }

  /// The first; nullptr where there is none.
  [[nodiscard]] job<Sync>* pop() noexcept {
    if (empty()) {
      return nullptr;
    }
    const lock_guard<Sync> lock(mutex_);
    job<Sync>* const first = jobs_.pop();
    if (jobs_.empty()) {
      is_empty_.store(true, order::relaxed);
    }
    return first;
  }

  /// The same for sure, as of some moment; what whoever took the last did before is seen.
  [[nodiscard]] bool is_empty() noexcept {
    const lock_guard<Sync> lock(mutex_);
    return jobs_.empty();
  }
  /// A hint.
  [[nodiscard]] bool empty() const noexcept { return is_empty_.load(order::relaxed); }

 private:
  typename Sync::mutex mutex_;
  job_list<Sync> jobs_;
  // Relaxed throughout: written under `mutex_`; idle's fences order the look.
  typename Sync::template atomic<bool> is_empty_{true};
};

}  // namespace handfast
