#include "models/tests/axioms.hpp"

#include <algorithm>
#include <array>
#include <bitset>
#include <functional>
#include <map>
#include <utility>

namespace handfast::axioms {
namespace {

constexpr std::size_t most = 48;
constexpr int words = 4;

using row = std::bitset<most>;

class relation {
 public:
  row& operator[](std::size_t from) { return rows_[from]; }
  const row& operator[](std::size_t from) const { return rows_[from]; }
  friend relation operator|(relation a, const relation& b) {
    for (std::size_t i = 0; i < most; ++i) {
      a.rows_[i] |= b.rows_[i];
    }
    return a;
  }
  // a ; b
  friend relation operator*(const relation& a, const relation& b) {
    relation made;
    for (std::size_t i = 0; i < most; ++i) {
      for (std::size_t j = 0; j < most; ++j) {
        if (a.rows_[i][j]) {
          made.rows_[i] |= b.rows_[j];
        }
      }
    }
    return made;
  }
  [[nodiscard]] relation inverse() const {
    relation made;
    for (std::size_t i = 0; i < most; ++i) {
      for (std::size_t j = 0; j < most; ++j) {
        made.rows_[j][i] = rows_[i][j];
      }
    }
    return made;
  }
  [[nodiscard]] relation closed() const {
    relation made = *this;
    for (std::size_t k = 0; k < most; ++k) {
      for (std::size_t i = 0; i < most; ++i) {
        if (made.rows_[i][k]) {
          made.rows_[i] |= made.rows_[k];
        }
      }
    }
    return made;
  }
  [[nodiscard]] relation where(const std::function<bool(std::size_t, std::size_t)>& holds) const {
    relation made;
    for (std::size_t i = 0; i < most; ++i) {
      for (std::size_t j = 0; j < most; ++j) {
        made.rows_[i][j] = rows_[i][j] && holds(i, j);
      }
    }
    return made;
  }
  [[nodiscard]] bool irreflexive() const {
    for (std::size_t i = 0; i < most; ++i) {
      if (rows_[i][i]) {
        return false;
      }
    }
    return true;
  }

 private:
  std::array<row, most> rows_;
};

enum class kind : std::uint8_t { read, write, fence };

struct node {
  kind what = kind::fence;
  int thread = -1;  // -1: an initial write
  int index = 0;
  int where = 0;
  strength how = strength::relaxed;
  int value = 0;
  std::size_t source = 0;
  bool half = false;  // of a read-modify-write
  int pick = 0;       // which sleeper is woken
};

bool is_release(const node& each) {
  return each.how == strength::release || each.how == strength::acq_rel ||
         each.how == strength::seq_cst;
}
bool is_acquire(const node& each) {
  return each.how == strength::acquire || each.how == strength::acq_rel ||
         each.how == strength::seq_cst;
}

struct execution {
  std::vector<node> nodes;
  std::array<std::vector<std::size_t>, words> order;  // coherence

  execution() {
    for (int where = 0; where < words; ++where) {
      node initial;
      initial.what = kind::write;
      initial.where = where;
      order[static_cast<std::size_t>(where)].push_back(nodes.size());
      nodes.push_back(initial);
    }
  }

  [[nodiscard]] bool consistent() const;
  [[nodiscard]] std::string text() const;
};

bool execution::consistent() const {
  const std::size_t size = nodes.size();
  const auto pairs = [&](const std::function<bool(const node&, const node&)>& holds) {
    relation made;
    for (std::size_t i = 0; i < size; ++i) {
      for (std::size_t j = 0; j < size; ++j) {
        made[i][j] = i != j && holds(nodes[i], nodes[j]);
      }
    }
    return made;
  };
  const auto same = [&](const std::function<bool(const node&)>& holds) {
    relation made;
    for (std::size_t i = 0; i < size; ++i) {
      made[i][i] = holds(nodes[i]);
    }
    return made;
  };
  const relation po = pairs([](const node& a, const node& b) {
    return (a.thread == -1 && b.thread != -1) ||
           (a.thread != -1 && a.thread == b.thread && a.index < b.index);
  });
  relation rf;
  for (std::size_t i = 0; i < size; ++i) {
    if (nodes[i].what == kind::read) {
      rf[nodes[i].source][i] = true;
    }
  }
  relation co;
  for (const auto& writes : order) {
    for (std::size_t i = 0; i < writes.size(); ++i) {
      for (std::size_t j = i + 1; j < writes.size(); ++j) {
        co[writes[i]][writes[j]] = true;
      }
    }
  }
  const relation rmw = pairs([](const node& a, const node& b) {
    return a.half && b.half && a.what == kind::read && a.thread == b.thread &&
           b.index == a.index + 1 && b.what == kind::write;
  });
  const relation fr = (rf.inverse() * co).where([](auto i, auto j) { return i != j; });
  const relation id = same([](const node&) { return true; });
  const relation w = same([](const node& each) { return each.what == kind::write; });
  const relation fences = same([](const node& each) { return each.what == kind::fence; });
  const relation rs = w * ((rf * rmw).closed() | id);
  const relation release = same(is_release);
  const relation acquire = same(is_acquire);
  const relation sw = release * ((fences * po) | id) * rs * rf * ((po * fences) | id) * acquire;
  const relation hb = (po | sw).closed();
  const relation eco = (rf | co | fr).closed();
  if (!hb.irreflexive() || !(hb * eco).irreflexive()) {
    return false;
  }
  for (std::size_t i = 0; i < size; ++i) {
    if (((fr * co)[i] & rmw[i]).any()) {
      return false;
    }
  }
  const auto accesses_of_one = [&](std::size_t i, std::size_t j) {
    return nodes[i].what != kind::fence && nodes[j].what != kind::fence &&
           nodes[i].where == nodes[j].where;
  };
  const relation away =
      po.where([&](std::size_t i, std::size_t j) { return !accesses_of_one(i, j); });
  const relation scb = po | (away * hb * away) | hb.where(accesses_of_one) | co | fr;
  const relation sc = same([](const node& each) { return each.how == strength::seq_cst; });
  const relation scf = sc * fences;
  const relation psc = ((sc | (scf * (hb | id))) * scb * (sc | ((hb | id) * scf))) |
                       (scf * (hb | (hb * eco * hb)) * scf);
  return psc.closed().irreflexive();
}

std::string execution::text() const {
  // Named by thread and index, whatever the order in which they were added.
  const auto name = [&](std::size_t at) {
    return nodes[at].thread == -1
               ? std::string("i")
               : std::to_string(nodes[at].thread) + "." + std::to_string(nodes[at].index);
  };
  std::vector<std::string> all;
  for (std::size_t i = words; i < nodes.size(); ++i) {
    std::string line = name(i);
    if (nodes[i].what == kind::read) {
      line += "<" + name(nodes[i].source) +
              (nodes[i].pick == 0 ? "" : "*" + std::to_string(nodes[i].pick));
    } else if (nodes[i].what == kind::write) {
      const auto& writes = order[static_cast<std::size_t>(nodes[i].where)];
      line += "@" + std::to_string(std::ranges::find(writes, i) - writes.begin());
    }
    all.push_back(line + " ");
  }
  std::ranges::sort(all);
  std::string joined;
  for (const std::string& each : all) {
    joined += each;
  }
  return joined;
}

class enumerator {
 public:
  explicit enumerator(const program& of) : of_(of) {}

  outcomes run() {
    explore({}, std::vector<progress>(of_.size()));
    return std::move(found_);
  }

 private:
  struct progress {
    std::size_t next = 0;  // operation
    int events = 0;
    int last = 0;  // read
  };

  void explore(const execution& now, std::vector<progress> threads) {
    if (!seen_.insert(now.text()).second) {
      return;
    }
    bool ended = true;
    bool stuck = true;
    for (std::size_t thread = 0; thread < of_.size(); ++thread) {
      progress& its = threads[thread];
      while (its.next < of_[thread].size() && of_[thread][its.next].only_if_read &&
             *of_[thread][its.next].only_if_read != its.last) {
        ++its.next;
      }
      if (its.next < of_[thread].size()) {
        ended = false;
        stuck = stuck && waits(now, its, thread);
        step(now, threads, thread);
      }
    }
    if (ended) {
      found_.complete.insert(now.text());
    } else if (stuck) {
      found_.stuck.insert(now.text());
    }
  }

  // Whether a thread stands before what the latest write does not let go on.
  bool waits(const execution& now, const progress& its, std::size_t thread) const {
    const operation& next = of_[thread][its.next];
    const int latest = now.nodes[now.order[static_cast<std::size_t>(next.where)].back()].value;
    switch (next.what) {
      case verb::await_equal: return latest != next.value;
      case verb::await_other: return latest == its.last;
      case verb::lock: return latest != 0;
      case verb::sleep: return !was_woken(now, thread);
      default: return false;
    }
  }
  // Who has been woken goes on even when others have come to sleep since.
  static bool was_woken(const execution& now, std::size_t thread) {
    const auto entered =
        std::ranges::find_if(now.nodes.rbegin(), now.nodes.rend(), [&](auto& each) {
          return each.thread == static_cast<int>(thread) && each.where == sleepers_word &&
                 each.what == kind::write;
        });
    const auto& writes = now.order[sleepers_word];
    const auto mine =
        std::ranges::find(writes, static_cast<std::size_t>(now.nodes.rend() - entered) - 1);
    return std::any_of(mine, writes.end(), [&](std::size_t at) {
      return (now.nodes[at].value >> 8 & 1 << thread) != 0;
    });
  }

  void step(const execution& now, const std::vector<progress>& threads, std::size_t thread) {
    const operation& each = of_[thread][threads[thread].next];
    node made;
    made.thread = static_cast<int>(thread);
    made.index = threads[thread].events;
    made.where = each.where;
    made.how = each.how;
    if (each.what == verb::fence) {
      go_on(now, threads, thread, {made}, threads[thread].last);
    } else if (each.what == verb::store || each.what == verb::unlock) {
      made.what = kind::write;
      made.value = each.what == verb::unlock ? 0 : each.value;
      go_on(now, threads, thread, {made}, threads[thread].last);
    } else {
      made.what = kind::read;
      for (const std::size_t source : now.order[static_cast<std::size_t>(each.where)]) {
        read(now, threads, thread, made, source);
      }
    }
  }

  void read(const execution& now, const std::vector<progress>& threads, std::size_t thread,
            node made, std::size_t source) {
    const operation& each = of_[thread][threads[thread].next];
    made.source = source;
    made.value = now.nodes[source].value;
    // Sleepers: a bit for each that waits, and above them for each just woken.
    const int mine = 1 << thread;
    const int waiting = made.value & 0xff;
    std::optional<int> written;
    switch (each.what) {
      case verb::await_equal:
        if (made.value != each.value) {
          return;
        }
        break;
      case verb::await_other:
        if (made.value == threads[thread].last) {
          return;
        }
        break;
      case verb::lock:
        if (made.value != 0) {
          return;
        }
        written = 1;
        break;
      case verb::enter: written = waiting | mine; break;
      case verb::sleep:
        if ((made.value >> 8 & mine) == 0) {
          return;
        }
        break;
      case verb::wake_all:
        if (waiting != 0) {
          written = waiting << 8;
        }
        break;
      case verb::wake_one:
        for (int bit = 1; bit <= waiting; bit <<= 1) {
          if ((waiting & bit) != 0) {
            node write = made;
            made.half = write.half = true;
            write.what = kind::write;
            write.value = (waiting & ~bit) | bit << 8;
            ++write.index;
            go_on(now, threads, thread, {made, write}, made.value);
            ++made.pick;
          }
        }
        if (waiting != 0) {
          return;
        }
        break;
      case verb::fetch_add: written = made.value + each.value; break;
      case verb::exchange: written = each.value; break;
      case verb::compare_exchange:
        if (made.value == each.expected) {
          written = each.value;
        } else {
          made.how = each.how_if_failed;
        }
        break;
      default: break;
    }
    if (!written) {
      go_on(now, threads, thread, {made}, made.value);
      return;
    }
    node write = made;
    made.half = write.half = true;
    write.what = kind::write;
    write.value = *written;
    ++write.index;
    go_on(now, threads, thread, {made, write}, made.value);
  }

  void go_on(const execution& now, std::vector<progress> threads, std::size_t thread,
             const std::vector<node>& added, int last) {
    ++threads[thread].next;
    threads[thread].events += static_cast<int>(added.size());
    // Of sleepers the program sees who waits.
    threads[thread].last =
        of_[thread][threads[thread].next - 1].what >= verb::enter ? last & 0xff : last;
    execution next = now;
    for (const node& each : added) {
      next.nodes.push_back(each);
    }
    if (added.back().what != kind::write) {
      if (next.consistent()) {
        explore(next, threads);
      }
      return;
    }
    auto& writes = next.order[static_cast<std::size_t>(added.back().where)];
    for (std::size_t place = 1; place <= writes.size(); ++place) {
      execution placed = next;
      auto& its = placed.order[static_cast<std::size_t>(added.back().where)];
      its.insert(its.begin() + static_cast<std::ptrdiff_t>(place), next.nodes.size() - 1);
      if (placed.consistent()) {
        explore(placed, threads);
      }
    }
  }

  const program& of_;
  std::set<std::string> seen_;
  outcomes found_;
};

}  // namespace

std::string text_of(const program& what) {
  constexpr std::array verbs{"load",  "store",       "fetch_add",   "exchange", "compare_exchange",
                             "fence", "await_equal", "await_other", "lock",     "unlock",
                             "enter", "sleep",       "wake_one",    "wake_all"};
  constexpr std::array orders{"rlx", "acq", "rel", "acq_rel", "sc"};
  std::string text;
  for (const auto& thread : what) {
    text += "{ ";
    for (const operation& each : thread) {
      if (each.only_if_read) {
        text += "if last==" + std::to_string(*each.only_if_read) + " ";
      }
      text += std::string(verbs[static_cast<std::size_t>(each.what)]) + "(" +
              std::to_string(each.where) + ", " + std::to_string(each.value) + ", " +
              std::to_string(each.expected) + ", " + orders[static_cast<std::size_t>(each.how)] +
              ", " + orders[static_cast<std::size_t>(each.how_if_failed)] + "); ";
    }
    text += "}\n";
  }
  return text;
}

outcomes all_outcomes(const program& of) {
  return enumerator(of).run();
}

}  // namespace handfast::axioms
