// Where a search stands: how to come to the execution that it has last run, and
// what is left beside that way. Whoever has the same program can go on from there:
// another process, now or after a night.
//
// A search is deterministic, so a way is told by what was taken at each of its
// choices. Threads and locations have the numbers in which the search first met
// them; they are told by who made them.
#pragma once

#include <cstdint>
#include <vector>

#include "models/checker/event.hpp"

namespace handfast::checker {

/// One way to go on from a choice: a source, a place, a read to revisit, or what is
/// chosen; and which of the ways in which a read goes on, or who gets a mutex.
struct way {
  std::uint32_t at = 0;
  std::uint32_t pick = 0;

  friend bool operator==(const way&, const way&) = default;
};

/// Who made a thread or a location, and as his how-manieth; `nobody`: there from the start.
struct origin {
  static constexpr std::uint32_t nobody = ~std::uint32_t{0};

  std::uint32_t by = nobody;
  std::uint32_t as = 0;

  friend bool operator==(const origin&, const origin&) = default;
};

/// Threads and locations by their numbers.
struct numbering {
  std::vector<origin> threads;
  std::vector<origin> locations;

  friend bool operator==(const numbering&, const numbering&) = default;
};

struct position {
  static constexpr location every_location = ~location{0};

  struct step {
    way taken;
    bool revisits = false;           ///< what was taken is a revisit
    std::vector<way> revisits_left;  ///< the last of them comes first
    std::vector<way> left;           ///< and before these

    friend bool operator==(const step&, const step&) = default;
  };

  std::vector<step> path;
  /// Whether the execution that the path leads to has been counted.
  bool done = false;
  numbering names;
  /// Whose awaits are searched like other reads; `every_location`, by itself: all.
  std::vector<location> waits_plainly;

  friend bool operator==(const position&, const position&) = default;
};

}  // namespace handfast::checker
