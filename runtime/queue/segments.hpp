// An unbounded FIFO in segments, for many pushing threads and one or many popping ones;
// memory comes and goes with the items.
//
// Positions count up. A segment has `room` positions with a slot each, and one more, at
// which its end of the queue stands while it turns to the next segment.
//
// Rules
//  1. The push at p is whoever moves the tail from p, the pop at p whoever moves the head
//     from p (ends.hpp). While an end stands at p, `*_segment_` is the segment of p.
//  2. Whoever takes a segment's last position turns: sets the end's segment to the next,
//     then moves the end on. A push brings the next segment along, so that it need not
//     fail there; it links it when the tail has moved, so that no head comes before the
//     tail.
//  3. A slot is filled once. A segment is freed by the last to pop from it, who is the
//     last to look at it: every push to it has filled its slot by then.
//  4. One segment that was freed is kept for the next push that needs one.
//
// Memory: segments for the items that are there, at most one more on either end, and the
// one kept. Progress: a pop that has a position waits for the push that has it; a
// descheduled thread that turns holds up its end of the queue.
//
// The extra position for turning is from crossbeam's list channel.
#pragma once

#include <handfast/memory/object.hpp>
#include <handfast/queue/ends.hpp>
#include <handfast/sync/busy_wait.hpp>
#include <handfast/sync/policy.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <type_traits>
#include <utility>

namespace handfast {

/// An unbounded FIFO that can be closed. Value is nothrow movable. With one consumer,
/// `pop` is called by one thread at a time, and what it did happens before what the next
/// does.
template <class Value, class Sync, parties Consumers = parties::many>
class segment_queue {
 public:
  using value_type = Value;

  static constexpr bool bounded = false;
  static constexpr bool one_item = false;
  static constexpr parties producers = parties::many;
  static constexpr parties consumers = Consumers;

  class segment;

  /// Takes `first`, from `make_segment`.
  explicit segment_queue(segment* first) noexcept {
    // relaxed: nobody else has the queue yet.
    tail_segment_.store(first, order::relaxed);
    // relaxed: the same.
    head_segment_.store(first, order::relaxed);
    Sync::name(tail_segment_, "queue.tail_segment");
    Sync::name(head_segment_, "queue.head_segment");
    Sync::name(seen_tail_, "queue.seen_tail");
    Sync::name(kept_, "queue.kept");
  }
  segment_queue(const segment_queue&) = delete;
  segment_queue& operator=(const segment_queue&) = delete;

  /// The queue is empty by now: its owner knows where items go, the queue does not.
  ~segment_queue() {
    Sync::assert_that(head_.at_rest() == tail_.at_rest(), "a queue was destroyed with items in it");
    // relaxed: nobody else has the queue any more.
    for (segment* each = head_segment_.load(order::relaxed); each != nullptr;) {
      // relaxed: the same.
      segment* const next = each->next.load(order::relaxed);
      free_segment(each);
      each = next;
    }
    // relaxed: the same.
    free_segment(kept_.load(order::relaxed));
  }

  /// An empty segment; nullptr when there is no memory.
  [[nodiscard]] static segment* make_segment() noexcept { return make_object<segment, Sync>(); }
  static void free_segment(segment* which) noexcept {
    if (which != nullptr) {
      destroy_object<segment, Sync>(which);
    }
  }

  /// More than there will ever be.
  [[nodiscard]] static constexpr std::size_t capacity() noexcept {
    return std::numeric_limits<std::size_t>::max();
  }

  /// Moves `item` in behind the newest, or leaves it where it is: closed, or full, which
  /// says that there is no memory.
  [[nodiscard]] push_status push(Value& item) noexcept {
    segment* brought = nullptr;
    push_status status = push_status::pushed;
    busy_wait<Sync> for_others;
    backoff<Sync> from_tail;
    for (std::uint64_t tail = tail_.look();;) {
      if ((tail & closed_bit) != 0) {
        status = push_status::closed;
        break;
      }
      const std::uint64_t offset = tail % lap;
      if (offset == room) {
        for_others.go_on();  // another turns
        tail = tail_.look();
        continue;
      }
      if (offset + 1 == room && brought == nullptr) {
        brought = bring_segment();
        if (brought == nullptr) {
          status = push_status::full;
          break;
        }
      }
      // relaxed: as old as the tail, or newer, and then the claim fails.
      segment* const here = tail_segment_.load(order::relaxed);
      if (!tail_.claim(tail, tail + 1)) {
        if (from_tail.lost()) {
          tail = tail_.look();
        }
        continue;
      }
      if (offset + 1 == room) {
        // relaxed: the tail tells of it.
        tail_segment_.store(brought, order::relaxed);
        tail_.advance();
        // [segment.next] release: pairs with following's acquire; the tail has moved.
        here->next.store(std::exchange(brought, nullptr), order::release);
      }
      here->slots[offset].put(std::move(item));
      break;
    }
    if (brought != nullptr) {
      keep(brought);
    }
    return status;
  }

  /// Moves the oldest item out; nothing, and why, if there is none.
  [[nodiscard]] std::optional<Value> pop(pop_failure& why) noexcept {
    busy_wait<Sync> for_others;
    backoff<Sync> from_head;
    head_.approach();
    for (std::uint64_t head = head_.look();;) {
      const std::uint64_t offset = head % lap;
      if (offset < room) {
        // relaxed: as old as the head, or newer, and then the claim fails.
        segment* const here = head_segment_.load(order::relaxed);
        const beyond there = what_is_in(*here, offset, head);
        if (there != beyond::coming) {
          why = there == beyond::closed ? pop_failure::closed : pop_failure::empty;
          return std::nullopt;
        }
        if (head_.claim(head, head + 1)) {
          if (offset + 1 == room) {
            turn_from(*here);
          }
          std::optional<Value> item(here->slots[offset].take());
          leave(here, offset);
          return item;
        }
        if (from_head.lost()) {
          head = head_.look();
        }
      } else {
        for_others.go_on();  // another turns
        head = head_.look();
      }
    }
  }

  /// Nothing enters from here on. Whether this call did it.
  bool close() noexcept { return tail_.close(); }

  /// Whether a pop may do more than say why not, for whoever looks again and again: one
  /// consumer leaves the tail to those who push.
  [[nodiscard]] bool may_pop() const noexcept {
    const std::uint64_t head = head_.look();
    if constexpr (Consumers == parties::one) {
      // relaxed: one consumer alone moves it.
      const segment* const here = head_segment_.load(order::relaxed);
      return here->slots[head % lap].filled();
    } else {
      // relaxed: a hint.
      return head < seen_tail_.load(order::relaxed) || tail_.look() != head;
    }
  }

  class segment {
   public:
    segment() noexcept { Sync::name(next, "segment.next"); }

   private:
    friend class segment_queue;

    class slot {
     public:
      slot() noexcept { Sync::name(filled_, "segment.filled"); }

      void put(Value&& item) noexcept {
        room_.write().put(std::move(item));
        // [segment.filled] release: pairs with take's acquire; the item is there.
        filled_.store(1, order::release);
      }
      [[nodiscard]] bool filled() const noexcept {
        // [segment.filled] acquire: pairs with put's release.
        return filled_.load(order::acquire) != 0;
      }
      [[nodiscard]] Value take() noexcept {
        for (busy_wait<Sync> for_the_push; !filled() && for_the_push.looks_again();) {
        }
        return room_.write().take();
      }
      void reset() noexcept {
        filled_.store(0, order::relaxed);  // relaxed: nobody else has the segment
      }

     private:
      typename Sync::template atomic<std::uint32_t> filled_{0};
      typename Sync::template var<manual_lifetime<Value>> room_;
    };

    [[nodiscard]] segment* following() const noexcept {
      // [segment.next] acquire: pairs with push's release.
      return next.load(order::acquire);
    }

    std::array<slot, Sync::limits::segment_items> slots;
    typename Sync::template atomic<segment*> next{nullptr};
    typename Sync::template atomic<std::uint32_t> unread{Sync::limits::segment_items};
  };

 private:
  static constexpr std::uint64_t room = Sync::limits::segment_items;
  static constexpr std::uint64_t lap = room + 1;
  using head_end =
      std::conditional_t<Consumers == parties::one, lone_head<Sync>, shared_head<Sync>>;

  // What a pop at the head would come to. Only one consumer may look into a segment
  // before it has a position there; it needs not look at the tail if that tells, nor do
  // many if one of them has seen it further on.
  [[nodiscard]] beyond what_is_in(const segment& here, std::uint64_t offset,
                                  std::uint64_t head) noexcept {
    if constexpr (Consumers == parties::one) {
      return here.slots[offset].filled() ? beyond::coming : tail_.what_is_at(head);
    } else {
      // [queue.seen_tail] acquire: pairs with the release below; so whoever looks at the tail
      // after another took what was seen there sees it no further back.
      if (head < seen_tail_.load(order::acquire)) {
        return beyond::coming;
      }
      const std::uint64_t tail = tail_.look();
      if ((tail & ~closed_bit) == head) {
        return (tail & closed_bit) != 0 ? beyond::closed : beyond::nothing;
      }
      // [queue.seen_tail] release: pairs with the acquire above.
      seen_tail_.store(tail & ~closed_bit, order::release);
      return beyond::coming;
    }
  }

  // The head goes on to the segment after this one.
  void turn_from(segment& done) noexcept {
    segment* next = done.following();
    for (busy_wait<Sync> for_the_push; next == nullptr && for_the_push.looks_again();
         next = done.following()) {
    }
    // relaxed: the head tells of it.
    head_segment_.store(next, order::relaxed);
    head_.advance();
  }

  // After a pop: the last one out of a segment frees it.
  void leave(segment* from, std::uint64_t offset) noexcept {
    if constexpr (Consumers == parties::one) {
      if (offset + 1 == room) {
        keep(from);
      }
    } else {
      // [segment.unread] acq_rel: pairs with itself; what others did with it happens
      // before it is freed.
      if (from->unread.fetch_sub(1, order::acq_rel) == 1) {
        keep(from);
      }
    }
  }

  [[nodiscard]] segment* bring_segment() noexcept {
    segment* const kept = take_kept();
    return kept != nullptr ? kept : make_segment();
  }
  [[nodiscard]] segment* take_kept() noexcept {
    // [queue.kept] acquire: pairs with keep's release; the segment is empty.
    return kept_.exchange(nullptr, order::acquire);
  }
  void keep(segment* done) noexcept {
    for (auto& each : done->slots) {
      each.reset();
    }
    // relaxed: nobody else has the segment.
    done->next.store(nullptr, order::relaxed);
    // relaxed: the same.
    done->unread.store(static_cast<std::uint32_t>(room), order::relaxed);
    // [queue.kept] acq_rel: pairs with take_kept's acquire and itself.
    free_segment(kept_.exchange(done, order::acq_rel));
  }

  alignas(Sync::limits::cache_line) head_end head_;
  typename Sync::template atomic<segment*> head_segment_{nullptr};
  typename Sync::template atomic<std::uint64_t> seen_tail_{0};  // what many consumers know of it
  alignas(Sync::limits::cache_line) shared_tail<Sync> tail_;
  typename Sync::template atomic<segment*> tail_segment_{nullptr};
  alignas(Sync::limits::cache_line) typename Sync::template atomic<segment*> kept_{nullptr};
};

}  // namespace handfast
