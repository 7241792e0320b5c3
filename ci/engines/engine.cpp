#include "ci/engines/engine.hpp"

#include "ci/engines/hex.hpp"
#include "ci/engines/seeded.hpp"

#include <sys/syscall.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <thread>
#include <tuple>

// There in builds with a sanitizer's runtime.
// NOLINTNEXTLINE(bugprone-reserved-identifier): the name is theirs
extern "C" [[gnu::weak]] void __sanitizer_set_death_callback(void (*callback)());

namespace handfast::ci {
namespace {

using json = nlohmann::ordered_json;

volatile std::sig_atomic_t interrupted = 0;

void on_interrupt(int) {
  interrupted = 1;
}

// One object a line, whole lines only: the program reads them as they come.
void print(const json& line) {
  const std::string text =
      line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + '\n';
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
}

json to_json(const outcome& result) {
  json line = {{"event", "result"},
               {"verdict", result.verdict},
               {"executions", result.executions},
               {"unit", result.unit},
               {"blocked", result.blocked},
               {"complete", result.complete},
               {"came_back", result.came_back},
               {"goals_met", result.goals_met},
               {"goals_missed", result.goals_missed}};
  if (result.operations > 0) {
    line["operations"] = result.operations;
    line["plain_accesses"] = result.plain_accesses;
    line["longest"] = result.longest;
    line["cut"] = result.cut;
  }
  if (result.estimate > 0) {
    line["estimate"] = result.estimate;
    line["estimate_factor"] = result.estimate_factor;
  }
  if (!result.note.empty()) {
    line["note"] = result.note;
  }
  if (!result.checkpoint.empty()) {
    line["checkpoint"] = result.checkpoint;
  }
  if (result.found) {
    line["kind"] = result.found->kind;
    line["text"] = result.found->text;
    line["replay"] = to_hex(result.found->replay);
  }
  return line;
}

json to_json(const weak_spot& spot) {
  return {{"event", "site"},       {"file", spot.file},
          {"path", spot.path},     {"line", spot.line},
          {"column", spot.column}, {"does", spot.does},
          {"order", spot.order},   {"order_if_failed", spot.order_if_failed},
          {"ways", spot.ways}};
}

int exit_status(const outcome& result) {
  if (result.verdict == "searched" || result.verdict == "verified" || result.verdict == "bounded") {
    return 0;
  }
  return result.verdict == "interrupted" ? 3 : 1;
}

void list(const engine& self) {
  for (const entry& each : self.list()) {
    print({{"event", "entry"},
           {"concept", each.concept_name},
           {"name", each.name},
           {"summary", each.summary},
           {"modes", each.modes},
           {"weight", each.weight},
           {"on_request", each.on_request},
           {"exhibit", each.exhibit},
           {"covers", each.covers}});
  }
  for (const seeded_bug& bug : seeded_bugs()) {
    print({{"event", "mutant"},
           {"name", bug.name},
           {"wrong", bug.wrong},
           {"concepts", bug.concepts}});
  }
}

// The noted execution, kept so that a signal handler can write it out.
struct {
  std::array<std::uint8_t, 8192> replay{};
  std::size_t size = 0;
  std::uint64_t executions = 0;
} noted;

void write_all(std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(STDOUT_FILENO, text.data(), text.size());
    if (written <= 0) {
      return;
    }
    text.remove_prefix(static_cast<std::size_t>(written));
  }
}

// Whether this caller is the first to end the process: threads may fail side by
// side, and one of them is to be heard.
bool first_to_report() {
  static std::atomic_flag reported;
  return !reported.test_and_set();
}

// A whole result line without taking memory: the heap may be what broke.
void write_noted(std::string_view kind) {
  static std::array<char, 2 * std::tuple_size_v<decltype(noted.replay)> + 256> line;
  if (!first_to_report()) {
    return;
  }
  char* end = line.data();
  const auto append = [&end](std::string_view text) { end = std::ranges::copy(text, end).out; };
  append(R"({"event":"result","verdict":"finding","text":"","kind":")");
  append(kind);
  append(R"(","executions":)");
  end = std::to_chars(end, line.end(), noted.executions).ptr;
  append(R"(,"came_back":1,"replay":")");
  constexpr std::string_view digits = "0123456789abcdef";
  for (const std::uint8_t byte : std::span(noted.replay).first(noted.size)) {
    *end++ = digits[byte >> 4U];
    *end++ = digits[byte & 15U];
  }
  append("\"}\n");
  write_all({line.data(), end});
}

// No destructors, no atexit, and no farewell of a sanitizer's, which waits for
// threads that may be in the middle of anything.
[[noreturn]] void end_process(int status) {
  for (;;) {
    ::syscall(SYS_exit_group, status);
  }
}

void on_fatal_signal(int signal) {
  write_noted(signal == SIGABRT ? "abort" : signal == SIGSEGV ? "segmentation fault" : "crash");
  end_process(1);
}

void on_sanitizer_death() {
  write_noted("sanitizer report");
}

// At most a few progress lines a second, however often an engine tells. Takes no
// memory: under Relacy every allocation is a choice of the search.
progress teller() {
  using clock = std::chrono::steady_clock;
  return [last = clock::now()](const how_far& far) mutable {
    const auto now = clock::now();
    if (now - last > std::chrono::milliseconds(200)) {
      last = now;
      std::array<char, 128> line{};
      std::snprintf(line.data(), line.size(),
                    R"({"event":"progress","executions":%llu,"total":%llu,"factor":%.3f})"
                    "\n",
                    static_cast<unsigned long long>(far.executions),
                    static_cast<unsigned long long>(far.total), far.factor);
      write_all(line.data());
    }
    return interrupted == 0;
  };
}

}  // namespace

outcome engine::split(std::string_view name, const run_options&, std::uint32_t,
                      const std::string&) {
  throw usage_error("runs of " + std::string(name) + " under this engine cannot be split");
}

outcome engine::sites(std::string_view name, const run_options&, std::vector<weak_spot>&) {
  throw usage_error("this engine does not know what " + std::string(name) + " is made of");
}

void engine::weaken(const std::string& how) {
  throw usage_error("this engine cannot weaken " + how);
}

void note_execution(std::span<const std::uint8_t> replay, std::uint64_t executions) {
  noted.size = 0;
  if (replay.size() <= noted.replay.size()) {
    std::ranges::copy(replay, noted.replay.begin());
    noted.size = replay.size();
  }
  noted.executions = executions;
}

void watch_for_death() {
  std::signal(SIGABRT, on_fatal_signal);
  if (__sanitizer_set_death_callback != nullptr) {
    __sanitizer_set_death_callback(on_sanitizer_death);
  } else {
    for (const int fatal : {SIGSEGV, SIGBUS, SIGFPE, SIGILL}) {
      std::signal(fatal, on_fatal_signal);
    }
  }
}

int engine_main(int argc, char** argv, engine& self) {
  std::signal(SIGINT, on_interrupt);
  std::signal(SIGTERM, on_interrupt);
  watch_for_death();

  CLI::App app{"An engine of Handfast; people use the `handfast` program"};
  app.require_subcommand(1);
  std::string name;
  std::string mutant;
  std::string payload;
  run_options options;
  replay_plan again;
  std::int64_t patience = options.patience.count();

  app.add_subcommand("list", "what this engine can run");
  CLI::App* run = app.add_subcommand("run", "run one entry");
  CLI::App* split = app.add_subcommand("split", "cut one run in pieces");
  CLI::App* sites = app.add_subcommand("sites", "the operations of one entry that can be weakened");
  CLI::App* replay = app.add_subcommand("replay", "bring one failure back");
  for (CLI::App* verb : {run, split, sites, replay}) {
    verb->add_option("name", name)->required();
    verb->add_option("--mutant", mutant);
    verb->add_option("--patience", patience)->check(CLI::PositiveNumber);
  }
  for (CLI::App* verb : {run, split, sites}) {
    verb->add_option("--mode", options.mode);
    verb->add_option("--seed", options.seed);
    verb->add_option("--max-executions", options.max_executions);
    verb->add_option("--max-seconds", options.max_seconds);
    verb->add_option("--preemptions", options.preemptions);
    verb->add_option("--build", options.build);
  }
  run->add_option("--jobs", options.jobs);
  run->add_option("--resume", options.resume);
  run->add_option("--checkpoint", options.checkpoint);
  run->add_option("--checkpoint-from", options.checkpoint_from);
  run->add_option("--checkpoint-every", options.checkpoint_every);
  std::uint32_t parts = 0;
  std::string folder;
  split->add_option("--parts", parts)->required()->check(CLI::PositiveNumber);
  split->add_option("--folder", folder)->required();
  split->add_flag("--plain-waits", options.plain_waits);
  replay->add_option("--payload", payload)->required();
  replay->add_option("--times", again.times);
  replay->add_option("--max-seconds", again.max_seconds);
  replay->add_flag("--continue-after-prefix", again.after_prefix);

  try {
    app.parse(argc, argv);
    if (app.got_subcommand("list")) {
      list(self);
      return 0;
    }
    if (mutant.find(':') == std::string::npos) {
      switch_on(mutant);
    } else {
      self.weaken(mutant);
    }
    options.patience = again.patience = std::chrono::seconds(patience);
    options.mutant = mutant;
    outcome result;
    if (app.got_subcommand(split)) {
      result = self.split(name, options, parts, folder);
    } else if (app.got_subcommand(sites)) {
      std::vector<weak_spot> found;
      result = self.sites(name, options, found);
      std::ranges::for_each(found, [](const weak_spot& each) { print(to_json(each)); });
    } else if (app.got_subcommand(run)) {
      note_execution(self.before(name, options), 0);
      result = self.run(name, options, teller());
    } else {
      const std::optional<replay_bytes> bytes = from_hex(payload);
      if (!bytes) {
        throw usage_error("--payload: not an even number of hexadecimal digits");
      }
      note_execution(*bytes, 0);
      result = self.replay(name, *bytes, again, teller());
    }
    print(to_json(result));
    return exit_status(result);
  } catch (const CLI::CallForHelp& help) {
    return app.exit(help);
  } catch (const CLI::ParseError& error) {
    std::fprintf(stderr, "%s: %s\n", argv[0], error.what());
  } catch (const usage_error& error) {
    std::fprintf(stderr, "%s: %s\n", argv[0], error.what());
  }
  return 2;
}

void report_and_exit(const outcome& result) {
  if (!first_to_report()) {
    std::this_thread::sleep_for(std::chrono::hours(1));  // the first ends the process
  }
  print(to_json(result));
  end_process(exit_status(result));
}

void report_and_exit(const finding& found, std::uint64_t executions) {
  outcome result;
  result.verdict = "finding";
  result.executions = executions;
  result.came_back = 1;
  result.found = found;
  report_and_exit(result);
}

}  // namespace handfast::ci
