// Everything that can be measured: which contender runs which workload, and how
// large a full run is.
#pragma once

#include "bench/workloads.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace handfast::bench {

inline constexpr std::array<std::size_t, 3> capacities{1, 64, 1024};

/// One workload run by one contender.
struct contest {
  std::string_view crew;      ///< "thr": OS threads; "task": fibers on one thread
  std::string_view workload;  ///< "spsc", …
  std::string_view peer;
  outcome (*run)(std::size_t capacity, std::uint64_t n);
};

/// All of them, contenders of one workload next to each other.
[[nodiscard]] std::vector<contest> all_contests();

/// Items of a full run, as the figures of other runtimes were taken. Short runs
/// divide it.
[[nodiscard]] std::uint64_t full_size(const contest& of, std::size_t capacity);

/// Runs a tenth to warm up, then all of it; a wrong sum in either shows.
[[nodiscard]] outcome warm_and_run(const contest& which, std::size_t capacity, std::uint64_t n);

/// The contender that loses an item, in every workload; for the tests of the checks.
[[nodiscard]] std::vector<contest> lossy_contests();

}  // namespace handfast::bench
