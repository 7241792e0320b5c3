// Tasks of the library's own: what a CCTaskIntptr's frame is, and who polls one on a thread.
#pragma once

#include <handfast/capi/ccruntime.h>
#include <handfast/capi/ccruntime_polls.hpp>
#include <handfast/capi/ccruntime_services.hpp>
#include <handfast/channel/deadline.hpp>
#include <handfast/memory/object.hpp>
#include <handfast/park/parker.hpp>
#include <handfast/park/timer.hpp>
#include <handfast/sync/native.hpp>

#include <cerrno>
#include <cstdint>
#include <optional>
#include <tuple>
#include <utility>

namespace handfast::cc {

/// What came of a task.
struct outcome {
  CCFutureStatus status;
  std::intptr_t value;
  int error;
};

[[nodiscard]] constexpr outcome over(int error) {
  return {CC_FUTURE_READY, error, error};
}
[[nodiscard]] constexpr outcome failed(int error) {
  return {CC_FUTURE_ERR, 0, error};
}

/// One user of the timer.
class timer_use {
 public:
  timer_use() noexcept : timer_(all_services.use_timer()) {}
  timer_use(const timer_use&) = delete;
  timer_use& operator=(const timer_use&) = delete;
  ~timer_use() {
    if (timer_ != nullptr) {
      all_services.leave_timer();
    }
  }

  [[nodiscard]] timer<native>* get() const noexcept { return timer_; }

 private:
  timer<native>* const timer_;
};

/// A CCWaker that is held while it may be on a list; or none.
class held_waker {
 public:
  explicit held_waker(CCWaker* held = nullptr) noexcept : held_(held) {}
  held_waker(const held_waker&) = delete;
  held_waker& operator=(const held_waker&) = delete;
  ~held_waker() { hold(nullptr); }

  [[nodiscard]] CCWaker* get() const noexcept { return held_; }
  /// That one from now on, which the caller has kept. The one before is the caller's.
  [[nodiscard]] CCWaker* exchange(CCWaker* other) noexcept { return std::exchange(held_, other); }
  void hold(CCWaker* other) noexcept {
    if (CCWaker* const before = exchange(other)) {
      before->let_go();
    }
  }

 private:
  CCWaker* held_;
};

// Polls a task to its end on this thread, asleep in between.
inline outcome run_here(const CCTaskIntptr& task) {
  parker<native> sleep;
  poller mine(sleep.handle());
  for (;;) {
    outcome result{};
    result.status = mine.poll(task, result.value, result.error);
    if (result.status != CC_FUTURE_PENDING) {
      return result;
    }
    if (mine.may_be_woken()) {
      const keeps_context aside;
      sleep.park(forever{});
      sleep.reset();
    } else if (task.wait == nullptr) {
      return failed(EDEADLK);
    } else {
      const keeps_context aside;
      if (const int error = task.wait(task.frame); error != 0) {
        return failed(error);
      }
    }
  }
}

/// The frame of a task over `What`, which is polled with a waker, can give up, and has a result.
template <class What>
class frame {
 public:
  template <class... Arguments>
  explicit frame(const limit& end, Arguments&&... arguments) noexcept
      : end_(end), what_(std::forward<Arguments>(arguments)...) {
    if (end_) {
      time_.emplace();
    }
  }
  frame(const frame&) = delete;
  frame& operator=(const frame&) = delete;
  ~frame() = default;

  /// Whether it can be told the time, where it has to be.
  [[nodiscard]] bool has_time() const noexcept { return !end_ || time_->get() != nullptr; }
  [[nodiscard]] What& what() noexcept { return what_; }

  /// Whether it is over, without waiting for it: it waits nowhere then.
  [[nodiscard]] bool look() noexcept {
    until_.reset();
    if (what_.give_up() == poll_status::ready) {
      result_ = what_.result();
    } else if (end_ && native::clock::now() >= *end_) {
      result_ = What::timed_out();
    }
    wakes_.hold(nullptr);
    return result_.has_value();
  }
  [[nodiscard]] bool is_over() const noexcept { return result_.has_value(); }
  /// Once it is over.
  [[nodiscard]] const outcome& result() const noexcept { return *result_; }

  // Of the task.
  static CCFutureStatus poll(void* self, std::intptr_t* out_value, int* out_error) noexcept {
    auto& mine = *static_cast<frame*>(self);
    if (!mine.result_ && !mine.go_on()) {
      return CC_FUTURE_PENDING;
    }
    if (out_value != nullptr) {
      *out_value = mine.result_->value;
    }
    if (out_error != nullptr) {
      *out_error = mine.result_->error;
    }
    return mine.result_->status;
  }
  static int wait(void* self) noexcept {
    std::ignore = run_here({poll, nullptr, self, nullptr});
    return 0;
  }
  static void drop(void* self) noexcept {
    destroy_object<frame, native>(static_cast<frame*>(self));
  }

 private:
  [[nodiscard]] bool go_on() noexcept {
    poller* const by = context::current().polls;
    if (by == nullptr || (end_ && native::clock::now() >= *end_)) {
      return look();
    }
    if (!by->has_turn()) {
      return false;
    }
    // What is ready needs no waker.
    if (!by->has_handle() && look()) {
      return true;
    }
    CCWaker* const wakes = by->handle();
    if (wakes == nullptr) {
      result_ = failed(ENOMEM);
      return true;
    }
    // The one before is held until no list has it any more.
    const held_waker before(wakes == wakes_.get() ? nullptr : wakes_.exchange(wakes->keep()));
    if (end_) {
      poll_until(wakes->handle());
    } else if (what_.poll(wakes->handle()) == poll_status::ready) {
      result_ = what_.result();
    }
    if (result_) {
      wakes_.hold(nullptr);
    }
    return result_.has_value();
  }
  void poll_until(waker wakes) noexcept {
    if (!until_) {
      until_.emplace(what_, *time_->get(), *end_);
    }
    if (until_->poll(wakes) == poll_status::ready) {
      result_ = until_->result();
      until_.reset();
    }
  }

  // What is below may be on lists, with what is above.
  const limit end_;
  std::optional<timer_use> time_;
  held_waker wakes_;
  What what_;
  std::optional<with_deadline<What>> until_;
  std::optional<outcome> result_;
};

template <class What>
CCTaskIntptr task_over(frame<What>* made) {
  return cc_task_intptr_make_poll_ex(frame<What>::poll, frame<What>::wait, made, frame<What>::drop);
}
// A task over a What of `arguments`; or none, and errno says why.
template <class What, class... Arguments>
CCTaskIntptr make_task(const limit& end, Arguments&&... arguments) {
  auto* const made = make_object<frame<What>, native>(end, std::forward<Arguments>(arguments)...);
  if (made == nullptr) {
    return refuse(ENOMEM);
  }
  if (!made->has_time()) {
    frame<What>::drop(made);
    return refuse(ESHUTDOWN);
  }
  return task_over(made);
}
/// The same task's frame; nullptr: it is another's.
template <class What>
frame<What>* frame_of(const CCTaskIntptr& task) {
  return task.poll == frame<What>::poll ? static_cast<frame<What>*>(task.frame) : nullptr;
}

}  // namespace handfast::cc
