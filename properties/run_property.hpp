// How a property is run by rapidcheck.
#pragma once

#include <rapidcheck.h>

#include <cstdint>
#include <functional>
#include <map>
#include <string_view>

#include "properties/property.hpp"

namespace handfast::properties {

/// How often each goal was met, over all cases of a run.
using goals_counted = std::map<std::string_view, std::uint64_t>;

inline void count(goals_counted& all, std::string_view goal, bool was_met) {
  all[goal] += was_met ? 1 : 0;
}

/// Runs `testable` as `plan` says. `met` is what its cases counted.
[[nodiscard]] verdict run_property(const run_plan& plan, const std::function<void()>& testable,
                                   const goals_counted& met);

/// A number less than that.
[[nodiscard]] inline rc::Gen<std::uint8_t> small(std::uint8_t below) {
  return rc::gen::cast<std::uint8_t>(rc::gen::inRange<int>(0, below));
}

}  // namespace handfast::properties
