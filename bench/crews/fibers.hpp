// A crew of Boost fibers that share the calling thread: the `task/` workloads.
#pragma once

#include "bench/measure.hpp"

#include <boost/fiber/fiber.hpp>
#include <boost/fiber/fixedsize_stack.hpp>

#include <functional>
#include <memory>
#include <vector>

namespace handfast::bench {

struct fibers {
  /// Every part on a fiber of its own. Making the fibers is inside the timed
  /// stretch; none runs before the first join.
  static cost run(const std::vector<std::function<void()>>& parts) {
    constexpr std::size_t stack_bytes = std::size_t{64} * 1024;
    const stopwatch watch;
    std::vector<boost::fibers::fiber> members;
    members.reserve(parts.size());
    for (const auto& part : parts) {
      members.emplace_back(boost::fibers::launch::post, std::allocator_arg,
                           boost::fibers::fixedsize_stack(stack_bytes), part);
    }
    for (auto& member : members) {
      member.join();
    }
    return watch.stop();
  }
};

}  // namespace handfast::bench
