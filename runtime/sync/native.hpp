// The shipped policy: the machine's own threads, locks and clock.
//
// Aliases and inline functions only; `ci/lints/codegen.py` compares the code
// generated through it with the same path written by hand on std::atomic.
#pragma once

#include <handfast/sync/policy.hpp>
#include <handfast/sync/random_stream.hpp>
#include <handfast/sync/word_mutex.hpp>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <memory>
#include <new>
#include <random>
#include <thread>
#include <utility>

#include <linux/futex.h>
#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <ctime>

namespace handfast {

namespace detail {

/// What `native` has that its locks are made of.
struct native_words {
  using clock = std::chrono::steady_clock;
  using deadline = clock::time_point;

  struct limits {
    static constexpr std::size_t items_per_lock = 256;
    // Some microseconds: a tenth of what it costs to wake a thread on another core.
    static constexpr std::size_t pauses_before_sleep = 256;
    static constexpr std::int64_t nanoseconds_awake = 8000;
    static constexpr std::size_t pauses_after_loss = 64;
    static constexpr std::int64_t nanoseconds_apart = 1000;
    static constexpr std::int64_t nanoseconds_of_slack = 50'000;
    static constexpr std::int64_t nanoseconds_to_move = 50'000;
    static constexpr bool stacks_go_aside = true;
    static constexpr std::size_t segment_items = 63;
    static constexpr std::size_t cache_line = 64;
  };

  template <class Value>
  class atomic {
   public:
    constexpr explicit atomic(Value value = Value{}) noexcept : value_(value) {}
    atomic(const atomic&) = delete;
    atomic& operator=(const atomic&) = delete;

    [[nodiscard]] Value load(order o) const noexcept { return value_.load(o); }
    void store(Value value, order o) noexcept { value_.store(value, o); }
    Value exchange(Value value, order o) noexcept { return value_.exchange(value, o); }
    bool compare_exchange_strong(Value& expected, Value desired, order success,
                                 order failure) noexcept {
      return value_.compare_exchange_strong(expected, desired, success, failure);
    }
    bool compare_exchange_weak(Value& expected, Value desired, order success,
                               order failure) noexcept {
      return value_.compare_exchange_weak(expected, desired, success, failure);
    }
    Value fetch_add(Value value, order o) noexcept { return value_.fetch_add(value, o); }
    Value fetch_sub(Value value, order o) noexcept { return value_.fetch_sub(value, o); }
    Value fetch_and(Value value, order o) noexcept { return value_.fetch_and(value, o); }
    Value fetch_or(Value value, order o) noexcept { return value_.fetch_or(value, o); }
    Value fetch_xor(Value value, order o) noexcept { return value_.fetch_xor(value, o); }

   private:
    std::atomic<Value> value_;
  };

  static void pause(std::source_location = std::source_location::current()) noexcept {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    asm volatile("isb" ::: "memory");
#endif
  }

  static void wait(const atomic<std::uint32_t>& word, std::uint32_t expected,
                   std::source_location = std::source_location::current()) noexcept {
    futex(word, FUTEX_WAIT_BITSET_PRIVATE, expected, nullptr);
  }
  static wait_status wait_until(const atomic<std::uint32_t>& word, std::uint32_t expected,
                                deadline until,
                                std::source_location = std::source_location::current()) noexcept {
    const auto since_boot = until.time_since_epoch();
    const auto seconds = std::chrono::floor<std::chrono::seconds>(since_boot);
    if (seconds.count() < 0) {
      return wait_status::timed_out;  // the kernel refuses times before boot
    }
    const timespec absolute{
        static_cast<time_t>(seconds.count()),
        static_cast<long>(
            std::chrono::duration_cast<std::chrono::nanoseconds>(since_boot - seconds).count())};
    futex(word, FUTEX_WAIT_BITSET_PRIVATE, expected, &absolute);
    return clock::now() >= until ? wait_status::timed_out : wait_status::woken;
  }
  static void notify_one(const atomic<std::uint32_t>& word,
                         std::source_location = std::source_location::current()) noexcept {
    futex(word, FUTEX_WAKE_PRIVATE, 1, nullptr);
  }
  static void notify_all(const atomic<std::uint32_t>& word,
                         std::source_location = std::source_location::current()) noexcept {
    futex(word, FUTEX_WAKE_PRIVATE, std::numeric_limits<int>::max(), nullptr);
  }

 private:
  static_assert(sizeof(atomic<std::uint32_t>) == sizeof(std::uint32_t),
                "a futex word is exactly 32 bits");

  template <class Argument>
  static void futex(const atomic<std::uint32_t>& word, int operation, Argument argument,
                    const timespec* absolute) noexcept {
    // The kernel takes the word's address; whether it slept, was woken or
    // found another value, the caller looks again.
    ::syscall(SYS_futex, std::addressof(word), operation, argument, absolute, nullptr,
              FUTEX_BITSET_MATCH_ANY);
  }
};

}  // namespace detail

/// Real threads. Costs nothing over the standard library and the futex call.
struct native : detail::native_words {
  static void fence(order o) noexcept { std::atomic_thread_fence(o); }

  /// Kept from being moved by the compiler; the kernel does the rest for who is heavy.
  static void light_fence(order o) noexcept {
    if (others_can_be_fenced) [[likely]] {
      std::atomic_signal_fence(o);
    } else {
      std::atomic_thread_fence(o);
    }
  }
  /// Runs a full fence on every core that runs a thread of this process.
  static void heavy_fence(order o) noexcept {
    std::atomic_thread_fence(o);
    if (others_can_be_fenced) [[likely]] {
      ::syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0);
    }
  }

  class condition_variable;

  class mutex {
   public:
    void lock(std::source_location = std::source_location::current()) noexcept { mutex_.lock(); }
    try_lock_status try_lock(std::source_location = std::source_location::current()) noexcept {
      return mutex_.try_lock() ? try_lock_status::locked : try_lock_status::busy;
    }
    void unlock(std::source_location = std::source_location::current()) noexcept {
      mutex_.unlock();
    }

   private:
    friend class condition_variable;
    word_mutex<detail::native_words> mutex_;
  };

  class condition_variable {
   public:
    void wait(mutex& held, std::source_location = std::source_location::current()) noexcept {
      condition_.wait(held.mutex_);
    }
    wait_status wait_until(mutex& held, deadline until,
                           std::source_location = std::source_location::current()) noexcept {
      return condition_.wait_until(held.mutex_, until);
    }
    void notify_one(std::source_location = std::source_location::current()) noexcept {
      condition_.notify_one();
    }
    void notify_all(std::source_location = std::source_location::current()) noexcept {
      condition_.notify_all();
    }

   private:
    word_condition<detail::native_words> condition_;
  };

  using thread = std::thread;

  template <class Value, class Tag>
  struct thread_slot {
    static Value& get() {
      thread_local Value value{};
      return value;
    }
  };

  template <class Value>
  class var {
   public:
    constexpr var() = default;
    constexpr explicit var(Value value) noexcept : value_(std::move(value)) {}

    [[nodiscard]] constexpr const Value& read(
        std::source_location = std::source_location::current()) const noexcept {
      return value_;
    }
    [[nodiscard]] constexpr Value& write(
        std::source_location = std::source_location::current()) noexcept {
      return value_;
    }

   private:
    Value value_{};
  };

  static void yield(std::source_location = std::source_location::current()) noexcept {
    std::this_thread::yield();
  }

  /// The deadline that long from now; the last there is where that overflows.
  static deadline deadline_in(std::uint64_t nanoseconds) noexcept {
    const deadline now = clock::now();
    const auto left = static_cast<std::uint64_t>((deadline::max() - now).count());
    return nanoseconds >= left ? deadline::max()
                               : now + clock::duration(static_cast<clock::rep>(nanoseconds));
  }

  // Of the calling thread's stream. Not inlined: the caller may go on elsewhere (host.hpp), and
  // take another thread's for its own.
  [[gnu::noinline]] static std::uint64_t random() {
    thread_local random_stream numbers = [] {
      std::random_device seed;
      return random_stream((std::uint64_t{seed()} << 32U) | seed());
    }();
    return numbers.next();
  }

  static void* allocate(std::size_t bytes, std::size_t align) noexcept {
    // What every allocation is aligned to comes faster where nobody asks for it.
    return align <= __STDCPP_DEFAULT_NEW_ALIGNMENT__
               ? ::operator new(bytes, std::nothrow)
               : ::operator new(bytes, std::align_val_t{align}, std::nothrow);
  }
  static void deallocate(void* memory, std::size_t bytes, std::size_t align) noexcept {
    if (align <= __STDCPP_DEFAULT_NEW_ALIGNMENT__) {
      ::operator delete(memory, bytes);
    } else {
      ::operator delete(memory, bytes, std::align_val_t{align});
    }
  }

  static unsigned cores() noexcept { return std::max(1U, std::thread::hardware_concurrency()); }

  static constexpr bool step(std::source_location = std::source_location::current()) noexcept {
    return true;
  }

  static void assert_that(bool condition, const char* text,
                          std::source_location where = std::source_location::current()) noexcept {
    if (!condition) [[unlikely]] {
      std::fprintf(stderr, "handfast: %s (%s:%u)\n", text, where.file_name(),
                   static_cast<unsigned>(where.line()));
      std::abort();
    }
  }

  template <class Object>
  static constexpr void name(const Object&, const char*) noexcept {}

 private:
  // Whether the kernel has membarrier (Linux 4.14), and lets us. Until it is known, both
  // fences are full ones.
  static inline const bool others_can_be_fenced =
      ::syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0) == 0;
};

static_assert(sync_policy<native>);

}  // namespace handfast
