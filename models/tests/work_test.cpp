// Searches that are shared, left and gone on with, or split come to what one search
// comes to.
#include "models/work/minimise.hpp"
#include "models/work/run.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>

#include "models/adapters/checker_sync.hpp"
#include "models/suites/checker.hpp"
#include "models/token/steps.hpp"

namespace handfast {
namespace {

using sync = checker_sync;

const work::go_on always = [](const work::how_far&) { return true; };

// Threads that add to one number, and look at another: some thousands of executions.
template <unsigned Threads>
void adders() {
  sync::atomic<int> sum{0};
  sync::atomic<int> last{0};
  std::array<sync::thread, Threads> threads;
  for (unsigned i = 0; i < Threads; ++i) {
    threads[i] = sync::thread([&, i] {
      sum.fetch_add(1, std::memory_order_relaxed);
      last.store(static_cast<int>(i), std::memory_order_release);
      std::ignore = last.load(std::memory_order_acquire);
    });
  }
  for (sync::thread& each : threads) {
    each.join();
  }
}

// Which threads make another one depends on what they see, so that numbers of threads
// and locations depend on what was searched first.
void makers() {
  sync::atomic<int> turn{0};
  sync::atomic<int> seen{0};
  const auto may_make = [&](int me) {
    sync::thread made;
    if (turn.load(std::memory_order_relaxed) != me) {
      made = sync::thread([&] {
        sync::atomic<int> own{1};
        seen.store(own.load(std::memory_order_relaxed), std::memory_order_relaxed);
        std::ignore = turn.load(std::memory_order_relaxed);
      });
    }
    turn.store(me + 1, std::memory_order_relaxed);
    if (made.joinable()) {
      made.join();
    }
  };
  sync::thread first([&] { may_make(0); });
  sync::thread second([&] { may_make(1); });
  sync::thread third([&] { may_make(0); });
  first.join();
  second.join();
  third.join();
}

struct program {
  std::string name;
  std::function<void()> body;
};

std::vector<program> programs() {
  std::vector<program> all{{"adders", adders<4>}, {"makers", makers}};
  for (const checker_suite::scenario& each : checker_suite::zoo_entries()) {
    all.push_back({each.name, each.body});
  }
  return all;
}

void expect_same(const work::ending& made, const work::ending& expected) {
  EXPECT_EQ(made.done, expected.done);
  EXPECT_EQ(made.ended, expected.ended);
  ASSERT_EQ(made.found.has_value(), expected.found.has_value());
  if (made.found) {
    EXPECT_EQ(made.found->kind, expected.found->kind);
    EXPECT_EQ(made.found->text, expected.found->text);
  }
  EXPECT_EQ(handfast::packed(made.steps), handfast::packed(expected.steps));
}

TEST(SharedSearches, ComeToWhatOneComesTo) {
  for (const program& each : programs()) {
    SCOPED_TRACE(each.name);
    const work::subject what{each.body, {}};
    const work::ending alone = work::run(what, work::everything, {}, always);
    for (const unsigned jobs : {2U, 5U}) {
      work::bounds shared;
      shared.jobs = jobs;
      shared.alone_seconds = 0;
      expect_same(work::run(what, work::everything, shared, always), alone);
    }
  }
}

// Stopped again and again, and gone on with from bytes.
TEST(LeftSearches, ComeToWhatOneComesTo) {
  std::mt19937_64 random(1);
  for (const program& each : programs()) {
    SCOPED_TRACE(each.name);
    const work::subject what{each.body, {}};
    const work::ending alone = work::run(what, work::everything, {}, always);
    for (const unsigned jobs : {1U, 2U}) {
      work::unfinished from = work::everything;
      work::ending made;
      int stops = 0;
      for (;; ++stops) {
        work::bounds within;
        within.jobs = jobs;
        within.alone_seconds = 0;
        within.max_executions = from.done.executions + 1 + random() % 200;
        made = work::run(what, from, within, always);
        if (made.found || made.ended) {
          break;
        }
        const work::unfinished left{made.done, made.left};
        const auto read = work::unpacked(work::packed(left));
        ASSERT_TRUE(read);
        ASSERT_EQ(*read, left);
        from = *read;
      }
      expect_same(made, alone);
      // How soon two see that it is enough is the machine's to say.
      EXPECT_TRUE(jobs > 1 || stops > 0 || alone.done.executions <= 200);
    }
  }
}

TEST(SplitSearches, ComeToWhatOneComesTo) {
  for (const program& each : programs()) {
    SCOPED_TRACE(each.name);
    const work::subject what{each.body, {}};
    const work::ending alone = work::run(what, work::everything, {}, always);
    for (const bool waits_plainly : {false, true}) {
      const work::pieces pieces = work::split(what, {}, 3, waits_plainly);
      ASSERT_EQ(pieces.all.size(), 3U);
      work::totals sum;
      bool found = pieces.before.found.has_value();
      for (const work::unfinished& piece : pieces.all) {
        const work::ending made = work::run(what, piece, {}, always);
        EXPECT_TRUE(made.ended || made.found);
        sum += made.done;
        found |= made.found.has_value();
      }
      ASSERT_EQ(found, alone.found.has_value());
      if (!found) {
        EXPECT_EQ(sum.executions, alone.done.executions);
        EXPECT_EQ(sum.operations, alone.done.operations);
      }
    }
  }
}

// A piece must not search what others search.
TEST(SplitSearches, EndWhenTheyAreOutgrown) {
  int outgrown = 0;
  for (const program& each : programs()) {
    SCOPED_TRACE(each.name);
    checker::search searching({each.body});
    while (searching.next()) {
    }
    if (searching.begun_again() == 0) {
      continue;
    }
    ++outgrown;
    for (const unsigned jobs : {1U, 2U}) {
      work::bounds piece;
      piece.part_of_more = true;
      piece.jobs = jobs;
      piece.alone_seconds = 0;
      const work::ending made = work::run({each.body, {}}, work::everything, piece, always);
      EXPECT_TRUE(made.outgrown);
      EXPECT_FALSE(made.ended || made.found);
    }
  }
  EXPECT_GT(outgrown, 0);
}

// Of what chance has found, with all the changes of thread that chance makes.
TEST(Minimised, FindingsTakeFewerChangesOfThread) {
  work::shape before;
  work::shape after;
  int findings = 0;
  for (const checker_suite::scenario& each : checker_suite::zoo_entries()) {
    SCOPED_TRACE(each.name);
    checker::search drawn({each.body});
    drawn.walk(5);
    for (int i = 0; i < 20'000 && !drawn.found() && drawn.next(); ++i) {
    }
    if (!drawn.found() || drawn.found()->kind == checker::endless) {
      continue;
    }
    ++findings;
    const work::subject what{each.body, {}};
    const auto steps = drawn.steps();
    const auto fewer = work::minimised(what, *drawn.found(), steps);
    EXPECT_LE(work::shape_of(fewer), work::shape_of(steps));
    before.switches += work::shape_of(steps).switches;
    after.switches += work::shape_of(fewer).switches;

    const auto needed = work::needed(what, fewer);
    after.steps += needed.size();
    before.steps += steps.size();
    const checker_suite::result again = checker_suite::run_again(each, needed);
    ASSERT_TRUE(again.found);
    EXPECT_EQ(again.found->kind, checker_suite::run_again(each, fewer).found->kind);
    EXPECT_EQ(work::minimised(what, *drawn.found(), steps), fewer);
  }
  EXPECT_EQ(findings, 24);
  EXPECT_LT(after.switches, before.switches);
  EXPECT_LT(after.steps * 4, before.steps * 3);
  ::testing::Test::RecordProperty(
      "switches", std::to_string(before.switches) + " to " + std::to_string(after.switches));
  ::testing::Test::RecordProperty(
      "steps", std::to_string(before.steps) + " to " + std::to_string(after.steps));
}

// Two add one, each in two steps; in the version that has moved on there is more to do.
template <bool MovedOn>
void lost_update() {
  sync::atomic<int> count{0};
  sync::atomic<int> started{0};
  const auto add = [&] {
    if (MovedOn) {
      started.fetch_add(1, std::memory_order_relaxed);
    }
    const int seen = count.load(std::memory_order_relaxed);
    count.store(seen + 1, std::memory_order_relaxed);
  };
  sync::thread first(add);
  sync::thread second(add);
  first.join();
  second.join();
  sync::assert_that(count.load(std::memory_order_relaxed) == 2, "both were counted");
}

TEST(Replays, GoOnAfterAPrefixWhereTheProgramHasMovedOn) {
  const checker_suite::scenario before{"", "before", "", false, 1, lost_update<false>};
  const checker_suite::scenario now{"", "now", "", false, 1, lost_update<true>};
  const checker_suite::result found = checker_suite::search(before, {}, always);
  ASSERT_TRUE(found.found);
  const checker_suite::result misfit = checker_suite::run_again(now, found.replay);
  EXPECT_TRUE(!misfit.found || misfit.found->kind == checker::misfit);
  const checker_suite::result again = checker_suite::run_after_prefix(now, found.replay, 1000);
  ASSERT_TRUE(again.found);
  EXPECT_EQ(again.found->kind, "assertion failed");
  // Its own steps bring it back.
  EXPECT_EQ(checker_suite::run_again(now, again.replay).found->kind, "assertion failed");
}

TEST(Work, OfAnotherProgramIsRefused) {
  work::bounds few;
  few.max_executions = 10;
  const work::ending stopped = work::run({adders<4>, {}}, work::everything, few, always);
  const work::unfinished left{stopped.done, stopped.left};
  const work::ending other = work::run({lost_update<false>, {}}, left, {}, always);
  ASSERT_TRUE(other.found);
  EXPECT_EQ(other.found->kind, checker::misfit);
}

TEST(Work, IsNotReadFromOtherBytes) {
  std::mt19937_64 random(1);
  work::bounds few;
  few.max_executions = 100;
  const work::ending made = work::run({adders<4>, {}}, work::everything, few, always);
  const work::bytes good = work::packed(work::unfinished{made.done, made.left});
  for (int i = 0; i < 20'000; ++i) {
    work::bytes bad = good;
    for (auto changes = 1 + random() % 3; changes > 0; --changes) {
      bad[random() % bad.size()] = static_cast<std::uint8_t>(random());
    }
    bad.resize(random() % 4 == 0 ? random() % bad.size() : bad.size());
    if (const auto read = work::unpacked(bad); read && i % 20 == 0) {
      // Whatever it says: a search of this program, or none.
      std::ignore = work::run({adders<4>, {}}, *read, few, always);
    }
  }
}

}  // namespace
}  // namespace handfast
