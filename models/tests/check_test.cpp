// Checks of a user's own code: what passes, what fails, and what brings it back.
#include "models/check/check.hpp"

#include <memory>
#include <vector>

namespace handfast {
namespace {

// What a user writes.
HANDFAST_CHECK(Check, StandardShapesWorkTogether) {
  check::mutex mutex;
  check::condition_variable condition;
  check::atomic<int> turns{0};
  bool ready = false;
  check::run_together(
      [&] {
        std::unique_lock lock(mutex);
        condition.wait(lock, [&] { return ready; });
        turns += 2;
      },
      [&] {
        const std::lock_guard lock(mutex);
        ready = true;
        ++turns;
        condition.notify_one();
      });
  check::require(turns == 3, "both took their turns");
  check::reachable("the end");
}

HANDFAST_CHECK(Check, ThreadsTakeArguments) {
  check::atomic<unsigned> sum{0};
  const auto add = [&](unsigned what, unsigned more) { sum += what + more; };
  check::thread first(add, 1U, 2U);
  check::thread second([&] { sum += 4; });
  first.join();
  second.join();
  check::require(sum == 7, "all was added");
}

HANDFAST_CHECK_WITH(Check, RandomExecutionsPass,
                    {.how = check::mode::random, .max_executions = 1'000}) {
  check::atomic_flag flag;
  check::var<int> taken;
  const auto body = [&] {
    if (!flag.test_and_set(std::memory_order::acq_rel)) {
      taken.write() += 1;
    }
  };
  check::run_together(body, body);
  check::require(taken.read() == 1);
}

void weak_store_buffering() {
  check::atomic<int> x, y;
  int saw_x = 0;
  int saw_y = 0;
  check::run_together(
      [&] {
        x.store(1, std::memory_order::release);
        saw_y = y.load(std::memory_order::acquire);
      },
      [&] {
        y.store(1, std::memory_order::release);
        saw_x = x.load(std::memory_order::acquire);
      });
  check::require(saw_x + saw_y > 0, "one saw the other");
}

TEST(CheckReports, AFindingHasATraceAndAToken) {
  const check::report found = check::run("Some.test", weak_store_buffering);
  EXPECT_FALSE(found.passed);
  EXPECT_EQ(found.verdict, "finding");
  EXPECT_TRUE(found.token.starts_with("hf1.Some.test.check.")) << found.token;
  EXPECT_NE(found.text.find("assertion failed: one saw the other"), std::string::npos);
  EXPECT_NE(found.text.find("<- initial"), std::string::npos);
}

TEST(CheckReports, RandomExecutionsFindItToo) {
  check::options how;
  how.how = check::mode::random;
  how.seed = 3;
  EXPECT_EQ(check::run("Some.test", weak_store_buffering, how).verdict, "finding");
}

TEST(CheckReports, WhatIsNotAtItsEndIsBounded) {
  check::options how;
  how.max_executions = 2;
  const auto body = [] {
    check::atomic<int> x;
    check::run_together([&] { ++x; }, [&] { ++x; }, [&] { ++x; });
  };
  const check::report bounded = check::run("Some.test", body, how);
  EXPECT_FALSE(bounded.passed);
  EXPECT_EQ(bounded.verdict, "bounded");
  EXPECT_EQ(check::run("Some.test", body).executions, 6U);
}

TEST(CheckReports, FewPreemptionsAreFewerExecutions) {
  const auto body = [] {
    check::atomic<int> x;
    const auto add = [&] {
      ++x;
      ++x;
    };
    check::run_together(add, add);
  };
  check::options how;
  how.how = check::mode::bounded;
  // One after the other, one within the other, and turn by turn.
  for (const std::uint64_t executions : {2U, 4U, 6U}) {
    how.preemptions = static_cast<std::uint32_t>(executions / 2 - 1);
    const check::report some = check::run("Some.test", body, how);
    EXPECT_TRUE(some.passed);
    EXPECT_EQ(some.verdict, "bounded");
    EXPECT_EQ(some.executions, executions);
  }
  EXPECT_EQ(check::run("Some.test", body).executions, 6U);
}

TEST(CheckReports, SeveralProcessesSayTheSame) {
  const auto body = [] {
    check::atomic<int> x, y;
    const auto add = [&] {
      x.fetch_add(1);
      y.fetch_add(1);
      x.fetch_add(1);
    };
    check::run_together(add, add, [&] { check::require(x.fetch_add(1) < 4, "not last"); });
  };
  check::options how;
  const check::report alone = check::run("Some.test", body, how);
  how.jobs = 3;
  const check::report shared = check::run("Some.test", body, how);
  EXPECT_EQ(alone.verdict, "finding");
  EXPECT_EQ(shared.text, alone.text);
  EXPECT_EQ(shared.executions, alone.executions);
}

// So many threads, each of which does the same, and what is so when all have ended.
template <class Body, class Then>
void crowd(std::size_t count, Body body, Then then) {
  std::vector<std::unique_ptr<check::thread>> all;
  for (std::size_t i = 0; i < count; ++i) {
    all.push_back(std::make_unique<check::thread>([body, i] { body(i); }));
  }
  for (auto& each : all) {
    each->join();
  }
  then();
}

check::options at_random(std::uint64_t executions) {
  check::options how;
  how.how = check::mode::random;
  how.max_executions = executions;
  return how;
}

TEST(CheckReports, ThreadsAreAsManyAsTheProgramMakes) {
  const auto adders = [] {
    check::atomic<unsigned> sum{0};
    crowd(300, [&](std::size_t) { sum += 1; }, [&] { check::require(sum == 300); });
  };
  EXPECT_EQ(check::run("Some.test", adders, at_random(20)).verdict, "searched");
  // Each to its own: there is nothing to search.
  const auto apart = [] {
    std::vector<std::unique_ptr<check::atomic<int>>> all(200);
    for (auto& each : all) {
      each = std::make_unique<check::atomic<int>>(0);
    }
    crowd(200, [&](std::size_t i) { *all[i] = 1; }, [&] { check::require(*all[199] == 1); });
  };
  const check::report verified = check::run("Some.test", apart);
  EXPECT_EQ(verified.verdict, "verified");
  EXPECT_EQ(verified.executions, 1U);
}

TEST(CheckReports, ManyThreadsWaitForOneCondition) {
  const auto wait_for = [](auto notify) {
    return [notify] {
      check::mutex mutex;
      check::condition_variable changed;
      check::var<bool> ready{false};
      check::thread waker([&] {
        const std::lock_guard hold(mutex);
        ready.write() = true;
        notify(changed);
      });
      crowd(
          100,
          [&](std::size_t) {
            std::unique_lock hold(mutex);
            changed.wait(hold, [&] { return ready.read(); });
          },
          [] {});
      waker.join();
    };
  };
  const auto all = [](check::condition_variable& changed) { changed.notify_all(); };
  const check::report woken = check::run("Some.test", wait_for(all), at_random(30));
  EXPECT_EQ(woken.verdict, "searched") << woken.text;
  const auto one = [](check::condition_variable& changed) { changed.notify_one(); };
  const check::report asleep = check::run("Some.test", wait_for(one), at_random(1000));
  EXPECT_NE(asleep.text.find("lost wake-up"), std::string::npos) << asleep.text;
}

TEST(CheckReports, RacesAmongManyThreadsAreFound) {
  const auto racy = [] {
    check::var<int> data{0};
    check::atomic<int> order{0};
    crowd(
        100,
        [&](std::size_t i) {
          order += 1;
          if (i == 97) {
            data.write() = 1;
          } else if (i == 98) {
            std::ignore = data.read();
          }
        },
        [] {});
  };
  const check::report found = check::run("Some.test", racy, at_random(200));
  EXPECT_NE(found.text.find("data race"), std::string::npos) << found.text;
  EXPECT_NE(found.text.find("thread 98"), std::string::npos) << found.text;
  EXPECT_NE(found.text.find("thread 99"), std::string::npos) << found.text;
}

TEST(CheckReports, HistoriesAreAsLongAsTheProgramIs) {
  const auto steps = [] {
    check::atomic<unsigned> count{0};
    for (int i = 0; i < 33'000; ++i) {
      count.fetch_add(1, std::memory_order::relaxed);
    }
    check::require(count == 33'000);
  };
  check::options how;
  how.max_steps = 40'000;
  const check::report verified = check::run("Some.test", steps, how);
  EXPECT_EQ(verified.verdict, "verified") << verified.text;
  const check::report endless = check::run("Some.test", steps);
  EXPECT_NE(endless.text.find("step limit reached"), std::string::npos) << endless.text;
}

TEST(CheckReports, NothingToExploreIsVacuous) {
  EXPECT_EQ(check::run("Some.test", [] {}).verdict, "vacuous");
}

TEST(CheckReports, AGoalThatIsNeverMetIsVacuous) {
  const check::report vacuous = check::run("Some.test", [] {
    check::atomic<int> x;
    check::run_together([&] { x = 1; }, [&] { check::sometimes(x == 2, "two is seen"); });
  });
  EXPECT_FALSE(vacuous.passed);
  EXPECT_EQ(vacuous.verdict, "vacuous");
  EXPECT_NE(vacuous.text.find("two is seen"), std::string::npos);
}

}  // namespace
}  // namespace handfast
