// Small concurrent programs on real threads, recorded as histories.
//
// Every thread has a sender and a receiver of its own, and drops them in the end; one
// more thread closes the channel, sooner or later. So no program is stuck by design.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <ostream>
#include <span>
#include <utility>
#include <vector>

#include "properties/history.hpp"
#include "properties/variants.hpp"

namespace handfast::properties {

/// One call that a thread makes; `amount` items or rooms, for the `_many` forms.
struct planned_call {
  call_kind kind = call_kind::send;
  std::uint8_t amount = 1;
};

struct concurrent_program {
  std::uint8_t capacity = 1;
  std::uint16_t close_after = 0;  ///< pauses before the close
  std::vector<std::vector<planned_call>> threads;
};

inline std::ostream& operator<<(std::ostream& out, const concurrent_program& plan) {
  out << "capacity " << int{plan.capacity} << ", close after " << plan.close_after << " pauses";
  for (std::size_t i = 0; i < plan.threads.size(); ++i) {
    out << "\nthread " << i << ":";
    for (const planned_call& each : plan.threads[i]) {
      call shown;
      shown.kind = each.kind;
      shown.most = each.amount;
      const std::string text = to_string(shown);
      out << " " << text.substr(0, text.find('('));
      if (each.kind == call_kind::send_many || each.kind == call_kind::receive_many) {
        out << "(" << int{each.amount} << ")";
      }
    }
  }
  return out;
}

/// Runs a program once, on a channel of one variant. `moved` is called after each call.
template <class Sync>
class recorder {
  using core = any_core<spec::item, Sync>;

 public:
  recorder(const concurrent_program& plan, const variant<spec::item, Sync>& on,
           const std::function<void()>& moved)
      : plan_(plan), moved_(moved), clones_(on.clones), core_(on.make(plan.capacity)) {}

  history run() {
    const std::size_t threads = plan_.threads.size();
    history all{core_->capacity(), clones_ ? threads + 1 : 1, clones_ ? threads : 1, {}};
    std::vector<std::vector<call>> logs(threads + 1);
    std::vector<ends> handles = make_handles(threads);
    std::vector<typename Sync::thread> running;
    for (std::size_t i = 0; i <= threads; ++i) {
      running.emplace_back([this, i, &log = logs[i], mine = std::move(handles[i])]() mutable {
        if (i < plan_.threads.size()) {
          for (const planned_call& each : plan_.threads[i]) {
            make_call(mine, each, i, log);
          }
        } else {
          for (unsigned pauses = 0; pauses < plan_.close_after; ++pauses) {
            Sync::pause();
          }
          make_call(mine, {call_kind::close}, i, log);
        }
        // What is left goes too, and is a call like any other.
        make_call(mine, {call_kind::drop_sender}, i, log);
        make_call(mine, {call_kind::drop_receiver}, i, log);
      });
    }
    for (auto& thread : running) {
      thread.join();
    }
    for (const std::vector<call>& log : logs) {
      all.calls.insert(all.calls.end(), log.begin(), log.end());
    }
    return all;
  }

 private:
  struct ends {
    std::optional<sender<core>> tx;
    std::optional<receiver<core>> rx;
  };

  // A sender and a receiver for each thread, a sender for the one that closes. Where
  // there are no clones, a sender for the first and a receiver for the second thread.
  std::vector<ends> make_handles(std::size_t threads) {
    std::vector<ends> handles(threads + 1);
    sender<core> tx(*core_);
    receiver<core> rx(*core_);
    if (!clones_) {
      handles[0].tx.emplace(std::move(tx));
      handles[1].rx.emplace(std::move(rx));
      return handles;
    }
    for (std::size_t i = 0; i < threads; ++i) {
      handles[i].tx.emplace(tx.clone());
      handles[i].rx.emplace(rx.clone());
    }
    handles[threads].tx.emplace(std::move(tx));
    return handles;
  }

  // The counter's order is the order of real time: what was answered before
  // another call was invoked has the smaller stamp.
  std::uint64_t stamp() { return clock_.fetch_add(1, std::memory_order_seq_cst) + 1; }

  call begun(call_kind kind, std::size_t thread) {
    call made;
    made.kind = kind;
    made.thread = thread;
    made.invoked = stamp();
    return made;
  }
  call ended(call made) {
    made.responded = stamp();
    moved_();
    return made;
  }

  static typename Sync::deadline soon() {
    return Sync::clock::now() + std::chrono::duration_cast<typename Sync::clock::duration>(
                                    std::chrono::microseconds(20));
  }

  spec::item new_item() { return next_.fetch_add(1, std::memory_order_relaxed) + 1; }

  // Does nothing if the thread has dropped the handle that the call needs.
  void make_call(ends& mine, const planned_call& planned, std::size_t thread,
                 std::vector<call>& log) {
    const bool needs_sender = planned.kind <= call_kind::send_many ||
                              planned.kind == call_kind::drop_sender ||
                              planned.kind == call_kind::close;
    if (needs_sender ? !mine.tx : !mine.rx) {
      return;
    }
    std::vector<spec::item> items;
    if (planned.kind <= call_kind::send_many) {
      const std::size_t count = planned.kind == call_kind::send_many ? planned.amount : 1;
      for (std::size_t i = 0; i < count; ++i) {
        items.push_back(new_item());
      }
    }
    call made = begun(planned.kind, thread);
    made.asked = items;
    switch (planned.kind) {
      case call_kind::send: record_send(made, mine.tx->send(items[0])); break;
      case call_kind::try_send: record_send(made, mine.tx->try_send(items[0])); break;
      case call_kind::send_until: record_send(made, mine.tx->send_until(items[0], soon())); break;
      case call_kind::send_many: {
        const auto result = mine.tx->send_many(items);
        made.sent = items.size() - (result ? 0 : result.error().items.size());
        if (!result) {
          made.send_failed = result.error().reason;
        }
        break;
      }
      case call_kind::receive: record_receive(made, mine.rx->receive()); break;
      case call_kind::try_receive: record_receive(made, mine.rx->try_receive()); break;
      case call_kind::receive_until: record_receive(made, mine.rx->receive_until(soon())); break;
      case call_kind::receive_many: {
        std::vector<std::optional<spec::item>> rooms(planned.amount);
        made.most = std::min<std::size_t>(planned.amount, Sync::limits::items_per_lock);
        const auto result = mine.rx->receive_many(rooms);
        if (result) {
          for (std::size_t i = 0; i < *result; ++i) {
            made.got.push_back(*rooms[i]);
          }
        } else {
          made.receive_failed = result.error();
        }
        break;
      }
      case call_kind::close: made.closed = mine.tx->close(); break;
      case call_kind::drop_sender: mine.tx.reset(); break;
      case call_kind::drop_receiver: mine.rx.reset(); break;
    }
    log.push_back(ended(std::move(made)));
  }

  static void record_send(call& made, const send_result<spec::item>& result) {
    if (result) {
      made.sent = 1;
    } else {
      made.send_failed = result.error().reason;
    }
  }
  static void record_receive(call& made, const receive_result<spec::item>& result) {
    if (result) {
      made.got = {*result};
    } else {
      made.receive_failed = result.error();
    }
  }

  const concurrent_program& plan_;
  const std::function<void()>& moved_;
  bool clones_;
  std::unique_ptr<core> core_;
  std::atomic<std::uint64_t> clock_ = 0;
  std::atomic<spec::item> next_ = 0;
};

}  // namespace handfast::properties
