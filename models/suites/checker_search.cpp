#include <chrono>
#include <tuple>

#include "models/checker/trace.hpp"
#include "models/suites/checker.hpp"

namespace handfast::checker_suite {
namespace {

using steady = std::chrono::steady_clock;

}  // namespace

result search(const scenario& what, const limits& bounds, const go_on& tell) {
  checker::search searching({what.body}, bounds.run);
  if (bounds.seed) {
    searching.walk(*bounds.seed);
  }
  result made;
  const auto start = steady::now();
  constexpr std::uint64_t look_every = 256;
  for (std::uint64_t runs = 0;; ++runs) {
    const std::uint64_t drawn = bounds.seed ? searching.blocked() : 0;
    if (searching.executions() + drawn >= bounds.max_executions) {
      break;
    }
    if (runs % look_every == 0) {
      const std::chrono::duration<double> ran = steady::now() - start;
      made.interrupted = !tell(searching.executions());
      if (made.interrupted || ran.count() > bounds.max_seconds) {
        break;
      }
    }
    if (!searching.next()) {
      made.ended = !searching.found();
      break;
    }
  }
  made.executions = searching.executions() + (searching.found() ? 1 : 0);
  made.blocked = searching.blocked();
  made.goals = searching.run().goals();
  made.vacuous = (made.ended || bounds.seed) && !searching.found() &&
                 (searching.vacuous() || searching.executions() == 0);
  if (searching.found()) {
    std::vector<checker::search::step> steps = searching.steps();
    result shown = run_again(what, steps, bounds.run);
    // An execution that does not end does the same without being told so.
    while (searching.found()->kind == checker::endless && steps.size() > 1) {
      steps.resize(steps.size() / 2);
      result shorter = run_again(what, steps, bounds.run);
      if (!shorter.found || shorter.found->kind != checker::endless) {
        break;
      }
      shown = std::move(shorter);
    }
    // Told by the run that is shown, which knows more of it.
    made.found = shown.found ? shown.found : searching.found();
    made.trace = std::move(shown.trace);
    made.replay = std::move(shown.replay);
  }
  return made;
}

result run_again(const scenario& what, const std::vector<checker::search::step>& steps,
                 const checker::run_limits& limits) {
  checker::search following({what.body}, limits);
  following.follow(steps);
  result made;
  std::ignore = following.next();
  made.executions = 1;
  made.found = following.found();
  made.trace = checker::columns(following);
  made.replay = steps;
  return made;
}

}  // namespace handfast::checker_suite
