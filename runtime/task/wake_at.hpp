// A task that waits for a time.
#pragma once

#include <handfast/park/timer.hpp>
#include <handfast/park/waker.hpp>
#include <handfast/sync/policy.hpp>

namespace handfast {

/// Until `end`, as `by` tells the time, which lives longer.
///
///     co_await handfast::wake_at(all.alarms(), end);
template <sync_policy Sync>
class [[nodiscard]] wake_at {
 public:
  static constexpr const char* waits_for = "a time";

  wake_at(timer<Sync>& by, typename Sync::deadline end) noexcept : by_(by), end_(end) {}
  wake_at(const wake_at&) = delete;
  wake_at& operator=(const wake_at&) = delete;
  ~wake_at() {
    if (waits_) {
      by_.turn_off(alarm_);
    }
  }

  /// Ready once the time has come; else `wakes` is woken then, in place of what an earlier poll
  /// gave. Does not block.
  [[nodiscard]] poll_status poll(waker wakes) noexcept {
    if (!waits_) {
      by_.set(alarm_, end_, wakes);
      waits_ = true;
      return poll_status::pending;
    }
    if (by_.renew(alarm_, wakes) == timer<Sync>::alarm_status::not_rung) {
      return poll_status::pending;
    }
    waits_ = false;
    return poll_status::ready;
  }
  void result() const noexcept {}

 private:
  timer<Sync>& by_;
  const typename Sync::deadline end_;
  typename timer<Sync>::alarm alarm_;
  bool waits_ = false;  // its alarm is on, or has rung
};

}  // namespace handfast
