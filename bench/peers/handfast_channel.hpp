// Ours: the lock-based channel as shipped, through its handles.
#pragma once

#include <handfast/channel/channel.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

namespace handfast::bench {

class handfast_lock_ring {
 public:
  static constexpr std::string_view name = "handfast";

  explicit handfast_lock_ring(std::size_t capacity)
      : channel_(make_channel<std::uint64_t>(capacity)) {}

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
  channel<lock_ring<std::uint64_t, native>> channel_;
};

}  // namespace handfast::bench
