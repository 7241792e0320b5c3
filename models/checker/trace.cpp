#include "models/checker/trace.hpp"

#include <algorithm>
#include <array>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "models/checker/search.hpp"
#include "models/checker/update.hpp"

namespace handfast::checker {
namespace {

// Whether a thread's next event can come when so much of each thread has come.
template <class Positions>
bool can_come(const graph& of, const event& next, const Positions& done) {
  const auto has_come = [&](stamp at) {
    return at == initial || of[at].index < done[of[at].thread];
  };
  if (next.index == 0 && !has_come(of.creator(next.thread))) {
    return false;
  }
  switch (next.kind) {
    case event_kind::read: return has_come(next.source);
    case event_kind::join:
      return done[next.data.low] == of.thread(static_cast<thread_index>(next.data.low)).size();
    default: return true;
  }
}

// Any order: a thread for as long as it can.
std::vector<stamp> any_order(const graph& of) {
  std::vector<stamp> order;
  std::vector<std::uint32_t> done(of.threads());
  while (order.size() < of.size()) {
    const std::size_t before = order.size();
    for (thread_index thread = 0; thread < of.threads(); ++thread) {
      const auto events = of.thread(thread);
      while (done[thread] < events.size() && can_come(of, of[events[done[thread]]], done)) {
        order.push_back(events[done[thread]++]);
      }
    }
    if (order.size() == before) {
      break;  // no such graph is made
    }
  }
  return order;
}

std::string fence_name(fence_reach reach) {
  switch (reach) {
    case fence_reach::light: return "light fence";
    case fence_reach::heavy: return "heavy fence";
    default: return "fence";
  }
}

}  // namespace

std::vector<stamp> fewest_switches(const graph& of, std::size_t patience) {
  // Of many threads there are too many states to come far.
  constexpr std::size_t most_events = 500;
  constexpr std::size_t most_threads = 16;
  if (of.size() > most_events || of.threads() > most_threads) {
    return any_order(of);
  }
  // Breadth first: what can be reached with one more change of thread.
  struct state {
    std::array<std::uint16_t, most_threads> done{};
    thread_index last = no_thread;
    auto operator<=>(const state&) const = default;
  };
  std::map<state, state> came_from;
  const state start;
  std::deque<state> open{start};
  came_from[start] = start;
  while (!open.empty() && came_from.size() < patience) {
    const state now = open.front();
    open.pop_front();
    bool whole = true;
    for (thread_index thread = 0; thread < of.threads(); ++thread) {
      const auto events = of.thread(thread);
      state next = now;
      // To stay longer with a thread costs nothing, and may be too long: each
      // length is tried.
      while (next.done[thread] < events.size() &&
             can_come(of, of[events[next.done[thread]]], next.done)) {
        ++next.done[thread];
        next.last = thread;

        if (came_from.try_emplace(next, now).second) {
          open.push_back(next);
        }
      }
      whole &= now.done[thread] == events.size();
    }
    if (!whole) {
      continue;
    }
    std::vector<stamp> order;
    for (state at = now; at.last != no_thread; at = came_from[at]) {
      const state& before = came_from[at];
      const auto events = of.thread(at.last);
      for (std::size_t i = at.done[at.last]; i > before.done[at.last]; --i) {
        order.push_back(events[i - 1]);
      }
    }
    std::ranges::reverse(order);
    return order;
  }
  return any_order(of);
}

namespace {

constexpr std::size_t least_line_width = 24;
constexpr std::size_t cell_width = 40;

std::string text_of(const value& data, std::uint8_t size) {
  if (size <= 8) {
    return data.low > (std::uint64_t{1} << 63U) ? "-" + std::to_string(~data.low + 1)
                                                : std::to_string(data.low);
  }
  return std::to_string(data.high) + ":" + std::to_string(data.low);
}

class table {
 public:
  explicit table(const search& of) : now_(of.now()), run_(of.run()) {
    const auto fit = [this](const std::source_location& line) {
      line_width_ = std::max(line_width_, short_line(line).size() + std::string("  #    ").size());
    };
    for (stamp at = 0; at < now_.size(); ++at) {
      fit(now_[at].line);
    }
    for (const execution::plain_access& each : run_.plain_accesses()) {
      fit(each.line);
    }
  }

  std::string text() {
    for (stamp at = 0; at < now_.size(); ++at) {
      const event& each = now_[at];
      plain_before(each.thread, each.index);
      const bool second_half = each.kind == event_kind::write && each.exclusive;
      rows_of_[at] = second_half ? rows_of_[at - 1] : add(each.thread, each.line, told(at));
    }
    for (thread_index thread = 0; thread < now_.threads(); ++thread) {
      plain_before(thread, now_.thread(thread).size());
    }
    std::string head = padded("  #  where", line_width_);
    for (thread_index thread = 0; thread <= last_thread_; ++thread) {
      head += padded("thread " + std::to_string(thread), cell_width);
    }
    return trimmed(head) + "\n" + shortened(rows_);
  }

 private:
  // Of very many lines the first and the last.
  static std::string shortened(const std::string& rows) {
    constexpr std::ptrdiff_t most = 300;
    const auto lines = std::ranges::count(rows, '\n');
    if (lines <= most) {
      return rows;
    }
    std::size_t first_end = 0;
    for (int i = 0; i < most / 3; ++i) {
      first_end = rows.find('\n', first_end) + 1;
    }
    std::size_t last_begin = rows.size() - 1;
    for (int i = 0; i < most * 2 / 3; ++i) {
      last_begin = rows.rfind('\n', last_begin - 1);
    }
    return rows.substr(0, first_end) + "     … " + std::to_string(lines - most) +
           " lines left out\n" + rows.substr(last_begin + 1);
  }

  static std::string padded(std::string text, std::size_t width) {
    text.resize(std::max(text.size() + 1, width), ' ');
    return text;
  }
  static std::string trimmed(std::string text) {
    text.erase(text.find_last_not_of(' ') + 1);
    return text;
  }

  std::size_t add(thread_index thread, const std::source_location& line, std::string_view what) {
    ++number_;
    last_thread_ = std::max(last_thread_, thread);
    std::string number = std::to_string(number_);
    std::string before = padded(std::string(3 - std::min<std::size_t>(3, number.size()), ' ') +
                                    number + "  " + short_line(line),
                                line_width_);
    // Cells that are too long go on in the next line.
    while (!what.empty()) {
      std::size_t size = what.size();
      if (size >= cell_width) {
        size = what.rfind(' ', cell_width - 1);
        size = size == std::string_view::npos ? what.size() : size;
      }
      rows_ += trimmed(before + std::string(thread * cell_width, ' ') +
                       std::string(what.substr(0, size))) +
               "\n";
      what.remove_prefix(std::min(what.size(), size + 1));
      before = std::string(line_width_ + 2, ' ');
    }
    return number_;
  }

  // Accesses of plain data that come before an event of their thread.
  void plain_before(thread_index thread, std::size_t position) {
    const auto& all = run_.plain_accesses();
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (all[i].thread == thread && all[i].position <= position && !told_plain_[i]) {
        told_plain_[i] = true;
        const char* name = run_.given_name(all[i].address);
        add(thread, all[i].line,
            std::string(all[i].writes ? "writes " : "reads ") +
                (name != nullptr ? name : "data " + data_name(all[i].address)));
      }
    }
  }

  // Nameless data gets a letter.
  std::string data_name(const void* address) {
    const auto [at, fresh] = letters_.try_emplace(address, letters_.size());
    std::string name;
    for (std::size_t rest = at->second + 1; rest > 0; rest = (rest - 1) / 26) {
      name.insert(name.begin(), static_cast<char>('A' + (rest - 1) % 26));
    }
    return name;
  }

  // Which write a read read, and why it could if there was a newer one.
  std::string read_from(stamp at) {
    const event& read = now_[at];
    std::string text = read.source == initial
                           ? " <- initial"
                           : " <- #" + std::to_string(rows_of_[read.source]) +
                                 (now_[read.source].thread == read.thread
                                      ? ""
                                      : " of thread " + std::to_string(now_[read.source].thread));
    const std::uint32_t place = now_.place(read.source);
    for (const stamp write : now_.writes(read.where)) {
      if (now_[write].place > place && write < at) {
        text +=
            ", though #" + std::to_string(rows_of_[write]) + " is newer: it does not happen before";
        break;
      }
    }
    return text;
  }

  std::string told(stamp at) {
    const event& each = now_[at];
    const std::string order = " (" + std::string(order_name(each.how)) + ")";
    switch (each.kind) {
      case event_kind::create: return "starts thread " + std::to_string(each.data.low);
      case event_kind::join: return "joins thread " + std::to_string(each.data.low);
      case event_kind::fence: return fence_name(each.reach) + order;
      case event_kind::choice:
        return each.operand.high != 0 && each.data.low == each.operand.high
                   ? "its deadline passes"
                   : "chooses " + std::to_string(each.data.low) + " of " +
                         std::to_string(each.expected.low);
      case event_kind::write:
        if (run_.kind_of(each.where) == execution::thing::mutex) {
          return "unlocks " + run_.name_of(each.where);
        }
        return "stores " + text_of(each.data, each.size) + " in " + run_.name_of(each.where) +
               order;
      case event_kind::read: return told_read(at);
    }
    return {};
  }

  std::string told_read(stamp at) {
    const event& each = now_[at];
    const std::string name = run_.name_of(each.where);
    const std::string order = " (" + std::string(order_name(each.how)) + ")";
    const std::string from = read_from(at);
    const bool mutex = run_.kind_of(each.where) == execution::thing::mutex;
    if (each.waiting) {
      return "waits for " + name + from;
    }
    if (each.until == await::being_taken) {
      return "wakes" + from;
    }
    const std::string seen = text_of(each.data, each.size);
    switch (each.then) {
      case update::none: return "loads " + seen + " from " + name + order + from;
      case update::lock: return "locks " + name + from;
      case update::enter_waiters: return "goes to sleep on " + name;
      case update::take_one_waiter:
      case update::take_all_waiters: {
        const char* verb =
            each.then == update::take_one_waiter ? "notifies one on " : "notifies all on ";
        if (waiters::waiting(each.data) == 0) {
          return verb + name + ": nobody sleeps";
        }
        std::string woken;
        const thread_set taken = waiters::unpacked(waiters::taken(*updated(each)));
        for (const thread_index thread : taken) {
          woken += (woken.empty() ? ": thread " : ", ") + std::to_string(thread);
        }
        return verb + name + woken;
      }
      case update::compare_exchange:
      case update::compare_exchange_weak:
        if (mutex) {
          return std::string(each.exclusive ? "try_lock takes " : "try_lock finds busy ") + name +
                 from;
        }
        if (!each.exclusive) {
          return "compares " + name + " with " + text_of(each.expected, each.size) +
                 (each.pick != 0 ? ", fails for no reason" : ", finds " + seen) + order + from;
        }
        break;
      default: break;
    }
    return "changes " + name + " from " + seen + " to " + text_of(*updated(each), each.size) +
           order + from;
  }

  const graph& now_;
  const execution& run_;
  std::map<stamp, std::size_t> rows_of_;
  std::map<std::size_t, bool> told_plain_;
  std::map<const void*, std::size_t> letters_;
  std::size_t line_width_ = least_line_width;
  std::size_t number_ = 0;
  thread_index last_thread_ = 0;
  std::string rows_;
};

}  // namespace

std::string_view order_name(access how) {
  constexpr std::array<std::string_view, 6> names{"plain",   "relaxed", "acquire",
                                                  "release", "acq_rel", "seq_cst"};
  return names[static_cast<std::size_t>(how)];
}

std::string columns(const search& of) {
  return table(of).text();
}

}  // namespace handfast::checker
