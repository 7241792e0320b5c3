// Sequential programs over channels: what properties draw and fuzzers decode.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <ostream>
#include <string_view>
#include <vector>

namespace handfast::properties {

enum class action : std::uint8_t {
  send,
  try_send,
  send_until,
  send_many,
  send_handle,  ///< an item that encloses a new sender of channel `amount`
  receive,
  try_receive,
  receive_until,
  receive_many,
  close_by_sender,
  close_by_receiver,
  clone_sender,
  drop_sender,
  clone_receiver,
  drop_receiver,
};

inline constexpr std::array<std::string_view, 15> action_names{
    "send",         "try_send",        "send_until",        "send_many",
    "send_handle",  "receive",         "try_receive",       "receive_until",
    "receive_many", "close_by_sender", "close_by_receiver", "clone_sender",
    "drop_sender",  "clone_receiver",  "drop_receiver"};

/// One step: `actor` picks one of the handles that are left, modulo their
/// number; `amount` is how many, for the `_many` forms, or which channel.
struct operation {
  action act = action::send;
  std::uint8_t channel = 0;
  std::uint8_t actor = 0;
  std::uint8_t amount = 0;

  friend bool operator==(const operation&, const operation&) = default;
};

/// Channels of these capacities, then these steps.
struct program {
  std::vector<std::uint8_t> capacities;
  std::vector<operation> steps;
};

inline std::ostream& operator<<(std::ostream& out, const operation& step) {
  out << action_names[static_cast<std::size_t>(step.act)] << "(channel " << int{step.channel}
      << ", handle " << int{step.actor};
  if (step.act == action::send_many || step.act == action::receive_many) {
    out << ", " << int{step.amount} << " items";
  } else if (step.act == action::send_handle) {
    out << ", of channel " << int{step.amount};
  }
  return out << ")";
}

}  // namespace handfast::properties
