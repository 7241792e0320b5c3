// `handfast replay`: a token brings its failure back.
#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "ci/engines/engine.hpp"
#include "ci/handfast/engines.hpp"
#include "ci/handfast/report.hpp"
#include "ci/handfast/verbs.hpp"

namespace handfast::ci {
namespace {

// How often to try where real threads decide, unless the user says: enough for a
// failure that comes back one time in a thousand, and no longer than it takes to
// see that it does.
constexpr std::uint64_t tries_on_real_threads = 2000;
constexpr double seconds_once_back = 5;
constexpr double no_limit = 1e9;

token usable(const engine_folder& engines, const replay_options& options) {
  auto decoded = decode(options.text);
  if (!decoded) {
    throw usage_error(decoded.error());
  }
  const token& failure = *decoded;
  if (!std::ranges::count(engine_names(), failure.engine)) {
    throw usage_error(fmt::format("the token is for the engine '{}'; this program has {}",
                                  failure.engine, fmt::join(engine_names(), ", ")));
  }
  if (!engines.has(failure.engine, is_seeded(failure.mutant))) {
    throw usage_error(fmt::format("the token needs the engine {}{}, which is not built here",
                                  failure.engine,
                                  is_seeded(failure.mutant) ? " with seeded bugs" : ""));
  }
  if (options.after_prefix && failure.engine != "checker") {
    throw usage_error("--continue-after-prefix is for the checker's tokens, not for those of " +
                      failure.engine);
  }
  if (failure.fingerprint != source_fingerprint() && !options.any_build && !options.after_prefix) {
    throw usage_error(fmt::format(
        "the token is from other sources (theirs {:08x}, these {:08x}), where it may mean another "
        "run; check out theirs, or say --any-build to try it here, --continue-after-prefix to "
        "follow it as far as it fits",
        failure.fingerprint, source_fingerprint()));
  }
  return *std::move(decoded);
}

// Becomes gdb on the engine's process, to stop where the engine sees the failure
// or where the process dies.
[[noreturn]] void debug(const std::string& engine, const std::vector<std::string>& command) {
  std::vector<std::string> arguments{"gdb", "-q", "-ex", "set breakpoint pending on"};
  const auto stop_in = [&arguments](const char* function) {
    arguments.insert(arguments.end(), {"-ex", std::string("break ") + function});
  };
  if (engine == "checker") {
    stop_in("handfast::checker::execution::fail");
    stop_in("handfast::checker::why_stuck");
  } else {
    stop_in("fail_test");  // Relacy's
  }
  arguments.insert(arguments.end(), {"-ex", "run", "--args"});
  arguments.insert(arguments.end(), command.begin(), command.end());
  become(std::move(arguments));
}

}  // namespace

int replay_verb(const replay_options& options) {
  const engine_folder engines(options.engines);
  const token failure = usable(engines, options);
  if (options.gdb) {
    debug(failure.engine, replay_command(engines, failure, {1}));
  }
  const std::uint64_t times = std::max<std::uint64_t>(
      options.times.value_or(on_real_threads(failure.engine) ? tries_on_real_threads : 1), 1);
  progress_line line(!options.json);
  run_report report =
      replay(engines, failure, times, options.times ? no_limit : seconds_once_back,
             options.after_prefix, [&](std::uint64_t executions, std::uint64_t came_back) {
               line.show(fmt::format("replayed {} of {} times, came back {} times",
                                     grouped(executions), grouped(times), grouped(came_back)));
             });
  line.clear();
  report.request.mode = "replay";
  if (!report.note.empty() && !options.json) {
    fmt::print("{}\n", report.note);
  }
  if (options.json) {
    fmt::print("{}\n", json_line(report));
  } else if (report.verdict == "finding") {
    fmt::print("came back in {} of {} {}: {} in {}{}\n", grouped(report.came_back),
               grouped(report.executions), report.executions == 1 ? "run" : "runs", report.kind,
               failure.scenario,
               failure.mutant.empty() ? "" : ", with " + in_words(failure.mutant));
    if (!report.text.empty()) {
      fmt::print("\n{}", options.trace ? report.text : shortened(report.text));
    }
    if (options.after_prefix && report.failure) {
      fmt::print("\n  token: {}\n", encode(*report.failure));
    }
  } else if (interrupted()) {
    fmt::print("interrupted\n");
  } else {
    fmt::print("did not come back in {} {} of {}\n", grouped(report.executions),
               report.executions == 1 ? "run" : "runs", failure.scenario);
  }
  return report.verdict == "finding" ? 1 : interrupted() ? 3 : 0;
}

}  // namespace handfast::ci
