// shared_mutex, once_flag, latch, barrier and semaphores in the shape of the standard
// library's, of a few operations each, so that they add little to a search. A precondition
// that is broken is a finding.
//
// Their happens-before edges are those that the standard promises, and no others.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>

#include "models/check/std_like.hpp"

namespace handfast::check {

namespace detail {

[[noreturn]] inline void misuse(const char* kind, const char* what, const where_t& where) {
  checker_detail::run().fail(kind, std::string(what) + " at " + checker::short_line(where) +
                                       " by thread " +
                                       std::to_string(checker_detail::run().self()));
}

}  // namespace detail

/// std::shared_mutex. Works with std::shared_lock, std::unique_lock and std::scoped_lock.
class shared_mutex {
 public:
  shared_mutex(where_t where = where_t::current()) noexcept : state_(0, where) {}

  void lock(where_t where = where_t::current()) {
    for (;;) {
      std::int64_t seen = state_.await([](std::int64_t now) { return now == 0; },
                                       std::memory_order::relaxed, where);
      if (state_.compare_exchange_strong(seen, mine(), std::memory_order::acquire,
                                         std::memory_order::relaxed, where)) {
        return;
      }
    }
  }
  bool try_lock(where_t where = where_t::current()) {
    std::int64_t seen = 0;
    return state_.compare_exchange_strong(seen, mine(), std::memory_order::acquire,
                                          std::memory_order::relaxed, where);
  }
  void unlock(where_t where = where_t::current()) {
    if (state_.exchange(0, std::memory_order::release, where) != mine()) {
      detail::misuse("unlock of a mutex not held", "of a shared_mutex,", where);
    }
  }

  void lock_shared(where_t where = where_t::current()) {
    for (;;) {
      std::int64_t seen = state_.await([](std::int64_t now) { return now >= 0; },
                                       std::memory_order::relaxed, where);
      if (state_.compare_exchange_strong(seen, seen + 1, std::memory_order::acquire,
                                         std::memory_order::relaxed, where)) {
        return;
      }
    }
  }
  bool try_lock_shared(where_t where = where_t::current()) {
    std::int64_t seen = state_.load(std::memory_order::relaxed, where);
    while (seen >= 0) {
      if (state_.compare_exchange_strong(seen, seen + 1, std::memory_order::acquire,
                                         std::memory_order::relaxed, where)) {
        return true;
      }
      check::pause(where);
    }
    return false;
  }
  void unlock_shared(where_t where = where_t::current()) {
    if (state_.fetch_sub(1, std::memory_order::release, where) <= 0) {
      detail::misuse("unlock of a mutex not held", "shared, of a shared_mutex,", where);
    }
  }

 private:
  static std::int64_t mine() { return -1 - std::int64_t{checker_detail::run().self()}; }

  atomic<std::int64_t> state_;  // how many share it, or less than 0: who has it alone
};

/// std::once_flag, and std::call_once: what throws has not been the once.
class once_flag {
 public:
  once_flag(where_t where = where_t::current()) noexcept : state_(state::not_yet, where) {}

 private:
  template <class Function, class... Arguments>
  friend void call_once(once_flag& flag, Function&& function, Arguments&&... arguments);

  enum class state : std::uint8_t { not_yet, going_on, done };

  atomic<state> state_;
};

template <class Function, class... Arguments>
void call_once(once_flag& flag, Function&& function, Arguments&&... arguments) {
  using state = once_flag::state;
  for (;;) {
    state seen = flag.state_.await([](state now) { return now != state::going_on; },
                                   std::memory_order::acquire);
    if (seen == state::done) {
      return;
    }
    if (flag.state_.compare_exchange_strong(seen, state::going_on, std::memory_order::acquire,
                                            std::memory_order::relaxed)) {
      break;
    }
  }
  try {
    std::forward<Function>(function)(std::forward<Arguments>(arguments)...);
  } catch (...) {
    flag.state_.store(state::not_yet, std::memory_order::release);
    throw;
  }
  flag.state_.store(state::done, std::memory_order::release);
}

/// std::latch.
class latch {
 public:
  explicit latch(std::ptrdiff_t expected, where_t where = where_t::current()) noexcept
      : left_(expected, where) {}

  void count_down(std::ptrdiff_t by = 1, where_t where = where_t::current()) {
    if (left_.fetch_sub(by, std::memory_order::release, where) < by) {
      detail::misuse("misuse", "a latch is counted down below 0", where);
    }
  }
  bool try_wait(where_t where = where_t::current()) const {
    return left_.load(std::memory_order::acquire, where) == 0;
  }
  void wait(where_t where = where_t::current()) const {
    left_.await([](std::ptrdiff_t left) { return left == 0; }, std::memory_order::acquire, where);
  }
  void arrive_and_wait(std::ptrdiff_t by = 1, where_t where = where_t::current()) {
    count_down(by, where);
    wait(where);
  }

 private:
  atomic<std::ptrdiff_t> left_;
};

/// std::barrier.
template <class Completion = void (*)() noexcept>
class barrier {
 public:
  class arrival_token {
   public:
    arrival_token(arrival_token&&) noexcept = default;
    arrival_token& operator=(arrival_token&&) noexcept = default;

   private:
    friend class barrier;
    explicit arrival_token(std::uint32_t phase) : phase_(phase) {}

    std::uint32_t phase_;
  };

  explicit barrier(std::ptrdiff_t expected, Completion completion = nothing(),
                   where_t where = where_t::current())
      : completion_(std::move(completion)),
        expected_(static_cast<std::uint32_t>(expected), where),
        state_({0, static_cast<std::uint32_t>(expected)}, where) {}

  [[nodiscard]] arrival_token arrive(std::ptrdiff_t by = 1, where_t where = where_t::current()) {
    const auto count = static_cast<std::uint32_t>(by);
    phase seen = state_.load(std::memory_order::relaxed, where);
    do {
      if (by <= 0 || seen.left < count) {
        detail::misuse("misuse", "more arrive at a barrier than it expects,", where);
      }
    } while (!state_.compare_exchange_strong(seen, {seen.number, seen.left - count},
                                             std::memory_order::acq_rel, std::memory_order::relaxed,
                                             where));
    if (seen.left == count) {
      completion_();
      state_.store({seen.number + 1, expected_.load(std::memory_order::relaxed, where)},
                   std::memory_order::release, where);
    }
    return arrival_token(seen.number);
  }
  void wait(arrival_token&& arrival, where_t where = where_t::current()) const {
    state_.await([](phase now, std::uint32_t old) { return now.number != old; }, arrival.phase_,
                 std::memory_order::acquire, where);
  }
  void arrive_and_wait(where_t where = where_t::current()) { wait(arrive(1, where), where); }
  void arrive_and_drop(where_t where = where_t::current()) {
    expected_.fetch_sub(1, std::memory_order::relaxed, where);
    std::ignore = arrive(1, where);
  }

 private:
  struct phase {
    std::uint32_t number;
    std::uint32_t left;  // that have not arrived
  };

  static Completion nothing() {
    if constexpr (std::is_pointer_v<Completion>) {
      return []() noexcept {};
    } else {
      return Completion();
    }
  }

  Completion completion_;
  atomic<std::uint32_t> expected_;  // in the next phase
  atomic<phase> state_;
};

/// std::counting_semaphore. A timed acquire may time out whenever it waits.
template <std::ptrdiff_t LeastMaxValue = std::numeric_limits<std::ptrdiff_t>::max()>
class counting_semaphore {
 public:
  explicit counting_semaphore(std::ptrdiff_t count, where_t where = where_t::current())
      : count_(count, where) {}

  static constexpr std::ptrdiff_t max() noexcept { return LeastMaxValue; }

  void release(std::ptrdiff_t by = 1, where_t where = where_t::current()) {
    if (count_.fetch_add(by, std::memory_order::release, where) > max() - by) {
      detail::misuse("misuse", "a semaphore is released beyond its maximum", where);
    }
  }
  void acquire(where_t where = where_t::current()) {
    for (;;) {
      std::ptrdiff_t seen = count_.await([](std::ptrdiff_t now) { return now > 0; },
                                         std::memory_order::relaxed, where);
      if (count_.compare_exchange_strong(seen, seen - 1, std::memory_order::acquire,
                                         std::memory_order::relaxed, where)) {
        return;
      }
    }
  }
  bool try_acquire(where_t where = where_t::current()) {
    std::ptrdiff_t seen = count_.load(std::memory_order::relaxed, where);
    return seen > 0 && count_.compare_exchange_strong(seen, seen - 1, std::memory_order::acquire,
                                                      std::memory_order::relaxed, where);
  }
  template <class Duration>
  bool try_acquire_for(const Duration&, where_t where = where_t::current()) {
    if (check::choose(2, where) == 1) {
      return false;
    }
    acquire(where);
    return true;
  }
  template <class Time>
  bool try_acquire_until(const Time& time, where_t where = where_t::current()) {
    return try_acquire_for(time, where);
  }

 private:
  atomic<std::ptrdiff_t> count_;
};
using binary_semaphore = counting_semaphore<1>;

}  // namespace handfast::check
