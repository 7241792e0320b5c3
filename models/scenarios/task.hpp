// Scenarios of coroutines that await operations on channels.
#pragma once

#include <handfast/channel/deadline.hpp>
#include <handfast/task/task.hpp>

#include <string>
#include <string_view>

#include "models/scenarios/scenario.hpp"

namespace handfast::scenarios {

/// Passes on what comes, until nothing does; gives how many came.
template <class Sync, class Core>
task<int, Sync> passing_on(const receiver<Core>& from, const sender<Core>& to) {
  for (int passed = 0;; ++passed) {
    auto received = co_await from.async_receive();
    if (!received) {
      co_return passed;
    }
    const auto sent = co_await to.async_send(*std::move(received));
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

/// What comes by then: 0 for nothing, -1 for the end.
template <class Sync, class Core>
task<int, Sync> received_by(const receiver<Core>& from, timer<Sync>& time,
                            typename Sync::deadline end) {
  auto received = co_await with_deadline(from.async_receive(), time, end);
  co_return received ? received->value() : received.error() == receive_failure::timed_out ? 0 : -1;
}

template <class Sync, template <class, class> class Core = lock_ring>
struct task_gives_up {
  static constexpr std::string_view claim =
      "a coroutine that awaits until a deadline goes on then; its item comes, or stays";
  static constexpr unsigned threads = 2;
  static constexpr unsigned spawned = 1;

  void thread(unsigned index) {
    if (index == 0) {
      timer<Sync> time;
      auto waiting = received_by<Sync>(*ends.rx, time, soon<Sync>());
      block_on<Sync>(waiting);
      received = waiting.result();
    } else {
      ends.must_send(1);
    }
  }
  void finish() {
    const auto left = ends.rx->try_receive();
    Sync::assert_that(received + (left ? left->value() : 0) == 1, "in one place");
  }

  channel_ends<Sync, Core> ends{1};
  int received = 0;
};

template <class Sync, template <class, class> class Core = lock_ring>
struct late_send_keeps_its_item {
  static constexpr std::string_view claim =
      "a send that is awaited until a deadline goes on then, and gives its item back";
  static constexpr unsigned threads = 1;
  static constexpr unsigned spawned = 1;

  late_send_keeps_its_item() { ends.must_send(1); }
  void thread(unsigned) {
    timer<Sync> time;
    send_operation sends(*ends.tx, item<Sync>(2));
    with_deadline sends_by(sends, time, soon<Sync>());
    block_on<Sync>(sends_by);
    const auto late = sends_by.result();
    Sync::assert_that(
        !late && late.error().reason == send_failure::timed_out && late.error().item.value() == 2,
        "nobody makes room");
  }
  void finish() {}

  channel_ends<Sync, Core> ends{1};
};

/// Calls `visit.operator()<Scenario>(name)` for each scenario here.
template <class Visit>
void for_each_task_scenario(Visit&& visit) {
  const auto add = [&]<template <class, class> class Core>(const std::string& variant) {
    visit.template operator()<over<task_is_woken, Core>::template with>("task." + variant +
                                                                        ".task_is_woken");
    visit.template operator()<over<dropped_task_loses_nothing, Core>::template with>(
        "task." + variant + ".dropped_task_loses_nothing");
    visit.template operator()<over<task_gives_up, Core>::template with>("task." + variant +
                                                                        ".task_gives_up");
    visit.template operator()<over<late_send_keeps_its_item, Core>::template with>(
        "task." + variant + ".late_send_keeps_its_item");
  };
  add.template operator()<lock_ring>("lock_ring");
  add.template operator()<lock_free_ring>("lock_free_ring");
}

}  // namespace handfast::scenarios
