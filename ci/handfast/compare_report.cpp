#include "ci/handfast/compare_report.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <nlohmann/json.hpp>

#include "ci/handfast/report.hpp"

namespace handfast::ci {
namespace {

using json = nlohmann::ordered_json;

// Five digits of what was measured are more than it is good for; what was counted is whole.
json rounded(double value) {
  if (value == std::floor(value)) {
    return static_cast<std::uint64_t>(value);
  }
  return std::stod(fmt::format("{:.5g}", value));
}

// A line of `--json`; `at` is null where no contest was measured.
json row(const contender& about, const contest* at, std::string_view metric, std::string_view unit,
         const summary& found, std::optional<double> ratio) {
  json made{{"variant", about.ours() ? about.name : ""},
            {"peer", about.ours() ? "" : about.name},
            {"workload", at == nullptr ? check_workload : at->what->name},
            {"capacity", nullptr},
            {"item_bytes", nullptr},
            {"producers", nullptr},
            {"consumers", nullptr},
            {"workers", nullptr},
            {"metric", metric},
            {"value", rounded(found.median)},
            {"unit", unit},
            {"ratio_to_best_peer", nullptr},
            {"min", rounded(found.least)},
            {"max", rounded(found.most)},
            {"samples", found.samples},
            {"version", about.version},
            {"sleeps", about.sleeps}};
  if (at != nullptr) {
    if (at->what->has_channel) {
      made["capacity"] = at->capacity;
      if (at->capacity == unbounded) {
        made["capacity"] = capacity_text(at->capacity);
      }
      made["item_bytes"] = at->item_bytes;
      made["producers"] = at->who.first;
      made["consumers"] = at->who.second;
    }
    if (at->what->by == played_by::tasks) {
      made["workers"] = at->workers;
    }
  }
  if (ratio) {
    made["ratio_to_best_peer"] = rounded(*ratio);
  }
  return made;
}

// Every value that was found, as `--json` has it; CSV has the same.
std::vector<json> rows(const comparison& of) {
  std::vector<json> all;
  for (const checked& each : of.checks) {
    const auto add = [&](std::string_view metric, std::uint64_t count, std::string_view unit) {
      const auto value = static_cast<double>(count);
      all.push_back(row(of.who()[each.who].about(), nullptr, metric, unit, {value, value, value, 1},
                        std::nullopt));
    };
    add("scenarios", each.reports.size(), "scenarios");
    add("verified", each.count("verified"), "scenarios");
    add("bounded", each.count("bounded"), "scenarios");
    add("findings", each.count("finding"), "scenarios");
    add("executions", each.executions(), "executions");
  }
  for (std::size_t one = 0; one < of.contests().size(); ++one) {
    const contest& at = of.contests()[one];
    for (const metric& what : at.what->metrics) {
      for (std::size_t who = 0; who < of.who().size(); ++who) {
        if (const auto found = of.figure(one, who, what.name)) {
          all.push_back(row(of.who()[who].about(), &at, what.name, what.unit, *found,
                            of.ratio_to_best_peer(one, what, found->median)));
        }
      }
    }
  }
  return all;
}

// Columns as a terminal has them.
std::size_t width(std::string_view text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char byte) { return (byte & 0xC0) != 0x80; }));
}

std::string cell(const std::optional<summary>& of, std::string_view unit) {
  if (!of) {
    return "-";
  }
  const double spread = (of->most - of->least) / 2;
  std::string text = amount(of->median, unit);
  if (of->samples > 1 && unit == "ratio") {
    text += fmt::format(" ±{:.2f}", spread);
  } else if (of->samples > 1 && of->median > 0) {
    text += spread < 10 * of->median ? fmt::format(" ±{:.0f}%", 100 * spread / of->median)
                                     : std::string(" ±10x");
  }
  return text;
}

// Lines of cells, each column as wide as its widest; the first is at the left, what does
// not fit beside it goes below.
std::string aligned(const std::vector<std::vector<std::string>>& lines) {
  constexpr std::size_t page = 100;
  std::vector<std::size_t> widths(lines.front().size());
  for (const auto& line : lines) {
    for (std::size_t column = 0; column < line.size(); ++column) {
      widths[column] = std::max(widths[column], width(line[column]));
    }
  }
  std::string text;
  for (std::size_t first = 1; first < widths.size();) {
    std::size_t last = first;
    std::size_t used = widths[0];
    while (last < widths.size() && (last == first || used + widths[last] + 2 <= page)) {
      used += widths[last++] + 2;
    }
    for (const auto& line : lines) {
      text += fmt::format("  {:<{}}", line[0], widths[0]);
      for (std::size_t column = first; column < last; ++column) {
        text += fmt::format("  {:>{}}", line[column], widths[column]);
      }
      text.erase(text.find_last_not_of(' ') + 1);
      text += '\n';
    }
    first = last;
    text += first < widths.size() ? "\n" : "";
  }
  return text;
}

struct column {
  std::size_t contest;
  const metric* what;
};

// Whether anyone has a figure for it.
bool filled(const comparison& of, const column& each) {
  for (std::size_t who = 0; who < of.who().size(); ++who) {
    if (of.figure(each.contest, who, each.what->name)) {
      return true;
    }
  }
  return false;
}

std::string capacity_words(std::uint64_t capacity) {
  return (capacity == unbounded ? "" : "capacity ") + capacity_text(capacity);
}

std::string workers_words(unsigned workers) {
  return fmt::format("{} worker{}", workers, workers == 1 ? "" : "s");
}

// Who cannot sleep is marked.
std::string label(const contender& of) {
  return of.name + (of.sleeps ? "" : "*");
}

// Of the column's contest; who cannot do that, of another capacity, which is named.
std::string glanced(const comparison& of, const column& each, std::size_t who) {
  if (const auto found = of.figure(each.contest, who, each.what->name)) {
    return amount(found->median, each.what->unit);
  }
  const contest& usual = of.contests()[each.contest];
  for (std::size_t one = 0; one < of.contests().size(); ++one) {
    const contest& other = of.contests()[one];
    const auto found = of.figure(one, who, each.what->name);
    if (found && other.what == usual.what && other.who == usual.who &&
        other.workers == usual.workers) {
      return amount(found->median, each.what->unit) + ", " + capacity_text(other.capacity);
    }
  }
  return "-";
}

// A figure of each workload beside what was proved: everyone on one line.
std::string glance(const comparison& of) {
  std::vector<column> columns;
  for (const workload& what : workloads()) {
    std::optional<std::size_t> chosen;
    for (std::size_t one = 0; one < of.contests().size(); ++one) {
      const contest& each = of.contests()[one];
      constexpr std::uint64_t usual = 64;
      if (each.what == &what &&
          (!chosen || (of.contests()[*chosen].capacity != usual && each.capacity == usual))) {
        chosen = one;
      }
    }
    if (chosen) {
      columns.push_back({*chosen, &what.metrics.front()});
    }
  }
  constexpr std::size_t few = 3;
  if (columns.size() < few) {
    return "";
  }
  std::vector<std::vector<std::string>> lines{{""}, {""}, {""}, {""}};
  if (!of.checks.empty()) {
    lines[0].emplace_back(check_workload);
    lines[1].emplace_back("verified");
    lines[2].emplace_back();
    lines[3].emplace_back();
  }
  for (const column& each : columns) {
    const contest& one = of.contests()[each.contest];
    lines[0].emplace_back(one.what->name);
    lines[1].emplace_back(each.what->says);
    lines[2].push_back(one.what->by == played_by::tasks
                           ? workers_words(one.workers)
                           : fmt::format("{} to {}", one.who.first, one.who.second));
    lines[3].push_back(one.what->has_channel ? capacity_words(one.capacity) : "");
  }
  for (std::size_t who = 0; who < of.who().size(); ++who) {
    const contender& about = of.who()[who].about();
    std::vector<std::string>& line = lines.emplace_back(1, label(about));
    if (!of.checks.empty()) {
      const auto proved = std::ranges::find(of.checks, who, &checked::who);
      line.push_back(proved == of.checks.end() ? ""
                                               : fmt::format("{} of {}", proved->count("verified"),
                                                             proved->reports.size()));
    }
    for (const column& each : columns) {
      line.push_back(glanced(of, each, who));
    }
    if (of.checks.empty() && std::ranges::count(line, "-") == std::ssize(columns)) {
      lines.pop_back();
    }
  }
  return "at a glance\n" + aligned(lines) + "\n";
}

// The contenders under some columns, and how ours stand to the best peer.
std::string block(const comparison& of, std::vector<column> columns, bool metrics_differ) {
  std::erase_if(columns, [&of](const column& each) { return !filled(of, each); });
  if (columns.empty()) {
    return "";
  }
  std::vector<std::vector<std::string>> lines;
  for (const column& each : columns) {
    std::vector<std::string> words = setting_words(of, of.contests()[each.contest]);
    if (metrics_differ) {
      words.emplace_back(each.what->says);
    }
    lines.resize(words.size(), {metrics_differ ? "" : std::string(each.what->says)});
    for (std::size_t line = 0; line < words.size(); ++line) {
      lines[line].push_back(words[line]);
    }
  }
  for (std::size_t line = 1; line < lines.size(); ++line) {
    lines[line].front().clear();
  }
  std::vector<std::vector<std::string>> ratios;
  for (std::size_t who = 0; who < of.who().size(); ++who) {
    const contender& about = of.who()[who].about();
    std::vector<std::string> line{label(about)};
    std::vector<std::string> ratio{about.name + " / best peer"};
    for (const column& each : columns) {
      const auto found = of.figure(each.contest, who, each.what->name);
      line.push_back(cell(found, each.what->unit));
      const auto times =
          found ? of.ratio_to_best_peer(each.contest, *each.what, found->median) : std::nullopt;
      ratio.push_back(times ? fmt::format("{:.2f}x", *times) : "-");
    }
    if (std::ranges::count(line, "-") < std::ssize(columns)) {
      lines.push_back(std::move(line));
    }
    // Nearly nothing is not so many times nearly nothing.
    const bool telling = columns.front().what->unit != "ms/s";
    if (telling && about.ours() &&
        std::ranges::any_of(ratio, [](const std::string& text) { return text.ends_with('x'); })) {
      ratios.push_back(std::move(ratio));
    }
  }
  std::ranges::move(ratios, std::back_inserter(lines));
  return aligned(lines);
}

std::string section(const comparison& of, const workload& what) {
  std::vector<std::size_t> contests;
  for (std::size_t one = 0; one < of.contests().size(); ++one) {
    if (of.contests()[one].what == &what) {
      contests.push_back(one);
    }
  }
  std::vector<const metric*> metrics;
  for (const metric& each : what.metrics) {
    if (each.in_table) {
      metrics.push_back(&each);
    }
  }
  std::vector<std::string> absent;
  for (std::size_t who = 0; who < of.who().size(); ++who) {
    if (of.who()[who].plays(what.by) && !of.took_part(what, who)) {
      absent.push_back(of.who()[who].about().name);
    }
  }
  const bool any = std::ranges::any_of(
      contests, [&](std::size_t one) { return filled(of, {one, &what.metrics.front()}); });
  if (!any) {
    return "";
  }
  std::string text = fmt::format("{}: {}\n", what.name, what.does);
  constexpr std::size_t few = 6;
  if (contests.size() * metrics.size() <= few) {
    std::vector<column> columns;
    for (const std::size_t one : contests) {
      for (const metric* each : metrics) {
        columns.push_back({one, each});
      }
    }
    text += block(of, columns, true);
  } else {
    for (const metric* each : metrics) {
      std::vector<column> columns;
      for (const std::size_t one : contests) {
        columns.push_back({one, each});
      }
      text += (each == metrics.front() ? "" : "\n") + block(of, columns, false);
    }
  }
  if (!absent.empty()) {
    text += fmt::format("  cannot do this: {}\n", fmt::join(absent, ", "));
  }
  return text + "\n";
}

std::string checks_section(const comparison& of) {
  if (of.checks.empty()) {
    return "";
  }
  std::vector<std::vector<std::string>> lines{
      {"", "scenarios", "verified", "bounded", "findings", "executions"}};
  std::string bounded;
  for (const checked& each : of.checks) {
    std::vector<std::string> names;
    lines.push_back({of.who()[each.who].about().name, grouped(each.reports.size()),
                     grouped(each.count("verified")), grouped(each.count("bounded")),
                     grouped(each.count("finding")), grouped(each.executions())});
    for (const run_report& report : each.reports) {
      if (report.verdict == "bounded") {
        names.push_back(report.request.scenario);
      }
    }
    if (!names.empty()) {
      bounded += fmt::format("  bounded: {}\n", fmt::join(names, ", "));
    }
  }
  return fmt::format("check: scenarios under the checker, at most {:g} s each\n{}{}\n",
                     of.check_seconds, aligned(lines), bounded);
}

// Of what has a first part to its name, that; of the others none.
std::string_view group_of(const workload& what) {
  const std::size_t slash = what.name.find('/');
  return what.name.substr(0, slash == std::string_view::npos ? 0 : slash);
}

// How the best of ours stands to the best peer, over all settings of a group that have a price.
std::string means_section(const comparison& of) {
  struct tally {
    std::string_view group;
    double sum_of_logarithms = 0;
    std::size_t settings = 0;
    std::size_t not_behind = 0;
  };
  std::vector<tally> all;
  for (std::size_t one = 0; one < of.contests().size(); ++one) {
    const workload& what = *of.contests()[one].what;
    const metric& price = what.metrics.front();
    std::optional<double> best;
    for (std::size_t who = 0; who < of.who().size(); ++who) {
      const auto found = of.figure(one, who, price.name);
      if (found && of.who()[who].about().ours() && (!best || found->median < *best)) {
        best = found->median;
      }
    }
    const auto times = best ? of.ratio_to_best_peer(one, price, *best) : std::nullopt;
    if (!times || *times <= 0 || (price.unit != "ns" && price.unit != "bytes")) {
      continue;
    }
    if (all.empty() || all.back().group != group_of(what)) {
      all.push_back({.group = group_of(what)});
    }
    all.back().sum_of_logarithms += std::log(*times);
    ++all.back().settings;
    all.back().not_behind += *times <= 1 ? 1 : 0;
  }
  if (all.empty()) {
    return "";
  }
  std::vector<std::vector<std::string>> lines{
      {"", "geometric mean", "settings", "of these 1.00x or less"}};
  for (const tally& each : all) {
    const double mean = std::exp(each.sum_of_logarithms / static_cast<double>(each.settings));
    lines.push_back({each.group.empty() ? "channels" : std::string(each.group),
                     fmt::format("{:.2f}x", mean), grouped(each.settings),
                     grouped(each.not_behind)});
  }
  return fmt::format("the best of ours / the best peer, by the first figure of each setting\n{}\n",
                     aligned(lines));
}

// No name of ours has a comma or a quote in it.
std::string in_csv(const json& value) {
  return value.is_null() ? "" : value.is_string() ? value.get<std::string>() : value.dump();
}

}  // namespace

std::string amount(double value, std::string_view unit) {
  const auto short_text = [](double number) {
    return number >= 99.95 ? fmt::format("{:.0f}", number) : fmt::format("{:.3g}", number);
  };
  if (unit == "ns") {
    return value < 1e4   ? short_text(value) + " ns"
           : value < 1e7 ? short_text(value / 1e3) + " us"
                         : short_text(value / 1e6) + " ms";
  }
  if (unit == "bytes") {
    return value < 10240           ? short_text(value) + " B"
           : value < 10240 * 1024. ? short_text(value / 1024) + " KiB"
                                   : short_text(value / 1024 / 1024) + " MiB";
  }
  return unit == "ratio" ? fmt::format("{:.2f}", value)
                         : fmt::format("{:.{}f} {}", value, value < 10 ? 2 : 0, unit);
}

std::vector<std::string> setting_words(const comparison& of, const contest& one) {
  std::vector<std::string> words;
  if (!one.what->one_of_each) {
    words.push_back(fmt::format("{} to {}", one.who.first, one.who.second));
  }
  if (one.what->by == played_by::tasks) {
    words.push_back(workers_words(one.workers));
  }
  if (!one.what->has_channel) {
    return words;
  }
  words.push_back(capacity_words(one.capacity));
  if (std::ranges::any_of(of.contests(), [&one](const contest& each) {
        return each.item_bytes != one.item_bytes;
      })) {
    words.push_back(fmt::format("{} B items", one.item_bytes));
  }
  return words;
}

std::string table(const comparison& of) {
  std::string text = of.conditions + "\n";
  std::vector<std::string> versions;
  bool spinning = false;
  for (const participant& each : of.who()) {
    spinning = spinning || !each.about().sleeps;
    if (!each.about().version.empty()) {
      versions.push_back(each.about().name + " " + each.about().version);
    }
  }
  if (!versions.empty()) {
    text += fmt::format("{}\n", fmt::join(versions, ", "));
  }
  if (spinning) {
    text += "* cannot sleep, so it is not among the best peers\n";
  }
  text += "\n" + glance(of) + checks_section(of);
  for (const workload& what : workloads()) {
    text += section(of, what);
  }
  text += means_section(of);
  text.pop_back();
  return text;
}

std::string json_lines(const comparison& of) {
  std::string text;
  for (const json& row : rows(of)) {
    text += row.dump() + "\n";
  }
  return text;
}

std::string csv(const comparison& of) {
  std::string text;
  for (const json& row : rows(of)) {
    std::vector<std::string> names;
    std::vector<std::string> values;
    for (const auto& [name, value] : row.items()) {
      names.push_back(name);
      values.push_back(in_csv(value));
    }
    text += text.empty() ? fmt::format("{}\n", fmt::join(names, ",")) : "";
    text += fmt::format("{}\n", fmt::join(values, ","));
  }
  return text;
}

}  // namespace handfast::ci
