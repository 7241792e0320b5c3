// K18, stdexec's block-based work-stealing queue: the owner writes a slot and then
// stores `tail` relaxed; a thief that sees the new tail reads a slot that was not
// published to it.
#pragma once

#include <handfast/sync/policy.hpp>

#include <array>
#include <cstdint>
#include <string_view>

namespace handfast::zoo {

template <class Sync, bool Fixed>
struct relaxed_tail {
  static constexpr std::string_view claim = "a slot below the tail has been written";
  static constexpr unsigned threads = 2;

  void thread(unsigned index) {
    if (index == 0) {
      put(0, 7);
      put(1, 8);
    } else {
      steal();
    }
  }
  void finish() {}

 private:
  void put(std::uint64_t at, int task) {
    slots[at].write() = task;
    tail.store(at + 1, Fixed ? order::release : order::relaxed);
  }
  void steal() {
    const std::uint64_t end = tail.load(order::acquire);
    if (end == 0) {
      return;
    }
    std::uint64_t at = head.load(order::relaxed);
    if (head.compare_exchange_strong(at, at + 1, order::acq_rel, order::relaxed)) {
      Sync::assert_that(slots[at].read() == 7, "the first task comes first");
    }
  }

  std::array<typename Sync::template var<int>, 2> slots;
  typename Sync::template atomic<std::uint64_t> head;
  typename Sync::template atomic<std::uint64_t> tail;
};

}  // namespace handfast::zoo
