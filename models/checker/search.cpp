#include "models/checker/search.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <string>
#include <utility>

#include "models/checker/memory_model.hpp"
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
    ended_ = walk_ ? walk_once() : run_.run(body_, *this);
    if (again_) {
      begin_again();
      continue;
    }
    switch (ended_) {
      case run_end::complete:
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
    return true;
  }
  return !std::exchange(started_, true) || (!following_ && go_back());
}

void search::begin_again() {
  again_ = false;
  depth_ = 0;
  executions_ = blocked_ = duplicates_ = 0;
  graphs_.clear();
  push().now.truncate(0);
}

// Following ----------------------------------------------------------------------------

std::vector<search::step> search::steps() const {
  const graph& in = now();
  std::vector<step> all;
  std::vector<char> there(in.size(), 0);
  // A place counted among the writes that are there by then.
  const auto place = [&](location where, std::uint32_t last) {
    return static_cast<std::uint32_t>(std::ranges::count_if(in.writes(where), [&](stamp write) {
      return there[write] != 0 && in[write].place <= last;
    }));
  };
  for (const stamp at : fewest_switches(in)) {
    const event& each = in[at];
    const bool second_half = each.kind == event_kind::write && each.exclusive;
    if (!second_half && !each.waiting) {
      step made{each.thread, 0, each.pick};
      if (each.kind == event_kind::read) {
        made.number = place(each.where, in.place(each.source));
      } else if (each.kind == event_kind::write) {
        made.number = place(each.where, each.place) + 1;
      } else if (each.kind == event_kind::choice) {
        made.number = static_cast<std::uint32_t>(each.data.low);
      }
      all.push_back(made);
    }
    there[at] = 1;
  }
  return all;
}

void search::follow(std::vector<step> steps) {
  steps_ = std::move(steps);
  following_ = true;
  run_.record(true);
}

thread_index search::choose_thread(std::uint32_t enabled) {
  if (walk_) {
    return walk_->choose(enabled);
  }
  if (following_ && step_ < steps_.size()) {
    const thread_index next = steps_[step_].thread;
    if (next >= max_threads || (enabled >> next & 1U) == 0) {
      run_.fail(misfit, "thread " + std::to_string(next) + " cannot go on here");
    }
    return next;
  }
  return static_cast<thread_index>(std::countr_zero(enabled));
}

// Keeps the one way of the last choice that is followed; false if there is none.
bool search::force(std::uint32_t place) {
  branch& mine = top();
  const choice& last = mine.choices.back();
  const bool reads = last.next.kind == event_kind::read;
  for (std::size_t i = last.others; i < mine.alternatives.size(); ++i) {
    const alternative way = mine.alternatives[i];
    if ((reads ? mine.now.place(way.at) : way.at) == place) {
      mine.alternatives.resize(last.others);
      mine.alternatives.push_back({way.at, reads ? steps_[step_].pick : 0});
      return true;
    }
  }
  return false;
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
  if (stepping_ && asked.kind == event_kind::choice && steps_[step_].number >= asked.expected.low) {
    run_.fail(misfit, "no such choice");
  }
  switch (asked.kind) {
    case event_kind::read: return add_read(asked) && settle();
    case event_kind::write: return add_write(asked) && settle();
    case event_kind::choice: {
      event& next = mine.choices.emplace_back(asked, mine.alternatives.size()).next;
      mine.now.prepare(next);
      if (walk_) {
        next.data.low = walk_->below(static_cast<std::uint32_t>(next.expected.low));
        mine.now.add(next);
        return true;
      }
      for (std::uint64_t other = next.expected.low - 1; other > 0; --other) {
        mine.alternatives.push_back({static_cast<std::uint32_t>(other), 0});
      }
      if (stepping_) {
        next.data.low = steps_[step_].number;
      }
      ++step_;
      mine.now.add(next);
      return true;
    }
    case event_kind::fence:
    case event_kind::create:
    case event_kind::join: {
      ++step_;
      event next{asked, {}, {}, {}};
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
  const std::uint32_t oldest = oldest_visible(mine.now, read.where, made.next.happens_before);
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
  if (std::exchange(stepping_, false) && !force(steps_[step_].number)) {
    run_.fail(misfit, "no such write to read from");
  }
  ++step_;
  return walk_ ? draw() : try_next();
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
    const std::uint32_t oldest = oldest_visible(mine.now, write.where, made.next.happens_before);
    const auto end = static_cast<std::uint32_t>(mine.now.writes(write.where).size()) + 1;
    for (std::uint32_t place = oldest + 1; place <= end; ++place) {
      if (is_free(mine.now, write.where, place)) {
        mine.alternatives.push_back({place, 0});
      }
    }
  }
  if (!write.exclusive) {
    if (std::exchange(stepping_, false) && !force(steps_[step_].number)) {
      run_.fail(misfit, "no such place for a write");
    }
    ++step_;
  }
  return walk_ ? draw() : try_next();
}

// `read` with this source; its value decides whether it writes.
event search::reading(const event& read, stamp source, std::uint32_t pick, bool waits) const {
  event made = read;
  made.source = source;
  if (source != initial) {
    made.data = now()[source].data;
  }
  made.pick = static_cast<std::uint8_t>(pick);
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
    const choice& last = mine.choices.back();
    if (mine.alternatives.size() == last.others) {
      return false;
    }
    const alternative way = mine.alternatives.back();
    mine.alternatives.pop_back();
    switch (last.next.kind) {
      case event_kind::read:
        if (try_read(way)) {
          return true;
        }
        break;
      case event_kind::write:
        if (try_place(way)) {
          return true;
        }
        break;
      default: {
        event next = last.next;
        next.data.low = way.at;
        mine.now.add(next);
        return true;
      }
    }
  }
}

bool search::try_read(const alternative& way) {
  branch& mine = top();
  const event& asked = mine.choices.back().next;
  const value& seen = way.at == initial ? asked.data : mine.now[way.at].data;
  event read = reading(asked, way.at, way.pick, !lets_go(asked, seen));
  if (walk_ && ways(read) > 1) {
    read = reading(asked, way.at, walk_->below(ways(read)), read.waiting);
  } else if (way.pick + 1 < ways(read)) {
    mine.alternatives.push_back({way.at, way.pick + 1});
  }
  if (read.exclusive && !can_be_taken(read)) {
    return false;
  }
  mine.now.prepare_source(read);
  mine.now.add(read);
  if (holds() && sleeps_in_time(mine.now.size() - 1)) {
    return true;
  }
  mine.now.truncate(mine.now.size() - 1);
  return false;
}

bool search::try_place(const alternative& way) {
  branch& mine = top();
  mine.now.add_write(mine.choices.back().next, way.at);
  const stamp write = mine.now.size() - 1;
  if (mine.revisited != initial && mine.choices.size() == 1) {
    // The write that made the branch: its read comes with it.
    event read = reading(mine.now[mine.revisited], write, mine.now[mine.revisited].pick,
                         mine.now[mine.revisited].waiting);
    mine.now.revisit(mine.revisited, read);
    if (watch_plain_ && racing_with(mine.now, mine.revisited)) {
      racy_ = true;
    }
    // Who waits for this write would have been revisited in place of the read.
    const bool elsewhere =
        std::ranges::any_of(mine.now.reads(mine.now[write].where),
                            [&](stamp at) { return would_let_go(mine.now, mine.now[write], at); });
    const bool latest = mine.now[write].place == mine.now.writes(mine.now[write].where).size();
    if (!elsewhere && (latest || sequentially_consistent(mine.now)) && holds() &&
        sleeps_in_time(mine.revisited)) {
      return true;
    }
  } else if (holds()) {
    if (mine.choices.back().in_place && release(write, way.pick)) {
      mine.alternatives.push_back({way.at, way.pick + 1});
    }
    return true;
  }
  mine.now.truncate(write);
  return false;
}

// Whether the graph is consistent with the event that was added last.
bool search::holds() {
  const graph& now = top().now;
  if (watch_plain_ && racing_with(now, now.size() - 1)) {
    racy_ = true;
  }
  return sequentially_consistent_with(now, now.size() - 1);
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
  return oldest_visible(in, look.where, in[enters.source].released) <= in.place(look.source);
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

// Awaits -------------------------------------------------------------------------------

// Whether a write, in the graph, lets an await go.
bool search::would_let_go(const graph& in, const event& write, stamp await) {
  const event& read = in[await];
  return read.waiting && read.where == write.where && lets_go(read, write.data) &&
         in.place(read.source) < write.place;
}

// Whether those that wait for `write`, which is not in the graph yet, are let go
// where they stand, by it and at once. The graph in which they wait on, and the one
// in which `write` revisits them, are then one; that is sound where no write that
// lets an await go could revisit another read, and none could have one wait that
// went on. It is taken to be so of a location until it is seen not to be, and then
// the search begins again (docs/decisions/0009).
bool search::lets_go_in_place(const event& write) {
  if (walk_ || waits_plainly(write.where)) {
    return walk_.has_value();
  }
  const graph& in = now();
  std::size_t predicates = 0;
  std::size_t others = 0;
  bool revisits = false;
  bool makes_wait = false;
  for (const stamp at : in.reads(write.where)) {
    const event& read = in[at];
    if (write.prefix.has(read.thread, read.index)) {
      continue;
    }
    if (!read.waiting) {
      revisits |= may_be_revisited(read, write, true);
      makes_wait |= read.until == await::predicate && !lets_go(read, write.data);
      predicates += read.until == await::predicate && lets_go(read, write.data) ? 1 : 0;
    } else if (lets_go(read, write.data)) {
      ++(read.until == await::predicate ? predicates : others);
      makes_wait |= read.until == await::predicate && may_overlook(read, write);
    }
  }
  const bool sound =
      !makes_wait && (predicates + others == 0 ||
                      (!revisits && (predicates == 0 || (predicates == 1 && others == 0))));
  if (!sound && !following_) {
    if (waits_plainly_.size() <= write.where) {
      waits_plainly_.resize(write.where + 1, 0);
    }
    waits_plainly_[write.where] = 1;
    again_ = true;
  }
  return true;
}

// Whether an await that `write` lets go may wait on all the same: for what is
// before one that does not.
bool search::may_overlook(const event& read, const event& write) const {
  const graph& in = now();
  const std::uint32_t oldest = oldest_visible(in, write.where, write.happens_before);
  return std::ranges::any_of(in.writes(write.where).subspan(oldest),
                             [&](stamp other) { return !lets_go(read, in[other].data); });
}

// Gives awaits that `write` lets go their source, where they stand. Of those that
// wait for a mutex the `pick`th gets it; true if there is another to be tried.
bool search::release(stamp write, std::uint32_t pick) {
  graph& before = top().now;
  stamp freed[max_threads];
  std::uint32_t frees = 0;
  for (const stamp at : before.reads(before[write].where)) {
    if (would_let_go(before, before[write], at)) {
      freed[frees++] = at;
    }
  }
  if (frees == 0) {
    return false;
  }
  // Taken back when the write is (`take_back`), but for what would then be forgotten.
  if (before[freed[0]].then != update::lock) {
    for (std::uint32_t i = 0; i < frees; ++i) {
      let_go(before, freed[i], write);
    }
    return false;
  }
  const bool others_overtaken =
      std::any_of(freed + 1, freed + frees, [&](stamp at) { return before[at].overtaken; });
  if (walk_) {
    const stamp lucky = freed[walk_->below(frees)];
    let_go(before, lucky, write);
    add_second_half(before, lucky, before[write].place + 1);
    return false;
  }
  if (pick > 0) {
    const event waiting = before[freed[pick]];
    let_go(before, freed[pick], write);
    const stamp taken = add_second_half(before, freed[pick], before[write].place + 1);
    overtake(push().now, before, freed[0], freed[pick], taken);
    before.truncate(taken);
    before.revisit(freed[pick], waiting);
    return pick + 1 < frees;
  }
  if (others_overtaken) {
    push().now = before;
  }
  graph& in = top().now;
  let_go(in, freed[0], write);
  add_second_half(in, freed[0], in[write].place + 1);
  if (others_overtaken) {
    for (std::uint32_t i = 1; i < frees; ++i) {
      event waits = in[freed[i]];
      waits.overtaken = false;  // it waits in turn
      in.replace(freed[i], waits);
    }
  }
  return frees > 1;
}

// Who was first to wait for a mutex waits for one that came later. All that was
// added since the first began to wait, and the later one does not come from, is as
// if it had been added after that.
void search::overtake(graph& in, const graph& before, stamp first, stamp later, stamp taken) {
  static std::vector<char> early;
  early.assign(before.size(), 0);
  for (stamp at = 0; at < before.size(); ++at) {
    const event& each = before[at];
    early[at] = at <= first || before[later].prefix.has(each.thread, each.index) ? 1 : 0;
  }
  early[later] = 0;
  const std::array<stamp, 2> then{later, taken};
  const stamp now_taken = in.reorder_from(before, early, then) + 1;
  for (stamp at = 0; at < in.size(); ++at) {
    event each = in[at];
    if (each.kind != event_kind::read || each.where != in[now_taken].where) {
      continue;
    }
    if (at + 1 == now_taken) {
      each.let_go = false;
      each.waited_on = initial;
      in.replace(at, each);
    } else if (each.waiting) {
      each.overtaken = each.thread == before[first].thread;
      in.revisit(at, each.overtaken ? reading(each, now_taken, 0, true) : each);
    }
  }
}

void search::let_go(graph& in, stamp await, stamp write) {
  const event waiting = in[await];
  event goes_on = reading(waiting, write, 0, false);
  goes_on.waited_on = waiting.source;
  goes_on.let_go = true;
  in.revisit(await, goes_on);
  if (!sequentially_consistent_with(in, await)) {
    in.revisit(await, waiting);
    return;
  }
  run_.released(waiting.thread);
}

// The write of a read-modify-write whose read is in the graph.
operation search::second_half(const event& read) {
  operation write = read;
  write.kind = event_kind::write;
  write.then = update::none;
  write.until = await::nothing;
  write.let_go = false;
  write.data = *updated(read);
  return write;
}

stamp search::add_second_half(graph& in, stamp read, std::uint32_t place) {
  event write{second_half(in[read]), {}, {}, {}};
  in.prepare(write);
  in.add_write(write, place);
  return in.size() - 1;
}

// Has those wait again that were let go by a write that a revisit has dropped.
void search::wait_again() {
  graph& in = top().now;
  for (const stamp at : in.orphans()) {
    if (in[at].let_go && at != top().revisited) {
      wait_again(in, at);
    }
  }
}

void search::wait_again(graph& in, stamp await) {
  event again = in[await];
  again.let_go = false;
  again.exclusive = false;
  again.source = std::exchange(again.waited_on, initial);
  again.data = run_.initial_value(again.where);
  in.revisit(await, reading(again, again.source, 0, true));
}

// The same for those that the write let go that was the last choice's event, and
// is not in the graph any more.
void search::take_back(stamp write) {
  branch& mine = top();
  if (mine.choices.back().in_place) {
    for (const stamp at : mine.now.reads(mine.choices.back().next.where)) {
      if (mine.now[at].let_go && mine.now[at].source == write) {
        wait_again(mine.now, at);
      }
    }
  }
}

// Backward revisits --------------------------------------------------------------------

// The reads that `write`, which is not in the graph yet, may become the source of.
void search::find_revisits(const event& write, bool in_place) {
  branch& mine = top();
  const auto reads = mine.now.reads(write.where);
  const auto oldest = std::ranges::find_if(reads, [&](stamp at) {
    const event& each = mine.now[at];
    return !write.prefix.has(each.thread, each.index) && may_be_revisited(each, write, in_place);
  });
  if (oldest == reads.end()) {
    return;
  }
  for (stamp at = mine.now.size(); at > *oldest; --at) {
    const event& each = mine.now[at - 1];
    if (write.prefix.has(each.thread, each.index)) {
      continue;
    }
    if (!added_maximally(at - 1, write.prefix)) {
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
bool search::added_maximally(stamp at, const clock& prefix) const {
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

// Whether nobody else has read what a read-modify-write reads in order to write, or
// may be revisited by it.
bool search::can_be_taken(const event& read) const {
  const graph& in = now();
  const std::uint32_t place = in.place(read.source) + 1;
  if (is_free(in, read.where, place) || walk_) {
    return is_free(in, read.where, place);
  }
  clock prefix = read.prefix;  // what comes before its write
  if (read.source != initial) {
    prefix.join(in[read.source].prefix);
  }
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
bool search::try_revisit(const alternative& way) {
  branch& from = top();
  const event& asked = from.choices.back().next;
  branch& mine = push();  // `from` stays where it is
  mine.revisited = mine.now.restrict_from(from.now, way.at, asked.prefix);
  wait_again();
  for (thread_index thread = 0; thread < max_threads; ++thread) {
    const auto events = mine.now.thread(thread);
    if (!events.empty() && (mine.now[events.back()].exclusive || events.back() == mine.revisited)) {
      mine.halves.push_back(events.back());
    }
  }
  choice& write = mine.choices.emplace_back(asked, 0);
  const bool in_place = from.choices.back().in_place;
  mine.now.prepare(write.next);
  event read = mine.now[mine.revisited];
  read.let_go = false;
  read.waited_on = initial;
  read.data = write.next.data;
  read.pick = static_cast<std::uint8_t>(way.pick);
  const bool waited = read.waiting;
  const std::uint32_t waited_at = waited ? mine.now.place(read.source) : 0;
  read.waiting = !lets_go(read, read.data);
  read.overtaken = read.waiting;
  if (way.pick + 1 < ways(read)) {
    from.alternatives.push_back({way.at, way.pick + 1});
  }
  // Its clocks without what it read, and not before what it must not overlook.
  read.source = initial;
  mine.now.revisit(mine.revisited, read);
  const std::uint32_t seen =
      oldest_visible(mine.now, read.where, mine.now[mine.revisited].happens_before);
  const std::uint32_t oldest =
      std::max(seen, oldest_visible(mine.now, write.next.where, write.next.happens_before));
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
  return try_next() && settle();
}

// Goes back to the last choice that has something left, and takes it; false when
// there is none.
bool search::go_back() {
  while (depth_ > 0) {
    if (again_) {
      begin_again();
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
        const alternative way = mine.alternatives.back();
        mine.alternatives.pop_back();
        // Nothing else is left of this choice but what can be tried again later.
        if (try_revisit(way)) {
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
