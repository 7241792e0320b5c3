// Policies, what threads wait by, queues and channels on real threads. Scenarios are disturbed;
// the policies' own, and storms, run as they are too: each policy has to be right, and of what
// stands on it storms are what runs undisturbed.
#include <concepts>
#include <cstddef>
#include <string>

#include "ci/engines/stress_runs.hpp"
#include "models/scenarios/channel.hpp"
#include "models/scenarios/operation.hpp"
#include "models/scenarios/park.hpp"
#include "models/scenarios/queue.hpp"
#include "models/scenarios/sync.hpp"
#include "stress/channel.hpp"

namespace handfast::ci {
namespace {

template <class Sync>
using variant = properties::variant<stress::message, Sync>;

// A run in which the channel was never full, say, proved nothing about that. Undisturbed,
// what threads meet is the machine's to say.
template <class Sync>
void note(const variant<Sync>& of, const stress::storm_counts& counts, goals& met) {
  met["an item was received"] += counts.received;
  if constexpr (std::same_as<Sync, native_seeded>) {
    met["a receive found the channel empty"] += counts.empty;
    met["a close gave an item back"] += counts.given_back_on_close;
    if (of.many_items) {
      met["a wait timed out"] += counts.timed_out;
    }
    if (of.many_items && of.buffered) {
      met["the last receiver left items behind"] += counts.discarded;
    }
    if (of.bounded || !of.buffered) {
      met["a send found the channel full"] += counts.full;
    }
  }
}

template <class Sync>
round storm_round(const variant<Sync>& on) {
  return [on](std::uint64_t seed, const moved& tell, goals& met) {
    stress::storm<Sync> storm(on, seed, tell);
    std::string wrong = storm.run();
    note(on, storm.counts(), met);
    return wrong;
  };
}

}  // namespace

std::vector<stress_run> runs_of_channels() {
  std::vector<stress_run> made;
  scenarios::for_each_sync_scenario([&]<template <class> class Scenario>(const char* name) {
    made.push_back(run_of_scenario<Scenario, undisturbed::yes>(name));
  });
  const auto add = [&]<template <class> class Scenario>(const std::string& name) {
    made.push_back(run_of_scenario<Scenario, undisturbed::no>(name));
  };
  scenarios::for_each_park_scenario(add);
  scenarios::for_each_timer_scenario(add);
  scenarios::for_each_queue_scenario(add);
  scenarios::for_each_channel_scenario(add);
  scenarios::for_each_operation_scenario(add);
  using properties::variants, stress::message;
  for (std::size_t i = 0; i < variants<message, native>.size(); ++i) {
    const variant<native>& plain = variants<message, native>[i];
    made.push_back(
        run_of_storm(std::string(plain.concept_name),
                     "threads that come and go, fill, empty and close small channels lose and "
                     "duplicate nothing",
                     storm_round(variants<message, native_seeded>[i]), storm_round(plain)));
  }
  return made;
}

}  // namespace handfast::ci
