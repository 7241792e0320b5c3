// A wrong contender: the mutex ring, but the tenth item that the process sends arrives as
// another. The checks of the workloads are shown to catch it; it runs when named.
#pragma once

#include "bench/peers/mutex_ring.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <utility>

namespace handfast::bench {

template <class Item>
class lossy_ring {
 public:
  using value_type = Item;

  explicit lossy_ring(std::size_t capacity) : ring_(capacity) {}

  void send(Item item) {
    const bool lose = sent_.fetch_add(1, std::memory_order_relaxed) == 9;
    ring_.send(lose ? Item(0) : item);
  }
  Item receive() { return ring_.receive(); }

  // In turns: as many come through the one as through the other.
  class either {
   public:
    either(lossy_ring& first, lossy_ring& second) : next_(first), other_(second) {}

    Item receive() {
      std::swap(next_, other_);
      return other_.get().receive();
    }

   private:
    std::reference_wrapper<lossy_ring> next_;
    std::reference_wrapper<lossy_ring> other_;
  };

 private:
  static inline std::atomic<std::uint64_t> sent_{0};

  mutex_ring<Item> ring_;
};

}  // namespace handfast::bench
