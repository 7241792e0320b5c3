// The two ends of a channel. A handle is a counted reference to a core: moving
// it hands it on, `clone` counts one more, destroying it counts one fewer.
//
// Any thread may call a handle's operations, several at once, unless it is one that
// cannot be cloned: then one at a time, each after the one before, `close` aside.
// Moving from, assigning to and destroying a handle need it for themselves. Calling a
// moved-from handle breaks a precondition.
#pragma once

#include <handfast/channel/outcome.hpp>
#include <handfast/queue/ends.hpp>

#include <cstddef>
#include <ranges>
#include <span>
#include <type_traits>
#include <utility>

namespace handfast {

namespace detail {

/// Ownership of one count of a core. `Add` and `Drop` are the core's members
/// that count one handle more and one fewer.
template <class Core, void (Core::*Add)() noexcept, void (Core::*Drop)() noexcept>
class handle {
 public:
  /// Takes over one count that the core already has.
  explicit handle(Core& counted) noexcept : core_(&counted) {}
  handle(handle&& other) noexcept : core_(std::exchange(other.core_, nullptr)) {}
  handle& operator=(handle&& other) noexcept {
    handle(std::move(other)).swap(*this);
    return *this;
  }
  ~handle() {
    if (core_ != nullptr) {
      (core_->*Drop)();
    }
  }

  [[nodiscard]] handle clone() const noexcept {
    (core().*Add)();
    return handle(core());
  }

  [[nodiscard]] Core& core() const noexcept {
    Core::sync::assert_that(core_ != nullptr, "a moved-from channel handle was used");
    return *core_;
  }

 private:
  void swap(handle& other) noexcept { std::swap(core_, other.core_); }

  Core* core_;
};

}  // namespace detail

template <class Core>
class send_operation;
template <class Core>
class receive_operation;

/// The sending end.
///
///     auto [tx, rx] = handfast::make_channel<int>(64);
///     if (auto sent = tx.send(42); !sent) { use(sent.error().item); }
///
/// All that a sender did before a send happens before all that the receiver of
/// that item does after. Items leave in the order in which they entered. When
/// the last sender is gone the channel is closed.
template <class Core>
class sender {
 public:
  using value_type = typename Core::value_type;
  using deadline = typename Core::deadline;

  /// Takes over one sender that `core` counts already.
  explicit sender(Core& core) noexcept : handle_(core) {}

  /// Sends `item`; waits for room as long as it takes. Fails only with
  /// `closed`, an unbounded channel also with `full`: no memory. Blocks.
  [[nodiscard]] send_result<value_type> send(value_type item) const noexcept {
    return handle_.core().send(std::move(item));
  }

  /// Sends `item` if there is room now; else fails with `full` or `closed`.
  /// Waits for no other operation, though for the core's lock if it has one.
  [[nodiscard]] send_result<value_type> try_send(value_type item) const noexcept {
    return handle_.core().try_send(std::move(item));
  }

  /// Sends `item`; waits for room until `end`. Fails with `timed_out` or
  /// `closed`. A deadline in the past makes it a `try_send`. Blocks.
  [[nodiscard]] send_result<value_type> send_until(value_type item, deadline end) const noexcept {
    return handle_.core().send_until(std::move(item), end);
  }

  /// The send of `item` as a poll task (operation.hpp), for coroutines, `select` and
  /// `block_on`: `send` once it is done. This handle lives longer. Does not block.
  [[nodiscard]] send_operation<Core> async_send(value_type item) const noexcept {
    return send_operation<Core>(*this, std::move(item));
  }

  /// Sends all of `items` in their order, waiting for room as it goes; others'
  /// items may come between them. Sent items are moved from. Fails with
  /// `closed`, naming those not sent, which stay where they are. Sending none
  /// succeeds. Blocks.
  [[nodiscard]] send_many_result<value_type> send_many(std::span<value_type> items) const noexcept {
    return handle_.core().send_many(items);
  }

  /// Closes the channel to sends; what it holds can still be received. Wakes
  /// every waiter. Does not wait for room or items.
  close_outcome close() const noexcept { return handle_.core().close(); }

  /// One more sender of the same channel, where there may be several.
  [[nodiscard]] sender clone() const noexcept
    requires(Core::producers == parties::many)
  {
    return sender(handle_.clone());
  }

  [[nodiscard]] std::size_t capacity() const noexcept { return handle_.core().capacity(); }

  /// What it is a handle of, for what is built on channels (operation.hpp).
  [[nodiscard]] Core& core() const noexcept { return handle_.core(); }

 private:
  using counted = detail::handle<Core, &Core::add_sender, &Core::drop_sender>;

  explicit sender(counted handle) noexcept : handle_(std::move(handle)) {}

  counted handle_;
};

/// The receiving end.
///
///     while (auto item = rx.receive()) { use(*item); }   // until closed and drained
///
/// When the last receiver is gone the channel is closed, and what it holds is
/// destroyed.
template <class Core>
class receiver {
 public:
  using value_type = typename Core::value_type;
  using deadline = typename Core::deadline;

  /// Takes over one receiver that `core` counts already.
  explicit receiver(Core& core) noexcept : handle_(core) {}

  /// Takes the oldest item; waits for one as long as it takes. Fails only with
  /// `closed`, once nothing is left. Blocks.
  [[nodiscard]] receive_result<value_type> receive() const noexcept {
    return handle_.core().receive();
  }

  /// Takes the oldest item if there is one now; else fails with `empty` or
  /// `closed`. Waits for no other operation, though for the core's lock if it
  /// has one.
  [[nodiscard]] receive_result<value_type> try_receive() const noexcept {
    return handle_.core().try_receive();
  }

  /// Takes the oldest item; waits for one until `end`. Fails with `timed_out`
  /// or `closed`. A deadline in the past makes it a `try_receive`. Blocks.
  [[nodiscard]] receive_result<value_type> receive_until(deadline end) const noexcept {
    return handle_.core().receive_until(end);
  }

  /// The receive as a poll task (operation.hpp), for coroutines, `select` and `block_on`:
  /// `receive` once it is done. This handle lives longer. Does not block.
  [[nodiscard]] receive_operation<Core> async_receive() const noexcept {
    return receive_operation<Core>(*this);
  }

  /// Takes what is there, oldest first: at least one item, at most one for each
  /// of `rooms` (an array, vector or span) and `Sync::limits::items_per_lock`; waits for the first
  /// as long as it takes. Returns how many rooms it filled, from the front. Fails only with
  /// `closed`. Asking for none gives 0. A room is a Value or a std::optional of it; what a room
  /// held before is destroyed while the channel is locked, so give empty rooms where destructors
  /// use channels. Blocks.
  template <std::ranges::contiguous_range Rooms>
  [[nodiscard]] receive_many_result receive_many(Rooms&& rooms) const noexcept {
    return handle_.core().receive_many(
        std::span<std::remove_reference_t<std::ranges::range_reference_t<Rooms>>>(rooms));
  }

  /// As the sender's `close`.
  close_outcome close() const noexcept { return handle_.core().close(); }

  /// One more receiver of the same channel, where there may be several.
  [[nodiscard]] receiver clone() const noexcept
    requires(Core::consumers == parties::many)
  {
    return receiver(handle_.clone());
  }

  [[nodiscard]] std::size_t capacity() const noexcept { return handle_.core().capacity(); }

  /// What it is a handle of, for what is built on channels (operation.hpp).
  [[nodiscard]] Core& core() const noexcept { return handle_.core(); }

 private:
  using counted = detail::handle<Core, &Core::add_receiver, &Core::drop_receiver>;

  explicit receiver(counted handle) noexcept : handle_(std::move(handle)) {}

  counted handle_;
};

}  // namespace handfast
