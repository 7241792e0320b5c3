// One seeded bug for each thing that an engine claims to detect: the engine must
// find it, and call it by its name. Run by CTest, never listed as scenarios.
#pragma once

#include <handfast/sync/lock_guard.hpp>

#include <array>
#include <memory>
#include <stdexcept>
#include <string_view>

#include "models/scenarios/scenario.hpp"

namespace handfast::wrong {

template <class Sync>
struct relaxed_message_passing {
  static constexpr std::string_view claim = "a relaxed store publishes nothing";
  static constexpr unsigned threads = 2;

  void thread(unsigned index) {
    if (index == 0) {
      data.write() = 42;
      flag.store(1, order::relaxed);              // relaxed: wrong on purpose
    } else if (flag.load(order::acquire) == 1) {  // [message_passing.flag] acquire: has no partner
      Sync::assert_that(data.read() == 42, "the data came with the flag");
    }
  }
  void finish() {}

  typename Sync::template var<int> data;
  typename Sync::template atomic<std::uint32_t> flag;
};

template <class Sync>
struct weak_store_buffering {
  static constexpr std::string_view claim = "release and acquire do not forbid store buffering";
  static constexpr unsigned threads = 2;

  void thread(unsigned index) {
    // [store_buffering.looked] release, acquire: wrong on purpose, seq_cst is needed.
    word[index].store(1, order::release);
    saw[index] = word[1 - index].load(order::acquire) == 1;
  }
  void finish() { Sync::assert_that(saw[0] || saw[1], "neither saw the other"); }

  std::array<typename Sync::template atomic<std::uint32_t>, 2> word;
  std::array<bool, 2> saw{};
};

template <class Sync>
struct unlocked_count {
  static constexpr std::string_view claim = "two threads count without a lock";
  static constexpr unsigned threads = 2;

  void thread(unsigned) { count.write() += 1; }
  void finish() {}

  typename Sync::template var<int> count;
};

template <class Sync>
struct opposite_lock_orders {
  static constexpr std::string_view claim = "two threads take two locks in opposite orders";
  static constexpr unsigned threads = 2;

  void thread(unsigned index) {
    const lock_guard<Sync> first(mutex[index]);
    const lock_guard<Sync> second(mutex[1 - index]);
  }
  void finish() {}

  std::array<typename Sync::mutex, 2> mutex;
};

template <class Sync>
struct forgotten_notify {
  static constexpr std::string_view claim = "nobody notifies the waiter";
  static constexpr unsigned threads = 2;

  void thread(unsigned index) {
    const lock_guard<Sync> lock(mutex);
    if (index == 1) {
      ready.write() = true;
    }
    while (!ready.read()) {
      condition.wait(mutex);
    }
  }
  void finish() {}

  typename Sync::mutex mutex;
  typename Sync::condition_variable condition;
  typename Sync::template var<bool> ready;
};

template <class Sync>
struct forgotten_futex_wake {
  static constexpr std::string_view claim = "the word changes and nobody wakes its sleeper";
  static constexpr unsigned threads = 2;

  void thread(unsigned index) {
    if (index == 1) {
      // [futex_hand_off.word] release: as in the right twin.
      word.store(1, order::release);
      return;
    }
    // [futex_hand_off.word] acquire: as in the right twin.
    while (word.load(order::acquire) == 0) {
      Sync::wait(word, 0);
    }
  }
  void finish() {}

  typename Sync::template atomic<std::uint32_t> word;
};

template <class Sync>
struct endless_spin {
  static constexpr std::string_view claim = "a thread waits for a word that nobody writes";
  static constexpr unsigned threads = 1;

  void thread(unsigned) {
    while (word.load(order::relaxed) == 0) {  // relaxed: no data follows
      Sync::pause();
    }
  }
  void finish() {}

  typename Sync::template atomic<std::uint32_t> word;
};

template <class Sync>
struct leaked_memory {
  static constexpr std::string_view claim = "memory is never freed";
  static constexpr unsigned threads = 1;

  void thread(unsigned) { std::ignore = Sync::allocate(16, 8); }
  void finish() {}
};

template <class Sync>
struct double_free {
  static constexpr std::string_view claim = "memory is freed twice";
  static constexpr unsigned threads = 1;

  void thread(unsigned) {
    void* memory = Sync::allocate(16, 8);
    Sync::deallocate(memory, 16, 8);
    Sync::deallocate(memory, 16, 8);
  }
  void finish() {}
};

template <class Sync>
struct use_after_free {
  static constexpr std::string_view claim = "plain data is read after its memory was freed";
  static constexpr unsigned threads = 1;

  void thread(unsigned) {
    using data = typename Sync::template var<int>;
    data* object = make_object<data, Sync>(1);
    const data& dangling = *object;
    destroy_object<data, Sync>(object);
    std::ignore = dangling.read();
  }
  void finish() {}
};

template <class Sync>
struct wait_without_lock {
  static constexpr std::string_view claim = "a thread waits without the lock";
  static constexpr unsigned threads = 1;

  void thread(unsigned) { condition.wait(mutex); }
  void finish() {}

  typename Sync::mutex mutex;
  typename Sync::condition_variable condition;
};

template <class Sync>
struct foreign_unlock {
  static constexpr std::string_view claim = "a thread unlocks what it did not lock";
  static constexpr unsigned threads = 1;

  void thread(unsigned) { mutex.unlock(); }
  void finish() {}

  typename Sync::mutex mutex;
};

template <class Sync>
struct recursive_lock {
  static constexpr std::string_view claim = "a thread locks what it holds";
  static constexpr unsigned threads = 1;

  void thread(unsigned) {
    const lock_guard<Sync> once(mutex);
    const lock_guard<Sync> twice(mutex);
  }
  void finish() {}

  typename Sync::mutex mutex;
};

template <class Sync>
struct destroyed_while_held {
  static constexpr std::string_view claim = "a mutex is destroyed while it is held";
  static constexpr unsigned threads = 1;

  void thread(unsigned) {
    typename Sync::mutex mutex;
    mutex.lock();
  }
  void finish() {}
};

template <class Sync>
struct destroyed_while_waited_on {
  static constexpr std::string_view claim =
      "a condition variable is destroyed while a thread waits on it";
  static constexpr unsigned threads = 2;

  void thread(unsigned index) {
    const lock_guard<Sync> lock(mutex);
    const bool second = waiting.read();
    waiting.write() = true;
    if (index == 0 && !second) {
      condition->wait(mutex);
    } else if (index == 1 && second) {
      condition.reset();
    }
  }
  void finish() {}

  typename Sync::mutex mutex;
  typename Sync::template var<bool> waiting;
  std::unique_ptr<typename Sync::condition_variable> condition =
      std::make_unique<typename Sync::condition_variable>();
};

template <class Sync>
struct nothing_to_explore {
  static constexpr std::string_view claim = "a test without an operation proves nothing";
  static constexpr unsigned threads = 2;

  void thread(unsigned) {}
  void finish() {}
};

// Bugs that only the checker tells by their names ---------------------------------

template <class Sync>
struct forgotten_wake_up {
  static constexpr std::string_view claim = "the notification comes before the waiter";
  static constexpr unsigned threads = 2;

  void thread(unsigned index) {
    if (index == 1) {
      ready.store(1, order::relaxed);  // relaxed: no data goes with it
      condition.notify_one();
    } else if (ready.load(order::relaxed) == 0) {  // relaxed: as above
      const lock_guard<Sync> lock(mutex);
      condition.wait(mutex);
    }
  }
  void finish() {}

  typename Sync::mutex mutex;
  typename Sync::condition_variable condition;
  typename Sync::template atomic<std::uint32_t> ready;
};

template <class Sync>
struct try_lock_taken_for_granted {
  static constexpr std::string_view claim = "a try_lock is taken for a lock";
  static constexpr unsigned threads = 2;

  void thread(unsigned index) {
    if (index == 0) {
      Sync::assert_that(mutex.try_lock() == try_lock_status::locked, "nobody else has the lock");
    } else {
      mutex.lock();
    }
    mutex.unlock();
  }
  void finish() {}

  typename Sync::mutex mutex;
};

template <class Sync>
struct uninitialised_atomic {
  static constexpr std::string_view claim = "an atomic is read that was never made";
  static constexpr unsigned threads = 1;

  void thread(unsigned) {
    using word = typename Sync::template atomic<std::uint64_t>;
    void* memory = Sync::allocate(sizeof(word), alignof(word));
    std::ignore = static_cast<word*>(memory)->load(order::relaxed);  // relaxed: it is alone
    Sync::deallocate(memory, sizeof(word), alignof(word));
  }
  void finish() {}
};

template <class Sync>
struct mixed_sizes {
  static constexpr std::string_view claim = "an atomic of eight bytes is read as one of two";
  static constexpr unsigned threads = 1;

  void thread(unsigned) {
    using half = typename Sync::template atomic<std::uint16_t>;
    void* address = &word;
    std::ignore = static_cast<half*>(address)->load(order::relaxed);  // relaxed: it is alone
  }
  void finish() {}

  typename Sync::template atomic<std::uint64_t> word;
};

template <class Sync>
struct escaped_exception {
  static constexpr std::string_view claim = "an exception leaves a thread";
  static constexpr unsigned threads = 1;

  void thread(unsigned) { throw std::runtime_error("nobody catches this"); }
  void finish() {}
};

template <class Sync>
struct non_deterministic_body {
  static constexpr std::string_view claim = "what a thread does hangs on what outlives the test";
  static constexpr unsigned threads = 2;

  void thread(unsigned index) {
    static unsigned calls = 0;
    word[index == 0 ? ++calls % 2 : 0].store(1, order::relaxed);  // relaxed: it is alone
    std::ignore = word[0].load(order::relaxed);                   // relaxed: it is alone
  }
  void finish() {}

  std::array<typename Sync::template atomic<std::uint64_t>, 2> word;
};

template <class Sync>
struct endless_loop {
  static constexpr std::string_view claim = "a loop without a pause waits for what does not come";
  static constexpr unsigned threads = 1;

  void thread(unsigned) {
    while (word.load(order::relaxed) == 0) {  // relaxed: no data follows
    }
  }
  void finish() {}

  typename Sync::template atomic<std::uint32_t> word;
};

template <class Sync>
struct null_dereference {
  static constexpr std::string_view claim = "a pointer is followed before it was set";
  static constexpr unsigned threads = 2;

  void thread(unsigned index) {
    if (index == 0) {
      set.store(1, order::release);  // [null_dereference.set] release: pairs with the load
    } else {
      // [null_dereference.set] acquire: it may not be there yet.
      const volatile int* there = table[set.load(order::acquire)];
      Sync::assert_that(*there == 7, "the number is there");
    }
  }
  void finish() {}

  int number = 7;
  std::array<int*, 2> table{nullptr, &number};
  typename Sync::template atomic<std::uint64_t> set;
};

template <class Sync>
struct bottomless_recursion {
  static constexpr std::string_view claim = "a thread has no end of stack";
  static constexpr unsigned threads = 1;

  void thread(unsigned) {
    word.store(1, order::relaxed);  // relaxed: it is alone
    Sync::assert_that(depth_below(word.load(order::relaxed)) != 0, "it is deep");  // as above
  }
  void finish() {}

 private:
  // NOLINTNEXTLINE(misc-no-recursion): wrong on purpose
  static std::uint64_t depth_below(std::uint64_t level) {
    volatile std::uint64_t here[64];
    here[level % 64] = level;
    return level == 0 ? 0 : depth_below(level + 1) + here[level % 64];
  }

  typename Sync::template atomic<std::uint64_t> word;
};

template <class Sync>
struct awaits_what_may_pass {
  static constexpr std::string_view claim =
      "who comes late waits for ever, though nobody need be late";
  static constexpr unsigned threads = 2;

  void thread(unsigned index) {
    if (index == 0) {
      (void)closed.await([](std::uint64_t value) { return value == 0; },
                         order::relaxed);  // relaxed: no data follows
    } else {
      closed.store(1, order::relaxed);  // relaxed: no data goes before
    }
  }
  void finish() {}

  typename Sync::template atomic<std::uint64_t> closed;
};

template <class Sync>
struct thread_left_alone {
  static constexpr std::string_view claim = "a thread is not joined";
  static constexpr unsigned threads = 1;

  void thread(unsigned) {
    const typename Sync::thread child([] {});
  }
  void finish() {}
};

template <class Sync>
struct goal_never_met {
  static constexpr std::string_view claim = "what was to happen sometimes never does";
  static constexpr unsigned threads = 2;

  void thread(unsigned index) {
    if (index == 0) {
      word.store(1, order::relaxed);  // relaxed: it is alone
    } else {
      Sync::sometimes(word.load(order::relaxed) == 2, "two is seen");  // relaxed: as above
    }
  }
  void finish() {}

  typename Sync::template atomic<std::uint32_t> word;
};

template <class Sync>
struct nothing_is_assumed_right {
  static constexpr std::string_view claim = "no execution comes to its end";
  static constexpr unsigned threads = 2;

  void thread(unsigned index) {
    word.store(index, order::relaxed);             // relaxed: it is alone
    Sync::assume(word.load(order::relaxed) == 2);  // relaxed: as above
  }
  void finish() {}

  typename Sync::template atomic<std::uint32_t> word;
};

/// Those that only the checker runs.
template <class Visit>
void for_each_wrong_of_checker(Visit&& visit) {
  visit.template operator()<forgotten_wake_up>("wrong.forgotten_wake_up");
  visit.template operator()<try_lock_taken_for_granted>("wrong.try_lock_taken_for_granted");
  visit.template operator()<uninitialised_atomic>("wrong.uninitialised_atomic");
  visit.template operator()<mixed_sizes>("wrong.mixed_sizes");
  visit.template operator()<escaped_exception>("wrong.escaped_exception");
  visit.template operator()<non_deterministic_body>("wrong.non_deterministic_body");
  visit.template operator()<endless_loop>("wrong.endless_loop");
  visit.template operator()<null_dereference>("wrong.null_dereference");
  visit.template operator()<bottomless_recursion>("wrong.bottomless_recursion");
  visit.template operator()<awaits_what_may_pass>("wrong.awaits_what_may_pass");
  visit.template operator()<thread_left_alone>("wrong.thread_left_alone");
  visit.template operator()<goal_never_met>("wrong.goal_never_met");
  visit.template operator()<nothing_is_assumed_right>("wrong.nothing_is_assumed_right");
}

/// Calls `visit.template operator()<Scenario>(name)` for each.
template <class Visit>
void for_each_wrong(Visit&& visit) {
  visit.template operator()<relaxed_message_passing>("wrong.relaxed_message_passing");
  visit.template operator()<weak_store_buffering>("wrong.weak_store_buffering");
  visit.template operator()<unlocked_count>("wrong.unlocked_count");
  visit.template operator()<opposite_lock_orders>("wrong.opposite_lock_orders");
  visit.template operator()<forgotten_notify>("wrong.forgotten_notify");
  visit.template operator()<forgotten_futex_wake>("wrong.forgotten_futex_wake");
  visit.template operator()<endless_spin>("wrong.endless_spin");
  visit.template operator()<leaked_memory>("wrong.leaked_memory");
  visit.template operator()<double_free>("wrong.double_free");
  visit.template operator()<use_after_free>("wrong.use_after_free");
  visit.template operator()<wait_without_lock>("wrong.wait_without_lock");
  visit.template operator()<foreign_unlock>("wrong.foreign_unlock");
  visit.template operator()<recursive_lock>("wrong.recursive_lock");
  visit.template operator()<destroyed_while_held>("wrong.destroyed_while_held");
  visit.template operator()<destroyed_while_waited_on>("wrong.destroyed_while_waited_on");
  visit.template operator()<nothing_to_explore>("wrong.nothing_to_explore");
}

}  // namespace handfast::wrong
