// The channel core without room: a send is done when a receive takes its item, and
// neither before the other has come.
//
// Rules
//  1. Every field below `mutex_` is touched only while it is held, and so are the parties
//     on its lists: those who wait to be met.
//  2. Whoever comes and finds a party of the other side claims it (claim.hpp), hands the
//     item over, takes it off its list and wakes it last, all while `mutex_` is held. A
//     party that was awake sees that and is done (parker); one that slept goes through
//     `mutex_` first, for its waker may still be calling the system. A party may wait on
//     several channels, and is met on one.
//  3. Whoever comes and finds none becomes a party in the same critical section. So of two
//     who come, one finds the other.
//  4. A receive that is polled is no party: dropped after it was met, it would lose the
//     item. It is told (`told_receivers_`) when a sender becomes a party, and comes again.
//  5. Items move while `mutex_` is held: a Value's move and the destructor of a moved-from
//     Value must not call the channel.
//  6. The core is destroyed by whoever leaves it with no handle counted.
//
// Progress: blocking by nature. A descheduled holder of `mutex_` stalls every operation.
//
// After Go's unbuffered channels: parties that hand over on each other's stacks, and a
// select that locks all its channels, in the order of their addresses, to look and wait
// in one step.
#pragma once

#include <handfast/channel/create.hpp>
#include <handfast/channel/operation.hpp>
#include <handfast/channel/outcome.hpp>
#include <handfast/channel/select.hpp>
#include <handfast/memory/linked_list.hpp>
#include <handfast/memory/object.hpp>
#include <handfast/park/claim.hpp>
#include <handfast/park/wait_list.hpp>
#include <handfast/queue/ends.hpp>
#include <handfast/sync/lock_guard.hpp>
#include <handfast/sync/native.hpp>
#include <handfast/sync/policy.hpp>

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <type_traits>
#include <utility>

namespace handfast {

/// A channel of capacity 0, used through `sender` and `receiver`, which document the
/// operations. `try_send` succeeds where a receiver waits, `try_receive` where a sender
/// does. Linearization point of a send and the receive that it meets: the claim.
template <class Value, class Sync = native>
class rendezvous {
  static_assert(sync_policy<Sync>);
  static_assert(std::is_nothrow_move_constructible_v<Value> &&
                    std::is_nothrow_destructible_v<Value>,
                "an item must move and be destroyed without throwing");

 public:
  using value_type = Value;
  using sync = Sync;
  using deadline = typename Sync::deadline;

  static constexpr bool bounded = false;
  static constexpr bool buffered = false;
  static constexpr bool one_item = false;
  static constexpr parties producers = parties::many;
  static constexpr parties consumers = parties::many;

  /// Somebody who waits to be met, and where their item is or comes to.
  class party : public linked<party, Sync> {
   public:
    /// Whether the end of the channel came instead.
    [[nodiscard]] bool found_the_end() const noexcept { return closed_.read(); }

   private:
    friend class rendezvous;

    typename Sync::template var<std::optional<Value>*> item_;
    typename Sync::template var<claim<Sync>*> claim_;
    typename Sync::template var<std::uint32_t> which_;
    typename Sync::template var<waker> waker_;
    typename Sync::template var<bool> closed_;
  };

  /// A core that counts one sender and one receiver.
  [[nodiscard]] static std::expected<rendezvous*, create_failure> create() noexcept {
    return detail::create_alone<rendezvous>();
  }

  rendezvous() noexcept {
    Sync::name(mutex_, "channel.mutex");
    Sync::name(closed_, "channel.closed");
  }
  rendezvous(const rendezvous&) = delete;
  rendezvous& operator=(const rendezvous&) = delete;

  [[nodiscard]] send_result<Value> send(Value item) noexcept {
    send_operation<rendezvous> mine(detail::of_core(), *this, std::move(item));
    std::ignore = detail::select_within<Sync>(forever{}, mine);
    return mine.result();
  }
  [[nodiscard]] send_result<Value> send_until(Value item, deadline end) noexcept {
    send_operation<rendezvous> mine(detail::of_core(), *this, std::move(item));
    if (!detail::select_within<Sync>(until<deadline>{end}, mine)) {
      return mine.timed_out();
    }
    return mine.result();
  }
  [[nodiscard]] send_result<Value> try_send(Value item) noexcept;
  /// The same; empties `item` if it is sent.
  [[nodiscard]] std::optional<send_failure> try_send_from(std::optional<Value>& item) noexcept {
    const lock_guard<Sync> lock(mutex_);
    if (closed_.read()) {
      return send_failure::closed;
    }
    return give(item) ? std::nullopt : std::optional(send_failure::full);
  }
  [[nodiscard]] send_many_result<Value> send_many(std::span<Value> items) noexcept;

  [[nodiscard]] receive_result<Value> receive() noexcept {
    receive_operation<rendezvous> mine(detail::of_core(), *this);
    std::ignore = detail::select_within<Sync>(forever{}, mine);
    return mine.result();
  }
  [[nodiscard]] receive_result<Value> receive_until(deadline end) noexcept {
    receive_operation<rendezvous> mine(detail::of_core(), *this);
    if (!detail::select_within<Sync>(until<deadline>{end}, mine)) {
      return mine.timed_out();
    }
    return mine.result();
  }
  [[nodiscard]] receive_result<Value> try_receive() noexcept;
  template <class Room>
  [[nodiscard]] receive_many_result receive_many(std::span<Room> rooms) noexcept;

  close_outcome close() noexcept {
    const lock_guard<Sync> lock(mutex_);
    return close_while_locked();
  }

  [[nodiscard]] static constexpr std::size_t capacity() noexcept { return 0; }

  // One handle more, one fewer. The last of a side closes; the last of all
  // destroys the core.
  void add_sender() noexcept { add(senders_); }
  void drop_sender() noexcept { drop(senders_); }
  void add_receiver() noexcept { add(receivers_); }
  void drop_receiver() noexcept { drop(receivers_); }

  // For operations. The lock; what is done while it is held; and `leave`, which takes it.
  [[nodiscard]] typename Sync::mutex& door() noexcept { return mutex_; }
  [[nodiscard]] bool is_closed() const noexcept { return closed_.read(); }
  /// Hands `item` to a receiver that waits, if one does, and leaves it empty.
  [[nodiscard]] bool give(std::optional<Value>& item) noexcept;
  /// Takes the item of the sender that waits longest, if one does.
  [[nodiscard]] bool take(std::optional<Value>& item) noexcept;
  void wait_to_give(party& who, std::optional<Value>& item, claim<Sync>& its, std::uint32_t which,
                    waker wakes) noexcept {
    wait_on(givers_, who, item, its, which, wakes);
    told_receivers_.call(1);
  }
  void wait_to_take(party& who, std::optional<Value>& item, claim<Sync>& its, std::uint32_t which,
                    waker wakes) noexcept {
    wait_on(takers_, who, item, its, which, wakes);
  }
  void renew(party& who, waker wakes) noexcept { who.waker_.write() = wakes; }
  void leave_givers(party& who) noexcept { leave(givers_, who); }
  void leave_takers(party& who) noexcept { leave(takers_, who); }
  [[nodiscard]] wait_list<Sync>& waiting_receivers() noexcept { return told_receivers_; }

 private:
  using parties_of_a_side = linked_list<party, Sync>;
  using count = typename Sync::template var<std::size_t>;

  static void wait_on(parties_of_a_side& side, party& who, std::optional<Value>& item,
                      claim<Sync>& its, std::uint32_t which, waker wakes) noexcept {
    who.item_.write() = &item;
    who.claim_.write() = &its;
    who.which_.write() = which;
    who.waker_.write() = wakes;
    who.closed_.write() = false;
    side.push_back(who);
  }
  void leave(parties_of_a_side& side, party& who) noexcept {
    const lock_guard<Sync> lock(mutex_);
    if (side.is_on(who)) {
      side.remove(who);
    }
  }

  // The first of a side that nobody else meets; claimed, and off the list.
  [[nodiscard]] static party* meet(parties_of_a_side& side) noexcept {
    for (party* each = side.first(); each != nullptr; each = side.after(*each)) {
      if (each->claim_.read()->make(each->which_.read())) {
        side.remove(*each);
        return each;
      }
    }
    return nullptr;
  }

  close_outcome close_while_locked() noexcept;

  void add(count& handles) noexcept {
    const lock_guard<Sync> lock(mutex_);
    handles.write() += 1;
  }
  void drop(count& handles) noexcept;

  typename Sync::mutex mutex_;
  parties_of_a_side givers_;
  parties_of_a_side takers_;
  wait_list<Sync> told_receivers_{wait_list<Sync>::ordered_by::a_lock};
  count senders_{1};
  count receivers_{1};
  typename Sync::template var<bool> closed_;
};

// Meeting -----------------------------------------------------------------------

template <class Value, class Sync>
bool rendezvous<Value, Sync>::give(std::optional<Value>& item) noexcept {
  party* const taker = meet(takers_);
  if (taker == nullptr) {
    return false;
  }
  taker->item_.read()->emplace(*std::move(item));
  item.reset();
  wake<Sync>(taker->waker_.read());
  return true;
}

template <class Value, class Sync>
bool rendezvous<Value, Sync>::take(std::optional<Value>& item) noexcept {
  party* const giver = meet(givers_);
  if (giver == nullptr) {
    return false;
  }
  std::optional<Value>& given = *giver->item_.read();
  item.emplace(*std::move(given));
  given.reset();
  wake<Sync>(giver->waker_.read());
  return true;
}

template <class Value, class Sync>
send_result<Value> rendezvous<Value, Sync>::try_send(Value item) noexcept {
  std::optional<Value> mine(std::move(item));
  if (const auto failure = try_send_from(mine); failure && mine) {
    return std::unexpected(unsent<Value>{*failure, *std::move(mine)});
  }
  return {};
}

template <class Value, class Sync>
receive_result<Value> rendezvous<Value, Sync>::try_receive() noexcept {
  std::optional<Value> item;
  const lock_guard<Sync> lock(mutex_);
  if (take(item)) {
    return *std::move(item);
  }
  return std::unexpected(closed_.read() ? receive_failure::closed : receive_failure::empty);
}

template <class Value, class Sync>
send_many_result<Value> rendezvous<Value, Sync>::send_many(std::span<Value> items) noexcept {
  for (; !items.empty(); items = items.subspan(1)) {
    if (auto sent = send(std::move(items.front())); !sent) {
      items.front() = std::move(sent.error().item);
      return std::unexpected(unsent_many<Value>{sent.error().reason, items});
    }
  }
  return {};
}

template <class Value, class Sync>
template <class Room>
receive_many_result rendezvous<Value, Sync>::receive_many(std::span<Room> rooms) noexcept {
  static_assert(std::is_nothrow_assignable_v<Room&, Value>,
                "a room takes an item without throwing: Value or std::optional<Value>");
  std::size_t filled = 0;
  for (Room& room : rooms) {
    auto next = filled == 0 ? receive() : try_receive();
    if (!next && filled == 0) {
      return std::unexpected(next.error());
    }
    if (!next) {
      break;
    }
    room = *std::move(next);
    ++filled;
  }
  return filled;
}

// Closing and leaving -----------------------------------------------------------

template <class Value, class Sync>
close_outcome rendezvous<Value, Sync>::close_while_locked() noexcept {
  if (closed_.read()) {
    return close_outcome::already_closed;
  }
  closed_.write() = true;
  for (parties_of_a_side* side : {&givers_, &takers_}) {
    while (party* const each = meet(*side)) {
      each->closed_.write() = true;
      wake<Sync>(each->waker_.read());
    }
  }
  told_receivers_.call(wait_list<Sync>::all);
  return close_outcome::closed_now;
}

template <class Value, class Sync>
void rendezvous<Value, Sync>::drop(count& handles) noexcept {
  bool last = false;
  {
    const lock_guard<Sync> lock(mutex_);
    handles.write() -= 1;
    if (handles.read() == 0 && Sync::step()) {
      close_while_locked();
    }
    last = senders_.read() == 0 && receivers_.read() == 0;
  }
  if (last) {
    destroy_object<rendezvous, Sync>(this);
  }
}

}  // namespace handfast
