// What a scenario is, and the items that scenarios pass around.
//
// A scenario is a class template on Sync: one claim, at most three threads. An
// engine makes a fresh one for each execution, in its own world; runs thread(i)
// on thread i; then calls finish(), and destroys it.
//
//     template <class Sync>
//     struct hand_off {
//       static constexpr std::string_view claim = "…";
//       static constexpr unsigned threads = 2;
//       void thread(unsigned index);
//       void finish();
//     };
//
// `spawned`, where it is there, says how many threads it makes itself; `weight`,
// how long its search takes next to others'.
#pragma once

#include <handfast/channel/channel.hpp>
#include <handfast/memory/object.hpp>

#include <cstddef>
#include <optional>
#include <utility>

namespace handfast::scenarios {

/// How many threads a scenario makes itself.
template <class Scenario>
constexpr unsigned spawned_threads() {
  if constexpr (requires { Scenario::spawned; }) {
    return Scenario::spawned;
  } else {
    return 0;
  }
}

/// A move-only item whose contents every engine watches: memory from the policy
/// (a leak, a double free and a use after free are findings) with plain data in
/// it (an unordered access is a data race).
template <class Sync>
class item {
 public:
  explicit item(int value) noexcept : body_(make_object<body, Sync>(value)) {}
  item(item&& other) noexcept : body_(std::exchange(other.body_, nullptr)) {}
  item& operator=(item&& other) noexcept {
    std::swap(body_, other.body_);
    return *this;
  }
  ~item() {
    if (body_ != nullptr) {
      destroy_object<body, Sync>(body_);
    }
  }

  /// What was put in; an item that was moved from has nothing.
  [[nodiscard]] int value() const {
    Sync::assert_that(body_ != nullptr, "an item came without its contents");
    return body_->read();
  }

 private:
  using body = typename Sync::template var<int>;

  body* body_;
};

/// What a scenario asks of a variant: it is left out for one that is not so.
struct needs {
  bool bounded = false;   ///< a send waits for room
  bool buffered = false;  ///< there is room at all
  bool many_items = false;
  bool one_item = false;  ///< in its life, which ends with the send
  bool many_senders = false;
  bool many_receivers = false;
};

template <class Variant>
constexpr bool is_buffered() {
  if constexpr (requires { Variant::buffered; }) {
    return Variant::buffered;
  } else {
    return true;  // a queue
  }
}

/// Whether a variant is what a scenario asks for.
template <class Scenario, class Core>
constexpr bool suits() {
  if constexpr (requires { Scenario::asks; }) {
    constexpr needs asked = Scenario::asks;
    return (!asked.bounded || Core::bounded) && (!asked.buffered || is_buffered<Core>()) &&
           !(Core::one_item ? asked.many_items : asked.one_item) &&
           (!asked.many_senders || Core::producers == parties::many) &&
           (!asked.many_receivers || Core::consumers == parties::many);
  } else {
    return true;
  }
}

/// A scenario of one variant: each keeps the same promises.
template <template <class, template <class, class> class> class Scenario,
          template <class, class> class Variant>
struct over {
  template <class Sync>
  using with = Scenario<Sync, Variant>;
};

/// A channel of items taken apart, so that each thread can hold, clone and drop
/// what is its own.
template <class Sync, template <class, class> class Core = lock_ring>
struct channel_ends {
  using core = Core<item<Sync>, Sync>;

  explicit channel_ends(std::size_t capacity) {
    auto made = make_channel_with_room<core>(capacity);
    tx.emplace(std::move(made.tx));
    rx.emplace(std::move(made.rx));
  }

  /// Sends what must succeed.
  void must_send(int value) const {
    Sync::assert_that(tx->send(item<Sync>(value)).has_value(), "a send failed on an open channel");
  }

  /// Receives what must be there.
  [[nodiscard]] int must_receive() const {
    auto received = rx->receive();
    Sync::assert_that(received.has_value(), "a receive failed before the channel was drained");
    return received->value();
  }

  std::optional<sender<core>> tx;
  std::optional<receiver<core>> rx;
};

/// A deadline that is not past yet; engines decide when it is.
template <class Sync>
typename Sync::deadline soon() {
  return Sync::clock::now() + typename Sync::clock::duration(1);
}

}  // namespace handfast::scenarios
