// The engines as the `handfast` program sees them: what they offer, and runs and
// replays of it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "ci/engines/engine.hpp"
#include "ci/handfast/process.hpp"
#include "models/token/token.hpp"

namespace handfast::ci {

/// Names of the engines' programs, in the order in which `gate` runs them.
[[nodiscard]] const std::vector<std::string>& engine_names();

/// Where the engines' programs are; throws `usage_error` where they are not.
class engine_folder {
 public:
  /// `folder`, or if empty the one beside this program.
  explicit engine_folder(const std::string& folder);

  [[nodiscard]] bool has(const std::string& engine, bool mutants = false) const;
  [[nodiscard]] std::string program(const std::string& engine, bool mutants) const;

 private:
  std::string folder_;
};

/// One thing that an engine offers.
struct offer {
  std::string engine;
  std::string concept_name;
  std::string name;
  std::string summary;
  std::vector<std::string> modes;
  double weight = 1;                      ///< its share of a stage's time, next to others
  std::vector<std::string> on_request{};  ///< modes that nobody runs unasked
  bool exhibit = false;                   ///< of the zoo: may have its bug, runs when named
  std::vector<std::string> covers{};      ///< further concepts, whose code it runs too

  /// Whether `holds` is true of any of its concepts.
  template <class Holds>
  [[nodiscard]] bool any_concept(Holds holds) const {
    return holds(concept_name) || std::ranges::any_of(covers, holds);
  }
};

/// What is there to be run; of the zoo nothing, unless `with_zoo`.
[[nodiscard]] std::vector<offer> offers(const engine_folder& engines, bool with_zoo = false);

/// One seeded bug.
struct mutant {
  std::string name;
  std::string wrong;
  std::string concepts;  ///< whose entries may catch it; words

  [[nodiscard]] bool is_in(const std::string& concept_name) const {
    return (" " + concepts + " ").find(" " + concept_name + " ") != std::string::npos;
  }
};

[[nodiscard]] std::vector<mutant> mutants(const engine_folder& engines, const std::string& engine);

/// Whether what `--mutant` names is a seeded bug, which needs the engine's -mutants twin; else it
/// is an operation to weaken, FILE:LINE:COLUMN:WAY, or nothing.
[[nodiscard]] inline bool is_seeded(const std::string& mutant) {
  return !mutant.empty() && mutant.find(':') == std::string::npos;
}

/// What is wrong with the code, in words: "the seeded bug if_for_while".
[[nodiscard]] inline std::string in_words(const std::string& mutant) {
  return is_seeded(mutant) ? "the seeded bug " + mutant : "one operation weaker, " + mutant;
}

/// What to run.
struct run_request {
  std::string scenario;
  std::string engine;
  std::string mode;
  std::string mutant;  ///< what is wrong with the code; empty: it is as shipped
  std::uint64_t seed = 1;
  std::optional<std::uint64_t> max_executions;
  std::optional<double> max_seconds;
  std::optional<std::uint32_t> preemptions;
  std::optional<unsigned> patience_seconds;  ///< a silence as long is taken for a hang
  unsigned jobs = 1;                         ///< processes that share the search
  std::string resume{};                      ///< a work file to go on from
  std::string checkpoint{};                  ///< a work file to write, if it does not end
  double checkpoint_every = 10;              ///< seconds between two of them
  double checkpoint_from = 0;                ///< seconds; of shorter runs none is written
};

/// What came of it. The fields of `check --json` and what people read besides.
struct run_report {
  run_request request;
  std::string verdict;
  std::string refused;  ///< the engine takes the request for bad input, for this reason
  std::uint64_t executions = 0;
  std::uint64_t blocked = 0;
  std::string unit = "executions";
  bool complete = false;
  std::uint64_t came_back = 0;
  std::vector<std::string> goals_met;
  std::vector<std::string> goals_missed;
  std::string kind;
  std::string text;
  std::optional<token> failure;
  std::uint64_t operations = 0;  ///< instrumented, in all executions
  std::uint64_t plain_accesses = 0;
  bool cut = false;            ///< there is more beyond the bound of preemptions
  std::uint64_t longest = 0;   ///< operations of the longest execution
  double estimate = 0;         ///< of all executions; 0: none
  double estimate_factor = 0;  ///< which it is right within, 9 times of 10
  std::string note;            ///< a line to show with it
  std::string checkpoint;      ///< the work file that the run has left
  double cpu_seconds = 0;
  double wall_seconds = 0;
  long peak_rss_kib = 0;
};

/// How far a run has come; total 0: not known; factor: what an estimated total is right within.
using on_progress =
    std::function<void(std::uint64_t executions, std::uint64_t total, double factor)>;

/// A child that runs `request`; `tell` is called with progress, `done` once.
[[nodiscard]] task run_task(const engine_folder& engines, const run_request& request,
                            on_progress tell, std::function<std::vector<task>(run_report)> done);

/// A child that cuts a run in `parts` work files, in `folder`.
[[nodiscard]] task split_task(const engine_folder& engines, const run_request& request,
                              std::uint32_t parts, const std::string& folder, bool plain_waits,
                              std::function<std::vector<task>(run_report)> done);

/// A child that runs `request` and tells what it reaches.
[[nodiscard]] task sites_task(const engine_folder& engines, const run_request& request,
                              std::function<void(weak_spot)> found,
                              std::function<std::vector<task>(run_report)> done);

/// A child that runs one check of a user's program (docs/checking-your-code.md): by its name as
/// GoogleTest has it, with what `request` says. `found` is for what it reaches; empty: runs it.
[[nodiscard]] task check_task(const std::string& program, const run_request& request,
                              std::function<void(weak_spot)> found,
                              std::function<std::vector<task>(run_report)> done);
/// The tests of such a program, other tests of its too.
[[nodiscard]] std::vector<std::string> tests_of(const std::string& program);

/// Of the sources that this program and its engines were built from, and the compiler.
[[nodiscard]] std::string build_name();

/// Throws `usage_error` if the engine did not take the request.
void require_accepted(const run_report& report);

/// How long to replay: so many times and no longer than so many seconds.
struct replay_limits {
  std::uint64_t times = 1;
  double seconds = 1e9;
  bool after_prefix = false;  ///< as far as the token fits, and then on
};

/// The command line that replays `failure` until it comes back, program first.
[[nodiscard]] std::vector<std::string> replay_command(const engine_folder& engines,
                                                      const token& failure,
                                                      const replay_limits& limits);

/// A child that replays `failure` until it comes back.
[[nodiscard]] task replay_task(const engine_folder& engines, const token& failure,
                               const replay_limits& limits,
                               std::optional<unsigned> patience_seconds,
                               std::function<std::vector<task>(run_report)> done);

/// Brings `failure` back in a process of its own, a new one after each failure,
/// `times` times, or once it has come back until so many seconds have passed.
/// `tell` is called with how often it ran and came back.
[[nodiscard]] run_report replay(const engine_folder& engines, const token& failure,
                                std::uint64_t times, double seconds_once_back, bool after_prefix,
                                const std::function<void(std::uint64_t, std::uint64_t)>& tell);

/// Of the sources that this program and its engines were built from.
[[nodiscard]] std::uint32_t source_fingerprint();

/// Whether replaying may give another result each time.
[[nodiscard]] bool on_real_threads(const std::string& engine);

}  // namespace handfast::ci
