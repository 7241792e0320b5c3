#include "properties/task_program.hpp"

#include <sstream>

namespace handfast::properties {

task_program::spawns task_program::spawned() const {
  spawns found{};
  std::size_t next = 0;
  const auto assign = [&](std::size_t actor) {
    for (std::size_t i = 0; i < steps_of_one; ++i) {
      if (steps_of(actor)[i].act == task_action::spawn && next < most_tasks) {
        found[actor][i] = next++;
      }
    }
  };
  for (std::size_t thread = 0; thread < threads; ++thread) {
    assign(thread);
  }
  for (std::size_t task = 0; task < next; ++task) {
    assign(actor_of_task(task));
  }
  return found;
}

std::size_t task_program::count_of_tasks() const {
  std::size_t count = 0;
  for (const auto& of_actor : spawned()) {
    for (const auto& each : of_actor) {
      count += each ? 1 : 0;
    }
  }
  return count;
}

std::ostream& operator<<(std::ostream& out, const task_program& what) {
  constexpr std::array<std::string_view, 3> forms{"coroutine", "callable", "posted callable"};
  constexpr std::array<std::string_view, 3> endings{"drains", "cancels", "drains until a time"};
  constexpr std::array<std::string_view, 4> channels{"lock_ring of 1", "lock_free_ring of 2",
                                                     "rendezvous", "unbounded"};
  out << int{what.workers} << " workers; channels:";
  for (std::size_t i = 0; i < what.channels.size(); ++i) {
    out << (i > 0 ? ", " : " ") << channels[static_cast<std::size_t>(what.channels[i])];
  }
  const task_program::spawns spawned = what.spawned();
  const auto show = [&](std::size_t actor) {
    for (std::size_t i = 0; i < task_program::steps_of_one; ++i) {
      const task_step& step = what.steps_of(actor)[i];
      if (step.act == task_action::nothing) {
        continue;
      }
      out << ' ' << task_action_names[static_cast<std::size_t>(step.act)];
      if (is_call(step.act)) {
        out << "(channel " << step.channel % what.channels.size() << ')';
      } else if (spawned[actor][i]) {
        out << "(task " << *spawned[actor][i] << ')';
      }
    }
  };
  for (std::size_t thread = 0; thread < what.threads; ++thread) {
    out << "\nthread " << thread << ':';
    show(thread);
    if (thread > 0) {
      continue;
    }
    if (what.threads == 1 && what.waits_for_quiet) {
      out << " waits until it is quiet,";
    }
    out << ' ' << endings[static_cast<std::size_t>(what.ending)];
    if (what.threads > 1 && what.overlaps && what.ending == task_ending::drain) {
      out << " while the other goes on";
    }
  }
  for (std::size_t task = 0, all = what.count_of_tasks(); task < all; ++task) {
    out << "\ntask " << task << ", a " << forms[static_cast<std::size_t>(what.tasks[task].form)]
        << ':';
    show(task_program::actor_of_task(task));
  }
  return out;
}

std::string to_string(const task_program& what) {
  std::ostringstream text;
  text << what << '\n';
  return text.str();
}

}  // namespace handfast::properties
