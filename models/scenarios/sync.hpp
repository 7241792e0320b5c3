// Scenarios of the Sync policy itself: what the channel stands on. Each has a
// wrong twin in models/suites/wrong.hpp that the engines are shown to catch.
#pragma once

#include <handfast/sync/lock_guard.hpp>

#include <array>
#include <string_view>

#include "models/scenarios/scenario.hpp"

namespace handfast::scenarios {

template <class Sync>
struct message_passing {
  static constexpr std::string_view claim = "a release store publishes to the acquire load";
  static constexpr unsigned threads = 2;

  void thread(unsigned index) {
    if (index == 0) {
      data.write() = 42;
      // [message_passing.flag] release: pairs with the acquire load; publishes data.
      flag.store(1, order::release);
      // [message_passing.flag] acquire: pairs with the release store; data is there.
    } else if (flag.load(order::acquire) == 1) {
      Sync::assert_that(data.read() == 42, "the data came with the flag");
    }
  }
  void finish() {}

  typename Sync::template var<int> data;
  typename Sync::template atomic<std::uint32_t> flag;
};

template <class Sync>
struct store_buffering {
  static constexpr std::string_view claim =
      "of two threads that store and then look, one at least sees the other's store";
  static constexpr unsigned threads = 2;

  void thread(unsigned index) {
    // [store_buffering.looked] seq_cst: either thread 0 sees thread 1's store or
    // thread 1 sees thread 0's; pairs with the other thread's same two lines.
    word[index].store(1, order::seq_cst);
    saw[index] = word[1 - index].load(order::seq_cst) == 1;
  }
  void finish() { Sync::assert_that(saw[0] || saw[1], "neither saw the other"); }

  std::array<typename Sync::template atomic<std::uint32_t>, 2> word;
  std::array<bool, 2> saw{};
};

template <class Sync>
struct mutex_excludes {
  static constexpr std::string_view claim = "what a mutex guards has one thread at a time";
  static constexpr unsigned threads = 3;

  void thread(unsigned) {
    const lock_guard<Sync> lock(mutex);
    count.write() += 1;
  }
  void finish() { Sync::assert_that(count.read() == 3, "every increment counts"); }

  typename Sync::mutex mutex;
  typename Sync::template var<int> count;
};

template <class Sync>
struct try_lock_excludes {
  static constexpr std::string_view claim = "a try_lock that says locked has the lock";
  static constexpr unsigned threads = 2;

  void thread(unsigned index) {
    if (mutex.try_lock() == try_lock_status::locked) {
      count.write() += 1;
      mutex.unlock();
      locked[index] = 1;
    }
  }
  void finish() {
    Sync::assert_that(count.read() == locked[0] + locked[1], "every increment counts");
  }

  typename Sync::mutex mutex;
  typename Sync::template var<int> count;
  std::array<int, 2> locked{};
};

template <class Sync>
struct condition_hand_off {
  static constexpr std::string_view claim = "a waiter on a condition variable is not forgotten";
  static constexpr unsigned threads = 2;

  void thread(unsigned index) {
    if (index == 0) {
      const lock_guard<Sync> lock(mutex);
      while (!ready.read()) {
        condition.wait(mutex);
      }
    } else {
      {
        const lock_guard<Sync> lock(mutex);
        ready.write() = true;
      }
      condition.notify_one();
    }
  }
  void finish() {}

  typename Sync::mutex mutex;
  typename Sync::condition_variable condition;
  typename Sync::template var<bool> ready;
};

template <class Sync>
struct timed_wait_ends {
  static constexpr std::string_view claim = "a timed wait ends though nobody notifies";
  static constexpr unsigned threads = 1;

  void thread(unsigned) {
    const auto end = soon<Sync>();
    const lock_guard<Sync> lock(mutex);
    while (condition.wait_until(mutex, end) == wait_status::woken) {
    }
    Sync::assert_that(Sync::clock::now() >= end, "a deadline once seen past stays past");
  }
  void finish() {}

  typename Sync::mutex mutex;
  typename Sync::condition_variable condition;
};

template <class Sync>
struct futex_hand_off {
  static constexpr std::string_view claim = "a thread that sleeps on a word wakes when it changes";
  static constexpr unsigned threads = 2;

  void thread(unsigned index) {
    if (index == 0) {
      // [futex_hand_off.word] acquire: pairs with the release store; data is there.
      while (word.load(order::acquire) == 0) {
        Sync::wait(word, 0);
        Sync::pause();
      }
      Sync::assert_that(data.read() == 42, "the data came with the word");
    } else {
      data.write() = 42;
      // [futex_hand_off.word] release: pairs with the acquire load; publishes data.
      word.store(1, order::release);
      Sync::notify_one(word);
    }
  }
  void finish() {}

  typename Sync::template var<int> data;
  typename Sync::template atomic<std::uint32_t> word;
};

template <class Sync>
struct create_and_join_order_memory {
  static constexpr std::string_view claim = "a thread sees what its maker wrote, and gives it back";
  static constexpr unsigned threads = 1;
  static constexpr unsigned spawned = 1;

  void thread(unsigned) {
    data.write() = 1;
    typename Sync::thread child([this] {
      Sync::assert_that(data.read() == 1, "what the maker wrote is there");
      data.write() = 2;
    });
    child.join();
    Sync::assert_that(data.read() == 2, "what the thread wrote is there");
  }
  void finish() {}

  typename Sync::template var<int> data;
};

template <class Sync>
struct thread_slots_are_separate {
  static constexpr std::string_view claim = "each thread has a slot of its own, empty at first";
  static constexpr unsigned threads = 2;

  void thread(unsigned index) {
    int& mine = Sync::template thread_slot<int, thread_slots_are_separate>::get();
    Sync::assert_that(mine == 0, "a new thread's slot is empty");
    mine = static_cast<int>(index) + 1;
    const lock_guard<Sync> meet(mutex);
    const int& again = Sync::template thread_slot<int, thread_slots_are_separate>::get();
    Sync::assert_that(again == static_cast<int>(index) + 1, "nobody else wrote into the slot");
  }
  void finish() {}

  typename Sync::mutex mutex;
};

/// Calls `visit.template operator()<Scenario>(name)` for each scenario here.
template <class Visit>
void for_each_sync_scenario(Visit&& visit) {
  visit.template operator()<message_passing>("sync.message_passing");
  visit.template operator()<store_buffering>("sync.store_buffering");
  visit.template operator()<mutex_excludes>("sync.mutex_excludes");
  visit.template operator()<try_lock_excludes>("sync.try_lock_excludes");
  visit.template operator()<condition_hand_off>("sync.condition_hand_off");
  visit.template operator()<timed_wait_ends>("sync.timed_wait_ends");
  visit.template operator()<futex_hand_off>("sync.futex_hand_off");
  visit.template operator()<create_and_join_order_memory>("sync.create_and_join_order_memory");
  visit.template operator()<thread_slots_are_separate>("sync.thread_slots_are_separate");
}

}  // namespace handfast::scenarios
