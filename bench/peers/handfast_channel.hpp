// Ours: the channels as shipped, through their handles.
#pragma once

#include <handfast/channel/channel.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

namespace handfast::bench {

template <class Core>
class handfast_channel {
 public:
  explicit handfast_channel(std::size_t capacity) : channel_(make_channel_of<Core>(capacity)) {}

  // No workload closes a channel, so a failure is a bug.
  void send(std::uint64_t item) {
    if (!channel_.tx.send(item)) {
      std::abort();
    }
  }
  std::uint64_t receive() {
    const auto item = channel_.rx.receive();
    if (!item) {
      std::abort();
    }
    return *item;
  }

 private:
  channel<Core> channel_;
};

struct handfast_lock_ring : handfast_channel<lock_ring<std::uint64_t, native>> {
  using handfast_channel::handfast_channel;
  static constexpr std::string_view name = "handfast";
};
struct handfast_lock_free_ring : handfast_channel<lock_free_ring<std::uint64_t, native>> {
  using handfast_channel::handfast_channel;
  static constexpr std::string_view name = "handfast_lock_free";
};

}  // namespace handfast::bench
