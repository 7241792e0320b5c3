// Scenarios of what threads sleep and wake by: the wait list.
#pragma once

#include <handfast/park/wait_list.hpp>

#include <array>
#include <string>
#include <string_view>

#include "models/scenarios/scenario.hpp"

namespace handfast::scenarios {

/// Tokens to be put and taken; who finds none sleeps until there is one.
template <class Sync>
class token_box {
 public:
  using waiters = wait_list<Sync>;

  void put() {
    tokens_.fetch_add(1, order::relaxed);
    takers_.call(1);
  }
  void take() {
    const bool taken = takers_.await([this] { return try_take(); }, forever{});
    Sync::assert_that(taken, "whoever waits for ever gets what it waits for");
  }
  [[nodiscard]] bool take_until(typename Sync::deadline end) {
    return takers_.await([this] { return try_take(); }, until<typename Sync::deadline>{end});
  }
  [[nodiscard]] bool try_take() {
    std::uint32_t left = tokens_.load(order::relaxed);
    while (left != 0) {
      if (tokens_.compare_exchange_strong(left, left - 1, order::relaxed, order::relaxed)) {
        return true;
      }
    }
    return false;
  }
  /// Lets everybody go who waits, once.
  void shut() {
    shut_.store(1, order::relaxed);
    takers_.call(waiters::all);
  }
  void await_shut() {
    const auto is_shut = [this] { return shut_.load(order::relaxed) != 0; };
    Sync::assert_that(takers_.await(is_shut, forever{}), "it is shut");
  }

 private:
  // Relaxed throughout: nothing is published, and the wait list's fences order the rest.
  typename Sync::template atomic<std::uint32_t> tokens_{0};
  typename Sync::template atomic<std::uint32_t> shut_{0};
  waiters takers_;
};

template <class Sync>
struct sleeper_is_woken {
  static constexpr std::string_view claim = "who changes something wakes who waits for it";
  static constexpr unsigned threads = 2;

  void thread(unsigned index) { index == 0 ? box.put() : box.take(); }
  void finish() { Sync::assert_that(!box.try_take(), "one token was put, and one taken"); }

  token_box<Sync> box;
};

template <class Sync>
struct each_is_woken_for_its_own {
  static constexpr std::string_view claim =
      "of two that wait each is woken, whoever takes what the other was called for";
  static constexpr unsigned threads = 3;

  void thread(unsigned index) {
    if (index < 2) {
      box.take();
    } else {
      box.put();
      box.put();
    }
  }
  void finish() { Sync::assert_that(!box.try_take(), "two tokens were put, and two taken"); }

  token_box<Sync> box;
};

template <class Sync>
struct timed_sleeper_passes_on {
  static constexpr std::string_view claim =
      "a wait that ends at its deadline after it was called loses no wake-up";
  static constexpr unsigned threads = 3;

  void thread(unsigned index) {
    if (index == 0) {
      box.take();
    } else if (index == 1) {
      if (box.take_until(soon<Sync>())) {
        box.put();
      }
    } else {
      box.put();
    }
  }
  void finish() { Sync::assert_that(!box.try_take(), "the token was taken"); }

  token_box<Sync> box;
};

template <class Sync>
struct all_are_woken {
  static constexpr std::string_view claim = "a call to all leaves nobody asleep";
  static constexpr unsigned threads = 3;

  void thread(unsigned index) { index < 2 ? box.await_shut() : box.shut(); }
  void finish() {}

  token_box<Sync> box;
};

/// Calls `visit.operator()<Scenario>(name)` for each scenario here.
template <class Visit>
void for_each_park_scenario(Visit&& visit) {
  visit.template operator()<sleeper_is_woken>("park.sleeper_is_woken");
  visit.template operator()<each_is_woken_for_its_own>("park.each_is_woken_for_its_own");
  visit.template operator()<timed_sleeper_passes_on>("park.timed_sleeper_passes_on");
  visit.template operator()<all_are_woken>("park.all_are_woken");
}

}  // namespace handfast::scenarios
