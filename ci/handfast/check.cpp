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
  if (options.mode.empty() || options.mode == "all") {
    return offered.modes;
  }
  std::string mode = options.mode;
  if (mode == "exhaustive" && !std::ranges::count(offered.modes, mode)) {
    mode = "full";
  } else if (mode == "bounded" && !std::ranges::count(offered.modes, mode)) {
    mode = fmt::format("bound{}", options.preemptions.value_or(2));
  }
  if (!std::ranges::count(offered.modes, mode)) {
    throw usage_error(fmt::format("{} runs {} in these modes: {}; not in '{}'", offered.engine,
                                  offered.name, fmt::join(offered.modes, ", "), options.mode));
  }
  return {mode};
}

std::vector<run_request> requests(const engine_folder& engines, const check_options& options) {
  std::vector<offer> offered = offers(engines);
  std::erase_if(offered, [&](const offer& each) { return each.engine != options.engine; });
  if (offered.empty()) {
    throw usage_error(fmt::format("no engine '{}' here; engines are {}", options.engine,
                                  fmt::join(engine_names(), ", ")));
  }
  std::vector<run_request> all;
  for (const offer& each : matching(offered, options.pattern)) {
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
  if (!options.mutant.empty() && !engines.has(options.engine, true)) {
    throw usage_error("the engine " + options.engine + " was not built with seeded bugs");
  }
  const std::vector<run_request> todo = requests(engines, options);
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
          if (report.verdict == "finding" && !options.json) {
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
