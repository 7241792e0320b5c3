// Decoders of what comes from outside, on any bytes: tokens, the steps in them, work that
// is left. Whatever is accepted says the same when it is written and read again; a token
// with a changed character is refused.
//
//   byte 0   which decoder (modulo 4); the rest is what it reads, or a token is made of
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <string>

#include "models/token/steps.hpp"
#include "models/token/token.hpp"
#include "models/work/work.hpp"

namespace handfast::fuzz {
namespace {

void insist(bool holds, const char* what) {
  if (!holds) {
    std::fprintf(stderr, "%s\n", what);
    std::abort();
  }
}

void read_token(std::span<const std::uint8_t> bytes) {
  const std::string text(bytes.begin(), bytes.end());
  if (const auto read = decode(text)) {
    insist(encode(*read) == text, "a token that was read is not written as it was");
  } else {
    insist(!read.error().empty() && read.error().find('\n') == std::string::npos,
           "a token is refused, and not in one line");
  }
}

void change_token(std::span<const std::uint8_t> bytes) {
  const auto next = [&bytes] {
    const std::uint8_t byte = bytes.empty() ? std::uint8_t{0} : bytes.front();
    bytes = bytes.empty() ? bytes : bytes.subspan(1);
    return byte;
  };
  token made{"channel.hand_off", "checker", 0, next() % 2 == 0 ? "" : "send_drops_notify", {}};
  made.fingerprint = static_cast<std::uint32_t>(next() << 8U) | next();
  const std::uint8_t at = next();
  const std::uint8_t to = next();
  made.replay.assign(bytes.begin(), bytes.end());
  std::string text = encode(made);
  const auto same = decode(text);
  insist(same && *same == made, "a token that was written is not read as it was");
  char& changed = text[at % text.size()];
  const char before = std::exchange(changed, static_cast<char>(to));
  insist(changed == before || !decode(text), "a changed token is accepted");
}

void read_steps(std::span<const std::uint8_t> bytes) {
  if (const auto steps = unpacked(bytes)) {
    insist(unpacked(packed(*steps)) == steps, "steps are not read as they were written");
  }
}

void read_work(std::span<const std::uint8_t> bytes) {
  if (const auto left = work::unpacked(bytes)) {
    insist(work::unpacked(work::packed(*left)) == left, "work is not read as it was written");
  }
  if (const auto end = work::unpacked_end(bytes)) {
    insist(work::unpacked_end(work::packed(*end)).has_value(), "an end is not read again");
  }
}

}  // namespace
}  // namespace handfast::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace handfast::fuzz;
  constexpr void (*decoders[])(std::span<const std::uint8_t>){read_token, change_token, read_steps,
                                                              read_work};
  if (size > 0) {
    decoders[data[0] % std::size(decoders)](std::span(data, size).subspan(1));
  }
  return 0;
}
