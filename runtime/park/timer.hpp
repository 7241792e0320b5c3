// Alarms: who waits for something else is woken when its time has come.
//
// Rules
//  1. The heap and its alarms are touched only while `mutex_` is held.
//  2. The timer's thread sleeps until `sleeps_until_`, no later than the first alarm's time.
//     Whoever sets an alarm that comes before that wakes the thread, so that it sleeps less. Who
//     turns one off does not: the thread wakes once for nothing, and so an alarm that is set and
//     turned off again and again costs no wake-ups.
//     After it has rung some, the thread sleeps for `limits::nanoseconds_of_slack` at least: of
//     many that come one shortly after the other, each is late by no more than that, and they cost
//     one wake-up of the thread together.
//  3. An alarm is rung while `mutex_` is held, and turned off through it: it may live on a
//     stack or in a task's frame, and so may what it wakes.
//
// Progress: blocking, for the few instructions that the mutex is held, and for the system
// call of each wake-up. An idle timer sleeps.
#pragma once

#include <handfast/memory/pairing_heap.hpp>
#include <handfast/park/waker.hpp>
#include <handfast/sync/lock_guard.hpp>
#include <handfast/sync/policy.hpp>

#include <algorithm>

namespace handfast {

/// Rings alarms, from a thread of its own. Any thread may call any member, several at once.
/// No alarm is on when it is destroyed.
template <sync_policy Sync>
class timer {
 public:
  using deadline = typename Sync::deadline;

  /// One wait for a time; in one timer at a time, and off when it goes.
  class alarm : public heaped<alarm, Sync> {
   public:
    [[nodiscard]] bool comes_before(const alarm& other) const noexcept {
      return end_.read() < other.end_.read();
    }

   private:
    friend class timer;

    typename Sync::template var<deadline> end_;
    typename Sync::template var<waker> waker_;
  };

  /// Whether an alarm's time has come: then it is off.
  enum class alarm_status : unsigned char { rung, not_rung };

  /// Stops the program where there is no thread to be had.
  timer() noexcept : thread_([this] { ring_all(); }) {}
  timer(const timer&) = delete;
  timer& operator=(const timer&) = delete;
  ~timer() {
    {
      const lock_guard<Sync> lock(mutex_);
      Sync::assert_that(alarms_.first() == nullptr, "a timer goes while an alarm is on");
      ends_.write() = true;
    }
    sooner_.notify_one();
    thread_.join();
  }

  /// Turns `which` on: `wakes` is woken at `end`, or soon after. It is off before.
  void set(alarm& which, deadline end, waker wakes) noexcept {
    bool sooner = false;
    {
      const lock_guard<Sync> lock(mutex_);
      which.end_.write() = end;
      which.waker_.write() = wakes;
      alarms_.put(which);
      sooner = end < sleeps_until_.read();
      if (sooner) {
        sleeps_until_.write() = end;
      }
    }
    if (sooner) {
      sooner_.notify_one();
    }
  }

  /// Has it wake this from now on, unless it has rung.
  [[nodiscard]] alarm_status renew(alarm& which, waker wakes) noexcept {
    const lock_guard<Sync> lock(mutex_);
    if (!alarms_.has(which)) {
      return alarm_status::rung;
    }
    which.waker_.write() = wakes;
    return alarm_status::not_rung;
  }

  /// Turns it off. It wakes nobody any more.
  void turn_off(alarm& which) noexcept {
    const lock_guard<Sync> lock(mutex_);
    if (alarms_.has(which)) {
      alarms_.remove(which);
    }
  }

 private:
  void ring_all() noexcept {
    const lock_guard<Sync> lock(mutex_);
    while (!ends_.read()) {
      alarm* const next = alarms_.first();
      if (next == nullptr) {
        sleeps_until_.write() = deadline::max();
        sooner_.wait(mutex_);
        continue;
      }
      const deadline end = std::max(next->end_.read(), rests_until_);
      sleeps_until_.write() = end;
      if (sooner_.wait_until(mutex_, end) == wait_status::timed_out) {
        ring(end);
      }
    }
  }

  // What was to ring by then, whatever has been set meanwhile.
  void ring(deadline now) noexcept {
    for (alarm* each = alarms_.first(); each != nullptr && each->end_.read() <= now;
         each = alarms_.first()) {
      alarms_.remove(*each);
      wake<Sync>(each->waker_.read());
    }
    if constexpr (Sync::limits::nanoseconds_of_slack > 0) {
      rests_until_ = now + typename deadline::duration(Sync::limits::nanoseconds_of_slack);
    }
  }

  typename Sync::mutex mutex_;
  typename Sync::condition_variable sooner_;
  pairing_heap<alarm, Sync> alarms_;
  typename Sync::template var<bool> ends_;
  typename Sync::template var<deadline> sleeps_until_;  // from the beginning of time
  deadline rests_until_ = deadline::min();              // the thread's
  typename Sync::thread thread_;
};

}  // namespace handfast
