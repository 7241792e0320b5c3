// What a change touches, as git tells it.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>

#include "ci/engines/engine.hpp"

namespace handfast::ci {

/// Lines that changed since a revision, and are there now.
class touched {
 public:
  /// Throws `usage_error` where git knows no such revision.
  explicit touched(const std::string& revision);

  /// Whether an operation stands in them, or next to them: a statement may begin lines before what
  /// it does, and go on after.
  [[nodiscard]] bool covers(const weak_spot& site) const;

 private:
  std::map<std::string, std::set<std::uint32_t>> lines_;  // by file, as git names it
};

/// Whether a path ends with another, as a whole.
[[nodiscard]] bool is_tail_of(const std::string& path, const std::string& tail);

}  // namespace handfast::ci
