// `handfast list`: what there is to run.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "ci/handfast/engines.hpp"
#include "ci/handfast/select.hpp"
#include "ci/handfast/verbs.hpp"

namespace handfast::ci {
namespace {

struct listed {
  std::string kind;
  std::string concept_name;
  std::string name;
  std::string summary;
  std::vector<std::string> engines;
};

std::string kind_of(const std::string& engine) {
  static const std::map<std::string, std::string> kinds{
      {"checker", "scenario"}, {"relacy", "scenario"},   {"properties", "property"},
      {"fuzz", "fuzz target"}, {"stress", "stress run"}, {"stress-tsan", "stress run"}};
  const auto found = kinds.find(engine);
  return found == kinds.end() ? engine : found->second;
}

// One row for each name, with all engines that run it; its kind is what the first
// of them makes of it.
std::vector<listed> rows(const std::vector<offer>& offers) {
  std::vector<listed> all;
  for (const offer& each : offers) {
    const auto same = std::ranges::find(all, each.name, &listed::name);
    if (same == all.end()) {
      all.push_back({each.exhibit ? "zoo entry" : kind_of(each.engine),
                     each.concept_name,
                     each.name,
                     each.summary,
                     {each.engine}});
    } else {
      same->engines.push_back(each.engine);
    }
  }
  return all;
}

}  // namespace

int list_verb(const list_options& options) {
  const engine_folder engines(options.engines);
  std::string heading;
  for (const listed& row : rows(matching(offers(engines, true), options.pattern))) {
    if (options.json) {
      const nlohmann::ordered_json line = {{"kind", row.kind},
                                           {"concept", row.concept_name},
                                           {"name", row.name},
                                           {"engines", row.engines},
                                           {"summary", row.summary}};
      fmt::print("{}\n", line.dump());
      continue;
    }
    if (std::string next = fmt::format("{} ({})", row.kind, fmt::join(row.engines, ", "));
        next != heading) {
      fmt::print("{}{}\n", heading.empty() ? "" : "\n", next);
      heading = std::move(next);
    }
    fmt::print("  {:<48} {}\n", row.name, row.summary);
  }
  return 0;
}

}  // namespace handfast::ci
