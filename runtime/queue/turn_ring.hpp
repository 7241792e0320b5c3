// A bounded FIFO for many pushing and popping threads at once, or for one on either
// side: each slot of an array says whose turn it is.
//
// Positions count up: a lap in the upper bits, a slot's index in the lower ones.
//
// Rules
//  1. Slot i's turn is p while it is empty and waits for the push at position p, and
//     p + 1 while it holds that push's item, for the pop at p; then p + lap_.
//  2. The push at p is whoever moves the tail from p, the pop at p whoever moves the head
//     from p (ends.hpp). Only they touch the slot's room, until they hand its turn on.
//  3. Once closed, the tail never changes again.
//
// Progress: not lock-free to the letter. Between moving the head or the tail and handing
// the turn on, a descheduled thread holds up whoever comes to that very slot: a pop
// there, or a push a lap later. Others go on. With one thread on a side, its end needs
// no read-modify-write, and it alone is never held up there.
//
// After Dmitry Vyukov, Bounded MPMC queue (1024cores.net), and Giacomoni, Moseley and
// Vachharajani, FastForward (2008), for one thread on either side; that full and empty
// are told from head and tail, so that both are so at some moment of the call, and that
// any capacity is exact, is crossbeam's array channel's idea.
#pragma once

#include <handfast/memory/object.hpp>
#include <handfast/queue/ends.hpp>
#include <handfast/sync/busy_wait.hpp>
#include <handfast/sync/policy.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <type_traits>
#include <utility>

namespace handfast {

/// A bounded FIFO that can be closed. Value is nothrow movable. An end that is for one
/// thread is called by one at a time, and what it did happens before what the next does;
/// any thread may close.
template <class Value, class Sync, parties Producers = parties::many,
          parties Consumers = parties::many>
class turn_ring {
 public:
  using value_type = Value;

  static constexpr bool bounded = true;
  static constexpr bool one_item = false;
  static constexpr parties producers = Producers;
  static constexpr parties consumers = Consumers;

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
  }
  turn_ring(const turn_ring&) = delete;
  turn_ring& operator=(const turn_ring&) = delete;

  /// The ring is empty by now: its owner knows where items go, the ring does not.
  ~turn_ring() {
    Sync::assert_that(head_.at_rest() == tail_.at_rest(), "a ring was destroyed with items in it");
    destroy_array<slot, Sync>(slots_, capacity_);
  }

  [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }

  /// Moves `item` in behind the newest, or leaves it where it is.
  [[nodiscard]] push_status push(Value& item) noexcept {
    [[maybe_unused]] const typename tail_end::visit here(tail_);
    busy_wait<Sync> for_others;
    backoff<Sync> from_tail;
    for (std::uint64_t tail = tail_.look();;) {
      if ((tail & closed_bit) != 0) {
        return push_status::closed;
      }
      slot& mine = slots_[index(tail)];
      const std::uint64_t turn = turn_of(mine);
      if (turn == tail) {
        if (tail_.claim(tail, next(tail))) {
          mine.room.write().put(std::move(item));
          // [ring.turn] release: pairs with pop's acquire; the item is there.
          mine.turn.store(tail + 1, order::release);
          return push_status::pushed;
        }
        if (from_tail.lost()) {
          tail = tail_.look();
        }
        continue;
      }
      if (turn + lap_ == tail + 1 && head_.is_at(tail - lap_)) {
        return push_status::full;
      }
      for_others.go_on();
      tail = tail_.look();
    }
  }

  /// Moves the oldest item out; nothing, and why, if there is none.
  [[nodiscard]] std::optional<Value> pop(pop_failure& why) noexcept {
    busy_wait<Sync> for_others;
    backoff<Sync> from_head;
    head_.approach();
    for (std::uint64_t head = head_.look();;) {
      slot& mine = slots_[index(head)];
      const std::uint64_t turn = turn_of(mine);
      if (turn == head + 1) {
        if (head_.claim(head, next(head))) {
          std::optional<Value> item(mine.room.write().take());
          // [ring.turn] release: pairs with push's acquire; the room is empty.
          mine.turn.store(head + lap_, order::release);
          return item;
        }
        if (from_head.lost()) {
          head = head_.look();
        }
        continue;
      }
      if (turn == head) {
        const beyond there = tail_.what_is_at(head);
        if (there == beyond::nothing || (there == beyond::closed && turn_of(mine) == head)) {
          why = there == beyond::closed ? pop_failure::closed : pop_failure::empty;
          return std::nullopt;
        }
      }
      for_others.go_on();
      head = head_.look();
    }
  }

  /// Nothing enters from here on. Whether this call did it.
  bool close() noexcept { return tail_.close(); }

  /// Whether a push, a pop may do more than say why not, for whoever looks again and again:
  /// a look at nothing but what the other side writes last.
  [[nodiscard]] bool may_push() const noexcept {
    const std::uint64_t tail = tail_.look();
    return (tail & closed_bit) != 0 || turn_of(slots_[index(tail)]) == tail;
  }
  [[nodiscard]] bool may_pop() const noexcept {
    const std::uint64_t head = head_.look();
    return turn_of(slots_[index(head)]) == head + 1;
  }

 private:
  using tail_end =
      std::conditional_t<Producers == parties::one, lone_tail<Sync>, shared_tail<Sync>>;
  using head_end =
      std::conditional_t<Consumers == parties::one, lone_head<Sync>, shared_head<Sync>>;

  [[nodiscard]] static std::uint64_t turn_of(const slot& of) noexcept {
    // [ring.turn] acquire: pairs with push's release, the item is there; and with pop's,
    // the room is empty.
    return of.turn.load(order::acquire);
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
  alignas(Sync::limits::cache_line) head_end head_;
  alignas(Sync::limits::cache_line) tail_end tail_;
};

}  // namespace handfast
