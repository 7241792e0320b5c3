// One search, from where it stands to its end: in this process, or shared by several.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "models/work/estimate.hpp"
#include "models/work/work.hpp"

namespace handfast::work {

struct bounds {
  std::uint64_t max_executions = ~std::uint64_t{0};
  double max_seconds = 1e9;
  /// Processes that share the search. What comes out is the same for any number, unless
  /// a limit or an interruption ends it.
  unsigned jobs = 1;
  bool part_of_more = false;    ///< others search the rest: one that outgrows its part just ends
  double alone_seconds = 0.25;  ///< a search that ends within that is not shared
  double keep_every = 10;       ///< seconds between two checkpoints
};

/// How far a search has come.
struct how_far {
  std::uint64_t executions = 0;
  std::optional<estimate::told> of{};
};

/// Called several times a second; false stops the search.
using go_on = std::function<bool(const how_far&)>;
/// Called now and then with what could be gone on with if this process died.
using keep = std::function<void(const unfinished&)>;

struct ending {
  totals done;
  bool ended = false;        ///< the search came to its own end
  bool interrupted = false;  ///< `go_on` said so
  bool outgrown = false;     ///< a part that has found that the whole must begin again
  std::optional<checker::finding> found;
  std::vector<checker::search::step> steps;  ///< bring it back
  std::vector<checker::position> left;       ///< neither ended nor found: what is left
  std::optional<estimate::told> of;          ///< of a long search: how many there may be
};

/// A finding is the one that one process would come to first, and `done` what that had
/// done by then.
[[nodiscard]] ending run(const subject& what, const unfinished& from, const bounds& within,
                         const go_on& tell, const keep& checkpoint = {});

/// A search cut in pieces that can be gone through anywhere, in any order, after a few
/// executions of its own. The same program and bounds, the same pieces.
struct pieces {
  ending before;  ///< if `ended` or `found`, all there was to do
  std::vector<unfinished> all;
};
[[nodiscard]] pieces split(const subject& what, const bounds& within, std::size_t count,
                           bool waits_plainly);

/// Gives a search the bound of preemptions, if there is one.
void keep_within(checker::search& searching, const subject& what);

/// Counts the complete execution that a search has just run, and what it counts itself.
void count_last(totals& to, const checker::search& searching);
void count_all(totals& to, const checker::search& searching);

/// A search through one position, for as long as `go_on` is true, which is asked after
/// each execution.
[[nodiscard]] part_end go_through(checker::search& searching, const checker::position& from,
                                  const std::function<bool()>& go_on);

}  // namespace handfast::work
