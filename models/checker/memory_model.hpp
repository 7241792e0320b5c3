// RC11 (Lahav, Vafeiadis, Kang, Hur, Dreyer, Repairing Sequential Consistency in
// C/C++11, PLDI 2017) with C++20's release sequences: what an event that is added
// last may read from, and where a write may stand.
//
// Coherence needs no search: an access may not read from, nor a write stand
// before, what happens before it has already been overwritten by. Atomicity: a
// write of a read-modify-write stands right after what was read. Only the order
// of seq_cst events, psc, is a search for a cycle.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "models/checker/graph.hpp"

namespace handfast::checker {

/// The first place of its location's coherence order that an access which comes
/// after `before` in happens-before may read from (for a write: after which it
/// may stand). It may read from all later ones, too.
[[nodiscard]] std::uint32_t oldest_visible(const graph& in, location where, clock before);

/// Whether another write may be put at this place of a location's coherence
/// order: nobody comes between an exclusive write and what its read read.
[[nodiscard]] bool is_free(const graph& in, location where, std::uint32_t place);

/// Whether seq_cst accesses and fences can still be put in one order (psc is
/// acyclic), if they could before `last` was added last.
[[nodiscard]] bool sequentially_consistent_with(const graph& in, stamp last);
/// The same, whatever was before.
[[nodiscard]] bool sequentially_consistent(const graph& in);

/// An event that races with `other`: the same location, one of them plain, one of
/// them a write, unordered.
[[nodiscard]] std::optional<stamp> racing_with(const graph& in, stamp other);

}  // namespace handfast::checker
