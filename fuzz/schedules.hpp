// Bytes as threads' programs over channels and as the schedule that they run under, for
// the fuzzer: on the checker's fibers, one OS thread, so that the same bytes bring the same
// execution about, weak memory and all.
//
//   byte 0       two or three threads, one or two channels
//   byte 1       the channels' capacities, one or two
//   for each of three threads
//     a byte     which ends it has of which channel, a bit each
//     four steps of two bytes: the call, or none; the channel, the amount, and whether a
//       select does this one or the next
//   the rest     the schedule: what chance takes (models/checker/walk.hpp)
//
// A step keeps its place whatever the others do. Every thread drops what it has in the end.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "fuzz/target.hpp"
#include "properties/history.hpp"

namespace handfast::fuzz {

struct schedule {
  static constexpr std::size_t most_threads = 3;
  static constexpr std::size_t most_channels = 2;
  static constexpr std::size_t steps_of_a_thread = 4;

  struct step {
    std::optional<properties::call_kind> kind;
    std::uint8_t channel = 0;
    std::uint8_t amount = 1;
    bool or_next = false;  ///< if both are of one item: a select, which waits as this one does
  };
  struct thread {
    std::uint8_t has = 0;  ///< bit 2c: a sender of channel c; bit 2c + 1: a receiver
    std::array<step, steps_of_a_thread> steps;
  };

  std::size_t threads = 2;
  std::vector<std::uint8_t> capacities;
  std::array<thread, most_threads> programs;
  std::vector<std::uint8_t> chance;

  /// Whether the step and the one after it are a select's.
  [[nodiscard]] bool selects(std::size_t thread, std::size_t step) const;

  /// Whether a thread has that end of a channel from the start. Somebody always has; where
  /// not `many` can, the first that would.
  [[nodiscard]] bool has(std::size_t thread, std::size_t channel, bool sends, bool many) const;
};

[[nodiscard]] schedule decode_schedule(std::span<const std::uint8_t> bytes);
[[nodiscard]] input encode(const schedule& what);

/// The programs as a person reads them, a thread a line.
[[nodiscard]] std::string to_string(const schedule& what);

}  // namespace handfast::fuzz
