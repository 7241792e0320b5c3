// A test-and-test-and-set lock.
#pragma once

#include "on_std.hpp"

template <class On = on_std, bool Wrong = false>
class spin_lock {
 public:
  void lock() {
    while (locked_.exchange(true, std::memory_order::acquire)) {
      while (locked_.load(std::memory_order::relaxed)) {
        On::pause();
      }
    }
  }
  void unlock() {
    locked_.store(false, Wrong ? std::memory_order::relaxed : std::memory_order::release);
  }

 private:
  typename On::template atomic<bool> locked_{false};
};
