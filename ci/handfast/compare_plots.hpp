// The figures as SVG that any browser shows.
#pragma once

#include <string>
#include <vector>

#include "ci/handfast/compare_figures.hpp"

namespace handfast::ci {

struct picture {
  std::string name;  ///< of a file, without its ending
  std::string svg;
};

/// A picture for each workload, or one with all of them.
[[nodiscard]] std::vector<picture> pictures(const comparison& of, bool all_in_one);

}  // namespace handfast::ci
