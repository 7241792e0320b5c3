// The Sync policy over Relacy: every operation is a simulated one, on fibers of
// one OS thread, with Relacy choosing the schedule and what loads see.
//
// Relacy's limits are in docs/coverage.md; its verdict is "searched". What this
// policy adds to what Relacy reports: a condition variable destroyed while a
// thread waits on it, and a wait by a thread that does not hold the mutex.
#pragma once

#include <handfast/sync/policy.hpp>
#include "models/adapters/relacy_headers.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <functional>
#include <limits>
#include <memory>
#include <tuple>
#include <type_traits>
#include <utility>

namespace handfast {

namespace relacy_detail {

/// What lasts for one execution; `begin` starts it over.
struct execution {
  std::chrono::nanoseconds now{0};
  std::uint64_t number = 0;
  std::uint64_t operations = 0;  // scheduling points met, over all executions

  void begin() {
    now = std::chrono::nanoseconds{0};
    ++number;
  }
};

inline execution current;

/// Names that `Sync::name` gave, by the address that Relacy prints. A fixed
/// table: memory taken during an execution would be Relacy's.
class name_table {
 public:
  void set(const void* object, const char* text) {
    if (size_ < names_.size()) {
      names_[size_++] = {object, text};
    }
  }
  void clear() { size_ = 0; }
  /// The latest name given to `object`, or nullptr.
  [[nodiscard]] const char* find(const void* object) const {
    for (std::size_t i = size_; i > 0; --i) {
      if (names_[i - 1].first == object) {
        return names_[i - 1].second;
      }
    }
    return nullptr;
  }

 private:
  std::array<std::pair<const void*, const char*>, 256> names_{};
  std::size_t size_ = 0;
};

inline name_table names;

/// Where an operation stands in the source, as Relacy wants it.
inline rl::debug_info at(const std::source_location& where) {
  ++current.operations;
  return {"", where.file_name(), where.line()};
}

inline rl::memory_order to_relacy(order o) {
  return static_cast<rl::memory_order>(o);
}
static_assert(static_cast<int>(order::relaxed) == rl::mo_relaxed &&
                  static_cast<int>(order::acquire) == rl::mo_acquire &&
                  static_cast<int>(order::release) == rl::mo_release &&
                  static_cast<int>(order::acq_rel) == rl::mo_acq_rel &&
                  static_cast<int>(order::seq_cst) == rl::mo_seq_cst,
              "both enumerations list the orders in one order");

/// The order of a compare-exchange whose failure order is not weaker than its
/// success order, which Relacy does not take: the success order is raised.
inline order raised(order success, order failure) {
  if (failure == order::seq_cst) {
    return order::seq_cst;
  }
  if (failure == order::acquire) {
    return success == order::relaxed   ? order::acquire
           : success == order::release ? order::acq_rel
                                       : success;
  }
  return success;
}

/// As Relacy keeps a Value: it prints pointers as such to what may be written.
template <class Value>
struct kept_as {
  using type = Value;
};
template <class Object>
struct kept_as<const Object*> {
  using type = Object*;
};

}  // namespace relacy_detail

/// The policy. Its objects live only inside one execution of one Relacy test.
struct relacy_sync {
  using where_t = std::source_location;

  struct limits {
    static constexpr std::size_t items_per_lock = 2;
    static constexpr std::size_t pauses_before_sleep = 0;
    static constexpr std::int64_t nanoseconds_awake = 0;
    static constexpr std::size_t pauses_after_loss = 0;
    static constexpr std::int64_t nanoseconds_apart = 0;
    static constexpr std::int64_t nanoseconds_of_slack = 0;
    static constexpr std::int64_t nanoseconds_to_move = 0;
    static constexpr bool stacks_go_aside = false;
    static constexpr std::size_t segment_items = 2;
    static constexpr std::size_t cache_line = alignof(std::max_align_t);
  };

  /// Logical time: it passes only when a timed wait times out.
  struct clock {
    using duration = std::chrono::nanoseconds;
    using rep = duration::rep;
    using period = duration::period;
    using time_point = std::chrono::time_point<clock>;
    static constexpr bool is_steady = true;
    static time_point now() { return time_point(relacy_detail::current.now); }
  };
  using deadline = clock::time_point;

  template <class Value>
  class atomic {
   public:
    explicit atomic(Value value = Value{}) noexcept : value_(kept(value)) {}
    atomic(const atomic&) = delete;
    atomic& operator=(const atomic&) = delete;

    [[nodiscard]] Value load(order o, where_t where = where_t::current()) const {
      return value_.load(mo(o), relacy_detail::at(where));
    }
    void store(Value value, order o, where_t where = where_t::current()) {
      value_.store(kept(value), mo(o), relacy_detail::at(where));
    }
    Value exchange(Value value, order o, where_t where = where_t::current()) {
      return value_.exchange(kept(value), mo(o), relacy_detail::at(where));
    }
    bool compare_exchange_strong(Value& expected, Value desired, order success, order failure,
                                 where_t where = where_t::current()) {
      const rl::debug_info info = relacy_detail::at(where);
      kept_type seen = kept(expected);
      const bool exchanged = value_.compare_exchange_strong(
          seen, kept(desired), mo(relacy_detail::raised(success, failure)), info, mo(failure),
          info);
      expected = seen;
      return exchanged;
    }
    bool compare_exchange_weak(Value& expected, Value desired, order success, order failure,
                               where_t where = where_t::current()) {
      const rl::debug_info info = relacy_detail::at(where);
      kept_type seen = kept(expected);
      const bool exchanged = value_.compare_exchange_weak(
          seen, kept(desired), mo(relacy_detail::raised(success, failure)), info, mo(failure),
          info);
      expected = seen;
      return exchanged;
    }
    Value fetch_add(Value value, order o, where_t where = where_t::current()) {
      return value_.fetch_add(value, mo(o), relacy_detail::at(where));
    }
    Value fetch_sub(Value value, order o, where_t where = where_t::current()) {
      return value_.fetch_sub(value, mo(o), relacy_detail::at(where));
    }
    Value fetch_and(Value value, order o, where_t where = where_t::current()) {
      return value_.fetch_and(value, mo(o), relacy_detail::at(where));
    }
    Value fetch_or(Value value, order o, where_t where = where_t::current()) {
      return value_.fetch_or(value, mo(o), relacy_detail::at(where));
    }
    Value fetch_xor(Value value, order o, where_t where = where_t::current()) {
      return value_.fetch_xor(value, mo(o), relacy_detail::at(where));
    }

   private:
    friend struct relacy_sync;
    using kept_type = typename relacy_detail::kept_as<Value>::type;

    static rl::memory_order mo(order o) { return relacy_detail::to_relacy(o); }
    static kept_type kept(Value value) {
      if constexpr (std::is_pointer_v<Value>) {
        return const_cast<kept_type>(value);
      } else {
        return value;
      }
    }

    mutable rl::atomic<kept_type> value_;
  };

  static void fence(order o, where_t where = where_t::current()) {
    rl::atomic_thread_fence(relacy_detail::to_relacy(o), relacy_detail::at(where));
  }
  static void light_fence(order o, where_t where = where_t::current()) { fence(o, where); }
  static void heavy_fence(order o, where_t where = where_t::current()) { fence(o, where); }

  class condition_variable;

  class mutex {
   public:
    void lock(where_t where = where_t::current()) {
      mutex_.lock(relacy_detail::at(where));
      holder_ = rl::thread_index();
    }
    try_lock_status try_lock(where_t where = where_t::current()) {
      if (!mutex_.try_lock(relacy_detail::at(where))) {
        return try_lock_status::busy;
      }
      holder_ = rl::thread_index();
      return try_lock_status::locked;
    }
    void unlock(where_t where = where_t::current()) {
      const unsigned holder = std::exchange(holder_, nobody);
      if (holder != rl::thread_index()) {
        holder_ = holder;  // Relacy reports it
      }
      mutex_.unlock(relacy_detail::at(where));
    }

   private:
    friend class condition_variable;
    static constexpr unsigned nobody = ~0U;

    rl::mutex mutex_;
    unsigned holder_ = nobody;
  };

  class condition_variable {
   public:
    condition_variable() noexcept { condition_.init(true, relacy_detail::at(where_t::current())); }
    condition_variable(const condition_variable&) = delete;
    condition_variable& operator=(const condition_variable&) = delete;
    ~condition_variable() {
      const rl::debug_info info = relacy_detail::at(where_t::current());
      require(waiting_ == 0, "a condition variable was destroyed while a thread waits on it", info);
      condition_.deinit(info);
    }

    void wait(mutex& held, where_t where = where_t::current()) {
      std::ignore = sleep(held, false, relacy_detail::at(where));
    }
    wait_status wait_until(mutex& held, deadline until, where_t where = where_t::current()) {
      if (clock::now() >= until) {
        return wait_status::timed_out;
      }
      return timed_status(
          sleep(held, true, relacy_detail::at(where)) == rl::sema_wakeup_reason_timeout, until);
    }
    void notify_one(where_t where = where_t::current()) {
      condition_.notify_one(relacy_detail::at(where));
    }
    void notify_all(where_t where = where_t::current()) {
      condition_.notify_all(relacy_detail::at(where));
    }

   private:
    struct tag;

    rl::sema_wakeup_reason sleep(mutex& held, bool timed, const rl::debug_info& info) {
      require(held.holder_ == rl::thread_index(), "a wait without holding the mutex", info);
      held.holder_ = mutex::nobody;
      ++waiting_;
      const rl::sema_wakeup_reason reason = condition_.wait(held.mutex_, timed, info);
      --waiting_;
      held.holder_ = rl::thread_index();
      return reason;
    }

    rl::condvar<tag> condition_;
    unsigned waiting_ = 0;
  };

  class thread {
   public:
    thread() = default;
    template <class Body>
    explicit thread(Body body)
        : state_(std::make_unique<state>(std::function<void()>(shared(std::move(body))))) {
      state_->fiber.start(&run, state_.get());
    }
    void join(where_t = where_t::current()) {
      state_->fiber.join();
      state_.reset();
    }
    [[nodiscard]] bool joinable() const noexcept { return state_ != nullptr; }

   private:
    struct state {
      explicit state(std::function<void()> its_body) : body(std::move(its_body)) {}
      std::function<void()> body;
      rl::dyn_thread fiber;
    };

    // std::function wants a copyable callable; a thread's body need not be one.
    template <class Body>
    static auto shared(Body body) {
      return [body = std::make_shared<Body>(std::move(body))] { (*body)(); };
    }

    static void* run(void* argument) {
      auto& mine = *static_cast<state*>(argument);
      mine.body();
      mine.body = nullptr;  // what it held is gone when the thread ends
      return nullptr;
    }

    std::unique_ptr<state> state_;
  };

  /// Simulated threads share the OS thread, and with it native thread_locals.
  template <class Value, class Tag>
  struct thread_slot {
    static Value& get() {
      static std::array<slot, 16> slots;
      slot& mine = slots.at(rl::thread_index());
      if (mine.execution != relacy_detail::current.number) {
        mine = {relacy_detail::current.number, Value{}};
      }
      return mine.value;
    }

   private:
    struct slot {
      std::uint64_t execution = 0;
      Value value{};
    };
  };

  template <class Value>
  class var {
   public:
    var() noexcept : watched_(0) {}
    explicit var(Value value) noexcept : value_(std::move(value)), watched_(0) {}

    [[nodiscard]] const Value& read(where_t where = where_t::current()) const {
      std::ignore = watched_(relacy_detail::at(where)).load();
      return value_;
    }
    [[nodiscard]] Value& write(where_t where = where_t::current()) {
      watched_(relacy_detail::at(where)).store(0);
      return value_;
    }

   private:
    friend struct relacy_sync;

    Value value_{};
    rl::var<int> watched_;  // takes the value's place in the search for races
  };

  static void pause(where_t where = where_t::current()) {
    rl::ctx().yield(1, relacy_detail::at(where));
  }
  static void yield(where_t where = where_t::current()) { pause(where); }

  static void wait(const atomic<std::uint32_t>& word, std::uint32_t expected,
                   where_t where = where_t::current()) {
    std::ignore = sleep_on(word, expected, false, where);
  }
  static wait_status wait_until(const atomic<std::uint32_t>& word, std::uint32_t expected,
                                deadline until, where_t where = where_t::current()) {
    if (clock::now() >= until) {
      return wait_status::timed_out;
    }
    return timed_status(sleep_on(word, expected, true, where) == rl::unpark_reason_timeout, until);
  }
  static void notify_one(const atomic<std::uint32_t>& word, where_t where = where_t::current()) {
    wake(word, 1, where);
  }
  static void notify_all(const atomic<std::uint32_t>& word, where_t where = where_t::current()) {
    wake(word, std::numeric_limits<int>::max(), where);
  }

  static std::uint64_t random() {
    // A choice of the search, from few enough to be searched.
    return rl::rand(4);
  }

  static void* allocate(std::size_t bytes, std::size_t align, where_t where = where_t::current()) {
    const rl::debug_info info = relacy_detail::at(where);
    require(align <= rl::alignment, "Relacy aligns memory to 16 bytes, no more", info);
    return rl::ctx().alloc(bytes, false, info);
  }
  static void deallocate(void* memory, std::size_t, std::size_t,
                         where_t where = where_t::current()) {
    rl::ctx().free(memory, false, relacy_detail::at(where));
  }

  static constexpr unsigned cores() noexcept { return 2; }

  static bool step(where_t = where_t::current()) { return true; }

  static void assert_that(bool condition, const char* text, where_t where = where_t::current()) {
    require(condition, text, {"", where.file_name(), where.line()});
  }

  template <class Value>
  static void name(const var<Value>& object, const char* text) {
    relacy_detail::names.set(&object.watched_, text);
  }
  template <class Value>
  static void name(const atomic<Value>& object, const char* text) {
    relacy_detail::names.set(&object.value_, text);
  }
  /// Relacy prints addresses of its own for other objects.
  template <class Object>
  static void name(const Object&, const char*) {}

 private:
  // A timed wait that was woken may say `timed_out` all the same.
  static wait_status timed_status(bool timed_out, deadline until) {
    if (!timed_out && rl::rand(2) == 0) {
      return wait_status::woken;
    }
    relacy_detail::current.now = std::max(relacy_detail::current.now, until.time_since_epoch());
    return wait_status::timed_out;
  }

  static void require(bool condition, const char* text, const rl::debug_info& info) {
    if (!condition) {
      rl::ctx().fail_test(text, rl::test_result_user_assert_failed, info);
    }
  }

  static rl::unpark_reason sleep_on(const atomic<std::uint32_t>& word, std::uint32_t expected,
                                    bool timed, const where_t& where) {
    const rl::debug_info info = relacy_detail::at(where);
    rl::context& context = rl::ctx();
    context.sched();
    // Nobody runs between the look and the sleep.
    if (word.value_.debug_value() != expected) {
      // The kernel has seen more than the caller did: who looks again without that, again and
      // again, waits for nobody.
      context.yield(1, info);
      return rl::unpark_reason_normal;
    }
    return word.value_.wait(context, timed, context.is_random_sched(), info);
  }

  static void wake(const atomic<std::uint32_t>& word, int count, const where_t& where) {
    const rl::debug_info info = relacy_detail::at(where);
    rl::context& context = rl::ctx();
    context.sched();
    word.value_.wake(context, static_cast<rl::thread_id_t>(count), info);
  }
};

static_assert(sync_policy<relacy_sync>);

}  // namespace handfast
