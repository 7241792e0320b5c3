// A scenario, as the checker runs it.
#pragma once

#include <array>
#include <string>

#include "models/adapters/checker_sync.hpp"
#include "models/suites/checker.hpp"

namespace handfast::checker_suite {

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

}  // namespace handfast::checker_suite
