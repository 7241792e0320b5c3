// The checker's engine: every behaviour of the memory model, each once.
#include <algorithm>

#include "ci/engines/engine.hpp"
#include "models/suites/checker.hpp"
#include "models/token/steps.hpp"

namespace handfast::ci {
namespace {

const checker_suite::scenario& scenario_named(std::string_view name) {
  const auto& all = checker_suite::scenarios();
  const auto found = std::ranges::find(all, name, &checker_suite::scenario::name);
  if (found == all.end()) {
    throw usage_error("no scenario is named '" + std::string(name) + "'");
  }
  return *found;
}

class checker_engine : public engine {
 public:
  [[nodiscard]] std::vector<entry> list() const override {
    std::vector<entry> all;
    for (const checker_suite::scenario& each : checker_suite::scenarios()) {
      if (each.listed) {
        all.push_back({each.concept_name,
                       each.name,
                       each.claim,
                       {"exhaustive"},
                       each.weight,
                       {"random"},
                       each.concept_name == "zoo"});
      }
    }
    return all;
  }

  // Nothing that the program under test does takes the process with it and could
  // be brought back by a number.
  [[nodiscard]] replay_bytes before(std::string_view, const run_options&) override { return {}; }

  [[nodiscard]] outcome run(std::string_view name, const run_options& options,
                            const progress& tell) override {
    const bool random = options.mode == "random";
    if (!options.mode.empty() && options.mode != "exhaustive" && !random) {
      throw usage_error("the checker runs in the modes exhaustive and random, not '" +
                        options.mode + "'");
    }
    checker_suite::limits bounds;
    if (random) {
      bounds.seed = options.seed;
      if (!options.max_seconds) {
        bounds.max_executions = executions_by_default;
      }
    }
    bounds.max_executions = options.max_executions.value_or(bounds.max_executions);
    bounds.max_seconds = options.max_seconds.value_or(bounds.max_seconds);
    const checker_suite::result found =
        checker_suite::search(scenario_named(name), bounds, [&](std::uint64_t executions) {
          return tell(executions, random ? bounds.max_executions : 0);
        });
    outcome result = to_outcome(found);
    for (const auto& [goal, met] : found.goals) {
      (met ? result.goals_met : result.goals_missed).push_back(goal);
    }
    const bool nothing = found.vacuous || (found.ended && !result.goals_missed.empty()) ||
                         found.executions + found.blocked == 0;
    result.verdict = found.found         ? verdict_of(*found.found)
                     : found.interrupted ? "interrupted"
                     : nothing           ? "vacuous"
                     : random            ? "searched"
                     : found.ended       ? "verified"
                                         : "bounded";
    result.complete = found.ended;
    return result;
  }

  [[nodiscard]] outcome replay(std::string_view name, const replay_bytes& payload,
                               const replay_plan&, const progress&) override {
    const auto steps = unpacked(payload);
    if (!steps) {
      throw usage_error("the token's payload is not an execution of the checker");
    }
    const checker_suite::result found = checker_suite::run_again(scenario_named(name), *steps);
    outcome result = to_outcome(found);
    if (found.found && found.found->kind == checker::misfit) {
      throw usage_error("the token's payload is not an execution of this scenario");
    }
    result.verdict = found.found ? verdict_of(*found.found) : "searched";
    result.came_back = found.found ? 1 : 0;
    return result;
  }

 private:
  static constexpr std::uint64_t executions_by_default = 100'000;  // of random ones

  static std::string verdict_of(const checker::finding& found) {
    return found.kind == "misuse" ? "misuse" : "finding";
  }
  static outcome to_outcome(const checker_suite::result& found) {
    outcome result;
    result.executions = found.executions;
    result.blocked = found.blocked;
    if (found.found) {
      result.found = finding{found.found->kind, found.found->text + "\n\n" + found.trace,
                             packed(found.replay)};
    }
    return result;
  }
};

}  // namespace
}  // namespace handfast::ci

int main(int argc, char** argv) {
  handfast::ci::checker_engine self;
  return handfast::ci::engine_main(argc, argv, self);
}
