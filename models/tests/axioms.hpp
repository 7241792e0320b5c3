// Every execution of a small program, from the axioms of RC11 alone and without
// any cleverness: all orders of all threads' events are tried, each read with each
// write and each write at each place, and what breaks an axiom is dropped. What
// the checker finds is compared with this.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace handfast::axioms {

enum class strength : std::uint8_t { relaxed, acquire, release, acq_rel, seq_cst };

enum class verb : std::uint8_t {
  load,
  store,
  fetch_add,
  exchange,
  compare_exchange,
  fence,
  await_equal,  ///< a load that waits for a value
  await_other,  ///< a load that waits for another value than the one read last
  lock,
  unlock,
  enter,     ///< among those that wait to be woken
  sleep,     ///< until woken
  wake_one,  ///< any one of those that wait, if any
  wake_all,
};

struct operation {
  verb what = verb::load;
  int where = 0;
  strength how = strength::relaxed;
  strength how_if_failed = strength::relaxed;
  int value = 0;
  int expected = 0;
  std::optional<int> only_if_read;  ///< left out unless this is what was read last
};

/// The word of those that wait to be woken.
inline constexpr int sleepers_word = 2;

/// Threads over words that begin with 0.
using program = std::vector<std::vector<operation>>;

[[nodiscard]] std::string text_of(const program& what);

/// An execution as text: each event with what it read, or where it stands.
using executions = std::multiset<std::string>;

struct outcomes {
  executions complete;  ///< every thread ends
  executions stuck;     ///< nobody can go on, whatever they come to see
};
[[nodiscard]] outcomes all_outcomes(const program& of);

}  // namespace handfast::axioms
