// What the code here is written on, in the program; in its checks that is
// handfast::check::traits.
#pragma once

#include <atomic>

struct on_std {
  template <class Value>
  using atomic = std::atomic<Value>;
  static void fence(std::memory_order order) { std::atomic_thread_fence(order); }
  static void pause() {}
};
