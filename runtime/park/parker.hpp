// A thread that sleeps until it is told to look again, and what it is told by. Where the thread is
// a worker's, what it runs goes aside instead (host.hpp).
#pragma once

#include <handfast/park/host.hpp>
#include <handfast/park/timer.hpp>
#include <handfast/park/waker.hpp>
#include <handfast/sync/busy_wait.hpp>
#include <handfast/sync/policy.hpp>

#include <cstddef>
#include <cstdint>

namespace handfast {

/// How long a wait may take.
struct forever {};
template <class Deadline>
struct until {
  Deadline end;
};

/// One thread's sleep. A wake-up that comes before it is not lost, and costs nothing but
/// itself: the system is called for who sleeps.
template <sync_policy Sync>
class parker {
 public:
  parker() noexcept { Sync::name(state_, "parker.state"); }
  parker(const parker&) = delete;
  parker& operator=(const parker&) = delete;

  [[nodiscard]] waker handle() noexcept { return {unpark, this}; }

  /// Forgets wake-ups; while no list has the handle.
  void reset() noexcept {
    state_.store(awake, order::relaxed);  // relaxed: what it was for is looked at next
  }

  /// Whether a wake-up came; then what was before it is seen.
  [[nodiscard]] bool was_woken() const noexcept {
    // [parker.woken] acquire: pairs with unpark's release.
    return state_.load(order::acquire) == woken;
  }

  /// Looks for a wake-up for about as long as it costs to wake a thread, without sleep; whether
  /// one came. If so, what was before it is seen, and whoever woke this is done with it.
  /// Shorter, and of two who hand over in turn each would be asleep when the other comes.
  /// What runs on a worker does not: others wait for its thread.
  [[nodiscard]] bool spin() noexcept {
    if (host<Sync>::here() != nullptr) {
      return false;
    }
    std::int64_t first_round = 0;
    for (std::size_t pauses = Sync::limits::pauses_before_sleep;; --pauses) {
      if (was_woken()) {
        return true;
      }
      if (pauses == 0) {
        if (!may_go_on(first_round)) {
          return false;
        }
        pauses = Sync::limits::pauses_before_sleep;
      }
      Sync::pause();
    }
  }

  /// Sleeps until woken, or for no reason, whatever the thread runs. Orders no memory.
  void sleep() noexcept {
    if (falls_asleep(asleep)) {
      Sync::wait(state_, asleep);
    }
  }
  /// The same, to the end of patience at most.
  wait_status sleep_until(typename Sync::deadline end) noexcept {
    return falls_asleep(asleep) ? Sync::wait_until(state_, asleep, end) : wait_status::woken;
  }
  /// Sleeps until woken, or for no reason, or to the end of patience; what runs on a worker goes
  /// aside. Orders no memory.
  wait_status park(forever) noexcept {
    if (host<Sync>* const here = host<Sync>::here()) {
      go_aside(*here);
    } else {
      sleep();
    }
    return wait_status::woken;
  }
  wait_status park(until<typename Sync::deadline> patience) noexcept {
    if (host<Sync>* const here = host<Sync>::here()) {
      timer<Sync>& alarms = here->alarms();
      typename timer<Sync>::alarm late;
      alarms.set(late, patience.end, handle());
      go_aside(*here);
      alarms.turn_off(late);
      return Sync::clock::now() >= patience.end ? wait_status::timed_out : wait_status::woken;
    }
    return sleep_until(patience.end);
  }

 private:
  static constexpr std::uint32_t awake = 0;
  static constexpr std::uint32_t asleep = 1;
  static constexpr std::uint32_t woken = 2;
  static constexpr std::uint32_t aside = 3;

  // Whether there is time for another round of looks.
  [[nodiscard]] static bool may_go_on([[maybe_unused]] std::int64_t& first_round) noexcept {
    if constexpr (Sync::limits::nanoseconds_awake == 0) {
      return false;
    } else {
      const std::int64_t now = nanoseconds_now<Sync>();
      first_round = first_round == 0 ? now : first_round;
      return now - first_round < Sync::limits::nanoseconds_awake;
    }
  }

  // Unless it was woken by now. It may be asleep since an earlier one, which ended for no reason.
  [[nodiscard]] bool falls_asleep(std::uint32_t how) noexcept {
    std::uint32_t was = awake;
    // [parker.aside] release: pairs with unpark's acquire, what comes back is there. relaxed: what
    // happened is told by what is looked at next.
    state_.compare_exchange_strong(was, how, order::release, order::relaxed);
    return was != woken;
  }

  void go_aside(host<Sync>& here) noexcept {
    here.put_aside(
        comes_back_.write(),
        [](void* whom) noexcept { return static_cast<parker*>(whom)->falls_asleep(aside); }, this);
  }

  static void unpark(void* whom) noexcept {
    parker& self = *static_cast<parker*>(whom);
    // [parker.woken] release: pairs with spin's acquire.
    // [parker.aside] acquire: pairs with falls_asleep's release.
    const std::uint32_t was = self.state_.exchange(woken, order::acq_rel);
    if (was == asleep) {
      Sync::notify_one(self.state_);
    } else if (was == aside) {
      self.comes_back_.read().wake();
    }
  }

  typename Sync::template atomic<std::uint32_t> state_{awake};
  typename Sync::template var<waker> comes_back_;
};

/// Polls `what` to its end; this thread sleeps in between. Blocks.
template <sync_policy Sync, class Pollable>
void block_on(Pollable& what) noexcept {
  parker<Sync> mine;
  while (what.poll(mine.handle()) == poll_status::pending) {
    mine.park(forever{});
    mine.reset();
    if (!Sync::step()) {
      return;  // as if it had to be ready for being woken
    }
  }
}

/// The same until `end`; whether it came to its end by then. If not, it waits no more until
/// it is polled again. Blocks.
template <sync_policy Sync, class Pollable>
[[nodiscard]] bool block_on_until(Pollable& what, typename Sync::deadline end) noexcept {
  parker<Sync> mine;
  while (what.poll(mine.handle()) == poll_status::pending) {
    if (mine.park(until<typename Sync::deadline>{end}) == wait_status::timed_out) {
      return what.give_up() == poll_status::ready;
    }
    mine.reset();
    if (!Sync::step()) {
      return true;  // the same
    }
  }
  return true;
}

}  // namespace handfast
