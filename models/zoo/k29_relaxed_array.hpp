// K29, the published C11 version of the Chase-Lev deque, as CDSChecker found it: a thief
// loads the pointer to the array relaxed, and reads from an array that `resize` has
// filled and published with a release.
#pragma once

#include <handfast/memory/object.hpp>

#include <array>
#include <cstdint>
#include <string_view>

namespace handfast::zoo {

template <class Sync, bool Fixed>
struct relaxed_array {
  static constexpr std::string_view claim = "a thief reads what the owner put";
  static constexpr unsigned threads = 2;

  ~relaxed_array() {
    destroy_object<array, Sync>(small);
    if (array* large = now.load(order::relaxed); large != small) {
      destroy_object<array, Sync>(large);
    }
  }

  void thread(unsigned index) {
    if (index == 0) {
      push(1);
      push(2);  // has no room
    } else {
      steal();
    }
  }
  void finish() {}

 private:
  struct array {
    explicit array(std::uint64_t has_room_for) noexcept : size(has_room_for) {}
    std::uint64_t size;
    std::array<typename Sync::template atomic<int>, 2> slots;
  };

  void push(int task) {
    const std::uint64_t end = bottom.load(order::relaxed);
    array* in = now.load(order::relaxed);
    if (end - top.load(order::acquire) >= in->size) {
      array* larger = make_object<array, Sync>(2U);
      for (std::uint64_t i = top.load(order::relaxed); i < end; ++i) {
        larger->slots[i % 2].store(in->slots[i % in->size].load(order::relaxed), order::relaxed);
      }
      now.store(larger, order::release);
      in = larger;
    }
    in->slots[end % in->size].store(task, order::relaxed);
    Sync::fence(order::release);
    bottom.store(end + 1, order::relaxed);
  }
  void steal() {
    std::uint64_t first = top.load(order::acquire);
    Sync::fence(order::seq_cst);
    if (first >= bottom.load(order::acquire)) {
      return;
    }
    array* in = now.load(Fixed ? order::acquire : order::relaxed);
    const int task = in->slots[first % in->size].load(order::relaxed);
    if (top.compare_exchange_strong(first, first + 1, order::seq_cst, order::relaxed)) {
      Sync::assert_that(task == 1, "the task is the one that was pushed first");
    }
  }

  array* small = make_object<array, Sync>(1U);
  typename Sync::template atomic<array*> now{small};
  typename Sync::template atomic<std::uint64_t> top;
  typename Sync::template atomic<std::uint64_t> bottom;
};

}  // namespace handfast::zoo
