// What channel operations answer. Values, never exceptions, never a bare bool;
// an operation that failed gives its item back inside the answer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <span>
#include <string_view>

namespace handfast {

/// Why a send did not send.
enum class send_failure : unsigned char {
  full,       ///< `try_send`: no room now
  timed_out,  ///< `send_until`: no room by the deadline
  closed,     ///< the channel is closed; no send will succeed again
};

/// Why a receive received nothing.
enum class receive_failure : unsigned char {
  empty,      ///< `try_receive`: nothing there now
  timed_out,  ///< `receive_until`: nothing came by the deadline
  closed,     ///< closed and drained; no receive will succeed again
};

/// What a call to `close` did.
enum class close_outcome : unsigned char {
  closed_now,      ///< this call closed the channel
  already_closed,  ///< it was closed before
};

/// Why no channel was made.
enum class create_failure : unsigned char {
  zero_capacity,      ///< this variant needs room for one item at least
  capacity_overflow,  ///< the ring's size in bytes is not a number
  out_of_memory,
};

/// A send that failed: why, and the item, owned by the caller again.
template <class Value>
struct unsent {
  send_failure reason;
  Value item;
};

/// A `send_many` that stopped early: why, and the items that were not sent,
/// in order, where the caller put them.
template <class Value>
struct unsent_many {
  send_failure reason;
  std::span<Value> items;
};

template <class Value>
using send_result = std::expected<void, unsent<Value>>;

template <class Value>
using send_many_result = std::expected<void, unsent_many<Value>>;

template <class Value>
using receive_result = std::expected<Value, receive_failure>;

/// The number of items received, at least one unless none was asked for.
using receive_many_result = std::expected<std::size_t, receive_failure>;

[[nodiscard]] constexpr std::string_view to_string(send_failure reason) noexcept {
  switch (reason) {
    case send_failure::full: return "full";
    case send_failure::timed_out: return "timed_out";
    case send_failure::closed: return "closed";
  }
  return "?";
}

[[nodiscard]] constexpr std::string_view to_string(receive_failure reason) noexcept {
  switch (reason) {
    case receive_failure::empty: return "empty";
    case receive_failure::timed_out: return "timed_out";
    case receive_failure::closed: return "closed";
  }
  return "?";
}

[[nodiscard]] constexpr std::string_view to_string(close_outcome outcome) noexcept {
  switch (outcome) {
    case close_outcome::closed_now: return "closed_now";
    case close_outcome::already_closed: return "already_closed";
  }
  return "?";
}

[[nodiscard]] constexpr std::string_view to_string(create_failure reason) noexcept {
  switch (reason) {
    case create_failure::zero_capacity: return "zero_capacity";
    case create_failure::capacity_overflow: return "capacity_overflow";
    case create_failure::out_of_memory: return "out_of_memory";
  }
  return "?";
}

}  // namespace handfast
