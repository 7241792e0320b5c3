#include "properties/task_history.hpp"

#include <algorithm>

#include "properties/linearizability.hpp"

namespace handfast::properties {
namespace {

class judge {
 public:
  explicit judge(const task_history& seen) : seen_(seen) {}

  [[nodiscard]] std::optional<std::string> verdict() {
    const task_program::spawns spawned = seen_.what.spawned();
    for (std::size_t actor = 0; actor < spawned.size(); ++actor) {
      for (const auto& task : spawned[actor]) {
        if (task) {
          look_at(*task, actor);
        }
      }
    }
    for (const tally_of_tasks& each : seen_.tallies) {
      require(each.seen == each.expected, "when it was quiet, " + std::string(each.what) +
                                              " said " + std::to_string(each.seen) + ", not " +
                                              std::to_string(each.expected));
    }
    require(seen_.in_time || seen_.what.ending == task_ending::drain_until,
            "a shutdown without a deadline was late");
    require(seen_.stuck == stuck_, "the shutdown's report counted " + std::to_string(seen_.stuck) +
                                       " as stuck, not " + std::to_string(stuck_));
    require(!seen_.seen.fork_left_something, "a fork returned before both were done");
    require(seen_.items_left == 0, std::to_string(seen_.items_left) + " items were not destroyed");
    for (const history& each : seen_.channels) {
      if (!wrong_) {
        wrong_ = why_not_linearizable(each);
      }
    }
    return wrong_;
  }

 private:
  void require(bool holds, const std::string& what) {
    if (!holds && !wrong_) {
      wrong_ = what;
    }
  }

  [[nodiscard]] bool shutdown_drops() const {
    return seen_.what.ending == task_ending::cancel || !seen_.in_time;
  }

  void look_at(std::size_t task, std::size_t spawner) {
    const task_record& its = seen_.tasks[task];
    const task_form form = seen_.what.tasks[task].form;
    const std::string who = "task " + std::to_string(task);
    const int gone = its.gone;
    require(its.begun <= 1 && its.ended + its.threw <= its.begun, who + " ran twice");
    require(gone <= 1, "what " + who + " was made of was destroyed twice");
    if (!its.accepted) {
      require(its.begun == 0 && gone == 0, who + " ran, and nobody had spawned it");
      return;
    }
    if (!*its.accepted) {
      require(its.begun == 0, who + " was refused, and ran");
      require(gone == 1, who + " was refused, and what it was made of did not come back");
      require(
          task_program::is_task(spawner) ? shutdown_drops() : spawner > 0 && seen_.what.overlaps,
          who + " was refused while the scheduler was open");
      return;
    }
    if (its.is_live()) {
      require(form != task_form::coroutine && its.begun == 1,
              who + " was spawned, and neither run to its end nor dropped");
      ++stuck_;
    } else if (its.is_over()) {
      // What is stuck may have a handle of it.
      require(gone == 1 || seen_.stuck > 0, "what " + who + " was made of was not destroyed");
    } else {
      require(form == task_form::coroutine || its.begun == 0, who + " was dropped while it ran");
      require(its.was_cancelled || shutdown_drops(), who + " was dropped, and nobody wanted it");
    }
    const join_outcome true_one = its.ended > 0   ? join_outcome::value
                                  : its.threw > 0 ? join_outcome::thrown
                                                  : join_outcome::cancelled;
    require(its.joined == join_outcome::none || its.joined == true_one,
            "who joined " + who + " was not told what came of it");
  }

  const task_history& seen_;
  std::uint64_t stuck_ = 0;
  std::optional<std::string> wrong_;
};

void note_goals(const task_history& seen, task_goals& met) {
  const auto meet = [&met](task_goal which, bool was_met) {
    const auto bit = static_cast<std::size_t>(which);
    met[bit] = met[bit] || was_met;
  };
  const task_program::spawns spawned = seen.what.spawned();
  for (std::size_t actor = 0; actor < spawned.size(); ++actor) {
    for (const auto& task : spawned[actor]) {
      if (!task) {
        continue;
      }
      const task_record& its = seen.tasks[*task];
      const bool by_task = task_program::is_task(actor);
      const bool by_shutdown = its.was_dropped() && !its.was_cancelled;
      meet(task_goal::cancelled_while_waiting,
           its.was_cancelled && its.was_dropped() && its.begun == 1);
      meet(task_goal::dropped_by_shutdown, by_shutdown && its.begun == 1);
      meet(task_goal::dropped_unbegun, its.was_dropped() && its.begun == 0 &&
                                           seen.what.tasks[*task].form != task_form::coroutine);
      meet(task_goal::refused_to_task, its.accepted == false && by_task);
      meet(task_goal::refused_outside, its.accepted == false && !by_task);
      meet(task_goal::joined_by_task, its.joined == join_outcome::value && by_task);
      meet(task_goal::threw_to_joiner, its.joined == join_outcome::thrown);
    }
  }
  for (const history& each : seen.channels) {
    for (const call& made : each.calls) {
      meet(task_goal::timed_out, made.send_failed == send_failure::timed_out ||
                                     made.receive_failed == receive_failure::timed_out);
      meet(task_goal::given_back, made.send_failed == send_failure::closed);
    }
  }
  meet(task_goal::late, !seen.in_time);
  meet(task_goal::left_in_channel, seen.seen.item_left_in_channel);
  meet(task_goal::waiting_when_quiet, seen.seen.found_waiting_when_quiet);
  meet(task_goal::stolen, seen.seen.stole);
  meet(task_goal::went_aside, seen.seen.went_aside);
  meet(task_goal::stuck, seen.stuck > 0);
}

}  // namespace

std::optional<std::string> why_wrong(const task_history& seen, task_goals& met) {
  note_goals(seen, met);
  return judge(seen).verdict();
}

}  // namespace handfast::properties
