#include <chrono>
#include <tuple>
#include <utility>

#include "models/checker/trace.hpp"
#include "models/suites/checker.hpp"
#include "models/work/minimise.hpp"

namespace handfast::checker_suite {
namespace {

using steady = std::chrono::steady_clock;

// Executions drawn at random, until a limit or a finding.
work::ending draw(const scenario& what, const limits& bounds, const go_on& tell) {
  checker::search searching({what.body}, bounds.run);
  searching.walk(*bounds.seed);
  work::ending made;
  const auto start = steady::now();
  constexpr std::uint64_t look_every = 256;
  for (std::uint64_t runs = 0;; ++runs) {
    if (searching.executions() + searching.blocked() >= bounds.max_executions) {
      break;
    }
    if (runs % look_every == 0) {
      const std::chrono::duration<double> ran = steady::now() - start;
      made.interrupted = !tell({searching.executions()});
      if (made.interrupted || ran.count() > bounds.max_seconds) {
        break;
      }
    }
    if (!searching.next()) {
      break;
    }
    if (searching.ended() == checker::run_end::complete) {
      work::count_last(made.done, searching);
    }
  }
  work::count_all(made.done, searching);
  if (searching.found()) {
    made.found = searching.found();
    made.steps = searching.steps();
    ++made.done.executions;
  }
  return made;
}

}  // namespace

result search(const scenario& what, const limits& bounds, const go_on& tell,
              const work::unfinished& from, const keep& checkpoint) {
  work::ending end = bounds.seed ? draw(what, bounds, tell)
                                 : work::run({what.body, bounds.run, bounds.preemptions}, from,
                                             bounds, tell, checkpoint);
  return shown(what, bounds.run, std::move(end), bounds.seed.has_value());
}

result shown(const scenario& what, const checker::run_limits& limits, work::ending end,
             bool random) {
  result made;
  static_cast<work::totals&>(made) = std::move(end.done);
  made.ended = end.ended;
  made.interrupted = end.interrupted;
  made.outgrown = end.outgrown;
  made.of = end.of;
  made.left = std::move(end.left);
  made.vacuous = (made.ended || random) && !end.found && (!made.anything || made.executions == 0);
  if (end.found && end.found->kind == checker::misfit) {
    made.found = end.found;
  } else if (end.found) {
    std::vector<checker::search::step> steps = std::move(end.steps);
    const work::subject subject{what.body, limits};
    if (end.found->kind != checker::endless) {
      steps = work::needed(subject, work::minimised(subject, *end.found, std::move(steps)));
    }
    result again = run_again(what, steps, limits);
    // An execution that does not end does the same without being told so.
    while (end.found->kind == checker::endless && steps.size() > 1) {
      steps.resize(steps.size() / 2);
      result shorter = run_again(what, steps, limits);
      if (!shorter.found || shorter.found->kind != checker::endless) {
        break;
      }
      again = std::move(shorter);
    }
    // Told by the run that is shown, which knows more of it.
    made.found = again.found ? again.found : end.found;
    made.trace = std::move(again.trace);
    made.replay = std::move(again.replay);
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
  made.followed = following.followed();
  return made;
}

result run_after_prefix(const scenario& what, const std::vector<checker::search::step>& steps,
                        std::uint64_t tries, const checker::run_limits& limits) {
  result made;
  const auto keep = [&](checker::search& searching) {
    if (!searching.found()) {
      return false;
    }
    work::ending end;
    end.found = searching.found();
    end.steps = searching.steps();
    const std::size_t followed = made.followed;
    made = shown(what, limits, std::move(end));
    made.followed = followed;
    return true;
  };
  checker::search first({what.body}, limits);
  first.follow(steps, true);
  std::ignore = first.next();
  made.followed = first.followed();
  std::uint64_t runs = 1;
  if (!keep(first)) {
    checker::search drawn({what.body}, limits);
    drawn.walk(1);
    drawn.follow(steps, true);
    while (runs < tries && !drawn.found() && drawn.next()) {
      ++runs;
    }
    keep(drawn);
  }
  made.executions = runs;
  return made;
}

}  // namespace handfast::checker_suite
