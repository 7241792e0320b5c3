#include "models/checker/memory_model.hpp"

#include <algorithm>

namespace handfast::checker {
namespace {

// A relation over a graph's events, by their stamps.
class relation {
 public:
  explicit relation(std::size_t size) : size_(size), row_words_((size + 63) / 64) {
    bits_.resize(size_ * row_words_);
  }
  [[nodiscard]] bool has(std::size_t from, std::size_t to) const {
    return (bits_[from * row_words_ + to / 64] >> (to % 64) & 1U) != 0;
  }
  void add(std::size_t from, std::size_t to) {
    bits_[from * row_words_ + to / 64] |= std::uint64_t{1} << (to % 64);
  }
  // Adds the row of `other` for `from` to the row of `to` here.
  void join(std::size_t to, const relation& other, std::size_t from) {
    for (std::size_t i = 0; i < row_words_; ++i) {
      bits_[to * row_words_ + i] |= other.bits_[from * row_words_ + i];
    }
  }
  [[nodiscard]] bool meets(std::size_t row, const relation& other, std::size_t other_row) const {
    for (std::size_t i = 0; i < row_words_; ++i) {
      if ((bits_[row * row_words_ + i] & other.bits_[other_row * row_words_ + i]) != 0) {
        return true;
      }
    }
    return false;
  }
  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  std::size_t size_;
  std::size_t row_words_;
  std::vector<std::uint64_t> bits_;
};

bool is_access(const event& each) {
  return each.kind != event_kind::fence;
}

// first ; second
relation composed(const relation& first, const relation& second) {
  relation result(first.size());
  for (std::size_t a = 0; a < first.size(); ++a) {
    for (std::size_t b = 0; b < first.size(); ++b) {
      if (first.has(a, b)) {
        result.join(a, second, b);
      }
    }
  }
  return result;
}

bool cyclic(const relation& edges, const std::vector<std::size_t>& nodes) {
  enum class mark : std::uint8_t { fresh, open, closed };
  std::vector<mark> marks(edges.size(), mark::fresh);
  struct frame {
    std::size_t node;
    std::size_t next;
  };
  for (const std::size_t root : nodes) {
    if (marks[root] != mark::fresh) {
      continue;
    }
    std::vector<frame> path{{root, 0}};
    marks[root] = mark::open;
    while (!path.empty()) {
      frame& top = path.back();
      if (top.next == nodes.size()) {
        marks[top.node] = mark::closed;
        path.pop_back();
        continue;
      }
      const std::size_t to = nodes[top.next++];
      if (!edges.has(top.node, to)) {
        continue;
      }
      if (marks[to] == mark::open) {
        return true;
      }
      if (marks[to] == mark::fresh) {
        marks[to] = mark::open;
        path.push_back({to, 0});
      }
    }
  }
  return false;
}

}  // namespace

std::vector<event_id> coherent_sources(const graph& in, const event& read) {
  const auto& writes = in.coherence(read.where);
  std::vector<event_id> sources;
  for (std::size_t place = in.oldest_visible(read.where, read.happens_before);
       place <= writes.size(); ++place) {
    sources.push_back(place == 0 ? initial : writes[place - 1]);
  }
  return sources;
}

std::vector<std::size_t> coherent_places(const graph& in, const event& write) {
  const auto& writes = in.coherence(write.where);
  // Nobody comes between an exclusive write and what its read read.
  const auto free = [&](std::size_t place) {
    return place > writes.size() || !in.at(writes[place - 1]).exclusive;
  };
  const std::size_t first = in.oldest_visible(write.where, write.happens_before) + 1;
  std::vector<std::size_t> places;
  if (write.exclusive) {
    const event_id source = in.thread(write.id.thread)[write.id.index - 1].source;
    const std::size_t place = in.coherence_place(source, write.where) + 1;
    if (place >= first && free(place)) {
      places.push_back(place);
    }
    return places;
  }
  for (std::size_t place = first; place <= writes.size() + 1; ++place) {
    if (free(place)) {
      places.push_back(place);
    }
  }
  return places;
}

bool sequentially_consistent_order_exists(const graph& in) {
  const std::size_t size = in.added().size();
  std::vector<const event*> events;
  std::vector<std::size_t> strong;  // stamps of seq_cst events
  events.reserve(size);
  for (const event_id id : in.added()) {
    events.push_back(&in.at(id));
    if (events.back()->how == access::seq_cst) {
      strong.push_back(events.back()->stamp);
    }
  }
  if (strong.size() < 2) {
    return true;
  }
  relation hb(size);
  relation eco(size);  // (rf ∪ co ∪ fr)+ = rf ∪ co;rf? ∪ fr;rf?
  relation scb(size);
  relation leaving(size);  // sb to another location
  for (std::size_t a = 0; a < size; ++a) {
    const event& from = *events[a];
    for (std::size_t b = 0; b < size; ++b) {
      const event& to = *events[b];
      if (a == b) {
        continue;
      }
      const bool same_place = is_access(from) && is_access(to) && from.where == to.where;
      if (to.happens_before.has(from.id)) {
        hb.add(a, b);
        if (same_place) {
          scb.add(a, b);
        }
      }
      if (from.id.thread == to.id.thread && from.id.index < to.id.index) {
        scb.add(a, b);
        if (!same_place) {
          leaving.add(a, b);
        }
      }
      if (!same_place) {
        continue;
      }
      // The coherence places of what is written or read.
      const std::size_t mine =
          in.coherence_place(from.kind == event_kind::write ? from.id : from.source, from.where);
      const std::size_t theirs =
          in.coherence_place(to.kind == event_kind::write ? to.id : to.source, to.where);
      if (from.kind == event_kind::write && to.kind == event_kind::read && mine == theirs) {
        eco.add(a, b);  // rf
      }
      if (mine < theirs) {
        eco.add(a, b);
        if (to.kind == event_kind::write) {
          scb.add(a, b);  // co, fr
        }
      }
    }
  }
  const relation across = composed(composed(leaving, hb), leaving);
  for (std::size_t a = 0; a < size; ++a) {
    scb.join(a, across, a);
  }
  // [SC] ∪ [F_sc];hb? on the left, [SC] ∪ hb?;[F_sc] on the right.
  relation into(size);  // row t: the events from which seq_cst event t is reached
  relation from(size);  // row s: the events that seq_cst event s reaches
  for (const std::size_t s : strong) {
    from.add(s, s);
    into.add(s, s);
    if (!is_access(*events[s])) {
      for (std::size_t other = 0; other < size; ++other) {
        if (hb.has(s, other)) {
          from.add(s, other);
        }
        if (hb.has(other, s)) {
          into.add(s, other);
        }
      }
    }
  }
  const relation reached = composed(from, scb);
  relation around = composed(composed(hb, eco), hb);
  relation psc(size);
  for (const std::size_t s : strong) {
    for (const std::size_t t : strong) {
      const bool fences = !is_access(*events[s]) && !is_access(*events[t]);
      if (reached.meets(s, into, t) || (fences && (hb.has(s, t) || around.has(s, t)))) {
        psc.add(s, t);
      }
    }
  }
  return !cyclic(psc, strong);
}

std::optional<event_id> racing_with(const graph& in, const event& last) {
  if (!is_access(last)) {
    return std::nullopt;
  }
  for (const event_id id : in.added()) {
    const event& other = in.at(id);
    if (is_access(other) && other.where == last.where && id.thread != last.id.thread &&
        (other.how == access::plain || last.how == access::plain) &&
        (other.kind == event_kind::write || last.kind == event_kind::write) &&
        !last.happens_before.has(id) && !other.happens_before.has(last.id)) {
      return id;
    }
  }
  return std::nullopt;
}

}  // namespace handfast::checker
