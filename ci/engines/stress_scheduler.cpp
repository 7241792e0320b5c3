// Native's mutex, deques, tasks, workers, and what runs on them, the C libraries too, on real
// threads. All run as they are too: there workers have stacks that go aside, and locks are of a
// word.
#include <cstdint>
#include <string>

#include "ci/engines/stress_runs.hpp"
#include "models/scenarios/blocking_pool.hpp"
#include "models/scenarios/ccruntime.hpp"
#include "models/scenarios/cschannel.hpp"
#include "models/scenarios/csruntime.hpp"
#include "models/scenarios/idle.hpp"
#include "models/scenarios/scheduler.hpp"
#include "models/scenarios/task.hpp"
#include "models/scenarios/task_state.hpp"
#include "models/scenarios/word_mutex.hpp"
#include "models/scenarios/work_deque.hpp"
#include "stress/scheduler.hpp"

namespace handfast::ci {
namespace {

// A run in which nothing was ever shut down in the middle of work, say, proved nothing about that.
template <class Sync>
std::string storm_round(std::uint64_t seed, const moved& tell, goals& met) {
  stress::scheduler_storm<Sync> storm(seed, tell);
  std::string wrong = storm.run();
  const stress::scheduler_counts& counts = storm.counts();
  met["a task gave what it had to give"] += counts.gave;
  met["a task threw"] += counts.threw;
  met["a task was dropped"] += counts.dropped;
  met["a task was refused"] += counts.refused;
  met["an end cut work short"] += counts.was_cut;
  met["a job was stolen"] += counts.stolen;
  if constexpr (Sync::limits::stacks_go_aside) {
    met["work went aside with its stack"] += counts.went_aside;
  }
  return wrong;
}

}  // namespace

std::vector<stress_run> runs_of_schedulers() {
  std::vector<stress_run> made;
  const auto add = [&]<template <class> class Scenario>(const std::string& name) {
    made.push_back(run_of_scenario<Scenario, undisturbed::yes>(name));
  };
  scenarios::words::for_each_word_mutex_scenario(add);
  scenarios::for_each_deque_scenario(add);
  scenarios::for_each_task_scenario(add);
  scenarios::for_each_task_state_scenario(add);
  scenarios::for_each_idle_scenario(add);
  scenarios::for_each_scheduler_scenario(add);
  scenarios::pool::for_each_blocking_pool_scenario(add);
  scenarios::cc::for_each_ccruntime_scenario(add);
  scenarios::cs::for_each_csruntime_scenario(add);
  scenarios::cschan::for_each_cschannel_scenario(add);
  made.push_back(run_of_storm("scheduler",
                              "tasks that spawn, join, cancel, fork and wait, outsiders, and an "
                              "end at any time lose no task and no item",
                              storm_round<native_seeded>, storm_round<native>));
  made.back().about.covers = {"idle", "task", "task_state", "work_deque", "blocking_pool", "park"};
  return made;
}

}  // namespace handfast::ci
