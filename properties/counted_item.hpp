// What has one owner at a time: items of channels, what tasks give, what they are made of.
#pragma once

#include <handfast/memory/object.hpp>

#include <atomic>
#include <cstdint>
#include <utility>

// There under AddressSanitizer.
extern "C" [[gnu::weak]] void __lsan_ignore_object(const void*);

namespace handfast::properties {

/// Counted as long as it is alive; its contents are memory from the policy with plain data in it,
/// which every engine watches.
template <class Sync>
class counted_item {
 public:
  explicit counted_item(int value) noexcept : body_(make_object<body, Sync>(value)) {
    count_.fetch_add(1, std::memory_order_relaxed);
    if (__lsan_ignore_object != nullptr) {
      // It is counted here, and may be on a stack that a shutdown has left.
      __lsan_ignore_object(body_);
    }
  }
  counted_item(counted_item&& other) noexcept : body_(std::exchange(other.body_, nullptr)) {}
  counted_item& operator=(counted_item&& other) noexcept {
    std::swap(body_, other.body_);
    return *this;
  }
  ~counted_item() {
    if (body_ != nullptr) {
      destroy_object<body, Sync>(body_);
      count_.fetch_sub(1, std::memory_order_relaxed);
    }
  }

  /// What was put in; an item that was moved from has nothing.
  [[nodiscard]] int value() const {
    Sync::assert_that(body_ != nullptr, "an item came without its contents");
    return body_->read();
  }

  /// Of those that were made since `forget_all`.
  [[nodiscard]] static std::int64_t alive() { return count_.load(std::memory_order_relaxed); }
  static void forget_all() { count_.store(0, std::memory_order_relaxed); }

 private:
  using body = typename Sync::template var<int>;

  static inline std::atomic<std::int64_t> count_{0};

  body* body_;
};

}  // namespace handfast::properties
