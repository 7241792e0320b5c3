// A bounded FIFO for any number of pushing and popping threads at once: each slot of
// an array says whose turn it is.
//
// Positions count up: a lap in the upper bits, a slot's index in the lower ones. The
// highest bit of `tail_` says that the ring is closed.
//
// Rules
//  1. Slot i's turn is p while it is empty and waits for the push at position p, and
//     p + 1 while it holds that push's item, for the pop at p; then p + lap_.
//  2. The push at p is whoever moves `tail_` from p, the pop at p whoever moves `head_`
//     from p. Only they touch the slot's room, until they hand its turn on.
//  3. Once closed, `tail_` never changes again.
//
// Progress: not lock-free to the letter. Between moving `head_` or `tail_` and handing
// the turn on, a descheduled thread holds up whoever comes to that very slot: a pop
// there, or a push a lap later. Others go on.
//
// After Dmitry Vyukov, Bounded MPMC queue (1024cores.net); that full and empty are
// told from `head_` and `tail_`, so that both are so at some moment of the call, and
// that any capacity is exact, is crossbeam's array channel's idea.
#pragma once

#include <handfast/memory/object.hpp>
#include <handfast/sync/policy.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

namespace handfast {

/// What a push came to.
enum class push_status : unsigned char { pushed, full, closed };

/// Why a pop came to nothing.
enum class pop_failure : unsigned char { none, empty, closed };

/// A bounded MPMC FIFO that can be closed. Value is nothrow movable.
template <class Value, class Sync>
class turn_ring {
 public:
  struct slot {
    typename Sync::template atomic<std::uint64_t> turn{0};
    typename Sync::template var<manual_lifetime<Value>> room;
  };

  /// Takes `slots`, an array of `capacity` from `make_array`.
  turn_ring(slot* slots, std::size_t capacity) noexcept
      : slots_(slots), capacity_(capacity), lap_(std::bit_ceil(std::uint64_t{capacity} + 1)) {
    for (std::size_t i = 0; i < capacity; ++i) {
      // relaxed: nobody else has the ring yet.
      slots_[i].turn.store(i, order::relaxed);
      Sync::name(slots_[i].turn, "ring.turn");
    }
    Sync::name(head_, "ring.head");
    Sync::name(tail_, "ring.tail");
  }
  turn_ring(const turn_ring&) = delete;
  turn_ring& operator=(const turn_ring&) = delete;

  /// The ring is empty by now: its owner knows where items go, the ring does not.
  ~turn_ring() {
    // relaxed: nobody else has the ring any more.
    const std::uint64_t head = head_.load(order::relaxed);
    // relaxed: the same.
    const std::uint64_t tail = tail_.load(order::relaxed) & ~closed_bit;
    Sync::assert_that(head == tail, "a ring was destroyed with items in it");
    destroy_array<slot, Sync>(slots_, capacity_);
  }

  [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }

  /// Moves `item` in behind the newest, or leaves it where it is.
  [[nodiscard]] push_status push(Value& item) noexcept {
    for (std::uint64_t tail = tail_now();; tail = tail_now()) {
      if ((tail & closed_bit) != 0) {
        return push_status::closed;
      }
      slot& mine = slots_[index(tail)];
      const std::uint64_t turn = turn_of(mine);
      if (turn == tail) {
        // relaxed: where it succeeds, the slot's turn tells others what happened; where it
        // fails, the tail is looked at again.
        if (tail_.compare_exchange_weak(tail, next(tail), order::relaxed, order::relaxed)) {
          mine.room.write().put(std::move(item));
          // [ring.turn] release: pairs with pop's acquire; the item is there.
          mine.turn.store(tail + 1, order::release);
          return push_status::pushed;
        }
        continue;
      }
      if (turn + lap_ == tail + 1 && head_now() + lap_ == tail) {
        return push_status::full;
      }
      Sync::pause();
    }
  }

  /// Moves the oldest item out; nothing, and why, if there is none.
  [[nodiscard]] std::optional<Value> pop(pop_failure& why) noexcept {
    for (std::uint64_t head = head_now();; head = head_now()) {
      slot& mine = slots_[index(head)];
      const std::uint64_t turn = turn_of(mine);
      if (turn == head + 1) {
        // relaxed: as push does with the tail.
        if (head_.compare_exchange_weak(head, next(head), order::relaxed, order::relaxed)) {
          std::optional<Value> item(mine.room.write().take());
          // [ring.turn] release: pairs with push's acquire; the room is empty.
          mine.turn.store(head + lap_, order::release);
          return item;
        }
        continue;
      }
      if (turn == head) {
        const std::uint64_t tail = tail_now();
        if ((tail & ~closed_bit) == head) {
          why = (tail & closed_bit) != 0 ? pop_failure::closed : pop_failure::empty;
          return std::nullopt;
        }
      }
      Sync::pause();
    }
  }

  /// Nothing enters from here on. Whether this call did it.
  bool close() noexcept {
    // [ring.close] release: pairs with the acquire loads of who finds it closed.
    return (tail_.fetch_or(closed_bit, order::release) & closed_bit) == 0;
  }

 private:
  static constexpr std::uint64_t closed_bit = std::uint64_t{1} << 63U;

  [[nodiscard]] static std::uint64_t turn_of(const slot& of) noexcept {
    // [ring.turn] acquire: pairs with push's release, the item is there; and with pop's,
    // the room is empty.
    return of.turn.load(order::acquire);
  }
  [[nodiscard]] std::uint64_t head_now() const noexcept {
    // relaxed: what it says is told by the slot's turn, too; an old one makes a ring look
    // full that was so.
    return head_.load(order::relaxed);
  }
  [[nodiscard]] std::uint64_t tail_now() const noexcept {
    // [ring.close] acquire: pairs with close's release; whoever finds the ring closed knows
    // what was before that.
    return tail_.load(order::acquire);
  }

  [[nodiscard]] std::size_t index(std::uint64_t position) const noexcept {
    return static_cast<std::size_t>(position & (lap_ - 1));
  }
  [[nodiscard]] std::uint64_t next(std::uint64_t position) const noexcept {
    return index(position) + 1 < capacity_ ? position + 1 : (position & ~(lap_ - 1)) + lap_;
  }

  slot* const slots_;
  const std::size_t capacity_;
  const std::uint64_t lap_;
  alignas(Sync::limits::cache_line) typename Sync::template atomic<std::uint64_t> head_{0};
  alignas(Sync::limits::cache_line) typename Sync::template atomic<std::uint64_t> tail_{0};
};

}  // namespace handfast
