// What the stress engine runs, in two sources for their compilers' sake: each is compiled for
// `native` and for `native_seeded`.
#pragma once

#include <handfast/sync/native.hpp>
#include <handfast/sync/native_seeded.hpp>

#include <concepts>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "ci/engines/engine.hpp"
#include "stress/scenarios.hpp"

namespace handfast::ci {

/// What a run is to meet, and how often it did: of what it never met it proves nothing.
using goals = std::map<std::string, std::uint64_t>;

/// Called when an operation has ended.
using moved = std::function<void()>;

/// Runs once, from a seed; says what went wrong, or nothing.
using round = std::function<std::string(std::uint64_t seed, const moved& tell, goals& met)>;

/// Something that runs in rounds.
struct stress_run {
  entry about;
  round seeded_round;
  round native_round;  ///< empty: only disturbed
};

enum class undisturbed : bool { no, yes };

/// A scenario asserts for itself: the policy reports what goes wrong.
template <class Sync, template <class> class Scenario>
std::string scenario_round(std::uint64_t, const moved& tell, goals&) {
  stress::run_scenario<Sync, Scenario>();
  tell();
  return {};
}

/// A scenario as it is disturbed, and, if it is to be, as it is.
template <template <class> class Scenario, undisturbed TooIs>
stress_run run_of_scenario(const std::string& name) {
  stress_run made{
      {name.substr(0, name.find('.')), name, std::string(Scenario<native>::claim), {"seeded"}},
      scenario_round<native_seeded, Scenario>,
      {}};
  if constexpr (TooIs == undisturbed::yes) {
    made.about.modes.emplace_back("native");
    made.native_round = scenario_round<native, Scenario>;
  }
  return made;
}

/// A storm: of many threads for a good part of the time.
inline stress_run run_of_storm(const std::string& concept_name, std::string claim, round seeded,
                               round undisturbed) {
  constexpr double weight_of_storm = 20;
  return {{concept_name,
           concept_name + ".storm",
           std::move(claim),
           {"seeded", "native"},
           weight_of_storm},
          std::move(seeded),
          std::move(undisturbed)};
}

/// Policies, what threads wait by, queues and channels.
[[nodiscard]] std::vector<stress_run> runs_of_channels();
/// Native's mutex, deques, tasks, workers, and what runs on them, the C libraries too.
[[nodiscard]] std::vector<stress_run> runs_of_schedulers();

}  // namespace handfast::ci
