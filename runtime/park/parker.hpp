// A thread that sleeps until it is told to look again, and what it is told by.
#pragma once

#include <handfast/park/waker.hpp>
#include <handfast/sync/policy.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace handfast {

/// How long a wait may take.
struct forever {};
template <class Deadline>
struct until {
  Deadline end;
};

/// Tries again, for some microseconds at most, what has come to nothing: less than a sleep
/// costs. Whether it came to something.
template <sync_policy Sync, class Attempt>
bool spin_before_sleep(Attempt attempt) noexcept {
  // Each time twice as long, up to eight pauses: whoever looks at once sees one item, and takes
  // its line away from who brings the next; whoever waits a little finds several, and whoever
  // waits long comes late to the one that he waits for.
  constexpr std::size_t most_doublings = 3;
  for (std::size_t i = 0; i < Sync::limits::tries_before_sleep; ++i) {
    for (auto pauses = std::size_t{1} << std::min(i, most_doublings); pauses > 0; --pauses) {
      Sync::pause();
    }
    if (attempt()) {
      return true;
    }
  }
  return false;
}

/// One thread's sleep. A wake-up that comes before it is not lost.
template <sync_policy Sync>
class parker {
 public:
  parker() noexcept { Sync::name(woken_, "parker.woken"); }
  parker(const parker&) = delete;
  parker& operator=(const parker&) = delete;

  [[nodiscard]] waker handle() noexcept { return {unpark, this}; }

  /// Forgets wake-ups; while no list has the handle.
  void reset() noexcept { woken_.store(0, order::relaxed); }

  /// Sleeps until woken, or for no reason, or to the end of patience. Orders no memory.
  wait_status park(forever) noexcept {
    Sync::wait(woken_, 0);
    return wait_status::woken;
  }
  wait_status park(until<typename Sync::deadline> patience) noexcept {
    return Sync::wait_until(woken_, 0, patience.end);
  }

 private:
  static void unpark(void* whom) noexcept {
    auto& word = static_cast<parker*>(whom)->woken_;
    word.store(1, order::relaxed);  // relaxed: as said below
    Sync::notify_one(word);
  }

  // Relaxed throughout: a word to sleep on; what happened is told by what is looked at next.
  typename Sync::template atomic<std::uint32_t> woken_{0};
};

/// Polls `what` to its end; this thread sleeps in between. Blocks.
template <sync_policy Sync, class Pollable>
void block_on(Pollable& what) noexcept {
  parker<Sync> mine;
  while (what.poll(mine.handle()) == poll_status::pending) {
    mine.park(forever{});
    mine.reset();
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
  }
  return true;
}

}  // namespace handfast
