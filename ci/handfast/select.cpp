#include "ci/handfast/select.hpp"

#include <fnmatch.h>

#include <algorithm>
#include <iterator>
#include <thread>

#include "ci/engines/engine.hpp"

namespace handfast::ci {
namespace {

// How many single-character edits lie between two names: for "did you mean".
std::size_t distance(const std::string& a, const std::string& b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) {
    row[j] = j;
  }
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t above = row[j];
      row[j] = std::min({above + 1, row[j - 1] + 1, diagonal + (a[i - 1] == b[j - 1] ? 0U : 1U)});
      diagonal = above;
    }
  }
  return row[b.size()];
}

}  // namespace

bool matches(const std::string& pattern, const std::string& name) {
  if (pattern.find_first_of("*?[") != std::string::npos) {
    return ::fnmatch(pattern.c_str(), name.c_str(), 0) == 0;
  }
  return name.find(pattern) != std::string::npos;
}

std::vector<offer> matching(const std::vector<offer>& all, const std::string& pattern) {
  std::vector<offer> chosen;
  std::ranges::copy_if(all, std::back_inserter(chosen),
                       [&pattern](const offer& each) { return matches(pattern, each.name); });
  if (!chosen.empty()) {
    return chosen;
  }
  if (all.empty()) {
    throw usage_error("there is nothing to choose from; see `handfast list`");
  }
  const offer& nearest = *std::ranges::min_element(
      all, {}, [&pattern](const offer& each) { return distance(pattern, each.name); });
  throw usage_error("nothing is named '" + pattern + "'; did you mean '" + nearest.name +
                    "'? `handfast list` shows all");
}

unsigned jobs_or_cores(unsigned wanted) {
  return wanted != 0 ? wanted : std::max(1U, std::thread::hardware_concurrency());
}

}  // namespace handfast::ci
