// Small programs over a scheduler: what one or two threads outside of it do, what the tasks do
// that they spawn, and how it is shut down meanwhile. Properties draw them, the fuzzer reads them
// from bytes, and whoever runs one (task_run.hpp) judges what came of it.
//
// Each spawn step spawns one task: the first of the threads' steps the first task, and so on, then
// the first of the first task's. So tasks spawn only what comes after them, and are joined by who
// spawned them: nobody waits in a circle.
//
// No program is stuck by design. The threads outside wait for no longer than to a deadline, and
// join when they have done all else; all channels are closed in the end, before a scheduler that
// drains has to come to its end.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

namespace handfast::properties {

enum class task_action : std::uint8_t {
  nothing,
  try_send,
  send,
  send_until,
  try_receive,
  receive,
  receive_until,
  close,
  spawn,
  join,    ///< what was spawned last, of those that are neither joined nor let go
  cancel,  ///< the same
  detach,  ///< the same
  yield,
  sleep,
  fork,
  fail,  ///< throws
};

inline constexpr std::array<std::string_view, 16> task_action_names{
    "nothing",       "try_send", "send",  "send_until", "try_receive", "receive",
    "receive_until", "close",    "spawn", "join",       "cancel",      "detach",
    "yield",         "sleep",    "fork",  "fail"};

struct task_step {
  task_action act = task_action::nothing;
  std::uint8_t channel = 0;
};

enum class task_form : std::uint8_t { coroutine, callable, posted };
inline constexpr std::uint8_t task_forms = 3;

enum class task_ending : std::uint8_t { drain, cancel, drain_until };
inline constexpr std::uint8_t task_endings = 3;

enum class task_channel : std::uint8_t { lock_ring, lock_free_ring, rendezvous, unbounded };
inline constexpr std::uint8_t task_channels = 4;

struct task_program {
  static constexpr std::size_t most_threads = 2;
  static constexpr std::size_t most_tasks = 4;
  static constexpr std::size_t most_channels = 2;
  static constexpr std::size_t steps_of_one = 4;

  using steps = std::array<task_step, steps_of_one>;
  struct task {
    task_form form = task_form::coroutine;
    properties::task_program::steps steps{};
  };

  std::uint8_t workers = 1;
  std::uint8_t threads = 1;  ///< outside; the first of them shuts down
  task_ending ending = task_ending::drain;
  bool overlaps =
      false;  ///< where there are two threads, and it drains: the second goes on meanwhile
  bool waits_for_quiet = false;  ///< where there is one thread: before it shuts down
  std::vector<task_channel> channels{task_channel::lock_ring};
  std::array<steps, most_threads> outside{};
  std::array<task, most_tasks> tasks{};

  /// Threads first, then tasks.
  static constexpr std::size_t most_actors = most_threads + most_tasks;
  [[nodiscard]] static constexpr std::size_t actor_of_task(std::size_t task) {
    return most_threads + task;
  }
  [[nodiscard]] static constexpr bool is_task(std::size_t actor) { return actor >= most_threads; }
  [[nodiscard]] const steps& steps_of(std::size_t actor) const {
    return is_task(actor) ? tasks[actor - most_threads].steps : outside[actor];
  }

  /// By actor and step, the task that the step spawns.
  using spawns = std::array<std::array<std::optional<std::size_t>, steps_of_one>, most_actors>;
  [[nodiscard]] spawns spawned() const;
  /// How many tasks are spawned at all, if all steps are done: the first ones.
  [[nodiscard]] std::size_t count_of_tasks() const;

  /// Whether some of those tasks do that.
  template <class Holds>
  [[nodiscard]] bool any_task_step(Holds holds) const {
    for (std::size_t i = 0, all = count_of_tasks(); i < all; ++i) {
      for (const task_step& each : tasks[i].steps) {
        if (holds(tasks[i].form, each.act)) {
          return true;
        }
      }
    }
    return false;
  }
};

/// As a person reads it: what nobody does is left out.
std::ostream& operator<<(std::ostream& out, const task_program& what);
[[nodiscard]] std::string to_string(const task_program& what);

/// Of a call on a channel.
[[nodiscard]] constexpr bool is_call(task_action act) {
  return act >= task_action::try_send && act <= task_action::close;
}
/// Waits, for an item, for room, or for a task.
[[nodiscard]] constexpr bool waits_for_others(task_action act) {
  return act == task_action::send || act == task_action::receive || act == task_action::join;
}
/// Waits until some time.
[[nodiscard]] constexpr bool waits_for_time(task_action act) {
  return act == task_action::send_until || act == task_action::receive_until ||
         act == task_action::sleep;
}

}  // namespace handfast::properties
