#include "models/work/estimate.hpp"

#include <algorithm>
#include <cmath>

namespace handfast::work {

estimate::estimate(const subject& what, std::uint64_t seed) : probing_({what.body}, what.limits) {
  if (what.preemptions) {
    probing_.bound_preemptions(*what.preemptions);
  }
  probing_.ignore_stuck();
  probing_.probe(seed);
}

void estimate::walk() {
  const std::uint64_t begun = probing_.begun_again();
  if (!probing_.next()) {
    return;  // it has found something; the search will, too
  }
  if (probing_.begun_again() != begun) {
    walks_ = 0;
    sum_ = squares_ = 0;
  }
  ++walks_;
  sum_ += probing_.weight();
  squares_ += probing_.weight() * probing_.weight();
}

void estimate::improve(std::chrono::microseconds time) {
  const auto end = std::chrono::steady_clock::now() + time;
  do {
    walk();
  } while (std::chrono::steady_clock::now() < end);
}

std::optional<estimate::told> estimate::tell() const {
  if (walks_ < enough || sum_ == 0) {
    return std::nullopt;
  }
  const auto walks = static_cast<double>(walks_);
  const double mean = sum_ / walks;
  const double variance = std::max(0.0, squares_ / walks - mean * mean);
  const double error = std::sqrt(variance / walks) / mean;
  return told{mean, 3 * (1 + 3 * error)};
}

}  // namespace handfast::work
