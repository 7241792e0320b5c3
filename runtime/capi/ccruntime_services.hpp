// The threads behind the C calls: workers, threads for blocking calls, a timer.
#pragma once

#include <handfast/capi/ccruntime.h>
#include <handfast/capi/ccruntime_polls.hpp>
#include <handfast/memory/object.hpp>
#include <handfast/park/host.hpp>
#include <handfast/park/timer.hpp>
#include <handfast/sched/blocking_pool.hpp>
#include <handfast/sched/scheduler.hpp>
#include <handfast/sync/lock_guard.hpp>
#include <handfast/sync/policy.hpp>
#include <handfast/task/spawned.hpp>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <limits>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

namespace handfast::cc {

inline constexpr std::int64_t never = std::numeric_limits<std::int64_t>::max();

/// What bounds a call or a task; nothing: it waits as long as it takes.
template <sync_policy Sync>
using limit = std::optional<typename Sync::deadline>;

template <sync_policy Sync>
limit<Sync> limit_of(const CCDeadline* deadline) {
  using moment = typename Sync::deadline;
  return deadline == nullptr || deadline->at == never
             ? limit<Sync>()
             : limit<Sync>(moment(typename moment::duration(deadline->at)));
}
/// The deadline of the code that runs here.
template <sync_policy Sync>
const CCDeadline* current_deadline() noexcept {
  const CCDeadlineScope* const innermost = context<Sync>::current().scope;
  return innermost == nullptr ? nullptr : &innermost->end;
}

inline CCTaskIntptr refuse(int error) {
  errno = error;
  return {};
}

inline int errno_of(spawn_failure reason) {
  return reason == spawn_failure::shut_down ? ESHUTDOWN : ENOMEM;
}

/// The threads behind the calls: each kind begins at its first need, and ends with the program.
///
/// Rules
///  1. The fields are touched while `mutex_` is held, but for the crew by its own tasks: while they
///     run it does not end.
///  2. Outsiders spawn while `mutex_` is held and the crew works; so none does while it ends.
///  3. The blocking pool ends after the crew, whose tasks may wait for it; the timer after both.
template <sync_policy Sync>
class services {
 public:
  /// `at_end` sees to it that `end` is called at the end of the program; whether it can.
  constexpr explicit services(bool (*at_end)() noexcept) noexcept : at_end_(at_end) {}
  services(const services&) = delete;
  services& operator=(const services&) = delete;

  int start(unsigned workers) noexcept {
    const lock_guard<Sync> lock(mutex_);
    if (state_.read() != state::open) {
      return ESHUTDOWN;
    }
    if (crew_.read() != nullptr) {
      return EALREADY;
    }
    hire(workers);
    return 0;
  }

  /// `spawn(crew)`, if that may still be.
  template <class Spawn>
  auto with_crew(Spawn spawn) noexcept
      -> std::expected<std::invoke_result_t<Spawn&, scheduler<Sync>&>, int> {
    if (context<Sync>::current().on_crew) {
      return spawn(*crew_.read());
    }
    const lock_guard<Sync> lock(mutex_);
    if (state_.read() != state::open) {
      return std::unexpected(ESHUTDOWN);
    }
    if (crew_.read() == nullptr) {
      hire(0);
    }
    return spawn(*crew_.read());
  }

  /// `run(pool)`, the same.
  template <class Run>
  auto with_pool(Run run) noexcept
      -> std::expected<std::invoke_result_t<Run&, blocking_pool<Sync>&>, int> {
    const lock_guard<Sync> lock(mutex_);
    if (state_.read() == state::over) {
      return std::unexpected(ESHUTDOWN);
    }
    if (pool_.read() == nullptr) {
      pool_.write() = make_object<blocking_pool<Sync>, Sync>();
      if (pool_.read() == nullptr) {
        return std::unexpected(ENOMEM);
      }
      end_with_program();
    }
    return run(*pool_.read());
  }

  /// The timer, for one more user; nullptr at the end of the program.
  [[nodiscard]] timer<Sync>* use_timer() noexcept {
    const lock_guard<Sync> lock(mutex_);
    if (timer_.read() == nullptr && !timer_is_over_.read()) {
      timer_.write() = make_object<timer<Sync>, Sync>();
      end_with_program();
    }
    if (timer_.read() != nullptr) {
      ++timer_users_.write();
    }
    return timer_.read();
  }
  void leave_timer() noexcept {
    const lock_guard<Sync> lock(mutex_);
    --timer_users_.write();
  }

  int stop(const limit<Sync>& end) noexcept {
    if (host<Sync>::here() != nullptr || blocking_pool<Sync>::runs_here()) {
      return EDEADLK;
    }
    scheduler<Sync>* crew = nullptr;
    {
      const lock_guard<Sync> lock(mutex_);
      if (state_.read() != state::open) {
        return EALREADY;
      }
      state_.write() = state::ends;
      crew = crew_.read();
    }
    bool in_time = true;
    if (crew != nullptr) {
      const auto report = end ? crew->shut_down_until(*end) : crew->shut_down(shutdown_mode::drain);
      in_time = report.in_time && report.stuck == 0;
      destroy_object<scheduler<Sync>, Sync>(crew);
    }
    blocking_pool<Sync>* pool = nullptr;
    {
      const lock_guard<Sync> lock(mutex_);
      state_.write() = state::over;
      crew_.write() = nullptr;
      pool = std::exchange(pool_.write(), nullptr);
    }
    if (pool != nullptr) {
      pool->shut_down(in_time ? shutdown_mode::drain : shutdown_mode::cancel);
      destroy_object<blocking_pool<Sync>, Sync>(pool);
    }
    return in_time ? 0 : ETIMEDOUT;
  }

  /// The program does. A task that ends it, or a blocking call, cannot wait for itself: the system
  /// ends the threads then.
  void end() noexcept {
    if (stop(limit<Sync>()) == EDEADLK) {
      return;
    }
    timer<Sync>* last = nullptr;
    {
      const lock_guard<Sync> lock(mutex_);
      timer_is_over_.write() = true;
      if (timer_users_.read() == 0) {
        last = std::exchange(timer_.write(), nullptr);
      }
    }
    if (last != nullptr) {
      destroy_object<timer<Sync>, Sync>(last);
    }
  }

 private:
  enum class state : unsigned char {
    open,
    ends,  // the crew does
    over,
  };

  void hire(unsigned workers) noexcept {
    void* const memory = Sync::allocate(sizeof(scheduler<Sync>), alignof(scheduler<Sync>));
    require(memory != nullptr, "cc_spawn_intptr", "there is no memory for workers");
    crew_.write() = std::construct_at(static_cast<scheduler<Sync>*>(memory),
                                      scheduler_options{.workers = workers});
    end_with_program();
  }

  void end_with_program() noexcept {
    if (!std::exchange(ends_with_program_.write(), true)) {
      require(at_end_(), "ccruntime",
              "the program has no room for one more thing to do at its end");
    }
  }

  bool (*const at_end_)() noexcept;
  typename Sync::mutex mutex_;
  typename Sync::template var<state> state_{state::open};
  typename Sync::template var<scheduler<Sync>*> crew_{nullptr};
  typename Sync::template var<blocking_pool<Sync>*> pool_{nullptr};
  typename Sync::template var<timer<Sync>*> timer_{nullptr};
  typename Sync::template var<std::size_t> timer_users_{0};
  typename Sync::template var<bool> timer_is_over_{false};
  typename Sync::template var<bool> ends_with_program_{false};
};

}  // namespace handfast::cc
