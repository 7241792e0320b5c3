// What an engine is to the `handfast` program: a process of its own with three
// verbs, which answers in JSON lines. A process, because Relacy replaces global
// new and delete, the fuzzer and ThreadSanitizer need builds of their own, and
// a crash must not take the report with it.
//
//   ENGINE list
//       {"event":"entry","concept","name","summary","modes":[…],"weight","on_request":[…],
//        "exhibit","covers":[…]}
//       one a line
//       {"event":"mutant","name","wrong"}   one a line, in builds with seeded bugs
//   ENGINE run NAME --mode M [--seed N] [--max-executions N] [--max-seconds S]
//              [--preemptions K] [--patience S] [--mutant NAME] [--jobs N] [--build ID]
//              [--resume FILE] [--checkpoint FILE [--checkpoint-from S]
//              [--checkpoint-every S]]
//       {"event":"progress","executions","total","factor"}   now and then; total 0: not known
//       {"event":"result", …}                as `to_json(outcome)` below
//   ENGINE split NAME --parts N --folder DIR, and what `run` takes
//       writes DIR/0001-of-000N.work and so on; {"event":"result", …}
//   ENGINE replay NAME --payload HEX [--times N] [--max-seconds S] [--patience S]
//              [--mutant NAME] [--continue-after-prefix]
//       {"event":"result", …}                with "came_back" of "executions"
//
//   ENGINE sites NAME, and what `run` takes
//       {"event":"site","file","path","line","column","does","order","order_if_failed","ways":[…]}
//       one a line, for each operation that can be weakened; {"event":"result", …}
//
// `--mutant` names a seeded bug, in the engines' -mutants twins; or a way to weaken one
// operation, FILE:LINE:COLUMN:WAY as `sites` tells them, in the engines that have `sites`.
//
// Exit status: 0 nothing found, 1 a finding, 2 bad usage (one line on stderr),
// 3 interrupted or nothing explored.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace handfast::ci {

/// Bytes that an engine needs to bring one failure back; the program wraps them
/// in a token.
using replay_bytes = std::vector<std::uint8_t>;

/// One thing that an engine can run.
struct entry {
  std::string concept_name;               ///< "channel", as in the file names
  std::string name;                       ///< "channel.hand_off": unique within the engine
  std::string summary;                    ///< the claim, as a sentence
  std::vector<std::string> modes;         ///< what --mode takes; the first is the default
  double weight = 1;                      ///< its share of a stage's time, next to others
  std::vector<std::string> on_request{};  ///< what --mode takes, too, and nobody runs unasked
  bool exhibit = false;                   ///< of the zoo: may have its bug, runs when named
  std::vector<std::string> covers{};      ///< further concepts, whose code it runs too
};

/// How much to do. An engine ignores what does not apply to it.
struct run_options {
  std::string mode;
  std::uint64_t seed = 1;
  std::optional<std::uint64_t> max_executions;
  std::optional<double> max_seconds;
  std::uint32_t preemptions = 2;
  std::chrono::seconds patience{30};  ///< a silence as long is taken for a hang
  unsigned jobs = 1;                  ///< processes that share the run
  std::string mutant;                 ///< that is on
  std::string build;                  ///< of the sources: for work files
  std::string resume;                 ///< a work file to go on from
  std::string checkpoint;             ///< a work file to write, if the run does not end
  double checkpoint_every = 10;       ///< seconds between two of them
  double checkpoint_from = 0;         ///< seconds; of shorter runs none is written
  bool plain_waits = false;           ///< pieces: nobody who waits is let go in place
};

/// How to replay.
struct replay_plan {
  std::uint64_t times = 1;            ///< where real threads decide
  std::optional<double> max_seconds;  ///< there, no further try after so long
  std::chrono::seconds patience{30};
  bool after_prefix = false;  ///< as far as it fits, and then on
};

/// A failure: what kind, told so that a person understands it, and how to bring
/// it back.
struct finding {
  std::string kind;  ///< "data race", "deadlock", "not linearizable", …
  std::string text;  ///< the whole report, several lines
  replay_bytes replay;
};

/// The end of a run or a replay.
struct outcome {
  std::string verdict;  ///< verified, bounded, searched, finding, vacuous, misuse, interrupted
  std::uint64_t executions = 0;  ///< what was explored: iterations, cases, inputs, rounds
  std::string unit = "executions";
  std::uint64_t blocked = 0;
  bool complete = false;        ///< the search came to its own end, not to a limit
  std::string note;             ///< a line to show with the result
  std::uint64_t came_back = 0;  ///< replay: how many of `executions` failed again
  std::vector<std::string> goals_met;
  std::vector<std::string> goals_missed;
  std::optional<finding> found;
  std::uint64_t operations = 0;      ///< instrumented, in all executions
  std::uint64_t plain_accesses = 0;  ///< to plain data that is watched
  std::uint64_t longest = 0;         ///< operations of the longest execution
  bool cut = false;                  ///< there is more beyond the bound of preemptions
  double estimate = 0;               ///< of all executions; 0: none
  double estimate_factor = 0;        ///< which it is right within, 9 times of 10
  std::string checkpoint;            ///< the work file that was written
};

/// An operation of the program under check, and the ways to make it weaker than it is written.
struct weak_spot {
  std::string file;  ///< as `--mutant` has it
  std::string path;  ///< where it can be read
  std::uint32_t line = 0;
  std::uint32_t column = 0;
  std::string does;
  std::string order;            ///< empty where it has none
  std::string order_if_failed;  ///< empty where it cannot fail
  std::vector<std::string> ways;
};

/// Bad input: its text is the one line that the user sees; exit status 2.
struct usage_error : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// How far a run has come.
struct how_far {
  std::uint64_t executions = 0;
  std::uint64_t total = 0;  ///< 0: not known
  double factor = 0;        ///< where the total is an estimate: right within that
};

/// Tells how far a run has come; returns false when it should stop (Ctrl-C).
using progress = std::function<bool(const how_far&)>;

/// One engine. `run` and `replay` throw `usage_error` for names, modes and
/// payloads that they do not know.
class engine {
 public:
  engine() = default;
  engine(const engine&) = delete;
  engine& operator=(const engine&) = delete;
  virtual ~engine() = default;

  [[nodiscard]] virtual std::vector<entry> list() const = 0;
  /// What to replay if the process dies during this run; empty where the engine
  /// reports that itself.
  [[nodiscard]] virtual replay_bytes before(std::string_view name, const run_options& options) = 0;
  [[nodiscard]] virtual outcome run(std::string_view name, const run_options& options,
                                    const progress& tell) = 0;
  /// Writes `parts` work files to `folder`, which together are the run.
  [[nodiscard]] virtual outcome split(std::string_view name, const run_options& options,
                                      std::uint32_t parts, const std::string& folder);
  /// What a run reaches that can be weakened, added to `found`.
  [[nodiscard]] virtual outcome sites(std::string_view name, const run_options& options,
                                      std::vector<weak_spot>& found);
  /// From here on, in this process, one operation is weaker than it is written.
  virtual void weaken(const std::string& how);
  [[nodiscard]] virtual outcome replay(std::string_view name, const replay_bytes& payload,
                                       const replay_plan& plan, const progress& tell) = 0;
};

/// `main` of an engine's process. In a build over the mutated runtime it takes
/// `--mutant`.
int engine_main(int argc, char** argv, engine& self);

/// What brings back the execution that runs now, should it take the process with
/// it: an engine notes it before each execution, and the handlers of fatal
/// signals and of the sanitizers that `engine_main` installs print it. Takes no
/// memory; a replay of more than 8 KiB is not kept.
void note_execution(std::span<const std::uint8_t> replay, std::uint64_t executions);

/// Installs those handlers again, for an engine whose library installs its own.
void watch_for_death();

/// Prints a result from where nothing can be returned any more (a watchdog, a
/// library that does not come back) and ends the process with its exit status.
[[noreturn]] void report_and_exit(const outcome& result);
[[noreturn]] void report_and_exit(const finding& found, std::uint64_t executions);

}  // namespace handfast::ci
