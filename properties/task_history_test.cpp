// What is wrong with what was seen of tasks is told; what is right is let be.
#include "properties/task_history.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

namespace handfast::properties {
namespace {

// A thread that spawns one task, and what was seen of it: it came to its end, and was joined.
struct one_task {
  explicit one_task(task_form form = task_form::coroutine,
                    task_ending ending = task_ending::drain) {
    what.outside[0][0].act = task_action::spawn;
    what.tasks[0].form = form;
    what.ending = ending;
    its.accepted = true;
    its.begun = its.ended = 1;
    its.gone = 1;
    its.joined = join_outcome::value;
  }
  void was_dropped() {
    its.ended = 0;
    its.joined = join_outcome::cancelled;
  }
  [[nodiscard]] std::string wrong() const {
    task_goals met;
    return why_wrong(seen, met).value_or("");
  }

  task_program what;
  task_history seen{what};
  task_record& its = seen.tasks[0];
};

TEST(task_history, lets_be_what_is_as_promised) {
  EXPECT_EQ(one_task().wrong(), "");
  one_task cancelled;
  cancelled.was_dropped();
  cancelled.its.was_cancelled = true;
  EXPECT_EQ(cancelled.wrong(), "");
  one_task dropped(task_form::coroutine, task_ending::cancel);
  dropped.was_dropped();
  EXPECT_EQ(dropped.wrong(), "");
  one_task stuck(task_form::callable, task_ending::cancel);
  stuck.was_dropped();
  stuck.its.gone = 0;
  stuck.its.joined = join_outcome::none;
  stuck.seen.stuck = 1;
  EXPECT_EQ(stuck.wrong(), "");
}

struct mistake {
  const char* is;
  std::function<void(one_task&)> made;
};
void expect_told(task_form form, task_ending ending, const std::vector<mistake>& all) {
  for (const mistake& each : all) {
    one_task seen(form, ending);
    each.made(seen);
    EXPECT_NE(seen.wrong().find(each.is), std::string::npos) << each.is << ": " << seen.wrong();
  }
}

TEST(task_history, tells_what_became_of_a_task_that_should_not) {
  expect_told(task_form::coroutine, task_ending::drain,
              {{"ran twice", [](one_task& seen) { seen.its.begun = 2; }},
               {"ran twice", [](one_task& seen) { seen.its.threw = 1; }},
               {"destroyed twice", [](one_task& seen) { seen.its.gone = 2; }},
               {"was not destroyed", [](one_task& seen) { seen.its.gone = 0; }},
               {"nobody had spawned it", [](one_task& seen) { seen.its.accepted.reset(); }},
               {"was refused, and ran", [](one_task& seen) { seen.its.accepted = false; }},
               {"did not come back",
                [](one_task& seen) {
                  seen.its.accepted = false;
                  seen.its.begun = seen.its.ended = 0;
                  seen.its.gone = 0;
                }},
               {"while the scheduler was open",
                [](one_task& seen) {
                  seen.its.accepted = false;
                  seen.its.begun = seen.its.ended = 0;
                }},
               {"nobody wanted it", [](one_task& seen) { seen.was_dropped(); }},
               {"neither run to its end nor dropped",
                [](one_task& seen) {
                  seen.was_dropped();
                  seen.its.gone = 0;
                }},
               {"not told what came of it",
                [](one_task& seen) { seen.its.joined = join_outcome::cancelled; }},
               {"not told what came of it", [](one_task& seen) {
                  seen.was_dropped();
                  seen.its.was_cancelled = true;
                  seen.its.joined = join_outcome::value;
                }}});
  expect_told(task_form::callable, task_ending::cancel,
              {{"dropped while it ran", [](one_task& seen) { seen.was_dropped(); }}});
}

TEST(task_history, tells_figures_that_are_not_so) {
  expect_told(task_form::callable, task_ending::drain,
              {{"as stuck", [](one_task& seen) { seen.seen.stuck = 1; }},
               {"was late", [](one_task& seen) { seen.seen.in_time = false; }},
               {"said 1, not 0", [](one_task& seen) { seen.seen.tallies = {{"live", 1, 0}}; }},
               {"not destroyed", [](one_task& seen) { seen.seen.items_left = 1; }},
               {"before both were done",
                [](one_task& seen) { seen.seen.seen.fork_left_something = true; }}});
}

TEST(task_history, tells_an_item_that_is_lost) {
  expect_told(task_form::callable, task_ending::drain,
              {{"no order of these calls", [](one_task& seen) {
                  history& channel = seen.seen.channels.emplace_back();
                  call& sends = channel.calls.emplace_back();
                  sends.kind = call_kind::send;
                  sends.asked = {1};
                  sends.sent = 1;
                  sends.invoked = 1;
                  sends.responded = 2;
                  call& looks = channel.calls.emplace_back();
                  looks.kind = call_kind::try_receive;
                  looks.receive_failed = receive_failure::empty;
                  looks.invoked = 3;
                  looks.responded = 4;
                }}});
}

TEST(task_program, steps_spawn_tasks_in_turn_threads_first) {
  task_program what;
  what.threads = 2;
  what.outside[0][2].act = what.outside[1][0].act = task_action::spawn;
  what.tasks[0].steps[3].act = what.tasks[1].steps[0].act = task_action::spawn;
  what.tasks[1].steps[1].act = task_action::spawn;  // one too many
  const task_program::spawns spawned = what.spawned();
  EXPECT_EQ(spawned[0][2], 0U);
  EXPECT_EQ(spawned[1][0], 1U);
  EXPECT_EQ(spawned[task_program::actor_of_task(0)][3], 2U);
  EXPECT_EQ(spawned[task_program::actor_of_task(1)][0], 3U);
  EXPECT_EQ(spawned[task_program::actor_of_task(1)][1], std::nullopt);
  EXPECT_EQ(what.count_of_tasks(), 4U);
}

}  // namespace
}  // namespace handfast::properties
