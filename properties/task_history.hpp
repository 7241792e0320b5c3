// What was seen of a program's tasks (task_program.hpp), and what is wrong with it.
//
// Rules
//  1. What was spawned is run once, by its end; or is dropped once, if somebody cancelled it or
//     the shutdown did. A callable that has begun is not dropped. What a shutdown leaves where it
//     waits, with its stack, is counted by its report, and by nobody else.
//  2. What was refused comes back as it was. A thread outside is refused only while a scheduler
//     drains, a task only when all is being dropped.
//  3. A join tells which: what the task gave, that it was dropped, or that it threw.
//  4. When it is quiet, what is live is what has not come to its end.
//  5. Channels answer as they do without tasks: what a dropped task had not received is there for
//     others, what it had not sent is gone with it.
//  6. All that was made is destroyed.
#pragma once

#include <array>
#include <atomic>
#include <bitset>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "properties/history.hpp"
#include "properties/task_program.hpp"

namespace handfast::properties {

enum class join_outcome : std::uint8_t { none, value, cancelled, thrown };

struct task_record {
  // By who spawned it.
  std::optional<bool> accepted;  ///< none: nobody came to spawn it
  bool was_cancelled = false;
  join_outcome joined = join_outcome::none;
  // By the task.
  int begun = 0;
  int ended = 0;
  int threw = 0;
  // By who destroys what it was made of.
  std::atomic<int> gone{0};

  [[nodiscard]] bool is_over() const { return ended + threw > 0; }
  [[nodiscard]] bool is_live() const { return accepted == true && !is_over() && gone == 0; }
  [[nodiscard]] bool was_dropped() const { return accepted == true && !is_over() && gone > 0; }
};

/// What is to be one number, and what it is.
struct tally_of_tasks {
  std::string_view what;
  std::uint64_t seen = 0;
  std::uint64_t expected = 0;
};

/// Whether anything of a sort was seen, beside the records.
struct task_sights {
  bool stole = false;
  bool went_aside = false;
  bool found_waiting_when_quiet = false;
  bool item_left_in_channel = false;
  bool fork_left_something = false;
};

struct task_history {
  explicit task_history(const task_program& its) : what(its) {}

  const task_program& what;
  std::array<task_record, task_program::most_tasks> tasks{};
  std::vector<tally_of_tasks> tallies{};  ///< when it was quiet
  bool in_time = true;
  std::uint64_t stuck = 0;
  std::int64_t items_left = 0;  ///< where nothing is stuck
  std::vector<history> channels{};
  task_sights seen{};
};

enum class task_goal : std::uint8_t {
  cancelled_while_waiting,
  dropped_by_shutdown,
  dropped_unbegun,
  refused_to_task,
  refused_outside,
  joined_by_task,
  threw_to_joiner,
  late,
  timed_out,
  left_in_channel,
  given_back,
  waiting_when_quiet,
  stolen,
  went_aside,
  stuck,
};
inline constexpr std::array<std::string_view, 15> task_goal_names{
    "a task was cancelled where it waited",
    "a shutdown dropped a task that had begun",
    "a callable was dropped before it began",
    "a spawn was refused to a task",
    "a spawn was refused to a thread outside",
    "a task joined one that it had spawned",
    "a join gave what was thrown",
    "a drain came to its deadline",
    "a wait timed out",
    "an item was left in a closed channel",
    "a send gave its item back on close",
    "tasks waited when all was quiet",
    "a job was stolen",
    "a callable went aside",
    "a callable was left waiting by a shutdown"};
/// Of those, how many can be met where callables do not go aside: the first ones.
inline constexpr std::size_t task_goals_without_stacks = 13;

using task_goals = std::bitset<task_goal_names.size()>;

/// Nothing, if all is as it is to be; else what is not. Notes which goals were met.
[[nodiscard]] std::optional<std::string> why_wrong(const task_history& seen, task_goals& met);

}  // namespace handfast::properties
