// How many executions a search will have, told while it runs.
//
// Knuth, Estimating the Efficiency of Backtrack Programs (Mathematics of Computation
// 29, 1975): a walk from the root that takes any way at each choice, weighed with the
// product of how many ways there were, has the size of the tree as its mean. The
// means of trees like these are carried by few walks, so an estimate without its
// error is worth nothing: `error` is two standard errors, as a part of the estimate,
// and of less than `enough` walks, or of more than `most_error`, none is told.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>

#include "models/checker/search.hpp"

namespace handfast::work {

class estimate {
 public:
  estimate(const std::function<void()>& body, const checker::run_limits& limits);

  /// Walks for about so long.
  void improve(std::chrono::microseconds time);
  void walk();

  struct told {
    double executions = 0;
    double error = 0;  ///< as a part of `executions`
  };
  [[nodiscard]] std::optional<told> tell() const;

 private:
  static constexpr std::uint64_t enough = 50;
  static constexpr double most_error = 1;

  checker::search probing_;
  std::uint64_t walks_ = 0;
  double sum_ = 0;
  double squares_ = 0;
};

}  // namespace handfast::work
