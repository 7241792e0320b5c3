// The baseline: what anyone would write first, and what seed document 000 does.
// A ring under a std::mutex, with a condition variable for each side, notified
// on every operation while the lock is held.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <vector>

namespace handfast::bench {

template <class Item>
class mutex_ring {
 public:
  using value_type = Item;

  explicit mutex_ring(std::size_t capacity) : items_(capacity) {}

  void send(Item item) {
    std::unique_lock lock(mutex_);
    not_full_.wait(lock, [this] { return closed_ || size_ < items_.size(); });
    if (closed_) {
      return;
    }
    items_[tail_] = item;
    tail_ = (tail_ + 1) % items_.size();
    ++size_;
    not_empty_.notify_one();
  }

  Item receive() {
    std::unique_lock lock(mutex_);
    not_empty_.wait(lock, [this] { return closed_ || size_ > 0; });
    if (size_ == 0) {
      return Item();
    }
    const Item item = items_[head_];
    head_ = (head_ + 1) % items_.size();
    --size_;
    not_full_.notify_one();
    return item;
  }

  void close() {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    not_empty_.notify_all();
    not_full_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable not_full_;
  std::condition_variable not_empty_;
  std::vector<Item> items_;
  std::size_t head_ = 0;
  std::size_t tail_ = 0;
  std::size_t size_ = 0;
  bool closed_ = false;
};

}  // namespace handfast::bench
