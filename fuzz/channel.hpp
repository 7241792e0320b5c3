// Bytes as programs over channels, for the fuzzer.
//
//   byte 0        one to three channels (modulo 3)
//   a byte each   their capacities, 1 to 4 (modulo 4)
//   four bytes    a step: the action, the channel, the handle, the amount;
//                 repeated, the rest ignored
//
// Every input is a program, and every program that properties draw is an input.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "properties/operation.hpp"

namespace handfast::fuzz {

/// At most this many steps, so that every input ends soon.
inline constexpr std::size_t most_steps = 256;

[[nodiscard]] properties::program decode(std::span<const std::uint8_t> bytes);
[[nodiscard]] std::vector<std::uint8_t> encode(const properties::program& what);

/// The program as a person reads it, a step a line.
[[nodiscard]] std::string to_string(const properties::program& what);

/// `failing` without the steps that its failure does not need.
[[nodiscard]] properties::program minimised(properties::program failing);

}  // namespace handfast::fuzz
