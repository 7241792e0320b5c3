// K38, glibc's condition variable (bug 25847): a signal that was sent while one thread
// waited is used up by another that came later, and the first is never woken. Here the
// variable is a word with the number of signals; the right one gives each waiter a
// ticket, and a signal is for the oldest.
#pragma once

#include <handfast/sync/lock_guard.hpp>

#include <cstdint>
#include <string_view>

namespace handfast::zoo {

template <class Sync, bool Fixed>
class signal_condition {
 public:
  void wait(typename Sync::mutex& mutex) {
    const std::uint32_t ticket = tickets++;
    mutex.unlock();
    std::uint32_t now = signals.load(order::acquire);
    while (!takes(ticket, now)) {
      Sync::wait(signals, now);
      now = signals.load(order::acquire);
    }
    mutex.lock();
  }
  // Under the mutex.
  void notify_one() {
    if (sent < tickets) {
      ++sent;
      signals.fetch_add(1, order::release);
      Sync::notify_all(signals);
    }
  }

 private:
  bool takes(std::uint32_t ticket, std::uint32_t now) {
    if constexpr (Fixed) {
      return ticket < now;
    } else {
      return now > 0 &&
             signals.compare_exchange_strong(now, now - 1, order::acq_rel, order::acquire);
    }
  }

  typename Sync::template atomic<std::uint32_t> signals;
  std::uint32_t tickets = 0;
  std::uint32_t sent = 0;
};

template <class Sync, bool Fixed>
struct signal_for_another {
  static constexpr std::string_view claim = "a signal is for one who waited when it was sent";
  static constexpr unsigned threads = 3;

  void thread(unsigned index) {
    const lock_guard<Sync> lock(mutex);
    if (index == 0) {
      wait_until(first);
      second = true;
      condition.notify_one();
    } else if (index == 1) {
      first = true;
      condition.notify_one();
    } else if (first) {
      wait_until(second);  // comes after the signal for `first`
    }
  }
  void finish() {}

 private:
  void wait_until(const bool& what) {
    while (!what) {
      condition.wait(mutex);
    }
  }

  typename Sync::mutex mutex;
  signal_condition<Sync, Fixed> condition;
  bool first = false;
  bool second = false;
};

}  // namespace handfast::zoo
