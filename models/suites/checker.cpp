#include "models/suites/checker.hpp"

#include <array>
#include <chrono>

#include "models/adapters/checker_sync.hpp"
#include "models/checker/trace.hpp"
#include "models/scenarios/channel.hpp"
#include "models/scenarios/sync.hpp"
#include "models/suites/wrong.hpp"
#include "models/zoo/zoo.hpp"

namespace handfast::checker_suite {
namespace {

using steady = std::chrono::steady_clock;

// What the first thread does: makes the scenario, runs its threads, and takes it
// apart.
template <template <class> class Scenario>
void run_scenario() {
  using scenario = Scenario<checker_sync>;
  scenario it;
  std::array<checker_sync::thread, scenario::threads> threads;
  for (unsigned i = 0; i < scenario::threads; ++i) {
    threads[i] = checker_sync::thread([&it, i] { it.thread(i); });
  }
  for (checker_sync::thread& each : threads) {
    each.join();
  }
  it.finish();
}

template <template <class> class Scenario>
scenario entry(const std::string& full_name, bool listed) {
  double weight = 1;
  if constexpr (requires { Scenario<checker_sync>::weight; }) {
    weight = Scenario<checker_sync>::weight;
  }
  return {full_name.substr(0, full_name.find('.')),
          full_name,
          std::string(Scenario<checker_sync>::claim),
          listed,
          weight,
          run_scenario<Scenario>};
}

template <template <class, bool> class Bug, bool Fixed>
struct exhibit {
  template <class Sync>
  using scenario = Bug<Sync, Fixed>;
};

}  // namespace

const std::vector<scenario>& scenarios() {
  static const std::vector<scenario> all = [] {
    std::vector<scenario> made;
    const auto add = [&made]<template <class> class Scenario>(const char* name) {
      made.push_back(entry<Scenario>(name, true));
    };
    scenarios::for_each_sync_scenario(add);
    scenarios::for_each_channel_scenario(add);
    const auto add_wrong = [&made]<template <class> class Scenario>(const char* name) {
      made.push_back(entry<Scenario>(name, false));
    };
    wrong::for_each_wrong(add_wrong);
    wrong::for_each_wrong_of_checker(add_wrong);
    zoo::for_each_bug([&made]<template <class, bool> class Bug>(const char* name, const char*) {
      const std::string full_name = std::string("zoo.") + name;
      made.push_back(entry<exhibit<Bug, false>::template scenario>(full_name + "_bug", true));
      made.push_back(entry<exhibit<Bug, true>::template scenario>(full_name + "_fixed", true));
    });
    return made;
  }();
  return all;
}

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
    result shown = run_again(what, steps);
    // An execution that does not end does the same without being told so.
    while (searching.found()->kind == checker::endless && steps.size() > 1) {
      steps.resize(steps.size() / 2);
      result shorter = run_again(what, steps);
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

result run_again(const scenario& what, const std::vector<checker::search::step>& steps) {
  checker::search following({what.body});
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
