// Boost.Fiber's channels: between fibers in `task/` workloads, between OS threads
// (one fiber each) in all others.
//
// The size of a buffered one is a power of two, and it holds one item fewer: capacity 1
// is exact, 64 becomes 127 and 1024 becomes 2047.
#pragma once

#include <boost/fiber/buffered_channel.hpp>
#include <boost/fiber/unbuffered_channel.hpp>
#include <boost/version.hpp>

#include <bit>
#include <cstddef>
#include <cstdlib>
#include <string>

namespace handfast::bench {

inline std::string boost_version() {
  return std::to_string(BOOST_VERSION / 100000) + "." + std::to_string(BOOST_VERSION / 100 % 1000);
}

template <class Underlying>
class boost_channel {
 public:
  using value_type = typename Underlying::value_type;

  void send(value_type item) {
    if (channel_.push(item) != boost::fibers::channel_op_status::success) {
      std::abort();
    }
  }
  value_type receive() { return channel_.value_pop(); }

 protected:
  template <class... Size>
  explicit boost_channel(Size... size) : channel_(size...) {}

 private:
  Underlying channel_;
};

template <class Item>
struct boost_buffered : boost_channel<boost::fibers::buffered_channel<Item>> {
  explicit boost_buffered(std::size_t capacity)
      : boost_buffered::boost_channel(std::bit_ceil(capacity + 1)) {}
};

template <class Item>
struct boost_unbuffered : boost_channel<boost::fibers::unbuffered_channel<Item>> {
  explicit boost_unbuffered(std::size_t) {}
};

}  // namespace handfast::bench
