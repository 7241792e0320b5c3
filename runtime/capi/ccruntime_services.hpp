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
#include <handfast/sync/native.hpp>
#include <handfast/task/spawned.hpp>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <expected>
#include <limits>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

namespace handfast::cc {

inline constexpr std::int64_t never = std::numeric_limits<std::int64_t>::max();

inline native::deadline moment(CCDeadline deadline) {
  return native::deadline(native::clock::duration(deadline.at));
}

/// What bounds a call or a task; nothing: it waits as long as it takes.
using limit = std::optional<native::deadline>;

inline limit limit_of(const CCDeadline* deadline) {
  return deadline == nullptr || deadline->at == never ? limit() : limit(moment(*deadline));
}
inline limit current_limit() {
  return limit_of(cc_current_deadline());
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
class services {
 public:
  constexpr services() noexcept = default;
  services(const services&) = delete;
  services& operator=(const services&) = delete;

  int start(unsigned workers) noexcept {
    const lock_guard<native> lock(mutex_);
    if (state_ != state::open) {
      return ESHUTDOWN;
    }
    if (crew_ != nullptr) {
      return EALREADY;
    }
    hire(workers);
    return 0;
  }

  /// `spawn(crew)`, if that may still be.
  template <class Spawn>
  auto with_crew(Spawn spawn) noexcept
      -> std::expected<std::invoke_result_t<Spawn&, scheduler<native>&>, int> {
    if (context::current().on_crew) {
      return spawn(*crew_);
    }
    const lock_guard<native> lock(mutex_);
    if (state_ != state::open) {
      return std::unexpected(ESHUTDOWN);
    }
    if (crew_ == nullptr) {
      hire(0);
    }
    return spawn(*crew_);
  }

  /// `run(pool)`, the same.
  template <class Run>
  auto with_pool(Run run) noexcept
      -> std::expected<std::invoke_result_t<Run&, blocking_pool<native>&>, int> {
    const lock_guard<native> lock(mutex_);
    if (state_ == state::over) {
      return std::unexpected(ESHUTDOWN);
    }
    if (pool_ == nullptr) {
      pool_ = make_object<blocking_pool<native>, native>();
      if (pool_ == nullptr) {
        return std::unexpected(ENOMEM);
      }
      end_with_program();
    }
    return run(*pool_);
  }

  /// The timer, for one more user; nullptr at the end of the program.
  [[nodiscard]] timer<native>* use_timer() noexcept {
    const lock_guard<native> lock(mutex_);
    if (timer_ == nullptr && !timer_is_over_) {
      timer_ = make_object<timer<native>, native>();
      end_with_program();
    }
    if (timer_ != nullptr) {
      ++timer_users_;
    }
    return timer_;
  }
  void leave_timer() noexcept {
    const lock_guard<native> lock(mutex_);
    --timer_users_;
  }

  int stop(const limit& end) noexcept {
    if (host<native>::here() != nullptr || blocking_pool<native>::runs_here()) {
      return EDEADLK;
    }
    scheduler<native>* crew = nullptr;
    {
      const lock_guard<native> lock(mutex_);
      if (state_ != state::open) {
        return EALREADY;
      }
      state_ = state::ends;
      crew = crew_;
    }
    bool in_time = true;
    if (crew != nullptr) {
      const auto report = end ? crew->shut_down_until(*end) : crew->shut_down(shutdown_mode::drain);
      in_time = report.in_time && report.stuck == 0;
      destroy_object<scheduler<native>, native>(crew);
    }
    blocking_pool<native>* pool = nullptr;
    {
      const lock_guard<native> lock(mutex_);
      state_ = state::over;
      crew_ = nullptr;
      pool = std::exchange(pool_, nullptr);
    }
    if (pool != nullptr) {
      pool->shut_down(in_time ? shutdown_mode::drain : shutdown_mode::cancel);
      destroy_object<blocking_pool<native>, native>(pool);
    }
    return in_time ? 0 : ETIMEDOUT;
  }

 private:
  enum class state : unsigned char {
    open,
    ends,  // the crew does
    over,
  };

  void hire(unsigned workers) noexcept {
    void* const memory = native::allocate(sizeof(*crew_), alignof(scheduler<native>));
    require(memory != nullptr, "cc_spawn_intptr", "there is no memory for workers");
    crew_ = std::construct_at(static_cast<scheduler<native>*>(memory),
                              scheduler_options{.workers = workers});
    end_with_program();
  }

  // Once. A task that ends the program, or a blocking call, cannot wait for itself: the system ends
  // the threads then.
  void end_with_program() noexcept;
  void end() noexcept {
    if (stop(limit()) == EDEADLK) {
      return;
    }
    timer<native>* last = nullptr;
    {
      const lock_guard<native> lock(mutex_);
      timer_is_over_ = true;
      if (timer_users_ == 0) {
        last = std::exchange(timer_, nullptr);
      }
    }
    if (last != nullptr) {
      destroy_object<timer<native>, native>(last);
    }
  }

  native::mutex mutex_;
  state state_ = state::open;
  scheduler<native>* crew_ = nullptr;
  blocking_pool<native>* pool_ = nullptr;
  timer<native>* timer_ = nullptr;
  std::size_t timer_users_ = 0;
  bool timer_is_over_ = false;
  bool ends_with_program_ = false;
};

inline constinit services all_services;

inline void services::end_with_program() noexcept {
  if (!std::exchange(ends_with_program_, true)) {
    require(std::atexit([] { all_services.end(); }) == 0, "ccruntime",
            "the program has no room for one more thing to do at its end");
  }
}

}  // namespace handfast::cc
