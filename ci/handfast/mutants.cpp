// `handfast mutants`: the table of seeded bugs and who catches them.
#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <span>

#include "ci/engines/engine.hpp"
#include "ci/handfast/report.hpp"
#include "ci/handfast/seeded_bugs.hpp"
#include "ci/handfast/select.hpp"
#include "ci/handfast/verbs.hpp"

namespace handfast::ci {
namespace {

std::vector<std::string> engines_with_mutants(const engine_folder& engines,
                                              const std::string& only) {
  std::vector<std::string> names;
  std::ranges::copy_if(engine_names(), std::back_inserter(names), [&](const std::string& name) {
    return engines.has(name, true) && (only.empty() || name == only);
  });
  if (names.empty()) {
    throw usage_error("no engine" + (only.empty() ? "" : " '" + only + "'") +
                      " was built with seeded bugs");
  }
  return names;
}

std::string json_line(const catch_report& report) {
  nlohmann::ordered_json line = {{"mutant", report.mutant},
                                 {"engine", report.engine},
                                 {"result", report.caught ? "caught" : "missed"},
                                 {"executions", report.tried},
                                 {"came_back", report.came_back},
                                 {"replays", report.replays},
                                 {"lost_tokens", report.lost_tokens},
                                 {"scenario", nullptr},
                                 {"kind", nullptr},
                                 {"token", nullptr}};
  if (report.caught) {
    line["scenario"] = report.caught->request.scenario;
    line["kind"] = report.caught->kind;
    line["token"] = report.caught->failure ? encode(*report.caught->failure) : "";
  }
  return line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string lost(const catch_report& report) {
  return report.lost_tokens == 0
             ? ""
             : fmt::format(", seen {} times, but no replay brought it back", report.lost_tokens);
}

std::string summary_line(const catch_report& report) {
  if (!report.caught) {
    return fmt::format("{:<34} {:<12} missed in {} executions{}", report.mutant, report.engine,
                       grouped(report.tried), lost(report));
  }
  return fmt::format("{:<34} {:<12} {} in {} after {} executions", report.mutant, report.engine,
                     report.caught->kind, report.caught->request.scenario, grouped(report.tried));
}

std::string cell(const catch_report& report) {
  if (!report.caught) {
    return fmt::format("missed ({}){}", grouped(report.tried), lost(report));
  }
  return fmt::format("**{}**, `{}`, {}; {}", report.caught->kind, report.caught->request.scenario,
                     grouped(report.tried),
                     report.came_back ? fmt::format("replay {}", report.replays) : "not back");
}

// For all engines a cell, or only who catches a bug first.
std::string table(const std::vector<mutant>& bugs, const std::vector<std::string>& engines,
                  const std::vector<catch_report>& reports, bool first) {
  std::string text = fmt::format(
      "# Seeded bugs of the channels, and which engine catches them\n\n"
      "Made by `handfast mutants{} --table docs/seeded-bugs.md`. Each bug is a small variation of\n"
      "the shipped text (`models/mutants/`), switched on in builds of its own. {}\n"
      "what the engine called it, the scenario or property, how many executions it took, and "
      "which\n"
      "replay of the token alone brought it back: what no replay brings back is no catch. Engines\n"
      "on real threads vary from run to run; a bug must be caught by one engine at least, and\n"
      "`./ci/test` and `./ci/gate` fail where one is not.\n\n",
      first ? " --first" : "",
      first ? "Shown is the first engine\nthat catches it, in the order of the gate, and"
            : "A cell says");
  const std::vector<std::string> heads =
      first ? std::vector<std::string>{"caught by", "as"} : engines;
  text += fmt::format("| bug | {} |\n|---|{}\n", fmt::join(heads, " | "),
                      fmt::join(std::vector<std::string>(heads.size(), "---|"), ""));
  for (std::size_t i = 0; i < bugs.size(); ++i) {
    text += fmt::format("| `{}`: {} |", bugs[i].name, bugs[i].wrong);
    const auto row = std::span(reports).subspan(i * engines.size(), engines.size());
    if (first) {
      const auto by =
          std::ranges::find_if(row, [](const auto& each) { return each.caught.has_value(); });
      text += by == row.end() ? " nobody | |" : fmt::format(" {} | {} |", by->engine, cell(*by));
    } else {
      for (const catch_report& each : row) {
        text += " " + cell(each) + " |";
      }
    }
    text += '\n';
  }
  return text;
}

// For each entry a bug that it catches.
int try_each_entry(const engine_folder& engines, const std::vector<mutant>& bugs,
                   const std::vector<std::string>& tried, const mutants_options& options) {
  progress_line line(!options.json);
  std::size_t ended = 0;
  const std::vector<entry_report> reports = try_entries(
      engines, bugs, tried, jobs_or_cores(options.jobs),
      [&](const entry_report&) { line.show(fmt::format("{} entries tried", ++ended)); });
  line.clear();
  if (interrupted()) {
    return 3;
  }
  std::size_t idle = 0;
  for (const entry_report& each : reports) {
    const auto& caught = each.first.caught;
    idle += caught ? 0 : 1;
    if (options.json) {
      nlohmann::ordered_json object = {{"scenario", each.name},
                                       {"result", caught ? "catches" : "catches nothing"},
                                       {"mutant", nullptr},
                                       {"engine", nullptr}};
      if (caught) {
        object["mutant"] = caught->request.mutant;
        object["engine"] = caught->request.engine;
      }
      fmt::print("{}\n", object.dump());
    } else if (caught) {
      fmt::print("{:<44} catches {} ({}, {})\n", each.name, caught->request.mutant, caught->kind,
                 caught->request.engine);
    } else {
      fmt::print("{:<44} catches nothing in {} executions\n", each.name, grouped(each.first.tried));
    }
  }
  if (!options.json) {
    fmt::print("\n{} entries, {} that catch no seeded bug\n", reports.size(), idle);
  }
  return idle == 0 && !reports.empty() ? 0 : 1;
}

}  // namespace

int mutants_verb(const mutants_options& options) {
  const engine_folder engines(options.engines);
  const std::vector<std::string> tried = engines_with_mutants(engines, options.engine);
  std::vector<mutant> bugs = mutants(engines, tried.front());
  std::erase_if(bugs, [&](const mutant& each) { return !matches(options.pattern, each.name); });
  if (bugs.empty()) {
    throw usage_error("no seeded bug is named '" + options.pattern +
                      "'; `handfast mutants --list` shows all");
  }
  if (options.list) {
    for (const mutant& bug : bugs) {
      fmt::print("{:<34} {}\n", bug.name, bug.wrong);
    }
    return 0;
  }
  if (options.entries) {
    return try_each_entry(engines, bugs, tried, options);
  }
  std::ofstream file;
  if (!options.table.empty()) {
    file.open(options.table);
    if (!file) {
      throw usage_error("cannot write " + options.table);
    }
  }
  progress_line line(!options.json);
  std::size_t ended = 0;
  const std::vector<catch_report> reports = try_seeded_bugs(
      engines, bugs, tried, options.first, jobs_or_cores(options.jobs),
      [&](const catch_report& report) {
        line.clear();
        if (!options.json) {
          fmt::print("{}\n", summary_line(report));
          std::fflush(stdout);
        }
        line.show(fmt::format("{} of {} hunts ended", ++ended, bugs.size() * tried.size()));
      });
  line.clear();
  if (interrupted()) {
    return 3;
  }
  std::vector<std::string> missed;
  std::vector<std::string> lost;
  for (std::size_t i = 0; i < bugs.size(); ++i) {
    const auto row = std::span(reports).subspan(i * tried.size(), tried.size());
    if (std::ranges::none_of(row, [](const auto& each) { return each.caught.has_value(); })) {
      missed.push_back(bugs[i].name);
    }
    for (const catch_report& each : row) {
      if (options.json) {
        fmt::print("{}\n", json_line(each));
      }
      if (each.caught && !each.came_back) {
        lost.push_back(each.mutant + " under " + each.engine);
      }
    }
  }
  if (file.is_open()) {
    file << table(bugs, tried, reports, options.first);
  }
  if (!options.json) {
    fmt::print(
        "\n{} seeded bugs, {} caught by nobody{}{}; {} failures that their token did not "
        "bring back{}{}\n",
        bugs.size(), missed.size(), missed.empty() ? "" : ": ", fmt::join(missed, ", "),
        lost.size(), lost.empty() ? "" : ": ", fmt::join(lost, ", "));
  }
  return missed.empty() && lost.empty() ? 0 : 1;
}

}  // namespace handfast::ci
