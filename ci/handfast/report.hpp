// How results are shown: JSON lines for machines, lines and blocks for people.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "ci/handfast/engines.hpp"

namespace handfast::ci {

/// One line of `check --json` (docs/json.md).
[[nodiscard]] std::string json_line(const run_report& report);

/// As text in XML, HTML and SVG, where control characters cannot be written: they are '?'.
[[nodiscard]] std::string escaped(std::string_view text);

/// "12,345,678".
[[nodiscard]] std::string grouped(std::uint64_t number);

/// One line for people: scenario, engine, mode, verdict, what was covered.
[[nodiscard]] std::string summary_line(const run_report& report);

/// A report of at most some ninety lines: the middle of a longer one left out.
[[nodiscard]] std::string shortened(const std::string& text);

/// What was found, and how to bring it back.
[[nodiscard]] std::string finding_block(const run_report& report);

/// The exit status that these results deserve: 1 with a finding or a vacuous
/// run, 3 if interrupted, else 0.
[[nodiscard]] int exit_status(const std::vector<run_report>& reports);

/// "about 3.2 million (within a factor of 4)"
[[nodiscard]] std::string estimated(double executions, double factor);

/// How far a run has come after so many seconds, in words.
[[nodiscard]] std::string how_far_text(std::uint64_t executions, std::uint64_t total, double factor,
                                       double seconds);

/// A line that is rewritten in place on a terminal, and never printed elsewhere.
class progress_line {
 public:
  explicit progress_line(bool wanted);
  progress_line(const progress_line&) = delete;
  progress_line& operator=(const progress_line&) = delete;
  ~progress_line() { clear(); }

  void show(const std::string& text);
  void clear();

 private:
  bool terminal_;
  std::string shown_;
};

}  // namespace handfast::ci
