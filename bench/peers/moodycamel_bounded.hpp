// moodycamel's BlockingConcurrentQueue. It has no bound of its own: its own
// LightweightSemaphore counts the free places, which makes the capacity exact
// and costs one more semaphore operation on each side. No order between
// producers, and FIFO for each of them only: it promises less than a channel.
#pragma once

#include <concurrentqueue/blockingconcurrentqueue.h>

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace handfast::bench {

class moodycamel_bounded {
 public:
  static constexpr std::string_view name = "moodycamel";

  explicit moodycamel_bounded(std::size_t capacity)
      : places_(static_cast<moodycamel::LightweightSemaphore::ssize_t>(capacity)) {}

  void send(std::uint64_t item) {
    while (!places_.wait()) {
    }
    queue_.enqueue(item);
  }
  std::uint64_t receive() {
    std::uint64_t item = 0;
    queue_.wait_dequeue(item);
    places_.signal();
    return item;
  }

 private:
  moodycamel::LightweightSemaphore places_;
  moodycamel::BlockingConcurrentQueue<std::uint64_t> queue_;
};

}  // namespace handfast::bench
