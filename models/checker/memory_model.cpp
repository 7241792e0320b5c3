#include "models/checker/memory_model.hpp"

#include <algorithm>
#include <limits>
#include <span>

namespace handfast::checker {
namespace {

bool is_access(const event& each) {
  return each.kind == event_kind::read || each.kind == event_kind::write;
}

// The coherence place of what an access writes or reads.
std::uint32_t place_of(const graph& in, const event& access) {
  return access.kind == event_kind::write ? access.place : in.place(access.source);
}

bool before(const event& first, const event& second) {
  return second.happens_before.has(first.thread, first.index);
}

// The next event of a's thread, and the one before b, as long as they are of
// another location; nullptr if there is none.
const event* first_elsewhere_after(const graph& in, const event& a) {
  const auto events = in.thread(a.thread);
  for (std::size_t i = a.index + 1U; i < events.size(); ++i) {
    const event& each = in[events[i]];
    if (!is_access(each) || each.where != a.where) {
      return &each;
    }
  }
  return nullptr;
}
const event* last_elsewhere_before(const graph& in, const event& b) {
  const auto events = in.thread(b.thread);
  for (std::size_t i = b.index; i > 0; --i) {
    const event& each = in[events[i - 1]];
    if (!is_access(each) || each.where != b.where) {
      return &each;
    }
  }
  return nullptr;
}

template <class Visit>
bool any_access(const graph& in, location where, Visit visit) {
  const auto holds = [&](stamp at) { return visit(in[at]); };
  return std::ranges::any_of(in.writes(where), holds) ||
         std::ranges::any_of(in.reads(where), holds);
}

// [a] ; scb ; [b], both seq_cst accesses.
bool accesses_in_order(const graph& in, const event& a, const event& b) {
  if (a.thread == b.thread) {
    return a.index < b.index;
  }
  if (a.where == b.where) {
    if (before(a, b) || (b.kind == event_kind::write && place_of(in, a) < b.place)) {
      return true;
    }
  }
  const event* leaving = first_elsewhere_after(in, a);
  const event* arriving = last_elsewhere_before(in, b);
  return leaving != nullptr && arriving != nullptr && before(*leaving, *arriving);
}

// [a] ; scb ; hb? ; [f]
bool access_before_fence(const graph& in, const event& a, const event& f) {
  if (a.thread == f.thread) {
    return a.index < f.index;
  }
  if (before(a, f)) {
    return true;
  }
  const std::uint32_t mine = place_of(in, a);
  return std::ranges::any_of(in.writes(a.where),
                             [&](stamp at) { return in[at].place > mine && before(in[at], f); });
}

// [f] ; hb? ; scb ; [b]
bool fence_before_access(const graph& in, const event& f, const event& b) {
  if (f.thread == b.thread) {
    return f.index < b.index;
  }
  if (b.index > 0 && before(f, in[in.thread(b.thread)[b.index - 1U]])) {
    return true;
  }
  return any_access(in, b.where, [&](const event& z) {
    return before(f, z) &&
           (before(z, b) || (b.kind == event_kind::write && place_of(in, z) < b.place));
  });
}

// What lies behind a fence and what before it, in one location's coherence order.
struct reach {
  std::uint32_t first_after = std::numeric_limits<std::uint32_t>::max();  // an access's place
  std::uint32_t first_write_after = std::numeric_limits<std::uint32_t>::max();
  std::uint32_t last_before = 0;
  std::uint32_t last_read_before = 0;
  bool any_before = false;
  bool read_before = false;
};

// [f] ; (hb ∪ hb;eco;hb) ; [g]
bool fence_before_fence(const graph& in, location locations, const event& f, const event& g) {
  if (before(f, g)) {
    return true;
  }
  for (location where = 0; where < locations; ++where) {
    reach found;
    any_access(in, where, [&](const event& each) {
      const std::uint32_t place = place_of(in, each);
      if (before(f, each)) {
        found.first_after = std::min(found.first_after, place);
        if (each.kind == event_kind::write) {
          found.first_write_after = std::min(found.first_write_after, place);
        }
      }
      if (before(each, g)) {
        found.last_before = std::max(found.last_before, place);
        found.any_before = true;
        if (each.kind == event_kind::read) {
          found.last_read_before = std::max(found.last_read_before, place);
          found.read_before = true;
        }
      }
      return false;
    });
    if ((found.any_before && found.first_after < found.last_before) ||
        (found.read_before && found.first_write_after <= found.last_read_before)) {
      return true;
    }
  }
  return false;
}

bool in_order(const graph& in, const event& a, const event& b) {
  if (is_access(a)) {
    return is_access(b) ? accesses_in_order(in, a, b) : access_before_fence(in, a, b);
  }
  return is_access(b) ? fence_before_access(in, a, b)
                      : fence_before_fence(in, in.locations(), a, b);
}

}  // namespace

std::uint32_t oldest_visible(const graph& in, location where, const clock& before) {
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

namespace {

// Whether the order of seq_cst events leads from the `start`th of them back to it.
bool is_on_cycle(const graph& in, std::size_t start) {
  const auto strong = in.strong();
  static std::vector<char> seen;
  static std::vector<std::uint32_t> open;
  seen.assign(strong.size(), 0);
  open.assign(1, static_cast<std::uint32_t>(start));
  while (!open.empty()) {
    const event& from = in[strong[open.back()]];
    open.pop_back();
    for (std::uint32_t to = 0; to < strong.size(); ++to) {
      if (&in[strong[to]] == &from || (seen[to] != 0 && to != start) ||
          !in_order(in, from, in[strong[to]])) {
        continue;
      }
      if (to == start) {
        return true;
      }
      seen[to] = 1;
      open.push_back(to);
    }
  }
  return false;
}

}  // namespace

bool sequentially_consistent(const graph& in) {
  if (in.strong().size() < 2) {
    return true;
  }
  for (std::size_t i = 0; i < in.strong().size(); ++i) {
    if (is_on_cycle(in, i)) {
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
    return any_access(in, added.where, [&](const event& each) {
      return place_of(in, each) > mine && (&each == &in[at] || before(each, in[at]));
    });
  });
  if (!overwritten_before_another) {
    return true;
  }
  for (std::size_t i = 0; i < strong.size(); ++i) {
    const event& each = in[strong[i]];
    const bool leaves_by_it =
        &each == &added || (each.kind == event_kind::fence && before(each, added));
    if (leaves_by_it && is_on_cycle(in, i)) {
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
           !before(each, last) && !before(last, each);
  };
  for (const auto& list : {in.writes(last.where), in.reads(last.where)}) {
    if (const auto found = std::ranges::find_if(list, races); found != list.end()) {
      return *found;
    }
  }
  return std::nullopt;
}

}  // namespace handfast::checker
