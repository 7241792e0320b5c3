#include "models/checker/preemptions.hpp"

#include <algorithm>
#include <optional>
#include <vector>

#include "models/checker/event.hpp"
#include "models/checker/update.hpp"

namespace handfast::checker {
namespace {

// So much of each thread has come; none of them runs.
using progress = std::vector<std::uint32_t>;

bool can_come(const graph& of, const event& next, const progress& now) {
  const auto has_come = [&](stamp at) {
    return at == initial || of[at].index < now[of[at].thread];
  };
  if (next.index == 0 && !has_come(of.creator(next.thread))) {
    return false;
  }
  switch (next.kind) {
    case event_kind::read: return has_come(next.source);
    case event_kind::join:
      return now[next.data.low] == of.thread(static_cast<thread_index>(next.data.low)).size();
    default: return true;
  }
}

// Whether a thread that does not go on with `next`, for what it reads has not come, has
// to wait, or might have read something else.
bool waits(const graph& of, const event& next, const progress& now) {
  if (next.kind != event_kind::read || next.after_pause || next.index == 0) {
    return true;
  }
  if (next.until == await::nothing) {
    return false;
  }
  // What the location holds by now.
  const auto writes = of.writes(next.where);
  for (std::size_t place = writes.size(); place > 0; --place) {
    const event& each = of[writes[place - 1]];
    if (each.index < now[each.thread]) {
      return !lets_go(next, each.data);
    }
  }
  return false;
}

// A thread runs for as long as it can: to leave it earlier makes nothing possible that
// is not possible later, too. Gives what it costs to leave it there; nothing if it
// cannot run at all.
std::optional<std::uint32_t> run(const graph& of, thread_index thread, progress& now) {
  const auto events = of.thread(thread);
  std::uint32_t& done = now[thread];
  const std::uint32_t from = done;
  while (done < events.size() && can_come(of, of[events[done]], now)) {
    ++done;
  }
  if (done == from) {
    return std::nullopt;
  }
  return done == events.size() || waits(of, of[events[done]], now) ? 0 : 1;
}

bool is_whole(const graph& of, std::uint32_t threads, const progress& now) {
  for (thread_index thread = 0; thread < threads; ++thread) {
    if (now[thread] < of.thread(thread).size()) {
      return false;
    }
  }
  return true;
}

std::uint32_t known_threads(const graph& of) {
  thread_index threads = of.threads();
  while (threads > 0 && of.thread(threads - 1).empty()) {
    --threads;
  }
  return threads;
}

// What one order takes: whoever can be left for nothing runs first, then who comes
// furthest. The fewest are no more.
std::uint32_t greedily(const graph& of, std::uint32_t threads, std::uint32_t most) {
  // Of all searches, one after the other.
  static progress now;
  static progress to;
  static progress furthest;
  now.assign(threads, 0);
  for (std::uint32_t count = 0; count <= most;) {
    bool goes_on = false;
    std::uint32_t steps = 0;
    for (thread_index thread = 0; thread < threads; ++thread) {
      to = now;
      const auto cost = run(of, thread, to);
      if (cost && *cost == 0) {
        now = to;
        goes_on = true;
      } else if (const std::uint32_t gained = to[thread] - now[thread]; gained > steps) {
        furthest = to;
        steps = gained;
      }
    }
    if (goes_on) {
      continue;
    }
    if (steps == 0) {
      return count;
    }
    now = furthest;
    ++count;
  }
  return most + 1;
}

}  // namespace

bool within_preemptions(const graph& of, std::uint32_t most) {
  return greedily(of, known_threads(of), most) <= most || preemptions(of, most) <= most;
}

std::uint32_t preemptions(const graph& of, std::uint32_t most) {
  const std::uint32_t threads = known_threads(of);
  std::vector<progress> reached{progress(threads)};  // with so many preemptions
  std::vector<progress> next;                        // with one more
  for (std::uint32_t count = 0; count <= most && !reached.empty(); ++count) {
    next.clear();
    for (std::size_t i = 0; i < reached.size(); ++i) {
      if (is_whole(of, threads, reached[i])) {
        return count;
      }
      for (thread_index thread = 0; thread < threads; ++thread) {
        progress to = reached[i];
        const auto cost = run(of, thread, to);
        if (!cost) {
          continue;
        }
        std::vector<progress>& with = *cost == 0 ? reached : next;
        if (std::ranges::find(with, to) == with.end()) {
          with.push_back(to);
        }
      }
    }
    reached.swap(next);
  }
  return most + 1;
}

std::uint32_t active_threads(const graph& of) {
  std::uint32_t count = 0;
  for (thread_index thread = 0; thread < of.threads(); ++thread) {
    const auto events = of.thread(thread);
    const auto first = std::ranges::find_if(events, [&](stamp at) {
      const event_kind kind = of[at].kind;
      return kind == event_kind::read || kind == event_kind::write || kind == event_kind::join;
    });
    count += first != events.end() && of[*first].kind != event_kind::join ? 1 : 0;
  }
  return count;
}

}  // namespace handfast::checker
