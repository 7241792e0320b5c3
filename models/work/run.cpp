#include "models/work/run.hpp"

#include <algorithm>
#include <chrono>
#include <deque>
#include <iterator>
#include <memory>
#include <tuple>
#include <utility>

#include "models/work/jobs.hpp"

namespace handfast::work {
namespace {

using steady = std::chrono::steady_clock;

// When to look at the clock, when to tell, when to estimate: searches of a moment are
// spared all of it.
class overseer {
 public:
  overseer(const subject& what, const bounds& within, const go_on& tell)
      : what_(what), within_(within), tell_(tell) {}

  [[nodiscard]] double seconds() const {
    return std::chrono::duration<double>(steady::now() - start_).count();
  }
  [[nodiscard]] bool too_many(std::uint64_t executions) const {
    return executions >= within_.max_executions;
  }
  [[nodiscard]] bool alone_for_long() const { return seconds() >= within_.alone_seconds; }
  [[nodiscard]] bool interrupted() const { return interrupted_; }
  [[nodiscard]] const std::optional<estimate::told>& of() const { return of_; }

  // Whether time is left and nobody has said stop.
  bool look(std::uint64_t executions) {
    const double now = seconds();
    if (now > estimates_from && now - estimated_ > estimates_every) {
      if (!estimate_) {
        estimate_ = std::make_unique<estimate>(what_);
      }
      estimated_ = now;
      estimate_->improve(std::chrono::milliseconds(3));
      of_ = estimate_->tell();
    }
    interrupted_ = !tell_({executions, of_});
    return !interrupted_ && now <= within_.max_seconds;
  }

  // Whether it is time for a checkpoint.
  bool keeps(bool wanted) {
    if (!wanted || seconds() - kept_ < within_.keep_every) {
      return false;
    }
    kept_ = seconds();
    return true;
  }

 private:
  static constexpr double estimates_from = 0.5;  // seconds
  static constexpr double estimates_every = 0.1;

  const subject& what_;
  const bounds& within_;
  const go_on& tell_;
  steady::time_point start_ = steady::now();
  std::unique_ptr<estimate> estimate_;
  double estimated_ = 0;
  double kept_ = 0;
  std::optional<estimate::told> of_;
  bool interrupted_ = false;
};

// A whole search that begins there.
unfinished all_from(const checker::position& where) {
  unfinished whole = everything;
  whole.left.front() = where;
  return whole;
}

// What one search through all parts, one after the other, has come to.
class sequence {
 public:
  sequence(const subject& what, unfinished from, bool part_of_more = false)
      : searching_({what.body}, what.limits), work_(std::move(from)), part_of_more_(part_of_more) {
    keep_within(searching_, what);
  }

  // Goes on until it ends, or `go_on` says stop after an execution.
  template <class GoOn>
  void go(GoOn go_on) {
    bool stopped = false;
    while (!work_.left.empty() && !end_ && !stopped) {
      part_end part = go_through(searching_, work_.left.front(), [&] {
        return go_on(work_.done.executions + searching_.executions());
      });
      work_.left.erase(work_.left.begin());
      switch (part.ended) {
        case part_end::why::exhausted: work_.done += part.done; break;
        case part_end::why::stopped:
          work_.done += part.done;
          work_.left.insert(work_.left.begin(), std::move(part.where));
          stopped = true;
          break;
        case part_end::why::outgrown:
          if (part_of_more_) {
            end_ = std::move(part);
          } else {
            work_ = all_from(part.where);
          }
          break;
        case part_end::why::found:
          work_.done += part.done;
          end_ = std::move(part);
          break;
      }
    }
  }
  [[nodiscard]] const unfinished& work() const { return work_; }
  /// What ended it before its time.
  [[nodiscard]] const std::optional<part_end>& found() const { return end_; }

 private:
  checker::search searching_;
  unfinished work_;
  bool part_of_more_;
  std::optional<part_end> end_;
};

ending to_ending(const unfinished& work, const part_end* found, const overseer& over) {
  ending made;
  made.done = work.done;
  made.of = over.of();
  if (found != nullptr && found->ended == part_end::why::outgrown) {
    made.outgrown = true;
    return made;
  }
  if (found != nullptr) {
    made.found = found->found;
    made.steps = found->steps;
    ++made.done.executions;
    return made;
  }
  made.left = work.left;
  made.ended = made.left.empty();
  made.interrupted = over.interrupted() && !made.ended;
  return made;
}

// In this process, for a moment or to its end.
enum class leaves : std::uint8_t { at_limits, after_a_moment };

std::optional<ending> run_here(const subject& what, unfinished& work, const bounds& within,
                               overseer& over, const keep& checkpoint, leaves when) {
  constexpr std::uint64_t look_every = 64;
  sequence parts(what, std::move(work), within.part_of_more);
  bool goes_on = !over.too_many(parts.work().done.executions);
  bool moved_on = false;
  while (goes_on && !parts.found() && !parts.work().left.empty()) {
    std::uint64_t runs = 0;
    bool keeps = false;
    parts.go([&](std::uint64_t executions) {
      if (over.too_many(executions)) {
        return goes_on = false;
      }
      if (++runs % look_every == 0) {
        goes_on = over.look(executions);
        moved_on = when == leaves::after_a_moment && over.alone_for_long();
        keeps = over.keeps(static_cast<bool>(checkpoint));
        return goes_on && !moved_on && !keeps;
      }
      return true;
    });
    if (keeps) {
      checkpoint(parts.work());
    }
    if (moved_on && goes_on && !parts.found() && !parts.work().left.empty()) {
      work = parts.work();
      return std::nullopt;
    }
  }
  return to_ending(parts.work(), parts.found() ? &*parts.found() : nullptr, over);
}

// By several processes; nothing if one of them died.
std::optional<ending> run_shared(const subject& what, unfinished& work, const bounds& within,
                                 overseer& over, const keep& checkpoint) {
  for (;;) {
    jobs all(what, work, within.jobs);
    bool goes_on = true;
    bool keeps = false;
    while (goes_on && !keeps && all.go_on()) {
      goes_on = over.look(all.executions()) && !over.too_many(all.executions());
      keeps = over.keeps(static_cast<bool>(checkpoint));
    }
    if (!all.deadly()) {
      all.stop();
    }
    if (all.deadly()) {
      // Here it says why. If it does not die of that, it is all done again.
      checker::search deadly({what.body}, what.limits);
      keep_within(deadly, what);
      std::ignore = go_through(deadly, *all.deadly(), [] { return true; });
      return std::nullopt;
    }
    const part_end* const decisive = all.decisive();
    if (decisive != nullptr && decisive->ended == part_end::why::outgrown && !within.part_of_more) {
      work = all_from(decisive->where);
      continue;
    }
    work.done = all.done();
    work.left = all.left();
    if (decisive != nullptr || work.left.empty() || !goes_on) {
      return to_ending(work, decisive, over);
    }
    checkpoint(work);
  }
}

}  // namespace

void count_last(totals& to, const checker::search& searching) {
  const std::uint64_t operations = searching.now().size();
  to.operations += operations;
  to.longest = std::max(to.longest, operations);
  to.plain += searching.run().plain_count();
}

void count_all(totals& to, const checker::search& searching) {
  to.executions = searching.executions();
  to.blocked = searching.blocked();
  to.anything = !searching.vacuous();
  to.cut = searching.cut();
  to.goals = searching.run().goals();
}

void keep_within(checker::search& searching, const subject& what) {
  if (what.preemptions) {
    searching.bound_preemptions(*what.preemptions);
  }
}

part_end go_through(checker::search& searching, const checker::position& from,
                    const std::function<bool()>& go_on) {
  part_end made;
  searching.go_on_from(from);
  bool more = true;
  while ((more = searching.next())) {
    if (searching.ended() == checker::run_end::complete) {
      count_last(made.done, searching);
    }
    if (searching.found() || !go_on()) {
      break;
    }
  }
  count_all(made.done, searching);
  if (searching.found()) {
    made.ended = part_end::why::found;
    made.found = *searching.found();
    made.steps = searching.steps();
  } else if (searching.outgrown()) {
    made.ended = part_end::why::outgrown;
    made.where = searching.standing();
  } else if (more) {
    made.ended = part_end::why::stopped;
    made.where = searching.standing();
  }
  return made;
}

ending run(const subject& what, const unfinished& from, const bounds& within, const go_on& tell,
           const keep& checkpoint) {
  overseer over(what, within, tell);
  unfinished work = from;
  const bool shares = within.jobs > 1;
  if (auto ended = run_here(what, work, within, over, checkpoint,
                            shares ? leaves::after_a_moment : leaves::at_limits)) {
    return *ended;
  }
  if (auto ended = run_shared(what, work, within, over, checkpoint)) {
    return *ended;
  }
  return *run_here(what, work, within, over, checkpoint, leaves::at_limits);
}

pieces split(const subject& what, const bounds& within, std::size_t count, bool waits_plainly) {
  // Whose awaits wait plainly is to be known beforehand: a piece that comes to know of
  // another one is of no use.
  constexpr std::uint64_t scouted = 20'000;
  constexpr std::size_t parts_of_a_piece = 32;
  const go_on always = [](const how_far&) { return true; };
  overseer over(what, within, always);
  sequence scout(what, everything);
  scout.go([&](std::uint64_t executions) { return executions < scouted; });
  pieces made;
  unfinished nothing;
  nothing.left.clear();
  made.all.assign(count, nothing);
  if (scout.found() || scout.work().left.empty()) {
    made.before = to_ending(scout.work(), scout.found() ? &*scout.found() : nullptr, over);
    made.all.front().done = made.before.done;
    return made;
  }
  checker::position root = scout.work().left.front();
  root.path.clear();
  root.done = false;
  if (waits_plainly) {
    root.waits_plainly.assign(1, checker::position::every_location);
  }
  checker::search searching({what.body}, what.limits);
  keep_within(searching, what);
  std::deque<checker::position> parts{root};
  while (!parts.empty() && parts.size() < parts_of_a_piece * count) {
    part_end first = go_through(searching, parts.front(), [] { return false; });
    parts.pop_front();
    made.all.front().done += first.done;
    if (first.ended == part_end::why::outgrown) {
      made.all.assign(count, nothing);
      parts.assign(1, first.where);
    } else if (first.ended == part_end::why::found) {
      made.before = to_ending({made.all.front().done, {}}, &first, over);
      return made;
    }
    for (auto given = searching.give_away(); given; given = searching.give_away()) {
      parts.push_back(std::move(*given));
    }
  }
  std::size_t next = 0;
  for (checker::position& each : parts) {
    made.all[next++ % count].left.push_back(std::move(each));
  }
  made.before.done = made.all.front().done;
  made.before.ended = parts.empty();
  return made;
}

}  // namespace handfast::work
