#include "models/checker/memory_model.hpp"

#include <algorithm>
#include <limits>
#include <span>
#include <utility>
#include <vector>

namespace handfast::checker {
namespace {

bool is_access(const event& each) {
  return each.kind == event_kind::read || each.kind == event_kind::write;
}

// The coherence place of what an access writes or reads.
std::uint32_t place_of(const graph& in, const event& access) {
  return access.kind == event_kind::write ? access.place : in.place(access.source);
}

// The next event of a's thread, and the one before b, as long as they are of
// another location; `initial` if there is none.
stamp first_elsewhere_after(const graph& in, const event& a) {
  const auto events = in.thread(a.thread);
  for (std::size_t i = a.index + std::size_t{1}; i < events.size(); ++i) {
    const event& each = in[events[i]];
    if (!is_access(each) || each.where != a.where) {
      return events[i];
    }
  }
  return initial;
}
stamp last_elsewhere_before(const graph& in, const event& b) {
  const auto events = in.thread(b.thread);
  for (std::size_t i = b.index; i > 0; --i) {
    const event& each = in[events[i - 1]];
    if (!is_access(each) || each.where != b.where) {
      return events[i - 1];
    }
  }
  return initial;
}

// Of those that are done: a read that waits has yet to read.
template <class Visit>
bool any_access(const graph& in, location where, Visit visit) {
  const auto holds = [&](stamp at) { return !in[at].waiting && visit(at); };
  return std::ranges::any_of(in.writes(where), holds) ||
         std::ranges::any_of(in.reads(where), holds);
}

// [a] ; scb ; [b], both seq_cst accesses.
bool accesses_in_order(const graph& in, stamp first, stamp second) {
  const event& a = in[first];
  const event& b = in[second];
  if (a.thread == b.thread) {
    return a.index < b.index;
  }
  if (a.where == b.where) {
    if (in.before(first, second) || (b.kind == event_kind::write && place_of(in, a) < b.place)) {
      return true;
    }
  }
  const stamp leaving = first_elsewhere_after(in, a);
  const stamp arriving = last_elsewhere_before(in, b);
  return leaving != initial && arriving != initial && in.before(leaving, arriving);
}

// What lies behind a fence and what before it, in one location's coherence order.
struct reach {
  static constexpr std::uint32_t none = std::numeric_limits<std::uint32_t>::max();

  std::uint32_t first_after = none;  // an access's place
  std::uint32_t first_write_after = none;
  std::uint32_t end_before = 0;  // one more than the last access's place
  std::uint32_t end_of_reads_before = 0;
  std::uint32_t last_write_before = 0;

  void add(const graph& in, stamp fence, stamp access) {
    const std::uint32_t place = place_of(in, in[access]);
    const bool writes = in[access].kind == event_kind::write;
    if (in.before(fence, access)) {
      first_after = std::min(first_after, place);
      first_write_after = writes ? std::min(first_write_after, place) : first_write_after;
    }
    if (in.before(access, fence)) {
      end_before = std::max(end_before, place + 1);
      end_of_reads_before = writes ? end_of_reads_before : std::max(end_of_reads_before, place + 1);
      last_write_before = writes ? std::max(last_write_before, place) : last_write_before;
    }
  }
};

// psc among a graph's seq_cst events, as far as anybody asks: RC11 (Lahav, Vafeiadis,
// Kang, Hur, Dreyer, Repairing Sequential Consistency in C/C++11, PLDI 2017).
class strong_order {
 public:
  explicit strong_order(const graph& in) : in_(in), strong_(in.strong()) {
    edges_.assign(strong_.size() * strong_.size(), unknown);
    is_known_.assign(strong_.size(), 0);
    reaches_.resize(strong_.size() * in.locations());
  }

  // Whether the order leads from the `start`th event back to it.
  bool is_on_cycle(std::size_t start) {
    seen_.assign(strong_.size(), 0);
    open_.assign(1, start);
    while (!open_.empty()) {
      const std::size_t from = open_.back();
      open_.pop_back();
      if (from != start && edge(from, start)) {
        return true;
      }
      for (std::size_t to = 0; to < strong_.size(); ++to) {
        if (to != from && to != start && seen_[to] == 0 && edge(from, to)) {
          seen_[to] = 1;
          open_.push_back(to);
        }
      }
    }
    return false;
  }

 private:
  static constexpr char unknown = 2;

  bool edge(std::size_t from, std::size_t to) {
    char& known = edges_[from * strong_.size() + to];
    if (known == unknown) {
      known = in_order(from, to) ? 1 : 0;
    }
    return known != 0;
  }

  bool in_order(std::size_t from, std::size_t to) {
    const stamp a = strong_[from];
    const stamp b = strong_[to];
    if (!orders(in_[a], in_[b]) || !orders(in_[b], in_[a])) {
      return in_.before(a, b);
    }
    if (is_access(in_[a])) {
      return is_access(in_[b]) ? accesses_in_order(in_, a, b) : access_before_fence(a, to);
    }
    return is_access(in_[b]) ? fence_before_access(from, b) : fence_before_fence(from, to);
  }

  // What a light fence is not ordered with but by happens-before: all but heavy ones.
  static bool orders(const event& fence, const event& other) {
    return fence.kind != event_kind::fence || fence.reach != fence_reach::light ||
           (other.kind == event_kind::fence && other.reach == fence_reach::heavy);
  }

  // [a] ; scb ; hb? ; [f]
  bool access_before_fence(stamp a, std::size_t fence) {
    return in_.before(a, strong_[fence]) ||
           around(fence)[in_[a].where].last_write_before > place_of(in_, in_[a]);
  }

  // [f] ; hb? ; scb ; [b]
  bool fence_before_access(std::size_t fence, stamp access) {
    const stamp f = strong_[fence];
    const event& b = in_[access];
    if (in_[f].thread == b.thread) {
      return in_[f].index < b.index;
    }
    if (b.index > 0 && in_.before(f, in_.thread(b.thread)[b.index - 1U])) {
      return true;
    }
    const reach& there = around(fence)[b.where];
    if (there.first_after == reach::none) {
      return false;
    }
    return (b.kind == event_kind::write && there.first_after < b.place) ||
           any_access(in_, b.where,
                      [&](stamp z) { return in_.before(f, z) && in_.before(z, access); });
  }

  // [f] ; (hb ∪ hb;eco;hb) ; [g]
  bool fence_before_fence(std::size_t fence, std::size_t other) {
    if (in_.before(strong_[fence], strong_[other])) {
      return true;
    }
    const std::span<const reach> after = around(fence);
    const std::span<const reach> until = around(other);
    for (std::size_t where = 0; where < after.size(); ++where) {
      if (after[where].first_after < until[where].end_before - 1 && until[where].end_before != 0) {
        return true;
      }
      if (after[where].first_write_after < until[where].end_of_reads_before) {
        return true;
      }
    }
    return false;
  }

  std::span<const reach> around(std::size_t fence) {
    const std::span<reach> all(reaches_.data() + fence * in_.locations(), in_.locations());
    if (std::exchange(is_known_[fence], 1) == 0) {
      for (location where = 0; where < all.size(); ++where) {
        all[where] = {};
        any_access(in_, where, [&](stamp each) {
          all[where].add(in_, strong_[fence], each);
          return false;
        });
      }
    }
    return all;
  }

  const graph& in_;
  std::span<const stamp> strong_;
  // Of all searches, one after the other.
  static inline std::vector<char> edges_;
  static inline std::vector<char> is_known_;
  static inline std::vector<reach> reaches_;
  static inline std::vector<char> seen_;
  static inline std::vector<std::size_t> open_;
};

}  // namespace

std::uint32_t oldest_visible(const graph& in, location where, clock before) {
  const auto writes = in.writes(where);
  std::uint32_t place = static_cast<std::uint32_t>(writes.size());
  while (place > 0 && !in.in(before, writes[place - 1])) {
    --place;
  }
  // Whoever has seen a read has seen what it read.
  if (place < writes.size()) {
    for (const stamp at : in.reads(where)) {
      const event& each = in[at];
      if (each.source != initial && in[each.source].place > place && in.in(before, at) &&
          !each.waiting) {
        place = in[each.source].place;
      }
    }
  }
  return place;
}

bool is_free(const graph& in, location where, std::uint32_t place) {
  const auto writes = in.writes(where);
  return place > writes.size() || !in[writes[place - 1]].exclusive;
}

bool sequentially_consistent(const graph& in) {
  if (in.strong().size() < 2) {
    return true;
  }
  strong_order order(in);
  for (std::size_t i = 0; i < in.strong().size(); ++i) {
    if (order.is_on_cycle(i)) {
      return false;
    }
  }
  return true;
}

bool sequentially_consistent_with(const graph& in, stamp last) {
  const auto strong = in.strong();
  if (strong.size() < 2) {
    return true;
  }
  // Nothing comes after what is last, in happens-before; in coherence order only
  // what overwrote it.
  const event& added = in[last];
  if (!is_access(added) || place_of(in, added) == in.writes(added.where).size()) {
    return true;
  }
  const std::uint32_t mine = place_of(in, added);
  const bool overwritten_before_another = std::ranges::any_of(strong, [&](stamp at) {
    return any_access(in, added.where, [&](stamp each) {
      return place_of(in, in[each]) > mine && in.before(each, at);
    });
  });
  if (!overwritten_before_another) {
    return true;
  }
  strong_order order(in);
  for (std::size_t i = 0; i < strong.size(); ++i) {
    const bool leaves_by_it = strong[i] == last || (in[strong[i]].kind == event_kind::fence &&
                                                    in.before(strong[i], last));
    if (leaves_by_it && order.is_on_cycle(i)) {
      return false;
    }
  }
  return true;
}

std::optional<stamp> racing_with(const graph& in, stamp other) {
  const event& last = in[other];
  if (!is_access(last)) {
    return std::nullopt;
  }
  const auto races = [&](stamp at) {
    const event& each = in[at];
    return each.thread != last.thread && (each.how == access::plain || last.how == access::plain) &&
           (each.kind == event_kind::write || last.kind == event_kind::write) &&
           !in.before(at, other) && !in.before(other, at);
  };
  for (const auto& list : {in.writes(last.where), in.reads(last.where)}) {
    if (const auto found = std::ranges::find_if(list, races); found != list.end()) {
      return *found;
    }
  }
  return std::nullopt;
}

}  // namespace handfast::checker
