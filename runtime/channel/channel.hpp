// Making a channel: start here.
//
// A message's way: sender::send (handles.hpp) -> lock_ring::send_with
// (lock_ring.hpp) -> ring::push (queue/ring.hpp) -> late_wake notifies ->
// lock_ring::receive_with wakes -> ring::pop -> receiver::receive.
#pragma once

#include <handfast/channel/handles.hpp>
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
template <class Value, sync_policy Sync = native>
[[nodiscard]] std::expected<channel<lock_ring<Value, Sync>>, create_failure> try_make_channel(
    std::size_t capacity) noexcept {
  using core = lock_ring<Value, Sync>;
  const auto made = core::create(capacity);
  if (!made) {
    return std::unexpected(made.error());
  }
  return channel<core>{sender<core>(**made), receiver<core>(**made)};
}

/// A channel for at most `capacity` items. A capacity that `try_make_channel`
/// refuses breaks a precondition and stops the program.
template <class Value, sync_policy Sync = native>
[[nodiscard]] channel<lock_ring<Value, Sync>> make_channel(std::size_t capacity) noexcept {
  auto made = try_make_channel<Value, Sync>(capacity);
  Sync::assert_that(made.has_value(),
                    "make_channel: capacity zero, a size that overflows, or no memory");
  return *std::move(made);
}

}  // namespace handfast
