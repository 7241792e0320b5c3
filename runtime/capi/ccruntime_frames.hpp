// Tasks of the library's own: what a CCTaskIntptr's frame is, and who polls one on a thread.
#pragma once

#include <handfast/capi/ccruntime.h>
#include <handfast/capi/ccruntime_polls.hpp>
#include <handfast/capi/ccruntime_services.hpp>
#include <handfast/channel/deadline.hpp>
#include <handfast/memory/object.hpp>
#include <handfast/park/parker.hpp>
#include <handfast/park/timer.hpp>
#include <handfast/sync/policy.hpp>

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
template <sync_policy Sync>
class timer_use {
 public:
  explicit timer_use(services<Sync>& of) noexcept : services_(of), timer_(of.use_timer()) {}
  timer_use(const timer_use&) = delete;
  timer_use& operator=(const timer_use&) = delete;
  ~timer_use() {
    if (timer_ != nullptr) {
      services_.leave_timer();
    }
  }

  [[nodiscard]] timer<Sync>* get() const noexcept { return timer_; }

 private:
  services<Sync>& services_;
  timer<Sync>* const timer_;
};

/// A waker that is held while it may be on a list; or none.
template <sync_policy Sync>
class held_waker {
 public:
  using counted = counted_waker<Sync>;

  explicit held_waker(counted* held = nullptr) noexcept : held_(held) {}
  held_waker(const held_waker&) = delete;
  held_waker& operator=(const held_waker&) = delete;
  ~held_waker() { hold(nullptr); }

  [[nodiscard]] counted* get() const noexcept { return held_; }
  /// That one from now on, which the caller has kept. The one before is the caller's.
  [[nodiscard]] counted* exchange(counted* other) noexcept { return std::exchange(held_, other); }
  void hold(counted* other) noexcept {
    if (counted* const before = exchange(other)) {
      before->let_go();
    }
  }

 private:
  counted* held_;
};

// Polls a task to its end on this thread, asleep in between.
template <sync_policy Sync>
outcome run_here(const CCTaskIntptr& task) {
  parker<Sync> sleep;
  poller<Sync> mine(sleep.handle());
  for (;;) {
    outcome result{};
    result.status = mine.poll(task, result.value, result.error);
    if (result.status != CC_FUTURE_PENDING) {
      return result;
    }
    if (mine.may_be_woken()) {
      const keeps_context<Sync> aside;
      sleep.park(forever{});
      sleep.reset();
    } else if (task.wait == nullptr) {
      return failed(EDEADLK);
    } else {
      const keeps_context<Sync> aside;
      if (const int error = task.wait(task.frame); error != 0) {
        return failed(error);
      }
    }
  }
}

/// Frees it; it is the invalid task then.
inline void drop_task(CCTaskIntptr& task) noexcept {
  const CCTaskIntptr dropped = std::exchange(task, {});
  if (dropped.drop != nullptr) {
    dropped.drop(dropped.frame);
  }
}

/// The frame of a task over `What`, which is polled with a waker, can give up, and has a result.
template <class What>
class frame {
 public:
  using sync = typename What::sync;

  template <class... Arguments>
  explicit frame(services<sync>& by, const limit<sync>& end, Arguments&&... arguments) noexcept
      : end_(end), what_(std::forward<Arguments>(arguments)...) {
    if (end_) {
      time_.emplace(by);
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
    } else if (end_ && sync::clock::now() >= *end_) {
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
    std::ignore = run_here<sync>({poll, nullptr, self, nullptr});
    return 0;
  }
  static void drop(void* self) noexcept { destroy_object<frame, sync>(static_cast<frame*>(self)); }

 private:
  [[nodiscard]] bool go_on() noexcept {
    auto* const by = context<sync>::current().polls;
    if (by == nullptr || (end_ && sync::clock::now() >= *end_)) {
      return look();
    }
    if (!by->has_turn()) {
      return false;
    }
    // What is ready needs no waker.
    if (!by->has_handle() && look()) {
      return true;
    }
    auto* const wakes = by->handle();
    if (wakes == nullptr) {
      result_ = failed(ENOMEM);
      return true;
    }
    // The one before is held until no list has it any more.
    const held_waker<sync> before(wakes == wakes_.get() ? nullptr : wakes_.exchange(wakes->keep()));
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
  const limit<sync> end_;
  std::optional<timer_use<sync>> time_;
  held_waker<sync> wakes_;
  What what_;
  std::optional<with_deadline<What>> until_;
  std::optional<outcome> result_;
};

template <class What>
CCTaskIntptr task_over(frame<What>* made) noexcept {
  return {frame<What>::poll, frame<What>::wait, made, frame<What>::drop};
}
// A task over a What of `arguments`; or none, and errno says why.
template <class What, class... Arguments>
CCTaskIntptr make_task(services<typename What::sync>& by, const limit<typename What::sync>& end,
                       Arguments&&... arguments) {
  auto* const made =
      make_object<frame<What>, typename What::sync>(by, end, std::forward<Arguments>(arguments)...);
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
