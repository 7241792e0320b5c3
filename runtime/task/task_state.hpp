// The state of a task that workers run: who may poll it, who puts it into a queue, who frees it.
//
//     scheduled --begin--> running --pend--> idle --wake--> scheduled
//                          running --wake--> notified --pend--> scheduled
//                          running, notified --complete--> complete
//
// Rules
//  1. One worker at a time is between `begin` and `pend` or `complete`; the frame is its alone,
//     and what it did there happens before what the next one does.
//  2. Whoever is told `schedule` or `again` puts the task into a queue, where it is once, and
//     which orders who puts before who takes. So may a worker without asking, in place of `pend`:
//     the task yields. A task begins in a queue. What was before a wake is seen by a poll that
//     begins after it.
//  3. Cancelling schedules the task once more; the worker that begins it is told to drop
//     the frame, and completes it.
//  4. Two hold a task: the runtime, until it is complete and whoever joins has been woken; and
//     the handle. Who lets go last frees it. A complete task is woken and cancelled by nobody but
//     the handle.
//  5. The joiner's waker is the handle's to write while `joins` is off, and the runtime's to wake
//     if it was on when the task became complete.
//
// Progress: every step is wait-free, but for `complete`, which the handle's steps may disturb a
// bounded number of times, and for a handle that goes while its waker is called, which waits for
// that call.
#pragma once

#include <handfast/park/waker.hpp>
#include <handfast/sync/busy_wait.hpp>
#include <handfast/sync/policy.hpp>

#include <cstdint>
#include <tuple>

namespace handfast {

template <sync_policy Sync>
class task_state {
 public:
  /// What the caller of a wake or a cancel does next. `is_scheduled`: nothing, for another does it,
  /// or has done it.
  enum class woken : unsigned char { nothing, schedule, is_scheduled };
  /// What the worker that took it from a queue does with the frame.
  enum class begun : unsigned char { poll, drop };
  /// Where it is after a poll that is pending; `again`: the worker schedules it.
  enum class pended : unsigned char { idle, again };
  enum class let_go : unsigned char { other_holds_it, last };

  task_state() noexcept { Sync::name(word_, "task.state"); }
  task_state(const task_state&) = delete;
  task_state& operator=(const task_state&) = delete;

  /// It may be worth while to poll. From any thread, while the task is held.
  [[nodiscard]] woken wake() noexcept { return notify(notified); }
  /// The frame is to go. The same.
  [[nodiscard]] woken cancel() noexcept { return notify(notified | cancelled); }

  // A worker's, in this order.
  [[nodiscard]] begun begin() noexcept {
    // relaxed: who took it from a queue where it was put after a poll, or at first, has what the
    // queue orders; who was woken by a bit acquires with it.
    std::uint32_t was = word_.load(order::relaxed);
    if ((was & owned) == 0) {
      // [task.frame] acquire: pairs with notify's and pend's release; what was before the wake,
      // and what the last worker did.
      was = word_.fetch_xor(notified | owned, order::acquire);
      Sync::assert_that((was & (notified | is_complete)) == notified,
                        "a task begins that was not scheduled");
    } else if ((was & notified) != 0) {
      // [task.frame] acquire: pairs with notify's release; what was before the wake.
      was = word_.fetch_and(~notified, order::acquire);
    }
    return (was & cancelled) != 0 ? begun::drop : begun::poll;
  }
  /// After it says `idle`, the task is no more this worker's.
  [[nodiscard]] pended pend() noexcept {
    // [task.frame] release: pairs with begin's acquire.
    const std::uint32_t was = word_.fetch_and(~owned, order::release);
    return (was & notified) != 0 ? pended::again : pended::idle;
  }
  /// The frame is done with; wakes who joins. Whether the caller frees the task.
  [[nodiscard]] let_go complete() noexcept {
    // [task.held] acquire: pairs with leave's release; all that the handle did happens before the
    // task is freed.
    std::uint32_t was = word_.load(order::acquire);
    while ((was & (handle | joins)) == handle) {
      // [task.result] release: pairs with join's acquire, what the task gave is there. acquire:
      // pairs with leave's and join's release, where it fails; GCC 12 has no failure's order that
      // is stronger than success's.
      if (word_.compare_exchange_weak(was, completed(was), order::acq_rel, order::acquire)) {
        return let_go::other_holds_it;
      }
    }
    if ((was & handle) == 0) {
      return let_go::last;
    }
    // [task.result] acq_rel: pairs with join's acquire, what the task gave is there; and with
    // join's release, the waker is.
    was = word_.fetch_or(is_complete, order::acq_rel);
    if ((was & joins) != 0) {
      handfast::wake<Sync>(joiner_.read());
    }
    // [task.held] acq_rel: pairs with leave's, and with its acquire; all that was done with the
    // task happens before it is freed.
    return (word_.fetch_and(~runtime, order::acq_rel) & handle) != 0 ? let_go::other_holds_it
                                                                     : let_go::last;
  }

  // The handle's.
  /// Ready once the task is complete; else `wakes` is woken then, in place of an earlier one.
  [[nodiscard]] poll_status join(waker wakes) noexcept {
    if (takes_waker_back()) {
      return poll_status::ready;
    }
    joiner_.write() = wakes;
    // [task.result] acq_rel: pairs with complete's, both ways.
    const std::uint32_t was = word_.fetch_or(joins, order::acq_rel);
    return (was & is_complete) != 0 ? poll_status::ready : poll_status::pending;
  }
  /// The handle goes; nobody calls its waker any more. Whether the caller frees the task.
  [[nodiscard]] let_go leave() noexcept {
    std::ignore = takes_waker_back();
    // [task.held] acquire: pairs with complete's release; all that the worker did happens before
    // the task is freed.
    if ((word_.load(order::acquire) & runtime) == 0) {
      return let_go::last;
    }
    // [task.held] acq_rel: pairs with complete's; all that was done with the task happens before it
    // is freed.
    return (word_.fetch_and(~handle, order::acq_rel) & runtime) != 0 ? let_go::other_holds_it
                                                                     : let_go::last;
  }

 private:
  static constexpr std::uint32_t notified = 1;
  static constexpr std::uint32_t owned = 2;  // running, or in a queue since it was
  static constexpr std::uint32_t is_complete = 4;
  static constexpr std::uint32_t cancelled = 8;
  static constexpr std::uint32_t joins = 16;
  static constexpr std::uint32_t handle = 32;
  static constexpr std::uint32_t runtime = 64;

  // By a runtime that lets go at once.
  [[nodiscard]] static std::uint32_t completed(std::uint32_t word) noexcept {
    return (word | is_complete) & ~runtime;
  }

  [[nodiscard]] woken notify(std::uint32_t how) noexcept {
    // [task.frame] release: pairs with begin's acquire.
    const std::uint32_t was = word_.fetch_or(how, order::release);
    if ((was & (owned | is_complete)) != 0) {
      return woken::nothing;
    }
    return (was & notified) != 0 ? woken::is_scheduled : woken::schedule;
  }

  // The joiner's waker is called no more; whether the task is complete.
  [[nodiscard]] bool takes_waker_back() noexcept {
    // [task.result] acquire: pairs with complete's release.
    std::uint32_t was = word_.load(order::acquire);
    if ((was & joins) != 0) {
      // relaxed: where it is complete, what follows acquires.
      was = word_.fetch_and(~joins, order::relaxed);
      if ((was & is_complete) != 0) {
        busy_wait<Sync> for_the_call;
        // [task.held] acquire: pairs with complete's; the waker has been called.
        while ((word_.load(order::acquire) & runtime) != 0 && for_the_call.looks_again()) {
        }
      }
    }
    return (was & is_complete) != 0;
  }

  typename Sync::template atomic<std::uint32_t> word_{owned | handle | runtime};
  typename Sync::template var<waker> joiner_;
};

}  // namespace handfast
