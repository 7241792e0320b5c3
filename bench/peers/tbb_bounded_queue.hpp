// oneTBB's concurrent_bounded_queue. Its capacity is exact, or there is none.
#pragma once

#include "bench/workloads/workload.hpp"

#include <oneapi/tbb/concurrent_queue.h>
#include <oneapi/tbb/version.h>

#include <cstddef>

namespace handfast::bench {

template <class Item>
class tbb_bounded_queue {
 public:
  using value_type = Item;

  explicit tbb_bounded_queue(std::size_t capacity) {
    if (capacity != unbounded) {
      queue_.set_capacity(static_cast<std::ptrdiff_t>(capacity));
    }
  }

  void send(Item item) { queue_.push(item); }
  Item receive() {
    Item item;
    queue_.pop(item);
    return item;
  }

 private:
  tbb::concurrent_bounded_queue<Item> queue_;
};

}  // namespace handfast::bench
