// The lock-free channel core: a queue (queue/turn_ring.hpp, queue/segments.hpp,
// queue/one_slot.hpp), and for each side a list of those that wait (park/wait_list.hpp).
//
// Rules
//  1. Whoever pushes calls one receiver, whoever pops calls one sender, and whoever
//     closes calls all. What is waited for is changed before the call.
//  2. Who waits tries before it sleeps and after; a send or receive that was called and
//     did without the call passes it on (wait_list). So while there are items and a
//     receiver waits, one is on its way to them; likewise for room and senders.
//  3. The last handle of a side closes. The last receiver takes out what is left: a
//     push that began before the close is waited for.
//  4. Each side, with its last handle and after rule 3, sets `left_`; the second to do so
//     destroys the core. Until then what it calls is alive.
//
// Progress: sends and receives that need not wait are as the queue says; nobody holds
// the lock of a wait list but who waits or wakes.
#pragma once

#include <handfast/channel/create.hpp>
#include <handfast/channel/outcome.hpp>
#include <handfast/memory/object.hpp>
#include <handfast/park/adaptive_spin.hpp>
#include <handfast/park/wait_list.hpp>
#include <handfast/queue/ends.hpp>
#include <handfast/queue/one_slot.hpp>
#include <handfast/queue/segments.hpp>
#include <handfast/queue/turn_ring.hpp>
#include <handfast/sync/native.hpp>
#include <handfast/sync/policy.hpp>

#include <algorithm>
#include <cstddef>
#include <expected>
#include <optional>
#include <span>
#include <type_traits>
#include <utility>

namespace handfast {

/// A FIFO without a lock on the way of an item, used through `sender` and `receiver`,
/// which document the operations; the names below it are what people write. Where a side
/// is for one thread, its handle cannot be cloned, and is used by one thread at a time.
/// Linearization points: of a send and a receive that succeed, their step of the queue's
/// tail and head; of those that find it full, empty or closed, their last look at the
/// other of the two. With one thread on a side the step is its slot's change of hands.
template <class Queue, class Sync>
class lock_free_channel {
  using Value = typename Queue::value_type;

  static_assert(sync_policy<Sync>);
  static_assert(std::is_nothrow_move_constructible_v<Value> &&
                    std::is_nothrow_destructible_v<Value>,
                "an item must move and be destroyed without throwing");

 public:
  using value_type = Value;
  using sync = Sync;
  using deadline = typename Sync::deadline;
  using queue = Queue;

  static constexpr bool bounded = Queue::bounded;
  static constexpr bool buffered = true;
  static constexpr bool one_item = Queue::one_item;
  static constexpr parties producers = Queue::producers;
  static constexpr parties consumers = Queue::consumers;

  /// A core that counts one sender and one receiver.
  [[nodiscard]] static std::expected<lock_free_channel*, create_failure> create(
      std::size_t capacity) noexcept
    requires bounded
  {
    return detail::create_over_slots<lock_free_channel>(capacity);
  }
  [[nodiscard]] static std::expected<lock_free_channel*, create_failure> create() noexcept
    requires(!bounded && !one_item)
  {
    return detail::create_over_segment<lock_free_channel>();
  }
  [[nodiscard]] static std::expected<lock_free_channel*, create_failure> create() noexcept
    requires one_item
  {
    return detail::create_alone<lock_free_channel>();
  }

  /// For `create`, through the policy's allocation: on what the queue stands on.
  template <class... Storage>
  explicit lock_free_channel(Storage... storage) noexcept : queue_(storage...) {
    Sync::name(senders_, "channel.senders");
    Sync::name(receivers_, "channel.receivers");
    Sync::name(left_, "channel.left");
    Sync::name(closed_, "channel.closed");
  }
  lock_free_channel(const lock_free_channel&) = delete;
  lock_free_channel& operator=(const lock_free_channel&) = delete;

  [[nodiscard]] send_result<Value> send(Value item) noexcept {
    return send_with(std::move(item), forever{});
  }
  [[nodiscard]] send_result<Value> try_send(Value item) noexcept {
    return send_with(std::move(item), never{});
  }
  /// As try_send; empties `item` if it is sent.
  [[nodiscard]] std::optional<send_failure> try_send_from(std::optional<Value>& item) noexcept {
    const auto failure = send_from(*item, never{});
    if (!failure) {
      item.reset();
    }
    return failure;
  }
  [[nodiscard]] send_result<Value> send_until(Value item, deadline end) noexcept {
    return send_with(std::move(item), until<deadline>{end});
  }
  [[nodiscard]] send_many_result<Value> send_many(std::span<Value> items) noexcept;

  [[nodiscard]] receive_result<Value> receive() noexcept { return receive_with(forever{}); }
  [[nodiscard]] receive_result<Value> try_receive() noexcept { return receive_with(never{}); }
  [[nodiscard]] receive_result<Value> receive_until(deadline end) noexcept {
    return receive_with(until<deadline>{end});
  }
  template <class Room>
  [[nodiscard]] receive_many_result receive_many(std::span<Room> rooms) noexcept;

  close_outcome close() noexcept;

  // For `operation` and `select`: who waits to send, and to receive.
  [[nodiscard]] wait_list<Sync>& waiting_senders() noexcept { return waiting_senders_; }
  [[nodiscard]] wait_list<Sync>& waiting_receivers() noexcept { return waiting_receivers_; }

  /// Whether a send, a receive may do more than say why not: a look for whoever looks again
  /// and again, at no more of what the other side writes than it needs.
  [[nodiscard]] bool may_send() const noexcept
    requires bounded
  {
    return queue_.may_push();
  }
  [[nodiscard]] bool may_receive() const noexcept {
    return queue_.may_pop() || closed_.load(order::relaxed);  // relaxed: a hint
  }

  [[nodiscard]] std::size_t capacity() const noexcept { return queue_.capacity(); }

  // One handle more, one fewer. The last of a side closes; the last of all
  // destroys the core.
  void add_sender() noexcept;
  void drop_sender() noexcept;
  void add_receiver() noexcept;
  void drop_receiver() noexcept;

 private:
  using waiters = wait_list<Sync>;
  using count = typename Sync::template atomic<std::size_t>;

  // Patience of who does not wait.
  struct never {};

  // What it is called to run out of patience.
  template <class Patience>
  static constexpr bool timed = std::is_same_v<Patience, until<deadline>>;

  // Whether `attempt`, which has come to nothing once, comes to something within that time;
  // `may` is a look whether it would, for whoever does not sleep yet.
  template <class Attempt, class Patience, class Look>
  [[nodiscard, gnu::noinline]] bool await(waiters& waiting, Attempt& attempt, Patience patience,
                                          adaptive_spin<Sync>& spin, Look may) noexcept {
    if constexpr (std::is_same_v<Patience, never>) {
      return false;
    } else {
      return spin.before_sleep(capacity(), [&] { return may() && attempt(); }) ||
             waiting.await([&] { return attempt(); }, patience);
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

  Queue queue_;
  waiters waiting_receivers_;
  waiters waiting_senders_;
  adaptive_spin<Sync> sender_spin_;
  adaptive_spin<Sync> receiver_spin_;
  count senders_{1};
  count receivers_{1};
  typename Sync::template atomic<bool> left_{false};
  typename Sync::template atomic<bool> closed_{false};  // for who looks: the queue knows
};

// Sending -----------------------------------------------------------------------

template <class Queue, class Sync>
template <class Patience>
std::optional<send_failure> lock_free_channel<Queue, Sync>::send_from(Value& item,
                                                                      Patience patience) noexcept {
  push_status status = push_status::full;
  const auto attempt = [&] {
    status = queue_.push(item);
    return status != push_status::full;
  };
  if constexpr (bounded) {
    const auto may = [this] { return may_send(); };
    const bool first = std::is_same_v<Patience, never> || may();
    if (!(first && attempt()) && !await(waiting_senders_, attempt, patience, sender_spin_, may)) {
      return timed<Patience> ? send_failure::timed_out : send_failure::full;
    }
  } else if (!attempt()) {
    return send_failure::full;  // no memory: nobody makes room
  }
  if (status == push_status::closed) {
    return send_failure::closed;
  }
  waiting_receivers_.call(1);
  return std::nullopt;
}

template <class Queue, class Sync>
template <class Patience>
send_result<typename Queue::value_type> lock_free_channel<Queue, Sync>::send_with(
    Value item, Patience patience) noexcept {
  if (const auto failure = send_from(item, patience)) {
    return std::unexpected(unsent<Value>{*failure, std::move(item)});
  }
  return {};
}

template <class Queue, class Sync>
send_many_result<typename Queue::value_type> lock_free_channel<Queue, Sync>::send_many(
    std::span<Value> items) noexcept {
  for (; !items.empty(); items = items.subspan(1)) {
    if (const auto failure = send_from(items.front(), forever{})) {
      return std::unexpected(unsent_many<Value>{*failure, items});
    }
  }
  return {};
}

// Receiving ---------------------------------------------------------------------

template <class Queue, class Sync>
template <class Patience>
receive_result<typename Queue::value_type> lock_free_channel<Queue, Sync>::receive_with(
    Patience patience) noexcept {
  std::optional<Value> item;
  pop_failure why = pop_failure::none;
  const auto attempt = [&] {
    item = queue_.pop(why);
    return item.has_value() || why == pop_failure::closed;
  };
  const auto may = [this] { return may_receive(); };
  const bool first = std::is_same_v<Patience, never> || may();
  if (!(first && attempt()) && !await(waiting_receivers_, attempt, patience, receiver_spin_, may)) {
    return std::unexpected(timed<Patience> ? receive_failure::timed_out : receive_failure::empty);
  }
  if (!item) {
    return std::unexpected(receive_failure::closed);
  }
  if constexpr (bounded) {
    waiting_senders_.call(1);
  }
  return *std::move(item);
}

template <class Queue, class Sync>
template <class Room>
receive_many_result lock_free_channel<Queue, Sync>::receive_many(std::span<Room> rooms) noexcept {
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

template <class Queue, class Sync>
close_outcome lock_free_channel<Queue, Sync>::close() noexcept {
  if (!queue_.close()) {
    return close_outcome::already_closed;
  }
  closed_.store(true, order::relaxed);  // relaxed: a hint
  waiting_receivers_.call(waiters::all);
  waiting_senders_.call(waiters::all);
  return close_outcome::closed_now;
}

template <class Queue, class Sync>
void lock_free_channel<Queue, Sync>::add_sender() noexcept {
  senders_.fetch_add(1, order::relaxed);  // relaxed: the caller's own is counted
}

template <class Queue, class Sync>
void lock_free_channel<Queue, Sync>::add_receiver() noexcept {
  receivers_.fetch_add(1, order::relaxed);  // relaxed: the caller's own is counted
}

template <class Queue, class Sync>
void lock_free_channel<Queue, Sync>::drop_sender() noexcept {
  // [channel.senders] acq_rel: pairs with itself; what others did with their handles
  // happens before what the last does.
  if (senders_.fetch_sub(1, order::acq_rel) == 1) {
    if (Sync::step()) {
      close();
    }
    leave();
  }
}

template <class Queue, class Sync>
void lock_free_channel<Queue, Sync>::drop_receiver() noexcept {
  // [channel.receivers] acq_rel: pairs with itself, as for senders.
  if (receivers_.fetch_sub(1, order::acq_rel) == 1) {
    if (Sync::step()) {
      close();
    }
    for (pop_failure why = pop_failure::none; queue_.pop(why).has_value();) {
    }
    leave();
  }
}

template <class Queue, class Sync>
void lock_free_channel<Queue, Sync>::leave() noexcept {
  // [channel.left] acq_rel: pairs with the other side's; all it did happens before the end.
  if (left_.exchange(true, order::acq_rel)) {
    destroy_object<lock_free_channel, Sync>(this);
  }
}

// By name ---------------------------------------------------------------------

/// Bounded, many senders and receivers.
template <class Value, class Sync = native>
using lock_free_ring = lock_free_channel<turn_ring<Value, Sync>, Sync>;

/// Bounded, one sender or one receiver or both: as long as one thread at a time has a
/// handle that cannot be cloned, that side does without read-modify-writes.
template <class Value, class Sync = native>
using spsc_ring = lock_free_channel<turn_ring<Value, Sync, parties::one, parties::one>, Sync>;
template <class Value, class Sync = native>
using mpsc_ring = lock_free_channel<turn_ring<Value, Sync, parties::many, parties::one>, Sync>;
template <class Value, class Sync = native>
using spmc_ring = lock_free_channel<turn_ring<Value, Sync, parties::one, parties::many>, Sync>;

/// Unbounded, many senders, and many receivers or one. A send fails with `full` only
/// where there is no memory.
template <class Value, class Sync = native>
using unbounded = lock_free_channel<segment_queue<Value, Sync>, Sync>;
template <class Value, class Sync = native>
using mpsc_unbounded = lock_free_channel<segment_queue<Value, Sync, parties::one>, Sync>;

/// One item in its life, one sender, one receiver: the send closes the channel, and every
/// later one says `closed`. Neither the send nor the close ever waits.
template <class Value, class Sync = native>
using oneshot = lock_free_channel<one_slot<Value, Sync>, Sync>;

}  // namespace handfast
