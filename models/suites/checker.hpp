// Scenarios under the checker: all executions, or one of them again.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "models/checker/search.hpp"

namespace handfast::checker_suite {

struct limits {
  std::uint64_t max_executions = ~std::uint64_t{0};
  double max_seconds = 1e9;
  std::optional<std::uint64_t> seed;  ///< executions drawn at random from it, not all
  checker::run_limits run;
};

struct result {
  std::uint64_t executions = 0;  ///< complete ones
  std::uint64_t blocked = 0;     ///< abandoned, or such that others cover them
  bool ended = false;            ///< the search came to its own end
  bool interrupted = false;
  bool vacuous = false;               ///< there was nothing to explore
  std::map<std::string, bool> goals;  ///< what was to happen sometimes, and whether it did
  std::optional<checker::finding> found;
  std::string trace;                          ///< of what was found: a column a thread
  std::vector<checker::search::step> replay;  ///< brings it back
};

/// Called now and then with the executions done; false stops the search.
using go_on = std::function<bool(std::uint64_t executions)>;

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

[[nodiscard]] result search(const scenario& what, const limits& bounds, const go_on& tell);
/// One execution again; `found` if it shows anything now.
[[nodiscard]] result run_again(const scenario& what,
                               const std::vector<checker::search::step>& steps,
                               const checker::run_limits& limits = {});

}  // namespace handfast::checker_suite
