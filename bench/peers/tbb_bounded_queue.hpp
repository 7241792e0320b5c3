// oneTBB's concurrent_bounded_queue. Its capacity is exact.
#pragma once

#include <oneapi/tbb/concurrent_queue.h>

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace handfast::bench {

class tbb_bounded_queue {
 public:
  static constexpr std::string_view name = "tbb";

  explicit tbb_bounded_queue(std::size_t capacity) {
    queue_.set_capacity(static_cast<std::ptrdiff_t>(capacity));
  }

  void send(std::uint64_t item) { queue_.push(item); }
  std::uint64_t receive() {
    std::uint64_t item = 0;
    queue_.pop(item);
    return item;
  }

 private:
  tbb::concurrent_bounded_queue<std::uint64_t> queue_;
};

}  // namespace handfast::bench
