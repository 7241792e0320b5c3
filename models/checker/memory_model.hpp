// RC11 (Lahav, Vafeiadis, Kang, Hur, Dreyer, Repairing Sequential Consistency in
// C/C++11, PLDI 2017) with C++20's release sequences: what an event that is added
// last may read from, and where a write may stand.
//
// Coherence needs no search: an access may not read from, nor a write stand
// before, what happens before it has already been overwritten by. Atomicity: a
// write of a read-modify-write stands right after what was read. Only the order
// of seq_cst events, psc, is a search for a cycle.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "models/checker/graph.hpp"

namespace handfast::checker {

/// The writes that `read`, prepared but for its source, may read from, oldest
/// first in coherence order.
[[nodiscard]] std::vector<event_id> coherent_sources(const graph& in, const event& read);

/// The places of its location's coherence order where `write`, prepared, may
/// stand, first first. Empty for an exclusive write whose source another one has
/// already taken.
[[nodiscard]] std::vector<std::size_t> coherent_places(const graph& in, const event& write);

/// Whether seq_cst accesses and fences can be put in one order (psc is acyclic).
[[nodiscard]] bool sequentially_consistent_order_exists(const graph& in);

/// An event of `in` that races with `last`, which was added last: the same
/// location, one of them plain, one of them a write, unordered.
[[nodiscard]] std::optional<event_id> racing_with(const graph& in, const event& last);

}  // namespace handfast::checker
