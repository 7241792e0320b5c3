// A queue for one item in its life: what is pushed closes it.
//
// Rules
//  1. `state_` goes from `empty` to `filled`, by the push, or to `closed`, by a close that
//     came before; from `filled` to `taken`, by the pop; and never back.
//  2. The room is the pusher's until it is filled, then the popper's.
//
// Progress: every operation is wait-free.
#pragma once

#include <handfast/memory/object.hpp>
#include <handfast/queue/ends.hpp>
#include <handfast/sync/policy.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

namespace handfast {

/// A place for one item. Value is nothrow movable. `push` is called by one thread at a
/// time and `pop` by one, and what a call did happens before what the next of the same kind
/// does; any thread may close.
template <class Value, class Sync>
class one_slot {
 public:
  using value_type = Value;

  static constexpr bool bounded = false;  // no push ever waits for room
  static constexpr bool one_item = true;
  static constexpr parties producers = parties::one;
  static constexpr parties consumers = parties::one;

  one_slot() noexcept { Sync::name(state_, "slot.state"); }
  one_slot(const one_slot&) = delete;
  one_slot& operator=(const one_slot&) = delete;

  /// The slot is empty by now: its owner knows where items go, the slot does not.
  ~one_slot() {
    // relaxed: nobody else has it any more.
    Sync::assert_that(state_.load(order::relaxed) != filled, "a slot was destroyed with its item");
  }

  [[nodiscard]] static constexpr std::size_t capacity() noexcept { return 1; }

  /// Moves `item` in, or leaves it where it is: `closed`, also after an earlier push.
  [[nodiscard]] push_status push(Value& item) noexcept {
    if (state() != empty) {
      return push_status::closed;
    }
    room_.write().put(std::move(item));
    std::uint32_t was = empty;
    // [slot.state] release: pairs with state's acquire; the item is there. acquire: pairs with
    // close's release; whoever is refused knows what was before that.
    if (state_.compare_exchange_strong(was, filled, order::release, order::acquire)) {
      return push_status::pushed;
    }
    std::destroy_at(&item);
    std::construct_at(&item, room_.write().take());
    return push_status::closed;
  }

  /// Moves the item out; nothing, and why, if it is not there.
  [[nodiscard]] std::optional<Value> pop(pop_failure& why) noexcept {
    const std::uint32_t now = state();
    if (now != filled) {
      why = now == empty ? pop_failure::empty : pop_failure::closed;
      return std::nullopt;
    }
    std::optional<Value> item(room_.write().take());
    // relaxed: only who pops tells `filled` from `taken`.
    state_.store(taken, order::relaxed);
    return item;
  }

  /// Nothing enters from here on. Whether this call did it, and not a push before.
  bool close() noexcept {
    std::uint32_t was = empty;
    // [slot.state] release: pairs with state's acquire; what was before the close. relaxed:
    // where it fails, another closed it.
    return state_.compare_exchange_strong(was, closed, order::release, order::relaxed);
  }

  /// Whether a pop may do more than say why not.
  [[nodiscard]] bool may_pop() const noexcept { return state() != empty; }

 private:
  static constexpr std::uint32_t empty = 0;
  static constexpr std::uint32_t filled = 1;
  static constexpr std::uint32_t taken = 2;
  static constexpr std::uint32_t closed = 3;

  [[nodiscard]] std::uint32_t state() const noexcept {
    // [slot.state] acquire: pairs with push's and close's release.
    return state_.load(order::acquire);
  }

  typename Sync::template atomic<std::uint32_t> state_{empty};
  typename Sync::template var<manual_lifetime<Value>> room_;
};

}  // namespace handfast
