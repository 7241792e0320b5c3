// Coroutines as poll tasks: each runs when it is polled, up to the next thing that is
// pending, and its waker is that thing's.
//
//     handfast::task<int> sum(const receiver<core>& rx) {
//       int total = 0;
//       for (;;) {
//         auto item = co_await rx.async_receive();
//         if (!item) { co_return total; }
//         total += *item;
//       }
//     }
//
// Rules
//  1. One thread at a time polls a task, or drops it; what it did happens before what the
//     next does.
//  2. A task that awaits is resumed only when what it awaits is ready: a poll that came
//     for no reason polls that, and leaves the coroutine alone.
//  3. Dropping a task destroys its coroutine where it stands, and with it the operation
//     that it awaits, which leaves its list.
#pragma once

#include <handfast/park/waker.hpp>
#include <handfast/sync/native.hpp>
#include <handfast/sync/policy.hpp>

#include <coroutine>
#include <cstddef>
#include <exception>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

namespace handfast {

template <class Value, sync_policy Sync>
class task;

namespace detail {

/// What a coroutine awaits, without its type.
class awaited {
 public:
  awaited() = default;
  template <class Pollable>
  explicit awaited(Pollable& what) noexcept
      : poll_([](void* which, waker wakes) { return static_cast<Pollable*>(which)->poll(wakes); }),
        what_(std::addressof(what)) {}

  /// Nothing is ready.
  [[nodiscard]] poll_status poll(waker wakes) const {
    return poll_ == nullptr ? poll_status::ready : poll_(what_, wakes);
  }

 private:
  poll_status (*poll_)(void*, waker) = nullptr;
  void* what_ = nullptr;
};

/// The part of a task's promise that does not ask what it gives.
template <class Sync>
class task_promise {
 public:
  static void* operator new(std::size_t bytes) noexcept {
    return Sync::allocate(bytes, __STDCPP_DEFAULT_NEW_ALIGNMENT__);
  }
  static void operator delete(void* frame, std::size_t bytes) noexcept {
    Sync::deallocate(frame, bytes, __STDCPP_DEFAULT_NEW_ALIGNMENT__);
  }

  [[nodiscard]] std::suspend_always initial_suspend() const noexcept { return {}; }
  [[nodiscard]] std::suspend_always final_suspend() const noexcept { return {}; }
  void unhandled_exception() noexcept { thrown_ = std::current_exception(); }

  /// An operation, a task, or whatever else can be polled and then has a result.
  template <class Pollable>
  auto await_transform(Pollable&& what) noexcept {
    struct awaiter {
      task_promise& self;
      std::remove_reference_t<Pollable>& what;

      [[nodiscard]] bool await_ready() { return what.poll(self.wakes_) == poll_status::ready; }
      void await_suspend(std::coroutine_handle<>) noexcept { self.awaits_ = awaited(what); }
      decltype(auto) await_resume() {
        self.awaits_ = awaited();
        return what.result();
      }
    };
    return awaiter{*this, what};
  }

 protected:
  template <class, sync_policy>
  friend class handfast::task;

  waker wakes_;
  awaited awaits_;
  std::exception_ptr thrown_;
};

}  // namespace detail

/// A coroutine that gives a Value, or nothing, when it has been polled to its end. It
/// begins with the first poll. One allocation from Sync; where there is no memory, the
/// task is empty, and all it can do is be asked so.
template <class Value = void, sync_policy Sync = native>
class [[nodiscard]] task {
 public:
  using sync = Sync;
  using value_type = Value;

  class promise_type;

  task(task&& other) noexcept : coroutine_(std::exchange(other.coroutine_, nullptr)) {}
  task& operator=(task&& other) noexcept {
    task(std::move(other)).swap(*this);
    return *this;
  }
  ~task() {
    if (coroutine_) {
      coroutine_.destroy();
    }
  }

  /// Whether there is a coroutine.
  [[nodiscard]] explicit operator bool() const noexcept { return coroutine_ != nullptr; }

  /// Runs it on, until it ends or what it awaits is pending; then `wakes` is woken when it
  /// may be worth while to poll again. Does not block, unless the coroutine does.
  [[nodiscard]] poll_status poll(waker wakes) {
    Sync::assert_that(coroutine_ != nullptr, "an empty task is polled");
    auto& promise = coroutine_.promise();
    if (!coroutine_.done()) {
      if (promise.awaits_.poll(wakes) == poll_status::pending) {
        return poll_status::pending;
      }
      promise.wakes_ = wakes;
      coroutine_.resume();
    }
    return coroutine_.done() ? poll_status::ready : poll_status::pending;
  }

  /// What it gave, once it is ready; throws what it threw. Once.
  Value result() {
    Sync::assert_that(coroutine_ != nullptr && coroutine_.done(), "the result of a task too soon");
    auto& promise = coroutine_.promise();
    if (promise.thrown_) {
      std::rethrow_exception(std::exchange(promise.thrown_, nullptr));
    }
    return promise.take();
  }

 private:
  explicit task(std::coroutine_handle<promise_type> coroutine) noexcept : coroutine_(coroutine) {}
  void swap(task& other) noexcept { std::swap(coroutine_, other.coroutine_); }

  std::coroutine_handle<promise_type> coroutine_;
};

namespace detail {

template <class Value, class Sync>
class giving : public task_promise<Sync> {
 public:
  template <class Given>
  void return_value(Given&& given) {
    given_.emplace(std::forward<Given>(given));
  }
  [[nodiscard]] Value take() { return *std::exchange(given_, std::nullopt); }

 private:
  std::optional<Value> given_;
};
template <class Sync>
class giving<void, Sync> : public task_promise<Sync> {
 public:
  void return_void() const noexcept {}
  void take() const noexcept {}
};

}  // namespace detail

template <class Value, sync_policy Sync>
class task<Value, Sync>::promise_type : public detail::giving<Value, Sync> {
 public:
  [[nodiscard]] task get_return_object() noexcept {
    return task(std::coroutine_handle<promise_type>::from_promise(*this));
  }
  [[nodiscard]] static task get_return_object_on_allocation_failure() noexcept {
    return task(nullptr);
  }
};

}  // namespace handfast
