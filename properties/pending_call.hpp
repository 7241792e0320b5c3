// A call of one item that is on its way, and how it is written down what came of it.
#pragma once

#include <handfast/channel/channel.hpp>

#include <optional>
#include <tuple>
#include <type_traits>

#include "properties/any_operation.hpp"
#include "properties/history.hpp"

namespace handfast::properties {

/// How items go by their numbers, in the calls that are written down.
template <class Value>
[[nodiscard]] Value value_of(spec::item number) {
  if constexpr (std::is_same_v<Value, spec::item>) {
    return number;
  } else {
    return Value(static_cast<int>(number));
  }
}
template <class Value>
[[nodiscard]] spec::item number_of(const Value& value) {
  if constexpr (std::is_same_v<Value, spec::item>) {
    return value;
  } else {
    return static_cast<spec::item>(value.value());
  }
}

// What came of a call of one item.
template <class Core>
void require_given_back(const typename Core::value_type& back, spec::item asked) {
  Core::sync::assert_that(number_of(back) == asked, "a send that failed gives another item back");
}
template <class Core>
void sent(call& made, const send_result<typename Core::value_type>& result) {
  if (result) {
    made.sent = 1;
  } else {
    made.send_failed = result.error().reason;
    require_given_back<Core>(result.error().item, made.asked.front());
  }
}
template <class Core>
void received(call& made, const receive_result<typename Core::value_type>& result) {
  if (result) {
    made.got = {number_of(*result)};
  } else {
    made.receive_failed = result.error();
  }
}

/// A send or a receive on its way, as polls and `select` take it, and the call that it is
/// written down as. It stays where it is.
template <class Core>
class pending_call {
  using Value = typename Core::value_type;
  using Sync = typename Core::sync;

 public:
  pending_call(call& made, Core& on) noexcept : made_(made) {
    if (is_single_send(made.kind)) {
      on.make(send_, value_of<Value>(made.asked.front()));
    } else {
      on.make(receive_);
    }
  }

  [[nodiscard]] handfast::operation<Sync>& get() noexcept {
    return send_ ? send_->get() : receive_->get();
  }
  [[nodiscard]] poll_status poll(waker wakes) noexcept { return get().poll(wakes); }

  /// It is done.
  void answer() noexcept {
    if (send_) {
      sent<Core>(made_, send_->result());
    } else {
      received<Core>(made_, receive_->result());
    }
  }

  /// It is given up; whether it was not done until then, as a receive never is: that leaves
  /// its item in the channel.
  [[nodiscard]] bool give_up() noexcept {
    if (send_) {
      const auto back = send_->take_back();
      made_.sent = back ? 0 : 1;
      if (back) {
        made_.send_failed = send_failure::full;
        require_given_back<Core>(*back, made_.asked.front());
      }
      return back.has_value();
    }
    made_.receive_failed = receive_failure::empty;
    return true;
  }

 private:
  call& made_;
  room_for<any_send<Value, Sync>> send_;
  room_for<any_receive<Value, Sync>> receive_;
};

/// The same as a coroutine awaits it, also until some time (channel/deadline.hpp).
template <class Core>
class awaited_call {
 public:
  using sync = typename Core::sync;

  awaited_call(call& made, Core& on) noexcept : made_(made), pending_(made, on) {}

  [[nodiscard]] bool may_give_way() noexcept { return pending_.get().may_give_way(); }
  [[nodiscard]] bool attempt() noexcept { return pending_.get().attempt(); }
  [[nodiscard]] poll_status poll(waker wakes) noexcept { return pending_.poll(wakes); }
  [[nodiscard]] poll_status give_up() noexcept { return pending_.get().give_up(); }
  void result() noexcept { pending_.answer(); }
  void timed_out() noexcept {
    std::ignore = pending_.give_up();
    if (is_single_send(made_.kind)) {
      made_.send_failed = send_failure::timed_out;
    } else {
      made_.receive_failed = receive_failure::timed_out;
    }
  }

 private:
  call& made_;
  pending_call<Core> pending_;
};

}  // namespace handfast::properties
