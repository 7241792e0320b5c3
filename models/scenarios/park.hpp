// Scenarios of what threads sleep and wake by: the wait list, the timer.
#pragma once

#include <handfast/park/host.hpp>
#include <handfast/park/parker.hpp>
#include <handfast/park/timer.hpp>
#include <handfast/park/wait_list.hpp>

#include <array>
#include <chrono>
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
struct who_waits_again_is_woken_again {
  static constexpr std::string_view claim =
      "who waits again and again, and so makes it a crowd, is woken each time";
  static constexpr unsigned threads = 2;

  void thread(unsigned index) {
    for (int times = 0; times < 3; ++times) {
      index == 0 ? box.put() : box.take();
    }
  }
  void finish() { Sync::assert_that(!box.try_take(), "three tokens were put, and three taken"); }

  token_box<Sync> box;
};

template <class Sync>
struct crowds_come_and_go {
  static constexpr std::string_view claim =
      "of two that wait each is woken, while it becomes a crowd and is none any more";
  static constexpr unsigned threads = 3;
  static constexpr unsigned weight = 2;

  void thread(unsigned index) {
    if (index == 2) {
      box.put();
      box.put();
      box.put();
    } else {
      box.take();
      if (index == 0) {
        box.take();
      }
    }
  }
  void finish() { Sync::assert_that(!box.try_take(), "three tokens were put, and three taken"); }

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

/// An alarm, and who is woken by it.
template <class Sync>
class sleeper {
 public:
  explicit sleeper(timer<Sync>& by) : by_(by) {}

  void set(typename Sync::deadline end) {
    end_ = end;
    by_.set(alarm_, end, parker_.handle());
  }
  [[nodiscard]] bool rung() {
    return by_.renew(alarm_, parker_.handle()) == timer<Sync>::alarm_status::rung;
  }
  void sleep() {
    while (!rung()) {
      parker_.park(forever{});
    }
    Sync::assert_that(Sync::clock::now() >= end_, "an alarm rings too early");
  }
  void turn_off() { by_.turn_off(alarm_); }

 private:
  timer<Sync>& by_;
  typename Sync::deadline end_;
  parker<Sync> parker_;
  typename timer<Sync>::alarm alarm_;
};

template <class Sync>
struct alarms_ring_in_turn {
  static constexpr std::string_view claim =
      "every alarm rings, and none before one whose time comes first";
  static constexpr unsigned threads = 1;
  static constexpr unsigned spawned = 1;

  void thread(unsigned) {
    timer<Sync> time;
    std::array<sleeper<Sync>, 4> all{sleeper<Sync>(time), sleeper<Sync>(time), sleeper<Sync>(time),
                                     sleeper<Sync>(time)};
    const auto now = Sync::clock::now();
    for (const unsigned each : {0U, 2U, 1U, 3U}) {
      all[each].set(now + std::chrono::milliseconds(1 + each));
    }
    all[1].turn_off();
    all[3].sleep();
    Sync::assert_that(all[0].rung() && all[2].rung(), "they come before the last");
  }
  void finish() {}
};

template <class Sync>
struct sooner_alarm_is_not_late {
  static constexpr std::string_view claim =
      "who sets an alarm is woken, whatever the timer's thread sleeps for; turned off it is gone";
  static constexpr unsigned threads = 1;
  static constexpr unsigned spawned = 2;

  void thread(unsigned) {
    timer<Sync> time;
    typename Sync::thread other([&time] {
      sleeper<Sync> later(time);
      later.set(Sync::clock::now() + std::chrono::milliseconds(2));
      later.turn_off();
    });
    sleeper<Sync> sooner(time);
    sooner.set(Sync::clock::now() + std::chrono::milliseconds(1));
    sooner.sleep();
    other.join();
  }
  void finish() {}
};

/// Calls `visit.operator()<Scenario>(name)` for each scenario here.
/// A worker of a kind: what it runs goes aside, and nothing else runs meanwhile.
template <class Sync>
class lone_host final : public host<Sync> {
 public:
  void is_here() { host<Sync>::is_here(this); }
  void is_gone() { host<Sync>::is_here(nullptr); }

  void put_aside(waker& comes_back, bool (*falls_asleep)(void*) noexcept,
                 void* whom) noexcept override {
    comes_back = {[](void* self) noexcept {
                    auto& its = static_cast<lone_host*>(self)->came_back_;
                    its.store(1, order::release);  // as a queue orders it
                    Sync::notify_one(its);
                  },
                  this};
    if (falls_asleep(whom)) {
      while (came_back_.load(order::acquire) == 0) {
        Sync::wait(came_back_, 0U);
      }
    }
  }
  void help(const void*) noexcept override {}
  void give_way() noexcept override {}
  [[nodiscard]] timer<Sync>& alarms() noexcept override {
    Sync::assert_that(false, "nobody waits for a time");
    return *none_;
  }

 private:
  typename Sync::template atomic<std::uint32_t> came_back_{0};
  timer<Sync>* none_ = nullptr;
};

template <class Sync>
struct what_went_aside_comes_back {
  static constexpr std::string_view claim =
      "what goes aside, woken before it has gone or after, comes back and finds what came first";
  static constexpr unsigned threads = 2;

  void thread(unsigned index) {
    if (index == 0) {
      worker.is_here();
      while (!sleep.was_woken()) {
        sleep.park(forever{});
      }
      worker.is_gone();
      Sync::assert_that(came.read() == 1, "what was before the wake-up is seen");
    } else {
      came.write() = 1;
      sleep.handle().wake();
    }
  }
  void finish() {}

 private:
  lone_host<Sync> worker;
  parker<Sync> sleep;
  typename Sync::template var<int> came;
};

template <class Visit>
void for_each_park_scenario(Visit&& visit) {
  visit.template operator()<sleeper_is_woken>("park.sleeper_is_woken");
  visit.template operator()<each_is_woken_for_its_own>("park.each_is_woken_for_its_own");
  visit.template operator()<timed_sleeper_passes_on>("park.timed_sleeper_passes_on");
  visit.template operator()<who_waits_again_is_woken_again>("park.who_waits_again_is_woken_again");
  visit.template operator()<crowds_come_and_go>("park.crowds_come_and_go");
  visit.template operator()<all_are_woken>("park.all_are_woken");
  visit.template operator()<what_went_aside_comes_back>("park.what_went_aside_comes_back");
}

template <class Visit>
void for_each_timer_scenario(Visit&& visit) {
  visit.template operator()<alarms_ring_in_turn>("park.alarms_ring_in_turn");
  visit.template operator()<sooner_alarm_is_not_late>("park.sooner_alarm_is_not_late");
}

}  // namespace handfast::scenarios
