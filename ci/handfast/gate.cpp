// `handfast gate`: every engine in bounded time, one verdict.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>

#include "ci/engines/engine.hpp"
#include "ci/handfast/campaign.hpp"
#include "ci/handfast/gate_reports.hpp"
#include "ci/handfast/report.hpp"
#include "ci/handfast/seeded_bugs.hpp"
#include "ci/handfast/select.hpp"
#include "ci/handfast/touched.hpp"
#include "ci/handfast/verbs.hpp"

namespace handfast::ci {
namespace {

// A stage's share of the gate's budget, and what it runs at most.
struct plan {
  std::string engine;
  double share;
  std::map<std::string, std::uint64_t> max_executions;  // by mode
};

const std::vector<plan>& plans() {
  static const std::vector<plan> all{
      {"checker", 0.20, {}},    {"relacy", 0.40, {{"random", 1000000}}},
      {"properties", 0.12, {}}, {"fuzz", 0.10, {}},
      {"stress", 0.08, {}},     {"stress-tsan", 0.08, {}}};
  return all;
}

// The rest of the budget is for the seeded bugs, which end when they are caught.

/// Concepts (`channel`, `sync`, …) with a file that changed since `revision`: a
/// concept is a folder's or a file's name.
std::vector<std::string> changed_concepts(const std::string& revision,
                                          const std::vector<offer>& offered) {
  exit_report ended;
  const std::string names = run_to_end({"git", "diff", "--name-only", revision, "--"}, ended);
  if (ended.status != 0) {
    throw usage_error("--since: git knows no revision '" + revision + "' here");
  }
  std::vector<std::string> changed;
  for (const offer& each : offered) {
    const std::string& name = each.concept_name;
    if (!std::ranges::count(changed, name) && (names.find("/" + name + "/") != std::string::npos ||
                                               names.find("/" + name + ".") != std::string::npos)) {
      changed.push_back(name);
    }
  }
  return changed;
}

// Runs of one stage; the changed concepts first, each with three times the time
// of another.
std::vector<run_request> stage_requests(const plan& stage, std::vector<offer> offered,
                                        const std::vector<std::string>& changed,
                                        const gate_options& options, unsigned jobs) {
  std::erase_if(offered, [&](const offer& each) {
    return each.engine != stage.engine ||
           (!options.only.empty() &&
            !each.any_concept([&](const std::string& name) { return name == options.only; }));
  });
  const auto weight = [&changed](const offer& each) {
    const bool has_changed = each.any_concept(
        [&changed](const std::string& name) { return std::ranges::count(changed, name) > 0; });
    return each.weight * (has_changed ? 3.0 : 1.0);
  };
  std::ranges::sort(offered, {},
                    [&](const offer& each) { return std::pair(-weight(each), each.name); });
  double weights = 0;
  const auto weight_in_mode = [&](const offer& each, const std::string& mode) {
    // A number of executions is to be reached; a search's time is what is left.
    return weight(each) * (stage.max_executions.contains(mode) ? 6.0 : 1.0);
  };
  for (const offer& each : offered) {
    for (const std::string& mode : each.modes) {
      weights += weight_in_mode(each, mode);
    }
  }
  std::vector<run_request> all;
  for (const offer& each : offered) {
    for (const std::string& mode : each.modes) {
      run_request request{each.name, each.engine, mode, "", options.seed, {}, {}, {}, {}};
      request.max_seconds =
          options.budget_seconds * stage.share * jobs * weight_in_mode(each, mode) / weights;
      if (const auto most = stage.max_executions.find(mode); most != stage.max_executions.end()) {
        request.max_executions = most->second;
      }
      all.push_back(std::move(request));
    }
  }
  return all;
}

// Sums a stage up in a line: what was covered. Only the checker's exhaustive
// searches that came to their end are "verified".
void sum_up(stage_report& stage) {
  std::uint64_t executions = 0;
  std::size_t ended = 0;
  std::size_t counted = 0;
  std::size_t reached = 0;
  std::map<std::string, std::size_t> verdicts;
  for (const run_report& each : stage.runs) {
    executions += each.executions;
    if (each.request.max_executions) {
      ++counted;
      reached += each.executions >= *each.request.max_executions ? 1 : 0;
    }
    ended += each.complete ? 1 : 0;
    ++verdicts[each.verdict];
  }
  stage.passed = verdicts["finding"] + verdicts["vacuous"] + verdicts["misuse"] == 0 &&
                 !stage.runs.empty() && executions > 0;
  stage.covered = fmt::format("{} runs, {} {}", stage.runs.size(), grouped(executions),
                              stage.runs.empty() ? "executions" : stage.runs.front().unit);
  if (verdicts["verified"] + verdicts["bounded"] > 0) {
    stage.covered +=
        fmt::format(", {} verified, {} bounded", verdicts["verified"], verdicts["bounded"]);
  } else if (ended > 0) {
    stage.covered += fmt::format(", {} searches came to their end", ended);
  }
  if (counted > 0) {
    stage.covered +=
        fmt::format(", {} of {} reached their number of random executions", reached, counted);
  }
  for (const char* verdict : {"finding", "vacuous", "misuse", "interrupted"}) {
    if (verdicts[verdict] > 0) {
      stage.covered += fmt::format(", {} {}", verdicts[verdict], verdict);
    }
  }
}

class gate {
 public:
  explicit gate(const gate_options& options)
      : options_(options),
        engines_(options.engines),
        jobs_(jobs_or_cores(options.jobs)),
        offered_(offers(engines_)),
        line_(!options.json) {
    if (!options.only.empty() && std::ranges::none_of(offered_, [&](const offer& each) {
          return each.concept_name == options.only;
        })) {
      throw usage_error("--only: no concept is named '" + options.only + "'");
    }
    if (!options.since.empty()) {
      changed_ = changed_concepts(options.since, offered_);
    }
  }

  int run() {
    // Found out now, not after five minutes.
    std::ofstream junit = open(options_.junit);
    std::ofstream markdown = open(options_.markdown);
    for (const plan& stage : plans()) {
      if (engines_.has(stage.engine) && !interrupted()) {
        run_stage(stage);
      }
    }
    if (!interrupted()) {
      run_seeded_bugs();
    }
    if (!interrupted() && !options_.since.empty() && engines_.has("checker")) {
      run_weaker_orders();
    }
    const bool passed =
        !interrupted() &&
        std::ranges::all_of(stages_, [](const stage_report& each) { return each.passed; });
    const std::string verdict = interrupted() ? "interrupted" : passed ? "pass" : "fail";
    if (options_.json) {
      fmt::print("{}\n", nlohmann::ordered_json{{"gate", verdict}, {"seed", options_.seed}}.dump());
    } else {
      fmt::print("gate: {} (seed {})\n", verdict, options_.seed);
    }
    if (junit.is_open()) {
      junit << junit_xml(stages_);
    }
    if (markdown.is_open()) {
      markdown << markdown_summary(stages_, verdict);
    }
    return passed ? 0 : failed() ? 1 : 3;
  }

 private:
  [[nodiscard]] bool failed() const {
    return std::ranges::any_of(stages_, [](const stage_report& stage) {
      return exit_status(stage.runs) == 1 || (!stage.passed && !interrupted());
    });
  }

  static std::ofstream open(const std::string& path) {
    std::ofstream file;
    if (!path.empty()) {
      file.open(path);
      if (!file) {
        throw usage_error("cannot write " + path);
      }
    }
    return file;
  }

  void run_stage(const plan& planned) {
    const std::vector<run_request> requests =
        stage_requests(planned, offered_, changed_, options_, jobs_);
    if (requests.empty()) {
      return;  // --only names a concept that this engine does not run
    }
    stage_report stage;
    stage.name = planned.engine;
    std::vector<task> tasks;
    for (const run_request& request : requests) {
      tasks.push_back(run_task(
          engines_, request,
          [&, name = request.scenario + " " + request.mode](std::uint64_t executions, std::uint64_t,
                                                            double) {
            line_.show(fmt::format("{} [{}/{}] {}: {}", stage.name, stage.runs.size() + 1,
                                   requests.size(), name, grouped(executions)));
          },
          [&](run_report report) {
            require_accepted(report);
            if (options_.json) {
              fmt::print("{}\n", json_line(report));
              std::fflush(stdout);
            } else if (report.verdict == "finding") {
              line_.clear();
              fmt::print("{}", finding_block(report));
            }
            stage.runs.push_back(std::move(report));
            return std::vector<task>{};
          }));
    }
    finish(stage, [&] { run_tasks(std::move(tasks), jobs_, [] {}); }, [&] { sum_up(stage); });
  }

  void run_seeded_bugs() {
    std::vector<std::string> tried;
    std::ranges::copy_if(engine_names(), std::back_inserter(tried),
                         [this](const std::string& name) { return engines_.has(name, true); });
    if (tried.empty()) {
      return;
    }
    std::vector<mutant> bugs = mutants(engines_, tried.front());
    if (!options_.only.empty()) {
      std::erase_if(bugs, [this](const mutant& each) { return !each.is_in(options_.only); });
      if (bugs.empty()) {
        return;  // some concepts are there for others, and their bugs are those'
      }
    }
    stage_report stage;
    stage.name = "seeded bugs";
    std::vector<catch_report> reports;
    finish(
        stage,
        [&] {
          std::size_t hunts = 0;
          reports = try_seeded_bugs(engines_, bugs, tried, true, jobs_, [&](const catch_report&) {
            line_.show(fmt::format("seeded bugs: {} hunts ended", ++hunts));
          });
        },
        [&] {
          std::size_t caught = 0;
          std::size_t came_back = 0;
          for (const catch_report& each : reports) {
            caught += each.caught ? 1 : 0;
            came_back += each.came_back ? 1 : 0;
          }
          stage.passed = caught == bugs.size() && came_back == caught;
          stage.covered = fmt::format("{} of {} caught, {} brought back by their token", caught,
                                      bugs.size(), came_back);
        });
  }

  // Each operation that the change touches, weaker than it is written.
  void run_weaker_orders() {
    const std::unique_ptr<checks> all = checks_of(engines_, "");
    const std::vector<equivalence> known = options_.equivalent.empty()
                                               ? std::vector<equivalence>()
                                               : equivalences(options_.equivalent);
    campaign_limits limits;
    limits.jobs = jobs_;
    stage_report stage;
    stage.name = "orders";
    std::map<fate, std::size_t> counts;
    std::vector<std::string> open;
    campaign_plan plan;
    finish(
        stage,
        [&] {
          const touched by_change(options_.since);
          plan = planned(
              *all,
              [&](const weak_spot& site) {
                return is_of_the_runtime(site) && by_change.covers(site);
              },
              jobs_, [](std::size_t) {});
          excuse(plan, known);
          run_campaign(
              *all, plan, limits, {},
              [&](const weak_mutant& which, const mutant_fate& its) {
                const bool excused = which.excuse != nullptr && its.what != fate::killed;
                ++counts[excused ? fate::equivalent : its.what];
                if (!excused && its.what != fate::killed) {
                  open.push_back(name_of(plan, which));
                }
              },
              [] { return true; });
        },
        [&] {
          stage.passed = open.empty();
          stage.covered = fmt::format(
              "{} weaker operations in what changed since {}, {} noticed, "
              "{} equivalent{}{}",
              plan.mutants.size(), options_.since, counts[fate::killed], counts[fate::equivalent],
              open.empty() ? "" : "; by nobody: ", fmt::join(open, ", "));
        });
  }

  template <class Work, class Judge>
  void finish(stage_report& stage, Work work, Judge judge) {
    const auto start = std::chrono::steady_clock::now();
    work();
    judge();
    stage.wall_seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    line_.clear();
    if (!options_.json) {
      fmt::print("{:<12} {:<5} {}, {:.1f} s\n", stage.name,
                 interrupted()  ? "cut"
                 : stage.passed ? "ok"
                                : "FAIL",
                 stage.covered, stage.wall_seconds);
      std::fflush(stdout);
    }
    stages_.push_back(stage);
  }

  const gate_options& options_;
  engine_folder engines_;
  unsigned jobs_;
  std::vector<offer> offered_;
  std::vector<std::string> changed_;
  progress_line line_;
  std::vector<stage_report> stages_;
};

}  // namespace

int gate_verb(const gate_options& options) {
  return gate(options).run();
}

}  // namespace handfast::ci
