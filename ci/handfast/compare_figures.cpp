#include "ci/handfast/compare_figures.hpp"

#include <algorithm>

namespace handfast::ci {

std::size_t checked::count(const std::string& verdict) const {
  return static_cast<std::size_t>(std::ranges::count(reports, verdict, &run_report::verdict));
}

std::uint64_t checked::executions() const {
  std::uint64_t sum = 0;
  for (const run_report& each : reports) {
    sum += each.executions;
  }
  return sum;
}

void comparison::add(std::size_t one, std::size_t who,
                     const std::map<std::string, double>& figures) {
  auto& samples = samples_[{one, who}];
  for (const auto& [metric, value] : figures) {
    samples[metric].push_back(value);
  }
}

std::optional<summary> comparison::figure(std::size_t one, std::size_t who,
                                          std::string_view metric) const {
  const auto place = samples_.find({one, who});
  if (place == samples_.end()) {
    return std::nullopt;
  }
  const auto found = place->second.find(std::string(metric));
  if (found == place->second.end()) {
    return std::nullopt;
  }
  std::vector<double> values = found->second;
  std::ranges::sort(values);
  const std::size_t middle = values.size() / 2;
  const double median =
      values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
  return summary{median, values.front(), values.back(), values.size()};
}

bool comparison::took_part(const workload& what, std::size_t who) const {
  return std::ranges::any_of(samples_, [&](const auto& each) {
    return each.first.second == who && contests_[each.first.first].what == &what;
  });
}

std::optional<double> comparison::ratio_to_best_peer(std::size_t one, const metric& what,
                                                     double value) const {
  std::optional<double> best;
  for (std::size_t who = 0; who < who_.size(); ++who) {
    const contender& about = who_[who].about();
    const auto found = figure(one, who, what.name);
    if (about.ours() || !about.sleeps || about.wrong || !found) {
      continue;
    }
    best = !best                 ? found->median
           : what.more_is_better ? std::max(*best, found->median)
                                 : std::min(*best, found->median);
  }
  return best && *best > 0 ? std::optional(value / *best) : std::nullopt;
}

}  // namespace handfast::ci
