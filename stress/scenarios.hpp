// The models' scenarios on real threads.
#pragma once

#include <cstddef>
#include <functional>
#include <latch>
#include <vector>

namespace handfast::stress {

/// Runs `thread` of each index at once, each on a thread of its own.
template <class Sync>
void run_together(unsigned count, const std::function<void(unsigned index)>& thread) {
  std::latch all_here(static_cast<std::ptrdiff_t>(count));
  std::vector<typename Sync::thread> threads;
  for (unsigned index = 0; index < count; ++index) {
    threads.emplace_back([&thread, &all_here, index] {
      all_here.arrive_and_wait();
      thread(index);
    });
  }
  for (auto& each : threads) {
    each.join();
  }
}

/// Runs a scenario once, its threads let go together.
template <class Sync, template <class> class Scenario>
void run_scenario() {
  Scenario<Sync> scenario;
  run_together<Sync>(Scenario<Sync>::threads,
                     [&scenario](unsigned index) { scenario.thread(index); });
  scenario.finish();
}

}  // namespace handfast::stress
