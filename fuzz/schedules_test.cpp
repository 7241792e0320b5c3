// Bytes and schedules are two forms of the same thing, and every one of them is an
// execution that ends and is judged.
#include "fuzz/schedules.hpp"

#include <gtest/gtest.h>

#include <random>
#include <set>

namespace handfast::fuzz {
namespace {

using properties::call_kind;

input random_bytes(std::mt19937_64& random) {
  input bytes(random() % 100);
  for (std::uint8_t& byte : bytes) {
    byte = static_cast<std::uint8_t>(random());
  }
  return bytes;
}

TEST(fuzz_schedules, any_bytes_are_an_execution_that_is_as_specified) {
  std::mt19937_64 random(1);
  goals met;
  for (int i = 0; i < 300; ++i) {
    const auto failed = schedules.run(random_bytes(random), met);
    EXPECT_FALSE(failed) << failed->text;
  }
  EXPECT_GE(met.count(), schedules.goals.size() - 1);
}

TEST(fuzz_schedules, a_schedule_comes_back_from_its_bytes) {
  std::mt19937_64 random(2);
  for (int i = 0; i < 2000; ++i) {
    const input bytes = encode(decode_schedule(random_bytes(random)));
    EXPECT_EQ(encode(decode_schedule(bytes)), bytes);
    EXPECT_EQ(to_string(decode_schedule(bytes)),
              to_string(decode_schedule(encode(decode_schedule(bytes)))));
  }
}

TEST(fuzz_schedules, random_bytes_reach_every_call) {
  std::mt19937_64 random(3);
  std::set<call_kind> reached;
  for (int i = 0; i < 200; ++i) {
    for (const schedule::thread& thread : decode_schedule(random_bytes(random)).programs) {
      for (const schedule::step& step : thread.steps) {
        if (step.kind) {
          reached.insert(*step.kind);
        }
      }
    }
  }
  EXPECT_EQ(reached.size(), properties::call_kinds);
}

TEST(fuzz_schedules, somebody_has_each_end_and_one_alone_where_there_can_be_no_more) {
  schedule what;
  what.threads = 3;
  EXPECT_TRUE(what.has(0, 0, true, true));
  EXPECT_FALSE(what.has(1, 0, true, true));
  what.programs[1].has = what.programs[2].has = 1;  // a sender of channel 0
  EXPECT_FALSE(what.has(0, 0, true, true));
  EXPECT_TRUE(what.has(2, 0, true, true));
  EXPECT_TRUE(what.has(1, 0, true, false));
  EXPECT_FALSE(what.has(2, 0, true, false));
}

}  // namespace
}  // namespace handfast::fuzz
