// A mutex of one word, and a condition variable of two: what `native` has in place of the system's,
// which are ten times as large and, where nobody else is there, cost twice as much.
//
// Rules
//  1. The word says `free`, `held`, or `wanted`: held, and somebody may sleep for it. Who unlocks
//     what is wanted wakes one; who has slept takes it as wanted, for others may sleep yet.
//  2. Who waits counts itself and reads the sequence while it holds the mutex. Whoever notifies
//     has changed what is waited for under that mutex before, so it sees the count, and moves the
//     sequence past what the waiter has read: no wake-up is lost.
//
// After Drepper, Futexes Are Tricky (2011), mutex 2.
#pragma once

#include <handfast/sync/order.hpp>

#include <cstddef>
#include <cstdint>
#include <source_location>

namespace handfast {

/// `Words` has `atomic`, `wait`, `notify_one`, `notify_all`, `pause` and `limits`, as a policy has.
/// Not recursive; unlocked by who locked it.
template <class Words>
class word_mutex {
 public:
  word_mutex() = default;
  word_mutex(const word_mutex&) = delete;
  word_mutex& operator=(const word_mutex&) = delete;

  void lock() noexcept {
    if (!try_lock()) {
      lock_when_free();
    }
  }
  /// May fail for no reason.
  [[nodiscard]] bool try_lock() noexcept {
    std::uint32_t was = is_free;
    // [mutex.held] acquire: pairs with unlock's release; what its last holder did. relaxed: who
    // fails has seen nothing.
    return word_.compare_exchange_weak(was, held, order::acquire, order::relaxed);
  }
  void unlock() noexcept {
    // [mutex.held] release: pairs with lock's acquire.
    if (word_.exchange(is_free, order::release) == wanted) {
      Words::notify_one(word_);
    }
  }

 private:
  static constexpr std::uint32_t is_free = 0;
  static constexpr std::uint32_t held = 1;
  static constexpr std::uint32_t wanted = 2;
  // Most are held for a few instructions.
  static constexpr std::size_t most_pauses = Words::limits::pauses_before_sleep / 16;

  [[gnu::noinline]] void lock_when_free() noexcept {
    for (std::size_t i = 0; i < most_pauses; ++i) {
      Words::pause();
      // relaxed: a look.
      if (word_.load(order::relaxed) == is_free && try_lock()) {
        return;
      }
    }
    // [mutex.held] acquire: pairs with unlock's release.
    while (word_.exchange(wanted, order::acquire) != is_free) {
      Words::wait(word_, wanted);
    }
  }

  typename Words::template atomic<std::uint32_t> word_{is_free};
};

/// The mutex is held by who waits. A wait may end for no reason.
template <class Words>
class word_condition {
 public:
  word_condition() = default;
  word_condition(const word_condition&) = delete;
  word_condition& operator=(const word_condition&) = delete;

  void wait(word_mutex<Words>& mine) noexcept {
    sleep(mine, [this](std::uint32_t seen) { Words::wait(sequence_, seen); });
  }
  /// What the last of `Words::wait_until` says.
  template <class Deadline>
  auto wait_until(word_mutex<Words>& mine, Deadline end) noexcept {
    return sleep(
        mine, [this, end](std::uint32_t seen) { return Words::wait_until(sequence_, seen, end); });
  }

  void notify_one() noexcept {
    if (moves_on()) {
      Words::notify_one(sequence_);
    }
  }
  void notify_all() noexcept {
    if (moves_on()) {
      Words::notify_all(sequence_);
    }
  }

 private:
  template <class Sleep>
  auto sleep(word_mutex<Words>& mine, Sleep until_notified) noexcept {
    struct waiter {
      waiter(word_condition& what, word_mutex<Words>& mutex) noexcept : on(what), mine(mutex) {
        on.waiters_.fetch_add(1, order::relaxed);
        seen = on.sequence_.load(order::relaxed);
        mine.unlock();
      }
      ~waiter() {
        on.waiters_.fetch_sub(1, order::relaxed);
        mine.lock();
      }
      word_condition& on;
      word_mutex<Words>& mine;
      std::uint32_t seen = 0;
    };
    waiter asleep(*this, mine);
    return until_notified(asleep.seen);
  }

  // Whether anybody may be waiting.
  [[nodiscard]] bool moves_on() noexcept {
    if (waiters_.load(order::relaxed) == 0) {
      return false;
    }
    sequence_.fetch_add(1, order::relaxed);
    return true;
  }

  // Relaxed throughout: the mutex orders who waits and what is changed.
  typename Words::template atomic<std::uint32_t> waiters_{0};
  // Relaxed throughout: the same.
  typename Words::template atomic<std::uint32_t> sequence_{0};
};

}  // namespace handfast
