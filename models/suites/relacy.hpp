// Scenarios under Relacy: searched in one of four modes, or one execution of one
// of them again. In a program of its own: see models/adapters/relacy_headers.hpp.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace handfast::relacy_suite {

/// How to search. `full` tries every schedule (no proof: docs/coverage.md), the
/// bounds every schedule with so many preemptions, `random` a number of them.
enum class mode : std::uint8_t { full, bound2, bound3, random };

inline constexpr std::string_view mode_names[] = {"full", "bound2", "bound3", "random"};

/// One execution of one scenario: the mode, and Relacy's state at its start.
struct execution_id {
  mode under = mode::random;
  std::string state;
};

struct limits {
  std::uint64_t first_iteration = 1;  ///< `random`: the iteration is the seed
  std::uint64_t max_iterations = ~std::uint64_t{0};
  double max_seconds = 1e9;
};

struct result {
  bool failed = false;
  bool ended = false;            ///< the search came to its own end
  bool interrupted = false;      ///< `go_on` said so
  std::uint64_t iterations = 0;  ///< executions searched
  std::uint64_t operations = 0;  ///< scheduling points in them; none: nothing was explored
  std::string kind;              ///< "data race", …
  std::string text;              ///< the failing execution, a column a thread
  execution_id failure;
};

/// Called now and then with the iterations done; false stops the search. Like
/// `note` it is called inside an execution, where taking memory would be a choice
/// of the search: it must not.
using go_on = std::function<bool(std::uint64_t iterations)>;

/// Before each execution: how to run it again, should it take the process along.
using note = std::function<void(std::uint64_t iteration)>;

struct scenario {
  std::string concept_name;
  std::string name;
  std::string claim;
  std::vector<mode> modes;  ///< none: not listed, as the seeded bugs of models/suites/wrong.hpp
  std::function<result(mode, const limits&, const go_on&, const note&)> search;
  std::function<result(const execution_id&)> run_again;
};

[[nodiscard]] const std::vector<scenario>& scenarios();

/// Relacy's state is text: numbers and spaces.
[[nodiscard]] std::vector<std::uint64_t> numbers_of(const std::string& state);
[[nodiscard]] std::string state_of(const std::vector<std::uint64_t>& numbers);

/// Whether Relacy can be started from this state in this mode: it does not look
/// itself. `random`: an iteration. The others: an iteration, a depth, and for
/// each choice how many there were, which was taken, and its kind.
[[nodiscard]] bool is_state(mode under, const std::vector<std::uint64_t>& numbers);

}  // namespace handfast::relacy_suite
