// A crew of Boost fibers: of one thread, or of several that share them.
#pragma once

#include "bench/measure.hpp"
#include "bench/workloads/workload.hpp"

#include <boost/fiber/algo/shared_work.hpp>
#include <boost/fiber/condition_variable.hpp>
#include <boost/fiber/fiber.hpp>
#include <boost/fiber/fixedsize_stack.hpp>
#include <boost/fiber/mutex.hpp>
#include <boost/fiber/operations.hpp>

#include <cstddef>
#include <functional>
#include <latch>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace handfast::bench {

/// Threads that share the fibers of the one that makes this, beside which they work.
class fiber_helpers {
 public:
  explicit fiber_helpers(unsigned workers) {
    if (workers < 2) {
      return;
    }
    boost::fibers::use_scheduling_algorithm<boost::fibers::algo::shared_work>(true);
    std::latch there(static_cast<std::ptrdiff_t>(workers) - 1);
    for (unsigned helper = 1; helper < workers; ++helper) {
      threads_.emplace_back([this, &there] {
        boost::fibers::use_scheduling_algorithm<boost::fibers::algo::shared_work>(true);
        there.count_down();
        std::unique_lock lock(mutex_);
        over_.wait(lock, [this] { return is_over_; });
      });
    }
    there.wait();
  }
  fiber_helpers(const fiber_helpers&) = delete;
  fiber_helpers& operator=(const fiber_helpers&) = delete;
  ~fiber_helpers() {
    {
      const std::lock_guard lock(mutex_);
      is_over_ = true;
    }
    over_.notify_all();
  }

 private:
  boost::fibers::mutex mutex_;
  boost::fibers::condition_variable over_;
  bool is_over_ = false;
  std::vector<std::jthread> threads_;
};

/// A fiber that begins when its maker waits for something.
template <class Work>
[[nodiscard]] boost::fibers::fiber make_fiber(Work&& work,
                                              std::size_t stack_bytes = std::size_t{16} * 1024) {
  return {boost::fibers::launch::post, std::allocator_arg,
          boost::fibers::fixedsize_stack(stack_bytes), std::forward<Work>(work)};
}

struct fibers {
  /// Every part on a fiber of its own. Making the fibers is inside the timed
  /// stretch; none runs on the calling thread before the first join.
  static cost run(const std::vector<std::function<void()>>& parts, const setting& at) {
    constexpr std::size_t stack_bytes = std::size_t{64} * 1024;
    const fiber_helpers helpers(at.workers);
    const stopwatch watch;
    std::vector<boost::fibers::fiber> members;
    members.reserve(parts.size());
    for (const auto& part : parts) {
      members.push_back(make_fiber(part, stack_bytes));
    }
    for (auto& member : members) {
      member.join();
    }
    return watch.stop();
  }
};

}  // namespace handfast::bench
