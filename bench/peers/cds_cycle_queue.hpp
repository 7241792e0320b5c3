// libcds' VyukovMPMCCycleQueue. It cannot wait: who finds it full or empty pauses some
// times, then yields, for as long as it takes. Its capacity is rounded up to a power of two.
#pragma once

#include <cds/container/vyukov_mpmc_cycle_queue.h>
#include <cds/version.h>

#include <bit>
#include <cstddef>
#include <thread>

namespace handfast::bench {

template <class Item>
class cds_cycle_queue {
 public:
  using value_type = Item;

  explicit cds_cycle_queue(std::size_t capacity) : queue_(std::bit_ceil(capacity)) {}

  void send(Item item) {
    keep_trying([&] { return queue_.enqueue(item); });
  }
  Item receive() {
    Item item;
    keep_trying([&] { return queue_.dequeue(item); });
    return item;
  }

 private:
  template <class Try>
  static void keep_trying(Try attempt) {
    for (unsigned tries = 1; !attempt(); ++tries) {
      if (tries < 64) {
        __builtin_ia32_pause();
      } else {
        std::this_thread::yield();
      }
    }
  }

  cds::container::VyukovMPMCCycleQueue<Item> queue_;
};

}  // namespace handfast::bench
