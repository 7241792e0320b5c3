// The scenarios of the idle protocol: work from outside, workers that search and sleep.
#pragma once

#include <handfast/park/parker.hpp>
#include <handfast/queue/work_deque.hpp>
#include <handfast/sched/idle.hpp>
#include <handfast/sched/injector.hpp>
#include <handfast/sched/slot.hpp>
#include <handfast/sched/tally.hpp>
#include <handfast/task/job.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <tuple>

#include "models/scenarios/scenario.hpp"

namespace handfast::scenarios {

/// Workers that have no queues of their own, and jobs that come from outside.
template <class Sync, std::size_t Workers, std::size_t Jobs>
class small_shop {
 public:
  /// How a worker's life begins.
  enum class begins : unsigned char { awake, searching, asleep };
  enum class jobs : unsigned char { are_short, wait_for_each_other };

  explicit small_shop(jobs kind = jobs::are_short) : meet_(kind == jobs::wait_for_each_other) {
    for (task& each : jobs_) {
      each.its = this;
    }
  }

  /// From outside.
  void spawn(std::size_t which) {
    outside_.push(jobs_.at(which));
    beds_.summon_at_once();
  }

  /// By a worker that is about to begin its life searching: all jobs come meanwhile.
  void spawn_while_searching() {
    Sync::assert_that(beds_.begin_search(Workers), "nobody else searches");
    for (std::size_t which = 0; which < Jobs; ++which) {
      spawn(which);
    }
  }

  /// A worker's life: until all jobs are done.
  void work(std::size_t which, begins how = begins::awake) {
    bool searches = how == begins::searching;
    if (how == begins::asleep) {
      sleep(which, searches);
    }
    while (ends_.load(order::relaxed) == 0) {
      job<Sync>* const found = outside_.pop();
      if (searches && found != nullptr) {
        searches = false;
        if (beds_.end_search() && !outside_.empty()) {
          beds_.summon();
        }
      }
      if (found != nullptr) {
        found->run();
      } else if (searches) {
        sleep(which, searches);
      } else {
        searches = beds_.begin_search(Workers);
        if (!searches) {
          sleep(which, searches);
        }
      }
    }
    if (searches) {
      std::ignore = beds_.end_search();
    }
  }

  void finish() {
    Sync::assert_that(done_.load(order::relaxed) == Jobs, "each job is done once");
    Sync::assert_that(beds_.sleeping() == 0, "nobody sleeps any more");
  }

 private:
  struct task : job<Sync> {
    task() : job<Sync>(&run) {}
    static void run(job<Sync>& what) noexcept { static_cast<task&>(what).its->run_one(); }

    small_shop* its = nullptr;
  };

  void sleep(std::size_t which, bool& searches) {
    beds_.sleep(sleepers_.at(which), searches,
                [this] { return ends_.load(order::relaxed) != 0 || !outside_.empty(); });
    searches = true;
  }

  void run_one() {
    if (meet_) {
      begun_.fetch_add(1, order::relaxed);
      Sync::notify_all(begun_);
      for (std::uint32_t now = 0; (now = begun_.load(order::relaxed)) != Jobs;) {
        Sync::wait(begun_, now);
      }
    }
    if (done_.fetch_add(1, order::relaxed) + 1 == Jobs) {
      ends_.store(1, order::relaxed);
      beds_.summon_all();
    }
  }

  injector<Sync> outside_;
  idle<Sync> beds_;
  std::array<typename idle<Sync>::sleeper, Workers> sleepers_;
  std::array<task, Jobs> jobs_;
  const bool meet_;
  typename Sync::template atomic<std::uint32_t> begun_{0};
  typename Sync::template atomic<std::uint32_t> done_{0};
  typename Sync::template atomic<std::uint32_t> ends_{0};
};

/// Workers, and jobs that are left: taken by who is on the lookout, once they have waited.
template <class Sync, std::size_t Workers, std::size_t Jobs>
class watched_shop {
 public:
  watched_shop() {
    for (task& each : jobs_) {
      each.its = this;
    }
  }

  /// From a worker that is busy with something else, until all jobs are done.
  void leave_all() {
    for (std::size_t which = 0; which < Jobs; ++which) {
      left_.push(jobs_.at(which));
      beds_.summon();
    }
    for (std::uint32_t now = 0; (now = done_.load(order::relaxed)) != Jobs;) {
      Sync::wait(done_, now);
    }
    ends_.store(1, order::relaxed);
    beds_.summon_all();
  }

  /// A worker's life.
  void work(std::size_t which) {
    bool searches = beds_.begin_search(2 * Workers);
    bool have_waited = false;
    while (ends_.load(order::relaxed) == 0) {
      if (job<Sync>* const found = have_waited ? left_.pop() : nullptr) {
        if (beds_.end_search() && !left_.empty()) {
          beds_.summon();
        }
        found->run();
        searches = beds_.begin_search(2 * Workers);
        have_waited = false;
      } else {
        have_waited = sleep(sleepers_.at(which), searches);
        searches = true;
      }
    }
    if (searches) {
      std::ignore = beds_.end_search();
    }
  }

  void finish() { Sync::assert_that(beds_.sleeping() == 0, "nobody sleeps any more"); }

 private:
  using sleeper = typename idle<Sync>::sleeper;

  struct task : job<Sync> {
    task() : job<Sync>(&run) {}
    // Waits for the others.
    static void run(job<Sync>& what) noexcept {
      auto& done = static_cast<task&>(what).its->done_;
      done.fetch_add(1, order::relaxed);
      Sync::notify_all(done);
      for (std::uint32_t now = 0; (now = done.load(order::relaxed)) != Jobs;) {
        Sync::wait(done, now);
      }
    }

    watched_shop* its = nullptr;
  };

  // Whether it was on the lookout, and something has waited meanwhile.
  bool sleep(sleeper& bed, bool searches) {
    const auto ends = [this] { return ends_.load(order::relaxed) != 0; };
    bool have_waited = false;
    if (!left_.empty() && beds_.watch(
                              bed, searches, ends, [] { return soon<Sync>(); },
                              [&] {
                                have_waited = !left_.empty();
                                return true;
                              })) {
      return have_waited;
    }
    beds_.sleep(bed, searches, [&] { return ends() || (!beds_.has_lookout() && !left_.empty()); });
    return false;
  }

  injector<Sync> left_;
  idle<Sync> beds_;
  std::array<sleeper, Workers> sleepers_;
  std::array<task, Jobs> jobs_;
  typename Sync::template atomic<std::uint32_t> done_{0};
  typename Sync::template atomic<std::uint32_t> ends_{0};
};

template <class Sync>
struct lookout_takes_what_waits {
  static constexpr std::string_view claim =
      "a job that its worker leaves, and never comes to, is done by who is on the lookout";
  static constexpr unsigned threads = 2;

  void thread(unsigned index) { index == 0 ? shop.leave_all() : shop.work(0); }
  void finish() { shop.finish(); }

  watched_shop<Sync, 1, 1> shop;
};

template <class Sync>
struct lookout_is_relieved {
  static constexpr std::string_view claim =
      "of two jobs that wait for each other the second is done too: who takes one wakes another";
  static constexpr unsigned threads = 3;
  static constexpr unsigned weight = 2;

  void thread(unsigned index) { index == 0 ? shop.leave_all() : shop.work(index - 1); }
  void finish() { shop.finish(); }

  watched_shop<Sync, 2, 2> shop;
};

template <class Sync>
struct work_wakes_a_sleeper {
  static constexpr std::string_view claim =
      "work that comes while the only worker searches, goes to sleep or sleeps is done";
  static constexpr unsigned threads = 2;

  void thread(unsigned index) { index == 0 ? shop.spawn(0) : shop.work(0); }
  void finish() { shop.finish(); }

  small_shop<Sync, 1, 1> shop;
};

template <class Sync>
struct work_comes_twice {
  static constexpr std::string_view claim =
      "a worker that sleeps again is woken again, whenever more comes";
  static constexpr unsigned threads = 2;

  void thread(unsigned index) {
    if (index == 0) {
      shop.spawn(0);
      shop.spawn(1);
    } else {
      shop.work(0);
    }
  }
  void finish() { shop.finish(); }

  small_shop<Sync, 1, 2> shop;
};

template <class Sync>
struct two_workers_one_spawner {
  static constexpr std::string_view claim =
      "of two workers that search and sleep, one does what comes, and both end";
  static constexpr unsigned threads = 3;

  void thread(unsigned index) { index == 0 ? shop.spawn(0) : shop.work(index - 1); }
  void finish() { shop.finish(); }

  small_shop<Sync, 2, 1> shop;
};

template <class Sync>
struct who_finds_work_wakes_another {
  static constexpr std::string_view claim =
      "two jobs that wait for each other, and come while one worker searches, run at once";
  static constexpr unsigned threads = 2;

  void thread(unsigned index) {
    if (index == 1) {
      shop.spawn_while_searching();
      shop.work(0, small_shop<Sync, 2, 2>::begins::searching);
    } else {
      shop.work(1, small_shop<Sync, 2, 2>::begins::asleep);
    }
  }
  void finish() { shop.finish(); }

  small_shop<Sync, 2, 2> shop{small_shop<Sync, 2, 2>::jobs::wait_for_each_other};
};

/// Jobs that count how often they are done.
template <class Sync, std::size_t Jobs>
class counted_jobs {
 public:
  using job = typename Sync::template var<int>;

  /// A new one, by its owner.
  [[nodiscard]] job& make(std::size_t which) {
    jobs_.at(which).write() = 0;
    return jobs_.at(which);
  }
  /// Whether there is one; then it is done.
  bool is_done(job* which) {
    if (which == nullptr) {
      return false;
    }
    which->write() += 1;
    return true;
  }
  void assert_each_is_done_once() {
    for (const job& each : jobs_) {
      Sync::assert_that(each.read() == 1, "each job is done once");
    }
  }

 private:
  std::array<job, Jobs> jobs_;
};

/// A thief's life, if nobody else searches: it sleeps, and gets up at once, in between.
template <class Sync, class Steal>
void search_twice(idle<Sync>& beds, Steal steal) {
  if (beds.begin_search(2)) {
    typename idle<Sync>::sleeper bed;
    steal();
    beds.sleep(bed, true, [] { return true; });
    steal();
    std::ignore = beds.end_search();
  }
}

template <class Sync>
struct owner_sees_who_searches {
  static constexpr std::string_view claim =
      "an owner that sees nobody search takes its jobs for itself, whoever begins to search then";
  static constexpr unsigned threads = 2;

  ~owner_sees_who_searches() {
    while (deque.take() != nullptr) {
    }
  }
  void thread(unsigned index) {
    if (index == 0) {
      push(0);
      push(1);
      take();
      take();
      push(2);
      take();
    } else {
      search_twice<Sync>(beds, [this] {
        steal_failure why = steal_failure::none;
        jobs.is_done(deque.steal(why));
      });
    }
  }
  void finish() {
    while (jobs.is_done(deque.take())) {
    }
    jobs.assert_each_is_done_once();
  }

 private:
  void push(std::size_t which) {
    Sync::assert_that(deque.push(jobs.make(which)), "there is memory");
  }
  void take() {
    jobs.is_done(deque.take([this] { return beds.nobody_searches(); }));
  }

  idle<Sync> beds;
  counted_jobs<Sync, 3> jobs;
  work_deque<typename counted_jobs<Sync, 3>::job, Sync> deque{4};
};

template <class Sync>
struct slot_is_the_owners_or_a_thiefs {
  static constexpr std::string_view claim =
      "what a worker takes from its slot nobody steals, whoever begins to search then";
  static constexpr unsigned threads = 2;

  void thread(unsigned index) {
    if (index == 0) {
      for (std::size_t which = 0; which < 3; ++which) {
        next.put(jobs.make(which));
        take();
      }
    } else {
      search_twice<Sync>(beds, [this] { jobs.is_done(next.steal()); });
    }
  }
  void finish() {
    take();
    jobs.assert_each_is_done_once();
  }

 private:
  void take() {
    jobs.is_done(next.take([this] { return beds.nobody_searches(); }));
  }

  idle<Sync> beds;
  counted_jobs<Sync, 3> jobs;
  slot<typename counted_jobs<Sync, 3>::job, Sync> next;
};

template <class Sync>
struct slot_gives_what_is_left {
  static constexpr std::string_view claim =
      "what a worker leaves in its slot, for it does something else, a thief gets";
  static constexpr unsigned threads = 2;

  void thread(unsigned index) {
    if (index == 0) {
      next.put(jobs.make(0));
      jobs.is_done(next.take([this] { return beds.nobody_searches(); }));
      next.put(jobs.make(1));
      left.store(1, order::release);
    } else if (left.load(order::acquire) == 1) {
      Sync::assert_that(beds.begin_search(2), "nobody else searches");
      Sync::assert_that(jobs.is_done(next.steal()), "it is there");
      std::ignore = beds.end_search();
    }
  }
  void finish() {
    jobs.is_done(next.take([this] { return beds.nobody_searches(); }));
    jobs.assert_each_is_done_once();
  }

 private:
  idle<Sync> beds;
  counted_jobs<Sync, 2> jobs;
  slot<typename counted_jobs<Sync, 2>::job, Sync> next;
  typename Sync::template atomic<std::uint32_t> left{0};
};

template <class Sync>
struct nothing_is_live_when_all_is_counted {
  static constexpr std::string_view claim =
      "who sums up and finds nothing live finds done what a job spawned before it was over";
  static constexpr unsigned threads = 3;

  nothing_is_live_when_all_is_counted() {
    workers[0].count_spawn();  // the job that spawns the other
  }
  void thread(unsigned index) {
    if (index == 0) {
      workers[0].count_spawn();
      queued.store(1, order::release);
      workers[0].count_finish();
    } else if (index == 1) {
      if (queued.load(order::acquire) == 1) {
        done.write() = 1;
        workers[1].count_finish();
      }
    } else {
      const std::array<const tally<Sync>*, 2> all{&workers[1], &workers[0]};
      if (live_jobs(all, [] { return std::uint64_t{0}; }) == 0) {
        Sync::assert_that(done.read() == 1, "it is done");
      }
    }
  }
  void finish() {}

  std::array<tally<Sync>, 2> workers;
  typename Sync::template atomic<std::uint32_t> queued{0};
  typename Sync::template var<int> done;
};

template <class Visit>
void for_each_idle_scenario(Visit&& visit) {
  visit.template operator()<work_wakes_a_sleeper>("idle.work_wakes_a_sleeper");
  visit.template operator()<work_comes_twice>("idle.work_comes_twice");
  visit.template operator()<two_workers_one_spawner>("idle.two_workers_one_spawner");
  visit.template operator()<who_finds_work_wakes_another>("idle.who_finds_work_wakes_another");
  visit.template operator()<lookout_takes_what_waits>("idle.lookout_takes_what_waits");
  visit.template operator()<lookout_is_relieved>("idle.lookout_is_relieved");
  visit.template operator()<owner_sees_who_searches>("idle.owner_sees_who_searches");
  visit.template operator()<slot_is_the_owners_or_a_thiefs>("idle.slot_is_the_owners_or_a_thiefs");
  visit.template operator()<slot_gives_what_is_left>("idle.slot_gives_what_is_left");
  visit.template operator()<nothing_is_live_when_all_is_counted>(
      "idle.nothing_is_live_when_all_is_counted");
}

}  // namespace handfast::scenarios
