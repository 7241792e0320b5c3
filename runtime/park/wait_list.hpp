// Those that wait for something to change, and how they are told: the slow path of
// whatever does not lock. Nobody who changes something pays more than a look at a
// number while nobody waits.
//
// Rules
//  1. The list and its waiters are touched only while `mutex_` is held.
//  2. Whoever waits enlists, and then looks again; whoever changes something does so,
//     and then looks whether anybody is enlisted. Between the two of each stands a
//     fence, so one of them sees the other: no wake-up is lost. Where both look and change while
//     they hold one lock, that orders them: one comes after the other, and no fence is needed.
//     The waiter's fence is heavy, and stops every core; whoever changes something pays nothing
//     for its own, and a full one while `crowded_` is set: then the waiter's is a full one too.
//     It is set, and a heavy fence follows before the next enlists, where many wait within a
//     short time; it is cleared while nobody is enlisted. So whoever enlists while it is set is
//     seen by all who do not fence fully, for their look is from before it was.
//  3. A call takes its waiter off the list: it is for one, and is owed to one. Who was
//     called and did without passes it on.
//  4. A waiter is called while `mutex_` is held, and leaves through it: whoever called
//     is done with it, and with what it wakes, by then. So both may live on a stack or in
//     a task's frame.
//
// Progress: `call` with nobody waiting is wait-free. The mutex is held for a few
// instructions, and for the system call of each wake-up.
//
// After the event count (Vyukov 2008; Kepner, folly's EventCount) and Go's wait queues:
// a list, not a number, so that each waiter can be called, cancelled, or be one of
// several of a select (channel/select.hpp). The fences are those of Dekker's algorithm, the
// waiters' the expensive one as long as they are few.
#pragma once

#include <handfast/memory/linked_list.hpp>
#include <handfast/park/parker.hpp>
#include <handfast/park/waker.hpp>
#include <handfast/sync/busy_wait.hpp>
#include <handfast/sync/lock_guard.hpp>
#include <handfast/sync/policy.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <source_location>
#include <tuple>
#include <utility>

namespace handfast {

/// Those who wait for one thing. Any thread may call any member, several at once; no
/// waiter is enlisted when the list is destroyed.
template <sync_policy Sync>
class wait_list {
 public:
  static constexpr std::size_t all = std::numeric_limits<std::size_t>::max();

  /// One wait, on one list.
  class waiter : public linked<waiter, Sync> {
    friend class wait_list;

    typename Sync::template var<waker> waker_;
  };

  /// Whether a waiter was called: then it is off the list already, and owes the call to
  /// another if it does without.
  enum class call_status : unsigned char { called, not_called };

  /// What is between a change and the look whether anybody waits, and the other way round.
  enum class ordered_by : unsigned char { fences, a_lock };

  /// What whoever enlisted does before it looks; the most, where that was on several lists.
  enum class fence_before_look : unsigned char { none, full, heavy };

  explicit wait_list(ordered_by how = ordered_by::fences) noexcept
      : needs_fences_(how == ordered_by::fences) {
    Sync::name(mutex_, "wait_list.mutex");
    Sync::name(waiting_, "wait_list.waiting");
    Sync::name(crowded_, "wait_list.crowded");
  }
  wait_list(const wait_list&) = delete;
  wait_list& operator=(const wait_list&) = delete;
  ~wait_list() { Sync::assert_that(waiters_.empty(), "a wait list goes while somebody is on it"); }

  /// Calls `attempt`, asleep in between, until it says that it has come to something;
  /// false if patience ended first. What `attempt` looks at is changed by others before
  /// they `call`. Blocks.
  template <class Attempt, class Patience>
  [[nodiscard]] bool await(Attempt attempt, Patience patience) noexcept {
    parker<Sync> sleep;
    waiter mine;
    for (;;) {
      sleep.reset();
      look_after_enlisting(enlist(mine, sleep.handle()));
      if (Sync::step() && attempt()) {
        if (leave(mine) == call_status::called) {
          call(1);
        }
        return true;
      }
      // It may end for no reason, and is no more than that: what counts is the next look.
      const wait_status ended = sleep.park(patience);
      std::ignore = leave(mine);
      if (Sync::step() && attempt()) {
        return true;
      }
      if (ended == wait_status::timed_out) {
        return false;
      }
    }
  }

  /// Wakes at most so many of those that wait, the longest waiting first. Does not block.
  void call(std::size_t most,
            std::source_location where = std::source_location::current()) noexcept {
    if (!Sync::step(where)) {
      return;
    }
    if (needs_fences_) {
      look_after_change();
    }
    if (waiting_.load(order::relaxed) == 0) {
      return;
    }
    const lock_guard<Sync> lock(mutex_);
    for (; most > 0 && !waiters_.empty(); --most) {
      waiter& called = *waiters_.first();
      unlink(called);
      wake<Sync>(called.waker_.read());
    }
  }

  /// Puts `who` last, to be woken by a call. Whoever enlists looks again before it waits,
  /// `look_after_enlisting` in between, and leaves before it goes.
  [[nodiscard]] fence_before_look enlist(waiter& who, waker wakes) noexcept {
    const lock_guard<Sync> lock(mutex_);
    const fence_before_look needs = needs_fences_ ? next_fence() : fence_before_look::none;
    who.waker_.write() = wakes;
    waiters_.push_back(who);
    count(1);
    return needs;
  }

  static void look_after_enlisting(fence_before_look how) noexcept {
    if (how == fence_before_look::heavy) {
      // [wait_list.look] seq_cst: pairs with look_after_change's light fence.
      Sync::heavy_fence(order::seq_cst);
    } else if (how == fence_before_look::full) {
      // [wait_list.crowded] seq_cst: pairs with look_after_change's full fence.
      Sync::fence(order::seq_cst);
    }
  }

  /// Has `who`, which enlisted before, woken by this from now on; in its place on the
  /// list, unless it was called.
  [[nodiscard]] call_status renew(waiter& who, waker wakes) noexcept {
    const lock_guard<Sync> lock(mutex_);
    if (!waiters_.is_on(who)) {
      return call_status::called;
    }
    who.waker_.write() = wakes;
    return call_status::not_called;
  }

  /// Takes `who` off. Nobody wakes it any more.
  [[nodiscard]] call_status leave(waiter& who) noexcept {
    const lock_guard<Sync> lock(mutex_);
    if (!waiters_.is_on(who)) {
      return call_status::called;
    }
    unlink(who);
    return call_status::not_called;
  }

 private:
  void unlink(waiter& who) noexcept {
    waiters_.remove(who);
    count(-1);
  }

  void look_after_change() noexcept {
    // [wait_list.look] seq_cst: pairs with look_after_enlisting's and next_fence's heavy fence;
    // the caller's change is seen by who enlists, or who is enlisted, or the crowd, is seen here.
    Sync::light_fence(order::seq_cst);
    // relaxed: the fence orders it.
    if (crowded_.load(order::relaxed)) {
      // [wait_list.crowded] seq_cst: pairs with look_after_enlisting's full fence.
      Sync::fence(order::seq_cst);
    }
  }

  // For who is about to enlist.
  [[nodiscard]] fence_before_look next_fence() noexcept {
    bool crowded = crowded_.load(order::relaxed);  // relaxed: it is written under the lock
    enlisted_.write() += 1;
    if (enlisted_.read() == waits_to_judge) {
      enlisted_.write() = 0;
      if (is_crowd(crowded) != crowded && (!crowded || waiters_.empty())) {
        crowded = !crowded;
        crowded_.store(crowded, order::relaxed);  // relaxed: the fence orders it
        if (crowded) {
          // [wait_list.look] seq_cst: pairs with look_after_change's light fence.
          Sync::heavy_fence(order::seq_cst);
        }
      }
    }
    return crowded ? fence_before_look::full : fence_before_look::heavy;
  }
  // Whether the last few waits came within a short time, or a longer one where it is crowded:
  // a heavy fence costs what a hundred full ones do. Without a clock every other time is short.
  [[nodiscard]] bool is_crowd([[maybe_unused]] bool crowded) noexcept {
    if constexpr (!has_clock) {
      return judged_at_.write()++ % 2 == 1;
    } else {
      const auto now = static_cast<std::uint32_t>(nanoseconds_now<Sync>() / 1024);
      const std::uint32_t since = std::exchange(judged_at_.write(), now);
      return now - since < (crowded ? 4U : 1U) * waits_to_judge * microseconds_apart;
    }
  }

  void count(int more) noexcept {
    const std::uint32_t now = waiting_.load(order::relaxed);
    waiting_.store(now + static_cast<std::uint32_t>(more), order::relaxed);
  }

  static constexpr bool has_clock = Sync::limits::nanoseconds_to_move > 0;
  static constexpr std::uint8_t waits_to_judge = has_clock ? 8 : 1;
  static constexpr std::uint32_t microseconds_apart = 4;

  const bool needs_fences_;
  // Relaxed: written under `mutex_`, and read after a light fence.
  typename Sync::template atomic<bool> crowded_{false};
  typename Sync::template var<std::uint8_t> enlisted_;  // since it was judged whether it is
  typename Sync::mutex mutex_;
  linked_list<waiter, Sync> waiters_;
  // Relaxed throughout: written under `mutex_`; the fences of rule 2 order the look.
  typename Sync::template atomic<std::uint32_t> waiting_{0};
  typename Sync::template var<std::uint32_t> judged_at_;  // in 1024 ns
};

}  // namespace handfast
