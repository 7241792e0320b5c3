// Making a channel: start here.
//
// A message's way: sender::send (handles.hpp) -> lock_ring::send_with
// (lock_ring.hpp) -> ring::push (queue/ring.hpp) -> late_wake notifies ->
// lock_ring::receive_with wakes -> ring::pop -> receiver::receive.
#pragma once

#include <handfast/channel/async_select.hpp>
#include <handfast/channel/deadline.hpp>
#include <handfast/channel/handles.hpp>
#include <handfast/channel/lock_free.hpp>
#include <handfast/channel/lock_ring.hpp>
#include <handfast/channel/operation.hpp>
#include <handfast/channel/outcome.hpp>
#include <handfast/channel/rendezvous.hpp>
#include <handfast/channel/select.hpp>
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

namespace detail {

template <class Core>
[[nodiscard]] std::expected<channel<Core>, create_failure> with_handles(
    std::expected<Core*, create_failure> made) noexcept {
  if (!made) {
    return std::unexpected(made.error());
  }
  return channel<Core>{sender<Core>(**made), receiver<Core>(**made)};
}

template <class Core>
[[nodiscard]] channel<Core> or_stop(std::expected<channel<Core>, create_failure> made) noexcept {
  Core::sync::assert_that(made.has_value(),
                          "make_channel: capacity zero, a size that overflows, or no memory");
  return *std::move(made);
}

}  // namespace detail

/// A channel for at most `capacity` items, or why there is none: capacity zero, a size
/// that overflows, no memory. An unbounded one takes no capacity.
template <class Core>
  requires(Core::bounded)
[[nodiscard]] std::expected<channel<Core>, create_failure> try_make_channel_of(
    std::size_t capacity) noexcept {
  return detail::with_handles<Core>(Core::create(capacity));
}
template <class Core>
  requires(!Core::bounded)
[[nodiscard]] std::expected<channel<Core>, create_failure> try_make_channel_of() noexcept {
  return detail::with_handles<Core>(Core::create());
}

/// The same; where `try_make_channel_of` refuses, a precondition is broken and the
/// program stops.
template <class Core>
  requires(Core::bounded)
[[nodiscard]] channel<Core> make_channel_of(std::size_t capacity) noexcept {
  return detail::or_stop(try_make_channel_of<Core>(capacity));
}
template <class Core>
  requires(!Core::bounded)
[[nodiscard]] channel<Core> make_channel_of() noexcept {
  return detail::or_stop(try_make_channel_of<Core>());
}

/// The same of any core, for code over all of them: `capacity` is for one that is bounded.
template <class Core>
[[nodiscard]] channel<Core> make_channel_with_room(std::size_t capacity) noexcept {
  if constexpr (Core::bounded) {
    return make_channel_of<Core>(capacity);
  } else {
    return make_channel_of<Core>();
  }
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
