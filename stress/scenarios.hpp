// The models' scenarios on real threads.
#pragma once

#include <latch>
#include <vector>

namespace handfast::stress {

/// Runs a scenario once, its threads let go together.
template <class Sync, template <class> class Scenario>
void run_scenario() {
  Scenario<Sync> scenario;
  std::latch all_here(Scenario<Sync>::threads);
  std::vector<typename Sync::thread> threads;
  for (unsigned index = 0; index < Scenario<Sync>::threads; ++index) {
    threads.emplace_back([&scenario, &all_here, index] {
      all_here.arrive_and_wait();
      scenario.thread(index);
    });
  }
  for (auto& thread : threads) {
    thread.join();
  }
  scenario.finish();
}

}  // namespace handfast::stress
