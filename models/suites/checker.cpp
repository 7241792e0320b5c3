#include "models/suites/checker.hpp"

#include <algorithm>
#include <iterator>

#include "models/scenarios/blocking_pool.hpp"
#include "models/scenarios/ccruntime.hpp"
#include "models/scenarios/channel.hpp"
#include "models/scenarios/cschannel.hpp"
#include "models/scenarios/csruntime.hpp"
#include "models/scenarios/idle.hpp"
#include "models/scenarios/operation.hpp"
#include "models/scenarios/park.hpp"
#include "models/scenarios/queue.hpp"
#include "models/scenarios/scheduler.hpp"
#include "models/scenarios/sync.hpp"
#include "models/scenarios/task.hpp"
#include "models/scenarios/task_state.hpp"
#include "models/scenarios/word_mutex.hpp"
#include "models/scenarios/work_deque.hpp"
#include "models/suites/checker_entry.hpp"
#include "models/suites/wrong.hpp"

namespace handfast::checker_suite {

const std::vector<scenario>& scenarios() {
  static const std::vector<scenario> all = [] {
    std::vector<scenario> made;
    const auto add = [&made]<template <class> class Scenario>(const std::string& name) {
      made.push_back(entry<Scenario>(name, true));
    };
    scenarios::for_each_sync_scenario(add);
    scenarios::words::for_each_word_mutex_scenario(add);
    scenarios::for_each_park_scenario(add);
    scenarios::for_each_timer_scenario(add);
    scenarios::for_each_queue_scenario(add);
    scenarios::for_each_deque_scenario(add);
    scenarios::for_each_channel_scenario(add);
    scenarios::for_each_further_channel_scenario(add);
    scenarios::for_each_operation_scenario(add);
    scenarios::for_each_further_operation_scenario(add);
    scenarios::for_each_task_scenario(add);
    scenarios::for_each_task_state_scenario(add);
    scenarios::for_each_idle_scenario(add);
    scenarios::for_each_scheduler_scenario(add);
    scenarios::pool::for_each_blocking_pool_scenario(add);
    scenarios::cc::for_each_ccruntime_scenario(add);
    scenarios::cs::for_each_csruntime_scenario(add);
    scenarios::cschan::for_each_cschannel_scenario(add);
    const auto add_wrong = [&made]<template <class> class Scenario>(const char* name) {
      made.push_back(entry<Scenario>(name, false));
    };
    wrong::for_each_wrong(add_wrong);
    wrong::for_each_wrong_of_checker(add_wrong);
    std::ranges::copy(zoo_entries(), std::back_inserter(made));
    return made;
  }();
  return all;
}

}  // namespace handfast::checker_suite
