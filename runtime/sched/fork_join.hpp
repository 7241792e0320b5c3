// Two pieces of work at once, by whoever calls and whoever is idle.
//
// The second is put where other workers can take it, without memory and without a task: it lies
// on the caller's stack. The caller does the first, then the second itself if it is still there;
// so where nobody is idle a fork costs a push and a take. If it was stolen the caller waits.
//
// After Cilk's and rayon's join. The take needs no fence while no worker searches for work
// (work_deque.hpp, idle.hpp), which theirs pays each time.
#pragma once

#include <handfast/park/parker.hpp>
#include <handfast/sched/worker.hpp>
#include <handfast/sync/busy_wait.hpp>
#include <handfast/sync/native.hpp>
#include <handfast/sync/policy.hpp>
#include <handfast/task/job.hpp>

#include <cstdint>
#include <exception>
#include <utility>

namespace handfast {

namespace detail {

/// The second piece, on the stack of who forked. Others run it at most once.
template <class Work, class Sync>
class forked final : public job<Sync> {
 public:
  explicit forked(Work& work) noexcept : job<Sync>(&run), work_(work) {}

  /// Waits until another has run it; throws what it threw.
  void join() {
    while (!done_.was_woken()) {
      done_.park(forever{});
    }
    busy_wait<Sync> for_the_call;
    // [fork.over] acquire: pairs with run's release; nobody touches this any more.
    while (!over_.load(order::acquire)) {
      for_the_call.go_on();
    }
    if (thrown_) {
      std::rethrow_exception(std::move(thrown_));
    }
  }

 private:
  static void run(job<Sync>& what) noexcept {
    auto& self = static_cast<forked&>(what);
    try {
      self.work_();
    } catch (...) {
      self.thrown_ = std::current_exception();
    }
    wake<Sync>(self.done_.handle());
    // [fork.over] release: pairs with join's acquire.
    self.over_.store(true, order::release);
  }

  Work& work_;
  std::exception_ptr thrown_;
  parker<Sync> done_;
  typename Sync::template atomic<bool> over_{false};
};

}  // namespace detail

/// Does both, and returns when both are done. On a worker the second may be done by another at
/// the same time; elsewhere one is done after the other. What the first throws is thrown, else
/// what the second throws; if the first throws, a second that nobody has begun is not done.
/// Blocks; on a worker, others run meanwhile.
template <sync_policy Sync = native, class First, class Second>
void fork(First&& first, Second&& second) {
  worker<Sync>* const mine = worker<Sync>::current();
  if (mine == nullptr) {
    first();
    second();
    return;
  }
  detail::forked<Second, Sync> other(second);
  const std::uint64_t lap = mine->lap();
  mine->push(other);
  const auto take_back = [&] { return mine->take_back(other, lap); };
  try {
    first();
  } catch (...) {
    if (!take_back()) {
      other.join();
    }
    throw;
  }
  if (take_back()) {
    second();
  } else {
    other.join();
  }
}

}  // namespace handfast
