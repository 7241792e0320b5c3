// K28, cppcoro's manual-reset event (cppcoro 0a768bf): set() unlocks and then notifies;
// a waiter that sees the event set, having waited or not, destroys it first.
#pragma once

#include <handfast/memory/object.hpp>

#include <string_view>

namespace handfast::zoo {

template <class Sync>
struct manual_reset_event {
  template <bool Fixed>
  void set() {
    mutex.lock();
    is_set.write() = true;
    if constexpr (Fixed) {
      condition.notify_all();
      mutex.unlock();
    } else {
      mutex.unlock();
      condition.notify_all();
    }
  }
  void wait() {
    mutex.lock();
    while (!is_set.read()) {
      condition.wait(mutex);
    }
    mutex.unlock();
  }

  typename Sync::mutex mutex;
  typename Sync::condition_variable condition;
  typename Sync::template var<bool> is_set;
};

template <class Sync, bool Fixed>
struct event_notifies_late {
  static constexpr std::string_view claim = "an event may be destroyed once it was seen to be set";
  static constexpr unsigned threads = 2;

  void thread(unsigned index) {
    if (index == 0) {
      event->template set<Fixed>();
    } else {
      event->wait();
      destroy_object<manual_reset_event<Sync>, Sync>(event);
    }
  }
  void finish() {}

  manual_reset_event<Sync>* event = make_object<manual_reset_event<Sync>, Sync>();
};

}  // namespace handfast::zoo
