// The one sequential specification of a channel: what a bounded FIFO with a
// closed bit and counted handles answers, one operation at a time. Properties
// compare with it step by step, the fuzzer too, and the linearizability checker
// searches for an order of a concurrent history that it allows.
//
// Items are numbers; whoever compares maps real items to them.
#pragma once

#include <handfast/channel/outcome.hpp>

#include <algorithm>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <expected>
#include <utility>
#include <vector>

namespace handfast::spec {

using item = std::uint64_t;

/// A channel as one thread sees it; one of capacity 0 never takes what one thread sends. `full` and
/// `empty` are the answers to an operation without patience; one that waits for ever would block
/// there, one with a deadline would time out.
class channel {
 public:
  /// With `one_item` the first send that succeeds closes it.
  explicit channel(std::size_t capacity, bool one_item = false)
      : capacity_(capacity), one_item_(one_item) {}

  /// Takes `sent` in, or says `closed` (before `full`) or `full`.
  std::expected<void, send_failure> send(item sent) {
    if (closed_) {
      return std::unexpected(send_failure::closed);
    }
    if (items_.size() == capacity_) {
      return std::unexpected(send_failure::full);
    }
    items_.push_back(sent);
    closed_ = one_item_;
    return {};
  }

  /// Gives the oldest item, or says `empty`, or `closed` once nothing is left.
  std::expected<item, receive_failure> receive() {
    if (items_.empty()) {
      return std::unexpected(closed_ ? receive_failure::closed : receive_failure::empty);
    }
    const item oldest = items_.front();
    items_.pop_front();
    return oldest;
  }

  /// Gives all that is there, oldest first, at most `most`; else as `receive`.
  std::expected<std::vector<item>, receive_failure> receive_many(std::size_t most) {
    if (most == 0) {
      return std::vector<item>{};
    }
    if (items_.empty()) {
      return std::unexpected(receive().error());
    }
    const auto taken = static_cast<std::ptrdiff_t>(std::min(most, items_.size()));
    std::vector<item> batch(items_.begin(), items_.begin() + taken);
    items_.erase(items_.begin(), items_.begin() + taken);
    return batch;
  }

  close_outcome close() {
    return std::exchange(closed_, true) ? close_outcome::already_closed : close_outcome::closed_now;
  }

  void clone_sender() { ++senders_; }
  void clone_receiver() { ++receivers_; }

  /// The last sender closes.
  void drop_sender() {
    if (--senders_ == 0) {
      closed_ = true;
    }
  }

  /// The last receiver closes; gives the items that are destroyed with it.
  std::vector<item> drop_receiver() {
    std::vector<item> discarded;
    if (--receivers_ == 0) {
      closed_ = true;
      discarded.assign(items_.begin(), items_.end());
      items_.clear();
    }
    return discarded;
  }

  [[nodiscard]] bool closed() const { return closed_; }
  [[nodiscard]] std::size_t capacity() const { return capacity_; }
  [[nodiscard]] const std::deque<item>& items() const { return items_; }
  [[nodiscard]] std::size_t senders() const { return senders_; }
  [[nodiscard]] std::size_t receivers() const { return receivers_; }

  /// The same with other room: for what happens between two who meet where there is none.
  [[nodiscard]] channel with_capacity(std::size_t capacity) const {
    channel other = *this;
    other.capacity_ = capacity;
    return other;
  }

  friend auto operator<=>(const channel&, const channel&) = default;

 private:
  std::size_t capacity_;
  bool one_item_;
  std::deque<item> items_;
  std::size_t senders_ = 1;
  std::size_t receivers_ = 1;
  bool closed_ = false;
};

}  // namespace handfast::spec
