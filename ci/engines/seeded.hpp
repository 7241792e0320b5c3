// The seeded bugs that an engine's build has: those of the runtime that it is over.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace handfast::ci {

struct seeded_bug {
  std::string_view name;
  std::string_view wrong;
  std::string_view concepts;  ///< whose scenarios have it; words
};

/// None, in builds over the shipped text.
[[nodiscard]] std::vector<seeded_bug> seeded_bugs();

/// Throws `usage_error` where there is no such bug; does nothing for the empty name.
void switch_on(const std::string& bug);

}  // namespace handfast::ci
