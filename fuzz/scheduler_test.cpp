// Bytes and programs are two forms of the same thing, and every one of them is an execution that
// comes to its end and is as promised.
#include "fuzz/scheduler.hpp"

#include <gtest/gtest.h>

#include <random>
#include <set>

namespace handfast::fuzz {
namespace {

using properties::task_action;

input random_bytes(std::mt19937_64& random) {
  input bytes(random() % 100);
  for (std::uint8_t& byte : bytes) {
    byte = static_cast<std::uint8_t>(random());
  }
  return bytes;
}

TEST(fuzz_scheduler, any_bytes_are_an_execution_that_is_as_promised) {
  std::mt19937_64 random(1);
  goals met;
  for (int i = 0; i < 1000; ++i) {
    const auto failed = tasks.run(random_bytes(random), met);
    ASSERT_FALSE(failed) << failed->kind << "\n" << failed->text;
  }
  EXPECT_GE(met.count(), tasks.goals.size() - 1);
}

TEST(fuzz_scheduler, a_program_comes_back_from_its_bytes) {
  std::mt19937_64 random(2);
  for (int i = 0; i < 2000; ++i) {
    const input bytes = encode(decode_tasks(random_bytes(random)));
    EXPECT_EQ(encode(decode_tasks(bytes)), bytes);
    EXPECT_EQ(properties::to_string(decode_tasks(bytes).what),
              properties::to_string(decode_tasks(encode(decode_tasks(bytes))).what));
  }
}

TEST(fuzz_scheduler, random_bytes_reach_every_action) {
  std::mt19937_64 random(3);
  std::set<task_action> reached;
  for (int i = 0; i < 200; ++i) {
    for (const auto& task : decode_tasks(random_bytes(random)).what.tasks) {
      for (const properties::task_step& step : task.steps) {
        reached.insert(step.act);
      }
    }
  }
  EXPECT_EQ(reached.size(), properties::task_action_names.size());
}

}  // namespace
}  // namespace handfast::fuzz
