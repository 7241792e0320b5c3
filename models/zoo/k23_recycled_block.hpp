// K23, moodycamel's ConcurrentQueue (concurrentqueue #404): each consumer counts its
// element of a block as done with a release; the last one reuses the block without
// having acquired what the others did.
#pragma once

#include <handfast/sync/policy.hpp>

#include <array>
#include <cstdint>
#include <string_view>

namespace handfast::zoo {

template <class Sync, bool Fixed>
struct recycled_block {
  static constexpr std::string_view claim = "a block is reused when all are done with it";
  static constexpr unsigned threads = 3;

  recycled_block() {
    for (auto& each : elements) {
      each.write() = 1;
    }
  }

  void thread(unsigned index) {
    Sync::assert_that(elements[index].read() == 1, "an element is there to be had");
    if (done.fetch_add(1, Fixed ? order::acq_rel : order::release) == threads - 1) {
      for (auto& each : elements) {
        each.write() = 2;  // the next round's
      }
    }
  }
  void finish() {}

 private:
  std::array<typename Sync::template var<int>, threads> elements;
  typename Sync::template atomic<std::uint64_t> done;
};

}  // namespace handfast::zoo
