// Threads that wait for something to change, and how they are woken: the slow path
// of whatever does not lock. Nobody who changes something pays more than a look at a
// number while nobody waits.
//
// Rules
//  1. Links and `enlisted_` are touched only while `mutex_` is held.
//  2. Whoever waits enlists, and then looks again; whoever changes something does so,
//     and then looks whether anybody is enlisted. Between the two of each stands a
//     fence, so one of them sees the other: no wake-up is lost.
//  3. A call takes its waiter off the list: it is for one, and is owed to one. Who was
//     called and did without passes it on.
//  4. A waiter is called while `mutex_` is held, and leaves through it: whoever called
//     is done with it by then. So it may live on its thread's stack.
//
// Progress: `call` with nobody waiting is wait-free. The mutex is held for a few
// instructions, and for the system call of each wake-up.
//
// After the event count (Vyukov 2008; Kepner, folly's EventCount) and Go's wait queues:
// a list, not a number, so that each waiter can be called, cancelled, or be one of
// several of a select. The fences are those of Dekker's algorithm, the waiters' the
// expensive one.
#pragma once

#include <handfast/sync/lock_guard.hpp>
#include <handfast/sync/policy.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <tuple>

namespace handfast {

/// Those who wait for one thing. Any thread may call any member, several at once; no
/// waiter is enlisted when the list is destroyed.
template <sync_policy Sync>
class wait_list {
 public:
  using deadline = typename Sync::deadline;

  static constexpr std::size_t all = std::numeric_limits<std::size_t>::max();

  /// One wait of one thread.
  class waiter {
   public:
    waiter() noexcept { Sync::name(called_, "waiter.called"); }
    waiter(const waiter&) = delete;
    waiter& operator=(const waiter&) = delete;

   private:
    friend class wait_list;

    // Relaxed throughout: a word to sleep on. Whether it was called is told by the list.
    typename Sync::template atomic<std::uint32_t> called_{0};
    typename Sync::template var<bool> enlisted_;
    typename Sync::template var<waiter*> next_;
    typename Sync::template var<waiter*> previous_;
  };

  /// How long a wait may take.
  struct forever {
    wait_status sleep(typename Sync::template atomic<std::uint32_t>& word) const noexcept {
      Sync::wait(word, 0);
      return wait_status::woken;
    }
  };
  struct until {
    deadline end;
    wait_status sleep(typename Sync::template atomic<std::uint32_t>& word) const noexcept {
      return Sync::wait_until(word, 0, end);
    }
  };

  wait_list() noexcept { Sync::name(mutex_, "wait_list.mutex"); }
  wait_list(const wait_list&) = delete;
  wait_list& operator=(const wait_list&) = delete;
  ~wait_list() {
    Sync::assert_that(first_.read() == nullptr, "a wait list goes while a thread is on it");
  }

  /// Calls `attempt`, asleep in between, until it says that it has come to something;
  /// false if patience ended first. What `attempt` looks at is changed by others before
  /// they `call`. Blocks.
  template <class Attempt, class Patience>
  [[nodiscard]] bool await(Attempt attempt, Patience patience) noexcept {
    for (;;) {
      waiter mine;
      enlist(mine);
      if (attempt()) {
        if (leave(mine) == call_status::called) {
          call(1);
        }
        return true;
      }
      // It may end for no reason, and is no more than that: what counts is the next look.
      const wait_status ended = patience.sleep(mine.called_);
      std::ignore = leave(mine);
      if (attempt()) {
        return true;
      }
      if (ended == wait_status::timed_out) {
        return false;
      }
    }
  }

  /// Wakes at most so many of those that wait, the longest waiting first. Does not block.
  void call(std::size_t most) noexcept {
    // [wait_list.look] seq_cst: pairs with enlist's heavy fence; the caller's change is
    // seen by who enlists, or who is enlisted is seen here.
    Sync::light_fence(order::seq_cst);
    if (waiting_.load(order::relaxed) == 0) {
      return;
    }
    const lock_guard<Sync> lock(mutex_);
    for (; most > 0 && first_.read() != nullptr; --most) {
      waiter& called = *first_.read();
      unlink(called);
      called.called_.store(1, order::relaxed);
      Sync::notify_one(called.called_);
    }
  }

 private:
  enum class call_status : unsigned char { called, not_called };

  void enlist(waiter& who) noexcept {
    {
      const lock_guard<Sync> lock(mutex_);
      waiter* const last = last_.read();
      who.previous_.write() = last;
      who.enlisted_.write() = true;
      (last == nullptr ? first_ : last->next_).write() = &who;
      last_.write() = &who;
      count(1);
    }
    // [wait_list.look] seq_cst: pairs with call's light fence.
    Sync::heavy_fence(order::seq_cst);
  }

  // Whether it was called: then it is off the list already.
  [[nodiscard]] call_status leave(waiter& who) noexcept {
    const lock_guard<Sync> lock(mutex_);
    if (!who.enlisted_.read()) {
      return call_status::called;
    }
    unlink(who);
    return call_status::not_called;
  }

  void unlink(waiter& who) noexcept {
    waiter* const previous = who.previous_.read();
    waiter* const next = who.next_.read();
    (previous == nullptr ? first_ : previous->next_).write() = next;
    (next == nullptr ? last_ : next->previous_).write() = previous;
    who.enlisted_.write() = false;
    count(-1);
  }

  void count(int more) noexcept {
    const std::uint32_t now = waiting_.load(order::relaxed);
    waiting_.store(now + static_cast<std::uint32_t>(more), order::relaxed);
  }

  typename Sync::mutex mutex_;
  typename Sync::template var<waiter*> first_;
  typename Sync::template var<waiter*> last_;
  // Relaxed throughout: written under `mutex_`; the fences of rule 2 order the look.
  typename Sync::template atomic<std::uint32_t> waiting_{0};
};

}  // namespace handfast
