// The programs that another checker counted too: a table of what this one counts,
// and how fast.
//
//   handfast-reference [--all] [NAME...]
//   handfast-reference --jobs N [NAME...]   by one process and by N, side by side
//
// Exit status: 0 every count is the peer's; 1 one is not; 2 bad usage.
#include <fmt/format.h>
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <string>
#include <vector>

#include "models/checker/search.hpp"
#include "models/suites/reference.hpp"
#include "models/work/run.hpp"

namespace {

namespace checker = handfast::checker;
namespace reference = handfast::reference;

double seconds_used() {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
  };
  return seconds(used.ru_utime) + seconds(used.ru_stime);
}

double peak_mib() {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  return static_cast<double>(used.ru_maxrss) / 1024;
}

struct mean {
  double logs = 0;
  int count = 0;
  void add(double ratio) {
    logs += std::log(ratio);
    ++count;
  }
};

// Whether the count is the peer's.
bool run(const reference::program& each, bool unique, mean& ratios) {
  const double start = seconds_used();
  checker::search searching({each.body});
  if (unique) {
    searching.look_for_duplicates();
  }
  while (searching.next()) {
  }
  const double seconds = seconds_used() - start;
  const bool same =
      !searching.found() && searching.duplicates() == 0 && searching.executions() == each.complete;
  std::string ratio = "-";
  const double rate = static_cast<double>(searching.executions()) / std::max(seconds, 1e-6);
  if (each.peer_rate > 0) {
    ratio = fmt::format("{:.1f}", rate / each.peer_rate);
    ratios.add(rate / each.peer_rate);
  }
  fmt::print("{:<18} {:>10} {:>8} {:>9.3f} {:>11.0f} {:>10.1f} {:>7}  {}\n", each.name,
             searching.executions(), searching.blocked(), seconds, rate, peak_mib(), ratio,
             same ? "as expected" : fmt::format("WRONG: there are {}", each.complete));
  if (searching.duplicates() > 0) {
    fmt::print("  {} came twice\n", searching.duplicates());
  }
  if (searching.found()) {
    fmt::print("  {}: {}\n", searching.found()->kind, searching.found()->text);
  }
  std::fflush(stdout);
  return same;
}

double timed(const reference::program& each, unsigned jobs, handfast::work::ending& ending) {
  using steady = std::chrono::steady_clock;
  handfast::work::bounds within;
  within.jobs = jobs;
  const auto start = steady::now();
  ending = handfast::work::run({each.body, {}}, handfast::work::everything, within,
                               [](const handfast::work::how_far&) { return true; });
  return std::chrono::duration<double>(steady::now() - start).count();
}

// Whether several processes come to what one comes to.
bool run_shared(const reference::program& each, unsigned jobs) {
  handfast::work::ending alone;
  handfast::work::ending shared;
  const double one = timed(each, 1, alone);
  const double several = timed(each, jobs, shared);
  const bool same = alone.done == shared.done && shared.ended == alone.ended &&
                    shared.done.executions == each.complete;
  fmt::print("{:<18} {:>10} {:>8} {:>9.2f} {:>9.2f} {:>7.2f}  {}\n", each.name,
             shared.done.executions, shared.done.blocked, one, several, one / several,
             same ? "the same" : "NOT THE SAME");
  std::fflush(stdout);
  return same;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{
      "Programs that another checker counted too: complete executions, blocked ones, CPU\n"
      "seconds, executions a second, peak memory, and how many times the peer's rate."};
  app.footer("Example:\n  handfast-reference --all");
  std::vector<std::string> names;
  bool all = false;
  bool unique = false;
  app.add_option("names", names, "only these");
  app.add_flag("--all", all, "those that take seconds, too");
  app.add_flag("--unique", unique, "remember every graph, and show that none came twice");
  unsigned jobs = 1;
  app.add_option("--jobs", jobs, "share each search among so many processes, and compare")
      ->check(CLI::Range(1, 1024));
  CLI11_PARSE(app, argc, argv);
  if (jobs > 1) {
    fmt::print("{:<18} {:>10} {:>8} {:>9} {:>9} {:>7}\n", "program", "complete", "blocked",
               "1 job, s", fmt::format("{} jobs, s", jobs), "ratio");
  } else
    fmt::print("{:<18} {:>10} {:>8} {:>9} {:>11} {:>10} {:>7}\n", "program", "complete", "blocked",
               "CPU s", "per second", "peak MiB", "ratio");
  bool same = true;
  mean ratios;
  int run_count = 0;
  for (const reference::program& each : reference::programs()) {
    const bool named = std::ranges::find(names, each.name) != names.end();
    if (named || (names.empty() && (all || !each.long_run))) {
      same &= jobs > 1 ? run_shared(each, jobs) : run(each, unique, ratios);
      ++run_count;
    }
  }
  if (ratios.count > 0) {
    fmt::print("geometric mean of {} ratios: {:.1f}\n", ratios.count,
               std::exp(ratios.logs / ratios.count));
  }
  if (run_count == 0) {
    fmt::print(stderr, "handfast-reference: no such program\n");
    return 2;
  }
  return same ? 0 : 1;
}
