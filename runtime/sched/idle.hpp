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
//  6. One of the sleepers may be on the lookout: it gets up by itself now and then, to see after
//     work that nobody is to be woken for before it has waited. While it is there a call wakes
//     nobody, as while somebody searches; where work is not to wait, `summon_at_once` does. It
//     stops to be on the lookout as others go to sleep: counted before it looks a last time.
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
#include <tuple>
#include <utility>

namespace handfast {

/// Any thread may call and ask; the rest is for workers.
template <sync_policy Sync>
class idle {
 public:
  /// A worker's bed.
  class sleeper : public linked<sleeper, Sync> {
    friend class idle;

    parker<Sync> sleep_;
    bool watches_ = false;
  };

  idle() noexcept { Sync::name(word_, "idle"); }
  idle(const idle&) = delete;
  idle& operator=(const idle&) = delete;

  /// There is work, put there before, which whoever is on the lookout sees in time.
  void summon() noexcept { summon_if(may_wake); }
  /// There is work that is not to wait.
  void summon_at_once() noexcept { summon_if(may_wake_at_once); }
  /// Whether somebody is on the lookout. A hint; seen by who looks after it was counted.
  [[nodiscard]] bool has_lookout() const noexcept {
    return (word_.load(order::relaxed) & one_on_lookout) != 0;  // relaxed: a hint
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
    std::ignore = lie_down(mine, searches, false);
    if (Sync::step() && attempt()) {
      rise(mine);
    } else {
      while (is_asleep(mine)) {
        mine.sleep_.sleep();
      }
    }
    look_after_counting();
  }
  /// The same on the lookout, until `look`, which it calls after each nap, comes to something;
  /// `nap` tells until when one is to last. Unless somebody else is: then it does nothing, and
  /// says false.
  template <class Attempt, class Nap, class Look>
  [[nodiscard]] bool watch(sleeper& mine, bool searches, Attempt attempt, Nap nap,
                           Look look) noexcept {
    if (!lie_down(mine, searches, true)) {
      return false;
    }
    if (attempt()) {
      rise(mine);
    }
    while (is_asleep(mine)) {
      if (mine.sleep_.sleep_until(nap()) == wait_status::timed_out && look()) {
        rise(mine);
      }
    }
    look_after_counting();
    return true;
  }

  /// How many sleep; what they did before is seen.
  [[nodiscard]] std::uint32_t sleeping() const noexcept {
    // [idle.found] acquire: pairs with sleep's release.
    return word_.load(order::acquire) / one_sleeping;
  }

 private:
  static constexpr std::uint32_t one_searching = 1;
  static constexpr std::uint32_t one_on_lookout = 1U << 15U;
  static constexpr std::uint32_t one_sleeping = 1U << 16U;

  [[nodiscard]] static std::uint32_t searching(std::uint32_t word) noexcept {
    return word % one_on_lookout;
  }
  [[nodiscard]] static bool may_wake(std::uint32_t word) noexcept {
    return word >= one_sleeping && word % one_sleeping == 0;
  }
  [[nodiscard]] static bool may_wake_at_once(std::uint32_t word) noexcept {
    return word >= one_sleeping && searching(word) == 0;
  }

  // Between the count and what is looked at then.
  static void look_after_counting() noexcept {
    // [idle.look] seq_cst: pairs with summon_if's light fence.
    // [idle.search] seq_cst: pairs with nobody_searches' light fence.
    Sync::heavy_fence(order::seq_cst);
  }

  void summon_if(bool (*may)(std::uint32_t) noexcept) noexcept {
    // [idle.look] seq_cst: pairs with look_after_counting's heavy fence.
    Sync::light_fence(order::seq_cst);
    // relaxed: the fence orders it.
    if (may(word_.load(order::relaxed)) && Sync::step()) {
      wake_one(may);
    }
  }
  void wake_one(bool (*may)(std::uint32_t) noexcept) noexcept {
    const lock_guard<Sync> lock(mutex_);
    // relaxed: the lock orders who sleeps; who searches is counted for the next call.
    if (may(word_.load(order::relaxed))) {
      wake_up(*sleepers_.first());
    }
  }
  void wake_up(sleeper& who) noexcept {
    get_up(who);
    wake<Sync>(who.sleep_.handle());
  }
  void get_up(sleeper& who) noexcept {
    sleepers_.remove(who);
    const std::uint32_t lookout = std::exchange(who.watches_, false) ? one_on_lookout : 0;
    // relaxed: as for begin_search; the woken worker fences.
    word_.fetch_add(one_searching - one_sleeping - lookout, order::relaxed);
  }

  // Counts who searches no more as a sleeper; unless it is to watch, and another does.
  [[nodiscard]] bool lie_down(sleeper& mine, bool searches, bool watches) noexcept {
    mine.sleep_.reset();
    {
      const lock_guard<Sync> lock(mutex_);
      if (watches && has_lookout()) {
        return false;
      }
      mine.watches_ = watches;
      sleepers_.push_back(mine);
      const std::uint32_t lookout = watches ? one_on_lookout : 0;
      const std::uint32_t search = searches ? one_searching : 0;
      // [idle.found] release: pairs with nobody_searches' acquire.
      word_.fetch_add(one_sleeping + lookout - search, order::release);
    }
    look_after_counting();
    return true;
  }
  void rise(sleeper& mine) noexcept {
    const lock_guard<Sync> lock(mutex_);
    if (sleepers_.is_on(mine)) {
      get_up(mine);
    }
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
