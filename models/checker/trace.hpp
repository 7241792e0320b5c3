// An execution as a person reads it: a column a thread, from top to bottom, with
// the fewest changes of thread that its graph allows.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "models/checker/graph.hpp"

namespace handfast::checker {

class search;

/// A graph's events, each after what it comes from, with the fewest changes of
/// thread (as far as `patience` states are enough to know).
[[nodiscard]] std::vector<stamp> fewest_switches(const graph& of, std::size_t patience = 20'000);

[[nodiscard]] std::string_view order_name(access how);

/// The execution that `of` followed (`search::follow`).
[[nodiscard]] std::string columns(const search& of);

}  // namespace handfast::checker
