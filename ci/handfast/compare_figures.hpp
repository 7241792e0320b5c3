// What was measured: all samples, and what they come to.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "ci/handfast/compare_contests.hpp"
#include "ci/handfast/engines.hpp"

namespace handfast::ci {

/// Of all samples of one figure.
struct summary {
  double median;
  double least;
  double most;
  std::size_t samples;
};

/// What the checker said of a variant's scenarios.
struct checked {
  std::size_t who;  ///< a place in `comparison::who`
  std::vector<run_report> reports;

  [[nodiscard]] std::size_t count(const std::string& verdict) const;
  [[nodiscard]] std::uint64_t executions() const;
};

/// All that one run of the verb has found out.
class comparison {
 public:
  comparison(std::vector<participant> who, std::vector<contest> contests)
      : who_(std::move(who)), contests_(std::move(contests)) {}

  [[nodiscard]] const std::vector<participant>& who() const { return who_; }
  [[nodiscard]] const std::vector<contest>& contests() const { return contests_; }

  /// `one` and `who` are places in the above.
  void add(std::size_t one, std::size_t who, const std::map<std::string, double>& figures);
  [[nodiscard]] std::optional<summary> figure(std::size_t one, std::size_t who,
                                              std::string_view metric) const;
  /// Whether `who` has any figure of the workload.
  [[nodiscard]] bool took_part(const workload& what, std::size_t who) const;
  /// How many times the best of the peers that sleep; none where that means nothing.
  [[nodiscard]] std::optional<double> ratio_to_best_peer(std::size_t one, const metric& what,
                                                         double value) const;
  [[nodiscard]] bool empty() const { return samples_.empty() && checks.empty(); }

  std::vector<checked> checks;
  double check_seconds = 0;  ///< at most, of one scenario
  std::string conditions;    ///< the machine and how long was measured, as one line

 private:
  std::vector<participant> who_;
  std::vector<contest> contests_;
  // By contest, participant, metric.
  std::map<std::pair<std::size_t, std::size_t>, std::map<std::string, std::vector<double>>>
      samples_;
};

}  // namespace handfast::ci
