// The checker's atomics, mutexes, condition variables and threads in the shape of the
// standard library's, for code that takes them as template parameters or by a
// traits class, and for tests. Orders are std::memory_order; the default is seq_cst.
//
// Their objects live only inside one execution of a HANDFAST_CHECK.
#pragma once

#include <array>
#include <atomic>
#include <concepts>
#include <cstddef>
#include <functional>
#include <mutex>
#include <tuple>
#include <type_traits>
#include <utility>

#include "models/adapters/checker_sync.hpp"

namespace handfast::check {

using where_t = checker_sync::where_t;

namespace detail {

constexpr order order_of(std::memory_order o) {
  switch (o) {
    case std::memory_order::relaxed: return order::relaxed;
    case std::memory_order::consume:
    case std::memory_order::acquire: return order::acquire;
    case std::memory_order::release: return order::release;
    case std::memory_order::acq_rel: return order::acq_rel;
    default: return order::seq_cst;
  }
}

// What a compare-exchange that fails may have at most.
constexpr order failing(std::memory_order o) {
  switch (o) {
    case std::memory_order::acq_rel: return order::acquire;
    case std::memory_order::release: return order::relaxed;
    default: return order_of(o);
  }
}

template <class Value>
bool alike(const Value& one, const Value& other) {
  return checker_detail::packed(one) == checker_detail::packed(other);
}

}  // namespace detail

/// std::atomic. Assignment, conversion and the operators are seq_cst, as there.
template <class Value>
class atomic {
 public:
  using value_type = Value;
  static constexpr bool is_always_lock_free = true;

  atomic(where_t where = where_t::current()) noexcept : its_(Value{}, where) {}
  atomic(Value value, where_t where = where_t::current()) noexcept : its_(value, where) {}
  atomic(const atomic&) = delete;
  atomic& operator=(const atomic&) = delete;

  [[nodiscard]] bool is_lock_free() const noexcept { return true; }

  Value load(std::memory_order o = std::memory_order::seq_cst,
             where_t where = where_t::current()) const {
    return its_.load(detail::order_of(o), where);
  }
  void store(Value value, std::memory_order o = std::memory_order::seq_cst,
             where_t where = where_t::current()) {
    its_.store(value, detail::order_of(o), where);
  }
  Value exchange(Value value, std::memory_order o = std::memory_order::seq_cst,
                 where_t where = where_t::current()) {
    return its_.exchange(value, detail::order_of(o), where);
  }
  bool compare_exchange_strong(Value& expected, Value desired,
                               std::memory_order o = std::memory_order::seq_cst,
                               where_t where = where_t::current()) {
    return its_.compare_exchange_strong(expected, desired, detail::order_of(o), detail::failing(o),
                                        where);
  }
  bool compare_exchange_strong(Value& expected, Value desired, std::memory_order success,
                               std::memory_order failure, where_t where = where_t::current()) {
    return its_.compare_exchange_strong(expected, desired, detail::order_of(success),
                                        detail::order_of(failure), where);
  }
  bool compare_exchange_weak(Value& expected, Value desired,
                             std::memory_order o = std::memory_order::seq_cst,
                             where_t where = where_t::current()) {
    return its_.compare_exchange_weak(expected, desired, detail::order_of(o), detail::failing(o),
                                      where);
  }
  bool compare_exchange_weak(Value& expected, Value desired, std::memory_order success,
                             std::memory_order failure, where_t where = where_t::current()) {
    return its_.compare_exchange_weak(expected, desired, detail::order_of(success),
                                      detail::order_of(failure), where);
  }
  Value fetch_add(Value value, std::memory_order o = std::memory_order::seq_cst,
                  where_t where = where_t::current())
    requires std::integral<Value>
  {
    return its_.fetch_add(value, detail::order_of(o), where);
  }
  Value fetch_sub(Value value, std::memory_order o = std::memory_order::seq_cst,
                  where_t where = where_t::current())
    requires std::integral<Value>
  {
    return its_.fetch_sub(value, detail::order_of(o), where);
  }
  Value fetch_add(std::ptrdiff_t elements, std::memory_order o = std::memory_order::seq_cst,
                  where_t where = where_t::current())
    requires std::is_pointer_v<Value>
  {
    return its_.fetch_add(bytes_of(elements), detail::order_of(o), where);
  }
  Value fetch_sub(std::ptrdiff_t elements, std::memory_order o = std::memory_order::seq_cst,
                  where_t where = where_t::current())
    requires std::is_pointer_v<Value>
  {
    return its_.fetch_sub(bytes_of(elements), detail::order_of(o), where);
  }
  Value fetch_and(Value value, std::memory_order o = std::memory_order::seq_cst,
                  where_t where = where_t::current())
    requires std::integral<Value>
  {
    return its_.fetch_and(value, detail::order_of(o), where);
  }
  Value fetch_or(Value value, std::memory_order o = std::memory_order::seq_cst,
                 where_t where = where_t::current())
    requires std::integral<Value>
  {
    return its_.fetch_or(value, detail::order_of(o), where);
  }
  Value fetch_xor(Value value, std::memory_order o = std::memory_order::seq_cst,
                  where_t where = where_t::current())
    requires std::integral<Value>
  {
    return its_.fetch_xor(value, detail::order_of(o), where);
  }

  /// Sleeps while the value is `old`; whoever changes it must notify.
  void wait(Value old, std::memory_order o = std::memory_order::seq_cst,
            where_t where = where_t::current()) const {
    while (detail::alike(load(o, where), old)) {
      checker_sync::wait(its_, old, where);
    }
  }
  void notify_one(where_t where = where_t::current()) { checker_sync::notify_one(its_, where); }
  void notify_all(where_t where = where_t::current()) { checker_sync::notify_all(its_, where); }

  /// Not the standard's: waits until `Holds(value)`, and gives the value that did; what a
  /// loop of loads waits for, without its rounds and without anybody's notice.
  template <class Holds>
  Value await(Holds holds, std::memory_order o = std::memory_order::seq_cst,
              where_t where = where_t::current()) const {
    return its_.await(holds, detail::order_of(o), where);
  }
  template <class Holds, class Argument>
  Value await(Holds holds, Argument argument, std::memory_order o,
              where_t where = where_t::current()) const {
    return its_.await(holds, argument, detail::order_of(o), where);
  }

  operator Value() const { return load(); }
  Value operator=(Value value) {
    store(value);
    return value;
  }
  Value operator++()
    requires std::integral<Value>
  {
    return fetch_add(Value{1}) + Value{1};
  }
  Value operator--()
    requires std::integral<Value>
  {
    return fetch_sub(Value{1}) - Value{1};
  }
  Value operator++(int)
    requires std::integral<Value>
  {
    return fetch_add(Value{1});
  }
  Value operator--(int)
    requires std::integral<Value>
  {
    return fetch_sub(Value{1});
  }
  Value operator+=(Value value)
    requires std::integral<Value>
  {
    return fetch_add(value) + value;
  }
  Value operator-=(Value value)
    requires std::integral<Value>
  {
    return fetch_sub(value) - value;
  }
  Value operator&=(Value value)
    requires std::integral<Value>
  {
    return fetch_and(value) & value;
  }
  Value operator|=(Value value)
    requires std::integral<Value>
  {
    return fetch_or(value) | value;
  }
  Value operator^=(Value value)
    requires std::integral<Value>
  {
    return fetch_xor(value) ^ value;
  }

 private:
  static Value bytes_of(std::ptrdiff_t elements)
    requires std::is_pointer_v<Value>
  {
    const auto bytes = elements * static_cast<std::ptrdiff_t>(sizeof(std::remove_pointer_t<Value>));
    return reinterpret_cast<Value>(bytes);
  }

  checker_sync::atomic_of<Value, true> its_;
};

/// std::atomic_flag, clear at first.
class atomic_flag {
 public:
  explicit atomic_flag(where_t where = where_t::current()) noexcept : its_(false, where) {}

  bool test(std::memory_order o = std::memory_order::seq_cst,
            where_t where = where_t::current()) const {
    return its_.load(o, where);
  }
  bool test_and_set(std::memory_order o = std::memory_order::seq_cst,
                    where_t where = where_t::current()) {
    return its_.exchange(true, o, where);
  }
  void clear(std::memory_order o = std::memory_order::seq_cst, where_t where = where_t::current()) {
    its_.store(false, o, where);
  }
  void wait(bool old, std::memory_order o = std::memory_order::seq_cst,
            where_t where = where_t::current()) const {
    its_.wait(old, o, where);
  }
  void notify_one(where_t where = where_t::current()) { its_.notify_one(where); }
  void notify_all(where_t where = where_t::current()) { its_.notify_all(where); }

 private:
  atomic<bool> its_;
};

inline void atomic_thread_fence(std::memory_order o, where_t where = where_t::current()) {
  checker_sync::fence(detail::order_of(o), where);
}

/// std::mutex. Works with std::lock_guard, std::unique_lock and std::scoped_lock.
class mutex {
 public:
  mutex(where_t where = where_t::current()) noexcept : its_(where) {}

  void lock(where_t where = where_t::current()) { its_.lock(where); }
  bool try_lock(where_t where = where_t::current()) {
    return its_.try_lock(where) == try_lock_status::locked;
  }
  void unlock(where_t where = where_t::current()) { its_.unlock(where); }

 private:
  friend class condition_variable;

  checker_sync::mutex its_;
};

/// std::condition_variable.
class condition_variable {
 public:
  condition_variable(where_t where = where_t::current()) noexcept : its_(where) {}

  void wait(std::unique_lock<mutex>& lock, where_t where = where_t::current()) {
    its_.wait(lock.mutex()->its_, where);
  }
  template <class Predicate>
  void wait(std::unique_lock<mutex>& lock, Predicate holds, where_t where = where_t::current()) {
    while (!holds()) {
      wait(lock, where);
    }
  }
  void notify_one(where_t where = where_t::current()) { its_.notify_one(where); }
  void notify_all(where_t where = where_t::current()) { its_.notify_all(where); }

 private:
  checker_sync::condition_variable its_;
};

/// std::thread; one that is not joined is a finding.
class thread {
 public:
  thread() = default;
  template <std::invocable Body>
  explicit thread(Body body, where_t where = where_t::current()) : its_(std::move(body), where) {}
  template <class Body, class First, class... Arguments>
    requires std::invocable<Body, First, Arguments...>
  thread(Body body, First first, Arguments... arguments)
      : its_([body = std::move(body), all = std::tuple<First, Arguments...>(
                                          std::move(first), std::move(arguments)...)]() mutable {
          std::apply(std::move(body), std::move(all));
        }) {}

  void join(where_t where = where_t::current()) { its_.join(where); }
  [[nodiscard]] bool joinable() const { return its_.joinable(); }

 private:
  checker_sync::thread its_;
};

/// Plain data whose accesses are watched: an unordered one is a data race.
template <class Value>
using var = checker_sync::var<Value>;

/// Belongs into every loop that waits.
inline void pause(where_t where = where_t::current()) {
  checker_sync::pause(where);
}

/// All of that for code that takes a traits class.
struct traits {
  template <class Value>
  using atomic = check::atomic<Value>;
  using atomic_flag = check::atomic_flag;
  using mutex = check::mutex;
  using condition_variable = check::condition_variable;
  using thread = check::thread;
  template <class Value>
  using var = check::var<Value>;
  static void fence(std::memory_order o, where_t where = where_t::current()) {
    check::atomic_thread_fence(o, where);
  }
  static void pause(where_t where = where_t::current()) { check::pause(where); }
};

namespace detail {

template <class... Bodies>
void run_all(where_t where, Bodies... bodies) {
  std::array<thread, sizeof...(Bodies)> all{thread(std::move(bodies), where)...};
  for (thread& each : all) {
    each.join(where);
  }
}

}  // namespace detail

/// Runs one function on each of as many threads, and joins them.
template <class... Bodies>
void run_together(Bodies... bodies) {
  detail::run_all(where_t::current(), std::move(bodies)...);
}
// The same, known to traces by the line of the call: where a default argument can be.
template <class First>
void run_together(First first, where_t where = where_t::current()) {
  detail::run_all(where, std::move(first));
}
template <class First, class Second>
void run_together(First first, Second second, where_t where = where_t::current()) {
  detail::run_all(where, std::move(first), std::move(second));
}
template <class First, class Second, class Third>
void run_together(First first, Second second, Third third, where_t where = where_t::current()) {
  detail::run_all(where, std::move(first), std::move(second), std::move(third));
}

/// Fails the test, with a trace, where `condition` does not hold.
inline void require(bool condition, const char* text = "what is required here",
                    where_t where = where_t::current()) {
  checker_sync::assert_that(condition, text, where);
}

/// One of `count` ways, each of which is explored.
inline std::uint32_t choose(std::uint32_t count, where_t where = where_t::current()) {
  return checker_sync::choose(count, where);
}
/// Explores only executions in which this holds.
inline void assume(bool condition) {
  checker_sync::assume(condition);
}
/// A goal: a test in which this never held, at any such call, fails as vacuous.
inline void sometimes(bool condition, const char* goal) {
  checker_sync::sometimes(condition, goal);
}
/// A goal: that some execution comes here.
inline void reachable(const char* goal) {
  checker_sync::sometimes(true, goal);
}
/// What traces call an object.
template <class Object>
void name(const Object& object, const char* text) {
  checker_sync::name(object, text);
}

}  // namespace handfast::check
