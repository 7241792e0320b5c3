// moodycamel's BlockingConcurrentQueue. No order between producers, and FIFO for each of
// them only: it promises less than a channel.
#pragma once

#include <concurrentqueue/blockingconcurrentqueue.h>

#include <cstddef>

namespace handfast::bench {

template <class Item>
class moodycamel_unbounded {
 public:
  using value_type = Item;

  explicit moodycamel_unbounded(std::size_t) {}

  void send(Item item) { queue_.enqueue(item); }
  Item receive() {
    Item item;
    queue_.wait_dequeue(item);
    return item;
  }

 private:
  moodycamel::BlockingConcurrentQueue<Item> queue_;
};

// It has no bound of its own: its own LightweightSemaphore counts the free places, which
// makes the capacity exact and costs one more semaphore operation on each side.
template <class Item>
class moodycamel_bounded {
 public:
  using value_type = Item;

  explicit moodycamel_bounded(std::size_t capacity)
      : places_(static_cast<moodycamel::LightweightSemaphore::ssize_t>(capacity)),
        queue_(capacity) {}

  void send(Item item) {
    while (!places_.wait()) {
    }
    queue_.send(item);
  }
  Item receive() {
    const Item item = queue_.receive();
    places_.signal();
    return item;
  }

 private:
  moodycamel::LightweightSemaphore places_;
  moodycamel_unbounded<Item> queue_;
};

}  // namespace handfast::bench
