// Unsigned numbers in few bytes: seven bits a byte, lowest first, the top bit set
// on all but the last (LEB128).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace handfast {

inline void append_varint(std::vector<std::uint8_t>& bytes, std::uint64_t value) {
  for (; value >= 128; value >>= 7U) {
    bytes.push_back(static_cast<std::uint8_t>(value | 128U));
  }
  bytes.push_back(static_cast<std::uint8_t>(value));
}

/// Takes one number off the front of `bytes`; nothing if there is none.
[[nodiscard]] inline std::optional<std::uint64_t> take_varint(
    std::span<const std::uint8_t>& bytes) {
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 64 && !bytes.empty(); shift += 7) {
    const std::uint8_t byte = bytes.front();
    bytes = bytes.subspan(1);
    value |= std::uint64_t{byte & 127U} << shift;
    if (byte < 128) {
      return value;
    }
  }
  return std::nullopt;
}

}  // namespace handfast
