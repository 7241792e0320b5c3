#include "models/checker/graph.hpp"

#include <algorithm>

namespace handfast::checker {

void graph::make_more_room(thread_index thread) {
  thread_count_ = std::max(thread_count_, thread + 1);
  threads_.resize(std::max<std::size_t>(threads_.size(), thread_count_));
  creators_.resize(thread_count_, initial);
  clocks_.make_room_for(thread);
}

void graph::prepare(event& next, stamp row) {
  make_room_for(next.thread);
  if (next.kind == event_kind::create || next.kind == event_kind::join) {
    make_room_for(static_cast<thread_index>(next.data.low));
  }
  clocks_.make_row(row);
  lane* const hb = clocks_.row(row);
  lane* const prefix = hb + clocks_.width();
  const std::vector<stamp>& before = threads_[next.thread];
  next.index = static_cast<std::uint32_t>(before.size());
  next.after_fence = 0;
  stamp comes_from = creators_[next.thread];
  if (!before.empty()) {
    comes_from = before.back();
    const event& last = events_[comes_from];
    const bool fence =
        last.kind == event_kind::fence && last.reach != fence_reach::light && releases(last.how);
    next.after_fence = fence ? next.index : last.after_fence;
  }
  if (comes_from == initial) {
    clocks_.clear(hb, 2);
  } else {
    clocks_.copy(hb, clocks_.row(comes_from), 2);
  }
  switch (next.kind) {
    case event_kind::read: prepare_source(row, next); break;
    case event_kind::fence:
      if (acquires(next.how) && next.reach != fence_reach::light) {
        for (const stamp at : before) {
          if (events_[at].kind == event_kind::read) {
            acquire(hb, events_[at]);
          }
        }
      }
      break;
    case event_kind::join: {
      const auto joined = static_cast<thread_index>(next.data.low);
      const std::vector<stamp>& events = threads_[joined];
      const lane* last = clocks_.row(events.empty() ? creators_[joined] : events.back());
      clocks_.join(hb, last);
      clocks_.join(prefix, last + clocks_.width());
      // With what the thread did after its last event.
      clock_table::add(hb, joined, static_cast<std::uint32_t>(events.size()));
      break;
    }
    case event_kind::write:
    case event_kind::create:
    case event_kind::choice: break;
  }
  hb[next.thread] = prefix[next.thread] = static_cast<lane>(next.index + 1);
  if (next.kind == event_kind::write) {
    prepare_released(row, next);
  }
}

void graph::prepare_source(stamp row, const event& read) {
  if (read.source != initial) {
    lane* const hb = clocks_.row(row);
    clocks_.join(hb + clocks_.width(), clocks_.row(read.source) + clocks_.width());
    if (acquires(read.how)) {
      acquire(hb, read);
    }
  }
}

void graph::prepare_released(stamp row, const event& write) {
  lane* const hb = clocks_.row(row);
  lane* const released = hb + 2 * std::size_t{clocks_.width()};
  const std::vector<stamp>& before = threads_[write.thread];
  if (write.how != access::plain && releases(write.how)) {
    clocks_.copy(released, hb, 1);
  } else if (write.how != access::plain && write.after_fence != 0) {
    clocks_.copy(released, clocks_.row(before[write.after_fence - 1U]), 1);
  } else {
    clocks_.clear(released, 1);
  }
  // A release sequence goes on through read-modify-writes.
  if (write.exclusive && write.how != access::plain) {
    if (const stamp source = events_[before.back()].source; source != initial) {
      clocks_.join(released, clocks_.row(source) + 2 * std::size_t{clocks_.width()});
    }
  }
}

// What a read lets what acquires it know.
void graph::acquire(lane* known, const event& read) {
  // Waking orders no memory, not even with a fence.
  if (read.source != initial && read.how != access::plain && read.then != update::enter_waiters &&
      read.until != await::being_taken) {
    clocks_.join(known, clocks_.row(read.source) + 2 * std::size_t{clocks_.width()});
  }
}

void graph::index(stamp at) {
  is_prepared_ = false;
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
    index_read(at);
  }
}

void graph::index_read(stamp at) {
  accesses& its = locations_[events_[at].where];
  its.reads.push_back(at);
  if (events_[at].until != await::nothing) {
    its.awaits.push_back(at);
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
  is_prepared_ = false;
  while (size() > count) {
    const event& last = events_.back();
    threads_[last.thread].pop_back();
    if (!strong_.empty() && strong_.back() == size() - 1) {
      strong_.pop_back();
    }
    if (last.kind == event_kind::read) {
      locations_[last.where].reads.pop_back();
      if (last.until != await::nothing) {
        locations_[last.where].awaits.pop_back();
      }
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
  is_prepared_ = false;
  clocks_.assign(from.clocks_, count);
  threads_.resize(std::max(threads_.size(), from.threads_.size()));
  for (thread_index thread = 0; thread < from.thread_count_; ++thread) {
    keep(threads_[thread], from.threads_[thread]);
  }
  for (thread_index thread = from.thread_count_; thread < thread_count_; ++thread) {
    threads_[thread].clear();
  }
  thread_count_ = from.thread_count_;
  keep(strong_, from.strong_);
  creators_ = from.creators_;
  locations_.resize(std::max(locations_.size(), from.locations_.size()));
  for (location where = 0; where < from.locations_.size(); ++where) {
    keep(locations_[where].reads, from.locations_[where].reads);
    keep(locations_[where].awaits, from.locations_[where].awaits);
  }
  renumbered_.assign(from.size(), initial);
  for (const stamp at : then) {
    renumbered_[at] = size();
    clocks_.assign_row(size(), from.clocks_, at);
    events_.push_back(from.events_[at]);
    index(size() - 1);
    if (events_.back().kind == event_kind::read) {
      index_read(size() - 1);
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
    locations_[where] = {};
  }
}

stamp graph::restrict_from(const graph& from, stamp read, clock kept) {
  kept_.clear();
  for (stamp at = read + 1; at < from.size(); ++at) {
    if (kept.knows(from[at].thread, from[at].index)) {
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
  is_prepared_ = false;
  std::vector<stamp>& events = threads_[read.thread];
  events.pop_back();
  prepare(read, at);
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
