// What the fuzzer runs: bytes in, perhaps a failure out.
#pragma once

#include <bitset>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace handfast::fuzz {

using input = std::vector<std::uint8_t>;

/// By goal, whether it was met.
using goals = std::bitset<16>;

struct failure {
  std::string kind;
  std::string text;  ///< several lines: what was done, and what is wrong with it
  input least;       ///< fails too, and does as little as was found
};

struct target {
  std::string_view name;
  std::string_view claim;
  std::string_view corpus;  ///< the folder of its kept inputs, in fuzz/corpus
  std::size_t longest;      ///< input that is drawn
  bool operations;          ///< its calls are polled and selected too
  /// What inputs are to meet: runs that never met one of these proved little.
  std::span<const std::string_view> goals;
  std::optional<failure> (*run)(std::span<const std::uint8_t> bytes, fuzz::goals& met);
};

/// One thread's calls on channels, against the specification (fuzz/channel.hpp).
extern const target programs;
/// Threads' calls under a schedule, against the specification too (fuzz/schedules.hpp).
extern const target schedules;

}  // namespace handfast::fuzz
