// The scenarios of a worker's deque: each item is the owner's or a thief's, once.
#pragma once

#include <handfast/queue/work_deque.hpp>

#include <array>
#include <cstddef>
#include <string_view>

namespace handfast::scenarios {

/// A deque of jobs that count how often they were done, by whoever has them alone.
template <class Sync, std::size_t Room>
class shared_deque {
 public:
  ~shared_deque() {
    while (deque_.take() != nullptr) {
    }
  }

  /// The owner's; of the job of that number.
  void push(std::size_t which) {
    job& mine = jobs_.at(which);
    mine.done.write() = 0;
    Sync::assert_that(deque_.push(mine), "there is memory");
  }
  /// Whether one was there, and was done.
  bool take() { return done(deque_.take()); }
  bool take_first() { return done(deque_.take_first()); }
  /// As an owner that asks whether somebody steals.
  template <class NobodySteals>
  bool take(NobodySteals nobody_steals) {
    return done(deque_.take(nobody_steals));
  }
  bool steal() {
    steal_failure why = steal_failure::none;
    return done(deque_.steal(why));
  }

  /// That so many jobs have been pushed, of which each has been done or is there.
  void finish(std::size_t pushed, std::size_t done_so_far) {
    while (take()) {
      ++done_so_far;
    }
    Sync::assert_that(done_so_far == pushed, "each job is done once");
  }

 private:
  struct job {
    typename Sync::template var<int> done;
  };

  static bool done(job* which) {
    if (which == nullptr) {
      return false;
    }
    which->done.write() += 1;
    Sync::assert_that(which->done.read() == 1, "a job is done twice");
    return true;
  }

  work_deque<job, Sync> deque_{Room};
  std::array<job, 3> jobs_;
};

template <class Sync>
struct owner_and_thief_share {
  static constexpr std::string_view claim =
      "of an owner that takes and a thief that comes twice, each job is done once";
  static constexpr unsigned threads = 2;

  void thread(unsigned index) {
    if (index == 0) {
      jobs.push(0);
      jobs.push(1);
      done[0] += jobs.take() ? 1 : 0;
      done[0] += jobs.take() ? 1 : 0;
    } else {
      done[1] += jobs.steal() ? 1 : 0;
      done[1] += jobs.steal() ? 1 : 0;
    }
  }
  void finish() { jobs.finish(2, done[0] + done[1]); }

  shared_deque<Sync, 2> jobs;
  std::array<std::size_t, 2> done{};
};

template <class Sync>
struct two_thieves_for_the_last {
  static constexpr std::string_view claim = "the last job is the owner's or one thief's, of two";
  static constexpr unsigned threads = 3;

  void thread(unsigned index) {
    if (index == 0) {
      jobs.push(0);
      done[0] = jobs.take() ? 1 : 0;
    } else {
      done[index] = jobs.steal() ? 1 : 0;
    }
  }
  void finish() { jobs.finish(1, done[0] + done[1] + done[2]); }

  shared_deque<Sync, 2> jobs;
  std::array<std::size_t, 3> done{};
};

template <class Sync>
struct two_thieves_for_two {
  static constexpr std::string_view claim =
      "of an owner and two thieves, for two jobs, each job is done once";
  static constexpr unsigned threads = 3;

  void thread(unsigned index) {
    if (index == 0) {
      jobs.push(0);
      jobs.push(1);
      done[0] = jobs.take() ? 1 : 0;
    } else {
      done[index] = jobs.steal() ? 1 : 0;
    }
  }
  void finish() { jobs.finish(2, done[0] + done[1] + done[2]); }

  shared_deque<Sync, 2> jobs;
  std::array<std::size_t, 3> done{};
};

template <class Sync>
struct grows_while_it_is_stolen_from {
  static constexpr std::string_view claim =
      "a thief that comes while the deque grows finds what is there, and what is there goes once";
  static constexpr unsigned threads = 2;

  void thread(unsigned index) {
    if (index == 0) {
      jobs.push(0);
      jobs.push(1);
      jobs.push(2);
      done[0] = jobs.take() ? 1 : 0;
    } else {
      done[1] += jobs.steal() ? 1 : 0;
      done[1] += jobs.steal() ? 1 : 0;
    }
  }
  void finish() { jobs.finish(3, done[0] + done[1]); }

  shared_deque<Sync, 1> jobs;
  std::array<std::size_t, 2> done{};
};

template <class Sync>
struct emptied_and_filled_again {
  static constexpr std::string_view claim =
      "a deque that was emptied, by its owner or a thief, is filled again";
  static constexpr unsigned threads = 2;

  void thread(unsigned index) {
    if (index == 0) {
      Sync::assert_that(!jobs.take(), "nothing is there yet");
      jobs.push(0);
      done[0] += jobs.take() ? 1 : 0;
      jobs.push(1);
      done[0] += jobs.take() ? 1 : 0;
    } else {
      done[1] = jobs.steal() ? 1 : 0;
    }
  }
  void finish() { jobs.finish(2, done[0] + done[1]); }

  shared_deque<Sync, 1> jobs;
  std::array<std::size_t, 2> done{};
};

template <class Sync>
struct owner_takes_first {
  static constexpr std::string_view claim =
      "of an owner that takes what was pushed first and a thief, each job is one's";
  static constexpr unsigned threads = 2;

  void thread(unsigned index) {
    if (index == 0) {
      jobs.push(0);
      jobs.push(1);
      done[0] += jobs.take_first() ? 1 : 0;
      jobs.push(2);
      done[0] += jobs.take_first() ? 1 : 0;
    } else {
      done[1] += jobs.steal() ? 1 : 0;
      done[1] += jobs.steal() ? 1 : 0;
    }
  }
  void finish() { jobs.finish(3, done[0] + done[1]); }

  shared_deque<Sync, 2> jobs;
  std::array<std::size_t, 2> done{};
};

template <class Visit>
void for_each_deque_scenario(Visit&& visit) {
  visit.template operator()<owner_and_thief_share>("work_deque.owner_and_thief_share");
  visit.template operator()<two_thieves_for_the_last>("work_deque.two_thieves_for_the_last");
  visit.template operator()<two_thieves_for_two>("work_deque.two_thieves_for_two");
  visit.template operator()<grows_while_it_is_stolen_from>(
      "work_deque.grows_while_it_is_stolen_from");
  visit.template operator()<owner_takes_first>("work_deque.owner_takes_first");
  visit.template operator()<emptied_and_filled_again>("work_deque.emptied_and_filled_again");
}

}  // namespace handfast::scenarios
