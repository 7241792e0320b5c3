// One input of the channel's fuzzer: its program runs on real channels and on
// their specification, step by step (properties/conformance.hpp). AddressSanitizer,
// UBSan and LeakSanitizer watch what no specification sees.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "fuzz/operations.hpp"
#include "properties/conformance.hpp"

namespace handfast::fuzz {

/// Runs `input` as a program; says which answer or whose life was not as
/// specified, or nothing. After a violation the channels are left as they are,
/// for what is broken may not survive its own destruction: end the process.
[[nodiscard]] inline std::optional<std::string> check_channel(std::span<const std::uint8_t> input,
                                                              properties::met& seen) {
  const properties::program decoded = decode(input);
  auto run = std::make_unique<properties::conformance>(decoded.capacities);
  std::optional<std::string> wrong = run->run(decoded.steps);
  seen = run->seen();
  if (wrong) {
    std::ignore = run.release();
  }
  return wrong;
}

}  // namespace handfast::fuzz
