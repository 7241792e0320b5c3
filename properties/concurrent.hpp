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

#include "properties/ends.hpp"
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
      out << " " << name_of(each.kind);
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
      : plan_(plan), moved_(moved), on_(on), core_(on.make(plan.capacity)) {}

  history run() {
    const std::size_t threads = plan_.threads.size();
    std::vector<std::vector<call>> logs(threads + 1);
    std::vector<ends<core>> handles = make_handles(threads);
    const auto have = [&handles](call_kind drop) {
      return static_cast<std::size_t>(
          std::ranges::count_if(handles, [drop](const auto& each) { return each.can(drop); }));
    };
    history all{
        core_->capacity(), have(call_kind::drop_sender), have(call_kind::drop_receiver), {}};
    std::vector<typename Sync::thread> running;
    for (std::size_t i = 0; i <= threads; ++i) {
      running.emplace_back([this, i, &log = logs[i], mine = std::move(handles[i])]() mutable {
        if (i < plan_.threads.size()) {
          for (const planned_call& each : plan_.threads[i]) {
            make_call(mine, each.kind, each.amount, i, log);
          }
        } else {
          for (unsigned pauses = 0; pauses < plan_.close_after; ++pauses) {
            Sync::pause();
          }
          make_call(mine, call_kind::close, 1, i, log);
        }
        // What is left goes too, and is a call like any other.
        for (const call_kind drop : {call_kind::drop_sender, call_kind::drop_receiver}) {
          while (mine.can(drop)) {
            make_call(mine, drop, 1, i, log);
          }
        }
      });
    }
    for (auto& thread : running) {
      thread.join();
    }
    all.one_item = !on_.many_items;
    for (const std::vector<call>& log : logs) {
      all.calls.insert(all.calls.end(), log.begin(), log.end());
    }
    return all;
  }

 private:
  // A sender and a receiver for each thread, a sender for the one that closes. Where there
  // is one sender the first thread has it, and no receiver, so that it comes to its end and
  // closes; where there is one receiver the second has it.
  std::vector<ends<core>> make_handles(std::size_t threads) {
    std::vector<ends<core>> handles(threads + 1);
    sender<core> tx(*core_);
    receiver<core> rx(*core_);
    for (std::size_t i = 0; i < threads; ++i) {
      if (on_.many_senders) {
        handles[i].take(tx.clone());
      }
      if (on_.many_receivers && (on_.many_senders || i > 0)) {
        handles[i].take(rx.clone());
      }
    }
    handles[on_.many_senders ? threads : 0].take(std::move(tx));
    if (!on_.many_receivers) {
      handles[1].take(std::move(rx));
    }
    return handles;
  }

  // The counter's order is the order of real time: what was answered before
  // another call was invoked has the smaller stamp.
  std::uint64_t stamp() { return clock_.fetch_add(1, std::memory_order_seq_cst) + 1; }

  static typename Sync::deadline soon() {
    return Sync::clock::now() + std::chrono::duration_cast<typename Sync::clock::duration>(
                                    std::chrono::microseconds(20));
  }

  // Does nothing if the thread has dropped the handle that the call needs.
  void make_call(ends<core>& mine, call_kind kind, std::size_t amount, std::size_t thread,
                 std::vector<call>& log) {
    if (!mine.can(kind)) {
      return;
    }
    call& made = log.emplace_back(
        asking(kind, amount, [this] { return next_.fetch_add(1, std::memory_order_relaxed) + 1; }));
    made.thread = thread;
    made.invoked = stamp();
    mine.answer(made, soon());
    made.responded = stamp();
    moved_();
  }

  const concurrent_program& plan_;
  const std::function<void()>& moved_;
  const variant<spec::item, Sync>& on_;
  std::unique_ptr<core> core_;
  std::atomic<std::uint64_t> clock_ = 0;
  std::atomic<spec::item> next_ = 0;
};

}  // namespace handfast::properties
