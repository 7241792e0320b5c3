#include "ci/handfast/mutate_page.hpp"

#include <fmt/format.h>

#include <fstream>
#include <vector>

#include "ci/engines/engine.hpp"
#include "ci/handfast/report.hpp"

namespace handfast::ci {
namespace {

constexpr std::string_view head = R"(<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>handfast mutate</title>
<style>
body { font: 14px/1.4 system-ui, sans-serif; margin: 2em; color: #222; background: #fff }
table { border-collapse: collapse }
td, th { padding: 0 .6em; text-align: left; vertical-align: top }
td.n { color: #999; text-align: right }
td.s { white-space: pre; font: 12px/1.5 ui-monospace, monospace }
.killed { color: #1a7f37 } .equivalent { color: #666 }
.survived { color: #cf222e; font-weight: bold } .timeout { color: #9a6700; font-weight: bold }
tr.open { background: #fff1f1 }
summary { cursor: pointer; font-weight: bold; margin: .6em 0 }
</style></head><body>
)";

// The mutants of each file's lines.
using by_line = std::map<std::uint32_t, std::vector<std::string>>;

}  // namespace

void write_page(const std::string& path, const campaign_plan& plan,
                const std::map<std::string, mutant_fate>& fates) {
  std::ofstream out(path);
  if (!out) {
    throw usage_error("cannot write " + path);
  }
  struct file {
    std::string path;
    by_line lines;
    std::map<fate, std::size_t> counts;
    std::map<std::uint32_t, bool> open;
  };
  std::map<std::string, file> files;
  std::map<fate, std::size_t> counts;
  for (const weak_mutant& each : plan.mutants) {
    const weak_spot& site = plan.sites[each.site].at;
    const auto found = fates.find(name_of(plan, each));
    if (found == fates.end()) {
      continue;
    }
    const mutant_fate& fate = found->second;
    file& its = files[site.file];
    its.path = site.path;
    ++its.counts[fate.what];
    ++counts[fate.what];
    its.open[site.line] |= fate.what == fate::survived || fate.what == fate::timeout;
    const std::string told =
        fate.what == fate::killed
            ? fmt::format("{} in <code title=\"{}\">{}</code>", escaped(fate.verdict),
                          escaped(fate.token), escaped(fate.scenario))
        : fate.what == fate::equivalent
            ? escaped(fate.why)
            : fmt::format("{} runs, {} executions", fate.runs, fate.executions);
    its.lines[site.line].push_back(fmt::format("<span class=\"{}\">{}</span> {} → {}: {}",
                                               name_of(fate.what), name_of(fate.what),
                                               written_as(site, each.way), each.way, told));
  }
  const auto sums = [](std::map<fate, std::size_t>& of) {
    return fmt::format("{} killed, {} equivalent, {} survived, {} not decided", of[fate::killed],
                       of[fate::equivalent], of[fate::survived], of[fate::timeout]);
  };
  out << head << fmt::format("<h1>{} mutants: {}</h1>\n", plan.mutants.size(), sums(counts));
  for (auto& [name, its] : files) {
    const bool open = its.counts[fate::survived] + its.counts[fate::timeout] > 0;
    out << fmt::format("<details{}><summary>{}: {}</summary>\n<table>\n", open ? " open" : "",
                       escaped(name), sums(its.counts));
    std::ifstream source(its.path);
    std::string line;
    for (std::uint32_t number = 1; std::getline(source, line); ++number) {
      const auto mutants = its.lines.find(number);
      std::string told;
      if (mutants != its.lines.end()) {
        told = fmt::format("{}", fmt::join(mutants->second, "<br>"));
      }
      out << fmt::format("<tr{}><td class=\"n\">{}</td><td class=\"s\">{}</td><td>{}</td></tr>\n",
                         its.open[number] ? " class=\"open\"" : "", number, escaped(line), told);
    }
    out << "</table></details>\n";
  }
  out << "</body></html>\n";
}

}  // namespace handfast::ci
