// What is left of a search, and what it has counted: as much as it takes to go on
// with it in another process, on another machine, after a night.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "models/checker/position.hpp"
#include "models/checker/search.hpp"

namespace handfast::work {

/// What is searched.
struct subject {
  std::function<void()> body;
  checker::run_limits limits;
  std::optional<std::uint32_t> preemptions{};  ///< at most so many; all, if nothing is said
};

/// What searches count. Those of the parts of a search add up.
struct totals {
  std::uint64_t executions = 0;  ///< complete ones
  std::uint64_t blocked = 0;     ///< abandoned, or such that others cover them
  std::uint64_t operations = 0;  ///< instrumented, in the complete ones: events of their graphs
  std::uint64_t plain = 0;       ///< accesses to plain data, in the complete ones
  std::uint64_t longest = 0;     ///< operations of the longest
  bool anything = false;         ///< something could have gone another way
  bool cut = false;              ///< there is more beyond the bound of preemptions
  std::map<std::string, bool> goals;  ///< what was to happen sometimes, and whether it did

  totals& operator+=(const totals& other);
  friend bool operator==(const totals&, const totals&) = default;
};

/// A search that has not come to its end: what it has done, and the parts that are
/// left, in the order in which one process would go through them.
struct unfinished {
  totals done;
  std::vector<checker::position> left{{}};

  friend bool operator==(const unfinished&, const unfinished&) = default;
};

/// A search from its start.
inline const unfinished everything;

using bytes = std::vector<std::uint8_t>;

[[nodiscard]] bytes packed(const unfinished& work);
/// Nothing if the bytes are not what `packed` makes. Total: any bytes are answered.
[[nodiscard]] std::optional<unfinished> unpacked(std::span<const std::uint8_t> from);

/// How a search through one part ended.
struct part_end {
  enum class why : std::uint8_t {
    exhausted,
    found,     ///< `steps` show it
    outgrown,  ///< the whole search begins again, from `where`
    stopped,   ///< where it stood: `where`
  };

  why ended = why::exhausted;
  totals done;
  checker::finding found;
  std::vector<checker::search::step> steps;
  checker::position where;
};

[[nodiscard]] bytes packed(const part_end& end);
[[nodiscard]] std::optional<part_end> unpacked_end(std::span<const std::uint8_t> from);
[[nodiscard]] bytes packed(const checker::position& where);
[[nodiscard]] std::optional<checker::position> unpacked_position(
    std::span<const std::uint8_t> from);

}  // namespace handfast::work
