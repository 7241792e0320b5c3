#include "properties/scheduler.hpp"

#include <rapidcheck.h>
#include <atomic>
#include <handfast/sync/native.hpp>

#include <utility>

#include "properties/run_property.hpp"
#include "properties/task_history.hpp"
#include "properties/task_program.hpp"
#include "properties/task_run.hpp"

namespace handfast::properties {
namespace {

rc::Gen<task_step> any_step() {
  const auto act = rc::gen::weightedElement<task_action>({{4, task_action::nothing},
                                                          {8, task_action::spawn},
                                                          {4, task_action::receive},
                                                          {3, task_action::send},
                                                          {3, task_action::join},
                                                          {2, task_action::cancel},
                                                          {1, task_action::yield},
                                                          {1, task_action::sleep},
                                                          {1, task_action::fork},
                                                          {1, task_action::fail},
                                                          {1, task_action::detach},
                                                          {1, task_action::close},
                                                          {1, task_action::try_send},
                                                          {1, task_action::try_receive},
                                                          {1, task_action::send_until},
                                                          {1, task_action::receive_until}});
  return rc::gen::construct<task_step>(act, small(task_program::most_channels));
}

template <class Enum>
rc::Gen<Enum> any_of(std::uint8_t count) {
  return rc::gen::map(small(count), [](std::uint8_t index) { return static_cast<Enum>(index); });
}

rc::Gen<task_program> any_task_program() {
  // They are all small: the first are no simpler than the last.
  return rc::gen::resize(rc::kNominalSize, rc::gen::exec([] {
                           const auto steps = rc::gen::container<task_program::steps>(any_step());
                           task_program drawn;
                           drawn.workers = *rc::gen::element<std::uint8_t>(2, 1, 2, 3);
                           drawn.threads =
                               static_cast<std::uint8_t>(1 + *small(task_program::most_threads));
                           drawn.ending = *any_of<task_ending>(task_endings);
                           drawn.overlaps = *rc::gen::arbitrary<bool>();
                           drawn.waits_for_quiet = *rc::gen::arbitrary<bool>();
                           drawn.channels = {*any_of<task_channel>(task_channels),
                                             *any_of<task_channel>(task_channels)};
                           for (auto& each : drawn.outside) {
                             each = *steps;
                           }
                           for (task_program::task& each : drawn.tasks) {
                             each.form = *any_of<task_form>(task_forms);
                             each.steps = *steps;
                           }
                           return drawn;
                         }));
}

// The order of real time: what was answered before another was asked has the smaller stamp.
class stamps {
 public:
  explicit stamps(const std::function<void()>& moved) : moved_(moved) {}

  void asked(call& made) { made.invoked = next(); }
  void answered(call& made) {
    made.responded = next();
    moved_();
  }

 private:
  std::uint64_t next() { return time_.fetch_add(1, std::memory_order_seq_cst) + 1; }

  const std::function<void()>& moved_;
  std::atomic<std::uint64_t> time_ = 0;
};

// The interleaving is the machine's, so each case runs some times.
constexpr int runs_of_a_case = 4;

// What is stuck keeps its stacks and its workers for ever. After so many, no more.
constexpr std::uint64_t most_stuck = 300;

// But for those that come only if this machine happens to be slow, or fast, at the right moment;
// the fuzzer's schedules meet them all (fuzz/scheduler.hpp).
void count_met(goals_counted& met, const task_goals& seen) {
  for (std::size_t i = 0; i < task_goal_names.size(); ++i) {
    const auto goal = static_cast<task_goal>(i);
    if (goal != task_goal::cancelled_while_waiting && goal != task_goal::refused_to_task &&
        goal != task_goal::stolen) {
      count(met, task_goal_names[i], seen[i]);
    }
  }
}

verdict tasks_are_run_or_dropped_once(const run_plan& plan) {
  goals_counted met;
  std::uint64_t stuck = 0;
  return run_property(
      plan,
      [&] {
        task_program drawn = *any_task_program().as("program");
        if (stuck > most_stuck) {
          drawn.ending = task_ending::drain;
        }
        for (int i = 0; i < runs_of_a_case; ++i) {
          stamps time(plan.moved);
          task_run<native, stamps> run(drawn, time);
          run();
          stuck += run.seen().stuck > 0 ? 1 : 0;
          task_goals seen;
          const std::optional<std::string> wrong = why_wrong(run.seen(), seen);
          count_met(met, seen);
          if (wrong) {
            RC_FAIL(*wrong);
          }
        }
      },
      met);
}

}  // namespace

const std::vector<property>& scheduler_properties() {
  static const std::vector<property> all{
      {"scheduler",
       "scheduler.tasks_are_run_or_dropped_once",
       "what threads and tasks spawn is run or dropped once, joins say which, and nobody is "
       "forgotten, while channels keep their promises",
       3000,
       tasks_are_run_or_dropped_once,
       {"idle", "task", "task_state", "work_deque", "operation"}}};
  return all;
}

}  // namespace handfast::properties
