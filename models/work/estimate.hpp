// How many executions a search will have, told while it runs.
//
// Knuth, Estimating the Efficiency of Backtrack Programs (Mathematics of Computation
// 29, 1975): a walk from the root that takes any way at each choice, weighed with the
// product of how many ways there were, has the size of the tree as its mean. But the
// means of trees like these are carried by few walks, and a standard error by the same
// few, so it says too little. `factor` is what was right for 9 of 10 estimates of
// programs whose executions are known (models/tests/estimate_test.cpp): no less than
// 3, however often was walked, and more where the walks differ much.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "models/work/work.hpp"

namespace handfast::work {

class estimate {
 public:
  explicit estimate(const subject& what, std::uint64_t seed = 1);

  /// Walks for about so long.
  void improve(std::chrono::microseconds time);
  void walk();

  struct told {
    double executions = 0;
    double factor = 1;  ///< there are this many times as many, or as few, at most
  };
  [[nodiscard]] std::optional<told> tell() const;

 private:
  static constexpr std::uint64_t enough = 300;

  checker::search probing_;
  std::uint64_t walks_ = 0;
  double sum_ = 0;
  double squares_ = 0;
};

}  // namespace handfast::work
