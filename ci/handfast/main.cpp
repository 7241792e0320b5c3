// The `handfast` program: one verb a job.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <exception>
#include <functional>

#include "ci/engines/engine.hpp"
#include "ci/handfast/process.hpp"
#include "ci/handfast/verbs.hpp"

namespace handfast::ci {
namespace {

// "10m", "90s", "2h" or plain seconds.
double to_seconds(const std::string& text) {
  std::size_t end = 0;
  double amount = 0;
  try {
    amount = std::stod(text, &end);
  } catch (const std::exception&) {
    end = 0;
  }
  const std::string unit = text.substr(end);
  const double scale = unit == "h" ? 3600 : unit == "m" ? 60 : unit.empty() || unit == "s" ? 1 : 0;
  if (end == 0 || scale == 0 || !(amount > 0)) {
    throw usage_error("'" + text + "' is not a time; say 90s, 10m or 2h");
  }
  return amount * scale;
}

// CLI11 wraps -1 around and cuts what is too large.
std::string whole_number(const std::string& text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc{} && end == text.data() + text.size()
             ? ""
             : "'" + text + "' is not a whole number from 0 to " +
                   std::to_string(~std::uint64_t{0});
}

std::function<std::string(const std::string&)> number_between(std::uint64_t least,
                                                              std::uint64_t most) {
  return [least, most](const std::string& text) {
    const bool fits = whole_number(text).empty() && text.size() < 20 &&
                      std::stoull(text) >= least && std::stoull(text) <= most;
    return fits ? "" : fmt::format("'{}' is not a whole number from {} to {}", text, least, most);
  };
}

CLI::App* add_verb(CLI::App& app, const char* name, const char* does, const char* example,
                   common_options& options) {
  CLI::App* verb = app.add_subcommand(name, does);
  verb->footer(std::string("Example:\n  ") + example);
  verb->add_flag("--json", options.json, "one JSON object a line (docs/json.md)");
  verb->add_option("--engines", options.engines, "folder of the engines' programs");
  return verb;
}

int run(int argc, char** argv) {
  CLI::App app{
      "handfast: proves a channel under every engine, and brings each failure back.\n"
      "Exit status: 0 all held, 1 a finding, 2 bad usage, 3 interrupted."};
  app.require_subcommand(1);
  app.footer("Example:\n  handfast check channel.hand_off\n  handfast gate --budget 5m");

  list_options list;
  check_options check;
  replay_options replay;
  mutants_options mutants;
  mutate_options mutate;
  gate_options gate;
  litmus_options litmus;
  compare_options compare;
  std::string max_time;
  std::string budget;

  CLI::App* list_app =
      add_verb(app, "list", "Show everything there is to run", "handfast list 'channel.*'", list);
  list_app->add_option("pattern", list.pattern, "glob, or part of a name");

  CLI::App* check_app = add_verb(
      app, "check", "Run scenarios under one engine",
      "handfast check blocked_sender --engine relacy --mode random --max-executions 100000", check);
  check_app->add_option("pattern", check.pattern, "glob, or part of a name");
  check_app->add_option(
      "--engine", check.engine,
      "checker, relacy, properties, fuzz, stress, stress-tsan (default: the first of "
      "these that has what is asked for)");
  check_app->add_option("--mode", check.mode,
                        "exhaustive, bounded, random, all, or one of the engine's own (default: "
                        "what the engine runs unasked)");
  check_app->add_option("--preemptions", check.preemptions, "bound for --mode bounded")
      ->check(whole_number);
  check_app->add_option("--seed", check.seed, "for everything drawn at random")
      ->check(whole_number)
      ->capture_default_str();
  check_app->add_option("--max-executions", check.max_executions, "stop each run after so many")
      ->check(whole_number);
  check_app->add_option("--max-time", max_time, "stop each run after this long: 90s, 10m");
  check_app->add_option("--mutant", check.mutant,
                        "switch a seeded bug on (handfast mutants --list)");
  check_app
      ->add_option("--jobs", check.jobs,
                   "processes at once, which share the search of one scenario (default: one "
                   "a core)")
      ->check(whole_number);
  check_app->add_option("--checkpoint", check.checkpoint,
                        "where to keep what is left of one search, now and then and when it is "
                        "stopped (default: a file of ours, from 2 s on)");
  std::string checkpoint_every;
  check_app->add_option("--checkpoint-every", checkpoint_every,
                        "time between two checkpoints: 90s, 10m (default: 10s)");
  check_app->add_option("--resume", check.resume, "go on from a checkpoint");
  std::vector<std::string> split;
  check_app->add_option("--split", split, "cut one search in N pieces, as files in DIR")
      ->expected(2)
      ->type_name("N DIR");
  check_app->add_flag("--plain-waits", check.plain_waits,
                      "with --split: pieces that no piece can outgrow, of more blocked executions");
  check_app->add_option("--run", check.piece, "go through a piece, and keep what came of it");
  check_app->add_option("--merge", check.merge_folder, "what came of all pieces in this folder");

  CLI::App* replay_app =
      add_verb(app, "replay", "Bring one failure back",
               "handfast replay hf1.channel.storm.stress.h0kAAA… --times 200", replay);
  replay_app->add_option("token", replay.text, "as printed with the failure")->required();
  replay_app->add_option("--times", replay.times, "how often, where real threads decide")
      ->check(whole_number);
  replay_app->add_flag("--trace", replay.trace, "print the whole report, however long");
  replay_app->add_flag("--gdb", replay.gdb, "under gdb, which stops where it fails");
  replay_app->add_flag("--any-build", replay.any_build,
                       "try a token from other sources; it may mean another run here");

  replay_app->add_flag("--continue-after-prefix", replay.after_prefix,
                       "a token from other sources: follow it as far as it fits, and look on from "
                       "there (checker)");

  CLI::App* mutants_app =
      add_verb(app, "mutants", "Switch each seeded bug on and see which engine catches it",
               "handfast mutants --table docs/seeded-bugs.md", mutants);
  mutants_app->add_option("pattern", mutants.pattern, "glob, or part of a bug's name");
  mutants_app->add_option("--engine", mutants.engine, "only this engine");
  mutants_app->add_option("--table", mutants.table, "write the table to this Markdown file");
  mutants_app->add_flag("--list", mutants.list, "only show the bugs");
  mutants_app->add_flag("--first", mutants.first, "stop at the first engine that catches a bug");
  mutants_app->add_flag("--entries", mutants.entries,
                        "instead, for each scenario, property and target a bug that it catches");
  mutants_app->add_option("--jobs", mutants.jobs, "runs at once (default: one a core)")
      ->check(whole_number);

  CLI::App* mutate_app =
      add_verb(app, "mutate",
               "Make each memory order, fence, wake-up and re-check weaker, one at a time, and see "
               "which scenario notices",
               "handfast mutate 'queue/*' --resume campaign.jsonl --html campaign.html", mutate);
  mutate_app->add_option("pattern", mutate.pattern, "glob, or part of FILE:LINE:COLUMN");
  mutate_app->add_option("--program", mutate.program,
                         "your own checks: a GoogleTest program with HANDFAST_CHECKs");
  mutate_app->add_option("--scenario", mutate.scenario,
                         "only scenarios or checks of this name: a glob, or a part");
  mutate_app->add_option("--since", mutate.since, "only what changed since this revision");
  mutate_app->add_option("--equivalent", mutate.equivalent,
                         "JSON file of what nothing can tell, and why (docs/json.md)");
  mutate_app->add_option("--resume", mutate.resume,
                         "keep what is settled in this file, and go on from it");
  mutate_app->add_option("--html", mutate.html, "write a page with the source lines");
  mutate_app
      ->add_option("--max-executions", mutate.max_executions,
                   "of one scenario, for one mutant (default: 200000)")
      ->check(whole_number);
  std::string mutate_time;
  mutate_app->add_option("--max-time", mutate_time, "the same, in time: 20s (default)");
  std::string mutate_budget;
  mutate_app->add_option("--budget", mutate_budget, "stop after this long: 20m");
  mutate_app->add_flag("--list", mutate.list,
                       "only show what there is to weaken, and who reaches it");
  mutate_app->add_option("--jobs", mutate.jobs, "runs at once (default: one a core)")
      ->check(whole_number);

  CLI::App* litmus_app =
      add_verb(app, "litmus", "Run litmus tests in herd's C format on the checker",
               "handfast litmus models/litmus/tests/*.litmus", litmus);
  litmus_app->add_option("files", litmus.files, "tests")->required();
  litmus_app->add_option("--expect", litmus.expect, "compare with the JSON lines of this file");

  CLI::App* gate_app =
      add_verb(app, "gate", "The merge gate: every engine, in bounded time",
               "handfast gate --budget 5m --junit gate.xml --markdown gate.md", gate);
  gate_app->add_option("--budget", budget, "time for all stages together: 90s, 5m (default: 5m)");
  gate_app->add_option("--only", gate.only, "only this concept (channel, sync)");
  gate_app->add_option("--since", gate.since,
                       "put the concepts that changed since this revision first and deepest, and "
                       "see that a scenario notices where an operation that changed is weaker");
  gate_app->add_option("--equivalent", gate.equivalent,
                       "with --since: JSON file of weaker operations that nothing can tell");
  gate_app->add_option("--seed", gate.seed, "for everything drawn at random")
      ->check(whole_number)
      ->capture_default_str();
  gate_app->add_option("--junit", gate.junit, "write JUnit XML to this file");
  gate_app->add_option("--markdown", gate.markdown, "write a summary for reviewers to this file");
  gate_app->add_option("--jobs", gate.jobs, "runs at once (default: one a core)")
      ->check(whole_number);

  CLI::App* compare_app =
      add_verb(app, "compare",
               "Our channels side by side, and next to peers: checks, time, fairness, memory",
               "handfast compare --quick --peer tbb,go --workload 'latency*' --svg plots", compare);
  const auto add_list = [compare_app](const char* name, auto& values, const char* does) {
    return compare_app->add_option(name, values, does)->delimiter(',');
  };
  add_list("--variant", compare.variants, "globs, or parts of names; none (default: all)");
  add_list("--peer", compare.peers, "the same, of peers");
  add_list("--workload", compare.workloads,
           "the same: check, throughput, pair, pingpong, select, once, latency_paced, "
           "latency_saturated, "
           "fairness, memory, blocked; and where asked for, of tasks: sched, task, timer, mem/");
  add_list("--capacity", compare.capacities,
           "0, 1, 64, 1024, unbounded, … (default: some, for each workload)");
  add_list("--producers", compare.producers, "how many threads send (default: 1, 2, and 4)")
      ->check(number_between(1, 64));
  add_list("--consumers", compare.consumers, "how many threads receive")
      ->check(number_between(1, 64));
  add_list("--workers", compare.workers, "how many threads run tasks (default: 1 and 2)")
      ->check(number_between(1, 64));
  add_list("--item-bytes", compare.item_bytes, "8 and 64 (default: 8)")
      ->check(CLI::IsMember({8, 64}));
  compare_app->add_option("--reps", compare.reps, "rounds; medians are shown (default: 3)")
      ->check(number_between(1, 1000));
  compare_app->add_option("--milliseconds", compare.milliseconds, "of a measurement (default: 60)")
      ->check(number_between(1, 600'000));
  std::string check_time;
  compare_app->add_option("--check-time", check_time,
                          "at most, for each scenario: 2s, 1m (default: 2s)");
  compare_app->add_flag("--quick", compare.quick,
                        "a third of the time: 20 ms a measurement, 0.5 s a scenario");
  compare_app->add_option("--csv", compare.csv, "write the figures to this file");
  compare_app->add_option("--svg", compare.svg,
                          "write plots: one for all to FILE.svg, or one each to this folder");
  compare_app->add_option("--bench", compare.bench, "folder of the benchmarks' programs");

  const std::string verb = argc > 1 ? argv[1] : "";
  const auto is_verb = [&verb](const CLI::App* each) { return each->get_name() == verb; };
  if (!verb.empty() && verb.front() != '-' &&
      std::ranges::none_of(app.get_subcommands({}), is_verb)) {
    throw usage_error("there is no verb '" + verb + "' (handfast --help)");
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp& help) {
    return app.exit(help);
  } catch (const CLI::CallForAllHelp& help) {
    return app.exit(help);
  } catch (const CLI::ParseError& error) {
    throw usage_error(std::string(error.what()) + " (handfast --help)");
  }
  if (!max_time.empty()) {
    check.max_seconds = to_seconds(max_time);
  }
  if (!checkpoint_every.empty()) {
    check.checkpoint_every = to_seconds(checkpoint_every);
  }
  if (!split.empty()) {
    if (!whole_number(split[0]).empty() || split[0].size() > 4 || std::stoul(split[0]) == 0) {
      throw usage_error("--split N DIR takes a number of pieces from 1 to 9999, not '" + split[0] +
                        "'");
    }
    check.split_parts = static_cast<std::uint32_t>(std::stoul(split[0]));
    check.split_folder = split[1];
  }
  if (!mutate_time.empty()) {
    mutate.max_seconds = to_seconds(mutate_time);
  }
  if (!mutate_budget.empty()) {
    mutate.budget_seconds = to_seconds(mutate_budget);
  }
  if (!budget.empty()) {
    gate.budget_seconds = to_seconds(budget);
  }
  if (!check_time.empty()) {
    compare.check_seconds = to_seconds(check_time);
  }
  handle_interrupts();
  if (*list_app) {
    return list_verb(list);
  }
  if (*check_app) {
    return check_verb(check);
  }
  if (*replay_app) {
    return replay_verb(replay);
  }
  if (*mutants_app) {
    return mutants_verb(mutants);
  }
  if (*mutate_app) {
    return mutate_verb(mutate);
  }
  if (*litmus_app) {
    return litmus_verb(litmus);
  }
  if (*compare_app) {
    return compare_verb(compare);
  }
  return gate_verb(gate);
}

}  // namespace
}  // namespace handfast::ci

int main(int argc, char** argv) {
  try {
    return handfast::ci::run(argc, argv);
  } catch (const handfast::ci::interruption&) {
    fmt::print(stderr, "handfast: interrupted\n");
    return 3;
  } catch (const std::exception& error) {
    fmt::print(stderr, "handfast: {}\n", error.what());
  }
  return 2;
}
