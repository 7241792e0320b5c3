// Making a channel: start here.
//
// A message's way: sender::send (handles.hpp) -> lock_ring::send_with
// (lock_ring.hpp) -> ring::push (queue/ring.hpp) -> late_wake notifies ->
// lock_ring::receive_with wakes -> ring::pop -> receiver::receive.
#pragma once

#include <handfast/channel/handles.hpp>
#include <handfast/channel/lock_free_ring.hpp>
#include <handfast/channel/lock_ring.hpp>
#include <handfast/channel/outcome.hpp>
#include <handfast/sync/native.hpp>

#include <cstddef>
#include <expected>

namespace handfast {

/// Both ends of a new channel; take it apart with a structured binding.
template <class Core>
struct channel {
  sender<Core> tx;
  receiver<Core> rx;
};

/// A channel for at most `capacity` items, or why there is none: capacity zero,
/// a size that overflows, no memory.
template <class Core>
[[nodiscard]] std::expected<channel<Core>, create_failure> try_make_channel_of(
    std::size_t capacity) noexcept {
  const auto made = Core::create(capacity);
  if (!made) {
    return std::unexpected(made.error());
  }
  return channel<Core>{sender<Core>(**made), receiver<Core>(**made)};
}

/// A channel for at most `capacity` items. A capacity that `try_make_channel_of`
/// refuses breaks a precondition and stops the program.
template <class Core>
[[nodiscard]] channel<Core> make_channel_of(std::size_t capacity) noexcept {
  auto made = try_make_channel_of<Core>(capacity);
  Core::sync::assert_that(made.has_value(),
                          "make_channel: capacity zero, a size that overflows, or no memory");
  return *std::move(made);
}

/// The same of the lock-based variant, which costs least where one thread at a time
/// has the channel.
template <class Value, sync_policy Sync = native>
[[nodiscard]] std::expected<channel<lock_ring<Value, Sync>>, create_failure> try_make_channel(
    std::size_t capacity) noexcept {
  return try_make_channel_of<lock_ring<Value, Sync>>(capacity);
}
template <class Value, sync_policy Sync = native>
[[nodiscard]] channel<lock_ring<Value, Sync>> make_channel(std::size_t capacity) noexcept {
  return make_channel_of<lock_ring<Value, Sync>>(capacity);
}

}  // namespace handfast
