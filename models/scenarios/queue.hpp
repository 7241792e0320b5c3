// Scenarios of the queues that channels are made of.
#pragma once

#include <handfast/queue/one_slot.hpp>
#include <handfast/queue/segments.hpp>
#include <handfast/queue/turn_ring.hpp>

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "models/scenarios/scenario.hpp"

namespace handfast::scenarios {

template <class Value, class Sync>
using turn_ring_of_many = turn_ring<Value, Sync>;
template <class Value, class Sync>
using turn_ring_of_one = turn_ring<Value, Sync, parties::one, parties::one>;
template <class Value, class Sync>
using segments_for_many = segment_queue<Value, Sync>;
template <class Value, class Sync>
using segments_for_one = segment_queue<Value, Sync, parties::one>;

/// A queue of items on storage of its own, that says what must be.
template <class Sync, template <class, class> class Queue>
class shared_queue {
 public:
  using queue = Queue<item<Sync>, Sync>;

  explicit shared_queue(std::size_t capacity) : queue_(empty(capacity)) {}

  [[nodiscard]] push_status push(int value) {
    item<Sync> mine(value);
    const push_status status = queue_.push(mine);
    Sync::assert_that(status == push_status::pushed || mine.value() == value,
                      "what is not pushed stays where it is");
    return status;
  }
  /// 0: empty; -1: closed.
  [[nodiscard]] int pop() {
    pop_failure why = pop_failure::none;
    const auto popped = queue_.pop(why);
    return popped ? popped->value() : why == pop_failure::closed ? -1 : 0;
  }
  bool close() { return queue_.close(); }

 private:
  static queue empty(std::size_t capacity) {
    if constexpr (queue::one_item) {
      return queue();
    } else if constexpr (queue::bounded) {
      return queue(make_array<typename queue::slot, Sync>(capacity), capacity);
    } else {
      return queue(queue::make_segment());
    }
  }

  queue queue_;
};

template <class Sync, template <class, class> class Queue = turn_ring_of_many>
struct pushes_meet_pops {
  static constexpr std::string_view claim =
      "of two that push and one that pops, each item comes once, with its contents";
  static constexpr unsigned threads = 3;
  static constexpr needs asks{.many_senders = true};

  void thread(unsigned index) {
    if (index < 2) {
      Sync::assert_that(queue.push(static_cast<int>(index) + 1) == push_status::pushed,
                        "there is room for two");
    } else {
      popped = queue.pop();
    }
  }
  void finish() {
    int sum = popped;
    for (int next = queue.pop(); next > 0; next = queue.pop()) {
      sum += next;
    }
    Sync::assert_that(sum == 3, "both items come, each once");
  }

  shared_queue<Sync, Queue> queue{2};
  int popped = 0;
};

template <class Sync, template <class, class> class Queue = turn_ring_of_many>
struct pops_share_pushes {
  static constexpr std::string_view claim =
      "of two that pop, each gets another item, the older one first; laps go on";
  static constexpr unsigned threads = 3;
  static constexpr needs asks{.many_receivers = true};

  pops_share_pushes() { std::ignore = queue.push(1); }
  void thread(unsigned index) {
    if (index < 2) {
      popped[index] = queue.pop();
    } else {
      pushed = queue.push(2) == push_status::pushed;
    }
  }
  void finish() {
    const int left = queue.pop();
    Sync::assert_that(popped[0] == 1 || popped[1] == 1, "the item that was there is taken");
    Sync::assert_that(popped[0] + popped[1] + std::max(left, 0) == (pushed ? 3 : 1),
                      "each item comes once");
    Sync::assert_that(queue.push(3) == push_status::pushed && queue.pop() == 3, "and on it goes");
  }

  shared_queue<Sync, Queue> queue{1};
  std::array<int, 2> popped{};
  bool pushed = false;
};

template <class Sync, template <class, class> class Queue = turn_ring_of_many>
struct no_room_is_so {
  static constexpr std::string_view claim =
      "a queue is not full for who knows that there is room, nor empty for who knows of an item";
  static constexpr unsigned threads = 2;
  static constexpr needs asks{.bounded = true, .many_senders = true, .many_receivers = true};

  no_room_is_so() { std::ignore = queue.push(1); }
  void thread(unsigned index) {
    if (index == 0) {
      Sync::assert_that(queue.pop() == 1, "the item that was there is taken");
      Sync::assert_that(queue.push(2) == push_status::pushed, "nobody else pushes: there is room");
      // [no_room_is_so.told] release: pairs with the acquire load.
      told.store(1, order::release);
      // [no_room_is_so.told] acquire: pairs with the release store.
    } else if (told.load(order::acquire) == 1) {
      Sync::assert_that(queue.push(3) == push_status::full, "it is full");
      Sync::assert_that(queue.pop() == 2, "the second item is there");
      Sync::assert_that(queue.push(3) == push_status::pushed, "there is room again");
    }
  }
  void finish() {
    while (queue.pop() > 0) {
    }
  }

  shared_queue<Sync, Queue> queue{1};
  typename Sync::template atomic<std::uint32_t> told{0};
};

template <class Sync, template <class, class> class Queue = turn_ring_of_many>
struct close_ends_pushes {
  static constexpr std::string_view claim =
      "what was pushed before the close comes out, then the end, and with it what was before";
  static constexpr unsigned threads = 3;
  static constexpr needs asks{.many_items = true};

  void thread(unsigned index) {
    if (index == 0) {
      pushed = queue.push(1) == push_status::pushed;
      Sync::assert_that(pushed || before.read() == 1, "what was before the close has happened");
    } else if (index == 1) {
      before.write() = 1;
      Sync::assert_that(queue.close(), "nobody else closes");
    } else {
      int last = queue.pop();
      if (last == 1) {
        popped = true;
        last = queue.pop();
      }
      ended = last == -1;
      if (ended) {
        Sync::assert_that(before.read() == 1, "what was before the close has happened");
        Sync::assert_that(queue.push(2) == push_status::closed, "nothing enters");
      }
    }
  }
  void finish() {
    Sync::assert_that(!ended || !pushed || popped, "nothing is left after the end");
    Sync::assert_that(queue.pop() == (pushed && !popped ? 1 : -1), "pushed and there, or neither");
    Sync::assert_that(!pushed || popped || queue.pop() == -1, "then the end");
    Sync::assert_that(!queue.close(), "it is closed");
  }

  shared_queue<Sync, Queue> queue{1};
  typename Sync::template var<int> before;
  bool pushed = false;
  bool popped = false;
  bool ended = false;
};

template <class Sync, template <class, class> class Queue = one_slot>
struct push_or_close {
  static constexpr std::string_view claim =
      "of a slot's push and a close one closes it; who hears of the end knows what was before";
  static constexpr unsigned threads = 3;
  static constexpr needs asks{.one_item = true};

  void thread(unsigned index) {
    if (index == 0) {
      pushed = slot.push(1) == push_status::pushed;
      Sync::assert_that(pushed || before.read() == 1, "what was before the close has happened");
    } else if (index == 1) {
      before.write() = 1;
      closed = slot.close();
    } else {
      popped = slot.pop();
      Sync::assert_that(popped != -1 || before.read() == 1,
                        "what was before the close has happened");
    }
  }
  void finish() {
    Sync::assert_that(pushed != closed, "one of the two closes it");
    Sync::assert_that(!pushed || popped == 1 || slot.pop() == 1, "what is pushed comes");
    Sync::assert_that(slot.pop() == -1 && slot.push(2) == push_status::closed, "once");
  }

  shared_queue<Sync, Queue> slot{1};
  typename Sync::template var<int> before;
  bool pushed = false;
  bool closed = false;
  int popped = 0;
};

template <class Sync, template <class, class> class Queue = turn_ring_of_many>
struct one_after_the_other {
  static constexpr std::string_view claim =
      "items come out as they went in, whatever storage comes and goes";
  static constexpr unsigned threads = 2;
  static constexpr needs asks{.many_items = true};
  static constexpr double weight = 3;

  one_after_the_other() {
    std::ignore = queue.push(1);
    std::ignore = queue.pop();
  }
  void thread(unsigned index) {
    if (index == 0) {
      for (int value = 1; value <= 3; ++value) {
        pushed += queue.push(value) == push_status::pushed ? 1 : 0;
      }
    } else {
      for (int attempt = 1; attempt <= 3; ++attempt) {
        take();
      }
    }
  }
  void finish() {
    while (take()) {
    }
    Sync::assert_that(popped == pushed, "each item comes once");
  }

  bool take() {
    const int value = queue.pop();
    Sync::assert_that(value <= 0 || value > last, "an item was overtaken");
    popped += value > 0 ? 1 : 0;
    last = std::max(last, value);
    return value > 0;
  }

  shared_queue<Sync, Queue> queue{2};
  int pushed = 0;
  int popped = 0;
  int last = 0;
};

template <class Sync, template <class, class> class Queue = turn_ring_of_many>
struct pushes_go_on_in_new_storage {
  static constexpr std::string_view claim =
      "of two that push where storage ends, each item comes once";
  static constexpr unsigned threads = 3;
  static constexpr needs asks{.many_senders = true};

  pushes_go_on_in_new_storage() { std::ignore = queue.push(1); }
  void thread(unsigned index) {
    if (index < 2) {
      Sync::assert_that(queue.push(static_cast<int>(index) + 2) == push_status::pushed,
                        "there is room for three");
    } else {
      Sync::assert_that(queue.pop() == 1, "the oldest comes first");
    }
  }
  void finish() {
    Sync::assert_that(queue.pop() + queue.pop() == 5 && queue.pop() == 0, "each comes once");
  }

  shared_queue<Sync, Queue> queue{3};
};

template <class Sync, template <class, class> class Queue = turn_ring_of_many>
struct pops_go_on_in_new_storage {
  static constexpr std::string_view claim =
      "of two that pop where storage ends, neither waits for what is not there";
  static constexpr unsigned threads = 3;
  static constexpr double weight = 5;
  static constexpr needs asks{.many_receivers = true};

  pops_go_on_in_new_storage() { std::ignore = queue.push(1); }
  void thread(unsigned index) {
    if (index < 2) {
      sums[index] = queue.pop();
      sums[index] += queue.pop();
    } else {
      Sync::assert_that(queue.push(2) == push_status::pushed, "there is room for two");
    }
  }
  void finish() { Sync::assert_that(sums[0] + sums[1] + queue.pop() == 3, "each item comes once"); }

  shared_queue<Sync, Queue> queue{2};
  std::array<int, 2> sums{};
};

template <class Sync, template <class, class> class Queue = turn_ring_of_many>
struct storage_is_used_again {
  static constexpr std::string_view claim =
      "storage that was popped from is used again when whoever popped is done with it";
  static constexpr unsigned threads = 3;
  static constexpr needs asks{.many_receivers = true};

  storage_is_used_again() {
    std::ignore = queue.push(1);
    std::ignore = queue.push(2);
  }
  void thread(unsigned index) {
    if (index < 2) {
      popped[index] = queue.pop();
    } else {
      for (int value = 3; value <= 5; ++value) {
        pushed += queue.push(value) == push_status::pushed ? value : 0;
      }
    }
  }
  void finish() {
    Sync::assert_that(popped[0] + popped[1] == 3, "the oldest come first");
    int sum = 0;
    for (int next = queue.pop(); next > 0; next = queue.pop()) {
      sum += next;
    }
    Sync::assert_that(sum == pushed, "each item comes once");
  }

  shared_queue<Sync, Queue> queue{2};
  std::array<int, 2> popped{};
  int pushed = 0;
};

template <class Sync, template <class, class> class Queue = turn_ring_of_many>
struct storage_is_given_back_in_turn {
  static constexpr std::string_view claim =
      "of storage that is popped from by two, and was used before, each part goes once";
  static constexpr unsigned threads = 2;
  static constexpr needs asks{.many_receivers = true};

  storage_is_given_back_in_turn() {
    for (int value = 1; value <= 6; ++value) {  // in three parts of segments, the last used again
      std::ignore = queue.push(value);
      Sync::assert_that(queue.pop() == value, "one after the other");
    }
    for (int value = 1; value <= 4; ++value) {
      std::ignore = queue.push(value);
    }
  }
  void thread(unsigned index) {
    for (unsigned pops = 0; pops < (index == 0 ? 1 : 3); ++pops) {
      popped[index] += queue.pop();
    }
  }
  void finish() { Sync::assert_that(popped[0] + popped[1] == 10, "each item comes once"); }

  shared_queue<Sync, Queue> queue{4};
  std::array<int, 2> popped{};
};

template <class Sync, template <class, class> class Queue = turn_ring_of_many>
struct pops_race_for_one_item {
  static constexpr std::string_view claim =
      "of those that pop one item one gets it, and the others do not wait for more";
  static constexpr unsigned threads = 3;
  static constexpr needs asks{.many_receivers = true};

  void thread(unsigned index) {
    if (index == 2) {
      Sync::assert_that(queue.push(1) == push_status::pushed, "there is room");
    }
    popped[index] = queue.pop();
  }
  void finish() {
    Sync::assert_that(popped[0] + popped[1] + popped[2] == 1, "the item comes once");
  }

  shared_queue<Sync, Queue> queue{1};
  std::array<int, 3> popped{};
};

/// Calls `visit.operator()<Scenario>(name)` for the scenarios of one queue.
template <template <class, class> class Queue, class Visit>
void for_each_scenario_of_queue(const std::string& name, Visit&& visit) {
  const auto add =
      [&]<template <class, template <class, class> class> class Scenario>(const char* what) {
        if constexpr (suits<Scenario<native, Queue>, Queue<int, native>>()) {
          visit.template operator()<over<Scenario, Queue>::template with>(name + "." + what);
        }
      };
  add.template operator()<pushes_meet_pops>("pushes_meet_pops");
  add.template operator()<pops_share_pushes>("pops_share_pushes");
  add.template operator()<no_room_is_so>("no_room_is_so");
  add.template operator()<close_ends_pushes>("close_ends_pushes");
  add.template operator()<push_or_close>("push_or_close");
  add.template operator()<one_after_the_other>("one_after_the_other");
  add.template operator()<pushes_go_on_in_new_storage>("pushes_go_on_in_new_storage");
  add.template operator()<pops_go_on_in_new_storage>("pops_go_on_in_new_storage");
  add.template operator()<storage_is_used_again>("storage_is_used_again");
  add.template operator()<storage_is_given_back_in_turn>("storage_is_given_back_in_turn");
  add.template operator()<pops_race_for_one_item>("pops_race_for_one_item");
}

template <class Visit>
void for_each_queue_scenario(Visit&& visit) {
  for_each_scenario_of_queue<turn_ring_of_many>("turn_ring", visit);
  for_each_scenario_of_queue<turn_ring_of_one>("lone_turn_ring", visit);
  for_each_scenario_of_queue<segments_for_many>("segments", visit);
  for_each_scenario_of_queue<segments_for_one>("lone_segments", visit);
  for_each_scenario_of_queue<one_slot>("one_slot", visit);
}

}  // namespace handfast::scenarios
