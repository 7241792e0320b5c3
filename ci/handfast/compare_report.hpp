// How a comparison is shown: a table, JSON lines, CSV.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ci/handfast/compare_figures.hpp"

namespace handfast::ci {

/// "52.1 ns", "12.7 us", "1.5 KiB", "0.98"
[[nodiscard]] std::string amount(double value, std::string_view unit);

/// "2 to 1, capacity 64", and the size of an item where there are several.
[[nodiscard]] std::vector<std::string> setting_words(const comparison& of, const contest& one);

[[nodiscard]] std::string table(const comparison& of);
[[nodiscard]] std::string json_lines(const comparison& of);
[[nodiscard]] std::string csv(const comparison& of);

}  // namespace handfast::ci
