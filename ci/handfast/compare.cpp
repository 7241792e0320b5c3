// `handfast compare`: our channels side by side, and next to peers.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>

#include <sys/utsname.h>

#include "ci/engines/engine.hpp"
#include "ci/handfast/compare_contests.hpp"
#include "ci/handfast/compare_plots.hpp"
#include "ci/handfast/compare_report.hpp"
#include "ci/handfast/engines.hpp"
#include "ci/handfast/report.hpp"
#include "ci/handfast/select.hpp"
#include "ci/handfast/verbs.hpp"

namespace handfast::ci {
namespace {

using json = nlohmann::json;

struct effort {
  unsigned reps;
  unsigned milliseconds;
  double check_seconds;
};

effort effort_of(const compare_options& options) {
  effort made = options.quick ? effort{3, 20, 0.5} : effort{3, 60, 2};
  made.reps = options.reps != 0 ? options.reps : made.reps;
  made.milliseconds = options.milliseconds != 0 ? options.milliseconds : made.milliseconds;
  made.check_seconds = options.check_seconds > 0 ? options.check_seconds : made.check_seconds;
  return made;
}

std::string machine() {
  std::ifstream cpuinfo("/proc/cpuinfo");
  std::string model = "CPU";
  for (std::string line; std::getline(cpuinfo, line);) {
    if (line.starts_with("model name")) {
      model = line.substr(line.find(": ") + 2);
      break;
    }
  }
  utsname system{};
  ::uname(&system);
  const std::string release = system.release;
  return fmt::format("{} x {}, Linux {}", std::thread::hardware_concurrency(), model,
                     release.substr(0, release.find('-')));
}

// Figures of a loaded machine are not its channels'.
void warn_if_busy() {
  double load = 0;
  if (::getloadavg(&load, 1) == 1 && load > 0.5) {
    fmt::print(stderr, "handfast: the machine is busy (load {:.1f}): figures will be off\n", load);
  }
}

void print_above(progress_line& line, const std::string& text) {
  line.clear();
  fmt::print(stderr, "{}\n", text);
}

/// Runs what was chosen, into a comparison; what goes wrong is told at once.
class comparing {
 public:
  comparing(comparison& into, const effort& how, progress_line& line)
      : into_(into), how_(how), line_(line) {}

  void run_checks(const engine_folder& engines) {
    const std::vector<offer> offered = offers(engines);
    std::vector<task> tasks;
    for (std::size_t who = 0; who < into_.who().size(); ++who) {
      const contender& about = into_.who()[who].about();
      if (!about.scenarios.empty()) {
        into_.checks.push_back({who, {}});
        add_checks(tasks, engines, offered, about.scenarios);
      }
    }
    total_ = tasks.size();
    run_tasks(std::move(tasks), jobs_or_cores(0), [] {});
    std::erase_if(into_.checks, [](const checked& each) { return each.reports.empty(); });
  }

  // Rounds outside contests outside contenders, so that a change in the machine's load
  // meets all alike.
  void run_measurements() {
    std::vector<task> tasks;
    for (unsigned round = 0; round < how_.reps; ++round) {
      for (std::size_t one = 0; one < into_.contests().size(); ++one) {
        for (std::size_t who = 0; who < into_.who().size(); ++who) {
          if (into_.who()[who].for_contest(into_.contests()[one]) != nullptr) {
            tasks.push_back(measurement(one, who));
          }
        }
      }
    }
    done_ = 0;
    total_ = tasks.size();
    run_tasks(std::move(tasks), 1, [] {});
  }

  [[nodiscard]] bool failed() const { return failed_; }

 private:
  // For the last of the checks.
  void add_checks(std::vector<task>& to, const engine_folder& engines,
                  const std::vector<offer>& offered, const std::string& concept_name) {
    const std::size_t before = to.size();
    for (const offer& each : offered) {
      if (each.engine != "checker" || each.concept_name != concept_name) {
        continue;
      }
      run_request request;
      request.scenario = each.name;
      request.engine = each.engine;
      request.mode = each.modes.front();
      request.max_seconds = how_.check_seconds;
      to.push_back(run_task(
          engines, request, [](std::uint64_t, std::uint64_t, double) {},
          [this, into = into_.checks.size() - 1](run_report report) {
            require_accepted(report);
            line_.show(fmt::format("[{}/{}] {}: {}", ++done_, total_, report.request.scenario,
                                   report.verdict));
            if (report.verdict == "interrupted") {
              return std::vector<task>{};
            }
            if (exit_status({report}) == 1) {
              failed_ = true;
              print_above(line_, report.failure ? finding_block(report) : summary_line(report));
            }
            into_.checks[into].reports.push_back(std::move(report));
            return std::vector<task>{};
          }));
    }
    if (to.size() == before) {
      throw usage_error("the checker has no scenarios of " + concept_name +
                        "; build it (./ci/gate does), or leave check out of --workload");
    }
  }

  task measurement(std::size_t one, std::size_t who) {
    const contest& at = into_.contests()[one];
    const contender& about = *into_.who()[who].for_contest(at);
    task todo;
    todo.arguments = measure_command(about, at, how_.milliseconds);
    // Who has not ended by then hangs.
    todo.kill_after_seconds = 60 + 0.1 * how_.milliseconds * at.what->times_as_long;
    todo.on_line = [this](std::string_view text) { said_ = text; };
    todo.on_end = [this, one, who, command = todo.arguments](const exit_report& ended) {
      if (!interrupted()) {
        take(one, who, command, ended);
      }
      said_.clear();
      line_.show(fmt::format("[{}/{}] measuring: {}", ++done_, total_,
                             fmt::join(command.begin() + 1, command.end(), " ")));
      return std::vector<task>{};
    };
    return todo;
  }

  void take(std::size_t one, std::size_t who, const std::vector<std::string>& command,
            const exit_report& ended) {
    const json line = json::parse(said_, nullptr, false);
    if (ended.status == 0 && ended.signal == 0 && line.is_object() && line.value("sum_ok", false)) {
      into_.add(one, who, line.value("figures", std::map<std::string, double>{}));
      return;
    }
    failed_ = true;
    const workload& what = *into_.contests()[one].what;
    const bool of_tasks = what.by == played_by::tasks && !what.has_channel;
    const bool lost = line.is_object() && !line.value("sum_ok", true);
    print_above(
        line_,
        fmt::format("handfast: {}: {}", fmt::join(command.begin() + 1, command.end(), " "),
                    lost && of_tasks    ? std::string("what was done is not what was to be done")
                    : lost              ? std::string("what was received is not what was sent")
                    : ended.too_slow    ? "does not end"
                    : ended.signal != 0 ? ::strsignal(ended.signal)
                                        : ended.errors));
  }

  comparison& into_;
  effort how_;
  progress_line& line_;
  std::size_t done_ = 0;
  std::size_t total_ = 0;
  bool failed_ = false;
  std::string said_;
};

// Before anything is measured: a name that cannot be written is told at once.
void require_writable(const std::string& path) {
  if (!path.empty() && !std::ofstream(path, std::ios::app)) {
    throw usage_error("cannot write " + path);
  }
}

bool is_file(const std::string& svg) {
  return svg.ends_with(".svg");
}

}  // namespace

int compare_verb(const compare_options& options) {
  const effort how = effort_of(options);
  field who = chosen_field(options);
  const bool checks = wants_checks(options, who.all);
  std::vector<contest> contests = chosen_contests(options, who.all);
  drop_bystanders(who.all, contests, checks);
  if (contests.empty() && !checks) {
    throw usage_error("there is nothing to compare: nobody chosen can do what is asked");
  }
  require_writable(options.csv);
  if (is_file(options.svg)) {
    require_writable(options.svg);
  } else if (std::error_code error;
             !options.svg.empty() &&
             (std::filesystem::create_directories(options.svg, error), error)) {
    throw usage_error("cannot make the folder " + options.svg + ": " + error.message());
  }
  for (const std::string& line : who.left_out) {
    fmt::print(stderr, "handfast: {}\n", line);
  }
  comparison found(std::move(who.all), std::move(contests));
  found.check_seconds = how.check_seconds;
  found.conditions = fmt::format("{}, {} round{} of {} ms", machine(), how.reps,
                                 how.reps == 1 ? "" : "s", how.milliseconds);
  progress_line line(true);
  comparing run(found, how, line);
  warn_if_busy();
  if (checks) {
    run.run_checks(engine_folder(options.engines));
  }
  run.run_measurements();
  line.clear();
  if (interrupted()) {
    fmt::print(stderr, "handfast: interrupted: this is what there is\n");
  }
  if (!found.empty()) {
    fmt::print("{}", options.json ? json_lines(found) : table(found));
  }
  if (!options.csv.empty()) {
    std::ofstream(options.csv) << csv(found);
  }
  if (!options.svg.empty()) {
    for (const picture& each : pictures(found, is_file(options.svg))) {
      std::ofstream(is_file(options.svg) ? options.svg : options.svg + "/" + each.name + ".svg")
          << each.svg;
    }
  }
  return run.failed() ? 1 : interrupted() ? 3 : 0;
}

}  // namespace handfast::ci
