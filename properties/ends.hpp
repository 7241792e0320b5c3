// The handles that one thread has of one channel, and the calls that it makes with them,
// written down as they are answered. Under any policy: nothing that a call needs while it
// waits is memory of the process's, for who is left waiting never gives it back.
#pragma once

#include <handfast/channel/channel.hpp>
#include <handfast/park/parker.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <tuple>
#include <utility>
#include <vector>

#include "properties/history.hpp"
#include "properties/pending_call.hpp"

namespace handfast::properties {

/// Memory from a policy, for containers.
template <class Value, class Sync>
struct policy_allocator {
  using value_type = Value;

  policy_allocator() = default;
  template <class Other>
  policy_allocator(const policy_allocator<Other, Sync>&) {}

  Value* allocate(std::size_t count) {
    return static_cast<Value*>(Sync::allocate(count * sizeof(Value), alignof(Value)));
  }
  void deallocate(Value* memory, std::size_t count) {
    Sync::deallocate(memory, count * sizeof(Value), alignof(Value));
  }
  friend bool operator==(const policy_allocator&, const policy_allocator&) { return true; }
};

template <class Core>
class ends {
  using Value = typename Core::value_type;
  using Sync = typename Core::sync;
  template <class Element>
  using batch = std::vector<Element, policy_allocator<Element, Sync>>;

 public:
  void take(sender<Core> tx) { senders_.at(count_of_senders_++).emplace(std::move(tx)); }
  void take(receiver<Core> rx) { receivers_.at(count_of_receivers_++).emplace(std::move(rx)); }

  /// Whether there is a handle for such a call, and for a clone the room.
  [[nodiscard]] bool can(call_kind kind) const {
    return needs_sender(kind) ? has(count_of_senders_, kind == call_kind::clone_sender)
                              : has(count_of_receivers_, kind == call_kind::clone_receiver);
  }

  /// What a call of this kind is made on.
  [[nodiscard]] Core& core_for(call_kind kind) const {
    return needs_sender(kind) ? tx().core() : rx().core();
  }

  /// Makes the call that `made` asks, and writes down what was answered. Waits that may
  /// time out do so at `end`.
  void answer(call& made, typename Core::deadline end) {
    switch (made.kind) {
      case call_kind::send: sent<Core>(made, tx().send(item(made))); break;
      case call_kind::try_send: sent<Core>(made, tx().try_send(item(made))); break;
      case call_kind::send_until: sent<Core>(made, tx().send_until(item(made), end)); break;
      case call_kind::send_many: send_many(made); break;
      case call_kind::receive: received<Core>(made, rx().receive()); break;
      case call_kind::try_receive: received<Core>(made, rx().try_receive()); break;
      case call_kind::receive_until: received<Core>(made, rx().receive_until(end)); break;
      case call_kind::receive_many: receive_many(made); break;
      case call_kind::close: made.closed = tx().close(); break;
      case call_kind::clone_sender: take(tx().clone()); break;
      case call_kind::clone_receiver: take(rx().clone()); break;
      case call_kind::async_send:
      case call_kind::async_receive:
      case call_kind::poll_send:
      case call_kind::poll_receive: poll(made); break;
      case call_kind::drop_sender: senders_[--count_of_senders_].reset(); break;
      case call_kind::drop_receiver: receivers_[--count_of_receivers_].reset(); break;
    }
  }

 private:
  static constexpr std::size_t most = 3;

  static bool has(std::size_t count, bool one_more) {
    return count > 0 && (!one_more || count < most);
  }
  // The handle that came last.
  [[nodiscard]] const sender<Core>& tx() const { return *senders_[count_of_senders_ - 1]; }
  [[nodiscard]] const receiver<Core>& rx() const { return *receivers_[count_of_receivers_ - 1]; }

  static Value item(const call& made) { return value_of<Value>(made.asked.front()); }

  // Until it is done; or once, and dropped where it is pending.
  void poll(call& made) const {
    parker<Sync> mine;
    pending_call<Core> what(made, core_for(made.kind));
    if (made.kind == call_kind::poll_send || made.kind == call_kind::poll_receive) {
      if (what.poll(mine.handle()) == poll_status::pending) {
        std::ignore = what.give_up();
        return;
      }
    } else {
      block_on<Sync>(what);
    }
    what.answer();
  }
  void send_many(call& made) const {
    batch<Value> items;
    items.reserve(made.asked.size());
    for (const spec::item each : made.asked) {
      items.push_back(value_of<Value>(each));
    }
    const auto result = tx().send_many(items);
    made.sent = items.size();
    if (!result) {
      made.sent -= result.error().items.size();
      made.send_failed = result.error().reason;
      for (std::size_t i = made.sent; i < items.size(); ++i) {
        require_given_back<Core>(items[i], made.asked[i]);
      }
    }
  }
  void receive_many(call& made) const {
    batch<std::optional<Value>> rooms(made.most);
    made.most = std::min<std::size_t>(made.most, Sync::limits::items_per_lock);
    const auto result = rx().receive_many(rooms);
    if (!result) {
      made.receive_failed = result.error();
      return;
    }
    for (std::size_t i = 0; i < *result; ++i) {
      made.got.push_back(number_of(*rooms[i]));
    }
  }

  std::array<std::optional<sender<Core>>, most> senders_;
  std::array<std::optional<receiver<Core>>, most> receivers_;
  std::size_t count_of_senders_ = 0;
  std::size_t count_of_receivers_ = 0;
};

/// A call of this kind, of so many items or rooms; `next` numbers new items.
template <class Next>
[[nodiscard]] call asking(call_kind kind, std::size_t amount, Next next) {
  call made;
  made.kind = kind;
  if (kind == call_kind::receive_many) {
    made.most = amount;
  } else if (is_single_send(kind) || kind == call_kind::send_many) {
    for (std::size_t i = 0; i < (kind == call_kind::send_many ? amount : 1); ++i) {
      made.asked.push_back(next());
    }
  }
  return made;
}

}  // namespace handfast::properties
