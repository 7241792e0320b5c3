// K34, the packed event count of Eigen's and Taskflow's pools (taskflow #518,
// onnxruntime #23098): a word holds an epoch, a stack of sleepers and the number of
// those about to sleep; who cancels at the last epoch adds one, and the carry wipes the
// stack. Here the fields are small enough to get there.
#pragma once

#include <handfast/sync/policy.hpp>

#include <array>
#include <cstdint>
#include <string_view>

namespace handfast::zoo {

template <class Sync, bool Fixed>
struct epoch_carries {
  static constexpr std::string_view claim = "who sleeps is woken, at any epoch";
  static constexpr unsigned threads = 2;

  void thread(unsigned index) {
    if (index == 0) {
      cancel(prepare());
      ready.store(1, order::seq_cst);
      notify();
    } else {
      const std::uint64_t ticket = prepare();
      if (ready.load(order::seq_cst) == 1) {
        cancel(ticket);
      } else {
        commit(ticket);
      }
    }
  }
  void finish() {}

 private:
  static constexpr std::uint64_t epochs = 3;           // two bits
  static constexpr std::uint64_t stack = 3U << 2U;     // two bits; all of them: nobody
  static constexpr std::uint64_t one_more = 1U << 4U;  // about to sleep; the rest

  static std::uint64_t after(std::uint64_t now) {
    return Fixed ? (now & ~epochs) | ((now + 1) & epochs) : now + 1;
  }
  std::uint64_t prepare() { return word.fetch_add(one_more, order::seq_cst); }

  // Each that is about to sleep has an epoch of its own, and waits for it; if that has
  // passed, it was notified.
  template <class Change>
  bool change_at_turn(std::uint64_t ticket, Change change) {
    const std::uint64_t mine = (ticket + ticket / one_more) & epochs;
    for (;;) {
      std::uint64_t now = word.await(
          [](std::uint64_t seen, std::uint64_t epoch) { return ((seen - epoch) & epochs) <= 1; },
          mine, order::seq_cst);
      if ((now & epochs) != mine) {
        return false;
      }
      if (word.compare_exchange_strong(now, change(now), order::seq_cst, order::seq_cst)) {
        return true;
      }
    }
  }
  void cancel(std::uint64_t ticket) {
    change_at_turn(ticket, [](std::uint64_t now) { return after(now - one_more); });
  }
  void commit(std::uint64_t ticket) {
    if (change_at_turn(ticket, [](std::uint64_t now) { return after(now - one_more) & ~stack; })) {
      while (woken.load(order::acquire) == 0) {
        Sync::wait(woken, 0);
      }
    }
  }
  void notify() {
    std::uint64_t now = word.load(order::seq_cst);
    for (;;) {
      if (now >= one_more) {
        if (word.compare_exchange_strong(now, after(now - one_more), order::seq_cst,
                                         order::seq_cst)) {
          return;  // it has been notified before it sleeps
        }
      } else if ((now & stack) == stack) {
        return;
      } else if (word.compare_exchange_strong(now, now | stack, order::seq_cst, order::seq_cst)) {
        woken.store(1, order::release);
        Sync::notify_one(woken);
        return;
      }
    }
  }

  typename Sync::template atomic<std::uint64_t> word{stack | epochs};
  typename Sync::template atomic<std::uint64_t> ready;
  typename Sync::template atomic<std::uint32_t> woken;
};

}  // namespace handfast::zoo
