// The Sync policy over the checker (models/checker): every operation is one that
// the search decides, on fibers of one OS thread.
//
// What it says of things that the standard leaves open: a weak compare-exchange,
// a wait on a condition variable and one on a word end for no reason once in a
// thread (`run_limits::spurious`); a timed wait may time out whenever it waits,
// also when it was woken; a deadline passes only so. Waking orders no memory.
#pragma once

#include <handfast/sync/policy.hpp>

#include <chrono>
#include <cstddef>
#include <cstring>
#include <deque>
#include <new>
#include <tuple>
#include <type_traits>
#include <utility>

#include "models/checker/execution.hpp"
#include "models/checker/weakening.hpp"

namespace handfast {

namespace checker_detail {

inline checker::execution& run() {
  return *checker::execution::current();
}

/// Does an operation, or what a campaign makes of it.
inline checker::value perform(checker::operation& next) {
  if (checker::detail::campaign_is_on) [[unlikely]] {
    if (!checker::detail::changed(next)) {
      return {};
    }
  }
  return run().perform(next);
}

inline checker::access access_of(order o) {
  switch (o) {
    case order::relaxed: return checker::access::relaxed;
    case order::acquire: return checker::access::acquire;
    case order::release: return checker::access::release;
    case order::acq_rel: return checker::access::acq_rel;
    default: return checker::access::seq_cst;
  }
}

template <class Value>
checker::value packed(const Value& plain) {
  static_assert(std::is_trivially_copyable_v<Value> && sizeof(Value) <= sizeof(checker::value),
                "an atomic of the checker holds up to 16 trivially copyable bytes");
  checker::value bytes;
  std::memcpy(static_cast<void*>(&bytes), &plain, sizeof(Value));
  return bytes;
}
template <class Value>
Value unpacked(const checker::value& bytes) {
  std::remove_const_t<Value> plain;
  std::memcpy(&plain, &bytes, sizeof(Value));
  return plain;
}

/// Those that wait on a condition variable or a word.
class sleepers {
 public:
  explicit sleepers(checker::location where) : where_(where) {}

  /// `word`: one more than the location of the word that was just looked at.
  void enter(std::uint64_t word, const std::source_location& line) const {
    checker::operation next = asked(checker::update::enter_waiters, line);
    next.operand.high = word;
    run().perform(next);
  }
  void sleep(bool timed, const std::source_location& line) const {
    checker::operation next = asked(checker::update::none, line);
    next.until = checker::await::being_taken;
    next.expected.low = timed ? 1 : 0;
    run().perform(next);
  }
  void wake(bool all, bool of_word, const std::source_location& line) const {
    checker::operation next =
        asked(all ? checker::update::take_all_waiters : checker::update::take_one_waiter, line);
    if (of_word) {
      next.operand.low = 1;
      next.how_if_done = checker::access::release;  // see checker::search::sleeps_in_time
    }
    perform(next);
  }

 private:
  [[nodiscard]] checker::operation asked(checker::update then,
                                         const std::source_location& line) const {
    checker::operation next;
    next.kind = checker::event_kind::read;
    next.where = where_;
    next.size = 16;
    next.then = then;
    next.how = checker::access::relaxed;
    next.line = line;
    return next;
  }

  checker::location where_;
};

}  // namespace checker_detail

/// The policy. Its objects live only inside one execution of the checker.
struct checker_sync {
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
    static time_point now() { return time_point(duration(checker_detail::run().time())); }
  };
  using deadline = clock::time_point;

  /// `Waitable`: threads may sleep until it changes.
  template <class Value, bool Waitable>
  class atomic_of {
   public:
    explicit atomic_of(Value value = Value{}, where_t where = where_t::current()) noexcept
        : where_(checker_detail::run().make(checker::execution::thing::atomic, this, sizeof(Value),
                                            checker_detail::packed(value), where)) {
      if constexpr (Waitable) {
        sleepers_ = checker_detail::run().make(checker::execution::thing::condition_variable,
                                               &sleepers_, 16, {}, where);
      }
    }
    atomic_of(const atomic_of&) = delete;
    atomic_of& operator=(const atomic_of&) = delete;
    ~atomic_of() { checker_detail::run().destroy(where_, this, where_t::current()); }

    [[nodiscard]] Value load(order o, where_t where = where_t::current()) const {
      checker::operation next = asked(o, where);
      next.kind = checker::event_kind::read;
      return checker_detail::unpacked<Value>(checker_detail::perform(next));
    }
    void store(Value value, order o, where_t where = where_t::current()) {
      checker::operation next = asked(o, where);
      next.kind = checker::event_kind::write;
      next.data = checker_detail::packed(value);
      checker_detail::perform(next);
    }
    Value exchange(Value value, order o, where_t where = where_t::current()) {
      return change(checker::update::exchange, value, o, where);
    }
    bool compare_exchange_strong(Value& expected, Value desired, order success, order failure,
                                 where_t where = where_t::current()) {
      return replace(checker::update::compare_exchange, expected, desired, success, failure, where);
    }
    bool compare_exchange_weak(Value& expected, Value desired, order success, order failure,
                               where_t where = where_t::current()) {
      return replace(checker::update::compare_exchange_weak, expected, desired, success, failure,
                     where);
    }
    Value fetch_add(Value value, order o, where_t where = where_t::current()) {
      return change(checker::update::add, value, o, where);
    }
    Value fetch_sub(Value value, order o, where_t where = where_t::current()) {
      return change(checker::update::subtract, value, o, where);
    }
    Value fetch_and(Value value, order o, where_t where = where_t::current()) {
      return change(checker::update::bit_and, value, o, where);
    }
    Value fetch_or(Value value, order o, where_t where = where_t::current()) {
      return change(checker::update::bit_or, value, o, where);
    }
    Value fetch_xor(Value value, order o, where_t where = where_t::current()) {
      return change(checker::update::bit_xor, value, o, where);
    }

    /// Not atomic: a data race with any access that is not ordered with it.
    [[nodiscard]] Value read(where_t where = where_t::current()) const {
      checker::operation next = asked(order::relaxed, where);
      next.kind = checker::event_kind::read;
      next.how = checker::access::plain;
      return checker_detail::unpacked<Value>(checker_detail::perform(next));
    }
    void write(Value value, where_t where = where_t::current()) {
      checker::operation next = asked(order::relaxed, where);
      next.kind = checker::event_kind::write;
      next.how = checker::access::plain;
      next.data = checker_detail::packed(value);
      checker_detail::perform(next);
    }

    /// Waits until `Holds(value)`, and gives the value that did: what a loop of
    /// loads waits for, without its rounds.
    template <class Holds>
    Value await(Holds, order o, where_t where = where_t::current()) const {
      static_assert(std::is_empty_v<Holds>,
                    "what is awaited says so without captures; see await(Holds, Argument)");
      return await([](Value value, char) { return Holds{}(value); }, char{}, o, where);
    }
    template <class Holds, class Argument>
    Value await(Holds, Argument argument, order o, where_t where = where_t::current()) const {
      static_assert(std::is_empty_v<Holds>);
      checker::operation next = asked(o, where);
      next.kind = checker::event_kind::read;
      next.until = checker::await::predicate;
      next.operand = checker_detail::packed(argument);
      next.lets_go = [](const checker::value& read, const checker::value& with) {
        return Holds{}(checker_detail::unpacked<Value>(read),
                       checker_detail::unpacked<Argument>(with));
      };
      return checker_detail::unpacked<Value>(checker_detail::perform(next));
    }

   private:
    friend struct checker_sync;
    checker::operation asked(order o, const where_t& where) const {
      checker_detail::run().check_alive(where_, this, sizeof(Value), where);
      checker::operation next;
      next.where = where_;
      next.size = sizeof(Value);
      next.how = checker_detail::access_of(o);
      next.how_if_done = next.how;
      next.line = where;
      return next;
    }
    Value change(checker::update then, Value value, order o, const where_t& where) {
      checker::operation next = asked(o, where);
      next.kind = checker::event_kind::read;
      next.then = then;
      next.operand = checker_detail::packed(value);
      return checker_detail::unpacked<Value>(checker_detail::perform(next));
    }
    bool replace(checker::update then, Value& expected, Value desired, order success, order failure,
                 const where_t& where) {
      checker::operation next = asked(success, where);
      next.kind = checker::event_kind::read;
      next.then = then;
      next.how_if_failed = checker_detail::access_of(failure);
      next.operand = checker_detail::packed(desired);
      next.expected = checker_detail::packed(expected);
      checker::execution& run = checker_detail::run();
      next.spurious_left = run.may_be_spurious();
      const checker::value seen = checker_detail::perform(next);
      if (next.pick != 0) {
        run.was_spurious();
      }
      if (!next.exclusive) {
        expected = checker_detail::unpacked<Value>(seen);
      }
      return next.exclusive;
    }

    checker::location where_;
    checker::location sleepers_ = 0;
  };
  template <class Value>
  using atomic = atomic_of<Value, std::is_same_v<Value, std::uint32_t>>;

  static void fence(order o, where_t where = where_t::current()) {
    fence(o, checker::fence_reach::full, where);
  }
  static void light_fence(order o, where_t where = where_t::current()) {
    fence(o, checker::fence_reach::light, where);
  }
  static void heavy_fence(order o, where_t where = where_t::current()) {
    fence(o, checker::fence_reach::heavy, where);
  }

  class condition_variable;

  class mutex {
   public:
    mutex(where_t where = where_t::current()) noexcept
        : where_(checker_detail::run().make(checker::execution::thing::mutex, this, 1, {}, where)) {
    }
    mutex(const mutex&) = delete;
    mutex& operator=(const mutex&) = delete;
    ~mutex() { checker_detail::run().destroy(where_, this, where_t::current()); }

    void lock(where_t where = where_t::current()) {
      checker::execution& run = checker_detail::run();
      checker::operation next = asked(where);
      if (run.holder(where_) == run.self()) {
        run.fail("recursive lock", "thread " + std::to_string(run.self()) + " locks " +
                                       run.name_of(where_) + " at " + checker::short_line(where) +
                                       " and holds it");
      }
      next.then = checker::update::lock;
      next.until = checker::await::free_mutex;
      run.perform(next);
      run.holder(where_) = run.self();
    }
    try_lock_status try_lock(where_t where = where_t::current()) {
      checker::execution& run = checker_detail::run();
      checker::operation next = asked(where);
      next.then = checker::update::compare_exchange;
      run.perform(next);
      if (!next.exclusive) {
        return try_lock_status::busy;
      }
      run.holder(where_) = run.self();
      return try_lock_status::locked;
    }
    void unlock(where_t where = where_t::current()) {
      checker::execution& run = checker_detail::run();
      checker::operation next = asked(where);
      if (run.holder(where_) != run.self()) {
        run.fail("unlock of a mutex not held", "thread " + std::to_string(run.self()) +
                                                   " unlocks " + run.name_of(where_) + " at " +
                                                   checker::short_line(where));
      }
      next.kind = checker::event_kind::write;
      next.how = checker::access::release;
      run.holder(where_) = checker::no_thread;
      run.perform(next);
    }

   private:
    friend class condition_variable;

    checker::operation asked(const where_t& where) const {
      checker::execution& run = checker_detail::run();
      run.check_alive(where_, this, 1, where);
      checker::operation next;
      next.kind = checker::event_kind::read;
      next.where = where_;
      next.size = 1;
      next.how = next.how_if_done = checker::access::acquire;
      next.operand.low = 1 + run.self();
      next.line = where;
      return next;
    }

    checker::location where_;
  };

  class condition_variable {
   public:
    condition_variable(where_t where = where_t::current()) noexcept
        : where_(checker_detail::run().make(checker::execution::thing::condition_variable, this, 16,
                                            {}, where)) {}
    condition_variable(const condition_variable&) = delete;
    condition_variable& operator=(const condition_variable&) = delete;
    ~condition_variable() { checker_detail::run().destroy(where_, this, where_t::current()); }

    void wait(mutex& held, where_t where = where_t::current()) {
      checker::execution& run = begin(held, where);
      if (run.may_be_spurious() && run.choose(2, where) == 1) {
        run.was_spurious();
        held.unlock(where);
      } else {
        sleep(held, false, where);
      }
      held.lock(where);
    }
    wait_status wait_until(mutex& held, deadline until, where_t where = where_t::current()) {
      checker::execution& run = begin(held, where);
      if (clock::now() >= until) {
        return wait_status::timed_out;
      }
      const std::int64_t end = until.time_since_epoch().count();
      const wait_status status = timed(run, end, where, [&](bool sleeps) {
        if (sleeps) {
          sleep(held, true, where);
        } else {
          held.unlock(where);
        }
      });
      held.lock(where);
      return status;
    }
    void notify_one(where_t where = where_t::current()) { wake(false, where); }
    void notify_all(where_t where = where_t::current()) { wake(true, where); }

   private:
    checker::execution& begin(mutex& held, const where_t& where) {
      checker::execution& run = checker_detail::run();
      run.check_alive(where_, this, 16, where);
      run.check_alive(held.where_, &held, 1, where);
      if (run.holder(held.where_) != run.self()) {
        run.fail("wait without the mutex", "thread " + std::to_string(run.self()) + " waits on " +
                                               run.name_of(where_) + " at " +
                                               checker::short_line(where) + " and does not hold " +
                                               run.name_of(held.where_));
      }
      return run;
    }
    void sleep(mutex& held, bool timed, const where_t& where) {
      const checker_detail::sleepers all(where_);
      all.enter(0, where);
      held.unlock(where);
      all.sleep(timed, where);
    }
    void wake(bool all, const where_t& where) {
      checker_detail::run().check_alive(where_, this, 16, where);
      checker_detail::sleepers(where_).wake(all, false, where);
    }

    checker::location where_;
  };

  class thread {
   public:
    thread() = default;
    template <class Body>
    explicit thread(Body body, where_t where = where_t::current()) {
      checker::execution& run = checker_detail::run();
      if constexpr (std::is_trivially_copyable_v<Body> && sizeof(Body) <= 2 * sizeof(void*)) {
        index_ = run.create(std::move(body), where);
      } else {
        void* memory = run.allocate(sizeof(Body), alignof(Body), where);
        auto* its = new (memory) Body(std::move(body));
        index_ = run.create(
            [its] {
              (*its)();
              its->~Body();
              checker_detail::run().deallocate(its, where_t::current());
            },
            where);
      }
    }
    thread(thread&& other) noexcept : index_(std::exchange(other.index_, nobody)) {}
    thread& operator=(thread&& other) noexcept {
      std::swap(index_, other.index_);
      return *this;
    }
    ~thread() {
      if (joinable()) {
        checker_detail::run().fail("thread not joined",
                                   "a thread object goes while its thread may run");
      }
    }
    void join(where_t where = where_t::current()) {
      if (!joinable()) {
        checker_detail::run().fail("misuse",
                                   "a join without a thread at " + checker::short_line(where));
      }
      checker_detail::run().join(index_, where);
      index_ = nobody;
    }
    [[nodiscard]] bool joinable() const noexcept { return index_ != nobody; }

   private:
    static constexpr checker::thread_index nobody = checker::no_thread;

    checker::thread_index index_ = nobody;
  };

  /// Simulated threads share the OS thread, and with it native thread_locals.
  template <class Value, class Tag>
  struct thread_slot {
    static Value& get() {
      static std::deque<slot> slots;  // they stay where they are
      checker::execution& run = checker_detail::run();
      if (run.self() >= slots.size()) {
        slots.resize(run.self() + std::size_t{1});
      }
      slot& mine = slots[run.self()];
      if (mine.run != run.number()) {
        mine = {run.number(), Value{}};
      }
      return mine.value;
    }

   private:
    struct slot {
      std::uint64_t run = 0;
      Value value{};
    };
  };

  template <class Value>
  class var {
   public:
    var() noexcept { checker_detail::run().plain_made(watched_); }
    explicit var(Value value) noexcept : value_(std::move(value)) {
      checker_detail::run().plain_made(watched_);
    }
    var(const var&) = delete;
    var& operator=(const var&) = delete;
    ~var() { checker_detail::run().plain_destroyed(watched_, where_t::current()); }

    [[nodiscard]] const Value& read(where_t where = where_t::current()) const {
      checker_detail::run().plain_read(watched_, where);
      return value_;
    }
    [[nodiscard]] Value& write(where_t where = where_t::current()) {
      checker_detail::run().plain_write(watched_, where);
      return value_;
    }

   private:
    friend struct checker_sync;

    Value value_{};
    checker::shadow watched_;
  };

  static void pause(where_t where = where_t::current()) { checker_detail::run().pause(where); }
  static void yield(where_t where = where_t::current()) { pause(where); }

  template <class Value>
  static void wait(const atomic_of<Value, true>& word, std::type_identity_t<Value> expected,
                   where_t where = where_t::current()) {
    checker::execution& run = checker_detail::run();
    if (run.may_be_spurious() && run.choose(2, where) == 1) {
      run.was_spurious();
      return;
    }
    sleep(word, expected, false, where);
  }
  template <class Value>
  static wait_status wait_until(const atomic_of<Value, true>& word,
                                std::type_identity_t<Value> expected, deadline until,
                                where_t where = where_t::current()) {
    checker::execution& run = checker_detail::run();
    if (clock::now() >= until) {
      return wait_status::timed_out;
    }
    return timed(run, until.time_since_epoch().count(), where, [&](bool sleeps) {
      if (sleeps) {
        sleep(word, expected, true, where);
      }
    });
  }
  template <class Value>
  static void notify_one(const atomic_of<Value, true>& word, where_t where = where_t::current()) {
    checker_detail::sleepers(word.sleepers_).wake(false, true, where);
  }
  template <class Value>
  static void notify_all(const atomic_of<Value, true>& word, where_t where = where_t::current()) {
    checker_detail::sleepers(word.sleepers_).wake(true, true, where);
  }

  static std::uint64_t random(where_t where = where_t::current()) {
    // A choice of the search, from few enough to be searched.
    return checker_detail::run().choose(4, where);
  }

  static void* allocate(std::size_t bytes, std::size_t align, where_t where = where_t::current()) {
    return checker_detail::run().allocate(bytes, align, where);
  }
  static void deallocate(void* memory, std::size_t, std::size_t,
                         where_t where = where_t::current()) {
    checker_detail::run().deallocate(memory, where);
  }

  static constexpr unsigned cores() noexcept { return 2; }

  static bool step(where_t where = where_t::current()) {
    return !checker::detail::campaign_is_on || checker::detail::is_done(where);
  }

  static void assert_that(bool condition, const char* text, where_t where = where_t::current()) {
    if (!condition) [[unlikely]] {
      checker_detail::run().fail("assertion failed",
                                 std::string(text) + ", at " + checker::short_line(where));
    }
  }

  template <class Object>
  static void name(const Object& object, const char* text) {
    checker_detail::run().name(&object, text);
  }
  template <class Value>
  static void name(const var<Value>& object, const char* text) {
    checker_detail::run().name(&object.watched_, text);
  }

  /// One of `count` ways, each of which is explored.
  static std::uint32_t choose(std::uint32_t count, where_t where = where_t::current()) {
    return checker_detail::run().choose(count, where);
  }
  /// A goal: a search in which this never held, at any such call, proves little.
  static void sometimes(bool condition, const char* goal) {
    checker_detail::run().sometimes(condition, goal);
  }
  /// Explores only executions in which this holds.
  static void assume(bool condition) {
    if (!condition) {
      checker_detail::run().abandon();
    }
  }

 private:
  // How a timed wait ends: woken, though it may say otherwise; not woken at all;
  // for no reason.
  template <class Sleep>
  static wait_status timed(checker::execution& run, std::int64_t end, const where_t& where,
                           Sleep sleep) {
    switch (run.choose_until(run.may_be_spurious() ? 3 : 2, 1, end, where)) {
      case 0:
        sleep(true);
        return run.choose_until(2, 1, end, where) == 0 ? wait_status::woken
                                                       : wait_status::timed_out;
      case 1: sleep(false); return wait_status::timed_out;
      default:
        run.was_spurious();
        sleep(false);
        return wait_status::woken;
    }
  }

  template <class Value>
  static bool holds(const atomic_of<Value, true>& word, Value expected, const where_t& where) {
    const Value seen = word.load(order::relaxed, where);  // relaxed: as a futex looks
    return checker_detail::packed(seen) == checker_detail::packed(expected);
  }
  static void fence(order o, checker::fence_reach reach, where_t where) {
    checker::operation next;
    next.kind = checker::event_kind::fence;
    next.how = checker_detail::access_of(o);
    next.reach = reach;
    next.line = where;
    checker_detail::perform(next);
  }

  template <class Value>
  static void sleep(const atomic_of<Value, true>& word, Value expected, bool timed,
                    const where_t& where) {
    if (holds(word, expected, where)) {
      const checker_detail::sleepers all(word.sleepers_);
      all.enter(1 + std::uint64_t{word.where_}, where);
      all.sleep(timed, where);
    }
  }
};

static_assert(sync_policy<checker_sync>);

}  // namespace handfast
