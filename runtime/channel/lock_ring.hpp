// The lock-based channel core: a ring under one mutex, with a condition
// variable for each side. After seed document 000 (the Coolscript channel), made
// whole: nothing leaks, a failed send gives its item back, either side closes.
//
// Rules
//  1. Every field below `mutex_` is touched only while `mutex_` is held.
//  2. Items move in and out of the ring while `mutex_` is held: a Value's move
//     and the destructor of a moved-from Value must not call the channel. Live
//     items are destroyed only while it is not held, so a Value's destructor
//     may (an item may be a handle of this very channel).
//  3. `closed_` is set once and never cleared. While it is set nothing enters
//     the ring.
//  4. A wait counts itself in `waiting_*.asleep` before it sleeps, and whoever
//     changes what it waits for reads that count in the critical section of the
//     change. So either the waiter sees the change, or the changer sees the
//     waiter and notifies: no wake-up is lost. `waiting_*.called` counts those of
//     them that a notification is on its way to, so that nobody pays for a second
//     one meanwhile. Always called <= asleep, and as many items (or rooms) as
//     are there are called for: items <= called, or called == asleep.
//     Operations that wait for several things, or are a task's (operation.hpp), and what runs on
//     a worker and goes aside (host.hpp), wait on lists of their own: each change calls one of
//     those as well. They look while `mutex_` is held, as changes are made, so the lists need no
//     fences.
//  5. A waiter that timed out looks once more before it gives up: while there
//     is something to take or room to fill, no notification is wasted.
//  6. Notifying after `mutex_` is released needs a handle that keeps the core
//     alive meanwhile. Sends and receives have their caller's. Dropping a
//     handle has none left, so closing notifies while it holds `mutex_`.
//  7. The core is destroyed by whoever leaves it with no handle counted and
//     nobody discarding items.
//
// Progress: blocking by nature. A descheduled holder of `mutex_` stalls every
// operation on the channel, the `try_` forms included.
#pragma once

#include <handfast/channel/create.hpp>
#include <handfast/channel/outcome.hpp>
#include <handfast/memory/object.hpp>
#include <handfast/park/host.hpp>
#include <handfast/park/wait_list.hpp>
#include <handfast/queue/ends.hpp>
#include <handfast/queue/ring.hpp>
#include <handfast/sync/lock_guard.hpp>
#include <handfast/sync/policy.hpp>

#include <algorithm>
#include <cstddef>
#include <expected>
#include <optional>
#include <span>
#include <tuple>
#include <type_traits>
#include <utility>

namespace handfast {

/// A bounded MPMC FIFO under one lock, used through `sender` and `receiver`,
/// which document the operations. Linearization point of each: its last
/// critical section.
template <class Value, class Sync>
class lock_ring {
  static_assert(sync_policy<Sync>);
  static_assert(std::is_nothrow_move_constructible_v<Value> &&
                    std::is_nothrow_destructible_v<Value>,
                "an item must move and be destroyed without throwing");

 public:
  using value_type = Value;
  using sync = Sync;
  using deadline = typename Sync::deadline;
  using queue = ring<Value, Sync>;
  using slot = typename queue::slot;

  static constexpr bool bounded = true;
  static constexpr bool buffered = true;
  static constexpr bool one_item = false;
  static constexpr parties producers = parties::many;
  static constexpr parties consumers = parties::many;

  /// A core that counts one sender and one receiver.
  [[nodiscard]] static std::expected<lock_ring*, create_failure> create(
      std::size_t capacity) noexcept {
    return detail::create_over_slots<lock_ring>(capacity);
  }

  /// For `create`, through the policy's allocation.
  lock_ring(slot* slots, std::size_t capacity) noexcept;
  lock_ring(const lock_ring&) = delete;
  lock_ring& operator=(const lock_ring&) = delete;

  [[nodiscard]] send_result<Value> send(Value item) noexcept;
  [[nodiscard]] send_result<Value> try_send(Value item) noexcept;
  /// As try_send; empties `item` if it is sent.
  [[nodiscard]] std::optional<send_failure> try_send_from(std::optional<Value>& item) noexcept {
    const auto failure = send_from(*item, never{}, send_failure::full);
    if (!failure) {
      item.reset();
    }
    return failure;
  }
  [[nodiscard]] send_result<Value> send_until(Value item, deadline end) noexcept;
  [[nodiscard]] send_many_result<Value> send_many(std::span<Value> items) noexcept;

  [[nodiscard]] receive_result<Value> receive() noexcept;
  [[nodiscard]] receive_result<Value> try_receive() noexcept;
  [[nodiscard]] receive_result<Value> receive_until(deadline end) noexcept;
  template <class Room>
  [[nodiscard]] receive_many_result receive_many(std::span<Room> rooms) noexcept;

  close_outcome close() noexcept;

  [[nodiscard]] std::size_t capacity() const noexcept { return ring_.capacity(); }

  // For `operation` and `select`: those of them that wait to send, and to receive.
  [[nodiscard]] wait_list<Sync>& waiting_senders() noexcept { return waiting_senders_.others; }
  [[nodiscard]] wait_list<Sync>& waiting_receivers() noexcept { return waiting_receivers_.others; }

  // One handle more, one fewer. The last of a side closes; the last of all
  // destroys the core.
  void add_sender() noexcept;
  void drop_sender() noexcept;
  void add_receiver() noexcept;
  void drop_receiver() noexcept;

 private:
  using condition_variable = typename Sync::condition_variable;
  using count = typename Sync::template var<std::size_t>;
  using flag = typename Sync::template var<bool>;

  // Those that wait on one side (rule 4).
  struct waiters {
    condition_variable changed;
    count asleep;
    count called;
    wait_list<Sync> others{wait_list<Sync>::ordered_by::a_lock};
  };

  // How long an operation is willing to wait.
  struct forever {
    wait_status wait(condition_variable& condition, typename Sync::mutex& held) const noexcept {
      condition.wait(held);
      return wait_status::woken;
    }
    [[nodiscard]] handfast::forever aside() const noexcept { return {}; }
  };
  struct until {
    deadline end;
    wait_status wait(condition_variable& condition, typename Sync::mutex& held) const noexcept {
      return condition.wait_until(held, end);
    }
    [[nodiscard]] handfast::until<deadline> aside() const noexcept { return {end}; }
  };
  struct never {
    wait_status wait(condition_variable&, typename Sync::mutex&) const noexcept {
      return wait_status::timed_out;
    }
  };

  // Declared before the lock, so that it notifies after the lock is released
  // (rule 6): as many of the waiters as the changes can serve.
  class late_wake {
   public:
    explicit late_wake(waiters& waiting) noexcept : waiting_(waiting) {}
    late_wake(const late_wake&) = delete;
    late_wake& operator=(const late_wake&) = delete;
    ~late_wake();

    void serve(std::size_t changes) noexcept {
      changes_ = changes;
      served_ = std::min(waiting_.asleep.read() - waiting_.called.read(), changes);
      waiting_.called.write() += served_;
    }

   private:
    waiters& waiting_;
    std::size_t changes_ = 0;
    std::size_t served_ = 0;
  };

  // Whether `ready` holds, having waited for it as long as `patience` allows.
  template <class Ready, class Patience>
  [[nodiscard]] bool await(waiters& waiting, Ready ready, Patience patience) noexcept;
  template <class Ready, class Patience>
  [[nodiscard]] bool await_aside(waiters& waiting, Ready ready, Patience patience) noexcept;
  template <class Patience>
  [[nodiscard]] bool await_space(Patience patience) noexcept;
  template <class Patience>
  [[nodiscard]] bool await_items(Patience patience) noexcept;

  // Takes the item if it is sent; else says why not.
  template <class Patience>
  [[nodiscard]] std::optional<send_failure> send_from(Value& item, Patience patience,
                                                      send_failure out_of_patience) noexcept;
  template <class Patience>
  [[nodiscard]] send_result<Value> send_with(Value item, Patience patience,
                                             send_failure out_of_patience) noexcept;
  template <class Patience>
  [[nodiscard]] receive_result<Value> receive_with(Patience patience,
                                                   receive_failure out_of_patience) noexcept;

  void close_while_locked() noexcept;
  void discard_items() noexcept;
  [[nodiscard]] bool abandoned() const noexcept;

  typename Sync::mutex mutex_;
  queue ring_;
  waiters waiting_receivers_;  // until an item comes, or the channel closes
  waiters waiting_senders_;    // until room comes, or the channel closes
  count senders_{1};
  count receivers_{1};
  flag closed_;
  flag discarding_;
};

// Making ------------------------------------------------------------------------

template <class Value, class Sync>
lock_ring<Value, Sync>::lock_ring(slot* slots, std::size_t capacity) noexcept
    : ring_(slots, capacity) {
  Sync::name(mutex_, "channel.mutex");
  Sync::name(waiting_receivers_.changed, "channel.items");
  Sync::name(waiting_senders_.changed, "channel.space");
  Sync::name(waiting_receivers_.asleep, "channel.receivers_asleep");
  Sync::name(waiting_receivers_.called, "channel.receivers_called");
  Sync::name(waiting_senders_.asleep, "channel.senders_asleep");
  Sync::name(waiting_senders_.called, "channel.senders_called");
  Sync::name(closed_, "channel.closed");
}

// Waiting and waking ------------------------------------------------------------

template <class Value, class Sync>
template <class Ready, class Patience>
bool lock_ring<Value, Sync>::await(waiters& waiting, Ready ready, Patience patience) noexcept {
  if constexpr (!std::is_same_v<Patience, never>) {
    if (!ready() && host<Sync>::here() != nullptr) {
      return await_aside(waiting, ready, patience);
    }
  }
  while (!ready()) {
    waiting.asleep.write() += 1;
    const wait_status status = patience.wait(waiting.changed, mutex_);
    waiting.asleep.write() -= 1;
    waiting.called.write() -= std::min(waiting.called.read(), std::size_t{1});
    if (status == wait_status::timed_out) {
      return Sync::step() && ready();
    }
    if (!Sync::step()) {
      return true;  // as if it had to be ready for being woken
    }
  }
  return true;
}

// With the lock free meanwhile, as a wait on a condition variable has it.
template <class Value, class Sync>
template <class Ready, class Patience>
bool lock_ring<Value, Sync>::await_aside(waiters& waiting, Ready ready,
                                         Patience patience) noexcept {
  mutex_.unlock();
  const auto attempt = [&] {
    mutex_.lock();
    if (ready()) {
      return true;
    }
    mutex_.unlock();
    return false;
  };
  if (host<Sync>::give_way_until(attempt) || waiting.others.await(attempt, patience.aside())) {
    return true;
  }
  mutex_.lock();
  return ready();
}

template <class Value, class Sync>
template <class Patience>
bool lock_ring<Value, Sync>::await_space(Patience patience) noexcept {
  const auto ready = [this] { return closed_.read() || !ring_.full(); };
  return await(waiting_senders_, ready, patience);
}

template <class Value, class Sync>
template <class Patience>
bool lock_ring<Value, Sync>::await_items(Patience patience) noexcept {
  const auto ready = [this] { return closed_.read() || !ring_.empty(); };
  return await(waiting_receivers_, ready, patience);
}

template <class Value, class Sync>
lock_ring<Value, Sync>::late_wake::~late_wake() {
  if (served_ == 1) {
    waiting_.changed.notify_one();
  } else if (served_ > 1) {
    waiting_.changed.notify_all();
  }
  if (changes_ > 0) {
    waiting_.others.call(changes_);
  }
}

// Sending -----------------------------------------------------------------------

template <class Value, class Sync>
template <class Patience>
std::optional<send_failure> lock_ring<Value, Sync>::send_from(
    Value& item, Patience patience, send_failure out_of_patience) noexcept {
  late_wake receivers(waiting_receivers_);
  lock_guard<Sync> lock(mutex_);
  if (!await_space(patience)) {
    return out_of_patience;
  }
  if (closed_.read()) {
    return send_failure::closed;
  }
  ring_.push(std::move(item));
  receivers.serve(1);
  return std::nullopt;
}

template <class Value, class Sync>
template <class Patience>
send_result<Value> lock_ring<Value, Sync>::send_with(Value item, Patience patience,
                                                     send_failure out_of_patience) noexcept {
  if (const auto failure = send_from(item, patience, out_of_patience)) {
    return std::unexpected(unsent<Value>{*failure, std::move(item)});
  }
  return {};
}

template <class Value, class Sync>
send_result<Value> lock_ring<Value, Sync>::send(Value item) noexcept {
  return send_with(std::move(item), forever{}, send_failure::closed);
}

template <class Value, class Sync>
send_result<Value> lock_ring<Value, Sync>::try_send(Value item) noexcept {
  return send_with(std::move(item), never{}, send_failure::full);
}

template <class Value, class Sync>
send_result<Value> lock_ring<Value, Sync>::send_until(Value item, deadline end) noexcept {
  return send_with(std::move(item), until{end}, send_failure::timed_out);
}

template <class Value, class Sync>
send_many_result<Value> lock_ring<Value, Sync>::send_many(std::span<Value> items) noexcept {
  while (!items.empty()) {
    late_wake receivers(waiting_receivers_);
    lock_guard<Sync> lock(mutex_);
    std::ignore = await_space(forever{});
    if (closed_.read()) {
      return std::unexpected(unsent_many<Value>{send_failure::closed, items});
    }
    const std::size_t batch =
        std::min({items.size(), ring_.space(), std::size_t{Sync::limits::items_per_lock}});
    for (Value& item : items.first(batch)) {
      ring_.push(std::move(item));
    }
    receivers.serve(batch);
    items = items.subspan(batch);
  }
  return {};
}

// Receiving ---------------------------------------------------------------------

template <class Value, class Sync>
template <class Patience>
receive_result<Value> lock_ring<Value, Sync>::receive_with(
    Patience patience, receive_failure out_of_patience) noexcept {
  late_wake senders(waiting_senders_);
  lock_guard<Sync> lock(mutex_);
  if (!await_items(patience)) {
    return std::unexpected(out_of_patience);
  }
  if (ring_.empty()) {
    return std::unexpected(receive_failure::closed);
  }
  senders.serve(1);
  return ring_.pop();
}

template <class Value, class Sync>
receive_result<Value> lock_ring<Value, Sync>::receive() noexcept {
  return receive_with(forever{}, receive_failure::closed);
}

template <class Value, class Sync>
receive_result<Value> lock_ring<Value, Sync>::try_receive() noexcept {
  return receive_with(never{}, receive_failure::empty);
}

template <class Value, class Sync>
receive_result<Value> lock_ring<Value, Sync>::receive_until(deadline end) noexcept {
  return receive_with(until{end}, receive_failure::timed_out);
}

template <class Value, class Sync>
template <class Room>
receive_many_result lock_ring<Value, Sync>::receive_many(std::span<Room> rooms) noexcept {
  static_assert(std::is_nothrow_assignable_v<Room&, Value>,
                "a room takes an item without throwing: Value or std::optional<Value>");
  if (rooms.empty()) {
    return 0;
  }
  late_wake senders(waiting_senders_);
  lock_guard<Sync> lock(mutex_);
  std::ignore = await_items(forever{});
  if (ring_.empty()) {
    return std::unexpected(receive_failure::closed);
  }
  const std::size_t batch =
      std::min({rooms.size(), ring_.size(), std::size_t{Sync::limits::items_per_lock}});
  for (Room& room : rooms.first(batch)) {
    room = ring_.pop();
  }
  senders.serve(batch);
  return batch;
}

// Closing and leaving -----------------------------------------------------------

template <class Value, class Sync>
close_outcome lock_ring<Value, Sync>::close() noexcept {
  lock_guard<Sync> lock(mutex_);
  if (closed_.read()) {
    return close_outcome::already_closed;
  }
  close_while_locked();
  return close_outcome::closed_now;
}

template <class Value, class Sync>
void lock_ring<Value, Sync>::close_while_locked() noexcept {
  closed_.write() = true;
  waiting_receivers_.changed.notify_all();
  waiting_senders_.changed.notify_all();
  waiting_receivers_.others.call(wait_list<Sync>::all);
  waiting_senders_.others.call(wait_list<Sync>::all);
}

template <class Value, class Sync>
void lock_ring<Value, Sync>::add_sender() noexcept {
  lock_guard<Sync> lock(mutex_);
  senders_.write() += 1;
}

template <class Value, class Sync>
void lock_ring<Value, Sync>::add_receiver() noexcept {
  lock_guard<Sync> lock(mutex_);
  receivers_.write() += 1;
}

template <class Value, class Sync>
void lock_ring<Value, Sync>::drop_sender() noexcept {
  bool destroy = false;
  {
    lock_guard<Sync> lock(mutex_);
    senders_.write() -= 1;
    if (senders_.read() == 0 && !closed_.read() && Sync::step()) {
      close_while_locked();
    }
    destroy = abandoned();
  }
  if (destroy) {
    destroy_object<lock_ring, Sync>(this);
  }
}

template <class Value, class Sync>
void lock_ring<Value, Sync>::drop_receiver() noexcept {
  {
    lock_guard<Sync> lock(mutex_);
    receivers_.write() -= 1;
    if (receivers_.read() != 0) {
      return;
    }
    if (!closed_.read() && Sync::step()) {
      close_while_locked();
    }
    discarding_.write() = true;
  }
  discard_items();
  bool destroy = false;
  {
    lock_guard<Sync> lock(mutex_);
    discarding_.write() = false;
    destroy = abandoned();
  }
  if (destroy) {
    destroy_object<lock_ring, Sync>(this);
  }
}

// One item a critical section, each destroyed after it (rule 2). It ends: the
// channel is closed, so nothing enters (rule 3).
template <class Value, class Sync>
void lock_ring<Value, Sync>::discard_items() noexcept {
  for (;;) {
    std::optional<Value> item;
    lock_guard<Sync> lock(mutex_);
    if (ring_.empty()) {
      return;
    }
    item.emplace(ring_.pop());
  }
}

template <class Value, class Sync>
bool lock_ring<Value, Sync>::abandoned() const noexcept {
  return senders_.read() == 0 && receivers_.read() == 0 && !discarding_.read();
}

}  // namespace handfast
