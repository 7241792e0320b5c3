// Boost.Fiber's buffered_channel: between fibers of one thread in `task/` rows,
// between OS threads (one fiber each) in `thr/` rows.
//
// Its size is a power of two, and it holds one item fewer: capacity 1 is exact,
// 64 becomes 127 and 1024 becomes 2047.
#pragma once

#include <boost/fiber/buffered_channel.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

namespace handfast::bench {

class boost_buffered_channel {
 public:
  static constexpr std::string_view name = "boost_fiber";

  explicit boost_buffered_channel(std::size_t capacity) : channel_(std::bit_ceil(capacity + 1)) {}

  void send(std::uint64_t item) {
    if (channel_.push(item) != boost::fibers::channel_op_status::success) {
      std::abort();
    }
  }
  std::uint64_t receive() { return channel_.value_pop(); }

 private:
  boost::fibers::buffered_channel<std::uint64_t> channel_;
};

}  // namespace handfast::bench
