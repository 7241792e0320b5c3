// Properties, for whoever runs them: rapidcheck draws cases, shrinks failures, and names them so
// that they come back.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace handfast::properties {

/// How to run a property.
struct run_plan {
  std::uint64_t seed = 1;
  std::uint64_t cases = 1000;
  /// A failure as `verdict::reproduce` gave it: runs that case and no other.
  std::vector<std::uint8_t> reproduce;
  std::function<void()> moved = [] {};       ///< called after each concurrent call
  std::function<bool(std::uint64_t)> go_on;  ///< called with the cases done; false: stop
  std::function<void(const std::string& kind, const std::string& report)>
      died;  ///< must not return
};

struct verdict {
  bool failed = false;
  bool stopped = false;
  std::uint64_t cases = 0;
  std::string report;  ///< the shrunk case and what is wrong with it
  std::vector<std::uint8_t> reproduce;
  std::vector<std::string> goals_met;
  std::vector<std::string> goals_missed;
};

struct property {
  std::string concept_name;
  std::string name;
  std::string claim;
  std::uint64_t default_cases;
  std::function<verdict(const run_plan&)> run;
  std::vector<std::string> covers{};  ///< further concepts, whose code it runs too
};

/// Whether `bytes` are a failure as `verdict::reproduce` gives it.
[[nodiscard]] bool is_reproduce(const std::vector<std::uint8_t>& bytes);

}  // namespace handfast::properties
