// Sets of threads, and such sets as a location's value.
#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <random>
#include <set>
#include <vector>

#include "models/checker/thread_set.hpp"
#include "models/checker/waiters.hpp"

namespace handfast::checker {
namespace {

// Around the ends of words, and elsewhere.
constexpr thread_index some_threads[]{0, 1, 5, 31, 62, 63, 64, 65, 127, 128, 191, 500};

std::vector<thread_index> members(const thread_set& set) {
  std::vector<thread_index> all;
  for (const thread_index each : set) {
    all.push_back(each);
  }
  return all;
}

TEST(ThreadSets, AreSets) {
  std::mt19937 random(1);
  thread_set mine;
  std::set<thread_index> expected;
  for (int i = 0; i < 20'000; ++i) {
    const thread_index one = some_threads[random() % std::size(some_threads)];
    if (random() % 2 == 0) {
      mine.add(one);
      expected.insert(one);
    } else {
      mine.remove(one);
      expected.erase(one);
    }
    ASSERT_EQ(members(mine), std::vector<thread_index>(expected.begin(), expected.end()));
    ASSERT_EQ(mine.empty(), expected.empty());
    ASSERT_EQ(mine.count(), expected.size());
    ASSERT_EQ(mine.first(), expected.empty() ? no_thread : *expected.begin());
    for (const thread_index each : some_threads) {
      ASSERT_EQ(mine.has(each), expected.contains(each));
    }
    if (const auto nth = random() % 8; nth < expected.size()) {
      ASSERT_EQ(mine.nth(static_cast<std::uint32_t>(nth)),
                *std::next(expected.begin(), static_cast<std::ptrdiff_t>(nth)));
    }
    // The same members, the same set, however it came to be.
    thread_set again;
    std::ranges::for_each(expected, [&](thread_index each) { again.add(each); });
    ASSERT_EQ(mine, again);
    if (random() % 100 == 0) {
      mine.clear();
      expected.clear();
    }
  }
}

// What may be taken away, and stay while others go.
TEST(ThreadSets, MayLoseMembersWhileTheyAreVisited) {
  thread_set mine;
  for (const thread_index each : some_threads) {
    mine.add(each);
  }
  std::size_t visited = 0;
  for (const thread_index each : mine) {
    mine.remove(each);
    ++visited;
  }
  EXPECT_EQ(visited, std::size(some_threads));
  EXPECT_TRUE(mine.empty());
}

TEST(Waiters, AreSetsInAWord) {
  std::mt19937 random(2);
  const auto some = [&] {
    thread_set set;
    for (auto left = random() % 5; left > 0; --left) {
      set.add(some_threads[random() % std::size(some_threads)]);
    }
    return set;
  };
  for (int i = 0; i < 20'000; ++i) {
    const thread_set mine = some();
    const thread_set others = some();
    const waiters::word word = waiters::packed(mine);
    ASSERT_EQ(waiters::unpacked(word), mine);
    ASSERT_EQ(word == 0, mine.empty());
    ASSERT_EQ(word == waiters::packed(others), mine == others);
    ASSERT_EQ(waiters::count(word), mine.count());
    thread_set less = mine;
    for (const thread_index each : others) {
      less.remove(each);
    }
    ASSERT_EQ(waiters::without(word, waiters::packed(others)), waiters::packed(less));
    for (const thread_index each : some_threads) {
      thread_set more = mine;
      more.add(each);
      ASSERT_EQ(waiters::has(word, each), mine.has(each));
      ASSERT_EQ(waiters::with(word, each), waiters::packed(more));
    }
    for (std::uint32_t pick = 0; pick < mine.count(); ++pick) {
      ASSERT_EQ(members(waiters::unpacked(waiters::only(word, pick))),
                std::vector<thread_index>{mine.nth(pick)});
    }
  }
}

}  // namespace
}  // namespace handfast::checker
