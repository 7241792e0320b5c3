// The search: every consistent execution graph of a program, each exactly once.
//
// TruSt (Kokologiannakis, Marmanis, Gladstein, Vafeiadis, Truly Stateless,
// Optimal Dynamic Partial Order Reduction, POPL 2022): a read is tried with each
// write that it may read from; a write at each place of its coherence order, and
// as the source of each earlier read, as if it had been there when the read was
// added (a backward revisit), if all that is dropped by that, and the read
// itself, was added maximally. Departures: a graph is not a copy but a prefix of
// the current one until a revisit needs one, and each step is made by running
// the program again from its start, answered from the graph.
#pragma once

#include <cstdint>
#include <functional>

#include "models/checker/execution.hpp"
#include "models/checker/graph.hpp"

namespace handfast::checker {

struct search_result {
  std::uint64_t executions = 0;  ///< complete ones
  std::uint64_t blocked = 0;     ///< abandoned ones
  bool racy = false;             ///< the search ended at a data race
};

/// Searches all executions of `body` over memory that begins as `begin` has it.
/// `complete` is called at the end of each.
[[nodiscard]] search_result search(const program& body, const graph& begin,
                                   const std::function<void(const graph&)>& complete);

}  // namespace handfast::checker
