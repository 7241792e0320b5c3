// K39, WPILib's threads (allwpilib #9423): the flag that stops a worker is cleared, and
// the worker notified, outside the mutex under which it looks at the flag; it looks,
// the flag is cleared, it is notified, and then it goes to sleep.
#pragma once

#include <handfast/sync/lock_guard.hpp>

#include <cstdint>
#include <string_view>

namespace handfast::zoo {

template <class Sync, bool Fixed>
struct stop_outside_lock {
  static constexpr std::string_view claim = "a worker that is told to stop does";
  static constexpr unsigned threads = 2;

  void thread(unsigned index) {
    if (index == 0) {
      const lock_guard<Sync> lock(mutex);
      while (active.load(order::acquire) == 1) {
        condition.wait(mutex);
      }
    } else if constexpr (Fixed) {
      const lock_guard<Sync> lock(mutex);
      stop();
    } else {
      stop();
    }
  }
  void finish() {}

 private:
  void stop() {
    active.store(0, order::release);
    condition.notify_all();
  }

  typename Sync::mutex mutex;
  typename Sync::condition_variable condition;
  typename Sync::template atomic<std::uint64_t> active{1};
};

}  // namespace handfast::zoo
