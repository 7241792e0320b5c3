// K04, crossbeam-deque (crossbeam #726, RUSTSEC-2021-0093): a thief that steals several
// tasks keeps reading from the buffer that it found at first. The owner has moved to a
// larger one meanwhile, popped a task and pushed another in its place: the thief gets
// the popped one again, and the new one is lost.
#pragma once

#include <handfast/sync/policy.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace handfast::zoo {

template <class Sync, bool Fixed>
struct swapped_buffer {
  static constexpr std::string_view claim = "each task is run once";
  static constexpr unsigned threads = 2;

  swapped_buffer() {
    push(0);
    push(1);
  }

  void thread(unsigned index) {
    if (index == 0) {
      push(2);  // has no room
      pop();
      pop();
      push(3);
    } else {
      steal_two();
    }
  }
  void finish() {
    while (pop()) {
    }
    for (std::size_t task = 0; task < tasks; ++task) {
      Sync::assert_that(popped[task] + stolen[task] == 1, "each task was taken once");
    }
  }

 private:
  static constexpr std::size_t tasks = 4;
  struct buffer {
    explicit buffer(std::uint64_t room) : size(room) {}

    std::uint64_t size;
    std::array<typename Sync::template atomic<std::uint64_t>, tasks> slots;

    auto& at(std::uint64_t index) { return slots[index % size]; }
  };

  void push(std::uint64_t task) {
    const std::uint64_t end = back.load(order::relaxed);
    const std::uint64_t first = front.load(order::acquire);
    buffer* into = now.load(order::relaxed);
    if (end - first >= into->size) {
      for (std::uint64_t i = first; i < end; ++i) {
        large.at(i).store(into->at(i).load(order::relaxed), order::relaxed);
      }
      into = &large;
      now.store(into, order::seq_cst);
    }
    into->at(end).store(task, order::relaxed);
    back.store(end + 1, order::seq_cst);
  }
  bool pop() {
    const std::uint64_t last = back.load(order::relaxed) - 1;
    back.store(last, order::seq_cst);
    std::uint64_t first = front.load(order::seq_cst);
    const auto left = static_cast<std::int64_t>(last - first);
    if (left < 0) {
      back.store(last + 1, order::relaxed);
      return false;
    }
    const std::uint64_t task = now.load(order::relaxed)->at(last).load(order::relaxed);
    if (left == 0) {
      const bool mine =
          front.compare_exchange_strong(first, first + 1, order::seq_cst, order::relaxed);
      back.store(last + 1, order::relaxed);
      if (!mine) {
        return false;
      }
    }
    ++popped[task];
    return true;
  }
  void steal_two() {
    std::uint64_t first = front.load(order::seq_cst);
    buffer* from = now.load(order::seq_cst);
    for (int i = 0; i < 2; ++i) {
      if (static_cast<std::int64_t>(back.load(order::seq_cst) - first) <= 0) {
        return;
      }
      const std::uint64_t task = from->at(first).load(order::relaxed);
      if (Fixed && now.load(order::seq_cst) != from) {
        return;
      }
      if (!front.compare_exchange_strong(first, first + 1, order::seq_cst, order::relaxed)) {
        return;
      }
      ++stolen[task];
      ++first;
    }
  }

  buffer small{2};
  buffer large{tasks};
  typename Sync::template atomic<buffer*> now{&small};
  typename Sync::template atomic<std::uint64_t> front;
  typename Sync::template atomic<std::uint64_t> back;
  std::array<int, tasks> popped{};
  std::array<int, tasks> stolen{};
};

}  // namespace handfast::zoo
