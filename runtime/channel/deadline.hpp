// An operation that a task gives up at a deadline.
#pragma once

#include <handfast/channel/operation.hpp>
#include <handfast/park/timer.hpp>
#include <handfast/park/waker.hpp>

namespace handfast {

/// `what`, until `end` as `by` tells the time; both live longer. What the operation gives, or
/// `timed_out`, and of a send the item with it.
///
///     auto item = co_await handfast::with_deadline(rx.async_receive(), timer, end);
template <class Operation>
class with_deadline {
 public:
  using sync = typename Operation::sync;
  using deadline = typename sync::deadline;

  with_deadline(Operation& what, timer<sync>& by, deadline end) noexcept
      : what_(what), by_(by), end_(end) {}
  with_deadline(Operation&& what, timer<sync>& by, deadline end) noexcept
      : with_deadline(what, by, end) {}
  with_deadline(const with_deadline&) = delete;
  with_deadline& operator=(const with_deadline&) = delete;
  ~with_deadline() { stop_waiting(); }

  /// Ready once it is done, or late; else `wakes` is woken when it may be worth while to poll
  /// again. Does not block.
  [[nodiscard]] poll_status poll(waker wakes) noexcept {
    if (what_.poll(wakes) == poll_status::ready) {
      stop_waiting();
      in_time_ = true;
      return poll_status::ready;
    }
    if (!waits_) {
      by_.set(alarm_, end_, wakes);
      waits_ = true;
      return poll_status::pending;
    }
    if (by_.renew(alarm_, wakes) == timer<sync>::alarm_status::not_rung) {
      return poll_status::pending;
    }
    waits_ = false;
    in_time_ = what_.give_up() == poll_status::ready;
    return poll_status::ready;
  }

  /// What came of it, once it is ready.
  [[nodiscard]] auto result() noexcept { return in_time_ ? what_.result() : what_.timed_out(); }

 private:
  void stop_waiting() noexcept {
    if (waits_) {
      by_.turn_off(alarm_);
      waits_ = false;
    }
  }

  Operation& what_;
  timer<sync>& by_;
  const deadline end_;
  typename timer<sync>::alarm alarm_;
  bool waits_ = false;  // its alarm is on, or has rung
  bool in_time_ = false;
};

}  // namespace handfast
