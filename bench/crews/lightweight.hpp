// A crew of our lightweight threads: callables on a scheduler, which block.
#pragma once

#include "bench/measure.hpp"
#include "bench/workloads/workload.hpp"

#include <handfast/sched/scheduler.hpp>

#include <cstdlib>
#include <functional>
#include <vector>

namespace handfast::bench {

struct lightweight {
  /// Every part as a task of its own. Spawning them is inside the timed stretch, starting the
  /// workers is not.
  static cost run(const std::vector<std::function<void()>>& parts, const setting& at) {
    scheduler<> workers(scheduler_options{.workers = at.workers});
    const stopwatch watch;
    std::vector<join_handle<void, native>> members;
    members.reserve(parts.size());
    for (const auto& part : parts) {
      auto member = workers.spawn([&part] { part(); });
      if (!member) {
        std::abort();
      }
      members.push_back(*std::move(member));
    }
    for (auto& member : members) {
      if (!member.join()) {
        std::abort();
      }
    }
    return watch.stop();
  }
};

}  // namespace handfast::bench
