// K36, Boost.Fiber's unbuffered channel (boostorg/fiber #268): a pusher that finds the
// slot taken lines up to be woken when it is free, and does not look again; if the slot
// was emptied in between, nobody wakes it.
#pragma once

#include <handfast/sync/lock_guard.hpp>

#include <cstdint>
#include <string_view>

namespace handfast::zoo {

template <class Sync, bool Fixed>
struct not_looked_again {
  static constexpr std::string_view claim = "a pusher goes on when the slot is free";
  static constexpr unsigned threads = 2;

  void thread(unsigned index) {
    if (index == 0) {
      push();
      push();
    } else {
      pop();
      pop();
    }
  }
  void finish() {}

 private:
  bool put() {
    std::uint64_t empty = 0;
    return slot.compare_exchange_strong(empty, 1, order::acq_rel, order::acquire);
  }
  void push() {
    if (put()) {
      return;
    }
    const lock_guard<Sync> lock(mutex);
    lined_up = true;
    while (Fixed ? !put() : lined_up) {
      emptied.wait(mutex);
    }
    lined_up = false;
    if constexpr (!Fixed) {
      (void)put();
    }
  }
  void pop() {
    slot.await([](std::uint64_t full) { return full == 1; }, order::acquire);
    slot.store(0, order::release);
    const lock_guard<Sync> lock(mutex);
    if (lined_up) {
      lined_up = Fixed;
      emptied.notify_one();
    }
  }

  typename Sync::template atomic<std::uint64_t> slot;
  typename Sync::mutex mutex;
  typename Sync::condition_variable emptied;
  bool lined_up = false;
};

}  // namespace handfast::zoo
