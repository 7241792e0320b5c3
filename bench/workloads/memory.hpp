// What a channel takes of the machine's memory, empty and full: the growth of the
// process's resident pages over many channels, divided by them.
#pragma once

#include "bench/workloads/workload.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <memory>
#include <vector>

#include <unistd.h>

namespace handfast::bench {

namespace detail {

inline double resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  double all = 0;
  double resident = 0;
  statm >> all >> resident;
  return resident * static_cast<double>(::sysconf(_SC_PAGESIZE));
}

}  // namespace detail

template <class Channel>
outcome memory(const setting& at) {
  // Many, so that a page more or less does not show; few, so that all are soon filled.
  constexpr std::size_t all_bytes = std::size_t{16} << 20;
  const std::size_t items = at.capacity == unbounded ? 1024 : at.capacity;
  const std::size_t count = std::clamp<std::size_t>(
      all_bytes / (std::max<std::size_t>(items, 1) * sizeof(typename Channel::value_type)), 16,
      4096);
  std::vector<std::unique_ptr<Channel>> channels(count);
  ledger mine;
  const double before = detail::resident_bytes();
  for (auto& channel : channels) {
    channel = std::make_unique<Channel>(at.capacity);
  }
  const double empty = detail::resident_bytes() - before;
  for (auto& channel : channels) {
    for (std::size_t number = 1; number <= items; ++number) {
      mine.send(*channel, number);
    }
  }
  const double full = detail::resident_bytes() - before;
  for (auto& channel : channels) {
    for (std::size_t left = items; left > 0; --left) {
      mine.receive(*channel);
    }
  }
  outcome result{.spent = {},
                 .items = count * items,
                 .sum_ok = items == 0 || balanced({&mine, 1}),
                 .figures = {{"bytes_empty", empty / static_cast<double>(count)}}};
  if (items > 0) {
    result.figures.push_back({"bytes_per_item", full / static_cast<double>(count * items)});
  }
  return result;
}

}  // namespace handfast::bench
