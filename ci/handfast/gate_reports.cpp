#include "ci/handfast/gate_reports.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "ci/handfast/report.hpp"

namespace handfast::ci {
namespace {

bool failed(const run_report& run) {
  return run.verdict == "finding" || run.verdict == "vacuous" || run.verdict == "misuse";
}

std::string token_of(const run_report& run) {
  return run.failure ? encode(*run.failure) : "none";
}

}  // namespace

std::string junit_xml(const std::vector<stage_report>& stages) {
  std::string xml = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"handfast\">\n";
  for (const stage_report& stage : stages) {
    const auto failures = std::ranges::count_if(stage.runs, failed);
    // A stage that fails as a whole (a seeded bug missed) is a case of its own.
    const bool whole = stage.runs.empty();
    xml += fmt::format("  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" time=\"{:.3f}\">\n",
                       escaped(stage.name), whole ? 1 : stage.runs.size(),
                       whole ? (stage.passed ? 0 : 1) : failures, stage.wall_seconds);
    if (whole) {
      xml +=
          fmt::format("    <testcase classname=\"{}\" name=\"{}\" time=\"{:.3f}\">{}</testcase>\n",
                      escaped(stage.name), escaped(stage.covered), stage.wall_seconds,
                      stage.passed ? "" : "<failure message=\"" + escaped(stage.covered) + "\"/>");
    }
    for (const run_report& run : stage.runs) {
      xml += fmt::format("    <testcase classname=\"{}\" name=\"{} {}\" time=\"{:.3f}\">",
                         escaped(run.request.engine), escaped(run.request.scenario),
                         escaped(run.request.mode), run.wall_seconds);
      if (failed(run)) {
        xml += fmt::format("\n      <failure message=\"{}\">{}\ntoken: {}\n</failure>\n    ",
                           escaped(run.kind.empty() ? run.verdict : run.kind), escaped(run.text),
                           escaped(token_of(run)));
      }
      xml += "</testcase>\n";
    }
    xml += "  </testsuite>\n";
  }
  return xml + "</testsuites>\n";
}

std::string markdown_summary(const std::vector<stage_report>& stages, const std::string& verdict) {
  std::string text = "# handfast gate: " + verdict +
                     "\n\n| stage | verdict | covered | seconds |\n|---|---|---|---:|\n";
  for (const stage_report& stage : stages) {
    text += fmt::format("| {} | {} | {} | {:.1f} |\n", stage.name, stage.passed ? "ok" : "**fail**",
                        stage.covered, stage.wall_seconds);
  }
  text +=
      "\nVerified: every behaviour of the memory model was explored. All else was searched within "
      "its bounds.\n";
  for (const stage_report& stage : stages) {
    for (const run_report& run : stage.runs) {
      if (failed(run)) {
        text += fmt::format("\n## {}: {} ({}, {})\n\n    handfast replay {}\n\n```\n{}\n```\n",
                            run.request.scenario, run.kind.empty() ? run.verdict : run.kind,
                            run.request.engine, run.request.mode, token_of(run), run.text);
      }
    }
  }
  return text;
}

}  // namespace handfast::ci
