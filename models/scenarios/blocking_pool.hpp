// The scenarios of the blocking pool: work comes, threads come and go.
#pragma once

#include <handfast/sched/blocking_pool.hpp>

#include <string_view>
#include <tuple>
#include <utility>

#include "models/scenarios/scenario.hpp"

namespace handfast::scenarios::pool {

template <class Sync>
struct work_is_done_and_threads_go {
  static constexpr std::string_view claim =
      "work is done by a thread that comes for it, and the end waits for that thread";
  static constexpr unsigned threads = 1;
  static constexpr unsigned spawned = 1;

  void thread(unsigned) {
    blocking_pool<Sync> blocking({.most_threads = 1});
    auto made = blocking.run([its = item<Sync>(7)] { return its.value(); });
    Sync::assert_that(made.has_value(), "it is open");
    const auto given = made->join();
    Sync::assert_that(given && *given == 7, "it gave that");
  }
  void finish() {}
};

template <class Sync>
struct work_comes_again {
  static constexpr std::string_view claim =
      "work that comes when the thread is about to leave is done, by that or by another";
  static constexpr unsigned threads = 1;
  static constexpr unsigned spawned = 2;

  void thread(unsigned) {
    blocking_pool<Sync> blocking({.most_threads = 1});
    for (int i = 0; i < 2; ++i) {
      auto made = blocking.run([this] { done.write() += 1; });
      Sync::assert_that(made.has_value() && made->join().has_value(), "it is done");
    }
  }
  void finish() { Sync::assert_that(done.read() == 2, "each once"); }

  typename Sync::template var<int> done;
};

template <class Visit>
void for_each_blocking_pool_scenario(Visit&& visit) {
  visit.template operator()<work_is_done_and_threads_go>(
      "blocking_pool.work_is_done_and_threads_go");
  visit.template operator()<work_comes_again>("blocking_pool.work_comes_again");
}

}  // namespace handfast::scenarios::pool
