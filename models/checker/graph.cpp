#include "models/checker/graph.hpp"

#include <algorithm>

namespace handfast::checker {

void graph::prepare(event& next) const {
  const std::vector<stamp>& before = threads_[next.thread];
  next.index = static_cast<std::uint16_t>(before.size());
  if (!before.empty()) {
    const event& last = events_[before.back()];
    next.happens_before = last.happens_before;
    next.prefix = last.prefix;
    const bool fence = last.kind == event_kind::fence && releases(last.how);
    next.after_fence = fence ? next.index : last.after_fence;
  } else {
    next.happens_before = {};
    next.prefix = {};
    if (const stamp creator = creators_[next.thread]; creator != initial) {
      next.happens_before = events_[creator].happens_before;
      next.prefix = events_[creator].prefix;
    }
    next.after_fence = 0;
  }
  switch (next.kind) {
    case event_kind::read: prepare_source(next); break;
    case event_kind::fence:
      if (acquires(next.how)) {
        for (const stamp at : before) {
          if (events_[at].kind == event_kind::read) {
            acquire(next.happens_before, events_[at]);
          }
        }
      }
      break;
    case event_kind::join: {
      const auto joined = static_cast<thread_index>(next.data.low);
      const std::vector<stamp>& events = threads_[joined];
      const event& last = events_[events.empty() ? creators_[joined] : events.back()];
      next.happens_before.join(last.happens_before);
      next.prefix.join(last.prefix);
      // With what the thread did after its last event.
      next.happens_before.add(joined, events.size());
      break;
    }
    case event_kind::write:
    case event_kind::create:
    case event_kind::choice: break;
  }
  next.happens_before.add(next.thread, next.index);
  next.prefix.add(next.thread, next.index);
  if (next.kind == event_kind::write) {
    next.released = {};
    if (next.how != access::plain) {
      if (releases(next.how)) {
        next.released = next.happens_before;
      } else if (next.after_fence != 0) {
        next.released = events_[before[next.after_fence - 1U]].happens_before;
      }
      // A release sequence goes on through read-modify-writes.
      if (next.exclusive) {
        if (const stamp source = events_[before.back()].source; source != initial) {
          next.released.join(events_[source].released);
        }
      }
    }
  }
}

void graph::prepare_source(event& read) const {
  if (read.source == initial) {
    return;
  }
  read.prefix.join(events_[read.source].prefix);
  if (acquires(read.how)) {
    acquire(read.happens_before, read);
  }
}

// What a read lets what acquires it know.
void graph::acquire(clock& known, const event& read) const {
  // Waking orders no memory, not even with a fence.
  if (read.source != initial && read.how != access::plain && read.then != update::enter_waiters &&
      read.until != await::being_taken) {
    known.join(events_[read.source].released);
  }
}

void graph::index(stamp at) {
  const event& added = events_[at];
  threads_[added.thread].push_back(at);
  if (added.kind == event_kind::create) {
    creators_[added.data.low] = at;
  }
  if (added.how == access::seq_cst) {
    strong_.push_back(at);
  }
}

void graph::add(const event& next) {
  events_.push_back(next);
  const stamp at = size() - 1;
  index(at);
  if (next.kind == event_kind::read) {
    if (next.where >= locations_.size()) {
      locations_.resize(next.where + 1);
    }
    locations_[next.where].reads.push_back(at);
  }
}

void graph::add_write(const event& next, std::uint32_t place) {
  if (next.where >= locations_.size()) {
    locations_.resize(next.where + 1);
  }
  events_.push_back(next);
  const stamp at = size() - 1;
  index(at);
  events_[at].place = place;
  std::vector<stamp>& writes = locations_[next.where].writes;
  writes.insert(writes.begin() + static_cast<std::ptrdiff_t>(place) - 1, at);
  for (std::size_t after = place; after < writes.size(); ++after) {
    ++events_[writes[after]].place;
  }
}

void graph::truncate(stamp count) {
  while (size() > count) {
    const event& last = events_.back();
    threads_[last.thread].pop_back();
    if (!strong_.empty() && strong_.back() == size() - 1) {
      strong_.pop_back();
    }
    if (last.kind == event_kind::read) {
      locations_[last.where].reads.pop_back();
    } else if (last.kind == event_kind::write) {
      std::vector<stamp>& writes = locations_[last.where].writes;
      writes.erase(writes.begin() + static_cast<std::ptrdiff_t>(last.place) - 1);
      for (std::size_t after = last.place - 1; after < writes.size(); ++after) {
        --events_[writes[after]].place;
      }
    }
    events_.pop_back();
  }
}

// Becomes what `from` has up to `count`, and after that `then`.
void graph::copy(const graph& from, stamp count, std::span<const stamp> then) {
  const auto keep = [count](std::vector<stamp>& mine, const std::vector<stamp>& its) {
    mine.clear();
    for (const stamp at : its) {
      if (at >= count) {
        break;
      }
      mine.push_back(at);
    }
  };
  events_.assign(from.events_.begin(), from.events_.begin() + count);
  for (std::size_t thread = 0; thread < max_threads; ++thread) {
    keep(threads_[thread], from.threads_[thread]);
  }
  keep(strong_, from.strong_);
  creators_ = from.creators_;
  locations_.resize(std::max(locations_.size(), from.locations_.size()));
  for (location where = 0; where < from.locations_.size(); ++where) {
    keep(locations_[where].reads, from.locations_[where].reads);
  }
  renumbered_.assign(from.size(), initial);
  for (const stamp at : then) {
    renumbered_[at] = size();
    events_.push_back(from.events_[at]);
    index(size() - 1);
    if (events_.back().kind == event_kind::read) {
      locations_[events_.back().where].reads.push_back(size() - 1);
    }
  }
  const auto renumbered = [&](stamp at) {
    return at < count || at == initial ? at : renumbered_[at];
  };
  orphans_.clear();
  for (location where = 0; where < from.locations_.size(); ++where) {
    for (const stamp at : locations_[where].reads) {
      event& read = events_[at];
      if (read.source != initial) {
        read.source = renumbered(read.source);
        read.waited_on = renumbered(read.waited_on);
        if (read.source == initial) {
          orphans_.push_back(at);
        }
      }
    }
    std::vector<stamp>& writes = locations_[where].writes;
    writes.clear();
    for (const stamp write : from.locations_[where].writes) {
      if (const stamp kept = renumbered(write); kept != initial) {
        writes.push_back(kept);
        events_[kept].place = static_cast<std::uint32_t>(writes.size());
      }
    }
  }
  for (std::size_t where = from.locations_.size(); where < locations_.size(); ++where) {
    locations_[where].reads.clear();
    locations_[where].writes.clear();
  }
}

stamp graph::restrict_from(const graph& from, stamp read, const clock& kept) {
  kept_.clear();
  for (stamp at = read + 1; at < from.size(); ++at) {
    if (kept.has(from[at].thread, from[at].index)) {
      kept_.push_back(at);
    }
  }
  copy(from, read + 1, kept_);
  return read;
}

stamp graph::reorder_from(const graph& from, const std::vector<char>& early,
                          std::span<const stamp> then) {
  kept_.clear();
  for (stamp at = 0; at < from.size(); ++at) {
    if (early[at] != 0) {
      kept_.push_back(at);
    }
  }
  kept_.insert(kept_.end(), then.begin(), then.end());
  for (stamp at = 0; at < from.size(); ++at) {
    if (early[at] == 0 && std::ranges::find(then, at) == then.end()) {
      kept_.push_back(at);
    }
  }
  copy(from, 0, kept_);
  return renumbered_[then.front()];
}

void graph::revisit(stamp at, event read) {
  std::vector<stamp>& events = threads_[read.thread];
  events.pop_back();
  prepare(read);
  events.push_back(at);
  // Whether it is seq_cst may depend on what it reads.
  if ((events_[at].how == access::seq_cst) != (read.how == access::seq_cst)) {
    if (read.how == access::seq_cst) {
      strong_.insert(std::ranges::lower_bound(strong_, at), at);
    } else {
      std::erase(strong_, at);
    }
  }
  events_[at] = read;
}

std::uint64_t graph::hash() const {
  const auto mix = [](std::uint64_t to, std::uint64_t what) {
    to ^= what + 0x9e3779b97f4a7c15U + (to << 12U) + (to >> 4U);
    to *= 0xff51afd7ed558ccdU;
    return to ^ (to >> 32U);
  };
  const auto name = [&](stamp at) {
    return at == initial ? ~std::uint64_t{0}
                         : (std::uint64_t{events_[at].thread} << 32U) | events_[at].index;
  };
  std::uint64_t all = 0;
  for (const std::vector<stamp>& thread : threads_) {
    for (const stamp at : thread) {
      const event& each = events_[at];
      all = mix(all, name(at));
      all = mix(all, static_cast<std::uint64_t>(each.kind) << 32U | each.where);
      all = mix(all, mix(each.data.low, each.data.high));
      all = mix(all, each.kind == event_kind::read ? name(each.source) : each.place);
    }
  }
  return all;
}

}  // namespace handfast::checker
