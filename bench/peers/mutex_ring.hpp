// The baseline: what anyone would write first, and what seed document 000 does.
// A ring under a std::mutex, with a condition variable for each side, notified
// on every operation while the lock is held.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string_view>
#include <vector>

namespace handfast::bench {

class mutex_ring {
 public:
  static constexpr std::string_view name = "mutex_ring";

  explicit mutex_ring(std::size_t capacity) : items_(capacity) {}

  void send(std::uint64_t item) {
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

  std::uint64_t receive() {
    std::unique_lock lock(mutex_);
    not_empty_.wait(lock, [this] { return closed_ || size_ > 0; });
    if (size_ == 0) {
      return 0;
    }
    const std::uint64_t item = items_[head_];
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
  std::vector<std::uint64_t> items_;
  std::size_t head_ = 0;
  std::size_t tail_ = 0;
  std::size_t size_ = 0;
  bool closed_ = false;
};

}  // namespace handfast::bench
