// The checker's engine: every behaviour of the memory model, each once.
#include <algorithm>
#include <chrono>
#include <filesystem>
#include <system_error>

#include "ci/engines/engine.hpp"
#include "ci/engines/work_file.hpp"
#include "models/checker/weakening.hpp"
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
                       {"bounded", "random"},
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
    checker_suite::limits bounds = bounds_of(options);
    const checker_suite::scenario& what = scenario_named(name);
    const beginning from = resumed(what.name, options);
    bounds.part_of_more = from.is_piece;
    const auto start = std::chrono::steady_clock::now();
    bool kept = options.resume == options.checkpoint;
    const auto keep = [&](const work::unfinished& left) {
      write(options.checkpoint, to_file(what.name, options, left));
      kept = true;
    };
    const checker_suite::result found = checker_suite::search(
        what, bounds,
        [&](const work::how_far& far) {
          const auto total = far.of ? static_cast<std::uint64_t>(far.of->executions) : 0;
          return tell({far.executions, bounds.seed ? bounds.max_executions : total,
                       far.of ? far.of->factor : 0});
        },
        from.left, options.checkpoint.empty() ? work::keep() : work::keep(keep));
    if (found.found && found.found->kind == checker::misfit) {
      throw usage_error(options.resume + " is not of this program: " + found.found->text);
    }
    if (found.outgrown) {
      throw usage_error(options.resume + " has outgrown its split: split again with --plain-waits");
    }
    outcome result = judged(found, bounds.seed.has_value(), bounds.preemptions.has_value());
    if (from.is_piece && !found.found && !found.interrupted) {
      result.verdict = "bounded";  // what it says of the whole is for all pieces together to say
    }
    if (!options.checkpoint.empty()) {
      const std::chrono::duration<double> ran = std::chrono::steady_clock::now() - start;
      std::error_code none;
      if (found.left.empty() && kept) {
        std::filesystem::remove(options.checkpoint, none);
      } else if (!found.left.empty() && ran.count() >= options.checkpoint_from) {
        keep({found, found.left});
        result.checkpoint = options.checkpoint;
      }
    }
    return result;
  }

  [[nodiscard]] outcome split(std::string_view name, const run_options& options,
                              std::uint32_t parts, const std::string& folder) override {
    const checker_suite::limits bounds = bounds_of(options);
    if (bounds.seed) {
      throw usage_error("random executions need no split: give each process a --seed of its own");
    }
    const checker_suite::scenario& what = scenario_named(name);
    work::pieces pieces = work::split({what.body, bounds.run, bounds.preemptions}, bounds, parts,
                                      options.plain_waits);
    // What was found is not in any piece.
    for (std::uint32_t i = 0; i < parts && !pieces.before.found; ++i) {
      work_file file = to_file(what.name, options, pieces.all[i]);
      file.part = i + 1;
      file.parts = parts;
      write(folder + "/" + piece_name(i + 1, parts), file);
    }
    outcome result = judged(checker_suite::shown(what, bounds.run, std::move(pieces.before)), false,
                            bounds.preemptions.has_value());
    result.verdict = result.found ? result.verdict : "bounded";  // until the pieces are merged
    return result;
  }

  [[nodiscard]] outcome sites(std::string_view name, const run_options& options,
                              std::vector<weak_spot>& found) override {
    checker::note_sites();
    const auto to_its_end = [](const how_far&) { return true; };
    outcome result = run(name, options, to_its_end);
    for (checker::spot& each : checker::noted_spots()) {
      found.push_back({each.at.file, each.path, each.at.line, each.at.column, each.does, each.order,
                       each.order_if_failed, std::move(each.ways)});
    }
    return result;
  }

  void weaken(const std::string& how) override {
    const auto which = checker::weakening_from(how);
    if (!which) {
      throw usage_error("'" + how + "' is no FILE:LINE:COLUMN:WAY, as `sites` tells them");
    }
    checker::weaken(which);
  }

  [[nodiscard]] outcome replay(std::string_view name, const replay_bytes& payload,
                               const replay_plan& how, const progress&) override {
    const auto steps = unpacked(payload);
    if (!steps) {
      throw usage_error("the token's payload is not an execution of the checker");
    }
    constexpr std::uint64_t tries = 10'000;
    const checker_suite::scenario& what = scenario_named(name);
    const checker_suite::result found = how.after_prefix
                                            ? checker_suite::run_after_prefix(what, *steps, tries)
                                            : checker_suite::run_again(what, *steps);
    outcome result = to_outcome(found);
    if (found.found && found.found->kind == checker::misfit) {
      throw usage_error("the token is not of an execution of this scenario as it is now: " +
                        found.found->text + " (--continue-after-prefix goes on from there)");
    }
    if (how.after_prefix) {
      result.note = "followed " + std::to_string(found.followed) + " of " +
                    std::to_string(steps->size()) + " steps, then on from there in " +
                    std::to_string(found.executions) + " executions";
    }
    result.verdict = found.found ? verdict_of(*found.found) : "searched";
    result.came_back = found.found ? 1 : 0;
    return result;
  }

 private:
  static constexpr std::uint64_t executions_by_default = 100'000;  // of random ones

  static checker_suite::limits bounds_of(const run_options& options) {
    const bool random = options.mode == "random";
    const bool bounded = options.mode == "bounded";
    if (!options.mode.empty() && options.mode != "exhaustive" && !bounded && !random) {
      throw usage_error("the checker runs in the modes exhaustive, bounded and random, not '" +
                        options.mode + "'");
    }
    checker_suite::limits bounds;
    if (bounded) {
      bounds.preemptions = options.preemptions;
    }
    if (random) {
      bounds.seed = options.seed;
      if (!options.max_seconds) {
        bounds.max_executions = executions_by_default;
      }
    }
    bounds.max_executions = options.max_executions.value_or(bounds.max_executions);
    bounds.max_seconds = options.max_seconds.value_or(bounds.max_seconds);
    bounds.jobs = std::max(1U, options.jobs);
    bounds.keep_every = options.checkpoint_every;
    return bounds;
  }

  static outcome judged(const checker_suite::result& found, bool random, bool bounded) {
    outcome result = to_outcome(found);
    for (const auto& [goal, met] : found.goals) {
      (met ? result.goals_met : result.goals_missed).push_back(goal);
    }
    const bool nothing = found.vacuous || (found.ended && !result.goals_missed.empty()) ||
                         found.executions + found.blocked == 0;
    result.verdict = found.found               ? verdict_of(*found.found)
                     : found.interrupted       ? "interrupted"
                     : nothing                 ? "vacuous"
                     : random                  ? "searched"
                     : found.ended && !bounded ? "verified"
                                               : "bounded";
    result.complete = found.ended;
    if (found.of && !found.ended) {
      result.estimate = found.of->executions;
      result.estimate_factor = found.of->factor;
    }
    return result;
  }

  static work_file to_file(const std::string& name, const run_options& options,
                           const work::unfinished& left) {
    work_file file;
    file.scenario = name;
    file.engine = "checker";
    file.mode = options.mode.empty() ? "exhaustive" : options.mode;
    file.mutant = options.mutant;
    file.build = options.build;
    file.preemptions = options.mode == "bounded" ? options.preemptions : 0;
    file.executions = left.done.executions;
    file.work = packed(left);
    return file;
  }

  // Where to go on from.
  struct beginning {
    work::unfinished left;
    bool is_piece = false;
  };
  static beginning resumed(const std::string& name, const run_options& options) {
    if (options.resume.empty()) {
      return {};
    }
    const auto file = read_work_file(options.resume);
    if (!file) {
      throw usage_error(file.error());
    }
    auto left = work::unpacked(file->work);
    if (!left || file->scenario != name) {
      throw usage_error(options.resume + " is not of a search of " + name);
    }
    return {*std::move(left), file->part != 0};
  }

  static std::string verdict_of(const checker::finding& found) {
    return found.kind == "misuse" ? "misuse" : "finding";
  }
  static outcome to_outcome(const checker_suite::result& found) {
    outcome result;
    result.executions = found.executions;
    result.blocked = found.blocked;
    result.operations = found.operations;
    result.plain_accesses = found.plain;
    result.longest = found.longest;
    result.cut = found.cut;
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
