// Trying the engines on the seeded bugs: who catches what, and does the token
// bring it back.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "ci/handfast/engines.hpp"

namespace handfast::ci {

/// What one engine did with one bug.
struct catch_report {
  std::string mutant;
  std::string engine;
  std::optional<run_report> caught;
  std::uint64_t tried = 0;    ///< executions until it was caught, or in all
  std::uint64_t replays = 0;  ///< of the token alone, until it came back
  bool came_back = false;
  unsigned lost_tokens = 0;  ///< failures seen on real threads that no replay brought back
};

/// What one scenario, property or fuzz target caught first.
struct entry_report {
  std::string name;
  catch_report first;
};

/// Tries each entry of `engines_tried` on `bugs` until it catches one of them,
/// under whichever engine: one that catches none is a check that cannot fail.
[[nodiscard]] std::vector<entry_report> try_entries(
    const engine_folder& engines, const std::vector<mutant>& bugs,
    const std::vector<std::string>& engines_tried, unsigned jobs,
    const std::function<void(const entry_report&)>& tell);

/// Tries `engines_tried` on each of `bugs`; with `first`, only until one of them
/// catches it. Calls `tell` after each.
[[nodiscard]] std::vector<catch_report> try_seeded_bugs(
    const engine_folder& engines, const std::vector<mutant>& bugs,
    const std::vector<std::string>& engines_tried, bool first, unsigned jobs,
    const std::function<void(const catch_report&)>& tell);

}  // namespace handfast::ci
