// The lock-free channel core: a ring of turns (queue/turn_ring.hpp), and for each
// side a list of those that wait (park/wait_list.hpp).
//
// Rules
//  1. Whoever fills a slot calls one receiver, whoever empties one calls one sender,
//     and whoever closes calls all. What is waited for is changed before the call.
//  2. Who waits tries before it sleeps and after; a send or receive that was called and
//     did without the call passes it on (wait_list). So while there are items and a
//     receiver waits, one is on its way to them; likewise for room and senders.
//  3. The last handle of a side closes. The last receiver takes out what is left: a
//     push that began before the close is waited for.
//  4. Each side, with its last handle and after rule 3, sets `left_`; the second to do so
//     destroys the core. Until then what it calls is alive.
//
// Progress: sends and receives that need not wait are as `turn_ring` says; nobody holds
// the lock of a wait list but who waits or wakes.
#pragma once

#include <handfast/channel/create.hpp>
#include <handfast/channel/outcome.hpp>
#include <handfast/memory/object.hpp>
#include <handfast/park/wait_list.hpp>
#include <handfast/queue/turn_ring.hpp>
#include <handfast/sync/policy.hpp>

#include <algorithm>
#include <cstddef>
#include <expected>
#include <optional>
#include <span>
#include <type_traits>
#include <utility>

namespace handfast {

/// A bounded MPMC FIFO without a lock on the way of an item, used through `sender` and
/// `receiver`, which document the operations. Linearization points: of a send and a
/// receive that succeed, their step of the ring's tail and head; of those that find it
/// full, empty or closed, their last look at the other of the two.
template <class Value, class Sync>
class lock_free_ring {
  static_assert(sync_policy<Sync>);
  static_assert(std::is_nothrow_move_constructible_v<Value> &&
                    std::is_nothrow_destructible_v<Value>,
                "an item must move and be destroyed without throwing");

 public:
  using value_type = Value;
  using sync = Sync;
  using deadline = typename Sync::deadline;
  using slot = typename turn_ring<Value, Sync>::slot;

  /// A core that counts one sender and one receiver.
  [[nodiscard]] static std::expected<lock_free_ring*, create_failure> create(
      std::size_t capacity) noexcept {
    return detail::create_over_slots<lock_free_ring>(capacity);
  }

  /// For `create`, through the policy's allocation.
  lock_free_ring(slot* slots, std::size_t capacity) noexcept : ring_(slots, capacity) {
    Sync::name(senders_, "channel.senders");
    Sync::name(receivers_, "channel.receivers");
    Sync::name(left_, "channel.left");
  }
  lock_free_ring(const lock_free_ring&) = delete;
  lock_free_ring& operator=(const lock_free_ring&) = delete;

  [[nodiscard]] send_result<Value> send(Value item) noexcept {
    return send_with(std::move(item), forever{});
  }
  [[nodiscard]] send_result<Value> try_send(Value item) noexcept {
    return send_with(std::move(item), never{});
  }
  [[nodiscard]] send_result<Value> send_until(Value item, deadline end) noexcept {
    return send_with(std::move(item), until{end});
  }
  [[nodiscard]] send_many_result<Value> send_many(std::span<Value> items) noexcept;

  [[nodiscard]] receive_result<Value> receive() noexcept { return receive_with(forever{}); }
  [[nodiscard]] receive_result<Value> try_receive() noexcept { return receive_with(never{}); }
  [[nodiscard]] receive_result<Value> receive_until(deadline end) noexcept {
    return receive_with(until{end});
  }
  template <class Room>
  [[nodiscard]] receive_many_result receive_many(std::span<Room> rooms) noexcept;

  close_outcome close() noexcept;

  [[nodiscard]] std::size_t capacity() const noexcept { return ring_.capacity(); }

  // One handle more, one fewer. The last of a side closes; the last of all
  // destroys the core.
  void add_sender() noexcept;
  void drop_sender() noexcept;
  void add_receiver() noexcept;
  void drop_receiver() noexcept;

 private:
  using waiters = wait_list<Sync>;
  using count = typename Sync::template atomic<std::size_t>;

  // How long an operation is willing to wait, and what it answers then.
  struct forever : waiters::forever {
    static constexpr send_failure not_sent = send_failure::full;
    static constexpr receive_failure not_received = receive_failure::empty;
  };
  struct until : waiters::until {
    explicit until(deadline end) noexcept : waiters::until{end} {}
    static constexpr send_failure not_sent = send_failure::timed_out;
    static constexpr receive_failure not_received = receive_failure::timed_out;
  };
  struct never {
    static constexpr send_failure not_sent = send_failure::full;
    static constexpr receive_failure not_received = receive_failure::empty;
  };

  // Whether `attempt`, which has come to nothing once, comes to something within that time.
  template <class Attempt, class Patience>
  [[nodiscard, gnu::noinline]] static bool await(waiters& waiting, Attempt& attempt,
                                                 Patience patience) noexcept {
    if constexpr (std::is_same_v<Patience, never>) {
      return false;
    } else {
      // Each time twice as long: whoever looks at once sees one item, and takes its line
      // away from who brings the next; whoever waits a little finds several.
      for (std::size_t i = 0; i < Sync::limits::tries_before_sleep; ++i) {
        for (std::size_t pauses = std::size_t{1} << i; pauses > 0; --pauses) {
          Sync::pause();
        }
        if (attempt()) {
          return true;
        }
      }
      return waiting.await([&attempt] { return attempt(); }, patience);
    }
  }

  // Takes the item if it is sent; else says why not.
  template <class Patience>
  [[nodiscard]] std::optional<send_failure> send_from(Value& item, Patience patience) noexcept;
  template <class Patience>
  [[nodiscard]] send_result<Value> send_with(Value item, Patience patience) noexcept;
  template <class Patience>
  [[nodiscard]] receive_result<Value> receive_with(Patience patience) noexcept;

  void leave() noexcept;

  turn_ring<Value, Sync> ring_;
  waiters waiting_receivers_;
  waiters waiting_senders_;
  count senders_{1};
  count receivers_{1};
  typename Sync::template atomic<bool> left_{false};
};

// Sending -----------------------------------------------------------------------

template <class Value, class Sync>
template <class Patience>
std::optional<send_failure> lock_free_ring<Value, Sync>::send_from(Value& item,
                                                                   Patience patience) noexcept {
  push_status status = push_status::full;
  const auto attempt = [&] {
    status = ring_.push(item);
    return status != push_status::full;
  };
  if (!attempt() && !await(waiting_senders_, attempt, patience)) {
    return Patience::not_sent;
  }
  if (status == push_status::closed) {
    return send_failure::closed;
  }
  waiting_receivers_.call(1);
  return std::nullopt;
}

template <class Value, class Sync>
template <class Patience>
send_result<Value> lock_free_ring<Value, Sync>::send_with(Value item, Patience patience) noexcept {
  if (const auto failure = send_from(item, patience)) {
    return std::unexpected(unsent<Value>{*failure, std::move(item)});
  }
  return {};
}

template <class Value, class Sync>
send_many_result<Value> lock_free_ring<Value, Sync>::send_many(std::span<Value> items) noexcept {
  for (; !items.empty(); items = items.subspan(1)) {
    if (const auto failure = send_from(items.front(), forever{})) {
      return std::unexpected(unsent_many<Value>{*failure, items});
    }
  }
  return {};
}

// Receiving ---------------------------------------------------------------------

template <class Value, class Sync>
template <class Patience>
receive_result<Value> lock_free_ring<Value, Sync>::receive_with(Patience patience) noexcept {
  std::optional<Value> item;
  pop_failure why = pop_failure::none;
  const auto attempt = [&] {
    item = ring_.pop(why);
    return item.has_value() || why == pop_failure::closed;
  };
  if (!attempt() && !await(waiting_receivers_, attempt, patience)) {
    return std::unexpected(Patience::not_received);
  }
  if (!item) {
    return std::unexpected(receive_failure::closed);
  }
  waiting_senders_.call(1);
  return *std::move(item);
}

template <class Value, class Sync>
template <class Room>
receive_many_result lock_free_ring<Value, Sync>::receive_many(std::span<Room> rooms) noexcept {
  static_assert(std::is_nothrow_assignable_v<Room&, Value>,
                "a room takes an item without throwing: Value or std::optional<Value>");
  if (rooms.empty()) {
    return 0;
  }
  auto first = receive();
  if (!first) {
    return std::unexpected(first.error());
  }
  rooms[0] = *std::move(first);
  const std::size_t most = std::min(rooms.size(), std::size_t{Sync::limits::items_per_lock});
  for (std::size_t filled = 1; filled < most; ++filled) {
    auto next = try_receive();
    if (!next) {
      return filled;
    }
    rooms[filled] = *std::move(next);
  }
  return most;
}

// Closing and leaving -----------------------------------------------------------

template <class Value, class Sync>
close_outcome lock_free_ring<Value, Sync>::close() noexcept {
  if (!ring_.close()) {
    return close_outcome::already_closed;
  }
  waiting_receivers_.call(waiters::all);
  waiting_senders_.call(waiters::all);
  return close_outcome::closed_now;
}

template <class Value, class Sync>
void lock_free_ring<Value, Sync>::add_sender() noexcept {
  senders_.fetch_add(1, order::relaxed);  // relaxed: the caller's own is counted
}

template <class Value, class Sync>
void lock_free_ring<Value, Sync>::add_receiver() noexcept {
  receivers_.fetch_add(1, order::relaxed);  // relaxed: the caller's own is counted
}

template <class Value, class Sync>
void lock_free_ring<Value, Sync>::drop_sender() noexcept {
  // [channel.senders] acq_rel: pairs with itself; what others did with their handles
  // happens before what the last does.
  if (senders_.fetch_sub(1, order::acq_rel) == 1) {
    close();
    leave();
  }
}

template <class Value, class Sync>
void lock_free_ring<Value, Sync>::drop_receiver() noexcept {
  // [channel.receivers] acq_rel: pairs with itself, as for senders.
  if (receivers_.fetch_sub(1, order::acq_rel) == 1) {
    close();
    for (pop_failure why = pop_failure::none; ring_.pop(why).has_value();) {
    }
    leave();
  }
}

template <class Value, class Sync>
void lock_free_ring<Value, Sync>::leave() noexcept {
  // [channel.left] acq_rel: pairs with the other side's; all it did happens before the end.
  if (left_.exchange(true, order::acq_rel)) {
    destroy_object<lock_free_ring, Sync>(this);
  }
}

}  // namespace handfast
