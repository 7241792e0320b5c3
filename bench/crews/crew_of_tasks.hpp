// What our tasks' workloads have in common.
#pragma once

#include "bench/contender.hpp"

#include <handfast/sched/scheduler.hpp>

#include <cstdlib>
#include <type_traits>
#include <utility>

namespace handfast::bench {

inline scheduler_options crew_of(const setting& at) {
  return {.workers = at.workers};
}

// What nothing stands in the way of; else the benchmark is wrong.
template <class Expected>
auto sure(Expected made) {
  if (!made) {
    std::abort();
  }
  if constexpr (!std::is_void_v<typename Expected::value_type>) {
    return *std::move(made);
  }
}

}  // namespace handfast::bench
