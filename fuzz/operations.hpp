// Bytes as programs over channels: what the fuzzer mutates. Any bytes are a
// program, and a short one: bytes past `longest_input` are not looked at, an odd
// one at the end neither.
//
//   byte 0          bits 0-1: how many channels, 1 to 3 (3 is 1 again)
//                   bits 2-3, 4-5, 6-7: capacity of channel 0, 1, 2: an index
//                   into `capacities`
//   then by twos    first byte:  bits 0-3: the action (15 is 0 again)
//                                bits 4-7: the channel, modulo their number
//                   second byte: bits 0-3: which of the handles that are left
//                                bits 4-7: how many items, or whose sender
//
// So a byte that changes changes one step, and two that go take one step along.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <sstream>
#include <string>

#include "properties/operation.hpp"

namespace handfast::fuzz {

inline constexpr std::size_t longest_input = 1 + std::size_t{2} * 200;
inline constexpr std::array<std::uint8_t, 4> capacities{1, 2, 3, 7};

/// The program that `input` is.
[[nodiscard]] inline properties::program decode(std::span<const std::uint8_t> input) {
  input = input.first(std::min(input.size(), longest_input));
  const unsigned shape = input.empty() ? 0U : input[0];
  const unsigned channels = shape % 4U % 3U + 1U;
  properties::program decoded;
  for (unsigned i = 0; i < channels; ++i) {
    decoded.capacities.push_back(capacities[(shape >> (2U * i + 2U)) % 4U]);
  }
  for (std::size_t at = 1; at + 1 < input.size(); at += 2) {
    const unsigned what = input[at];
    const unsigned who = input[at + 1];
    properties::operation step;
    step.act = static_cast<properties::action>(what % 16U % properties::action_names.size());
    step.channel = static_cast<std::uint8_t>((what >> 4U) % channels);
    step.actor = static_cast<std::uint8_t>(who % 16U);
    step.amount = static_cast<std::uint8_t>(who >> 4U);
    if (step.act == properties::action::send_handle) {
      step.amount = static_cast<std::uint8_t>(step.amount % channels);
    }
    decoded.steps.push_back(step);
  }
  return decoded;
}

/// The program as a person reads it, a step a line, numbered from 1.
[[nodiscard]] inline std::string to_text(const properties::program& what) {
  std::ostringstream text;
  for (std::size_t i = 0; i < what.capacities.size(); ++i) {
    text << "channel " << i << " has room for " << int{what.capacities[i]} << '\n';
  }
  for (std::size_t i = 0; i < what.steps.size(); ++i) {
    text << "step " << i + 1 << ": " << what.steps[i] << '\n';
  }
  return text.str();
}

}  // namespace handfast::fuzz
