// A worker: a thread that runs jobs, its own first, then others'.
//
// The way of a job: `schedule` puts it into the slot of the worker that called -> the next one that
// comes pushes it out, into the deque -> idle::summon wakes a worker, if none searches -> `next` of
// this worker or `search` of that one takes it -> job::run.
//
// Rules
//  1. The slot holds what was scheduled last, whose data is warm: it is stolen last (slot.hpp).
//  2. The slot goes first, `slot_turns` times in a row at most; then what has waited longest
//     here; every `injector_turns` jobs, and when nothing is here, what came from outside; then
//     what others have.
//  3. What was started (spawned, forked) others may take at once; what goes on (was woken, has
//     yielded), when it has waited for a while (lookout.hpp).
//  4. Work that waits goes aside with its stack (stack_loop.hpp).
#pragma once

#include <handfast/queue/work_deque.hpp>
#include <handfast/sched/idle.hpp>
#include <handfast/sched/injector.hpp>
#include <handfast/sched/lookout.hpp>
#include <handfast/sched/slot.hpp>
#include <handfast/sched/stack_loop.hpp>
#include <handfast/sched/stacks.hpp>
#include <handfast/sched/statistics.hpp>
#include <handfast/sched/tally.hpp>
#include <handfast/sync/busy_wait.hpp>
#include <handfast/sync/policy.hpp>
#include <handfast/task/job.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <tuple>
#include <utility>

namespace handfast {

template <sync_policy Sync>
class worker;
template <sync_policy Sync>
class workshop;
template <class Sync>
[[nodiscard]] bool there_is_more(const workshop<Sync>& shop) noexcept;

/// What the workers of one scheduler share.
template <sync_policy Sync>
class workshop {
 public:
  injector<Sync> outside;
  idle<Sync> beds;
  stack_pool<Sync> stacks;
  std::span<worker<Sync>* const> workers;

  /// From outside the workers.
  void inject(job<Sync>& what) noexcept {
    outside.push(what, [this] { beds.summon_at_once(); });
  }

  /// For a worker that finds nothing to do, when it is about to sleep.
  virtual void rest() noexcept = 0;
  /// Whether the workers are to go home, once they find nothing to do.
  [[nodiscard]] virtual bool ends() const noexcept = 0;
  [[nodiscard]] virtual timer<Sync>& alarms() noexcept = 0;

 protected:
  explicit workshop(std::size_t stack_bytes) noexcept : stacks(stack_bytes) {}
  ~workshop() = default;
};

template <sync_policy Sync>
class worker final : public stack_loop<worker<Sync>, Sync>, public tally<Sync> {
 public:
  worker(workshop<Sync>& shop, std::size_t workers) noexcept
      : stack_loop<worker, Sync>(shop.stacks), shop_(shop), lookout_(workers) {}
  ~worker() = default;

  /// The calling thread's, if it is one of `shop`'s.
  [[nodiscard]] static worker* here(const workshop<Sync>& shop) noexcept {
    worker* const mine = current();
    return mine != nullptr && &mine->shop_ == &shop ? mine : nullptr;
  }
  /// The calling thread's, of whatever scheduler.
  [[nodiscard, gnu::noinline]] static worker* current() noexcept {
    asm volatile("");  // as in host::here
    return place();
  }

  /// All that this thread does: from the beginning to the end of its scheduler.
  void work() noexcept {
    place() = this;
    if constexpr (Sync::limits::stacks_go_aside) {
      this->run_on_stacks();
    } else {
      while (job<Sync>* const found = next()) {
        found->run();
      }
    }
    place() = nullptr;
  }

  // By its loop.
  /// What to run; nullptr: nothing any more.
  [[nodiscard]] job<Sync>* next() noexcept {
    job<Sync>* const found = choose();
    if (found != nullptr) {
      ran_.add();
    }
    return found;
  }
  /// What went aside comes back: woken, from anywhere.
  static void come_back(workshop<Sync>& to, job<Sync>& what) noexcept {
    if (worker* const mine = here(to)) {
      mine->schedule(what);
    } else {
      to.inject(what);
    }
  }
  [[nodiscard]] workshop<Sync>& shop() const noexcept { return shop_; }

  // By what runs here.
  /// Whether anything else is ready.
  [[nodiscard]] bool is_busy() const noexcept { return slot_.holds_any() || deque_.may_steal(); }
  /// Behind all that is here, and nobody is told.
  void push_quietly(job<Sync>& what) noexcept {
    if (!deque_.push(what)) {
      shop_.outside.push(what);  // which needs no memory
    }
  }
  /// What others may as well begin.
  void start(job<Sync>& what) noexcept {
    if (job<Sync>* const before = take_slot()) {
      push_quietly(*before);
      all_are_started();
    }
    comes_next(what, true);
  }
  /// What goes on.
  void schedule(job<Sync>& what) noexcept {
    if (job<Sync>* const before = take_slot()) {
      push_quietly(*before);
    }
    comes_next(what, false);
  }
  /// Behind all that is here; others take it when it has waited for long.
  void leave(job<Sync>& what) noexcept {
    push_quietly(what);
    tell_others();
  }
  using stack_loop<worker, Sync>::give_way;
  /// The same, and nobody is woken for it; unless nothing else is here.
  [[nodiscard]] bool give_way(job<Sync>& what) noexcept {
    if (!is_busy()) {
      return false;
    }
    push_quietly(what);
    return true;
  }
  /// The same; others take it at once.
  void push(job<Sync>& what) noexcept {
    push_quietly(what);
    all_are_started();
    tell_others();
  }
  /// Which stretch of this worker's work this is: another once the work has gone aside.
  [[nodiscard]] std::uint64_t lap() const noexcept { return this->went_aside(); }
  /// Takes back `what`, which the caller pushed in that lap, unless another has taken it.
  [[nodiscard]] bool take_back(job<Sync>& what, std::uint64_t lap) noexcept {
    if (this->lap() != lap) {
      return false;  // the work went aside: the loop that went on here has taken it, or will
    }
    for (;;) {
      job<Sync>* const last = deque_.take([this] { return nobody_steals(); });
      if (last == &what) {
        return true;
      }
      if (last == nullptr) {
        return false;
      }
      // It came later, and is not for this stack to run.
      shop_.inject(*last);
    }
  }
  void count_throw() noexcept { threw_.add(); }
  // By anybody.
  [[nodiscard]] bool has_more() const noexcept { return deque_.may_steal(); }
  [[nodiscard]] bool has_next() const noexcept { return slot_.may_steal(); }
  /// Whether any of it was started. A hint.
  [[nodiscard]] bool has_started() const noexcept {
    // relaxed: a hint.
    return (has_more() && deque_.first() < started_before_.load(order::relaxed)) ||
           (has_next() && slot_is_started_.load(order::relaxed));
  }
  [[nodiscard]] std::int64_t queue_begins() const noexcept { return deque_.first(); }
  [[nodiscard]] std::int64_t queue_ends() const noexcept { return deque_.last(); }
  [[nodiscard]] std::uint64_t ran() const noexcept { return ran_.value(); }
  [[nodiscard]] worker_statistics statistics() const noexcept {
    return {.ran = ran_.value(),
            .spawned = this->spawned(),
            .stolen = stolen_.value(),
            .injected = injected_.value(),
            .slept = slept_.value(),
            .went_aside = this->went_aside(),
            .threw = threw_.value(),
            .queued = deque_.size()};
  }

  void help(const void* what) noexcept override {
    if constexpr (Sync::limits::stacks_go_aside) {
      if (!slot_.holds(what) || !this->has_room()) {
        return;
      }
      if (job<Sync>* const mine = take_slot()) {
        ran_.add();
        mine->run();
      }
    }
  }
  [[nodiscard]] timer<Sync>& alarms() noexcept override { return shop_.alarms(); }

 private:
  static constexpr std::uint32_t slot_turns = 16;
  static constexpr std::uint32_t injector_turns = 64;
  static constexpr std::uint32_t looks_before_sleep = Sync::limits::pauses_before_sleep > 0 ? 4 : 1;
  static constexpr std::size_t most_stolen = 32;

  struct tag;
  [[nodiscard]] static worker*& place() noexcept {
    return Sync::template thread_slot<worker*, tag>::get();
  }

  [[nodiscard]] job<Sync>* take_slot() noexcept {
    return slot_.take([this] { return nobody_steals(); });
  }
  // Of what lies in the deque.
  void all_are_started() noexcept {
    started_before_.store(deque_.last(), order::relaxed);  // relaxed: a hint
  }
  void comes_next(job<Sync>& what, bool is_started) noexcept {
    slot_is_started_.store(is_started, order::relaxed);  // relaxed: a hint
    slot_.put(what);
    tell_others();
  }
  void tell_others() noexcept {
    if (!is_alone()) {
      shop_.beds.summon();
    }
  }
  [[nodiscard]] bool is_alone() const noexcept { return shop_.workers.size() == 1; }
  [[nodiscard]] bool nobody_steals() noexcept { return is_alone() || shop_.beds.nobody_searches(); }

  [[nodiscard]] job<Sync>* choose() noexcept {
    if (turns_ < slot_turns) {
      if (job<Sync>* const found = take_slot()) {
        ++turns_;
        return found;
      }
    }
    turns_ = 0;
    ++ticks_;
    if (ticks_ % injector_turns == 0) {
      if (job<Sync>* const found = take_injected()) {
        return found;
      }
    }
    if (job<Sync>* const found = deque_.take_first()) {
      return found;
    }
    if (job<Sync>* const found = take_slot()) {
      return found;
    }
    if (job<Sync>* const found = take_injected()) {
      return found;
    }
    return search();
  }
  [[nodiscard]] job<Sync>* take_injected() noexcept {
    job<Sync>* const found = shop_.outside.pop();
    if (found != nullptr) {
      injected_.add();
    }
    return found;
  }

  [[nodiscard]] job<Sync>* search() noexcept {
    lookout_.judge(ran_.value());
    bool searches = shop_.beds.begin_search(static_cast<std::uint32_t>(shop_.workers.size()));
    for (;;) {
      if (searches) {
        for (std::uint32_t looks = 0; looks < looks_before_sleep; ++looks) {
          if (looks > 0) {
            Sync::pause();
          }
          if (job<Sync>* const found = look_around()) {
            if (shop_.beds.end_search() && is_anything_left()) {
              shop_.beds.summon();
            }
            return found;
          }
        }
      }
      slept_.add();
      sleep(searches);
      searches = true;
      if (shop_.ends() && !there_is_more()) {
        std::ignore = shop_.beds.end_search();
        return nullptr;
      }
    }
  }

  // On the lookout, if there is anything to see after.
  void sleep(bool searches) noexcept {
    const auto is_called = [this] {
      shop_.rest();
      return shop_.ends() || !shop_.outside.empty() ||
             std::ranges::any_of(shop_.workers,
                                 [this](const worker* each) { return lookout_.has_begun(*each); });
    };
    if (is_anything_left()) {
      lookout_.begin(shop_.workers);
      if (shop_.beds.watch(
              bed_, searches, is_called, [this] { return lookout_.end_of_nap(); },
              [this] { return lookout_.look(shop_.workers); })) {
        return;
      }
    }
    shop_.beds.sleep(bed_, searches, [&] {
      return is_called() || (!shop_.beds.has_lookout() && is_anything_left());
    });
  }

  // At everybody's, from one drawn by chance on.
  [[nodiscard]] job<Sync>* look_around() noexcept {
    if (job<Sync>* const found = take_injected()) {
      return found;
    }
    const std::size_t all = shop_.workers.size();
    const std::size_t first = all == 1 ? 0 : static_cast<std::size_t>(Sync::random() % all);
    for (std::size_t i = 0; i < all; ++i) {
      const std::size_t place = (first + i) % all;
      worker& victim = *shop_.workers[place];
      if (&victim != this && (lookout_.may_take(place, victim) || shop_.ends())) {
        if (job<Sync>* const found = steal_from(victim)) {
          return found;
        }
      }
    }
    return nullptr;
  }

  // Half of what it has, at most: who steals one at a time searches as often.
  [[nodiscard]] job<Sync>* steal_from(worker& victim) noexcept {
    job<Sync>* first = nullptr;
    const bool are_begun = victim.has_started();
    for (std::size_t left = std::min((victim.deque_.size() + 1) / 2, most_stolen); left > 0;
         --left) {
      steal_failure why = steal_failure::none;
      job<Sync>* const found = victim.deque_.steal(why);
      if (found == nullptr && why == steal_failure::empty) {
        break;
      }
      if (found == nullptr) {
        continue;
      }
      stolen_.add();
      if (first == nullptr) {
        first = found;
      } else if (!deque_.push(*found)) {
        shop_.outside.push(*found);
      }
    }
    if (first == nullptr && (first = victim.slot_.steal()) != nullptr) {
      stolen_.add();
    }
    if (first != nullptr) {
      lookout_.caught(ran_.value());
      if (are_begun) {
        all_are_started();
      }
    }
    return first;
  }
  [[nodiscard]] bool there_is_more() const noexcept { return handfast::there_is_more(shop_); }
  // The same, or in another's slot.
  [[nodiscard]] bool is_anything_left() const noexcept {
    return there_is_more() ||
           std::ranges::any_of(shop_.workers, [](const worker* each) { return each->has_next(); });
  }

  workshop<Sync>& shop_;
  slot<job<Sync>, Sync> slot_;
  typename Sync::template atomic<bool> slot_is_started_{false};  // what is there
  std::uint32_t turns_ = 0;                                      // the slot's, in a row
  std::uint32_t ticks_ = 0;
  counter<Sync> ran_;
  counter<Sync> stolen_;
  counter<Sync> injected_;
  counter<Sync> slept_;
  counter<Sync> threw_;
  typename idle<Sync>::sleeper bed_;
  lookout<worker, Sync> lookout_;
  work_deque<job<Sync>, Sync> deque_{256};
  typename Sync::template atomic<std::int64_t> started_before_{0};  // positions of the deque
};

/// Whether jobs lie where any worker can get at them. A hint, but for who is ordered with those
/// who put them there.
template <class Sync>
[[nodiscard]] bool there_is_more(const workshop<Sync>& shop) noexcept {
  return !shop.outside.empty() || std::ranges::any_of(shop.workers, [](const worker<Sync>* each) {
    return each->has_more();
  });
}

}  // namespace handfast
