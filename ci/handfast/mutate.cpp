// `handfast mutate`: which orders and which steps does some scenario defend?
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <span>

#include "ci/engines/engine.hpp"
#include "ci/handfast/campaign.hpp"
#include "ci/handfast/mutate_page.hpp"
#include "ci/handfast/process.hpp"
#include "ci/handfast/report.hpp"
#include "ci/handfast/select.hpp"
#include "ci/handfast/touched.hpp"
#include "ci/handfast/verbs.hpp"

namespace handfast::ci {
namespace {

using json = nlohmann::ordered_json;
using clock = std::chrono::steady_clock;

// What is of the code under check, and not of the harness.
bool is_of_the_code(const weak_spot& site, bool of_a_program) {
  if (!of_a_program) {
    return is_of_the_runtime(site);
  }
  return site.file.find("/models/check/") == std::string::npos &&
         site.file.find("/models/adapters/") == std::string::npos;
}

json to_json(const campaign_plan& plan, const weak_mutant& which, const mutant_fate& fate) {
  const weak_spot& site = plan.sites[which.site].at;
  json line = {{"site", name_of(site)},
               {"does", site.does},
               {"from", written_as(site, which.way)},
               {"to", which.way},
               {"result", name_of(fate.what)},
               {"scenario", nullptr},
               {"verdict", nullptr},
               {"token", nullptr},
               {"reached_by", plan.sites[which.site].by.size()},
               {"runs", fate.runs},
               {"executions", fate.executions},
               {"text", source_line(site)}};
  if (fate.what == fate::killed) {
    line["scenario"] = fate.scenario;
    line["verdict"] = fate.verdict;
    line["token"] = fate.token;
  }
  if (!fate.why.empty()) {
    line["why"] = fate.why;
  }
  return line;
}

std::string dumped(const json& line) {
  return line.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string summary_line(const campaign_plan& plan, const weak_mutant& which,
                         const mutant_fate& fate) {
  const weak_spot& site = plan.sites[which.site].at;
  std::string end;
  switch (fate.what) {
    case fate::killed: end = fmt::format("{} in {}", fate.verdict, fate.scenario); break;
    case fate::equivalent: end = fate.why; break;
    default:
      end = fmt::format("{} scenarios, {} executions: {}", plan.sites[which.site].by.size(),
                        grouped(fate.executions), source_line(site));
  }
  return fmt::format("{:<11} {:<32} {:>17} -> {:<14} {}", name_of(fate.what), name_of(site),
                     written_as(site, which.way), which.way, end);
}

// What is settled, kept from run to run: a line each, after one that says of which sources.
class journal {
 public:
  journal(const std::string& path, const std::string& program, const campaign_limits& limits) {
    if (path.empty()) {
      return;
    }
    const json head = {{"campaign", program.empty() ? build_name() : identity(program)},
                       {"max_executions", limits.max_executions}};
    std::ifstream file(path);
    std::string line;
    if (file && std::getline(file, line)) {
      if (json::parse(line, nullptr, false) != head) {
        throw usage_error(path + " is of other sources or another bound; give another file");
      }
      while (std::getline(file, line)) {
        read(json::parse(line, nullptr, false));
      }
    }
    file.close();
    const bool is_new = line.empty();
    out_.open(path, std::ios::app);
    if (!out_) {
      throw usage_error("cannot write " + path);
    }
    // What was cut short has no end of its own.
    out_ << (is_new ? dumped(head) : "") << std::endl;
  }

  [[nodiscard]] const std::map<std::string, mutant_fate>& kept() const { return kept_; }

  void keep(const std::string& mutant, const mutant_fate& fate) {
    if (out_.is_open()) {
      out_ << dumped({{"mutant", mutant},
                      {"fate", fate.what},
                      {"scenario", fate.scenario},
                      {"verdict", fate.verdict},
                      {"token", fate.token},
                      {"executions", fate.executions},
                      {"runs", fate.runs}})
           << std::endl;
    }
  }

 private:
  // Of a program as it was built.
  static std::string identity(const std::string& program) {
    std::error_code none;
    return fmt::format("{} {} {}", program, std::filesystem::file_size(program, none),
                       std::filesystem::last_write_time(program, none).time_since_epoch().count());
  }

  // The last line of a run that was cut short may be no line at all.
  void read(const json& line) {
    if (!line.is_object()) {
      return;
    }
    mutant_fate& fate = kept_[line.value("mutant", "")];
    fate.what = line.value("fate", fate::timeout);
    fate.scenario = line.value("scenario", "");
    fate.verdict = line.value("verdict", "");
    fate.token = line.value("token", "");
    fate.executions = line.value("executions", std::uint64_t{0});
    fate.runs = line.value("runs", std::size_t{0});
  }

  std::map<std::string, mutant_fate> kept_;
  std::ofstream out_;
};

campaign_plan plan_of(const checks& all, const mutate_options& options, unsigned jobs) {
  const std::optional<touched> by_change =
      options.since.empty() ? std::nullopt : std::optional<touched>(options.since);
  const auto wanted = [&](const weak_spot& site) {
    return is_of_the_code(site, !options.program.empty()) &&
           matches(options.pattern, name_of(site)) && (!by_change || by_change->covers(site));
  };
  progress_line line(!options.json);
  campaign_plan plan = planned(all, wanted, jobs, [&](std::size_t ended) {
    line.show(fmt::format("{} of {} scenarios looked at", ended, all.names().size()));
  });
  line.clear();
  if (plan.mutants.empty() && options.since.empty()) {
    throw usage_error("no scenario reaches '" + options.pattern +
                      "'; `handfast mutate --list` shows what there is");
  }
  return plan;
}

// By file, what became of its mutants.
void print_table(const campaign_plan& plan, const std::map<std::string, mutant_fate>& fates) {
  struct row {
    std::size_t operations = 0;
    std::size_t mutants = 0;
    std::map<fate, std::size_t> counts;
  };
  std::map<std::string, row> rows;
  std::size_t widest = 0;
  for (const target_site& each : plan.sites) {
    widest = std::max(widest, each.at.file.size());
    ++rows[each.at.file].operations;
  }
  for (const weak_mutant& each : plan.mutants) {
    row& its = rows[plan.sites[each.site].at.file];
    ++its.mutants;
    if (const auto found = fates.find(name_of(plan, each)); found != fates.end()) {
      ++its.counts[found->second.what];
    }
  }
  fmt::print("\n{:<{}} {:>10} {:>7} {:>6} {:>10} {:>8} {:>11}\n", "file", widest, "operations",
             "mutants", "killed", "equivalent", "survived", "not decided");
  for (auto& [file, its] : rows) {
    fmt::print("{:<{}} {:>10} {:>7} {:>6} {:>10} {:>8} {:>11}\n", file, widest, its.operations,
               its.mutants, its.counts[fate::killed], its.counts[fate::equivalent],
               its.counts[fate::survived], its.counts[fate::timeout]);
  }
}

void list(const campaign_plan& plan) {
  for (const target_site& each : plan.sites) {
    fmt::print(
        "{:<32} {:<17} {:<8} reached by {:>3}; {}\n", name_of(each.at), each.at.does, each.at.order,
        each.by.size(),
        each.at.ways.empty() ? "nothing weaker" : fmt::format("{}", fmt::join(each.at.ways, ", ")));
  }
  fmt::print("\n{} operations, {} mutants\n", plan.sites.size(), plan.mutants.size());
}

}  // namespace

int mutate_verb(const mutate_options& options) {
  const std::unique_ptr<checks> all =
      options.program.empty() ? checks_of(engine_folder(options.engines), options.scenario)
                              : checks_of(options.program, options.scenario);
  campaign_limits limits;
  limits.jobs = jobs_or_cores(options.jobs);
  limits.max_executions = options.max_executions.value_or(limits.max_executions);
  limits.max_seconds = options.max_seconds.value_or(limits.max_seconds);
  const auto known =
      options.equivalent.empty() ? std::vector<equivalence>() : equivalences(options.equivalent);
  journal kept(options.resume, options.program, limits);
  const auto start = clock::now();
  campaign_plan plan = plan_of(*all, options, limits.jobs);
  if (options.list) {
    list(plan);
    return 0;
  }
  std::map<std::string, mutant_fate> fates = kept.kept();
  std::set<std::string> settled;
  std::ranges::transform(fates, std::inserter(settled, settled.end()),
                         [](const auto& each) { return each.first; });
  const std::set<const equivalence*> used = excuse(plan, known);
  progress_line line(!options.json);
  const auto show = [&](const weak_mutant& which, mutant_fate& fate) {
    if (which.excuse != nullptr && fate.what != fate::killed) {
      fate.what = fate::equivalent;
      fate.why = which.excuse->why;
    }
    line.clear();
    if (options.json) {
      fmt::print("{}\n", dumped(to_json(plan, which, fate)));
    } else if (fate.what != fate::killed && fate.what != fate::equivalent) {
      fmt::print("{}\n", summary_line(plan, which, fate));
    } else if (fate.what == fate::killed && which.excuse != nullptr) {
      fmt::print("{}: it is written down that nothing can tell, but {}\n", options.equivalent,
                 summary_line(plan, which, fate));
    }
    std::fflush(stdout);
  };
  for (const weak_mutant& each : plan.mutants) {
    if (const auto found = fates.find(name_of(plan, each)); found != fates.end()) {
      show(each, found->second);
    }
  }
  const bool ended = run_campaign(
      *all, plan, limits, settled,
      [&](const weak_mutant& which, const mutant_fate& fate) {
        const std::string name = name_of(plan, which);
        kept.keep(name, fate);
        mutant_fate& its = fates[name] = fate;
        show(which, its);
      },
      [&] {
        const std::chrono::duration<double> ran = clock::now() - start;
        line.show(fmt::format("{} of {} mutants settled, {:.0f} s", fates.size(),
                              plan.mutants.size(), ran.count()));
        return !options.budget_seconds || ran.count() < *options.budget_seconds;
      });
  line.clear();
  std::map<fate, std::size_t> counts;
  for (const weak_mutant& each : plan.mutants) {
    if (const auto found = fates.find(name_of(plan, each)); found != fates.end()) {
      ++counts[found->second.what];
    }
  }
  if (!options.json) {
    print_table(plan, fates);
  }
  if (!options.html.empty()) {
    write_page(options.html, plan, fates);
  }
  const std::size_t open = counts[fate::survived] + counts[fate::timeout];
  const std::size_t counted = open + counts[fate::killed] + counts[fate::equivalent];
  if (!options.json) {
    const std::chrono::duration<double> ran = clock::now() - start;
    fmt::print(
        "\n{} operations, {} mutants in {:.0f} s: {} killed, {} equivalent, {} survived, {} "
        "not decided{}\n",
        plan.sites.size(), plan.mutants.size(), ran.count(), counts[fate::killed],
        counts[fate::equivalent], counts[fate::survived], counts[fate::timeout],
        ended ? "" : fmt::format(", {} not tried", plan.mutants.size() - counted));
  }
  const bool whole =
      ended && options.pattern.empty() && options.since.empty() && options.scenario.empty();
  std::size_t wrong = 0;  // of what is written down
  for (const equivalence& each : known) {
    if (whole && !used.contains(&each)) {
      ++wrong;
      fmt::print(stderr, "handfast: {}: no mutant is '{}' in {} ({})\n", options.equivalent,
                 each.text, each.file, each.way);
    }
  }
  wrong += static_cast<std::size_t>(std::ranges::count_if(plan.mutants, [&](const auto& each) {
    const auto found = fates.find(name_of(plan, each));
    return each.excuse != nullptr && found != fates.end() && found->second.what == fate::killed;
  }));
  if (!ended) {
    return 3;
  }
  return open + wrong == 0 ? 0 : 1;
}

}  // namespace handfast::ci
