// `handfast check`: run scenarios under one engine.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>

#include "ci/engines/engine.hpp"
#include "ci/engines/work_file.hpp"
#include "ci/handfast/engines.hpp"
#include "ci/handfast/pieces.hpp"
#include "ci/handfast/report.hpp"
#include "ci/handfast/select.hpp"
#include "ci/handfast/verbs.hpp"

namespace handfast::ci {
namespace {

using steady = std::chrono::steady_clock;

// The modes of `offered` that a user's --mode means; none, if it does not run in that.
// `exhaustive` and `bounded` are the same words for every engine; Relacy's own are `full` and
// `boundK`.
std::vector<std::string> modes(const offer& offered, const check_options& options) {
  if (options.mode.empty()) {
    return offered.modes;
  }
  std::vector<std::string> all = offered.modes;
  all.insert(all.end(), offered.on_request.begin(), offered.on_request.end());
  if (options.mode == "all") {
    return all;
  }
  std::string mode = options.mode;
  if (mode == "exhaustive" && !std::ranges::count(all, mode)) {
    mode = "full";
  } else if (mode == "bounded" && !std::ranges::count(all, mode)) {
    mode = fmt::format("bound{}", options.preemptions.value_or(2));
  }
  return std::ranges::count(all, mode) ? std::vector<std::string>{mode}
                                       : std::vector<std::string>();
}

std::vector<run_request> requests(const engine_folder& engines, const check_options& options) {
  std::vector<offer> chosen = offers(engines, options.pattern.starts_with("zoo"));
  if (options.engine.empty()) {
    chosen = matching(chosen, options.pattern);
    std::erase_if(chosen, [first = chosen.front().engine](const offer& each) {
      return each.engine != first;
    });
  } else {
    std::erase_if(chosen, [&](const offer& each) { return each.engine != options.engine; });
    if (chosen.empty()) {
      throw usage_error(fmt::format("no engine '{}' here; engines are {}", options.engine,
                                    fmt::join(engine_names(), ", ")));
    }
    chosen = matching(chosen, options.pattern);
  }
  std::vector<run_request> all;
  for (const offer& each : chosen) {
    for (const std::string& mode : modes(each, options)) {
      run_request& request = all.emplace_back();
      request.scenario = each.name;
      request.engine = each.engine;
      request.mode = mode;
      request.mutant = options.mutant;
      request.seed = options.seed;
      request.preemptions = options.preemptions;
    }
  }
  if (all.empty()) {
    const offer& first = chosen.front();
    throw usage_error(fmt::format("{} runs {} in these modes: {}; not in '{}'", first.engine,
                                  first.name, fmt::join(first.modes, ", "), options.mode));
  }
  return all;
}

// Work files that are found again when nobody said where they should go.
std::string own_checkpoint(const run_request& request) {
  const char* state = std::getenv("XDG_STATE_HOME");
  const char* home = std::getenv("HOME");
  if ((state == nullptr || *state == '\0') && (home == nullptr || *home == '\0')) {
    return "";
  }
  const std::string folder =
      state != nullptr && *state != '\0' ? state : std::string(home) + "/.local/state";
  // A name of its own: what an earlier search has left is not to be lost.
  return fmt::format("{}/handfast/{}.{}.{}.work", folder, request.scenario, request.mode,
                     ::getpid());
}

// What a search leaves if it is stopped, and when.
void set_checkpoints(std::vector<run_request>& all, const check_options& options) {
  constexpr double worth_it = 2;  // seconds
  for (run_request& each : all) {
    if (each.engine != "checker" || each.mode == "random") {
      continue;
    }
    each.checkpoint_every = options.checkpoint_every;
    if (!options.checkpoint.empty() || !each.resume.empty()) {
      each.checkpoint = options.checkpoint.empty() ? each.resume : options.checkpoint;
    } else {
      each.checkpoint = own_checkpoint(each);
      each.checkpoint_from = worth_it;
    }
  }
}

run_request resumed(const std::string& path, bool is_piece) {
  const auto file = read_work_file(path);
  if (!file) {
    throw usage_error(file.error());
  }
  if ((file->part != 0) != is_piece) {
    throw usage_error(path + (is_piece ? " is a checkpoint: go on with --resume"
                                       : " is a piece of a search: go through it with --run"));
  }
  return request_of(*file, path);
}

std::vector<run_request> wanted(const engine_folder& engines, const check_options& options) {
  std::vector<run_request> all;
  const std::string& file = options.piece.empty() ? options.resume : options.piece;
  if (file.empty()) {
    all = requests(engines, options);
  } else {
    all.push_back(resumed(file, !options.piece.empty()));
    if (!options.pattern.empty() && !matches(options.pattern, all.front().scenario)) {
      throw usage_error(
          fmt::format("{} is of {}, not of '{}'", file, all.front().scenario, options.pattern));
    }
  }
  if (all.size() > 1 && (!options.checkpoint.empty() || options.split_parts != 0)) {
    throw usage_error(fmt::format("{} is for one run, and {} are chosen",
                                  options.split_parts != 0 ? "--split" : "--checkpoint",
                                  all.size()));
  }
  for (run_request& each : all) {
    each.max_executions = options.max_executions;
    each.max_seconds = options.max_seconds;
  }
  if (options.piece.empty()) {
    set_checkpoints(all, options);
  }
  return all;
}

}  // namespace

int check_verb(const check_options& options) {
  if (!options.merge_folder.empty()) {
    return merge_check(options);
  }
  const engine_folder engines(options.engines);
  std::vector<run_request> todo = wanted(engines, options);
  if (!options.mutant.empty() && !engines.has(todo.front().engine, true)) {
    throw usage_error("the engine " + todo.front().engine + " was not built with seeded bugs");
  }
  if (options.split_parts != 0) {
    return split_check(engines, todo.front(), options);
  }
  // A run of its own for each, as long as there are as many; then several for each.
  const unsigned jobs = jobs_or_cores(options.jobs);
  const auto runs = static_cast<unsigned>(std::min<std::size_t>(todo.size(), jobs));
  progress_line line(!options.json);
  std::vector<run_report> reports;
  std::vector<task> tasks;
  for (run_request& request : todo) {
    request.jobs = request.engine == "checker" ? jobs / runs : 1;
    const std::string name = request.scenario + " " + request.mode;
    tasks.push_back(run_task(
        engines, request,
        [&, name, start = steady::now()](std::uint64_t executions, std::uint64_t total,
                                         double factor) {
          const std::chrono::duration<double> ran = steady::now() - start;
          line.show(fmt::format("[{}/{}] {}: {}", reports.size() + 1, todo.size(), name,
                                how_far_text(executions, total, factor, ran.count())));
        },
        [&](run_report report) {
          line.clear();
          require_accepted(report);
          fmt::print("{}\n", options.json ? json_line(report) : summary_line(report));
          if (report.failure && !options.json) {
            fmt::print("{}", finding_block(report));
          }
          if (!report.checkpoint.empty() && !options.json) {
            fmt::print("  go on: handfast check --resume {}\n", report.checkpoint);
          }
          if (!options.piece.empty()) {
            write_done(options.piece, report);
          }
          std::fflush(stdout);
          reports.push_back(std::move(report));
          return std::vector<task>{};
        }));
  }
  run_tasks(std::move(tasks), runs, [] {});
  line.clear();
  if (interrupted() && !options.json) {
    fmt::print("interrupted: {} of {} runs ended\n", reports.size(), todo.size());
  }
  return exit_status(reports);
}

}  // namespace handfast::ci
