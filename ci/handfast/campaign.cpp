#include "ci/handfast/campaign.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <nlohmann/json.hpp>
#include <tuple>
#include <utility>

#include "ci/handfast/select.hpp"
#include "ci/handfast/touched.hpp"

namespace handfast::ci {
namespace {

constexpr std::string_view checker_name = "checker";
constexpr std::string_view mode = "exhaustive";

// What a scenario is run for to see what it reaches, and what it costs.
constexpr std::uint64_t looked_at_executions = 2'000;
constexpr double looked_at_seconds = 5;

// Most mutants are killed within moments by some scenario, if not by the cheapest: all that reach
// one are run for some executions first, then for more.
constexpr std::array<std::uint64_t, 3> rounds{200, 5'000, 50'000};

run_request request_for(const std::string& scenario) {
  run_request made;
  made.scenario = scenario;
  made.engine = checker_name;
  made.mode = mode;
  return made;
}

class engine_checks final : public checks {
 public:
  engine_checks(const engine_folder& engines, std::vector<std::string> names)
      : engines_(engines), names_(std::move(names)) {}

  [[nodiscard]] std::vector<std::string> names() const override { return names_; }
  [[nodiscard]] task sites(const run_request& request, std::function<void(weak_spot)> found,
                           std::function<std::vector<task>(run_report)> done) const override {
    return sites_task(engines_, request, std::move(found), std::move(done));
  }
  [[nodiscard]] task run(const run_request& request,
                         std::function<std::vector<task>(run_report)> done) const override {
    return run_task(
        engines_, request, [](std::uint64_t, std::uint64_t, double) {}, std::move(done));
  }

 private:
  const engine_folder engines_;
  const std::vector<std::string> names_;
};

class program_checks final : public checks {
 public:
  program_checks(std::string program, std::vector<std::string> names)
      : program_(std::move(program)), names_(std::move(names)) {}

  [[nodiscard]] std::vector<std::string> names() const override { return names_; }
  [[nodiscard]] task sites(const run_request& request, std::function<void(weak_spot)> found,
                           std::function<std::vector<task>(run_report)> done) const override {
    return check_task(program_, request, std::move(found), std::move(done));
  }
  [[nodiscard]] task run(const run_request& request,
                         std::function<std::vector<task>(run_report)> done) const override {
    return check_task(program_, request, {}, std::move(done));
  }

 private:
  const std::string program_;
  const std::vector<std::string> names_;
};

// In operations, which are the same every time.
double cost_of(const run_report& looked_at) {
  constexpr double longer_than_all = 1e12;
  return static_cast<double>(looked_at.operations) + (looked_at.complete ? 0 : longer_than_all);
}

// One mutant's runs: every scenario that reaches it, for longer from round to round, until one
// fails; those that came to their end without a finding are through.
class trial : public std::enable_shared_from_this<trial> {
 public:
  trial(const checks& all, const campaign_plan& plan, const campaign_limits& limits,
        const weak_mutant& which,
        const std::function<void(const weak_mutant&, const mutant_fate&)>& settled)
      : all_(all), plan_(plan), limits_(limits), which_(which), settled_(settled) {
    std::ranges::transform(plan.sites[which.site].by, std::back_inserter(left_),
                           &reached_by::scenario);
  }

  std::vector<task> next() {
    while (at_ == left_.size()) {
      left_ = std::exchange(unfinished_, {});
      at_ = 0;
      ++round_;
      if (left_.empty() || round_ > rounds.size() || (which_.excuse != nullptr && round_ == 2)) {
        fate_.what = left_.empty() ? fate::survived : fate::timeout;
        settled_(which_, fate_);
        return {};
      }
    }
    run_request request = request_for(left_[at_]);
    request.mutant = name_of(plan_, which_);
    request.max_executions = round_ < rounds.size()
                                 ? std::min(rounds[round_], limits_.max_executions)
                                 : limits_.max_executions;
    request.max_seconds = limits_.max_seconds;
    std::vector<task> tasks;
    tasks.push_back(all_.run(request, [self = shared_from_this()](const run_report& ended) {
      return self->after(ended);
    }));
    return tasks;
  }

 private:
  std::vector<task> after(const run_report& ended) {
    require_accepted(ended);
    if (ended.verdict == "interrupted") {
      return {};
    }
    fate_.executions += ended.executions;
    ++fate_.runs;
    const bool fails = ended.verdict == "finding" || ended.verdict == "misuse" ||
                       (ended.verdict == "vacuous" && ended.complete);
    if (fails) {
      fate_.what = fate::killed;
      fate_.scenario = ended.request.scenario;
      fate_.verdict = ended.verdict == "finding" ? ended.kind : ended.verdict;
      fate_.token = ended.failure ? encode(*ended.failure) : "";
      settled_(which_, fate_);
      return {};
    }
    if (!ended.complete) {
      unfinished_.push_back(ended.request.scenario);
    }
    ++at_;
    return next();
  }

  const checks& all_;
  const campaign_plan& plan_;
  const campaign_limits& limits_;
  const weak_mutant which_;
  const std::function<void(const weak_mutant&, const mutant_fate&)>& settled_;
  std::vector<std::string> left_;
  std::vector<std::string> unfinished_;
  std::size_t at_ = 0;
  std::size_t round_ = 0;
  mutant_fate fate_;
};

}  // namespace

std::string_view name_of(fate what) {
  constexpr std::array<std::string_view, 4> names{"killed", "survived", "equivalent", "timeout"};
  return names[static_cast<std::size_t>(what)];
}

std::string name_of(const weak_spot& site) {
  return fmt::format("{}:{}:{}", site.file, site.line, site.column);
}

std::string name_of(const campaign_plan& plan, const weak_mutant& which) {
  return name_of(plan.sites[which.site].at) + ":" + which.way;
}

std::string written_as(const weak_spot& site, const std::string& way) {
  if (way == "may_fail") {
    return "strong";
  }
  if (way == "wakes_one" || site.order.empty()) {
    return site.does;
  }
  if (way == "skipped" && site.does != "fence") {
    return site.does;
  }
  return way.starts_with("failed_") ? "failed_" + site.order_if_failed : site.order;
}

std::string source_line(const weak_spot& site) {
  std::ifstream file(site.path);
  std::string line;
  for (std::uint32_t i = 0; i < site.line && std::getline(file, line); ++i) {
  }
  if (!file) {
    return "";
  }
  const std::size_t first = line.find_first_not_of(" \t");
  return first == std::string::npos ? "" : line.substr(first);
}

std::unique_ptr<checks> checks_of(const engine_folder& engines, const std::string& pattern) {
  std::vector<std::string> names;
  for (const offer& each : offers(engines)) {
    if (each.engine == checker_name && matches(pattern, each.name)) {
      names.push_back(each.name);
    }
  }
  if (names.empty()) {
    throw usage_error("no scenario of the checker is named '" + pattern + "'");
  }
  return std::make_unique<engine_checks>(engines, std::move(names));
}

std::unique_ptr<checks> checks_of(const std::string& program, const std::string& pattern) {
  std::vector<std::string> names = tests_of(program);
  std::erase_if(names, [&](const std::string& each) { return !matches(pattern, each); });
  if (names.empty()) {
    throw usage_error("no test of " + program + " is named '" + pattern + "'");
  }
  return std::make_unique<program_checks>(program, std::move(names));
}

campaign_plan planned(const checks& all, const std::function<bool(const weak_spot&)>& wanted,
                      unsigned jobs, const std::function<void(std::size_t)>& tell) {
  std::map<std::tuple<std::string, std::uint32_t, std::uint32_t>, target_site> found;
  std::size_t ended_runs = 0;
  const std::string here = std::filesystem::current_path().string() + "/";
  std::vector<task> tasks;
  for (const std::string& each : all.names()) {
    run_request request = request_for(each);
    request.max_executions = looked_at_executions;
    request.max_seconds = looked_at_seconds;
    const auto reached = std::make_shared<std::vector<weak_spot>>();
    tasks.push_back(all.sites(
        request,
        [reached, &wanted, here](weak_spot site) {
          if (site.file.starts_with(here)) {
            site.file.erase(0, here.size());
          }
          if (wanted(site)) {
            reached->push_back(std::move(site));
          }
        },
        [reached, &found, &ended_runs, &tell](const run_report& ended) {
          require_accepted(ended);
          for (weak_spot& site : *reached) {
            target_site& its = found[{site.file, site.line, site.column}];
            its.by.push_back({ended.request.scenario, cost_of(ended)});
            its.at = std::move(site);
          }
          tell(++ended_runs);
          return std::vector<task>{};
        }));
  }
  run_tasks(std::move(tasks), jobs, [] {});
  if (interrupted()) {
    throw interruption{};
  }
  campaign_plan plan;
  for (auto& [place, site] : found) {
    std::ranges::sort(site.by, [](const reached_by& one, const reached_by& other) {
      return std::tie(one.cost, one.scenario) < std::tie(other.cost, other.scenario);
    });
    for (const std::string& way : site.at.ways) {
      plan.mutants.push_back({plan.sites.size(), way});
    }
    plan.sites.push_back(std::move(site));
  }
  return plan;
}

std::vector<equivalence> equivalences(const std::string& path) {
  std::ifstream file(path);
  if (!file) {
    throw usage_error("cannot read " + path);
  }
  const auto all = nlohmann::json::parse(file, nullptr, false);
  std::vector<equivalence> read;
  if (!all.is_array()) {
    throw usage_error(path + " is no JSON array of {\"file\", \"text\", \"way\", \"why\"}");
  }
  for (const nlohmann::json& each : all) {
    const auto text = [&each](const char* field) {
      return each.is_object() && each.contains(field) && each[field].is_string()
                 ? each[field].get<std::string>()
                 : "";
    };
    equivalence& one = read.emplace_back(text("file"), text("text"), text("way"), text("why"));
    if (one.file.empty() || one.text.empty() || one.way.empty() || one.why.empty()) {
      throw usage_error(path + ": an entry lacks its file, text, way or why: " + each.dump());
    }
  }
  return read;
}

std::set<const equivalence*> excuse(campaign_plan& plan, const std::vector<equivalence>& known) {
  std::set<const equivalence*> used;
  for (weak_mutant& each : plan.mutants) {
    const weak_spot& site = plan.sites[each.site].at;
    const std::string line = source_line(site);
    const auto found = std::ranges::find_if(known, [&](const equivalence& why) {
      return is_tail_of(site.file, why.file) && why.way == each.way &&
             line.find(why.text) != std::string::npos;
    });
    if (found != known.end()) {
      each.excuse = &*found;
      used.insert(each.excuse);
    }
  }
  return used;
}

bool run_campaign(const checks& all, const campaign_plan& plan, const campaign_limits& limits,
                  const std::set<std::string>& known,
                  const std::function<void(const weak_mutant&, const mutant_fate&)>& settled,
                  const std::function<bool()>& goes_on) {
  std::vector<task> tasks;
  for (const weak_mutant& each : plan.mutants) {
    if (!known.contains(name_of(plan, each))) {
      for (task& first : std::make_shared<trial>(all, plan, limits, each, settled)->next()) {
        tasks.push_back(std::move(first));
      }
    }
  }
  return run_tasks_while(std::move(tasks), limits.jobs, goes_on);
}

}  // namespace handfast::ci
