// Scenarios of coroutines that await operations on channels.
#pragma once

#include <handfast/task/task.hpp>

#include <string>
#include <string_view>

#include "models/scenarios/scenario.hpp"

namespace handfast::scenarios {

/// Passes on what comes, until nothing does; gives how many came.
template <class Sync, class Core>
task<int, Sync> passing_on(const receiver<Core>& from, const sender<Core>& to) {
  for (int passed = 0;; ++passed) {
    auto received = co_await receive_operation(from);
    if (!received) {
      co_return passed;
    }
    const auto sent = co_await send_operation(to, *std::move(received));
    Sync::assert_that(sent.has_value(), "nobody closes there");
  }
}

template <class Sync, template <class, class> class Core = lock_ring>
struct task_is_woken {
  static constexpr std::string_view claim =
      "a coroutine that awaits is resumed for what it awaits, and for nothing else";
  static constexpr unsigned threads = 2;

  void thread(unsigned index) {
    if (index == 0) {
      auto passing = passing_on<Sync>(*in.rx, *out.tx);
      block_on<Sync>(passing);
      Sync::assert_that(passing.result() == 1, "one item, then the end");
    } else {
      in.must_send(1);
      in.tx.reset();
    }
  }
  void finish() { Sync::assert_that(out.must_receive() == 1, "it was passed on"); }

  channel_ends<Sync, Core> in{1};
  channel_ends<Sync, Core> out{1};
};

template <class Sync, template <class, class> class Core = lock_ring>
struct dropped_task_loses_nothing {
  static constexpr std::string_view claim =
      "a coroutine that is dropped while it awaits leaves what it awaited to others";
  static constexpr unsigned threads = 2;

  void thread(unsigned index) {
    if (index == 0) {
      auto passing = passing_on<Sync>(*in.rx, *out.tx);
      const waker nobody([](void*) noexcept {}, nullptr);
      Sync::assert_that(passing.poll(nobody) == poll_status::pending, "the channel is open");
    } else {
      in.must_send(1);
    }
  }
  void finish() {
    Sync::assert_that(in.rx->try_receive().has_value() != out.rx->try_receive().has_value(),
                      "the item is there, or was passed on");
  }

  channel_ends<Sync, Core> in{1};
  channel_ends<Sync, Core> out{1};
};

/// Calls `visit.operator()<Scenario>(name)` for each scenario here.
template <class Visit>
void for_each_task_scenario(Visit&& visit) {
  const auto add = [&]<template <class, class> class Core>(const std::string& variant) {
    visit.template operator()<over<task_is_woken, Core>::template with>("task." + variant +
                                                                        ".task_is_woken");
    visit.template operator()<over<dropped_task_loses_nothing, Core>::template with>(
        "task." + variant + ".dropped_task_loses_nothing");
  };
  add.template operator()<lock_ring>("lock_ring");
  add.template operator()<lock_free_ring>("lock_free_ring");
}

}  // namespace handfast::scenarios
