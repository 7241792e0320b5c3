// Scenarios under the checker: all executions, or one of them again.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "models/work/run.hpp"

namespace handfast::checker_suite {

struct limits : work::bounds {
  std::optional<std::uint64_t> seed;         ///< executions drawn at random from it, not all
  std::optional<std::uint32_t> preemptions;  ///< only executions of at most so many
  checker::run_limits run;
};

struct result : work::totals {
  bool ended = false;  ///< the search came to its own end
  bool interrupted = false;
  bool outgrown = false;  ///< a part that has found that the whole must begin again
  bool vacuous = false;   ///< there was nothing to explore
  std::optional<checker::finding> found;
  std::string trace;                          ///< of what was found: a column a thread
  std::vector<checker::search::step> replay;  ///< brings it back
  std::size_t followed = 0;                   ///< steps of a replay that fitted
  std::optional<work::estimate::told> of;     ///< how many executions there may be in all
  std::vector<checker::position> left;        ///< of a search that did not end
};

using work::go_on;
using work::how_far;
using work::keep;

struct scenario {
  std::string concept_name;
  std::string name;
  std::string claim;
  bool listed;    ///< the seeded bugs of models/suites/wrong.hpp are not
  double weight;  ///< its search, next to others
  std::function<void()> body;
};

[[nodiscard]] const std::vector<scenario>& scenarios();
/// Those of them that are the zoo's.
[[nodiscard]] const std::vector<scenario>& zoo_entries();

/// All executions, or some at random; `from` where another search stopped.
[[nodiscard]] result search(const scenario& what, const limits& bounds, const go_on& tell,
                            const work::unfinished& from = work::everything,
                            const keep& checkpoint = {});
/// What a search has come to, with the trace of what it found.
[[nodiscard]] result shown(const scenario& what, const checker::run_limits& limits,
                           work::ending end, bool random = false);
/// The same of a program that has changed since: for as long as the steps fit, then what
/// comes first, then what chance brings, so many times.
[[nodiscard]] result run_after_prefix(const scenario& what,
                                      const std::vector<checker::search::step>& steps,
                                      std::uint64_t tries, const checker::run_limits& limits = {});
/// One execution again; `found` if it shows anything now.
[[nodiscard]] result run_again(const scenario& what,
                               const std::vector<checker::search::step>& steps,
                               const checker::run_limits& limits = {});

}  // namespace handfast::checker_suite
