#include "ci/handfast/report.hpp"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>

namespace handfast::ci {

std::string json_line(const run_report& report) {
  nlohmann::ordered_json line = {
      {"scenario", report.request.scenario}, {"engine", report.request.engine},
      {"mode", report.request.mode},         {"seed", report.request.seed},
      {"verdict", report.verdict},           {"executions", report.executions},
      {"blocked", report.blocked},           {"cpu_seconds", report.cpu_seconds},
      {"peak_rss_kib", report.peak_rss_kib}, {"goals_met", report.goals_met},
      {"goals_missed", report.goals_missed}, {"token", nullptr},
      {"complete", report.complete},         {"unit", report.unit}};
  if (report.operations > 0) {
    line["operations"] = report.operations;
    line["plain_accesses"] = report.plain_accesses;
    line["longest"] = report.longest;
    line["cut"] = report.cut;
  }
  if (report.estimate > 0) {
    line["estimate"] = report.estimate;
    line["estimate_factor"] = report.estimate_factor;
  }
  if (!report.checkpoint.empty()) {
    line["checkpoint"] = report.checkpoint;
  }
  if (!report.request.mutant.empty()) {
    line["mutant"] = report.request.mutant;
  }
  if (report.failure) {
    line["token"] = encode(*report.failure);
    line["kind"] = report.kind;
    line["text"] = report.text;
  }
  return line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string escaped(std::string_view text) {
  std::string safe;
  for (const char each : text) {
    switch (each) {
      case '&': safe += "&amp;"; break;
      case '<': safe += "&lt;"; break;
      case '>': safe += "&gt;"; break;
      case '"': safe += "&quot;"; break;
      default:
        safe +=
            static_cast<unsigned char>(each) < 0x20 && each != '\n' && each != '\t' ? '?' : each;
    }
  }
  return safe;
}

std::string grouped(std::uint64_t number) {
  std::string digits = std::to_string(number);
  for (std::ptrdiff_t at = std::ssize(digits) - 3; at > 0; at -= 3) {
    digits.insert(static_cast<std::size_t>(at), 1, ',');
  }
  return digits;
}

std::string estimated(double executions, double factor) {
  // Two digits: more would not be known.
  const double unit = std::pow(10, std::max(0.0, std::floor(std::log10(executions)) - 1));
  const double rounded = std::round(executions / unit) * unit;
  return fmt::format("about {} (within a factor of {:.2g})",
                     rounded < 1e6   ? grouped(static_cast<std::uint64_t>(rounded))
                     : rounded < 1e9 ? fmt::format("{:.3g} million", rounded / 1e6)
                                     : fmt::format("{:.2g}", rounded),
                     factor);
}

std::string how_far_text(std::uint64_t executions, std::uint64_t total, double factor,
                         double seconds) {
  std::string text = grouped(executions);
  const double rate = seconds > 0 ? static_cast<double>(executions) / seconds : 0;
  if (factor > 0 && executions >= total) {
    text += ", more than estimated";
  } else if (total != 0) {
    text += " of " + (factor > 0 ? estimated(static_cast<double>(total), factor) : grouped(total));
  }
  if (rate > 0) {
    text += fmt::format(", {}/s", grouped(static_cast<std::uint64_t>(rate)));
  }
  if (total > executions && rate > 0) {
    const double left = static_cast<double>(total - executions) / rate;
    text += left < 120    ? fmt::format(", {:.0f} s left", left)
            : left < 7200 ? fmt::format(", {:.0f} min left", left / 60)
            : left < 2e5  ? fmt::format(", {:.0f} h left", left / 3600)
            : left < 1e9  ? fmt::format(", {:.0f} days left", left / 86400)
                          : ", too long";
  }
  return text;
}

std::string summary_line(const run_report& report) {
  const double seconds = std::max(report.cpu_seconds, 1e-9);
  const double rate = static_cast<double>(report.executions) / seconds;
  std::string line =
      fmt::format("{:<44} {:<11} {:<7} {:<11} {:>12} {}, seed {}, {:.2f} s, {}/s",
                  report.request.scenario, report.request.engine, report.request.mode,
                  report.verdict, grouped(report.executions), report.unit, report.request.seed,
                  report.cpu_seconds, grouped(static_cast<std::uint64_t>(rate)));
  if (report.blocked > 0) {
    line += fmt::format(", {} blocked", grouped(report.blocked));
  }
  if (report.operations > 0) {
    line += fmt::format(", {} operations", grouped(report.operations));
  }
  if (report.complete && report.verdict != "verified") {
    line += report.request.mode == "bounded" && !report.cut ? ", search ended, nothing was cut"
                                                            : ", search ended";
  }
  if (!report.complete && report.estimate > static_cast<double>(report.executions)) {
    line += ", of " + estimated(report.estimate, report.estimate_factor);
  }
  if (!report.goals_missed.empty()) {
    line += fmt::format(", missed: {}", fmt::join(report.goals_missed, ", "));
  }
  return line;
}

std::string shortened(const std::string& text) {
  constexpr std::size_t kept_first = 30;
  constexpr std::size_t kept_last = 60;
  const auto lines = static_cast<std::size_t>(std::ranges::count(text, '\n'));
  if (lines <= kept_first + kept_last + 1) {
    return text;
  }
  std::size_t head = 0;
  for (std::size_t line = 0; line < kept_first; ++line) {
    head = text.find('\n', head) + 1;
  }
  std::size_t tail = head;
  for (std::size_t line = kept_first; line < lines - kept_last; ++line) {
    tail = text.find('\n', tail) + 1;
  }
  return text.substr(0, head) +
         fmt::format("  … {} more lines; handfast replay --trace shows all …\n",
                     lines - kept_first - kept_last) +
         text.substr(tail);
}

std::string finding_block(const run_report& report) {
  std::string text = shortened(report.text);
  while (!text.empty() && text.back() == '\n') {
    text.pop_back();
  }
  const std::string code = report.failure ? encode(*report.failure) : "";
  return fmt::format(
      "\n{} in {}, found by {}{}\n\n{}\n\n  token: {}\n  again: handfast replay {}\n\n",
      report.kind, report.request.scenario, report.request.engine,
      report.request.mutant.empty() ? "" : ", with " + in_words(report.request.mutant), text, code,
      code);
}

int exit_status(const std::vector<run_report>& reports) {
  const auto any = [&reports](auto... verdicts) {
    return std::ranges::any_of(reports, [verdicts...](const run_report& each) {
      return ((each.verdict == verdicts) || ...);
    });
  };
  if (any("finding", "vacuous", "misuse")) {
    return 1;
  }
  return any("interrupted") || interrupted() ? 3 : 0;
}

progress_line::progress_line(bool wanted) : terminal_(wanted && ::isatty(STDERR_FILENO) == 1) {}

void progress_line::show(const std::string& text) {
  if (!terminal_) {
    return;
  }
  winsize window{};
  const std::size_t width = ::ioctl(STDERR_FILENO, TIOCGWINSZ, &window) == 0 && window.ws_col > 1
                                ? window.ws_col - 1U
                                : 79U;
  const std::string line = text.substr(0, width);
  if (line != shown_) {
    fmt::print(stderr, "\r\x1b[K{}", line);
    std::fflush(stderr);
    shown_ = line;
  }
}

void progress_line::clear() {
  if (terminal_ && !shown_.empty()) {
    fmt::print(stderr, "\r\x1b[K");
    std::fflush(stderr);
    shown_.clear();
  }
}

}  // namespace handfast::ci
