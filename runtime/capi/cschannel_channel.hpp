// libcschannel's channel: of owned pointers, with its senders counted.
//
// Rules
//  1. An item is one's: a call that fails leaves it with its caller, and `destroy` drops what is
//     left, once each.
//  2. The channel counts the calls under way on it: whoever would destroy it under one is told.
#pragma once

#include <handfast/channel/channel.hpp>
#include <handfast/memory/object.hpp>
#include <handfast/sync/policy.hpp>

#include <cstddef>
#include <expected>
#include <optional>
#include <tuple>
#include <utility>

namespace handfast::cschannel {

/// An owned pointer, destroyed the way its channel says.
class owned_item {
 public:
  owned_item(void* pointer, void (*drop)(void*)) noexcept : pointer_(pointer), drop_(drop) {}
  owned_item(owned_item&& other) noexcept
      : pointer_(std::exchange(other.pointer_, nullptr)), drop_(other.drop_) {}
  owned_item& operator=(owned_item&& other) noexcept {
    std::swap(pointer_, other.pointer_);
    std::swap(drop_, other.drop_);
    return *this;
  }
  ~owned_item() {
    if (pointer_ != nullptr && drop_ != nullptr) {
      drop_(pointer_);
    }
  }

  /// The pointer, owned by the caller from here on.
  void* release() noexcept { return std::exchange(pointer_, nullptr); }

 private:
  void* pointer_;
  void (*drop_)(void*);
};

/// cschannel.h documents the operations.
///
/// Fields: `ends_` is thread-safe; `drop_` is set before the channel is shared; `senders_` and
/// `calls_` are counted by every thread.
template <sync_policy Sync>
class pointer_channel {
  using core = lock_ring<owned_item, Sync>;

 public:
  using deadline = typename Sync::deadline;

  /// A channel that counts one sender, or why there is none.
  [[nodiscard]] static std::expected<pointer_channel*, create_failure> create(
      std::size_t capacity, void (*drop)(void* item)) noexcept {
    auto made = try_make_channel_of<core>(capacity);
    if (!made) {
      return std::unexpected(made.error());
    }
    auto* const its = make_object<pointer_channel, Sync>(*std::move(made), drop);
    if (its == nullptr) {
      return std::unexpected(create_failure::out_of_memory);
    }
    return its;
  }

  /// For `create`, through the policy's allocation.
  pointer_channel(channel<core> made, void (*drop)(void* item)) noexcept
      : ends_(std::move(made)), drop_(drop) {
    Sync::name(senders_, "cschannel.senders");
    Sync::name(calls_, "cschannel.calls");
  }
  pointer_channel(const pointer_channel&) = delete;
  pointer_channel& operator=(const pointer_channel&) = delete;

  /// Before the channel is shared.
  void set_drop(void (*drop)(void* item)) noexcept { drop_.write() = drop; }

  // Why the item was not sent, if it was not: it is still the caller's.
  [[nodiscard]] std::optional<send_failure> send(void* item) noexcept {
    const call_scope scope(*this);
    return settle(ends_.tx.send(own(item)));
  }
  [[nodiscard]] std::optional<send_failure> try_send(void* item) noexcept {
    const call_scope scope(*this);
    return settle(ends_.tx.try_send(own(item)));
  }
  [[nodiscard]] std::optional<send_failure> send_until(void* item, deadline end) noexcept {
    const call_scope scope(*this);
    return settle(ends_.tx.send_until(own(item), end));
  }

  // The oldest item, the caller's from here on, or why there is none.
  [[nodiscard]] std::expected<void*, receive_failure> receive() noexcept {
    const call_scope scope(*this);
    return settle(ends_.rx.receive());
  }
  [[nodiscard]] std::expected<void*, receive_failure> try_receive() noexcept {
    const call_scope scope(*this);
    return settle(ends_.rx.try_receive());
  }
  [[nodiscard]] std::expected<void*, receive_failure> receive_until(deadline end) noexcept {
    const call_scope scope(*this);
    return settle(ends_.rx.receive_until(end));
  }

  void close() noexcept {
    const call_scope scope(*this);
    std::ignore = ends_.tx.close();
  }

  /// False: there was none.
  [[nodiscard]] bool clone_sender() noexcept {
    const call_scope scope(*this);
    // relaxed: the cloner holds a sender, so the count is not zero, and no data
    // comes with it.
    return senders_.fetch_add(1, order::relaxed) != 0;
  }
  /// False: there was none.
  [[nodiscard]] bool drop_sender() noexcept {
    const call_scope scope(*this);
    // relaxed: whoever takes the last one closes, and the channel's lock orders the
    // close after every send that this or another sender made before its drop:
    // each of those was a critical section of the same lock.
    const std::size_t before = senders_.fetch_sub(1, order::relaxed);
    if (before == 1) {
      std::ignore = ends_.tx.close();
    }
    return before != 0;
  }

  /// The owner's last call. False: a call is under way, and nothing was done.
  [[nodiscard]] bool destroy() noexcept {
    // [cschannel.calls] acquire: pairs with every call's release decrement; what
    // calls did is over before the channel is.
    if (calls_.load(order::acquire) != 0) {
      return false;
    }
    destroy_object<pointer_channel, Sync>(this);
    return true;
  }

 private:
  // A call under way.
  class call_scope {
   public:
    explicit call_scope(pointer_channel& chan) noexcept : chan_(chan) {
      chan_.calls_.fetch_add(1, order::relaxed);  // relaxed: only counts; destroy needs no data
    }
    call_scope(const call_scope&) = delete;
    call_scope& operator=(const call_scope&) = delete;
    ~call_scope() {
      // [cschannel.calls] release: pairs with destroy's acquire load; all that the
      // call did is over before the channel is.
      chan_.calls_.fetch_sub(1, order::release);
    }

   private:
    pointer_channel& chan_;
  };

  [[nodiscard]] owned_item own(void* item) const noexcept { return {item, drop_.read()}; }

  [[nodiscard]] static std::optional<send_failure> settle(send_result<owned_item> result) noexcept {
    if (result) {
      return std::nullopt;
    }
    result.error().item.release();
    return result.error().reason;
  }
  [[nodiscard]] static std::expected<void*, receive_failure> settle(
      receive_result<owned_item> result) noexcept {
    if (!result) {
      return std::unexpected(result.error());
    }
    return result->release();
  }

  channel<core> ends_;
  typename Sync::template var<void (*)(void*)> drop_;
  typename Sync::template atomic<std::size_t> senders_{1};
  typename Sync::template atomic<std::size_t> calls_{0};  // under way
};

}  // namespace handfast::cschannel
