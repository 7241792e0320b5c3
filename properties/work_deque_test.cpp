// A worker's deque, by one thread against a model, without memory, and on real threads.
#include <gtest/gtest.h>

#include <atomic>
#include <deque>
#include <handfast/queue/work_deque.hpp>
#include <handfast/sync/native.hpp>
#include <random>
#include <thread>
#include <vector>

namespace handfast {
namespace {

struct job {
  int number = 0;
  int done = 0;
};

TEST(work_deque, is_a_stack_for_its_owner_and_a_queue_for_thieves) {
  std::mt19937_64 random(1);
  std::vector<job> jobs(5000);
  work_deque<job, native> tested(2);
  std::deque<job*> model;
  std::size_t pushed = 0;
  std::size_t most = 0;
  while (pushed < jobs.size()) {
    steal_failure why = steal_failure::none;
    switch (random() % 5) {
      case 0: {
        job* const expected = model.empty() ? nullptr : model.back();
        EXPECT_EQ(tested.take(), expected);
        if (expected != nullptr) {
          model.pop_back();
        }
        break;
      }
      case 1: {
        job* const expected = model.empty() ? nullptr : model.front();
        EXPECT_EQ(tested.may_steal(), expected != nullptr);
        EXPECT_EQ(tested.steal(why), expected);
        EXPECT_EQ(why, expected == nullptr ? steal_failure::empty : steal_failure::none);
        if (expected != nullptr) {
          model.pop_front();
        }
        break;
      }
      default: EXPECT_TRUE(tested.push(jobs[pushed])); model.push_back(&jobs[pushed++]);
    }
    most = std::max(most, model.size());
  }
  EXPECT_GT(most, 500U);  // it has grown
  for (; !model.empty(); model.pop_back()) {
    EXPECT_EQ(tested.take(), model.back());
  }
  EXPECT_EQ(tested.take(), nullptr);
}

// Memory that can be made to run out.
struct scarce_memory : native {
  static void* allocate(std::size_t bytes, std::size_t align) noexcept {
    return out ? nullptr : native::allocate(bytes, align);
  }
  static inline bool out = false;
};

TEST(work_deque, without_memory_a_push_says_so_and_loses_nothing) {
  std::vector<job> jobs(3);
  scarce_memory::out = true;
  work_deque<job, scarce_memory> tested(1);
  EXPECT_FALSE(tested.push(jobs[0]));
  EXPECT_EQ(tested.take(), nullptr);
  scarce_memory::out = false;
  EXPECT_TRUE(tested.push(jobs[0]));
  EXPECT_TRUE(tested.push(jobs[1]));
  scarce_memory::out = true;
  EXPECT_FALSE(tested.push(jobs[2]));
  scarce_memory::out = false;
  EXPECT_TRUE(tested.push(jobs[2]));
  for (int i = 2; i >= 0; --i) {
    EXPECT_EQ(tested.take(), &jobs[static_cast<std::size_t>(i)]);
  }
}

TEST(work_deque, an_owner_and_three_thieves_do_each_job_once) {
  constexpr std::size_t count = 20'000;
  constexpr std::size_t thieves = 3;
  std::vector<job> jobs(count);
  work_deque<job, native> tested(4);
  std::atomic<std::size_t> left = count;
  const auto did = [&left](job* which) {
    if (which != nullptr) {
      ++which->done;  // plain: whoever has it has it alone
      left.fetch_sub(1);
    }
    return which != nullptr;
  };
  std::vector<std::thread> running;
  for (std::size_t i = 0; i < thieves; ++i) {
    running.emplace_back([&] {
      while (left.load() > 0) {
        steal_failure why = steal_failure::none;
        if (!did(tested.steal(why))) {
          std::this_thread::yield();
        }
      }
    });
  }
  std::mt19937_64 random(2);
  for (job& each : jobs) {
    ++each.number;
    EXPECT_TRUE(tested.push(each));
    if (random() % 3 == 0) {
      did(tested.take());
    }
  }
  while (did(tested.take())) {
  }
  for (std::thread& each : running) {
    each.join();
  }
  for (const job& each : jobs) {
    ASSERT_EQ(each.done, 1);
  }
}

}  // namespace
}  // namespace handfast
