// Which of the engines' offers a user means, and how many jobs to run them with.
#pragma once

#include <string>
#include <vector>

#include "ci/handfast/engines.hpp"

namespace handfast::ci {

/// Whether `name` matches: all do if `pattern` is empty; a glob if it has one of
/// *?[ in it, else a part of the name.
[[nodiscard]] bool matches(const std::string& pattern, const std::string& name);

/// The offers whose name matches; throws a `usage_error` that helps if none does.
[[nodiscard]] std::vector<offer> matching(const std::vector<offer>& all,
                                          const std::string& pattern);

/// `wanted`, or if zero one for each core.
[[nodiscard]] unsigned jobs_or_cores(unsigned wanted);

}  // namespace handfast::ci
