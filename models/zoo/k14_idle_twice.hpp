// K14, tokio's blocking pool (tokio #7910): who wakes a worker takes it off the number
// of idle ones, and a worker that ends puts itself back on first; at shutdown it does
// so even if nobody took it off.
#pragma once

#include <handfast/sync/lock_guard.hpp>

#include <cstdint>
#include <string_view>

namespace handfast::zoo {

template <class Sync, bool Fixed>
struct idle_twice {
  static constexpr std::string_view claim = "no worker is counted as idle when all have ended";
  static constexpr unsigned threads = 2;

  void thread(unsigned index) {
    if (index == 0) {
      work();
    } else {
      spawn();
      shut_down();
    }
  }
  void finish() { Sync::assert_that(idle == 0, "nobody is idle"); }

 private:
  void work() {
    const lock_guard<Sync> lock(mutex);
    ++idle;
    bool notified = false;
    while (!shut && !notified) {
      if (notifications > 0) {
        --notifications;
        notified = true;  // whoever notified has counted it out
      } else {
        condition.wait(mutex);
      }
    }
    if (Fixed ? notified : (notified || shut)) {
      ++idle;
    }
    --idle;  // it ends
  }
  void spawn() {
    const lock_guard<Sync> lock(mutex);
    if (idle > 0) {
      --idle;
      ++notifications;
      condition.notify_one();
    }
  }
  void shut_down() {
    const lock_guard<Sync> lock(mutex);
    shut = true;
    if (notifications > 0) {
      --notifications;  // not to be had any more
      ++idle;
    }
    condition.notify_all();
  }

  typename Sync::mutex mutex;
  typename Sync::condition_variable condition;
  int idle = 0;
  int notifications = 0;
  bool shut = false;
};

}  // namespace handfast::zoo
