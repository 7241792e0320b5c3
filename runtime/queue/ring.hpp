// A FIFO of fixed capacity in one array: the storage under lock-based queues.
//
// Rules
//  1. One thread at a time: the owner guards every call, with a lock or
//     otherwise. All fields and slots are `var`s, so an engine reports an owner
//     that does not.
//  2. The slots [head_, head_ + size_) modulo capacity_ hold items, oldest
//     first; the others are empty rooms.
//  3. An item lives in exactly one room from `push` to `pop`.
#pragma once

#include <handfast/memory/object.hpp>
#include <handfast/sync/policy.hpp>

#include <cstddef>
#include <utility>

namespace handfast {

/// A bounded FIFO without synchronisation of its own. Value is nothrow movable.
template <class Value, class Sync>
class ring {
 public:
  /// Takes `slots`, an array of `capacity` rooms from `make_slots`.
  using slot = typename Sync::template var<manual_lifetime<Value>>;

  ring(slot* slots, std::size_t capacity) noexcept : slots_(slots), capacity_(capacity) {
    Sync::name(head_, "ring.head");
    Sync::name(size_, "ring.size");
  }
  ring(const ring&) = delete;
  ring& operator=(const ring&) = delete;

  /// The ring is empty by now: its owner knows where items go, the ring does not.
  ~ring() {
    Sync::assert_that(size_.read() == 0, "a ring was destroyed with items in it");
    destroy_array<slot, Sync>(slots_, capacity_);
  }

  [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }
  [[nodiscard]] std::size_t size() const noexcept { return size_.read(); }
  [[nodiscard]] std::size_t space() const noexcept { return capacity_ - size_.read(); }
  [[nodiscard]] bool empty() const noexcept { return size() == 0; }
  [[nodiscard]] bool full() const noexcept { return space() == 0; }

  /// Moves `item` in behind the newest. Requires space.
  void push(Value&& item) noexcept {
    Sync::assert_that(!full(), "push into a full ring");
    slots_[wrapped(head_.read() + size_.read())].write().put(std::move(item));
    size_.write() += 1;
  }

  /// Moves the oldest item out. Requires an item.
  [[nodiscard]] Value pop() noexcept {
    Sync::assert_that(!empty(), "pop from an empty ring");
    const std::size_t oldest = head_.read();
    head_.write() = wrapped(oldest + 1);
    size_.write() -= 1;
    return slots_[oldest].write().take();
  }

 private:
  // Positions stay below 2 * capacity, so one subtraction wraps; capacities fit
  // a ptrdiff_t, so the sum does not overflow.
  [[nodiscard]] std::size_t wrapped(std::size_t position) const noexcept {
    return position >= capacity_ ? position - capacity_ : position;
  }

  slot* const slots_;
  const std::size_t capacity_;
  typename Sync::template var<std::size_t> head_;
  typename Sync::template var<std::size_t> size_;
};

}  // namespace handfast
