#include "ci/engines/seeded.hpp"

#include <cstddef>
#include <iterator>

#include "ci/engines/engine.hpp"

#if __has_include(<handfast/mutants.hpp>)
#include <handfast/mutants.hpp>
#define HANDFAST_HAS_MUTANTS 1
#else
#define HANDFAST_HAS_MUTANTS 0
#endif

namespace handfast::ci {

std::vector<seeded_bug> seeded_bugs() {
  std::vector<seeded_bug> all;
#if HANDFAST_HAS_MUTANTS
  for (const mutants::row& bug : mutants::table) {
    if (bug.name != "none") {
      all.push_back({bug.name, bug.wrong, bug.concepts});
    }
  }
#endif
  return all;
}

void switch_on(const std::string& bug) {
  if (bug.empty()) {
    return;
  }
#if HANDFAST_HAS_MUTANTS
  for (std::size_t i = 0; i < std::size(mutants::table); ++i) {
    if (mutants::table[i].name == bug) {
      mutants::active = static_cast<mutants::id>(i);
      return;
    }
  }
  throw usage_error("no seeded bug is named '" + bug + "'; `list` shows them");
#else
  throw usage_error("this build has no seeded bugs; use its -mutants twin");
#endif
}

}  // namespace handfast::ci
