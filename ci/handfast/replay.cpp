// `handfast replay`: a token brings its failure back.
#include <fmt/format.h>

#include <algorithm>

#include "ci/engines/engine.hpp"
#include "ci/handfast/engines.hpp"
#include "ci/handfast/report.hpp"
#include "ci/handfast/verbs.hpp"

namespace handfast::ci {
namespace {

// How often to try where real threads decide: enough for a failure that comes
// back one time in ten.
constexpr std::uint64_t tries_on_real_threads = 50;

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
  if (!engines.has(failure.engine, !failure.mutant.empty())) {
    throw usage_error(fmt::format("the token needs the engine {}{}, which is not built here",
                                  failure.engine,
                                  failure.mutant.empty() ? "" : " with seeded bugs"));
  }
  if (failure.fingerprint != source_fingerprint() && !options.any_build) {
    throw usage_error(fmt::format(
        "the token is from other sources (theirs {:08x}, these {:08x}), where it may mean another "
        "run; check out theirs, or say --any-build to try it here",
        failure.fingerprint, source_fingerprint()));
  }
  return *std::move(decoded);
}

}  // namespace

int replay_verb(const replay_options& options) {
  const engine_folder engines(options.engines);
  const token failure = usable(engines, options);
  const std::uint64_t times =
      options.times.value_or(on_real_threads(failure.engine) ? tries_on_real_threads : 1);
  run_report report = replay(engines, failure, std::max<std::uint64_t>(times, 1));
  report.request.mode = "replay";
  if (options.json) {
    fmt::print("{}\n", json_line(report));
  } else if (report.verdict == "finding") {
    fmt::print("came back in {} of {} {}: {} in {}{}\n", grouped(report.came_back),
               grouped(report.executions), report.executions == 1 ? "run" : "runs", report.kind,
               failure.scenario,
               failure.mutant.empty() ? "" : ", with the seeded bug " + failure.mutant);
    if (!report.text.empty()) {
      fmt::print("\n{}", options.trace ? report.text : shortened(report.text));
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
