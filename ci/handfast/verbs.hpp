// The verbs of the `handfast` program, one a file. Each takes its options and
// gives the exit status; bad input is a `usage_error`.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace handfast::ci {

/// What every verb takes.
struct common_options {
  std::string engines;  ///< folder of the engines' programs; empty: beside this one
  bool json = false;
};

struct list_options : common_options {
  std::string pattern;
};

struct check_options : common_options {
  std::string pattern;
  std::string engine;  ///< empty: the first that has what is asked for
  std::string mode;    ///< empty: every mode that the engine has
  std::string mutant;
  std::uint64_t seed = 1;
  std::optional<std::uint64_t> max_executions;
  std::optional<double> max_seconds;
  std::optional<std::uint32_t> preemptions;
  unsigned jobs = 0;             ///< 0: one for each core
  std::string resume;            ///< a work file to go on from
  double checkpoint_every = 10;  ///< seconds
  std::string checkpoint;        ///< the work file to write; empty: one of the program's own
  std::uint32_t split_parts = 0;
  std::string split_folder;  ///< cut the search in pieces, into here
  bool plain_waits = false;
  std::string piece;         ///< a work file of `split`, to be gone through
  std::string merge_folder;  ///< whose pieces have been run
};

struct replay_options : common_options {
  std::string text;
  std::optional<std::uint64_t> times;
  bool trace = false;
  bool gdb = false;
  bool any_build = false;
  bool after_prefix = false;  ///< as far as the token fits, and then on
};

struct mutants_options : common_options {
  std::string pattern;
  std::string engine;  ///< empty: all
  std::string table;   ///< a Markdown file to write; empty: none
  bool first = false;
  bool list = false;
  bool entries = false;  ///< instead: for each scenario, a bug that it catches
  unsigned jobs = 0;
};

struct mutate_options : common_options {
  std::string pattern;     ///< of sites
  std::string program;     ///< of a user's checks; empty: the engine's scenarios
  std::string scenario;    ///< pattern; empty: all that reach a site
  std::string since;       ///< only what changed since this revision
  std::string equivalent;  ///< a file that says which mutants nothing can tell; empty: ours
  std::string resume;      ///< a file that keeps what is settled
  std::string html;        ///< a page to write; empty: none
  std::optional<std::uint64_t> max_executions;
  std::optional<double> max_seconds;     ///< of one run
  std::optional<double> budget_seconds;  ///< of all
  bool list = false;
  unsigned jobs = 0;
};

struct gate_options : common_options {
  double budget_seconds = 300;
  std::string only;  ///< a concept; empty: all
  std::string since;
  std::string equivalent;  ///< as mutate's; empty: none
  std::string junit;
  std::string markdown;
  std::uint64_t seed = 1;
  unsigned jobs = 0;
};

struct compare_options : common_options {
  std::string bench;                   ///< folder of the benchmark programs; empty: beside this one
  std::vector<std::string> variants;   ///< patterns; empty: all; "none": none
  std::vector<std::string> peers;      ///< the same
  std::vector<std::string> workloads;  ///< patterns; empty: what is measured unasked
  std::vector<std::string> capacities;
  std::vector<unsigned> producers;
  std::vector<unsigned> consumers;
  std::vector<unsigned> workers{1, 2};
  std::vector<unsigned> item_bytes{8};
  unsigned reps = 0;          ///< 0: as `quick` says
  unsigned milliseconds = 0;  ///< of one measurement; 0: as `quick` says
  double check_seconds = 0;   ///< of one scenario; 0: as `quick` says
  bool quick = false;
  std::string csv;
  std::string svg;  ///< a file for all plots, or a folder for one each
};

struct litmus_options : common_options {
  std::vector<std::string> files;
  std::string expect;  ///< JSON lines to compare with; empty: none
};

int list_verb(const list_options& options);
int check_verb(const check_options& options);
int replay_verb(const replay_options& options);
int mutants_verb(const mutants_options& options);
int mutate_verb(const mutate_options& options);
int gate_verb(const gate_options& options);
int compare_verb(const compare_options& options);
/// Becomes the litmus program: its lines and its exit status are the verb's.
int litmus_verb(const litmus_options& options);

}  // namespace handfast::ci
