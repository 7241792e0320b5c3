// An operation of the program under check that is weaker than it is written: which ways there
// are for it, and the one that is on. A campaign (ci/handfast/mutate.cpp) turns each on in turn,
// and asks whether any check sees it.
//
// Operations go by where they stand in the program's text; instances of one template share it.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <source_location>
#include <string>
#include <string_view>
#include <vector>

#include "models/checker/event.hpp"

namespace handfast::checker {

/// What an operation becomes.
enum class weakness : std::uint8_t {
  relaxed,  ///< its order
  acquire,
  release,
  acq_rel,
  failed_relaxed,  ///< its order where it writes nothing
  failed_acquire,
  may_fail,   ///< a strong compare-exchange as a weak one
  wakes_one,  ///< where it woke all
  skipped,    ///< not done; of a read-modify-write the write is not
};

/// Where an operation stands.
struct site {
  std::string file;  ///< from the folder that it is included by, or from any on
  std::uint32_t line = 0;
  std::uint32_t column = 0;

  friend auto operator<=>(const site&, const site&) = default;
};

struct weakening {
  site at;
  weakness to = weakness::relaxed;

  friend auto operator<=>(const weakening&, const weakening&) = default;
};

/// What an operation is, as far as it can be weakened.
enum class deed : std::uint8_t {
  load,
  store,
  read_modify_write,
  compare_exchange,
  fence,
  notify_one,
  notify_all,
  step,  ///< what the program itself calls one, and may leave out
};

/// An operation that was done, as it is written.
struct written {
  std::string path{};  ///< of its file, where it can be read
  deed what = deed::load;
  access how = access::relaxed;
  access how_if_failed = access::relaxed;  ///< a compare-exchange's
  bool may_fail = false;                   ///< a compare-exchange that is weak

  friend auto operator<=>(const written&, const written&) = default;
};

/// The ways to make it one step weaker.
[[nodiscard]] std::vector<weakness> weaknesses_of(const written& what);

[[nodiscard]] std::string_view name_of(weakness how);

/// "queue/ends.hpp:44:12:relaxed", and back; nothing, where the text is no such thing.
[[nodiscard]] std::string to_string(const weakening& what);
[[nodiscard]] std::optional<weakening> weakening_from(std::string_view text);

/// From here on, in this process, that operation is as weak; nothing: all are as written.
void weaken(const std::optional<weakening>& which);
/// How often an operation was done weaker than written.
[[nodiscard]] std::uint64_t weakened();

/// Notes from here on where which operations are done.
void note_sites();
/// An operation that was done, in words, and the ways to weaken it.
struct spot {
  site at;
  std::string path;
  std::string does;
  std::string order;            ///< empty where it has none
  std::string order_if_failed;  ///< empty where it cannot fail
  std::vector<std::string> ways;
};
[[nodiscard]] std::vector<spot> noted_spots();

namespace detail {

/// Whether operations pass through `changed` at all.
extern bool campaign_is_on;

/// What becomes of `next`, which is of an atomic object or the waiters of one; false where it is
/// not done at all.
[[nodiscard]] bool changed(operation& next);
/// Whether a step of the program's own is done.
[[nodiscard]] bool is_done(const std::source_location& at);

}  // namespace detail

}  // namespace handfast::checker
