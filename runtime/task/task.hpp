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
//  4. Before each coroutine's frame, in the same allocation, is room for what an executor needs
//     of a task (spawned.hpp), so that spawning one allocates nothing. A frame that is destroyed
//     is given back by who spawned it, if it was.
#pragma once

#include <handfast/park/host.hpp>
#include <handfast/park/waker.hpp>
#include <handfast/sync/native.hpp>
#include <handfast/sync/policy.hpp>
#include <handfast/task/executor.hpp>
#include <handfast/task/spawned.hpp>

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
        what_(std::addressof(what)),
        name_(what.name()) {}

  /// Nothing is ready.
  [[nodiscard]] poll_status poll(waker wakes) const {
    return poll_ == nullptr ? poll_status::ready : poll_(what_, wakes);
  }

  /// What it waits for, as a reader would say it; nullptr: nothing is known.
  [[nodiscard]] const char* name() const noexcept { return name_; }

 private:
  poll_status (*poll_)(void*, waker) = nullptr;
  void* what_ = nullptr;
  const char* name_ = nullptr;
};

template <class Sync>
class frame_prefix;

/// A coroutine as a task of an executor's; before its frame.
template <class Sync>
class running final : public spawned<Sync> {
 public:
  running(executor<Sync>& home, const task_kind<Sync>& kind, const char* name,
          frame_prefix<Sync>& prefix, std::coroutine_handle<> frame) noexcept
      : spawned<Sync>(home, kind, name), prefix_(prefix), frame_(frame) {}

  [[nodiscard]] frame_prefix<Sync>& prefix() const noexcept { return prefix_; }

  [[nodiscard]] std::coroutine_handle<> frame() const noexcept { return frame_; }
  void drop() noexcept { std::exchange(frame_, nullptr).destroy(); }

 private:
  frame_prefix<Sync>& prefix_;
  std::coroutine_handle<> frame_;
};

/// What comes before a frame.
template <class Sync>
class frame_prefix {
 public:
  /// Memory for a frame, behind a prefix; nullptr where there is none.
  [[nodiscard]] static void* allocate(std::size_t bytes) noexcept {
    void* const memory = Sync::allocate(sizeof(frame_prefix) + bytes, alignment);
    return memory == nullptr ? nullptr
                             : std::construct_at(static_cast<frame_prefix*>(memory), bytes) + 1;
  }
  [[nodiscard]] static frame_prefix& of(void* frame) noexcept {
    return static_cast<frame_prefix*>(frame)[-1];
  }

  explicit frame_prefix(std::size_t bytes) noexcept : bytes_(bytes) {}
  ~frame_prefix() {}  // NOLINT(modernize-use-equals-default): who spawned it has destroyed the task

  [[nodiscard]] running<Sync>& spawn(executor<Sync>& home, const task_kind<Sync>& kind,
                                     const char* name, std::coroutine_handle<> frame) noexcept {
    is_spawned_ = true;
    return *std::construct_at(&task_, home, kind, name, *this, frame);
  }
  void drop_task() noexcept { std::destroy_at(&task_); }

  /// The frame is destroyed.
  void frame_is_gone() noexcept {
    if (!is_spawned_) {
      release();
    }
  }
  void release() noexcept {
    const std::size_t bytes = sizeof(frame_prefix) + bytes_;
    std::destroy_at(this);
    Sync::deallocate(this, bytes, alignment);
  }

 private:
  static constexpr std::size_t alignment = __STDCPP_DEFAULT_NEW_ALIGNMENT__;

  alignas(alignment) std::size_t bytes_;  // of the frame
  bool is_spawned_ = false;
  union {
    running<Sync> task_;
  };
};

/// The part of a task's promise that does not ask what it gives.
template <class Sync>
class task_promise {
  // One await. Before it waits for a wake-up, a task lets those run that are ready, some times, as
  // what it waits for may be theirs to do (host.hpp).
  template <class Pollable>
  class awaiting {
   public:
    awaiting(task_promise& self, Pollable& what) noexcept : self_(self), what_(what) {}

    [[nodiscard]] bool await_ready() {
      auto* const whole = spawned<Sync>::woken_by(self_.wakes_);
      return (whole == nullptr || whole->has_turn()) && poll(self_.wakes_) == poll_status::ready;
    }
    void await_suspend(std::coroutine_handle<>) noexcept { self_.awaits_ = awaited(*this); }
    decltype(auto) await_resume() {
      self_.awaits_ = awaited();
      return what_.result();
    }

    [[nodiscard]] poll_status poll(waker wakes) {
      if constexpr (requires { what_.may_give_way(); }) {
        if (gave_way_ < host<Sync>::times_to_give_way && what_.may_give_way()) {
          if (auto* const whole = spawned<Sync>::woken_by(wakes)) {
            if (what_.attempt()) {
              return poll_status::ready;
            }
            ++gave_way_;
            whole->give_way();
            return poll_status::pending;
          }
        }
      }
      return what_.poll(wakes);
    }
    [[nodiscard]] const char* name() const noexcept {
      if constexpr (requires { Pollable::waits_for; }) {
        return Pollable::waits_for;
      } else {
        return nullptr;
      }
    }

   private:
    task_promise& self_;
    Pollable& what_;
    int gave_way_ = 0;
  };

 public:
  static void* operator new(std::size_t bytes) noexcept {
    return frame_prefix<Sync>::allocate(bytes);
  }
  static void operator delete(void* frame, std::size_t) noexcept {
    frame_prefix<Sync>::of(frame).frame_is_gone();
  }

  [[nodiscard]] std::suspend_always initial_suspend() const noexcept { return {}; }
  [[nodiscard]] std::suspend_always final_suspend() const noexcept { return {}; }
  void unhandled_exception() noexcept { thrown_ = std::current_exception(); }

  /// An operation, a task, or whatever else can be polled and then has a result.
  template <class Pollable>
  auto await_transform(Pollable&& what) noexcept {
    return awaiting<std::remove_reference_t<Pollable>>(*this, what);
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
    return poll(coroutine_, wakes);
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

  /// Makes it a task of `home`'s, which has yet to schedule it; this one is empty then.
  [[nodiscard]] detail::spawned<Sync>& spawn_on(executor<Sync>& home, const char* name) noexcept {
    auto coroutine = std::exchange(coroutine_, nullptr);
    return detail::frame_prefix<Sync>::of(coroutine.address()).spawn(home, kind, name, coroutine);
  }

 private:
  using handle = std::coroutine_handle<promise_type>;
  using spawned = detail::spawned<Sync>;
  using running = detail::running<Sync>;

  explicit task(handle coroutine) noexcept : coroutine_(coroutine) {}

  [[nodiscard]] static poll_status poll(handle coroutine, waker wakes) {
    auto& promise = coroutine.promise();
    if (!coroutine.done()) {
      if (promise.awaits_.poll(wakes) == poll_status::pending) {
        return poll_status::pending;
      }
      promise.wakes_ = wakes;
      coroutine.resume();
    }
    return coroutine.done() ? poll_status::ready : poll_status::pending;
  }

  [[nodiscard]] static handle frame_of(const spawned& which) noexcept {
    return handle::from_address(static_cast<const running&>(which).frame().address());
  }
  static void take(spawned& which, void* into) noexcept {
    auto& result = *static_cast<std::optional<join_result<Value>>*>(into);
    if (!static_cast<running&>(which).frame()) {
      result.emplace(std::unexpect);
      return;
    }
    auto& promise = frame_of(which).promise();
    if (promise.thrown_) {
      result.emplace(std::unexpect, std::exchange(promise.thrown_, nullptr));
    } else if constexpr (std::is_void_v<Value>) {
      result.emplace();
    } else {
      result.emplace(promise.take());
    }
  }
  static void release(spawned& which) noexcept {
    auto& its = static_cast<running&>(which);
    const auto frame = its.frame();
    auto& prefix = its.prefix();
    if (frame) {
      its.drop();
    }
    prefix.drop_task();
    prefix.release();
  }

  void swap(task& other) noexcept { std::swap(coroutine_, other.coroutine_); }

  static constexpr detail::task_kind<Sync> kind{
      [](spawned& which, waker wakes) { return poll(frame_of(which), wakes); },
      [](spawned& which) noexcept { static_cast<running&>(which).drop(); }, take,
      [](const spawned& which) noexcept { return frame_of(which).promise().awaits_.name(); },
      release};

  handle coroutine_;
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

/// Lets others run, once: `co_await handfast::yield_now()`.
template <sync_policy Sync = native>
class [[nodiscard]] yield_now {
 public:
  static constexpr const char* waits_for = "its turn";

  [[nodiscard]] poll_status poll(waker wakes) noexcept {
    if (std::exchange(has_yielded_, true)) {
      return poll_status::ready;
    }
    if (auto* const whole = detail::spawned<Sync>::woken_by(wakes)) {
      whole->yield();
    } else {
      wakes.wake();
    }
    return poll_status::pending;
  }
  void result() const noexcept {}

 private:
  bool has_yielded_ = false;
};

}  // namespace handfast
