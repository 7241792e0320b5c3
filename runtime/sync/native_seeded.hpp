// Real threads, disturbed from a seed: for stress runs and soaks.
//
// Before every operation a thread may spin or yield, as its own random stream
// says, so that rare interleavings become common ones. Where the contract lets
// an implementation misbehave, this one does: waits end for no reason, weak
// compare-exchanges and try_locks fail for no reason, a timed wait that was
// notified still says `timed_out`. Time is virtual and deadlocks are seen at
// once: see seeded_world.hpp.
//
// A seed fixes each thread's delays and choices, not how the machine interleaves
// the threads.
#pragma once

#include <handfast/sync/native.hpp>
#include <handfast/sync/seeded_world.hpp>

#include <chrono>
#include <cstring>
#include <memory>
#include <optional>
#include <thread>
#include <utility>

namespace handfast {

/// `native` with seeded delays, yields and permitted misbehaviour. Used inside
/// the life of one `native_seeded::run`, by its thread and threads it makes.
struct native_seeded {
  struct limits {
    static constexpr std::size_t items_per_lock = 3;
    static constexpr std::size_t pauses_before_sleep = 2;
    static constexpr std::int64_t nanoseconds_awake = 0;
    static constexpr std::size_t pauses_after_loss = 1;
    static constexpr std::int64_t nanoseconds_apart = 0;
    static constexpr std::int64_t nanoseconds_of_slack = 0;
    static constexpr std::int64_t nanoseconds_to_move = 0;
    static constexpr bool stacks_go_aside = false;
    static constexpr std::size_t segment_items = 3;
    static constexpr std::size_t cache_line = native::limits::cache_line;
  };

  /// Virtual time: it passes when a timed wait ends.
  struct clock {
    using duration = std::chrono::nanoseconds;
    using rep = duration::rep;
    using period = duration::period;
    using time_point = std::chrono::time_point<clock>;
    static constexpr bool is_steady = true;
    static time_point now() {
      disturb();
      return time_point(seeded::world::get().now());
    }
  };
  using deadline = clock::time_point;

  /// One run: from a seed, on the calling thread and the threads it makes.
  class run {
   public:
    explicit run(std::uint64_t seed, seeded::failure_handler handler = nullptr)
        : main_("thread main", seed) {
      seeded::world::get().begin(main_, std::move(handler));
    }
    run(const run&) = delete;
    run& operator=(const run&) = delete;
    ~run() { seeded::world::get().end(); }

   private:
    seeded::thread_state main_;
  };

  template <class Value>
  class atomic {
   public:
    constexpr explicit atomic(Value value = Value{}) noexcept : value_(value) {}

    [[nodiscard]] Value load(order o) const noexcept { return disturbed(value_).load(o); }
    void store(Value value, order o) noexcept { disturbed(value_).store(value, o); }
    Value exchange(Value value, order o) noexcept { return disturbed(value_).exchange(value, o); }
    bool compare_exchange_strong(Value& expected, Value desired, order success,
                                 order failure) noexcept {
      return disturbed(value_).compare_exchange_strong(expected, desired, success, failure);
    }
    bool compare_exchange_weak(Value& expected, Value desired, order success,
                               order failure) noexcept {
      if (misbehaves()) {
        expected = value_.load(failure);
        return false;
      }
      return disturbed(value_).compare_exchange_weak(expected, desired, success, failure);
    }
    Value fetch_add(Value value, order o) noexcept { return disturbed(value_).fetch_add(value, o); }
    Value fetch_sub(Value value, order o) noexcept { return disturbed(value_).fetch_sub(value, o); }
    Value fetch_and(Value value, order o) noexcept { return disturbed(value_).fetch_and(value, o); }
    Value fetch_or(Value value, order o) noexcept { return disturbed(value_).fetch_or(value, o); }
    Value fetch_xor(Value value, order o) noexcept { return disturbed(value_).fetch_xor(value, o); }

   private:
    native::atomic<Value> value_;
  };

  static void fence(order o) noexcept {
    disturb();
    native::fence(o);
  }
  static void light_fence(order o) noexcept {
    disturb();
    native::light_fence(o);
  }
  static void heavy_fence(order o) noexcept {
    disturb();
    native::heavy_fence(o);
  }

  class condition_variable;

  class mutex {
   public:
    void lock(std::source_location where = std::source_location::current()) {
      disturb();
      if (holder_.load(order::relaxed) == &self()) {
        misused("a mutex was locked again by its holder", where);
      }
      mutex_.lock();
      holder_.store(&self(), order::relaxed);
    }
    try_lock_status try_lock(std::source_location = std::source_location::current()) {
      disturb();
      if (misbehaves() || mutex_.try_lock() == try_lock_status::busy) {
        return try_lock_status::busy;
      }
      holder_.store(&self(), order::relaxed);
      return try_lock_status::locked;
    }
    void unlock(std::source_location where = std::source_location::current()) {
      require_held("a mutex was unlocked by a thread that does not hold it", where);
      disturb();
      holder_.store(nullptr, order::relaxed);
      mutex_.unlock();
      disturb();
    }

   private:
    friend class condition_variable;

    void require_held(const char* text, std::source_location where) const {
      if (holder_.load(order::relaxed) != &self()) {
        misused(text, where);
      }
    }

    native::mutex mutex_;
    // Relaxed throughout: a thread only asks whether it is itself the holder.
    native::atomic<const seeded::thread_state*> holder_{nullptr};
  };

  class condition_variable {
   public:
    condition_variable() = default;
    condition_variable(const condition_variable&) = delete;
    condition_variable& operator=(const condition_variable&) = delete;
    ~condition_variable() {
      if (seeded::world::get().anyone_sleeps_on(this)) {
        misused("a condition variable was destroyed while a thread waits on it",
                std::source_location::current());
      }
    }

    void wait(mutex& held, std::source_location where = std::source_location::current()) {
      std::ignore = sleep(held, seeded::world::no_deadline, where);
    }
    wait_status wait_until(mutex& held, deadline until,
                           std::source_location where = std::source_location::current()) {
      return sleep(held, until.time_since_epoch(), where);
    }
    void notify_one(std::source_location = std::source_location::current()) {
      disturb();
      seeded::world::get().wake_one(this);
    }
    void notify_all(std::source_location = std::source_location::current()) {
      disturb();
      seeded::world::get().wake_all(this);
    }

   private:
    wait_status sleep(mutex& held, seeded::world::time until, std::source_location where) {
      held.require_held("a wait without holding the mutex", where);
      const bool for_no_reason = misbehaves();
      const wait_status status = timed(until, [&] {
        return seeded::world::get().sleep(this, where, until, [&] {
          held.holder_.store(nullptr, order::relaxed);
          held.mutex_.unlock();
          return !for_no_reason;
        });
      });
      if (held.holder_.load(order::relaxed) == &self()) {
        held.unlock(where);  // it did not sleep, and others still get their chance
      }
      held.lock(where);
      return status;
    }
  };

  class thread {
   public:
    thread() = default;
    template <class Body>
    explicit thread(Body body) : end_(std::make_unique<char>()) {
      seeded::thread_state& parent = self();
      const std::string name = parent.name + "." + std::to_string(parent.children++);
      auto& world = seeded::world::get();
      world.thread_created();
      thread_ = std::thread([body = std::move(body), name, seed = parent.random.next(), &world,
                             end = end_.get()]() mutable {
        seeded::thread_state state(name, seed);
        seeded::world::thread_started(state);
        disturb();
        {
          Body mine = std::move(body);  // what it holds is gone when the thread ends
          mine();
        }
        world.thread_ended(end);
      });
    }

    void join(std::source_location where = std::source_location::current()) {
      seeded::world::get().join(end_.get(), where);
      thread_.join();
    }
    [[nodiscard]] bool joinable() const noexcept { return thread_.joinable(); }

   private:
    std::unique_ptr<char> end_;  // its address stands for the thread's end
    std::thread thread_;
  };

  template <class Value, class Tag>
  using thread_slot = native::thread_slot<Value, Tag>;

  template <class Value>
  class var {
   public:
    constexpr var() = default;
    constexpr explicit var(Value value) noexcept : value_(std::move(value)) {}

    [[nodiscard]] const Value& read(
        std::source_location = std::source_location::current()) const noexcept {
      return disturbed(value_).read();
    }
    [[nodiscard]] Value& write(std::source_location = std::source_location::current()) noexcept {
      return disturbed(value_).write();
    }

   private:
    native::var<Value> value_;
  };

  static void pause(std::source_location = std::source_location::current()) noexcept {
    std::this_thread::yield();
  }
  static void yield(std::source_location = std::source_location::current()) noexcept {
    std::this_thread::yield();
  }

  static void wait(const atomic<std::uint32_t>& word, std::uint32_t expected,
                   std::source_location where = std::source_location::current()) {
    std::ignore = sleep_on(word, expected, seeded::world::no_deadline, where);
  }
  static wait_status wait_until(const atomic<std::uint32_t>& word, std::uint32_t expected,
                                deadline until,
                                std::source_location where = std::source_location::current()) {
    return sleep_on(word, expected, until.time_since_epoch(), where);
  }
  static void notify_one(const atomic<std::uint32_t>& word,
                         std::source_location = std::source_location::current()) {
    disturb();
    seeded::world::get().wake_one(&word);
  }
  static void notify_all(const atomic<std::uint32_t>& word,
                         std::source_location = std::source_location::current()) {
    disturb();
    seeded::world::get().wake_all(&word);
  }

  static std::uint64_t random() { return self().random.next(); }

  static void* allocate(std::size_t bytes, std::size_t align) noexcept {
    disturb();
    void* memory = native::allocate(bytes, align);
    if (memory != nullptr) {
      seeded::world::get().block_allocated();
    }
    return memory;
  }
  static void deallocate(void* memory, std::size_t bytes, std::size_t align) noexcept {
    disturb();
    seeded::world::get().block_freed();
    // Whoever still reads it reads nonsense, not what it was.
    std::memset(memory, 0xdd, bytes);
    native::deallocate(memory, bytes, align);
  }

  static constexpr unsigned cores() noexcept { return 2; }

  static constexpr bool step(std::source_location = std::source_location::current()) noexcept {
    return true;
  }

  static void assert_that(bool condition, const char* text,
                          std::source_location where = std::source_location::current()) {
    if (!condition) [[unlikely]] {
      fail("assertion", text, where);
    }
  }

  template <class Object>
  static void name(const Object& object, const char* text) {
    seeded::world::get().name(&object, text);
  }

 private:
  static seeded::thread_state& self() { return seeded::world::self(); }

  // Mostly nothing; now and then a yield or a short spin; rarely a long stretch
  // in which the others get far ahead.
  static void disturb() noexcept {
    const std::uint64_t dice = self().random.next();
    if ((dice & 15U) == 0) {
      std::this_thread::yield();
    } else if ((dice & 15U) == 1) {
      for (std::uint64_t rounds = (dice >> 8U) & 63U; rounds > 0; --rounds) {
        native::pause();
      }
    } else if ((dice & 0x3ffU) == 2) {
      for (std::uint64_t rounds = (dice >> 16U) & 31U; rounds > 0; --rounds) {
        std::this_thread::yield();
      }
    }
  }

  template <class Object>
  static Object& disturbed(Object& object) noexcept {
    disturb();
    return object;
  }

  static bool misbehaves() noexcept { return self().random.one_in(8); }

  // A timed wait: over at once if its deadline is past or its thread's seed says
  // that it passes now; and it may say `timed_out` although it was woken.
  template <class Sleep>
  static wait_status timed(seeded::world::time until, Sleep sleep) {
    auto& world = seeded::world::get();
    if (until == seeded::world::no_deadline) {
      return sleep();
    }
    if (world.now() >= until) {
      return wait_status::timed_out;
    }
    wait_status status = wait_status::timed_out;
    if (!self().random.one_in(4)) {
      status = sleep();
    }
    if (status == wait_status::woken && self().random.one_in(4)) {
      status = wait_status::timed_out;
    }
    if (status == wait_status::timed_out) {
      world.advance_to(until);
    }
    return status;
  }

  static wait_status sleep_on(const atomic<std::uint32_t>& word, std::uint32_t expected,
                              seeded::world::time until, std::source_location where) {
    if (misbehaves()) {
      return wait_status::woken;
    }
    return timed(until, [&] {
      return seeded::world::get().sleep(&word, where, until, [&] {
        // relaxed: whoever changes the word notifies afterwards, through the lock
        // of the world that is held here.
        return word.load(order::relaxed) == expected;
      });
    });
  }

  [[noreturn]] static void misused(const char* text, std::source_location where) {
    fail("misuse", text, where);
  }

  [[noreturn]] static void fail(const char* kind, const char* text, std::source_location where) {
    seeded::world::get().fail(kind, std::string(text) + "\n  in " + self().name + ", " +
                                        where.file_name() + ":" + std::to_string(where.line()));
  }
};

static_assert(sync_policy<native_seeded>);

}  // namespace handfast
