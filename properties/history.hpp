// Concurrent histories: what threads asked of one channel, what it answered, and
// when, by one counter that all threads share.
#pragma once

#include <handfast/channel/outcome.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
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
};

/// One call and its answer.
struct call {
  call_kind kind = call_kind::close;
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
};

/// All calls on one channel, which began with so many handles of each kind.
struct history {
  std::size_t capacity = 1;
  std::size_t senders = 1;
  std::size_t receivers = 1;
  std::vector<call> calls;
};

/// "send_many(4, 5) = sent 1, closed".
[[nodiscard]] std::string to_string(const call& what);

/// The history, a column a thread, an invocation or an answer a line.
[[nodiscard]] std::string to_string(const history& what);

}  // namespace handfast::properties
