// The gate's reports for machines that show test results and for reviewers.
#pragma once

#include <string>
#include <vector>

#include "ci/handfast/engines.hpp"

namespace handfast::ci {

/// One stage of the gate.
struct stage_report {
  std::string name;
  bool passed = false;
  std::string covered;  ///< what it covered, in words
  double wall_seconds = 0;
  std::vector<run_report> runs;
};

/// JUnit XML: a suite a stage, a case a run.
[[nodiscard]] std::string junit_xml(const std::vector<stage_report>& stages);

/// Markdown that a reviewer reads in a minute.
[[nodiscard]] std::string markdown_summary(const std::vector<stage_report>& stages,
                                           const std::string& verdict);

}  // namespace handfast::ci
