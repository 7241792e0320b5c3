// A crew of OS threads.
#pragma once

#include "bench/measure.hpp"
#include "bench/workloads/workload.hpp"

#include <cstddef>
#include <functional>
#include <latch>
#include <thread>
#include <vector>

namespace handfast::bench {

struct threads {
  /// Every part on a thread of its own. The threads are made first and held at
  /// a gate; the clock runs from its opening to the last join.
  static cost run(const std::vector<std::function<void()>>& parts, const setting&) {
    std::latch ready(static_cast<std::ptrdiff_t>(parts.size()));
    std::latch gate(1);
    std::vector<std::jthread> members;
    members.reserve(parts.size());
    for (const auto& part : parts) {
      members.emplace_back([&ready, &gate, &part] {
        ready.count_down();
        gate.wait();
        part();
      });
    }
    ready.wait();
    const stopwatch watch;
    gate.count_down();
    members.clear();
    return watch.stop();
  }
};

}  // namespace handfast::bench
