// Concurrent histories: what threads asked of one channel, what it answered, and
// when, by one counter that all threads share.
#pragma once

#include <handfast/channel/outcome.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "properties/spec/channel.hpp"

namespace handfast::properties {

enum class call_kind : std::uint8_t {
  send,
  try_send,
  send_until,
  send_many,
  receive,
  try_receive,
  receive_until,
  receive_many,
  close,
  drop_sender,
  drop_receiver,
  clone_sender,
  clone_receiver,
  async_send,  ///< polled to its end
  async_receive,
  poll_send,  ///< polled once, and dropped where it is pending
  poll_receive,
};

inline constexpr std::size_t call_kinds = static_cast<std::size_t>(call_kind::poll_receive) + 1;

/// Of one item.
[[nodiscard]] constexpr bool is_single_send(call_kind kind) {
  return kind == call_kind::send || kind == call_kind::try_send || kind == call_kind::send_until ||
         kind == call_kind::async_send || kind == call_kind::poll_send;
}
[[nodiscard]] constexpr bool is_single_receive(call_kind kind) {
  return kind == call_kind::receive || kind == call_kind::try_receive ||
         kind == call_kind::receive_until || kind == call_kind::async_receive ||
         kind == call_kind::poll_receive;
}

/// Else a receiver's.
[[nodiscard]] constexpr bool needs_sender(call_kind kind) {
  return is_single_send(kind) || kind == call_kind::send_many || kind == call_kind::close ||
         kind == call_kind::drop_sender || kind == call_kind::clone_sender;
}

/// One call and its answer.
struct call {
  call_kind kind = call_kind::close;
  bool selects = false;  ///< is one of those of a select; those that were not done are no calls
  std::size_t thread = 0;
  std::uint64_t invoked = 0;
  std::uint64_t responded = 0;  ///< 0: it never answered

  std::vector<spec::item> asked;  ///< sends: the items
  std::size_t most = 0;           ///< receive_many: the rooms, or the policy's limit if fewer

  std::size_t sent = 0;         ///< sends: how many of them were taken
  std::vector<spec::item> got;  ///< receives: the items
  std::optional<send_failure> send_failed;
  std::optional<receive_failure> receive_failed;
  std::optional<close_outcome> closed;

  // Where threads share no time, but what happens before what: how many steps the thread that was
  // answered had taken by then; how many of each thread's happened before it began.
  std::size_t answered_on = 0;  ///< one of those that `knows` counts
  std::uint64_t steps = 0;
  std::vector<std::uint64_t> knows{};
};

/// Whether a call was over before another began, for all that anybody can tell.
[[nodiscard]] inline bool precedes(const call& one, const call& other) {
  if (one.responded == 0) {
    return false;
  }
  if (other.knows.empty() || one.thread == other.thread) {
    return one.responded <= other.invoked;
  }
  return one.answered_on < other.knows.size() && one.steps <= other.knows[one.answered_on];
}

/// All calls on one channel, which began with so many handles of each kind.
struct history {
  std::size_t capacity = 1;
  std::size_t senders = 1;
  std::size_t receivers = 1;
  std::vector<call> calls;
  bool stuck = false;     ///< what has no answer never gets one
  bool one_item = false;  ///< in the channel's life
};

[[nodiscard]] std::string_view name_of(call_kind kind);

/// "send_many(4, 5) = sent 1, closed".
[[nodiscard]] std::string to_string(const call& what);

/// The history, a column a thread, an invocation or an answer a line.
[[nodiscard]] std::string to_string(const history& what);

}  // namespace handfast::properties
