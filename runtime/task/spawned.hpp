// A task that an executor runs, and the handle of whoever spawned it.
//
// Rules
//  1. The state word (task_state.hpp) says who may touch what. The frame is the worker's that
//     runs the task; what it gave is the handle's once the task is complete.
//  2. A task is listed with its executor from its first wait on, until it is complete.
//  3. Memory: one allocation for all of it, freed by who lets go last.
#pragma once

#include <handfast/memory/object.hpp>
#include <handfast/park/host.hpp>
#include <handfast/park/parker.hpp>
#include <handfast/park/waker.hpp>
#include <handfast/sync/policy.hpp>
#include <handfast/task/executor.hpp>
#include <handfast/task/job.hpp>
#include <handfast/task/task_state.hpp>

#include <cstdint>
#include <exception>
#include <expected>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

namespace handfast {

/// Why nothing was spawned.
enum class spawn_failure : unsigned char {
  shut_down,
  no_memory,
};

/// What was not spawned, given back.
template <class Work>
struct unspawned {
  spawn_failure reason;
  Work work;
};

/// Why a task gave nothing.
class join_failure {
 public:
  join_failure() = default;
  explicit join_failure(std::exception_ptr thrown) noexcept : thrown_(std::move(thrown)) {}

  /// It was cancelled, or dropped by a shutdown; else it threw.
  [[nodiscard]] bool cancelled() const noexcept { return thrown_ == nullptr; }
  [[nodiscard]] const std::exception_ptr& thrown() const noexcept { return thrown_; }

 private:
  std::exception_ptr thrown_;
};

/// What came of a task.
template <class Value>
using join_result = std::expected<Value, join_failure>;

namespace detail {

template <class Sync>
class spawned;

/// What differs from one kind of task to another.
template <class Sync>
struct task_kind {
  poll_status (*poll)(spawned<Sync>&, waker);
  /// Drops the frame, which is not polled any more.
  void (*drop)(spawned<Sync>&) noexcept;
  /// Puts what the task gave into a std::optional<join_result<…>>.
  void (*take)(spawned<Sync>&, void* into) noexcept;
  /// What it waits for; nullptr: nothing is known.
  const char* (*waits_for)(const spawned<Sync>&) noexcept;
  void (*release)(spawned<Sync>&) noexcept;
};

template <class Sync>
class spawned : public job<Sync>, public listed_task<Sync> {
 public:
  /// How often a task may find what it awaits ready before others get their turn.
  static constexpr std::uint16_t budget = 128;

  spawned(executor<Sync>& home, const task_kind<Sync>& kind, const char* name) noexcept
      : job<Sync>(&run), home_(home), kind_(kind), name_(name) {}

  [[nodiscard]] task_state<Sync>& state() noexcept { return state_; }
  [[nodiscard]] const char* name() const noexcept final { return name_; }
  [[nodiscard]] const char* waits_for() const noexcept final {
    return waits_for_.load(order::relaxed);
  }
  bool cancel() noexcept final {
    const auto told = state_.cancel();
    if (told == task_state<Sync>::woken::schedule) {
      home_.schedule(*this);
    }
    return told != task_state<Sync>::woken::nothing;
  }

  void take(void* into) noexcept { kind_.take(*this, into); }
  /// The handle goes.
  void leave() noexcept {
    if (state_.leave() == task_state<Sync>::let_go::last) {
      kind_.release(*this);
    }
  }

  /// The task that this wakes; nullptr: something else.
  [[nodiscard]] static spawned* woken_by(waker wakes) noexcept {
    return static_cast<spawned*>(wakes.whom_if(&wake));
  }
  /// Pending, it is to be polled again after others. The frame's, while it is polled.
  void yield() noexcept { then_ = after::yields; }
  /// Pending, it waits for what others may do; before it waits for a wake-up it lets those run
  /// that are ready, and looks again. The same.
  void give_way() noexcept { then_ = after::gives_way; }
  /// Whether it may go on with what is ready; else it yields. The same.
  [[nodiscard]] bool has_turn() noexcept {
    if (turns_ == 0) {
      yield();
      return false;
    }
    --turns_;
    return true;
  }

 private:
  using state_word = task_state<Sync>;

  // What comes after a poll that is pending.
  enum class after : unsigned char { waits, yields, gives_way };

  static void run(job<Sync>& what) noexcept {
    auto& self = static_cast<spawned&>(what);
    executor<Sync>& home = self.home_;
    if (self.state_.begin() == state_word::begun::drop || home.drops()) {
      self.kind_.drop(self);
      self.end();
      return;
    }
    self.turns_ = budget;
    for (;;) {
      if (self.kind_.poll(self, waker(&wake, &self)) == poll_status::ready) {
        self.end();
        return;
      }
      const after then = std::exchange(self.then_, after::waits);
      if (then == after::yields) {
        home.yield(self);
        return;
      }
      if (then == after::waits) {
        break;
      }
      if (home.give_way(self)) {
        return;
      }
    }
    self.waits_for_.store(self.kind_.waits_for(self), order::relaxed);
    if (!std::exchange(self.is_listed_, true) &&
        home.list(self) == executor<Sync>::listing::is_dropped) {
      self.cancel();
    }
    if (self.state_.pend() == state_word::pended::again) {
      home.yield(self);
    }
  }

  void end() noexcept {
    executor<Sync>& home = home_;
    if (is_listed_) {
      home.unlist(*this);
    }
    if (state_.complete() == state_word::let_go::last) {
      kind_.release(*this);
    }
    home.finished();
  }

  static void wake(void* whom) noexcept {
    auto& self = *static_cast<spawned*>(whom);
    if (self.state_.wake() == state_word::woken::schedule) {
      self.home_.schedule(self);
    }
  }

  task_state<Sync> state_;
  std::uint16_t turns_ = 0;
  after then_ = after::waits;
  bool is_listed_ = false;
  executor<Sync>& home_;
  const task_kind<Sync>& kind_;
  const char* name_;
  // Relaxed throughout: for who wants to know.
  typename Sync::template atomic<const char*> waits_for_{nullptr};
};

/// A callable as a task: polled once, it runs to its end.
template <class Work, class Sync>
class called final : public spawned<Sync> {
 public:
  using value_type = std::invoke_result_t<Work&>;

  called(executor<Sync>& home, Work&& work, const char* name) noexcept
      : spawned<Sync>(home, kind, name), work_(std::move(work)) {}
  ~called() {
    if (!is_done_) {
      std::destroy_at(&work_);
    }
  }

  /// As it was, where it was not spawned after all.
  [[nodiscard]] Work take_work() noexcept { return std::move(work_); }

 private:
  static called& self(spawned<Sync>& which) noexcept { return static_cast<called&>(which); }

  void run_to_its_end() noexcept {
    try {
      if constexpr (std::is_void_v<value_type>) {
        work_();
        given_.emplace();
      } else {
        given_.emplace(work_());
      }
    } catch (...) {
      given_.emplace(std::unexpect, std::current_exception());
    }
    forget();
  }
  void forget() noexcept {
    std::destroy_at(&work_);
    is_done_ = true;
  }

  static constexpr task_kind<Sync> kind{
      [](spawned<Sync>& which, waker) {
        self(which).run_to_its_end();
        return poll_status::ready;
      },
      [](spawned<Sync>& which) noexcept { self(which).forget(); },
      [](spawned<Sync>& which, void* into) noexcept {
        auto& result = *static_cast<std::optional<join_result<value_type>>*>(into);
        auto& given = self(which).given_;
        if (given) {
          result.emplace(*std::move(given));
        } else {
          result.emplace(std::unexpect);
        }
      },
      [](const spawned<Sync>&) noexcept -> const char* { return nullptr; },
      [](spawned<Sync>& which) noexcept { destroy_object<called, Sync>(&self(which)); }};

  union {
    Work work_;
  };
  bool is_done_ = false;
  std::optional<join_result<value_type>> given_;
};

/// A callable of which nobody hears again. What it throws is counted and forgotten.
template <class Work, class Sync>
class posted final : public job<Sync> {
 public:
  posted(executor<Sync>& home, Work&& work) noexcept
      : job<Sync>(&run), home_(home), work_(std::move(work)) {}

  [[nodiscard]] Work take_work() noexcept { return std::move(work_); }

 private:
  static void run(job<Sync>& what) noexcept {
    auto* const self = static_cast<posted*>(&what);
    executor<Sync>& home = self->home_;
    if (!home.drops()) {
      try {
        self->work_();
      } catch (...) {
        home.threw();
      }
    }
    destroy_object<posted, Sync>(self);
    home.finished();
  }

  executor<Sync>& home_;
  Work work_;
};

}  // namespace detail

/// Whoever spawned a task waits for it by this, cancels it, or lets it go: a handle that is
/// destroyed detaches the task, which runs on. One thread at a time has it.
template <class Value, sync_policy Sync>
class [[nodiscard]] join_handle {
 public:
  using sync = Sync;
  using value_type = Value;

  /// Takes over the handle's part of it.
  explicit join_handle(detail::spawned<Sync>& its) noexcept : its_(&its) {}
  join_handle(join_handle&& other) noexcept : its_(std::exchange(other.its_, nullptr)) {}
  join_handle& operator=(join_handle&& other) noexcept {
    join_handle(std::move(other)).swap(*this);
    return *this;
  }
  ~join_handle() { detach(); }

  /// What came of the task, once it is complete. Blocks; on a worker, others run meanwhile.
  [[nodiscard]] join_result<Value> join() noexcept {
    if (host<Sync>* const here = host<Sync>::here()) {
      here->help(static_cast<const job<Sync>*>(&its()));
    }
    block_on<Sync>(*this);
    return result();
  }

  /// Ready once it is complete; else `wakes` is woken then, in place of what an earlier poll gave.
  /// Does not block.
  [[nodiscard]] poll_status poll(waker wakes) noexcept { return its().state().join(wakes); }
  /// What came of it, once it is ready. Once.
  [[nodiscard]] join_result<Value> result() noexcept {
    std::optional<join_result<Value>> given;
    its().take(&given);
    detach();
    return *std::move(given);
  }

  /// Has the task dropped when it waits next, or before it begins; `join` says so, unless it ends
  /// first. A callable that has begun runs to its end. Does not block.
  void cancel() noexcept { its().cancel(); }

  /// Lets it go.
  void detach() noexcept {
    if (its_ != nullptr) {
      std::exchange(its_, nullptr)->leave();
    }
  }

 private:
  void swap(join_handle& other) noexcept { std::swap(its_, other.its_); }
  [[nodiscard]] detail::spawned<Sync>& its() const noexcept {
    Sync::assert_that(its_ != nullptr, "a join handle was used that has been let go");
    return *its_;
  }

  detail::spawned<Sync>* its_;
};

}  // namespace handfast
