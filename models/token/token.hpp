// A token names one failure: hf1.<scenario>.<engine>.<payload>. Safe to paste
// into a shell and an issue.
//
// The payload is base64url (RFC 4648, no padding) of
//   4 bytes  fingerprint of the sources that the engine was built from, little-endian
//   varint   length of the seeded bug's name, then the name (length 0: shipped code)
//   …        what the engine needs to bring the failure back
//   4 bytes  CRC-32 over "<scenario>.<engine>." and all payload bytes before it
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace handfast {

/// One failure, as a token carries it.
struct token {
  std::string scenario;
  std::string engine;
  std::uint32_t fingerprint = 0;
  std::string mutant;  ///< the seeded bug that was on; empty for shipped code
  std::vector<std::uint8_t> replay;

  friend bool operator==(const token&, const token&) = default;
};

[[nodiscard]] std::string encode(const token& failure);

/// The token in `text`, or one line that says why there is none in it. Total: any
/// text is answered.
[[nodiscard]] std::expected<token, std::string> decode(std::string_view text);

}  // namespace handfast
