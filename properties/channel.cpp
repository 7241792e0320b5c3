#include "properties/channel.hpp"

#include <rapidcheck.h>
#include <algorithm>
#include <handfast/sync/native_seeded.hpp>

#include <sstream>

#include "properties/concurrent.hpp"
#include "properties/conformance.hpp"
#include "properties/covered.hpp"
#include "properties/linearizability.hpp"
#include "properties/run_property.hpp"

namespace handfast::properties {
namespace {

// Generators -----------------------------------------------------------------------

template <class Action>
rc::Gen<operation> steps(rc::Gen<Action> actions) {
  return rc::gen::construct<operation>(std::move(actions), small(2), small(4), small(5));
}

rc::Gen<action> any_action() {
  return rc::gen::map(small(static_cast<std::uint8_t>(action_names.size())),
                      [](std::uint8_t index) { return static_cast<action>(index); });
}

// Mostly sends, handles inside items and drops: who owns what.
rc::Gen<action> owning_action() {
  return rc::gen::element(action::try_send, action::send_many, action::send_handle,
                          action::send_handle, action::receive, action::receive_many,
                          action::close_by_sender, action::clone_receiver, action::drop_sender,
                          action::drop_receiver);
}

rc::Gen<std::vector<std::uint8_t>> capacities() {
  return rc::gen::container<std::vector<std::uint8_t>>(
      2, rc::gen::cast<std::uint8_t>(rc::gen::inRange<int>(1, 5)));
}

rc::Gen<planned_call> any_call() {
  const auto kind = rc::gen::weightedElement<call_kind>({{4, call_kind::send},
                                                         {3, call_kind::try_send},
                                                         {3, call_kind::send_until},
                                                         {3, call_kind::send_many},
                                                         {4, call_kind::receive},
                                                         {3, call_kind::try_receive},
                                                         {3, call_kind::receive_until},
                                                         {3, call_kind::receive_many},
                                                         {3, call_kind::async_send},
                                                         {2, call_kind::poll_send},
                                                         {3, call_kind::async_receive},
                                                         {2, call_kind::poll_receive},
                                                         {1, call_kind::close},
                                                         {1, call_kind::drop_sender},
                                                         {1, call_kind::drop_receiver}});
  return rc::gen::construct<planned_call>(kind,
                                          rc::gen::cast<std::uint8_t>(rc::gen::inRange<int>(1, 4)));
}

rc::Gen<concurrent_program> any_concurrent_program() {
  const auto calls = rc::gen::resize(6, rc::gen::container<std::vector<planned_call>>(any_call()));
  return rc::gen::construct<concurrent_program>(
      rc::gen::cast<std::uint8_t>(rc::gen::inRange<int>(1, 4)),
      rc::gen::cast<std::uint16_t>(rc::gen::inRange<int>(0, 200)),
      rc::gen::container<std::vector<std::vector<planned_call>>>(3, calls));
}

// Properties -------------------------------------------------------------------------

template <class Actions>
verdict conforms(const run_plan& plan, Actions actions) {
  goals_counted met;
  return run_property(
      plan,
      [&] {
        const program drawn{
            *capacities().as("capacities"),
            *rc::gen::container<std::vector<operation>>(steps(actions())).as("steps")};
        goals_met seen;
        const std::optional<std::string> wrong = run_program(drawn, &seen);
        for (std::size_t i = 0; i < goal_names.size(); ++i) {
          count(met, goal_names[i], seen[i]);
        }
        if (wrong) {
          RC_FAIL(*wrong);
        }
      },
      met);
}

verdict follows_its_specification(const run_plan& plan) {
  return conforms(plan, any_action);
}

verdict items_are_owned_once(const run_plan& plan) {
  return conforms(plan, owning_action);
}

void count_met(goals_counted& met, const history& all) {
  bool failed_for_close = false;
  bool overlapped = false;
  for (const call& each : all.calls) {
    failed_for_close = failed_for_close || each.send_failed == send_failure::closed;
    for (const call& other : all.calls) {
      overlapped = overlapped || (each.invoked < other.invoked && other.invoked < each.responded &&
                                  each.thread != other.thread);
    }
  }
  count(met, "a send gave its item back on close", failed_for_close);
  count(met, "calls of two threads overlapped", overlapped);
}

// Only where time is virtual: how long a real wait takes is the machine's to say.
void count_time_outs(goals_counted& met, const history& all) {
  count(met, "a wait timed out", std::ranges::any_of(all.calls, [](const call& each) {
          return each.send_failed == send_failure::timed_out ||
                 each.receive_failed == receive_failure::timed_out;
        }));
}

// The interleaving is the machine's, so each case runs some times.
constexpr std::uint64_t runs_of_a_case = 5;

verdict histories_are_linearizable(const run_plan& plan, const variant<spec::item, native>& on) {
  goals_counted met;
  return run_property(
      plan,
      [&] {
        const concurrent_program drawn = *any_concurrent_program().as("program");
        for (std::uint64_t run = 0; run < runs_of_a_case; ++run) {
          const history all = recorder(drawn, on, plan.moved).run();
          count_met(met, all);
          if (const std::optional<std::string> wrong = why_not_linearizable(all)) {
            RC_FAIL(*wrong);
          }
        }
      },
      met);
}

verdict disturbed_histories_are_linearizable(const run_plan& plan,
                                             const variant<spec::item, native_seeded>& on) {
  goals_counted met;
  return run_property(
      plan,
      [&] {
        const concurrent_program drawn = *any_concurrent_program().as("program");
        const std::uint64_t seed = *rc::gen::noShrink(rc::gen::arbitrary<std::uint64_t>());
        for (std::uint64_t run = 0; run < runs_of_a_case; ++run) {
          std::ostringstream shown;
          shown << drawn;
          const native_seeded::run world(
              seed + run, [&](std::string_view kind, const std::string& report) {
                plan.died(std::string(kind), shown.str() + "\n\n" + report);
              });
          const history all = recorder(drawn, on, plan.moved).run();
          count_met(met, all);
          if (on.many_senders && on.many_receivers) {  // where a side is one thread's, few wait
            count_time_outs(met, all);
          }
          if (const std::optional<std::string> wrong = why_not_linearizable(all)) {
            RC_FAIL(*wrong);
          }
        }
      },
      met);
}

}  // namespace

const std::vector<property>& channel_properties() {
  static const std::vector<property> all = [] {
    const auto& native_ones = variants<spec::item, native>;
    const auto& seeded_ones = variants<spec::item, native_seeded>;
    std::vector<property> made{
        {"channel", "channel.follows_its_specification",
         "one thread's calls on several channels of any variant are answered as specified", 20000,
         follows_its_specification, covered_concepts()},
        {"channel", "channel.items_are_owned_once",
         "every item is alive in one place until it is destroyed, once", 20000,
         items_are_owned_once, covered_concepts()}};
    for (std::size_t i = 0; i < native_ones.size(); ++i) {
      const std::string name(native_ones[i].concept_name);
      made.push_back({name, name + ".histories_are_linearizable",
                      "what threads see of a channel is what one thread could have seen, in order",
                      3000, [&on = native_ones[i]](const run_plan& plan) {
                        return histories_are_linearizable(plan, on);
                      }});
      made.push_back({name, name + ".disturbed_histories_are_linearizable",
                      "the same with seeded delays, spurious wake-ups and time-outs", 3000,
                      [&on = seeded_ones[i]](const run_plan& plan) {
                        return disturbed_histories_are_linearizable(plan, on);
                      }});
    }
    return made;
  }();
  return all;
}

}  // namespace handfast::properties
