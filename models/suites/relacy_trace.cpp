#include "models/suites/relacy_trace.hpp"

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <regex>
#include <sstream>
#include <vector>

#include "models/adapters/relacy_sync.hpp"

namespace handfast::relacy_suite {
namespace {

constexpr std::size_t column_width = 46;

struct step {
  std::size_t thread;
  std::string text;
  std::string place;
};

// Names for objects that nobody named: "mutex 1", by first appearance.
class object_names {
 public:
  std::string of(const std::string& address, const std::string& kind) {
    const auto* object = reinterpret_cast<const void*>(
        static_cast<std::uintptr_t>(std::stoull(address, nullptr, 16)));
    if (const char* name = relacy_detail::names.find(object)) {
      return name;
    }
    const auto [known, is_new] = given_.try_emplace(address);
    if (is_new) {
      known->second = kind + " " + std::to_string(++count_[kind]);
    }
    return known->second;
  }

 private:
  std::map<std::string, std::string> given_;
  std::map<std::string, int> count_;
};

// "<0x55…> mutex: exclusive lock" -> "mutex 1: lock".
std::string readable(const std::string& text, object_names& names) {
  static const std::regex object("<(0x[0-9a-f]+)> (.*)");
  static const std::regex memory(
      "memory (allocation|deallocation): addr=(?:0x)?([0-9a-f]+)(, size=([0-9]+))?.*");
  std::smatch parts;
  if (std::regex_match(text, parts, memory)) {
    const std::string block = names.of(parts[2], "block");
    return parts[1] == "allocation" ? "allocate " + block + ", " + parts[4].str() + " bytes"
                                    : "free " + block;
  }
  if (!std::regex_match(text, parts, object)) {
    return text;
  }
  const std::string address = parts[1];
  std::string rest = parts[2];
  const auto starts = [&rest](std::string_view with) { return rest.starts_with(with); };
  if (starts("mutex: ")) {
    rest.erase(0, 7);
    const std::size_t exclusive = rest.find("exclusive ");
    if (exclusive != std::string::npos) {
      rest.erase(exclusive, 10);
    }
    return names.of(address, "mutex") + ": " + rest;
  }
  if (starts("cond_var: ")) {
    return names.of(address, "condition") + ": " + rest.substr(10);
  }
  if (starts("atomic ")) {
    return names.of(address, "atomic") + ": " + rest.substr(7);
  }
  // A var's shadow has no value of its own worth printing.
  if (starts("load, value=")) {
    return names.of(address, "data") + ": read";
  }
  if (starts("store, value=")) {
    return names.of(address, "data") + ": write";
  }
  return names.of(address, "memory") + ": " + rest;
}

// "[7] 1: what, in function, path/file.hpp(12)"; nothing for other lines and for
// Relacy's own bookkeeping.
std::optional<step> parsed(const std::string& line, object_names& names) {
  static const std::regex form(R"(\[\d+\] (\d+): (.*), in [^,]*, (.*)\((\d+)\))");
  std::smatch parts;
  if (!std::regex_match(line, parts, form) || parts[2].str().starts_with('[')) {
    return std::nullopt;
  }
  const std::string path = parts[3];
  const std::string file = path.substr(path.rfind('/') + 1);
  return step{std::stoul(parts[1]), readable(parts[2], names), file + ":" + parts[4].str()};
}

std::string cell(const step& each) {
  const std::size_t room = column_width - 2;
  std::string text = each.text;
  if (text.size() + 1 + each.place.size() > room) {
    text.resize(room - std::min(room, each.place.size() + 1));
  }
  return text + std::string(room - text.size() - each.place.size(), ' ') + each.place;
}

// "USER ASSERT FAILED (what)": what Relacy ends a history with.
bool is_verdict(const step& each) {
  return each.text.find('(') > 3 && each.text.find('(') != std::string::npos &&
         std::ranges::none_of(each.text.substr(0, each.text.find('(')),
                              [](char letter) { return letter >= 'a' && letter <= 'z'; });
}

}  // namespace

std::string columns(const std::string& history) {
  std::istringstream lines(history);
  std::vector<step> steps;
  std::string after;  // what Relacy says besides the history: leaked memory
  std::size_t threads = 0;
  object_names names;
  bool in_history = false;
  bool per_thread = false;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("execution history")) {
      in_history = true;
    } else if (line.starts_with("thread ")) {
      in_history = false;
      per_thread = true;
    } else if (in_history) {
      if (std::optional<step> each = parsed(line, names)) {
        threads = std::max(threads, each->thread + 1);
        steps.push_back(std::move(*each));
      }
    } else if (per_thread && !line.empty() && !line.starts_with('[')) {
      after += line + "\n";
    }
  }
  std::string text = "step ";
  for (std::size_t thread = 0; thread < threads; ++thread) {
    std::string heading = "thread " + std::to_string(thread);
    heading.resize(column_width, ' ');
    text += heading;
  }
  while (text.ends_with(' ')) {
    text.pop_back();
  }
  text += '\n';
  for (std::size_t i = 0; i < steps.size(); ++i) {
    std::string number = std::to_string(i + 1);
    text += std::string(4 - std::min<std::size_t>(4, number.size()), ' ') + number + " " +
            std::string(steps[i].thread * column_width, ' ') + cell(steps[i]) + "\n";
  }
  // A column may be too narrow for it.
  if (!steps.empty() && is_verdict(steps.back())) {
    text += "  => thread " + std::to_string(steps.back().thread) + ": " + steps.back().text + ", " +
            steps.back().place + "\n";
  }
  return text + after;
}

}  // namespace handfast::relacy_suite
