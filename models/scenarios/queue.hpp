// Scenarios of the queues that channels are made of.
#pragma once

#include <handfast/queue/turn_ring.hpp>

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "models/scenarios/scenario.hpp"

namespace handfast::scenarios {

/// A ring of turns that owns its slots, and says what must be.
template <class Sync>
class shared_ring {
 public:
  using ring = turn_ring<item<Sync>, Sync>;

  explicit shared_ring(std::size_t capacity)
      : ring_(make_array<typename ring::slot, Sync>(capacity), capacity) {}

  [[nodiscard]] push_status push(int value) {
    item<Sync> mine(value);
    const push_status status = ring_.push(mine);
    Sync::assert_that(status == push_status::pushed || mine.value() == value,
                      "what is not pushed stays where it is");
    return status;
  }
  /// 0: empty; -1: closed.
  [[nodiscard]] int pop() {
    pop_failure why = pop_failure::none;
    const auto popped = ring_.pop(why);
    return popped ? popped->value() : why == pop_failure::closed ? -1 : 0;
  }
  bool close() { return ring_.close(); }

 private:
  ring ring_;
};

template <class Sync>
struct pushes_meet_pops {
  static constexpr std::string_view claim =
      "of two that push and one that pops, each item comes once, with its contents";
  static constexpr unsigned threads = 3;

  void thread(unsigned index) {
    if (index < 2) {
      Sync::assert_that(ring.push(static_cast<int>(index) + 1) == push_status::pushed,
                        "there is room for two");
    } else {
      popped = ring.pop();
    }
  }
  void finish() {
    int sum = popped;
    for (int next = ring.pop(); next > 0; next = ring.pop()) {
      sum += next;
    }
    Sync::assert_that(sum == 3, "both items come, each once");
  }

  shared_ring<Sync> ring{2};
  int popped = 0;
};

template <class Sync>
struct pops_share_pushes {
  static constexpr std::string_view claim =
      "of two that pop, each gets another item, the older one first; laps go on";
  static constexpr unsigned threads = 3;

  pops_share_pushes() { std::ignore = ring.push(1); }
  void thread(unsigned index) {
    if (index < 2) {
      popped[index] = ring.pop();
    } else {
      pushed = ring.push(2) == push_status::pushed;
    }
  }
  void finish() {
    const int left = ring.pop();
    Sync::assert_that(popped[0] == 1 || popped[1] == 1, "the item that was there is taken");
    Sync::assert_that(popped[0] + popped[1] + std::max(left, 0) == (pushed ? 3 : 1),
                      "each item comes once");
    Sync::assert_that(ring.push(3) == push_status::pushed && ring.pop() == 3, "and on it goes");
  }

  shared_ring<Sync> ring{1};
  std::array<int, 2> popped{};
  bool pushed = false;
};

template <class Sync>
struct no_room_is_so {
  static constexpr std::string_view claim =
      "a ring is not full for who knows that there is room, nor empty for who knows of an item";
  static constexpr unsigned threads = 2;

  no_room_is_so() { std::ignore = ring.push(1); }
  void thread(unsigned index) {
    if (index == 0) {
      Sync::assert_that(ring.pop() == 1, "the item that was there is taken");
      Sync::assert_that(ring.push(2) == push_status::pushed, "nobody else pushes: there is room");
      // [no_room_is_so.told] release: pairs with the acquire load.
      told.store(1, order::release);
      // [no_room_is_so.told] acquire: pairs with the release store.
    } else if (told.load(order::acquire) == 1) {
      Sync::assert_that(ring.push(3) == push_status::full, "it is full");
      Sync::assert_that(ring.pop() == 2, "the second item is there");
      Sync::assert_that(ring.push(3) == push_status::pushed, "there is room again");
    }
  }
  void finish() {
    while (ring.pop() > 0) {
    }
  }

  shared_ring<Sync> ring{1};
  typename Sync::template atomic<std::uint32_t> told{0};
};

template <class Sync>
struct close_ends_pushes {
  static constexpr std::string_view claim =
      "what was pushed before the close comes out, then the end, and with it what was before";
  static constexpr unsigned threads = 3;

  void thread(unsigned index) {
    if (index == 0) {
      pushed = ring.push(1) == push_status::pushed;
      Sync::assert_that(pushed || before.read() == 1, "what was before the close has happened");
    } else if (index == 1) {
      before.write() = 1;
      Sync::assert_that(ring.close(), "nobody else closes");
    } else {
      int last = ring.pop();
      if (last == 1) {
        popped = true;
        last = ring.pop();
      }
      if (last == -1) {
        Sync::assert_that(before.read() == 1, "what was before the close has happened");
        Sync::assert_that(ring.push(2) == push_status::closed, "nothing enters");
      }
    }
  }
  void finish() {
    Sync::assert_that(ring.pop() == (pushed && !popped ? 1 : -1), "pushed and there, or neither");
    Sync::assert_that(!pushed || popped || ring.pop() == -1, "then the end");
    Sync::assert_that(!ring.close(), "it is closed");
  }

  shared_ring<Sync> ring{1};
  typename Sync::template var<int> before;
  bool pushed = false;
  bool popped = false;
};

/// Calls `visit.operator()<Scenario>(name)` for each scenario here.
template <class Visit>
void for_each_queue_scenario(Visit&& visit) {
  visit.template operator()<pushes_meet_pops>("queue.pushes_meet_pops");
  visit.template operator()<pops_share_pushes>("queue.pops_share_pushes");
  visit.template operator()<no_room_is_so>("queue.no_room_is_so");
  visit.template operator()<close_ends_pushes>("queue.close_ends_pushes");
}

}  // namespace handfast::scenarios
