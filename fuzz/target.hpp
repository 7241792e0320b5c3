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
  std::string_view concept_name;
  std::string_view claim;
  std::string_view corpus;  ///< the folder of its kept inputs, in fuzz/corpus
  std::size_t longest;      ///< input that is drawn
  /// On the checker's fibers, which counts memory itself: of the process's, executions that come to
  /// no end may keep some.
  bool on_fibers;
  /// Further concepts, whose code it runs too.
  std::vector<std::string> (*covers)();
  /// What inputs are to meet: runs that never met one of these proved little.
  std::span<const std::string_view> goals;
  std::optional<failure> (*run)(std::span<const std::uint8_t> bytes, fuzz::goals& met);
};

/// One thread's calls on channels, against the specification (fuzz/channel.hpp).
extern const target programs;
/// Threads' calls under a schedule, against the specification too (fuzz/schedules.hpp).
extern const target schedules;
/// A scheduler's tasks under a schedule (fuzz/scheduler.hpp).
extern const target tasks;

}  // namespace handfast::fuzz
