#include "fuzz/scheduler.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "fuzz/walks.hpp"
#include "models/adapters/checker_sync.hpp"
#include "properties/task_history.hpp"
#include "properties/task_run.hpp"

namespace handfast::fuzz {
namespace {

using properties::task_action;
using properties::task_channel;
using properties::task_ending;
using properties::task_form;
using properties::task_program;
using properties::task_step;

// A step's byte: five bits say what is done, so that what makes a program a program comes more
// often than the rest.
constexpr std::array<task_action, 32> drawn{
    task_action::nothing,    task_action::spawn,        task_action::spawn,
    task_action::spawn,      task_action::spawn,        task_action::spawn,
    task_action::spawn,      task_action::spawn,        task_action::spawn,
    task_action::receive,    task_action::receive,      task_action::receive,
    task_action::receive,    task_action::send,         task_action::send,
    task_action::send,       task_action::join,         task_action::join,
    task_action::join,       task_action::cancel,       task_action::cancel,
    task_action::cancel,     task_action::yield,        task_action::sleep,
    task_action::fork,       task_action::fail,         task_action::detach,
    task_action::close,      task_action::try_send,     task_action::try_receive,
    task_action::send_until, task_action::receive_until};
constexpr std::uint8_t channel_bit = 0x20;

std::uint8_t byte_of(const task_step& step) {
  const auto* const first = std::ranges::find(drawn, step.act);
  return static_cast<std::uint8_t>((first - drawn.begin()) | (step.channel != 0 ? channel_bit : 0));
}
task_step step_of(std::uint8_t byte) {
  return {drawn[byte % drawn.size()], static_cast<std::uint8_t>((byte & channel_bit) != 0 ? 1 : 0)};
}

// Byte 0.
constexpr std::uint8_t two_workers = 1;
constexpr std::uint8_t two_threads = 2;
constexpr std::uint8_t looks_or_overlaps = 4;  // one thread: waits for quiet; two: overlaps
constexpr unsigned endings_from = 3;           // two bits
constexpr std::array<task_ending, 4> endings{task_ending::drain, task_ending::cancel,
                                             task_ending::drain_until, task_ending::drain};

using execution = properties::task_run<checker_sync, watch>;

std::optional<wrong> run_tasks(const scheduled_tasks& of, properties::task_goals& met) {
  watch sees;
  execution act(of.what, sees);
  return walk(
      [&] {
        sees.begin();
        act();
      },
      of.chance,
      [&](const std::optional<checker::finding>& stuck) {
        // No program is stuck by itself.
        if (stuck) {
          return stuck;
        }
        const auto why = properties::why_wrong(act.seen(), met);
        return why ? std::optional(checker::finding{"not as promised", *why}) : std::nullopt;
      });
}

scheduled_tasks minimised_tasks(const scheduled_tasks& failing, const std::string& kind) {
  constexpr std::size_t steps = task_program::steps_of_one;
  return minimised(
      failing, task_program::most_actors * steps,
      [](scheduled_tasks& less, std::size_t part) {
        const std::size_t actor = part / steps;
        auto& of = task_program::is_task(actor)
                       ? less.what.tasks[actor - task_program::most_threads].steps
                       : less.what.outside[actor];
        return std::exchange(of[part % steps], {}).act != task_action::nothing;
      },
      [&](const scheduled_tasks& less) {
        properties::task_goals met;
        const auto found = run_tasks(less, met);
        return found && found->what.kind == kind;
      });
}

std::vector<std::string> concepts() {
  return {"idle", "task", "task_state", "work_deque", "operation"};
}

std::optional<failure> run(std::span<const std::uint8_t> bytes, goals& met) {
  const scheduled_tasks of = decode_tasks(bytes);
  properties::task_goals seen;
  const auto found = run_tasks(of, seen);
  met |= goals(seen.to_ulong());
  if (!found) {
    return std::nullopt;
  }
  const scheduled_tasks least = minimised_tasks(of, found->what.kind);
  const auto again = run_tasks(least, seen);
  const wrong& told = again ? *again : *found;
  watch sees;
  execution act(least.what, sees);
  return failure{told.what.kind,
                 properties::to_string(least.what) + "\n" + told.what.text + "\n\n" +
                     trace([&act] { act(); }, told.steps),
                 encode(least)};
}

}  // namespace

scheduled_tasks decode_tasks(std::span<const std::uint8_t> bytes) {
  const auto next = [&bytes] {
    const std::uint8_t byte = bytes.empty() ? std::uint8_t{0} : bytes.front();
    bytes = bytes.empty() ? bytes : bytes.subspan(1);
    return byte;
  };
  scheduled_tasks made;
  task_program& what = made.what;
  const std::uint8_t shape = next();
  what.workers = (shape & two_workers) != 0 ? 2 : 1;
  what.threads = (shape & two_threads) != 0 ? 2 : 1;
  what.overlaps = what.waits_for_quiet = (shape & looks_or_overlaps) != 0;
  what.ending = endings[shape >> endings_from & 3U];
  const std::uint8_t channels = next();
  what.channels.clear();
  for (unsigned i = 0; i <= (channels & 1U); ++i) {
    what.channels.push_back(static_cast<task_channel>(channels >> (1 + 2 * i) & 3U));
  }
  for (auto& thread : what.outside) {
    std::ranges::generate(thread, [&] { return step_of(next()); });
  }
  for (task_program::task& task : what.tasks) {
    task.form = static_cast<task_form>(next() % properties::task_forms);
    std::ranges::generate(task.steps, [&] { return step_of(next()); });
  }
  made.chance.assign(bytes.begin(), bytes.end());
  return made;
}

input encode(const scheduled_tasks& of) {
  const task_program& what = of.what;
  const auto ending =
      static_cast<unsigned>(std::ranges::find(endings, what.ending) - endings.begin());
  const bool extra = what.threads > 1 ? what.overlaps : what.waits_for_quiet;
  unsigned channels = static_cast<unsigned>(what.channels.size()) - 1;
  for (unsigned i = 0; i < what.channels.size(); ++i) {
    channels |= static_cast<unsigned>(what.channels[i]) << (1 + 2 * i);
  }
  input bytes{static_cast<std::uint8_t>((what.workers > 1 ? two_workers : 0) |
                                        (what.threads > 1 ? two_threads : 0) |
                                        (extra ? looks_or_overlaps : 0) | ending << endings_from),
              static_cast<std::uint8_t>(channels)};
  for (const auto& thread : what.outside) {
    std::ranges::transform(thread, std::back_inserter(bytes), byte_of);
  }
  for (const task_program::task& task : what.tasks) {
    bytes.push_back(static_cast<std::uint8_t>(task.form));
    std::ranges::transform(task.steps, std::back_inserter(bytes), byte_of);
  }
  bytes.insert(bytes.end(), of.chance.begin(), of.chance.end());
  return bytes;
}

const target tasks{
    "scheduler.programs",
    "scheduler",
    "any bytes, read as what threads and tasks do and their schedule: what is "
    "spawned is run or dropped once, and nobody waits for ever",
    "scheduler",
    256,
    true,
    concepts,
    std::span(properties::task_goal_names).first(properties::task_goals_without_stacks),
    run};

}  // namespace handfast::fuzz
