// A finding, brought about with less.
#pragma once

#include <vector>

#include "models/checker/search.hpp"
#include "models/work/work.hpp"

namespace handfast::work {

/// How much there is to read in a trace: changes of thread first, then steps.
struct shape {
  std::size_t switches = 0;
  std::size_t steps = 0;

  friend auto operator<=>(const shape&, const shape&) = default;
};
[[nodiscard]] shape shape_of(const std::vector<checker::search::step>& steps);

/// Steps to a finding of the same kind, an assertion to the same one, in fewer changes of
/// thread and then fewer steps where that is found in bounded time: by leaving the end of
/// the steps, or all that a thread does in one go, to what comes first, again and again;
/// then by a search in order of preemptions. The same steps, the same result.
[[nodiscard]] std::vector<checker::search::step> minimised(
    const subject& what, const checker::finding& found, std::vector<checker::search::step> steps);

/// As many of the steps, from the first, as bring the same execution about: what follows
/// is what comes first.
[[nodiscard]] std::vector<checker::search::step> needed(
    const subject& what, const std::vector<checker::search::step>& steps);

}  // namespace handfast::work
