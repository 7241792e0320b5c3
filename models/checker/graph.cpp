#include "models/checker/graph.hpp"

#include <algorithm>
#include <utility>

namespace handfast::checker {

value graph::written(event_id write, location where) const {
  if (!write.is_initial()) {
    return at(write).data;
  }
  const auto found = initial_.find(where);
  return found == initial_.end() ? 0 : found->second;
}

const std::vector<event_id>& graph::coherence(location where) const {
  static const std::vector<event_id> none;
  const auto found = coherence_.find(where);
  return found == coherence_.end() ? none : found->second;
}

std::size_t graph::coherence_place(event_id write, location where) const {
  if (write.is_initial()) {
    return 0;
  }
  const auto& writes = coherence(where);
  return static_cast<std::size_t>(std::ranges::find(writes, write) - writes.begin()) + 1;
}

event graph::prepared(thread_index thread, event next) const {
  const std::vector<event>& before = threads_[thread];
  next.id = {thread, static_cast<std::uint32_t>(before.size())};
  next.stamp = added_.size();
  next.happens_before = {};
  next.prefix = {};
  next.released = {};
  next.to_acquire = {};
  next.fence_released = {};
  if (!before.empty()) {
    const event& last = before.back();
    next.happens_before = last.happens_before;
    next.prefix = last.prefix;
    next.to_acquire = last.to_acquire;
    next.fence_released = last.fence_released;
  }
  if (next.kind == event_kind::read && !next.source.is_initial()) {
    const event& source = at(next.source);
    next.prefix.join(source.prefix);
    if (next.how != access::plain) {
      (acquires(next.how) ? next.happens_before : next.to_acquire).join(source.released);
    }
  }
  if (next.kind == event_kind::fence && acquires(next.how)) {
    next.happens_before.join(next.to_acquire);
  }
  next.happens_before.add(next.id);
  next.prefix.add(next.id);
  if (next.kind == event_kind::fence && releases(next.how)) {
    next.fence_released = next.happens_before;
  }
  if (next.kind == event_kind::write && next.how != access::plain) {
    next.released = releases(next.how) ? next.happens_before : next.fence_released;
    // A release sequence goes on through read-modify-writes.
    if (next.exclusive && !before.back().source.is_initial()) {
      next.released.join(at(before.back().source).released);
    }
  }
  return next;
}

void graph::add(const event& next) {
  threads_[next.id.thread].push_back(next);
  added_.push_back(next.id);
}

void graph::add_write(const event& next, std::size_t place) {
  auto& writes = coherence_[next.where];
  writes.insert(writes.begin() + static_cast<std::ptrdiff_t>(place) - 1, next.id);
  add(next);
}

void graph::forget(event_id id) {
  const event& last = threads_[id.thread].back();
  if (last.kind == event_kind::write) {
    std::erase(coherence_[last.where], id);
  }
  threads_[id.thread].pop_back();
}

void graph::truncate(std::size_t count) {
  while (added_.size() > count) {
    // Of a thread the later events were added later.
    forget(added_.back());
    added_.pop_back();
  }
}

void graph::restrict_to(event_id read, const clock& kept) {
  const std::size_t since = at(read).stamp + 1;
  std::vector<event_id> order(added_.begin(), added_.begin() + static_cast<std::ptrdiff_t>(since));
  std::vector<event_id> dropped;
  for (std::size_t i = since; i < added_.size(); ++i) {
    (kept.has(added_[i]) ? order : dropped).push_back(added_[i]);
  }
  for (auto each = dropped.rbegin(); each != dropped.rend(); ++each) {
    forget(*each);
  }
  added_ = std::move(order);
  for (std::size_t i = 0; i < added_.size(); ++i) {
    threads_[added_[i].thread][added_[i].index].stamp = i;
  }
}

void graph::revisit(const event& read) {
  std::vector<event>& events = threads_[read.id.thread];
  const std::size_t stamp = events.back().stamp;
  events.pop_back();
  event again = prepared(read.id.thread, read);
  again.stamp = stamp;
  events.push_back(again);
}

std::size_t graph::oldest_visible(location where, const clock& before) const {
  const auto& writes = coherence(where);
  for (std::size_t place = writes.size(); place > 0; --place) {
    const event_id write = writes[place - 1];
    if (before.has(write)) {
      return place;
    }
    // Whoever has seen a read has seen what it read.
    for (const event_id id : added_) {
      const event& each = at(id);
      if (each.kind == event_kind::read && each.where == where && each.source == write &&
          before.has(id)) {
        return place;
      }
    }
  }
  return 0;
}

}  // namespace handfast::checker
