// Which workers sleep and which search for work, so that work wakes one when nobody searches.
//
// Rules
//  1. Whoever puts work somewhere calls after that. A call wakes one sleeper, if there is one and
//     nobody searches; the woken worker searches from then on, counted by who woke it. So for
//     many pieces of work that come at once one is woken, and no second before the first has
//     found something.
//  2. Who stops to search since it found something wakes another, if it was the last who
//     searched and there is more.
//  3. Who goes to sleep is counted as a sleeper, and no more as a searcher, before it looks a
//     last time. A heavy fence is in between, and a light one between a piece of work and the
//     look of who called for it: so the caller sees the sleeper, or the sleeper the work. If the
//     caller saw somebody search instead, that one looks last after that.
//  4. Who begins to search is counted before it does, a heavy fence in between: `nobody_searches`
//     tells a deque's owner that no thief comes before what the owner has done.
//  5. `sleepers_` is touched while `mutex_` is held; so is the count of sleepers changed.
//
// Progress: a call is wait-free unless it wakes somebody.
//
// After the searching workers of Go and tokio. Theirs pay a full fence for each piece of work;
// here it is paid by who goes to sleep.
#pragma once

#include <handfast/memory/linked_list.hpp>
#include <handfast/park/parker.hpp>
#include <handfast/sync/lock_guard.hpp>
#include <handfast/sync/policy.hpp>

#include <cstdint>

namespace handfast {

/// Any thread may call and ask; the rest is for workers.
template <sync_policy Sync>
class idle {
 public:
  /// A worker's bed.
  class sleeper : public linked<sleeper, Sync> {
    friend class idle;

    parker<Sync> sleep_;
  };

  idle() noexcept { Sync::name(word_, "idle"); }
  idle(const idle&) = delete;
  idle& operator=(const idle&) = delete;

  /// There is work, put there before.
  void summon() noexcept {
    // [idle.look] seq_cst: pairs with sleep's heavy fence.
    Sync::light_fence(order::seq_cst);
    // relaxed: the fence orders it.
    if (may_wake(word_.load(order::relaxed)) && Sync::step()) {
      wake_one();
    }
  }
  /// Whether a call may wake anybody. A hint.
  [[nodiscard]] bool may_wake() const noexcept {
    return may_wake(word_.load(order::relaxed));  // relaxed: a hint
  }
  /// Wakes all that sleep, to look what has changed.
  void summon_all() noexcept {
    const lock_guard<Sync> lock(mutex_);
    while (sleeper* const first = sleepers_.first()) {
      wake_up(*first);
    }
  }

  /// Whether nobody searches, nor will without seeing what the caller did before.
  [[nodiscard]] bool nobody_searches() noexcept {
    // [idle.search] seq_cst: pairs with begin_search's heavy fence.
    Sync::light_fence(order::seq_cst);
    // [idle.found] acquire: pairs with end_search's and sleep's release; what they took is gone.
    return searching(word_.load(order::acquire)) == 0;
  }

  /// Whether the caller may search, of so many workers: half of them are enough.
  [[nodiscard]] bool begin_search(std::uint32_t workers) noexcept {
    // relaxed: the fence orders it.
    if (2 * searching(word_.load(order::relaxed)) >= workers) {
      return false;
    }
    // relaxed: the same.
    word_.fetch_add(one_searching, order::relaxed);
    look_after_counting();
    return true;
  }
  /// The caller has found something; whether it is to see whether there is more, and to call.
  [[nodiscard]] bool end_search() noexcept {
    // [idle.found] release: pairs with nobody_searches' acquire.
    const std::uint32_t was = word_.fetch_sub(one_searching, order::release);
    if (!may_wake(was - one_searching)) {
      return false;
    }
    look_after_counting();
    return true;
  }

  /// Sleeps until it is called, unless `attempt` comes to something; `searches`: the caller does.
  /// It does, when this returns.
  template <class Attempt>
  void sleep(sleeper& mine, bool searches, Attempt attempt) noexcept {
    mine.sleep_.reset();
    {
      const lock_guard<Sync> lock(mutex_);
      sleepers_.push_back(mine);
      // [idle.found] release: pairs with nobody_searches' acquire.
      word_.fetch_add(one_sleeping - (searches ? one_searching : 0), order::release);
    }
    look_after_counting();
    if (Sync::step() && attempt()) {
      const lock_guard<Sync> lock(mutex_);
      if (sleepers_.is_on(mine)) {
        get_up(mine);
      }
    } else {
      while (is_asleep(mine)) {
        mine.sleep_.sleep();
      }
    }
    look_after_counting();
  }

  /// How many sleep; what they did before is seen.
  [[nodiscard]] std::uint32_t sleeping() const noexcept {
    // [idle.found] acquire: pairs with sleep's release.
    return word_.load(order::acquire) / one_sleeping;
  }

 private:
  static constexpr std::uint32_t one_searching = 1;
  static constexpr std::uint32_t one_sleeping = 1U << 16U;

  [[nodiscard]] static std::uint32_t searching(std::uint32_t word) noexcept {
    return word % one_sleeping;
  }
  [[nodiscard]] static bool may_wake(std::uint32_t word) noexcept {
    return word >= one_sleeping && searching(word) == 0;
  }

  // Between the count and what is looked at then.
  static void look_after_counting() noexcept {
    // [idle.look] seq_cst: pairs with call's light fence.
    // [idle.search] seq_cst: pairs with nobody_searches' light fence.
    Sync::heavy_fence(order::seq_cst);
  }

  void wake_one() noexcept {
    const lock_guard<Sync> lock(mutex_);
    // relaxed: the lock orders who sleeps; who searches is counted for the next call.
    if (may_wake(word_.load(order::relaxed))) {
      wake_up(*sleepers_.first());
    }
  }
  void wake_up(sleeper& who) noexcept {
    get_up(who);
    wake<Sync>(who.sleep_.handle());
  }
  void get_up(sleeper& who) noexcept {
    sleepers_.remove(who);
    // relaxed: as for begin_search; the woken worker fences.
    word_.fetch_add(one_searching - one_sleeping, order::relaxed);
  }

  [[nodiscard]] bool is_asleep(sleeper& who) noexcept {
    const lock_guard<Sync> lock(mutex_);
    return sleepers_.is_on(who);
  }

  typename Sync::mutex mutex_;
  linked_list<sleeper, Sync> sleepers_;
  typename Sync::template atomic<std::uint32_t> word_{0};
};

}  // namespace handfast
