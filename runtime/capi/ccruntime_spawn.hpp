// Tasks that run on other threads: spawned ones and blocking calls, and the tasks that join them.
#pragma once

#include <handfast/capi/ccruntime.h>
#include <handfast/capi/ccruntime_frames.hpp>
#include <handfast/capi/ccruntime_polls.hpp>
#include <handfast/capi/ccruntime_services.hpp>
#include <handfast/memory/object.hpp>
#include <handfast/park/waker.hpp>
#include <handfast/sched/blocking_pool.hpp>
#include <handfast/sync/policy.hpp>
#include <handfast/task/spawned.hpp>
#include <handfast/task/task.hpp>

#include <cerrno>
#include <cstdint>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>

namespace handfast::cc {

/// What was started elsewhere, as a task. Dropped, it runs on.
template <class Value, sync_policy Sync>
class joining {
 public:
  using sync = Sync;

  /// Of what is started next: once it runs there is no way to refuse.
  joining() noexcept = default;
  void begin(join_handle<Value, Sync> handle) noexcept { handle_.emplace(std::move(handle)); }

  [[nodiscard]] poll_status poll(waker wakes) noexcept { return handle_->poll(wakes); }
  [[nodiscard]] poll_status give_up() noexcept {
    return poll(waker([](void*) noexcept {}, nullptr));
  }
  [[nodiscard]] outcome result() noexcept {
    const auto given = handle_->result();
    if (!given) {
      return failed(ECANCELED);
    }
    if constexpr (std::is_same_v<Value, outcome>) {
      return *given;
    } else {
      return {CC_FUTURE_READY, reinterpret_cast<std::intptr_t>(*given), 0};
    }
  }
  [[nodiscard]] static outcome timed_out() noexcept { return failed(ETIMEDOUT); }

  void cancel() noexcept { handle_->cancel(); }

 private:
  std::optional<join_handle<Value, Sync>> handle_;
};

template <class Value, sync_policy Sync>
bool cancel_if_joining(const CCTaskIntptr& task) {
  auto* const its = frame_of<joining<Value, Sync>>(task);
  if (its != nullptr && !its->is_over()) {
    its->what().cancel();
  }
  return its != nullptr;
}

/// A closure, until it is dropped.
class closure {
 public:
  explicit closure(CCClosure0 owned) noexcept : owned_(owned) {}
  closure(closure&& other) noexcept : owned_(std::exchange(other.owned_, {})) {}
  closure& operator=(closure&&) = delete;
  ~closure() {
    if (owned_.drop != nullptr) {
      owned_.drop(owned_.env);
    }
  }

  void* operator()() noexcept { return owned_.fn(owned_.env); }
  /// It is the caller's again.
  void release() noexcept { owned_ = {}; }

 private:
  CCClosure0 owned_;
};

/// A task that a worker polls.
template <sync_policy Sync>
class driven {
 public:
  /// For a task that it is given next.
  explicit driven(services<Sync>& by) noexcept : services_(by) {}
  driven(const driven&) = delete;
  driven& operator=(const driven&) = delete;
  ~driven() { drop(); }

  void take_over(const CCTaskIntptr& task) noexcept { task_ = task; }
  void give_back() noexcept { task_ = {}; }

  [[nodiscard]] poll_status poll(waker wakes) noexcept {
    context<Sync>::make_current({.on_crew = true});
    const poll_status status = go_on(wakes);
    if (status == poll_status::ready) {
      drop();
    }
    context<Sync>::make_current({});
    return status;
  }
  [[nodiscard]] outcome result() const noexcept { return result_; }

 private:
  [[nodiscard]] poll_status go_on(waker wakes) noexcept {
    if (!polls_) {
      polls_.emplace(wakes);
    }
    for (;;) {
      if (waits_ && !has_waited(wakes)) {
        return poll_status::pending;
      }
      if (result_.status == CC_FUTURE_PENDING) {
        result_.status = polls_->poll(task_, result_.value, result_.error);
      }
      if (result_.status != CC_FUTURE_PENDING) {
        return poll_status::ready;
      }
      if (polls_->may_be_woken()) {
        return poll_status::pending;
      }
      wait_elsewhere();
    }
  }

  // It wakes nobody. Where it says how to wait, that is done where a thread may be blocked.
  void wait_elsewhere() noexcept {
    if (task_.wait == nullptr) {
      result_ = failed(EDEADLK);
      return;
    }
    auto begun = services_.with_pool([this](blocking_pool<Sync>& pool) {
      return pool.run([task = task_] { return task.wait(task.frame); });
    });
    if (!begun || !*begun) {
      result_ = failed(!begun ? begun.error() : errno_of(begun->error().reason));
      return;
    }
    waits_.emplace(*std::move(*begun));
  }
  [[nodiscard]] bool has_waited(waker wakes) noexcept {
    if (waits_->poll(wakes) == poll_status::pending) {
      return false;
    }
    const auto waited = waits_->result();
    waits_.reset();
    if (const int error = waited ? *waited : ECANCELED; error != 0) {
      result_ = failed(error);
    }
    return true;
  }

  void drop() noexcept {
    if (waits_) {
      std::ignore = waits_->join();  // it has the frame
      waits_.reset();
    }
    drop_task(task_);
    polls_.reset();
  }

  services<Sync>& services_;
  CCTaskIntptr task_{};
  std::optional<poller<Sync>> polls_;
  std::optional<join_handle<int, Sync>> waits_;
  outcome result_{};
};

/// Whoever owns one.
template <sync_policy Sync>
class owns_driven {
 public:
  explicit owns_driven(driven<Sync>& owned) noexcept : owned_(&owned) {}
  owns_driven(owns_driven&& other) noexcept : owned_(std::exchange(other.owned_, nullptr)) {}
  owns_driven& operator=(owns_driven&&) = delete;
  ~owns_driven() {
    if (owned_ != nullptr) {
      destroy_object<driven<Sync>, Sync>(owned_);
    }
  }

  [[nodiscard]] driven<Sync>& get() const noexcept { return *owned_; }

 private:
  driven<Sync>* owned_;
};

template <sync_policy Sync>
task<outcome, Sync> drive(owns_driven<Sync> which) {
  co_return co_await which.get();
}

}  // namespace handfast::cc
