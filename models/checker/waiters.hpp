// The waiters of a condition variable or a futex, as its location holds them: who
// waits (the value's low word), and whom the last write took (its high word).
//
// A word is a set of threads: a bit for each of the first 63; a set with any other in
// it is kept once, and its number stands behind the highest bit.
#pragma once

#include <cstdint>

#include "models/checker/event.hpp"
#include "models/checker/thread_set.hpp"

namespace handfast::checker::waiters {

using word = std::uint64_t;

[[nodiscard]] word packed(const thread_set& threads);
[[nodiscard]] thread_set unpacked(word set);

[[nodiscard]] constexpr word waiting(const value& all) {
  return all.low;
}
[[nodiscard]] constexpr word taken(const value& all) {
  return all.high;
}

[[nodiscard]] std::uint32_t count(word set);
[[nodiscard]] bool has(word set, thread_index thread);
[[nodiscard]] word with(word set, thread_index thread);
[[nodiscard]] word without(word set, word others);
/// The set of its `pick`th thread alone.
[[nodiscard]] word only(word set, std::uint32_t pick);

}  // namespace handfast::checker::waiters
