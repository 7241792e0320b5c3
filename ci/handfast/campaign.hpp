// A campaign: each operation that scenarios reach is made weaker than it is written, one at a
// time (models/checker/weakening.hpp), and the scenarios that reach it are run until one fails.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "ci/handfast/engines.hpp"

namespace handfast::ci {

/// What a campaign runs: the engine's scenarios, or the checks of a user's program.
class checks {
 public:
  checks() = default;
  checks(const checks&) = delete;
  checks& operator=(const checks&) = delete;
  virtual ~checks() = default;

  [[nodiscard]] virtual std::vector<std::string> names() const = 0;
  /// A child that runs one of them and tells what it reaches.
  [[nodiscard]] virtual task sites(const run_request& request, std::function<void(weak_spot)> found,
                                   std::function<std::vector<task>(run_report)> done) const = 0;
  [[nodiscard]] virtual task run(const run_request& request,
                                 std::function<std::vector<task>(run_report)> done) const = 0;
};
[[nodiscard]] std::unique_ptr<checks> checks_of(const engine_folder& engines,
                                                const std::string& pattern);
[[nodiscard]] std::unique_ptr<checks> checks_of(const std::string& program,
                                                const std::string& pattern);

/// Where a campaign runs a scenario, and what that costs.
struct reached_by {
  std::string scenario;
  double cost = 0;  ///< of its whole search, next to others'
};

/// An operation, and who reaches it, the cheapest first.
struct target_site {
  weak_spot at;
  std::vector<reached_by> by;
};

/// Sites by what is written there, so that they are found again when lines have moved.
struct equivalence {
  std::string file;
  std::string text;  ///< part of the source line
  std::string way;
  std::string why;
};

/// One operation, weaker in one way.
struct weak_mutant {
  std::size_t site = 0;  ///< of the campaign's
  std::string way;
  const equivalence* excuse = nullptr;  ///< why nothing can tell: then it is not tried for long
};

enum class fate : std::uint8_t {
  killed,      ///< a scenario failed
  survived,    ///< all that reach it are verified all the same
  equivalent,  ///< the same, and it is written down why nothing can tell
  timeout,     ///< no scenario failed, and the search of one did not come to its end
};
[[nodiscard]] std::string_view name_of(fate what);

/// What became of a mutant.
struct mutant_fate {
  fate what = fate::timeout;
  std::string scenario;  ///< that killed it
  std::string verdict;   ///< its finding's kind
  std::string token;
  std::string why;               ///< equivalent: the reason
  std::uint64_t executions = 0;  ///< of all its runs
  std::size_t runs = 0;
};

struct campaign_plan {
  std::vector<target_site> sites;
  std::vector<weak_mutant> mutants;
};

struct campaign_limits {
  std::uint64_t max_executions = 200'000;  ///< of one scenario's search, for one mutant
  double max_seconds = 20;                 ///< the same; what it cuts is not the same every time
  unsigned jobs = 1;
};

/// Whether it is code of ours, as it is shipped.
[[nodiscard]] inline bool is_of_the_runtime(const weak_spot& site) {
  return site.path.find("/include/handfast/") != std::string::npos;
}
/// "queue/ends.hpp:44:12".
[[nodiscard]] std::string name_of(const weak_spot& site);
/// What `--mutant` takes.
[[nodiscard]] std::string name_of(const campaign_plan& plan, const weak_mutant& which);
/// What the operation is as written, and what becomes of it: "acquire", "relaxed".
[[nodiscard]] std::string written_as(const weak_spot& site, const std::string& way);
/// The line of source; empty where it cannot be read.
[[nodiscard]] std::string source_line(const weak_spot& site);

/// Runs each scenario for a moment to see what it reaches; `wanted` picks sites by name.
[[nodiscard]] campaign_plan planned(const checks& all,
                                    const std::function<bool(const weak_spot&)>& wanted,
                                    unsigned jobs, const std::function<void(std::size_t)>& tell);

/// What is written down, a JSON array; throws `usage_error` where it is none.
[[nodiscard]] std::vector<equivalence> equivalences(const std::string& path);
/// Tells the plan's mutants; which of `known` there are.
std::set<const equivalence*> excuse(campaign_plan& plan, const std::vector<equivalence>& known);

/// Runs the mutants whose fate is not `known`, and calls `settled` with each one's; begins no
/// further run once `goes_on` says so. Returns whether all came to an end.
bool run_campaign(const checks& all, const campaign_plan& plan, const campaign_limits& limits,
                  const std::set<std::string>& known,
                  const std::function<void(const weak_mutant&, const mutant_fate&)>& settled,
                  const std::function<bool()>& goes_on);

}  // namespace handfast::ci
