// Estimates are right within what they say they are, nine times of ten.
#include "models/work/estimate.hpp"

#include <gtest/gtest.h>

#include <string>

#include "models/suites/reference.hpp"

namespace handfast {
namespace {

TEST(Estimates, AreRightWithinTheirFactorNineTimesOfTen) {
  int told = 0;
  int right = 0;
  int all = 0;
  for (const reference::program& each : reference::programs()) {
    if (each.complete < 3000) {
      continue;
    }
    for (std::uint64_t seed = 1; seed <= 4; ++seed) {
      work::estimate made({each.body, {}}, seed);
      for (int walks = 0; walks < 1000; ++walks) {
        made.walk();
      }
      ++all;
      if (const auto of = made.tell()) {
        const auto there = static_cast<double>(each.complete);
        ++told;
        right += there >= of->executions / of->factor && there <= of->executions * of->factor;
      }
    }
  }
  ::testing::Test::RecordProperty("told", std::to_string(told));
  ::testing::Test::RecordProperty("right", std::to_string(right));
  EXPECT_GT(all, 100);
  EXPECT_GE(told * 10, all * 9);
  EXPECT_GE(right * 10, told * 9);
}

}  // namespace
}  // namespace handfast
