// K19, oneTBB's address waiter (oneTBB #2136): unlock frees the mutex with a
// read-modify-write and then looks whether anybody waits, with no fence between; who
// comes to wait says so and then looks at the mutex. Neither sees the other.
#pragma once

#include <handfast/sync/policy.hpp>

#include <cstdint>
#include <string_view>

namespace handfast::zoo {

template <class Sync, bool Fixed>
struct unfenced_unlock {
  static constexpr std::string_view claim = "who waits for a mutex is woken when it is free";
  static constexpr unsigned threads = 2;

  void thread(unsigned index) {
    if (index == 0) {
      unlock();
    } else {
      lock_slowly();
    }
  }
  void finish() {}

 private:
  void unlock() {
    locked.exchange(0, order::release);
    if constexpr (Fixed) {
      Sync::fence(order::seq_cst);
    }
    if (waiters.load(order::relaxed) != 0) {
      epoch.store(1, order::release);
      Sync::notify_one(epoch);
    }
  }
  void lock_slowly() {
    waiters.store(1, order::relaxed);
    Sync::fence(order::seq_cst);
    if (locked.load(order::relaxed) == 0) {
      return;
    }
    while (epoch.load(order::acquire) == 0) {
      Sync::wait(epoch, 0);
    }
  }

  typename Sync::template atomic<std::uint64_t> locked{1};
  typename Sync::template atomic<std::uint64_t> waiters;
  typename Sync::template atomic<std::uint32_t> epoch;
};

}  // namespace handfast::zoo
