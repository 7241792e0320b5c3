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
// waiters' the expensive one.
#pragma once

#include <handfast/memory/linked_list.hpp>
#include <handfast/park/parker.hpp>
#include <handfast/park/waker.hpp>
#include <handfast/sync/lock_guard.hpp>
#include <handfast/sync/policy.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <source_location>
#include <tuple>

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

  explicit wait_list(ordered_by how = ordered_by::fences) noexcept
      : needs_fences_(how == ordered_by::fences) {
    Sync::name(mutex_, "wait_list.mutex");
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
      enlist(mine, sleep.handle());
      if (needs_fences_) {
        look_after_enlisting();
      }
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
      // [wait_list.look] seq_cst: pairs with look_after_enlisting's heavy fence; the caller's
      // change is seen by who enlists, or who is enlisted is seen here.
      Sync::light_fence(order::seq_cst);
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
  /// `look_after_enlisting` in between where the list needs it, and leaves before it goes.
  void enlist(waiter& who, waker wakes) noexcept {
    const lock_guard<Sync> lock(mutex_);
    who.waker_.write() = wakes;
    waiters_.push_back(who);
    count(1);
  }

  [[nodiscard]] bool needs_fences() const noexcept { return needs_fences_; }
  /// Once for as many lists as were enlisted on.
  static void look_after_enlisting() noexcept {
    // [wait_list.look] seq_cst: pairs with call's light fence.
    Sync::heavy_fence(order::seq_cst);
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

  void count(int more) noexcept {
    const std::uint32_t now = waiting_.load(order::relaxed);
    waiting_.store(now + static_cast<std::uint32_t>(more), order::relaxed);
  }

  const bool needs_fences_;
  typename Sync::mutex mutex_;
  linked_list<waiter, Sync> waiters_;
  // Relaxed throughout: written under `mutex_`; the fences of rule 2 order the look.
  typename Sync::template atomic<std::uint32_t> waiting_{0};
};

}  // namespace handfast
