// The seeded policy reports what the machine would only hang or crash on. Each
// test is a wrong program, and what is said about it.
#include <handfast/sync/lock_guard.hpp>
#include <handfast/sync/native.hpp>
#include <handfast/sync/native_seeded.hpp>

#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "stress/watchdog.hpp"

namespace handfast {
namespace {

using sync = native_seeded;

// Runs `body` in a child under many seeds, until one makes it fail; prints the
// report.
template <class Body>
void fail_of(Body body) {
  for (std::uint64_t seed = 1; seed < 200; ++seed) {
    const sync::run run(seed, [](std::string_view kind, const std::string& report) {
      std::fprintf(stderr, "%s: %s\n", std::string(kind).c_str(), report.c_str());
      _exit(1);
    });
    body();
  }
  _exit(0);
}

// Looks until `flag`, which `mutex` guards, is set.
void until_set(sync::mutex& mutex, const sync::var<bool>& flag) {
  for (bool set = false; !set;) {
    const lock_guard<sync> lock(mutex);
    set = flag.read();
  }
}

class seeded_death : public testing::Test {
 protected:
  seeded_death() { GTEST_FLAG_SET(death_test_style, "threadsafe"); }
};

TEST_F(seeded_death, a_forgotten_notify_is_a_deadlock) {
  EXPECT_EXIT(fail_of([] {
                sync::mutex mutex;
                sync::condition_variable changed;
                sync::var<bool> waits;
                sync::var<bool> ready;
                sync::thread waiter([&] {
                  const lock_guard<sync> lock(mutex);
                  waits.write() = true;
                  while (!ready.read()) {
                    changed.wait(mutex);
                  }
                });
                until_set(mutex, waits);
                {
                  const lock_guard<sync> lock(mutex);
                  ready.write() = true;
                }
                waiter.join();
              }),
              testing::ExitedWithCode(1), "deadlock: .*every thread waits");
}

TEST_F(seeded_death, a_foreign_unlock_is_misuse) {
  EXPECT_EXIT(fail_of([] {
                sync::mutex mutex;
                mutex.unlock();
              }),
              testing::ExitedWithCode(1), "misuse: .*does not hold it");
}

TEST_F(seeded_death, locking_twice_is_misuse) {
  EXPECT_EXIT(fail_of([] {
                sync::mutex mutex;
                mutex.lock();
                mutex.lock();
              }),
              testing::ExitedWithCode(1), "misuse: .*locked again by its holder");
}

TEST_F(seeded_death, lost_memory_is_a_leak) {
  EXPECT_EXIT(fail_of([] { std::ignore = sync::allocate(8, 8); }), testing::ExitedWithCode(1),
              "leak");
}

TEST_F(seeded_death, a_failed_assertion_says_where) {
  EXPECT_EXIT(fail_of([] { sync::assert_that(false, "never so"); }), testing::ExitedWithCode(1),
              "assertion: never so.*native_seeded_test.cpp");
}

TEST_F(seeded_death, a_condition_variable_destroyed_in_use_is_misuse) {
  EXPECT_EXIT(fail_of([] {
                sync::mutex mutex;
                auto changed = std::optional<sync::condition_variable>(std::in_place);
                sync::var<bool> waits;
                sync::thread waiter([&] {
                  mutex.lock();
                  waits.write() = true;
                  changed->wait(mutex);
                  mutex.unlock();
                });
                until_set(mutex, waits);
                changed.reset();
                _exit(waiter.joinable() ? 2 : 3);  // this seed's wait ended for no reason
              }),
              testing::ExitedWithCode(1), "destroyed while a thread waits");
}

TEST(native_seeded, time_is_virtual) {
  const sync::run run(7);
  sync::mutex mutex;
  sync::condition_variable never;
  mutex.lock();
  const auto end = sync::clock::now() + std::chrono::hours(24 * 365);
  while (never.wait_until(mutex, end) != wait_status::timed_out) {
  }
  mutex.unlock();
  EXPECT_GE(sync::clock::now(), end);
}

TEST(native_seeded, a_seed_fixes_what_a_thread_draws) {
  std::vector<std::uint64_t> draws[2];
  for (auto& drawn : draws) {
    const sync::run run(99);
    for (int i = 0; i < 20; ++i) {
      drawn.push_back(sync::random());
    }
  }
  EXPECT_EQ(draws[0], draws[1]);
}

TEST(native_seeded, a_weak_compare_exchange_that_fails_changes_nothing) {
  int failed = 0;
  for (std::uint64_t seed = 1; seed < 200; ++seed) {
    const sync::run run(seed, [](std::string_view, const std::string&) {});
    sync::atomic<int> word{1};
    int expected = 1;
    if (!word.compare_exchange_weak(expected, 2, order::relaxed, order::relaxed)) {
      ++failed;
      EXPECT_EQ(expected, 1);
      EXPECT_EQ(word.load(order::relaxed), 1);
    }
    sync::atomic<int> other{1};
    expected = 0;
    EXPECT_FALSE(other.compare_exchange_weak(expected, 5, order::relaxed, order::relaxed));
    EXPECT_EQ(expected, 1);
    EXPECT_EQ(other.load(order::relaxed), 1) << "it was not what was expected";
  }
  EXPECT_GT(failed, 0);
}

TEST(native_seeded, waits_end_for_no_reason_now_and_then) {
  unsigned spurious = 0;
  for (std::uint64_t seed = 1; seed < 100; ++seed) {
    const sync::run run(seed);
    sync::mutex mutex;
    sync::condition_variable never;
    mutex.lock();
    spurious +=
        never.wait_until(mutex, sync::clock::now() + sync::clock::duration(1)) == wait_status::woken
            ? 1
            : 0;
    mutex.unlock();
  }
  EXPECT_GT(spurious, 0U);
  EXPECT_LT(spurious, 99U);
}

TEST(watchdog_death, a_silence_is_reported) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(
      {
        stress::watchdog dog(std::chrono::seconds(1), [](const std::string& report) {
          std::fputs(report.c_str(), stderr);
          _exit(1);
        });
        pause();
      },
      testing::ExitedWithCode(1), "no call was answered for 1 seconds");
}

}  // namespace
}  // namespace handfast
