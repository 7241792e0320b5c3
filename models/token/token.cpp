#include "models/token/token.hpp"

#include <array>
#include <boost/crc.hpp>
#include <optional>
#include <span>

#include "models/token/varint.hpp"

namespace handfast {
namespace {

using bytes = std::vector<std::uint8_t>;

constexpr std::string_view prefix = "hf1.";
constexpr std::string_view alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::size_t word = sizeof(std::uint32_t);

std::string to_base64url(const bytes& data) {
  std::string text;
  std::uint32_t buffer = 0;
  unsigned held = 0;
  for (const std::uint8_t byte : data) {
    buffer = (buffer << 8U) | byte;
    for (held += 8; held >= 6; held -= 6) {
      text += alphabet[(buffer >> (held - 6)) & 63U];
    }
  }
  if (held > 0) {
    text += alphabet[(buffer << (6 - held)) & 63U];
  }
  return text;
}

std::optional<bytes> from_base64url(std::string_view text) {
  bytes data;
  std::uint32_t buffer = 0;
  unsigned held = 0;
  for (const char digit : text) {
    const std::size_t value = alphabet.find(digit);
    if (value == std::string_view::npos) {
      return std::nullopt;
    }
    buffer = (buffer << 6U) | static_cast<std::uint32_t>(value);
    held += 6;
    if (held >= 8) {
      held -= 8;
      data.push_back(static_cast<std::uint8_t>(buffer >> held));
    }
  }
  // One token, one text: bits that no byte needs are zero.
  return to_base64url(data) == text ? std::optional(data) : std::nullopt;
}

void append_word(bytes& data, std::uint32_t value) {
  for (unsigned shift = 0; shift < 32; shift += 8) {
    data.push_back(static_cast<std::uint8_t>(value >> shift));
  }
}

std::uint32_t word_at(const bytes& data, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < word; ++i) {
    value |= std::uint32_t{data[at + i]} << (8 * i);
  }
  return value;
}

std::uint32_t checksum(std::string_view scenario, std::string_view engine,
                       std::span<const std::uint8_t> data) {
  boost::crc_32_type crc;
  for (const std::string_view part :
       {scenario, std::string_view("."), engine, std::string_view(".")}) {
    crc.process_bytes(part.data(), part.size());
  }
  crc.process_bytes(data.data(), data.size());
  return crc.checksum();
}

}  // namespace

std::string encode(const token& failure) {
  bytes data;
  append_word(data, failure.fingerprint);
  append_varint(data, failure.mutant.size());
  data.insert(data.end(), failure.mutant.begin(), failure.mutant.end());
  data.insert(data.end(), failure.replay.begin(), failure.replay.end());
  append_word(data, checksum(failure.scenario, failure.engine, data));
  return std::string(prefix) + failure.scenario + "." + failure.engine + "." + to_base64url(data);
}

std::expected<token, std::string> decode(std::string_view text) {
  const auto refuse = [](std::string why) {
    return std::unexpected("not a usable token: " + std::move(why));
  };
  if (!text.starts_with(prefix)) {
    return refuse("it does not start with 'hf1.', as this program's tokens do");
  }
  text.remove_prefix(prefix.size());
  const std::size_t payload_dot = text.rfind('.');
  const std::size_t engine_dot = payload_dot == std::string_view::npos || payload_dot == 0
                                     ? std::string_view::npos
                                     : text.rfind('.', payload_dot - 1);
  if (engine_dot == std::string_view::npos) {
    return refuse("it has too few parts; it reads hf1.<scenario>.<engine>.<payload>");
  }
  token failure;
  failure.scenario = text.substr(0, engine_dot);
  failure.engine = text.substr(engine_dot + 1, payload_dot - engine_dot - 1);
  std::optional<bytes> data = from_base64url(text.substr(payload_dot + 1));
  if (!data) {
    return refuse("its last part is not what a token ends in; was it cut or changed?");
  }
  if (data->size() < 2 * word + 1) {
    return refuse("it is cut short");
  }
  const std::size_t end = data->size() - word;
  if (word_at(*data, end) !=
      checksum(failure.scenario, failure.engine, std::span(*data).first(end))) {
    return refuse("its checksum does not match; was it cut or changed when it was copied?");
  }
  failure.fingerprint = word_at(*data, 0);
  std::span<const std::uint8_t> left = std::span(*data).first(end).subspan(word);
  const std::optional<std::uint64_t> length = take_varint(left);
  if (!length || *length > left.size()) {
    return refuse("its payload is malformed");
  }
  failure.mutant.assign(left.begin(), left.begin() + static_cast<std::ptrdiff_t>(*length));
  left = left.subspan(*length);
  failure.replay.assign(left.begin(), left.end());
  return failure;
}

}  // namespace handfast
