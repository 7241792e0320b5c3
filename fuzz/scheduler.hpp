// Bytes as programs over a scheduler (properties/task_program.hpp) and as the schedule that they
// run under, for the fuzzer: on the checker's fibers, as fuzz/schedules.hpp has it for channels.
//
//   byte 0       one or two workers, one or two threads outside, how it is shut down
//   byte 1       one or two channels, and of which kind
//   for each of two threads
//     a byte for each of four steps: what is done, and on which channel
//   for each of four tasks
//     a byte     what it is: a coroutine, a callable, one that is posted
//     a byte for each of four steps
//   the rest     the schedule: what chance takes (models/checker/walk.hpp)
//
// A step keeps its place whatever the others do.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "fuzz/target.hpp"
#include "properties/task_program.hpp"

namespace handfast::fuzz {

struct scheduled_tasks {
  properties::task_program what;
  std::vector<std::uint8_t> chance;
};

[[nodiscard]] scheduled_tasks decode_tasks(std::span<const std::uint8_t> bytes);
[[nodiscard]] input encode(const scheduled_tasks& what);

}  // namespace handfast::fuzz
