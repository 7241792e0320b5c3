// The search's awaits: reads that wait, and are given their source where they stand.
#include "models/checker/search.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "models/checker/memory_model.hpp"
#include "models/checker/update.hpp"

namespace handfast::checker {

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
  if (in.awaits(write.where).empty()) {
    return true;
  }
  std::size_t predicates = 0;
  std::size_t others = 0;
  bool revisits = false;
  bool makes_wait = false;
  const clock prefix = in.prefix(in.prepared());
  for (const stamp at : in.reads(write.where)) {
    const event& read = in[at];
    if (prefix.has(read.thread, read.index)) {
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
  const std::uint32_t oldest = oldest_visible(in, write.where, before_prepared());
  return std::ranges::any_of(in.writes(write.where).subspan(oldest),
                             [&](stamp other) { return !lets_go(read, in[other].data); });
}

// Gives awaits that `write` lets go their source, where they stand. Of those that
// wait for a mutex the `pick`th gets it; true if there is another to be tried.
bool search::release(stamp write, std::uint32_t pick) {
  graph& before = top().now;
  static std::vector<stamp> freed;
  freed.clear();
  for (const stamp at : before.awaits(before[write].where)) {
    if (would_let_go(before, before[write], at)) {
      freed.push_back(at);
    }
  }
  if (freed.empty()) {
    return false;
  }
  const auto frees = static_cast<std::uint32_t>(freed.size());
  // Taken back when the write is (`take_back`), but for what would then be forgotten.
  if (before[freed[0]].then != update::lock) {
    for (const stamp each : freed) {
      let_go(before, each, write);
    }
    return false;
  }
  const bool others_overtaken =
      std::any_of(freed.begin() + 1, freed.end(), [&](stamp at) { return before[at].overtaken; });
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
    early[at] = at <= first || before.in(before.prefix(later), at) ? 1 : 0;
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
  event write = second_half(in[read]);
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
    for (const stamp at : mine.now.awaits(mine.choices.back().next.where)) {
      if (mine.now[at].let_go && mine.now[at].source == write) {
        wait_again(mine.now, at);
      }
    }
  }
}

}  // namespace handfast::checker
