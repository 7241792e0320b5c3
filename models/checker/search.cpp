#include "models/checker/search.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <string>
#include <utility>

#include "models/checker/memory_model.hpp"
#include "models/checker/preemptions.hpp"
#include "models/checker/trace.hpp"
#include "models/checker/update.hpp"

namespace handfast::checker {

search::search(program body, const run_limits& limits) : body_(std::move(body)), run_(limits) {
  push();
}

search::~search() = default;

search::branch& search::push() {
  if (depth_ == branches_.size()) {
    branches_.push_back(std::make_unique<branch>());
  }
  branch& made = *branches_[depth_++];
  made.choices.clear();
  made.alternatives.clear();
  made.halves.clear();
  made.revisited = initial;
  return made;
}

const graph& search::now() const {
  return branches_[depth_ - 1]->now;
}

bool search::next() {
  if (found_ || racy_ || !begin()) {
    return false;
  }
  for (;;) {
    if (again_) {
      if (outgrown_ = !whole_; outgrown_) {
        return false;
      }
      begin_again();
    }
    ended_ = walk_ ? walk_once() : run_.run(body_, *this);
    if (again_) {
      continue;
    }
    if (std::exchange(jumped_, false)) {
      continue;
    }
    if (std::exchange(redrawn_, false)) {
      begin_anew();
      continue;
    }
    if (std::exchange(retracing_, false)) {
      if (path_at_ < path_.size() && ended_ != run_end::failed) {
        found_ = finding{misfit, "the search does not come to where it is to go on"};
        return true;
      }
      path_.clear();
      path_at_ = 0;
      if (std::exchange(done_, false)) {
        if (!go_back()) {
          return false;
        }
        continue;
      }
    }
    switch (ended_) {
      case run_end::complete:
        if (!within_bound(true)) {
          ended_ = run_end::abandoned;
          break;
        }
        ++executions_;
        if (looks_for_duplicates_ && !graphs_.insert(now().hash()).second) {
          ++duplicates_;
        }
        return true;
      case run_end::stuck:
        if (!ignores_stuck_) {
          found_ = why_stuck(run_, now());
        }
        if (!found_) {
          ++blocked_;
        }
        return true;
      case run_end::failed: found_ = run_.found(); return true;
      case run_end::abandoned:
        if (racy_ || following_) {
          return true;
        }
        if (walk_) {
          ++blocked_;
        }
        if (walk_ || probe_) {
          return true;
        }
        break;
    }
    if (!go_back()) {
      return false;
    }
  }
}

// Finds the next execution; false if there is none.
bool search::begin() {
  if (walk_) {
    depth_ = 0;
    push().now.truncate(0);
    walk_->begin();
    step_ = 0;
    return true;
  }
  if (probe_) {
    path_.clear();
    weight_ = 1;
    begin_anew();
    return true;
  }
  return !std::exchange(started_, true) || (!following_ && go_back());
}

void search::begin_again() {
  again_ = false;
  ++begun_again_;
  executions_ = blocked_ = duplicates_ = 0;
  graphs_.clear();
  path_.clear();
  weight_ = 1;
  begin_anew();
}

void search::begin_anew() {
  depth_ = 0;
  path_at_ = 0;
  push().now.truncate(0);
}

// Walking ------------------------------------------------------------------------------

run_end search::walk_once() {
  constexpr std::uint64_t run_again_every = 64;
  const run_end ended = run_.run(body_, *this);
  if (ended != run_end::complete || executions_ % run_again_every != 0) {
    return ended;
  }
  walked_ = true;
  const run_end again = run_.run(body_, *this);
  walked_ = false;
  return again;
}

// Takes one way of the last choice, any, and forgets the others.
bool search::draw() {
  branch& mine = top();
  const choice& last = mine.choices.back();
  const auto count = static_cast<std::uint32_t>(mine.alternatives.size() - last.others);
  if (count > 1 && walk_->looks_back(last.next.thread)) {
    std::swap(mine.alternatives.back(), mine.alternatives[last.others + walk_->below(count)]);
  }
  const bool found = try_next();
  top().alternatives.clear();
  return found;
}

bool search::parks(thread_index thread, bool alone) {
  if (walk_) {
    walk_->yield(thread);
  }
  return !walk_ || alone;
}

// Adding -------------------------------------------------------------------------------

bool search::decide(const operation& asked) {
  if (walked_) {
    run_.fail("non-deterministic body", "run again, thread " + std::to_string(asked.thread) +
                                            " went further, to " + short_line(asked.line));
  }
  operations_ += asked.kind != event_kind::create && asked.kind != event_kind::join ? 1 : 0;
  branch& mine = top();
  stepping_ = following_ && step_ < steps_.size();
  switch (asked.kind) {
    case event_kind::read: return add_read(asked) && settle();
    case event_kind::write: return add_write(asked) && settle();
    case event_kind::choice: {
      choice& made = mine.choices.emplace_back(asked, mine.alternatives.size());
      mine.now.prepare(made.next);
      if (walk_ && !stepping_) {
        const std::uint32_t drawn = walk_->below(static_cast<std::uint32_t>(asked.expected.low));
        mine.alternatives.push_back({drawn, 0});
        // While a wait comes to its time others get theirs: who naps in a loop would keep it.
        if (asked.operand.high != 0 && drawn == asked.operand.high) {
          walk_->yield(asked.thread);
        }
        ++step_;
        return try_next();
      }
      for (std::uint64_t other = asked.expected.low; other > 0; --other) {
        mine.alternatives.push_back({static_cast<std::uint32_t>(other - 1), 0});
      }
      step_taken("no such choice");
      return take();
    }
    case event_kind::fence:
    case event_kind::create:
    case event_kind::join: {
      ++step_;
      event next = asked;
      mine.now.prepare(next);
      mine.now.add(next);
      return next.kind != event_kind::fence || holds();
    }
  }
  return false;
}

bool search::add_read(const operation& read) {
  branch& mine = top();
  choice& made = mine.choices.emplace_back(read, mine.alternatives.size());
  made.next.source = initial;
  made.next.data = run_.initial_value(read.where);
  watch_plain_ |= read.how == access::plain;
  mine.now.prepare(made.next);
  const auto writes = mine.now.writes(read.where);
  const std::uint32_t oldest = oldest_visible(mine.now, read.where, before_prepared());
  // The latest last: it is tried first. An await reads what lets it go on; if the
  // latest does not, it waits.
  for (std::uint32_t place = oldest; place <= writes.size(); ++place) {
    const stamp source = place == 0 ? initial : writes[place - 1];
    if (read.until == await::nothing || place == writes.size() ||
        lets_go(made.next, source == initial ? made.next.data : mine.now[source].data)) {
      mine.alternatives.push_back({source, 0});
    }
  }
  // Who was taken while others came to sleep does not wait to be taken again.
  if (read.until == await::being_taken && mine.alternatives.size() > made.others + 1) {
    mine.alternatives.pop_back();
  }
  step_taken("no such write to read from");
  return walk_ ? draw() : take();
}

bool search::add_write(const operation& write) {
  branch& mine = top();
  choice& made = mine.choices.emplace_back(write, mine.alternatives.size());
  watch_plain_ |= write.how == access::plain;
  mine.now.prepare(made.next);
  made.in_place = lets_go_in_place(made.next);
  if (again_) {
    return false;
  }
  if (!walk_) {
    find_revisits(made.next, made.in_place);
  }
  made.others = mine.alternatives.size();
  if (write.exclusive) {
    const stamp read = mine.now.thread(write.thread).back();
    const std::uint32_t place = mine.now.place(mine.now[read].source) + 1;
    if (is_free(mine.now, write.where, place)) {
      mine.alternatives.push_back({place, 0});
    }
  } else {
    const std::uint32_t oldest = oldest_visible(mine.now, write.where, before_prepared());
    const auto end = static_cast<std::uint32_t>(mine.now.writes(write.where).size()) + 1;
    for (std::uint32_t place = oldest + 1; place <= end; ++place) {
      if (is_free(mine.now, write.where, place)) {
        mine.alternatives.push_back({place, 0});
      }
    }
  }
  if (!write.exclusive) {
    step_taken("no such place for a write");
  }
  return walk_ ? draw() : take();
}

// `read` with this source; its value decides whether it writes.
event search::reading(const event& read, stamp source, std::uint32_t pick, bool waits) const {
  event made = read;
  made.source = source;
  if (source != initial) {
    made.data = now()[source].data;
  }
  made.pick = pick;
  made.waiting = waits;
  if (made.then != update::none) {
    made.exclusive = updated(made).has_value();
    made.how = made.exclusive ? made.how_if_done : made.how_if_failed;
  } else if (made.until != await::nothing) {
    made.how = waits ? access::relaxed : made.how_if_done;
  }
  return made;
}

// Takes the next way of the last choice whose way is consistent; false if it has
// none left but revisits.
bool search::try_next() {
  for (;;) {
    branch& mine = top();
    choice& last = mine.choices.back();
    if (mine.alternatives.size() == last.others) {
      return false;
    }
    const way to = mine.alternatives.back();
    mine.alternatives.pop_back();
    last.taken = to;
    last.revisited = false;
    switch (last.next.kind) {
      case event_kind::read:
        if (try_read(to)) {
          return true;
        }
        break;
      case event_kind::write:
        if (try_place(to)) {
          return true;
        }
        break;
      default: {
        event next = last.next;
        next.data.low = to.at;
        mine.now.prepare_still(next);
        mine.now.add(next);
        return true;
      }
    }
  }
}

bool search::try_read(const way& to) {
  branch& mine = top();
  const event& asked = mine.choices.back().next;
  const value& seen = to.at == initial ? asked.data : mine.now[to.at].data;
  event read = reading(asked, to.at, to.pick, !lets_go(asked, seen));
  if (walk_ && ways(read) > 1) {
    read = reading(asked, to.at, walk_->below(ways(read)), read.waiting);
  } else if (to.pick + 1 < ways(read)) {
    another(mine, to);
  }
  mine.now.prepare_still(read);
  if (read.exclusive && !can_be_taken(read)) {
    return false;
  }
  mine.now.add(read);
  if (holds() && sleeps_in_time(mine.now.size() - 1) &&
      (read.source == initial || mine.now[read.source].thread == read.thread ||
       within_bound(false))) {
    return true;
  }
  mine.now.truncate(mine.now.size() - 1);
  return false;
}

bool search::try_place(const way& to) {
  branch& mine = top();
  mine.now.prepare_still(mine.choices.back().next);
  mine.now.add_write(mine.choices.back().next, to.at);
  const stamp write = mine.now.size() - 1;
  if (mine.revisited != initial && mine.choices.size() == 1) {
    // The write that made the branch: its read comes with it.
    event read = reading(mine.now[mine.revisited], write, mine.now[mine.revisited].pick,
                         mine.now[mine.revisited].waiting);
    mine.now.revisit(mine.revisited, read);
    // Who waits for this write would have been revisited in place of the read.
    const bool elsewhere =
        std::ranges::any_of(mine.now.awaits(mine.now[write].where),
                            [&](stamp at) { return would_let_go(mine.now, mine.now[write], at); });
    const bool latest = mine.now[write].place == mine.now.writes(mine.now[write].where).size();
    if (!elsewhere && (latest || sequentially_consistent(mine.now)) && holds() &&
        sleeps_in_time(mine.revisited)) {
      if (watch_plain_) {
        look_for_race(mine.revisited);
      }
      return true;
    }
  } else if (holds()) {
    if (mine.choices.back().in_place && release(write, to.pick)) {
      another(mine, to);
    }
    return true;
  }
  mine.now.truncate(write);
  return false;
}

// Whether the graph is consistent with the event that was added last.
bool search::holds() {
  const graph& now = top().now;
  if (!sequentially_consistent_with(now, now.size() - 1)) {
    return false;
  }
  if (watch_plain_) {
    look_for_race(now.size() - 1);
  }
  return true;
}

void search::look_for_race(stamp at) {
  const graph& now = top().now;
  const auto other = racing_with(now, at);
  if (!other || racy_) {
    return;
  }
  racy_ = true;
  const auto told = [&](stamp access) {
    const event& each = now[access];
    return std::string(each.kind == event_kind::write ? "a write" : "a read") + " at " +
           short_line(each.line) + " by thread " + std::to_string(each.thread);
  };
  found_ = finding{"data race", told(at) + " of " + run_.name_of(now[at].where) + ", and " +
                                    told(*other) + ": neither happens before the other"};
}

// Whether the graph takes no more preemptions than it may. One that leads to an execution
// within the bound may take more: what revisits then drop had been added to the ends of
// threads, one after the other, so that each but one may have been left for that.
bool search::within_bound(bool complete) {
  if (!most_preemptions_) {
    return true;
  }
  const std::uint32_t slack = complete ? 0 : std::max(active_threads(now()), 1U) - 1;
  const std::uint32_t most = *most_preemptions_ + slack;
  const bool within = within_preemptions(now(), most);
  cut_ |= !within;
  return within;
}

// Who goes to sleep on a word (operand: the word's location and 1) looked at it
// right before, and could not have overlooked what a wake that was before told of.
bool search::sleeps_in_time(stamp at) const {
  const graph& in = now();
  const event& enters = in[at];
  if (enters.then != update::enter_waiters || enters.operand.high == 0 ||
      enters.source == initial) {
    return true;
  }
  const event& look = in[in.thread(enters.thread)[enters.index - 1U]];
  return oldest_visible(in, look.where, in.released(enters.source)) <= in.place(look.source);
}

// Adds the write of each read-modify-write that has only its read so far: a
// revisit gave it another value.
bool search::settle() {
  for (;;) {
    const stamp read = half_done();
    if (read == initial) {
      return true;
    }
    if (!add_write(second_half(now()[read]))) {
      return false;
    }
  }
}

// That is the read that was added last, or one of those that a revisit left so.
stamp search::half_done() const {
  const branch& mine = *branches_[depth_ - 1];
  const auto needs_write = [&](stamp at) {
    const event& each = mine.now[at];
    return each.kind == event_kind::read && each.exclusive &&
           mine.now.thread(each.thread).size() == each.index + 1U;
  };
  if (needs_write(mine.now.size() - 1)) {
    return mine.now.size() - 1;
  }
  const auto found = std::ranges::find_if(mine.halves, needs_write);
  return found == mine.halves.end() ? initial : *found;
}

// Backward revisits --------------------------------------------------------------------

// The reads that `write`, which is not in the graph yet, may become the source of.
void search::find_revisits(const event& write, bool in_place) {
  branch& mine = top();
  const clock prefix = mine.now.prefix(mine.now.prepared());
  const auto reads = mine.now.reads(write.where);
  const auto oldest = std::ranges::find_if(reads, [&](stamp at) {
    const event& each = mine.now[at];
    return !prefix.has(each.thread, each.index) && may_be_revisited(each, write, in_place);
  });
  if (oldest == reads.end()) {
    return;
  }
  for (stamp at = mine.now.size(); at > *oldest; --at) {
    const event& each = mine.now[at - 1];
    if (prefix.has(each.thread, each.index)) {
      continue;
    }
    if (!added_maximally(at - 1, prefix)) {
      break;  // it would be dropped with every older read, too
    }
    if (each.kind == event_kind::read && each.where == write.where &&
        may_be_revisited(each, write, in_place)) {
      mine.alternatives.push_back({at - 1, 0});
    }
  }
}

bool search::may_be_revisited(const event& read, const event& write, bool in_place) const {
  if (read.until == await::nothing || is_ordinary(read)) {
    return true;
  }
  if (lets_go(read, write.data)) {
    // But by a write that is put before what it waits on.
    return !read.waiting || !in_place || read.until == await::predicate;
  }
  // Who took what a mutex's owner had read makes it wait.
  return write.exclusive && read.exclusive &&
         now()[now().thread(write.thread).back()].source == read.source;
}

// Whether an event was added as the search adds first: at the end of its
// coherence order, or reading from there, as far as there was one before it or
// the write has seen it; and nothing of that reads from it.
bool search::added_maximally(stamp at, clock prefix) const {
  const graph& in = now();
  const event& each = in[at];
  const auto before = [&](stamp other) { return other <= at || in.in(prefix, other); };
  switch (each.kind) {
    case event_kind::fence:
    case event_kind::create:
    case event_kind::join: return true;
    case event_kind::choice: return each.data.low == 0;
    case event_kind::write:
      // An await that it let go would wait again.
      for (const stamp reader : in.reads(each.where)) {
        if ((in[reader].let_go ? in[reader].waited_on : in[reader].source) == at &&
            before(reader)) {
          return false;
        }
      }
      break;
    case event_kind::read:
      if (each.pick != 0) {
        return false;
      }
      break;
  }
  // Who waits in turn waits whatever those before it do.
  if (each.then == update::lock && !each.overtaken && !waits_plainly(each.where) &&
      (each.waiting || (each.let_go && !before(each.source)))) {
    return true;
  }
  const auto writes = in.writes(each.where);
  stamp chosen = at;
  if (each.kind == event_kind::read) {
    chosen = each.let_go && !before(each.source) ? each.waited_on : each.source;
  }
  for (std::size_t place = writes.size(); place > 0; --place) {
    const stamp write_there = writes[place - 1];
    if (write_there == chosen) {
      return true;
    }
    // An await overlooks what came later and lets it wait on; a sleeper all that
    // does not wake it, and goes to sleep behind its own name in the list.
    if (!before(write_there)) {
      continue;
    }
    if (each.until == await::being_taken && !lets_go(each, in[write_there].data)) {
      if (in[write_there].thread == each.thread) {
        break;
      }
      continue;
    }
    if (each.kind == event_kind::write || write_there <= at ||
        lets_go(each, in[write_there].data) || is_ordinary(each)) {
      return false;
    }
  }
  return each.until == await::being_taken ? each.waiting || each.let_go : chosen == initial;
}

// Whether nobody else has read what a read-modify-write, its read prepared, reads in
// order to write, or may be revisited by it.
bool search::can_be_taken(const event& read) const {
  const graph& in = now();
  const std::uint32_t place = in.place(read.source) + 1;
  if (is_free(in, read.where, place) || walk_) {
    return is_free(in, read.where, place);
  }
  const clock prefix = in.prefix(in.prepared());  // what comes before its write
  const event& taken = in[in.writes(read.where)[place - 1]];
  if (prefix.has(taken.thread, taken.index)) {
    return false;
  }
  const stamp other = in.thread(taken.thread)[taken.index - 1U];
  for (stamp at = in.size(); at-- > other;) {
    if (!prefix.has(in[at].thread, in[at].index) && !added_maximally(at, prefix)) {
      return false;
    }
  }
  return true;
}

// The branch in which a read reads from the write of the last choice; false if no
// such graph is consistent.
bool search::try_revisit(const way& to) {
  branch& from = top();
  from.choices.back().taken = to;
  from.choices.back().revisited = true;
  const event& asked = from.choices.back().next;
  branch& mine = push();  // `from` stays where it is
  mine.revisited = mine.now.restrict_from(from.now, to.at, from.now.prefix_of_next(asked.thread));
  wait_again();
  for (thread_index thread = 0; thread < mine.now.threads(); ++thread) {
    const auto events = mine.now.thread(thread);
    if (!events.empty() && (mine.now[events.back()].exclusive || events.back() == mine.revisited)) {
      mine.halves.push_back(events.back());
    }
  }
  choice& write = mine.choices.emplace_back(asked, 0);
  const bool in_place = from.choices.back().in_place;
  event read = mine.now[mine.revisited];
  read.let_go = false;
  read.waited_on = initial;
  read.data = write.next.data;
  read.pick = to.pick;
  const bool waited = read.waiting;
  const std::uint32_t waited_at = waited ? mine.now.place(read.source) : 0;
  read.waiting = !lets_go(read, read.data);
  read.overtaken = read.waiting;
  if (to.pick + 1 < ways(read)) {
    another(from, to);
  }
  // Its clocks without what it read, and not before what it must not overlook.
  read.source = initial;
  mine.now.revisit(mine.revisited, read);
  mine.now.prepare(write.next);
  const std::uint32_t seen =
      oldest_visible(mine.now, read.where, mine.now.happens_before(mine.revisited));
  const std::uint32_t oldest =
      std::max(seen, oldest_visible(mine.now, write.next.where, before_prepared()));
  if (write.next.exclusive) {
    const stamp its = mine.now.thread(write.next.thread).back();
    const std::uint32_t place = mine.now.place(mine.now[its].source) + 1;
    if (place > oldest && is_free(mine.now, write.next.where, place) &&
        (!waited || !in_place || place <= waited_at)) {
      mine.alternatives.push_back({place, 0});
    }
  } else {
    const auto end = static_cast<std::uint32_t>(mine.now.writes(write.next.where).size()) + 1;
    for (std::uint32_t place = oldest + 1; place <= end; ++place) {
      if (is_free(mine.now, write.next.where, place) &&
          (!waited || !in_place || place <= waited_at)) {
        mine.alternatives.push_back({place, 0});
      }
    }
  }
  return take() && within_bound(false) && settle();
}

// Goes back to the last choice that has something left, and takes it; false when
// there is none.
bool search::go_back() {
  while (depth_ > 0) {
    if (again_) {
      return true;
    }
    branch& mine = top();
    while (!mine.choices.empty()) {
      const choice& last = mine.choices.back();
      // The event of the choice goes, and all that was added after it.
      const auto events = mine.now.thread(last.next.thread);
      if (events.size() > last.next.index) {
        const stamp at = events[last.next.index];
        mine.now.truncate(at);
        take_back(at);
      }
      if (mine.alternatives.size() > last.others) {
        if (try_next() && settle()) {
          return true;
        }
        break;  // perhaps in another branch now
      }
      if (mine.alternatives.size() > last.revisits) {
        const way to = mine.alternatives.back();
        mine.alternatives.pop_back();
        // Nothing else is left of this choice but what can be tried again later.
        if (try_revisit(to)) {
          return true;
        }
        break;
      }
      mine.choices.pop_back();
    }
    if (top().choices.empty()) {
      --depth_;
    }
  }
  return false;
}

}  // namespace handfast::checker
