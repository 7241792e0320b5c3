// libcsruntime's channel: of elements of one size, with its senders counted, and destroyed while
// calls on it come to their end.
//
// Rules
//  1. It is freed by whoever leaves it last: each side counts the calls under way on it, and the
//     owner until `destroy`.
//  2. It is closed before the owner leaves, so no call stays for what nobody will do.
//  3. An element that was not received is dropped once: by the send that was refused, or by
//     `destroy`, after which none comes in.
#pragma once

#include <handfast/capi/csruntime_element.hpp>
#include <handfast/capi/csruntime_memory.hpp>
#include <handfast/channel/channel.hpp>
#include <handfast/memory/object.hpp>
#include <handfast/sync/policy.hpp>

#include <cstddef>
#include <expected>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>

namespace handfast::csruntime {

/// What became of an element that was to go in.
enum class sent : unsigned char {
  in,         ///< it is the channel's
  refused,    ///< the channel is closed
  no_memory,  ///< for a copy of it
};

/// runtime.h documents the operations.
///
/// Fields: `ends_` is thread-safe; `element_size_` never changes; `drop_` is set before the channel
/// is shared.
template <sync_policy Sync>
class element_channel {
  static constexpr std::size_t most_in_place = 64;

  template <class Element>
  using ring = lock_free_ring<Element, Sync>;
  template <class Element>
  using meeting = rendezvous<Element, Sync>;

  // One core for each size of elements that is kept in place, one for the rest; the last two have
  // no room for elements at all.
  using ends =
      std::variant<channel<ring<placed<8>>>, channel<ring<placed<16>>>, channel<ring<placed<32>>>,
                   channel<ring<placed<most_in_place>>>, channel<ring<boxed<Sync>>>,
                   channel<meeting<placed<most_in_place>>>, channel<meeting<boxed<Sync>>>>;

 public:
  /// A channel that counts one sender, or why there is none. Capacity 0 is a rendezvous.
  [[nodiscard]] static std::expected<element_channel*, create_failure> create(
      std::size_t capacity, std::size_t element_size) noexcept {
    auto made = make_ends(capacity, element_size);
    if (!made) {
      return std::unexpected(made.error());
    }
    auto* const its = make_object<element_channel, Sync>(*std::move(made), element_size);
    if (its == nullptr) {
      return std::unexpected(create_failure::out_of_memory);
    }
    return its;
  }

  /// For `create`, through the policy's allocation.
  element_channel(ends made, std::size_t size) noexcept
      : ends_(std::move(made)), element_size_(size) {
    Sync::name(senders_, "csruntime.senders");
    Sync::name(left_, "csruntime.left");
    Sync::name(sending_.inside, "csruntime.sending");
    Sync::name(receiving_.inside, "csruntime.receiving");
  }
  element_channel(const element_channel&) = delete;
  element_channel& operator=(const element_channel&) = delete;

  [[nodiscard]] std::size_t element_size() const noexcept { return element_size_; }

  /// Before the channel is shared.
  void set_drop(void (*drop)(void* element)) noexcept { drop_.write() = drop; }

  /// Drops the element that is refused.
  [[nodiscard]] sent send(void* data) noexcept {
    const call_scope scope(*this, sending_);
    const sent what = move_in(data);
    if (what == sent::refused) {
      drop(data);
    }
    return what;
  }
  /// Leaves it with the caller.
  [[nodiscard]] sent offer(const void* data) noexcept {
    const call_scope scope(*this, sending_);
    return move_in(data);
  }

  /// False once the channel is closed and nothing is left.
  [[nodiscard]] bool receive(void* out) noexcept {
    const call_scope scope(*this, receiving_);
    return std::visit(
        [&](auto& its) {
          const auto received = its.rx.receive();
          if (received) {
            received->copy_to(out, element_size_);
          }
          return received.has_value();
        },
        ends_);
  }

  void close() noexcept {
    const call_scope scope(*this, sending_);
    close_ends();
  }

  /// False: there was none.
  [[nodiscard]] bool clone_sender() noexcept {
    const call_scope scope(*this, sending_);
    // relaxed: the cloner holds a sender, so the count is not zero, and no data
    // comes with it.
    return senders_.fetch_add(1, order::relaxed) != 0;
  }
  /// False: there was none.
  [[nodiscard]] bool drop_sender() noexcept {
    const call_scope scope(*this, sending_);
    // relaxed: whoever takes the last one closes, which comes after all that others sent before
    // their drops: a send that comes later acquires the close, so its sender's drop would happen
    // after the last one, which has seen it.
    const std::size_t before = senders_.fetch_sub(1, order::relaxed);
    if (before == 1) {
      close_ends();
    }
    return before != 0;
  }

  /// The owner's last call.
  void destroy() noexcept {
    close_ends();
    drop_all();
    leave(sending_);
    leave(receiving_);
  }

 private:
  // The calls under way on one side, and the owner; on a line of its own, for the sides' threads
  // are others.
  struct alignas(Sync::limits::cache_line) side {
    typename Sync::template atomic<std::size_t> inside{1};
  };

  // A call under way.
  class call_scope {
   public:
    call_scope(element_channel& chan, side& where) noexcept : chan_(chan), where_(where) {
      where_.inside.fetch_add(1, order::relaxed);  // relaxed: the owner is counted as well
    }
    call_scope(const call_scope&) = delete;
    call_scope& operator=(const call_scope&) = delete;
    ~call_scope() { chan_.leave(where_); }

   private:
    element_channel& chan_;
    side& where_;
  };

  // One fewer on a side.
  void leave(side& where) noexcept {
    // [csruntime.inside] acq_rel: pairs with itself; what other calls did is over before the last
    // of the side leaves.
    if (where.inside.fetch_sub(1, order::acq_rel) != 1) {
      return;
    }
    // [csruntime.left] acq_rel: pairs with the other side's; all that it did is over.
    if (left_.exchange(true, order::acq_rel)) {
      destroy_object<element_channel, Sync>(this);
    }
  }

  template <class Core, class... Capacity>
  [[nodiscard]] static std::expected<ends, create_failure> made_of(Capacity... capacity) noexcept {
    auto made = try_make_channel_of<Core>(capacity...);
    if (!made) {
      return std::unexpected(made.error());
    }
    return ends(*std::move(made));
  }

  [[nodiscard]] static std::expected<ends, create_failure> make_ends(std::size_t capacity,
                                                                     std::size_t size) noexcept {
    if (size > most_bytes) {
      return std::unexpected(create_failure::capacity_overflow);
    }
    if (capacity == 0) {
      return size <= most_in_place ? made_of<meeting<placed<most_in_place>>>()
                                   : made_of<meeting<boxed<Sync>>>();
    }
    if (size <= 8) {
      return made_of<ring<placed<8>>>(capacity);
    }
    if (size <= 16) {
      return made_of<ring<placed<16>>>(capacity);
    }
    if (size <= 32) {
      return made_of<ring<placed<32>>>(capacity);
    }
    return size <= most_in_place ? made_of<ring<placed<most_in_place>>>(capacity)
                                 : made_of<ring<boxed<Sync>>>(capacity);
  }

  [[nodiscard]] sent move_in(const void* data) noexcept {
    return std::visit(
        [&](auto& its) {
          using element = typename std::remove_reference_t<decltype(its.tx)>::value_type;
          element item(data, element_size_);
          if (!item.is_there()) [[unlikely]] {
            return sent::no_memory;
          }
          return its.tx.send(std::move(item)).has_value() ? sent::in : sent::refused;
        },
        ends_);
  }

  void close_ends() noexcept {
    std::visit([](auto& its) { std::ignore = its.tx.close(); }, ends_);
  }

  void drop(void* element) noexcept {
    if (const auto how = drop_.read()) {
      how(element);
    }
  }
  void drop_all() noexcept {
    std::visit(
        [&](auto& its) {
          while (auto element = its.rx.try_receive()) {
            drop(element->bytes());
          }
        },
        ends_);
  }

  ends ends_;
  const std::size_t element_size_;
  typename Sync::template var<void (*)(void*)> drop_;
  typename Sync::template atomic<std::size_t> senders_{1};
  typename Sync::template atomic<bool> left_{false};  // by one side
  side sending_;
  side receiving_;
};

}  // namespace handfast::csruntime
