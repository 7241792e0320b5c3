// Bytes and programs are two forms of the same thing, and a failing program's
// minimised form still fails.
#include "fuzz/channel.hpp"

#include <gtest/gtest.h>

#include <random>
#include <set>
#include <vector>

#include "properties/conformance.hpp"

namespace handfast::fuzz {
namespace {

std::vector<std::uint8_t> random_bytes(std::mt19937_64& random) {
  std::vector<std::uint8_t> bytes(random() % 200);
  for (std::uint8_t& byte : bytes) {
    byte = static_cast<std::uint8_t>(random());
  }
  return bytes;
}

TEST(fuzz_channel, any_bytes_are_a_program_that_ends_and_conforms) {
  std::mt19937_64 random(1);
  for (int i = 0; i < 2000; ++i) {
    const std::vector<std::uint8_t> bytes = random_bytes(random);
    EXPECT_EQ(properties::run_program(decode(bytes)), std::nullopt) << to_string(decode(bytes));
  }
}

TEST(fuzz_channel, a_program_comes_back_from_its_bytes) {
  std::mt19937_64 random(2);
  for (int i = 0; i < 2000; ++i) {
    const std::vector<std::uint8_t> bytes = encode(decode(random_bytes(random)));
    EXPECT_EQ(encode(decode(bytes)), bytes);
    EXPECT_EQ(to_string(decode(bytes)), to_string(decode(encode(decode(bytes)))));
  }
}

TEST(fuzz_channel, random_bytes_reach_every_action) {
  std::mt19937_64 random(3);
  std::set<properties::action> reached;
  for (int i = 0; i < 200; ++i) {
    for (const properties::operation& step : decode(random_bytes(random)).steps) {
      reached.insert(step.act);
    }
  }
  EXPECT_EQ(reached.size(), properties::action_names.size());
}

}  // namespace
}  // namespace handfast::fuzz
