#include "ci/handfast/engines.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <handfast_fingerprint.hpp>
#include <memory>
#include <nlohmann/json.hpp>

#include "ci/engines/engine.hpp"
#include "ci/engines/hex.hpp"

namespace handfast::ci {
namespace {

using json = nlohmann::json;

// A child that has not ended by then never will: engines stop themselves at
// their own limits.
double kill_after(const run_request& request) {
  const bool may_take_all_night = request.engine == "checker" && !request.max_seconds;
  return may_take_all_night ? 0 : 60 + 3 * request.max_seconds.value_or(600);
}

// A line from an engine; null where it is none (a sanitizer's chatter, say).
json parsed(std::string_view line) {
  json parsed = json::parse(line, nullptr, false);
  return parsed.is_object() ? parsed : json();
}

// What an engine's process said in its result line, and how it ended.
class result_reader {
 public:
  explicit result_reader(run_request request) { report_.request = std::move(request); }

  void read_result(const json& line) {
    has_result_ = true;
    report_.verdict = line.value("verdict", "");
    report_.executions = line.value("executions", std::uint64_t{0});
    report_.blocked = line.value("blocked", std::uint64_t{0});
    report_.unit = line.value("unit", "executions");
    report_.complete = line.value("complete", false);
    report_.came_back = line.value("came_back", std::uint64_t{0});
    report_.goals_met = line.value("goals_met", std::vector<std::string>{});
    report_.goals_missed = line.value("goals_missed", std::vector<std::string>{});
    report_.kind = line.value("kind", "");
    report_.text = line.value("text", "");
    report_.operations = line.value("operations", std::uint64_t{0});
    report_.plain_accesses = line.value("plain_accesses", std::uint64_t{0});
    report_.longest = line.value("longest", std::uint64_t{0});
    report_.cut = line.value("cut", false);
    report_.estimate = line.value("estimate", 0.0);
    report_.estimate_factor = line.value("estimate_factor", 0.0);
    report_.note = line.value("note", "");
    report_.checkpoint = line.value("checkpoint", "");
    token_ = line.value("token", "");
    if (line.contains("replay")) {
      replay_ = from_hex(line.value("replay", "")).value_or(replay_bytes{});
    }
  }

  [[nodiscard]] bool has_result() const { return has_result_; }

  run_report finish(const exit_report& ended) {
    report_.cpu_seconds = ended.cpu_seconds;
    report_.wall_seconds = ended.wall_seconds;
    report_.peak_rss_kib = ended.peak_rss_kib;
    if (ended.status == 2 && !has_result_) {
      report_.verdict = "misuse";
      report_.refused = first_line(ended.errors);
      return report_;
    }
    if (!has_result_) {
      if (interrupted()) {
        report_.verdict = "interrupted";
        return report_;
      }
      report_.verdict = "finding";
      report_.kind = ended.too_slow      ? "does not end"
                     : ended.signal != 0 ? ::strsignal(ended.signal)
                                         : "the engine's process ended without a result";
    }
    if (report_.verdict == "finding") {
      // What a sanitizer or an assertion wrote belongs to the report.
      report_.text += (report_.text.empty() || report_.text.ends_with('\n') ? "" : "\n");
      report_.text += ended.errors;
      report_.failure = token{report_.request.scenario, report_.request.engine,
                              source_fingerprint(), report_.request.mutant, replay_};
      if (const auto told = decode(token_)) {
        report_.failure = *told;
      }
    }
    return report_;
  }

 private:
  static std::string first_line(const std::string& text) {
    const std::string line = text.substr(0, text.find('\n'));
    const std::size_t colon = line.find(": ");
    return colon == std::string::npos ? line : line.substr(colon + 2);
  }

  run_report report_;
  bool has_result_ = false;
  replay_bytes replay_;
  std::string token_;  // of a user's check
};

task reading_task(std::vector<std::string> arguments, const run_request& request, on_progress tell,
                  std::function<std::vector<task>(run_report)> done) {
  auto reader = std::make_shared<result_reader>(request);
  task todo;
  todo.arguments = std::move(arguments);
  todo.kill_after_seconds = kill_after(request);
  todo.on_line = [reader, tell = std::move(tell)](std::string_view text) {
    const json line = parsed(text);
    const std::string event = line.is_null() ? "" : line.value("event", "");
    if (event == "progress") {
      tell(line.value("executions", std::uint64_t{0}), line.value("total", std::uint64_t{0}),
           line.value("factor", 0.0));
    } else if (event == "result" && !reader->has_result()) {
      reader->read_result(line);
    }
  };
  todo.on_end = [reader, done = std::move(done)](const exit_report& ended) {
    return done(reader->finish(ended));
  };
  return todo;
}

template <class Use>
void for_each_line(const engine_folder& engines, const std::string& engine, bool mutants, Use use) {
  exit_report ended;
  const std::string output = run_to_end({engines.program(engine, mutants), "list"}, ended);
  if (interrupted()) {
    throw interruption{};
  }
  if (ended.status != 0 || ended.signal != 0) {
    throw usage_error("the engine " + engine + " cannot list what it has: " + ended.errors);
  }
  for (std::size_t at = 0; at < output.size();) {
    const std::size_t end = output.find('\n', at);
    use(parsed(std::string_view(output).substr(at, end - at)));
    at = end + 1;
  }
}

}  // namespace

const std::vector<std::string>& engine_names() {
  static const std::vector<std::string> names{"checker", "relacy", "properties",
                                              "fuzz",    "stress", "stress-tsan"};
  return names;
}

engine_folder::engine_folder(const std::string& folder) : folder_(folder) {
  namespace fs = std::filesystem;
  if (folder_.empty()) {
    folder_ = fs::read_symlink("/proc/self/exe").parent_path() / "engines";
  }
  if (!std::ranges::any_of(engine_names(), [this](const std::string& each) { return has(each); })) {
    throw usage_error("no engines in " + folder_ +
                      "; build them (./ci/gate does) or say --engines");
  }
}

bool engine_folder::has(const std::string& engine, bool mutants) const {
  return ::access(program(engine, mutants).c_str(), X_OK) == 0;
}

std::string engine_folder::program(const std::string& engine, bool mutants) const {
  return folder_ + "/handfast-" + engine + (mutants ? "-mutants" : "");
}

std::vector<offer> offers(const engine_folder& engines, bool with_zoo) {
  std::vector<offer> all;
  for (const std::string& engine : engine_names()) {
    if (engines.has(engine)) {
      for_each_line(engines, engine, false, [&](const json& line) {
        const bool exhibit = line.value("exhibit", false);
        if (line.value("event", "") == "entry" && (with_zoo || !exhibit)) {
          all.push_back({engine, line.value("concept", ""), line.value("name", ""),
                         line.value("summary", ""), line.value("modes", std::vector<std::string>{}),
                         line.value("weight", 1.0),
                         line.value("on_request", std::vector<std::string>{}), exhibit,
                         line.value("covers", std::vector<std::string>{})});
        }
      });
    }
  }
  return all;
}

std::vector<mutant> mutants(const engine_folder& engines, const std::string& engine) {
  std::vector<mutant> all;
  for_each_line(engines, engine, true, [&](const json& line) {
    if (line.value("event", "") == "mutant") {
      all.push_back({line.value("name", ""), line.value("wrong", ""), line.value("concepts", "")});
    }
  });
  return all;
}

namespace {

// An engine's verb over what is requested, and its options.
std::vector<std::string> command(const engine_folder& engines, const char* verb,
                                 const run_request& request) {
  std::vector<std::string> arguments{engines.program(request.engine, is_seeded(request.mutant)),
                                     verb,
                                     request.scenario,
                                     "--mode",
                                     request.mode,
                                     "--seed",
                                     std::to_string(request.seed)};
  const auto add = [&arguments](const char* option, const auto& value) {
    if (value) {
      arguments.insert(arguments.end(), {option, std::to_string(*value)});
    }
  };
  const auto add_text = [&arguments](const char* option, const std::string& value) {
    if (!value.empty()) {
      arguments.insert(arguments.end(), {option, value});
    }
  };
  add("--max-executions", request.max_executions);
  add("--max-seconds", request.max_seconds);
  add("--preemptions", request.preemptions);
  add("--patience", request.patience_seconds);
  add_text("--mutant", request.mutant);
  if (request.engine == "checker") {
    add_text("--build", build_name());
    add_text("--resume", request.resume);
    add_text("--checkpoint", request.checkpoint);
  }
  if (!request.checkpoint.empty()) {
    add("--checkpoint-from", std::optional(request.checkpoint_from));
    add("--checkpoint-every", std::optional(request.checkpoint_every));
  }
  if (request.jobs > 1) {
    add("--jobs", std::optional(request.jobs));
  }
  return arguments;
}

}  // namespace

task run_task(const engine_folder& engines, const run_request& request, on_progress tell,
              std::function<std::vector<task>(run_report)> done) {
  return reading_task(command(engines, "run", request), request, std::move(tell), std::move(done));
}

task split_task(const engine_folder& engines, const run_request& request, std::uint32_t parts,
                const std::string& folder, bool plain_waits,
                std::function<std::vector<task>(run_report)> done) {
  std::vector<std::string> arguments = command(engines, "split", request);
  arguments.insert(arguments.end(), {"--parts", std::to_string(parts), "--folder", folder});
  if (plain_waits) {
    arguments.emplace_back("--plain-waits");
  }
  return reading_task(
      std::move(arguments), request, [](std::uint64_t, std::uint64_t, double) {}, std::move(done));
}

namespace {

// The same, of a child that tells of sites too.
task telling_sites(task todo, std::function<void(weak_spot)> found) {
  todo.on_line = [found = std::move(found), read = std::move(todo.on_line)](std::string_view text) {
    const json line = parsed(text);
    if (line.is_null() || line.value("event", "") != "site") {
      read(text);
      return;
    }
    found({line.value("file", ""), line.value("path", ""), line.value("line", 0U),
           line.value("column", 0U), line.value("does", ""), line.value("order", ""),
           line.value("order_if_failed", ""), line.value("ways", std::vector<std::string>{})});
  };
  return todo;
}

}  // namespace

task sites_task(const engine_folder& engines, const run_request& request,
                std::function<void(weak_spot)> found,
                std::function<std::vector<task>(run_report)> done) {
  return telling_sites(reading_task(
                           command(engines, "sites", request), request,
                           [](std::uint64_t, std::uint64_t, double) {}, std::move(done)),
                       std::move(found));
}

task check_task(const std::string& program, const run_request& request,
                std::function<void(weak_spot)> found,
                std::function<std::vector<task>(run_report)> done) {
  std::vector<std::string> arguments{program, "--gtest_filter=" + request.scenario};
  const auto add = [&arguments](const std::string& flag, const auto& value) {
    if (value) {
      arguments.push_back(fmt::format("--handfast_{}={}", flag, *value));
    }
  };
  add("max_executions", request.max_executions);
  add("max_time", request.max_seconds);
  if (!request.mutant.empty()) {
    arguments.push_back("--handfast_weaken=" + request.mutant);
  }
  arguments.emplace_back(found ? "--handfast_sites" : "--handfast_json");
  task todo = reading_task(
      std::move(arguments), request, [](std::uint64_t, std::uint64_t, double) {}, std::move(done));
  return found ? telling_sites(std::move(todo), std::move(found)) : std::move(todo);
}

std::vector<std::string> tests_of(const std::string& program) {
  exit_report ended;
  const std::string output = run_to_end({program, "--gtest_list_tests"}, ended);
  if (interrupted()) {
    throw interruption{};
  }
  if (ended.status != 0 || ended.signal != 0) {
    throw usage_error(program + " lists no tests: is it a GoogleTest program?");
  }
  // "Suite." and under it "  name", each perhaps with a remark.
  std::vector<std::string> all;
  std::string suite;
  for (std::size_t at = 0; at < output.size();) {
    const std::size_t end = output.find('\n', at);
    std::string line = output.substr(at, end - at);
    at = end + 1;
    line = line.substr(0, line.find("  #"));
    if (line.starts_with("  ")) {
      all.push_back(suite + line.substr(2));
    } else if (line.ends_with('.')) {
      suite = line;
    }
  }
  return all;
}

void require_accepted(const run_report& report) {
  if (!report.refused.empty()) {
    throw usage_error(report.refused);
  }
}

std::vector<std::string> replay_command(const engine_folder& engines, const token& failure,
                                        const replay_limits& limits) {
  std::vector<std::string> command{engines.program(failure.engine, is_seeded(failure.mutant)),
                                   "replay",
                                   failure.scenario,
                                   "--payload",
                                   to_hex(failure.replay),
                                   "--times",
                                   std::to_string(limits.times),
                                   "--max-seconds",
                                   std::to_string(limits.seconds)};
  if (!failure.mutant.empty()) {
    command.insert(command.end(), {"--mutant", failure.mutant});
  }
  if (limits.after_prefix) {
    command.emplace_back("--continue-after-prefix");
  }
  return command;
}

task replay_task(const engine_folder& engines, const token& failure, const replay_limits& limits,
                 std::optional<unsigned> patience_seconds,
                 std::function<std::vector<task>(run_report)> done) {
  run_request request;
  request.scenario = failure.scenario;
  request.engine = failure.engine;
  request.mutant = failure.mutant;
  std::vector<std::string> command = replay_command(engines, failure, limits);
  if (patience_seconds) {
    command.insert(command.end(), {"--patience", std::to_string(*patience_seconds)});
  }
  return reading_task(
      std::move(command), request, [](std::uint64_t, std::uint64_t, double) {}, std::move(done));
}

run_report replay(const engine_folder& engines, const token& failure, std::uint64_t times,
                  double seconds_once_back, bool after_prefix,
                  const std::function<void(std::uint64_t, std::uint64_t)>& tell) {
  run_report total;
  std::uint64_t executions = 0;
  std::uint64_t came_back = 0;
  double seconds = 0;
  while (executions < times && !interrupted() && (came_back == 0 || seconds < seconds_once_back)) {
    run_report last;
    std::vector<task> tasks;
    tasks.push_back(replay_task(engines, failure, {times - executions, 1e9, after_prefix},
                                std::nullopt, [&last](run_report report) {
                                  require_accepted(report);
                                  last = std::move(report);
                                  return std::vector<task>{};
                                }));
    run_tasks(std::move(tasks), 1, [] {});
    executions += std::max<std::uint64_t>(last.executions, 1);
    came_back += last.verdict == "finding" ? 1 : 0;
    seconds += last.wall_seconds;
    const double cpu_seconds = total.cpu_seconds + last.cpu_seconds;
    if (total.verdict != "finding") {
      total = std::move(last);
    }
    total.cpu_seconds = cpu_seconds;
    tell(executions, came_back);
  }
  total.executions = executions;
  total.came_back = came_back;
  if (total.failure && !after_prefix) {
    total.failure = failure;
  }
  return total;
}

std::uint32_t source_fingerprint() {
  return fingerprint_of_sources;
}

std::string build_name() {
  return fmt::format("{:08x} {}", fingerprint_of_sources, __VERSION__);
}

bool on_real_threads(const std::string& engine) {
  return engine != "checker" && engine != "relacy" && engine != "fuzz";
}

}  // namespace handfast::ci
