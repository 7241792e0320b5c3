// A thread that sleeps until it is told to look again, and what it is told by.
#pragma once

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

  /// Looks for a wake-up for about as long as it costs to wake a thread, without sleep; whether
  /// one came. If so, what was before it is seen, and whoever woke this is done with it.
  /// Shorter, and of two who hand over in turn each would be asleep when the other comes.
  [[nodiscard]] bool spin() noexcept {
    std::int64_t first_round = 0;
    for (std::size_t pauses = Sync::limits::pauses_before_sleep;; --pauses) {
      // [parker.woken] acquire: pairs with unpark's release.
      if (state_.load(order::acquire) == woken) {
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

  /// Sleeps until woken, or for no reason, or to the end of patience. Orders no memory.
  wait_status park(forever) noexcept {
    if (falls_asleep()) {
      Sync::wait(state_, asleep);
    }
    return wait_status::woken;
  }
  wait_status park(until<typename Sync::deadline> patience) noexcept {
    return falls_asleep() ? Sync::wait_until(state_, asleep, patience.end) : wait_status::woken;
  }

 private:
  static constexpr std::uint32_t awake = 0;
  static constexpr std::uint32_t asleep = 1;
  static constexpr std::uint32_t woken = 2;

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
  [[nodiscard]] bool falls_asleep() noexcept {
    std::uint32_t was = awake;
    // relaxed: what happened is told by what is looked at next.
    state_.compare_exchange_strong(was, asleep, order::relaxed, order::relaxed);
    return was != woken;
  }

  static void unpark(void* whom) noexcept {
    auto& state = static_cast<parker*>(whom)->state_;
    // [parker.woken] release: pairs with spin's acquire.
    if (state.exchange(woken, order::release) == asleep) {
      Sync::notify_one(state);
    }
  }

  typename Sync::template atomic<std::uint32_t> state_{awake};
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
