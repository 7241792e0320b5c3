// A wrong contender: the mutex ring, but the tenth item sent arrives as zero.
// The checks of the benchmarks are shown to catch it; it is in no measurement.
#pragma once

#include "bench/peers/mutex_ring.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace handfast::bench {

class lossy_ring {
 public:
  static constexpr std::string_view name = "lossy";

  explicit lossy_ring(std::size_t capacity) : ring_(capacity) {}

  void send(std::uint64_t item) {
    const bool lose = sent_.fetch_add(1, std::memory_order_relaxed) == 9;
    ring_.send(lose ? 0 : item);
  }
  std::uint64_t receive() { return ring_.receive(); }

 private:
  mutex_ring ring_;
  std::atomic<std::uint64_t> sent_{0};
};

}  // namespace handfast::bench
