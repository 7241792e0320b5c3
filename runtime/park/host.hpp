// What runs a thread's work where putting the thread to sleep would stop more than that work:
// a scheduler's worker. Its work waits by going aside, stack and all, and the thread goes on with
// other work.
#pragma once

#include <handfast/park/timer.hpp>
#include <handfast/park/waker.hpp>
#include <handfast/sync/policy.hpp>

namespace handfast {

/// The calling thread's, while it runs such work. After it was put aside, the work may find
/// itself on another thread, with another host.
template <sync_policy Sync>
class host {
 public:
  host(const host&) = delete;
  host& operator=(const host&) = delete;

  /// Nullptr: nobody minds if this thread sleeps. Not inlined, for a compiler that has seen the
  /// thread's slot takes it for the same one after the work has come back elsewhere.
  [[nodiscard, gnu::noinline]] static host* here() noexcept {
    asm volatile("");  // keeps the call from being taken for one without effects
    return place();
  }

  /// Leaves the calling stack, then calls `falls_asleep(whom)`; where that is true, the stack goes
  /// on once `comes_back` is woken, else at once.
  virtual void put_aside(waker& comes_back, bool (*falls_asleep)(void*) noexcept,
                         void* whom) noexcept = 0;

  /// Runs the job at `what` at once, if it is what would come next here and the stack has room:
  /// for who is about to wait for it, and would only go aside.
  virtual void help(const void* what) noexcept = 0;

  /// Lets what else is ready here run once, and comes back; without that if nothing is. Who waits
  /// for one of those does better by this than by a sleep.
  virtual void give_way() noexcept = 0;

  /// The same up to so many times, until `attempt` comes to something; whether it did. Each time
  /// that those who were ready have run, what the caller waits for may have been done.
  static constexpr int times_to_give_way = 8;
  template <class Attempt>
  [[nodiscard]] static bool give_way_until(Attempt attempt) {
    for (int times = 0; times < times_to_give_way; ++times) {
      here()->give_way();
      if (attempt()) {
        return true;
      }
    }
    return false;
  }

  /// Rings for those who are put aside until some time.
  [[nodiscard]] virtual timer<Sync>& alarms() noexcept = 0;

 protected:
  host() = default;
  ~host() = default;

  /// From here on this thread's work is `who`'s, or nobody's.
  static void is_here(host* who) noexcept { place() = who; }

 private:
  struct tag;

  [[nodiscard]] static host*& place() noexcept {
    return Sync::template thread_slot<host*, tag>::get();
  }
};

}  // namespace handfast
