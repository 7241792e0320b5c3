#include "ci/handfast/compare_plots.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "ci/handfast/compare_report.hpp"
#include "ci/handfast/report.hpp"

namespace handfast::ci {
namespace {

constexpr double row_height = 18;
constexpr double bar_height = 13;
constexpr double panel_head = 40;  // its title and the marks of its scale
constexpr double label_width = 104;
constexpr double scale_width = 250;
constexpr double gap = 18;
constexpr double section_head = 46;

constexpr std::string_view our_colour = "#0b6e4f";
constexpr std::string_view peer_colour = "#6f9fd0";
constexpr std::string_view spinning_colour = "#c9a0c9";

std::string text_at(double x, double y, std::string_view kind, std::string_view text) {
  return fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" class=\"{}\">{}</text>\n", x, y, kind,
                     escaped(text));
}

std::string line_between(double x1, double y1, double x2, double y2, std::string_view kind) {
  return fmt::format("<path d=\"M{:.1f} {:.1f}L{:.1f} {:.1f}\" class=\"{}\"/>\n", x1, y1, x2, y2,
                     kind);
}

// The first metric's, the second's, the third's.
std::string dot(std::size_t which, double x, double y, std::string_view colour) {
  constexpr double r = 4.5;
  const std::string style = fmt::format("fill=\"{}\" stroke=\"#fff\"", colour);
  switch (which) {
    case 0:
      return fmt::format("<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"{}\" {}/>\n", x, y, r, style);
    case 1:
      return fmt::format("<path d=\"M{:.1f} {:.1f}l{r} {r}l-{r} {r}l-{r} -{r}z\" {}/>\n", x, y - r,
                         style, fmt::arg("r", r));
    default:
      return fmt::format("<path d=\"M{:.1f} {:.1f}l{r} {}h-{}z\" {}/>\n", x, y - r, 2 * r - 1,
                         2 * r, style, fmt::arg("r", r));
  }
}

std::string_view colour_of(const contender& who) {
  return who.ours() ? our_colour : who.sleeps ? peer_colour : spinning_colour;
}

// From values to places: logarithmic for times and sizes, else from zero.
class scale {
 public:
  scale(double least, double most, std::string_view unit)
      : unit_(unit), logarithmic_(unit == "ns" || unit == "bytes") {
    if (logarithmic_) {
      low_ = std::floor(std::log10(std::max(least, 1e-3)));
      high_ = std::max(std::ceil(std::log10(std::max(most, 1e-3))), low_ + 1);
    } else {
      high_ = unit == "ratio" ? 1 : rounded_up(std::max(most, 1.0));
    }
  }

  [[nodiscard]] double at(double value) const {
    const double place = logarithmic_ ? std::log10(std::max(value, 1e-3)) : value;
    return scale_width * std::clamp((place - low_) / (high_ - low_), 0.0, 1.0);
  }

  /// Values to be marked, few enough to be read.
  [[nodiscard]] std::vector<double> marks() const {
    std::vector<double> all;
    if (logarithmic_) {
      const double step = std::ceil((high_ - low_) / 6);
      for (double power = low_; power <= high_; power += step) {
        all.push_back(std::pow(10, power));
      }
    } else {
      for (int part = 0; part <= 4; ++part) {
        all.push_back(high_ * part / 4);
      }
    }
    return all;
  }
  [[nodiscard]] std::string mark_text(double value) const {
    if (!logarithmic_) {
      return unit_ == "ratio" ? amount(value, unit_) : fmt::format("{:g} {}", value, unit_);
    }
    // Decimal throughout: the marks are powers of ten.
    static const std::array<std::string_view, 4> times{"ns", "us", "ms", "s"};
    static const std::array<std::string_view, 4> sizes{"B", "kB", "MB", "GB"};
    std::size_t thousands = 0;
    while (value > 999 && thousands + 1 < times.size()) {
      value /= 1000;
      ++thousands;
    }
    return fmt::format("{:g} {}", value, (unit_ == "ns" ? times : sizes)[thousands]);
  }

 private:
  // To a number whose quarters are short.
  static double rounded_up(double value) {
    double step = std::pow(10, std::floor(std::log10(value)));
    while (step < value) {
      step *= 2;
    }
    return step;
  }

  std::string_view unit_;
  bool logarithmic_;
  double low_ = 0;
  double high_ = 1;
};

struct panel {
  std::string title;
  std::size_t contest;
  std::vector<const metric*> metrics;
};

struct row {
  const contender* who;
  std::vector<summary> values;  // one a metric
};

// The contenders that have all of a panel's figures, the best first.
std::vector<row> rows_of(const comparison& of, const panel& each) {
  std::vector<row> rows;
  for (std::size_t who = 0; who < of.who().size(); ++who) {
    row made{&of.who()[who].about(), {}};
    for (const metric* what : each.metrics) {
      if (const auto found = of.figure(each.contest, who, what->name)) {
        made.values.push_back(*found);
      }
    }
    if (!made.values.empty()) {
      rows.push_back(std::move(made));
    }
  }
  const bool more_is_better = each.metrics.front()->more_is_better;
  std::ranges::sort(rows, [more_is_better](const row& a, const row& b) {
    const double left = a.values.front().median;
    const double right = b.values.front().median;
    return more_is_better ? left > right : left < right;
  });
  return rows;
}

std::vector<panel> panels_of(const comparison& of, const workload& what) {
  // The metrics that panels show together.
  std::vector<std::vector<const metric*>> shown;
  for (const metric& each : what.metrics) {
    if (each.in_table && (shown.empty() || what.as == drawn::apart)) {
      shown.push_back({&each});
    } else if (each.in_table) {
      shown.front().push_back(&each);
    }
  }
  std::vector<panel> all;
  for (const auto& metrics : shown) {
    for (std::size_t one = 0; one < of.contests().size(); ++one) {
      if (of.contests()[one].what == &what) {
        const auto words = setting_words(of, of.contests()[one]);
        all.push_back(
            {fmt::format("{}{}", fmt::join(words, ", "),
                         shown.size() > 1 ? fmt::format(": {}", metrics.front()->says) : ""),
             one, metrics});
      }
    }
  }
  std::erase_if(all, [&of](const panel& each) { return rows_of(of, each).empty(); });
  return all;
}

// What one workload's figures have in common: a scale, so that panels can be compared.
class section {
 public:
  section(const comparison& of, const workload& what)
      : of_(of), what_(what), panels_(panels_of(of, what)) {}

  [[nodiscard]] bool empty() const { return panels_.empty(); }
  [[nodiscard]] std::size_t columns() const {
    return std::min<std::size_t>(panels_.size(), panels_.size() > 4 ? 3 : 2);
  }
  [[nodiscard]] double width() const {
    return std::max(static_cast<double>(columns()) * (panel_width() + gap) - gap, 720.0);
  }

  /// Draws it below `top`, and moves that down.
  [[nodiscard]] std::string draw(double& top) const {
    std::string svg =
        text_at(gap, top + 14, "head", fmt::format("{}: {}", what_.name, what_.does)) +
        legend(top + 32);
    top += section_head;
    for (std::size_t first = 0; first < panels_.size(); first += columns()) {
      double tallest = 0;
      for (std::size_t at = first; at < std::min(first + columns(), panels_.size()); ++at) {
        const double left = gap + static_cast<double>(at - first) * (panel_width() + gap);
        const std::vector<row> rows = rows_of(of_, panels_[at]);
        svg += draw_panel(left, top, panels_[at], rows);
        tallest = std::max(tallest, panel_head + static_cast<double>(rows.size()) * row_height);
      }
      top += tallest + gap;
    }
    return svg;
  }

 private:
  [[nodiscard]] bool all_dots() const { return what_.as == drawn::dots; }
  // What is written beside a row: one value, or one a dot.
  [[nodiscard]] double value_width() const { return all_dots() ? 168 : 74; }
  [[nodiscard]] double panel_width() const { return label_width + scale_width + value_width(); }

  [[nodiscard]] scale scale_of(const panel& one) const {
    double least = HUGE_VAL;
    double most = 0;
    for (const panel& each : panels_) {
      if (each.metrics != one.metrics) {
        continue;
      }
      for (const row& drawn : rows_of(of_, each)) {
        for (const summary& value : drawn.values) {
          least = std::min(least, value.least);
          most = std::max(most, value.most);
        }
      }
    }
    return {least, most, one.metrics.front()->unit};
  }

  [[nodiscard]] std::string legend(double y) const {
    std::string svg;
    double x = gap;
    const auto say = [&](const std::string& mark, std::string_view text) {
      svg += mark + text_at(x + 14, y, "", text);
      x += 26 + 6.2 * static_cast<double>(text.size());
    };
    const auto square = [&](std::string_view colour) {
      return fmt::format(
          "<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"10\" height=\"10\" fill=\"{}\"/>\n", x, y - 9,
          colour);
    };
    say(square(our_colour), "ours");
    say(square(peer_colour), "peers");
    for (std::size_t who = 0; who < of_.who().size(); ++who) {
      if (!of_.who()[who].about().sleeps && of_.took_part(what_, who)) {
        say(square(spinning_colour), "* never sleeps");
        break;
      }
    }
    const std::vector<const metric*>& metrics = panels_.front().metrics;
    for (std::size_t at = 0; at < metrics.size(); ++at) {
      if (at == 0 && !all_dots()) {
        say(line_between(x, y - 4, x + 10, y - 4, "spread"),
            what_.as == drawn::bar ? fmt::format("bar: {}, with its spread", metrics[at]->says)
                                   : std::string("spread"));
      } else {
        say(dot(at, x + 5, y - 4, "#444"), metrics[at]->says);
      }
    }
    return svg;
  }

  [[nodiscard]] std::string draw_panel(double left, double top, const panel& one,
                                       const std::vector<row>& rows) const {
    const scale on = scale_of(one);
    const double start = left + label_width;
    const double bottom = top + panel_head + static_cast<double>(rows.size()) * row_height - 3;
    std::string svg = text_at(left, top + 14, "title", one.title);
    for (const double mark : on.marks()) {
      const double x = start + on.at(mark);
      svg += line_between(x, top + panel_head - 4, x, bottom, "grid") +
             text_at(x, top + panel_head - 9, "mark", on.mark_text(mark));
    }
    for (std::size_t at = 0; at < rows.size(); ++at) {
      const double y = top + panel_head + static_cast<double>(at) * row_height;
      svg +=
          text_at(start - 7, y + 11, "end", rows[at].who->name + (rows[at].who->sleeps ? "" : "*"));
      svg += draw_row(start, y, rows[at], on, *one.metrics.front());
    }
    return svg;
  }

  [[nodiscard]] std::string draw_row(double start, double y, const row& one, const scale& on,
                                     const metric& first) const {
    const double middle = y + bar_height / 2;
    const auto x = [&](double value) { return start + on.at(value); };
    const std::string_view colour = colour_of(*one.who);
    std::string svg;
    std::vector<std::string> values;
    double end = 0;
    for (const summary& each : one.values) {
      end = std::max(end, x(all_dots() ? each.median : each.most));
      values.push_back(amount(each.median, first.unit));
    }
    if (all_dots()) {
      svg += line_between(x(one.values.front().median), middle, x(one.values.back().median), middle,
                          "join");
    } else {
      svg += fmt::format(
          "<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{}\" fill=\"{}\"/>\n", start,
          y, std::max(on.at(one.values.front().median), 1.0), bar_height, colour);
      svg += line_between(x(one.values.front().least), middle, x(one.values.front().most), middle,
                          "spread");
      values.resize(1);
    }
    for (std::size_t at = all_dots() ? 0 : 1; at < one.values.size(); ++at) {
      svg += dot(at, x(one.values[at].median), middle, all_dots() ? colour : "#444");
    }
    return svg + text_at(std::max(end, start) + 8, y + 11, "",
                         fmt::format("{}", fmt::join(values, " / ")));
  }

  const comparison& of_;
  const workload& what_;
  std::vector<panel> panels_;
};

std::string drawing(const comparison& of, const std::vector<const section*>& sections) {
  double width = 0;
  double top = 34;
  std::string inside;
  for (const section* each : sections) {
    width = std::max(width, each->width());
    inside += each->draw(top);
    top += gap / 2;
  }
  width += 2 * gap;
  return fmt::format(
             "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0:.0f}\" height=\"{1:.0f}\" "
             "viewBox=\"0 0 {0:.0f} {1:.0f}\" role=\"img\">\n<title>handfast compare</title>\n"
             "<style>text{{font:11px sans-serif;fill:#222}}.head{{font:bold 13px sans-serif}}"
             ".title{{font-weight:bold}}.end{{text-anchor:end}}.mark{{text-anchor:middle;"
             "font-size:9px;fill:#666}}.faint{{fill:#666}}path.grid{{stroke:#ddd}}"
             "path.spread{{stroke:#222}}path.join{{stroke:#999;stroke-width:2}}</style>\n"
             "<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n",
             width, top) +
         text_at(gap, 20, "faint", of.conditions) + inside + "</svg>\n";
}

}  // namespace

std::vector<picture> pictures(const comparison& of, bool all_in_one) {
  std::vector<picture> all;
  std::vector<section> sections;
  for (const workload& what : workloads()) {
    section made(of, what);
    if (made.empty()) {
      continue;
    }
    if (!all_in_one) {
      std::string name(what.name);
      std::ranges::replace(name, '/', '_');
      all.push_back({std::move(name), drawing(of, {&made})});
    }
    sections.push_back(std::move(made));
  }
  if (all_in_one) {
    std::vector<const section*> pointers;
    for (const section& each : sections) {
      pointers.push_back(&each);
    }
    all.push_back({"compare", drawing(of, pointers)});
  }
  return all;
}

}  // namespace handfast::ci
