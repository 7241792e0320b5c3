// `handfast check`: run scenarios under one engine.
#include <fmt/format.h>

#include <algorithm>

#include "ci/engines/engine.hpp"
#include "ci/handfast/engines.hpp"
#include "ci/handfast/report.hpp"
#include "ci/handfast/select.hpp"
#include "ci/handfast/verbs.hpp"

namespace handfast::ci {
namespace {

// The modes of `offered` that a user's --mode means. `exhaustive` and `bounded`
// are the same words for every engine; Relacy's own are `full` and `boundK`.
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
  if (!std::ranges::count(all, mode)) {
    throw usage_error(fmt::format("{} runs {} in these modes: {}; not in '{}'", offered.engine,
                                  offered.name, fmt::join(all, ", "), options.mode));
  }
  return {mode};
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
      all.push_back({each.name,
                     each.engine,
                     mode,
                     options.mutant,
                     options.seed,
                     options.max_executions,
                     options.max_seconds,
                     options.preemptions,
                     {}});
    }
  }
  return all;
}

}  // namespace

int check_verb(const check_options& options) {
  const engine_folder engines(options.engines);
  const std::vector<run_request> todo = requests(engines, options);
  if (!options.mutant.empty() && !engines.has(todo.front().engine, true)) {
    throw usage_error("the engine " + todo.front().engine + " was not built with seeded bugs");
  }
  progress_line line(!options.json);
  std::vector<run_report> reports;
  std::vector<std::pair<std::string, std::string>> running;
  std::vector<task> tasks;
  for (const run_request& request : todo) {
    const std::string name = request.scenario + " " + request.mode;
    tasks.push_back(run_task(
        engines, request,
        [&, name](std::uint64_t executions, std::uint64_t total) {
          line.show(fmt::format("[{}/{}] {}: {}{}", reports.size() + 1, todo.size(), name,
                                grouped(executions), total == 0 ? "" : " of " + grouped(total)));
        },
        [&](run_report report) {
          line.clear();
          require_accepted(report);
          fmt::print("{}\n", options.json ? json_line(report) : summary_line(report));
          if (report.failure && !options.json) {
            fmt::print("{}", finding_block(report));
          }
          std::fflush(stdout);
          reports.push_back(std::move(report));
          return std::vector<task>{};
        }));
  }
  run_tasks(std::move(tasks), jobs_or_cores(options.jobs), [] {});
  line.clear();
  if (interrupted() && !options.json) {
    fmt::print("interrupted: {} of {} runs ended\n", reports.size(), todo.size());
  }
  return exit_status(reports);
}

}  // namespace handfast::ci
