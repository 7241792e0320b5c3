#include "ci/handfast/pieces.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <nlohmann/json.hpp>

#include "ci/engines/engine.hpp"
#include "ci/handfast/report.hpp"

namespace handfast::ci {
namespace {

namespace fs = std::filesystem;

std::string done_name(const std::string& piece) {
  return fs::path(piece).replace_extension(".done").string();
}

// What two pieces of one search have in common.
std::string search_of(const work_file& file) {
  return fmt::format("{} {} {} {} {} {}", file.scenario, file.engine, file.mode, file.preemptions,
                     file.mutant, file.parts);
}

struct piece {
  std::string path;
  work_file file;
};

// All pieces, by their numbers, or a `usage_error` that names what is missing, twice
// there, or of something else.
std::map<std::uint32_t, piece> pieces_in(const std::string& folder) {
  std::error_code failed;
  std::map<std::uint32_t, piece> all;
  for (const fs::directory_entry& each : fs::directory_iterator(folder, failed)) {
    if (each.path().extension() != ".work") {
      continue;
    }
    const std::string path = each.path().string();
    auto file = read_work_file(path);
    if (!file) {
      throw usage_error(file.error());
    }
    if (file->part == 0) {
      throw usage_error(path + " is a checkpoint, not a piece of a search that was split");
    }
    if (!all.empty()) {
      const piece& first = all.begin()->second;
      if (file->build != first.file.build) {
        throw usage_error(fmt::format("{} and {} are of different builds ({}; {})", first.path,
                                      path, first.file.build, file->build));
      }
      if (search_of(*file) != search_of(first.file)) {
        throw usage_error(fmt::format("{} and {} are of different searches ({}; {})", first.path,
                                      path, search_of(first.file), search_of(*file)));
      }
    }
    const std::uint32_t part = file->part;
    const auto [there, is_new] = all.try_emplace(part, path, *std::move(file));
    if (!is_new) {
      throw usage_error(fmt::format("{} and {} are the same piece", there->second.path, path));
    }
  }
  if (failed) {
    throw usage_error(folder + ": " + failed.message());
  }
  if (all.empty()) {
    throw usage_error("there are no pieces (*.work) in " + folder);
  }
  const std::uint32_t parts = all.begin()->second.file.parts;
  for (std::uint32_t part = 1; part <= parts; ++part) {
    if (!all.contains(part)) {
      throw usage_error(fmt::format("piece {} of {} is missing in {}", part, parts, folder));
    }
  }
  return all;
}

nlohmann::json result_of(const piece& its) {
  const std::string path = done_name(its.path);
  std::ifstream from(path, std::ios::binary);
  if (!from) {
    throw usage_error(fmt::format("piece {} of {} has not been run: handfast check --run {}",
                                  its.file.part, its.file.parts, its.path));
  }
  const std::string text((std::istreambuf_iterator<char>(from)), std::istreambuf_iterator<char>());
  const nlohmann::json line = nlohmann::json::parse(text, nullptr, false);
  if (!line.is_object() || !line.contains("verdict")) {
    throw usage_error(path + " is not the result of a piece");
  }
  if (line.value("build", "") != its.file.build) {
    throw usage_error(fmt::format("{} is of another build ({}) than {} ({})", path,
                                  line.value("build", ""), its.path, its.file.build));
  }
  if (line.value("part", 0U) != its.file.part || line.value("work", 0U) != its.file.crc) {
    throw usage_error(fmt::format("{} is not the result of {}", path, its.path));
  }
  return line;
}

}  // namespace

run_request request_of(const work_file& file, const std::string& path) {
  if (file.build != build_name()) {
    throw usage_error(
        fmt::format("{} is of another build (its {}, this {})", path, file.build, build_name()));
  }
  run_request request;
  request.scenario = file.scenario;
  request.engine = file.engine;
  request.mode = file.mode;
  request.mutant = file.mutant;
  if (file.mode == "bounded") {
    request.preemptions = file.preemptions;
  }
  request.resume = path;
  return request;
}

int split_check(const engine_folder& engines, run_request request, const check_options& options) {
  request.checkpoint.clear();
  const std::string& folder = options.split_folder;
  std::error_code none;
  if (fs::exists(folder, none) && !fs::is_empty(folder, none)) {
    throw usage_error(folder + " is not an empty folder");
  }
  int status = 0;
  std::vector<task> tasks;
  tasks.push_back(split_task(
      engines, request, options.split_parts, folder, options.plain_waits, [&](run_report report) {
        require_accepted(report);
        if (report.verdict == "finding" || report.verdict == "misuse") {
          fmt::print("{}\n", options.json ? json_line(report) : summary_line(report));
          if (report.failure && !options.json) {
            fmt::print("{}", finding_block(report));
          }
        } else if (options.json) {
          fmt::print("{}\n", json_line(report));
        } else {
          fmt::print(
              "{} pieces of {} in {}, after {} executions; run each with handfast check "
              "--run FILE, then handfast check --merge {}\n",
              options.split_parts, request.scenario, folder, grouped(report.executions), folder);
        }
        status = report.verdict == "bounded" ? 0 : exit_status({report});
        return std::vector<task>{};
      }));
  run_tasks(std::move(tasks), 1, [] {});
  return interrupted() ? 3 : status;
}

void write_done(const std::string& path, const run_report& report) {
  const auto file = read_work_file(path);
  if (!file) {
    throw usage_error(file.error());
  }
  nlohmann::ordered_json line = nlohmann::ordered_json::parse(json_line(report));
  line["part"] = file->part;
  line["parts"] = file->parts;
  line["build"] = file->build;
  line["work"] = file->crc;
  write_text(done_name(path), line.dump() + '\n');
}

int merge_check(const check_options& options) {
  const auto all = pieces_in(options.merge_folder);
  run_report sum;
  sum.request = request_of(all.begin()->second.file, all.begin()->second.path);
  const std::string good = sum.request.mode == "bounded" ? "bounded" : "verified";
  sum.verdict = good;
  std::map<std::string, bool> goals;
  for (const auto& [part, its] : all) {
    const nlohmann::json line = result_of(its);
    const std::string verdict = line.value("verdict", "");
    sum.executions += line.value("executions", std::uint64_t{0});
    sum.blocked += line.value("blocked", std::uint64_t{0});
    sum.operations += line.value("operations", std::uint64_t{0});
    sum.plain_accesses += line.value("plain_accesses", std::uint64_t{0});
    sum.cut |= line.value("cut", false);
    sum.longest = std::max(sum.longest, line.value("longest", std::uint64_t{0}));
    sum.cpu_seconds += line.value("cpu_seconds", 0.0);
    sum.peak_rss_kib = std::max(sum.peak_rss_kib, line.value("peak_rss_kib", 0L));
    for (const std::string& each : line.value("goals_met", std::vector<std::string>{})) {
      goals[each] = true;
    }
    for (const std::string& each : line.value("goals_missed", std::vector<std::string>{})) {
      goals.try_emplace(each, false);
    }
    if (verdict == "finding" || verdict == "misuse") {
      if (sum.verdict != "finding" && sum.verdict != "misuse") {
        sum.verdict = verdict;
        sum.kind = line.value("kind", "");
        sum.text = line.value("text", "");
        if (auto failure = decode(line.value("token", ""))) {
          sum.failure = *std::move(failure);
        }
      }
    } else if (!line.value("complete", false)) {
      throw usage_error(
          fmt::format("piece {} of {} did not come to its end: handfast check --run {}", part,
                      its.file.parts, its.path));
    }
  }
  sum.complete = sum.verdict == good;
  for (const auto& [label, met] : goals) {
    (met ? sum.goals_met : sum.goals_missed).push_back(label);
  }
  if (sum.complete && (sum.executions == 0 || !sum.goals_missed.empty())) {
    sum.verdict = "vacuous";
  }
  fmt::print("{}\n", options.json ? json_line(sum) : summary_line(sum));
  if (sum.failure && !options.json) {
    fmt::print("{}", finding_block(sum));
  }
  return exit_status({sum});
}

}  // namespace handfast::ci
