// K20, libuv's async handles (libuv #50, #197): a sender wakes the loop only if it was
// the one to set `pending`; the loop handles what there is and then stores 0, over a
// flag that a sender has set meanwhile and counts on.
#pragma once

#include <handfast/sync/policy.hpp>

#include <cstdint>
#include <string_view>

namespace handfast::zoo {

template <class Sync, bool Fixed>
struct trampled_flag {
  static constexpr std::string_view claim = "each event is handled";
  static constexpr unsigned threads = 2;

  void thread(unsigned index) {
    if (index == 0) {
      send();
      send();
    } else {
      for (std::uint64_t handled = 0; handled < 2;) {
        wait_for_wake();
        handled += handle();
      }
    }
  }
  void finish() {}

 private:
  void send() {
    events.fetch_add(1, order::acq_rel);
    if (pending.exchange(1, order::acq_rel) == 0) {
      wakes.fetch_add(1, order::release);
      Sync::notify_one(wakes);
    }
  }
  void wait_for_wake() {
    std::uint32_t now = wakes.load(order::acquire);
    while (now == seen) {
      Sync::wait(wakes, seen);
      now = wakes.load(order::acquire);
    }
    seen = now;
  }
  std::uint64_t handle() {
    if constexpr (Fixed) {
      pending.exchange(0, order::acq_rel);
      return events.exchange(0, order::acq_rel);
    } else {
      const std::uint64_t handled = events.exchange(0, order::acq_rel);
      pending.store(0, order::release);
      return handled;
    }
  }

  typename Sync::template atomic<std::uint64_t> events;
  typename Sync::template atomic<std::uint64_t> pending;
  typename Sync::template atomic<std::uint32_t> wakes;
  std::uint32_t seen = 0;
};

}  // namespace handfast::zoo
