// The litmus program: herd's C tests on the checker, one JSON object a file.
//
//   handfast-litmus [--expect FILE] FILE...
//
// Exit status: 0 all were run, and are as expected; 1 one is not; 2 a file that
// cannot be read or is no such test.
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "models/suites/litmus.hpp"

namespace {

using json = nlohmann::ordered_json;

double cpu_seconds() {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
  };
  return seconds(used.ru_utime) + seconds(used.ru_stime);
}

json to_json(const handfast::litmus::result& found) {
  json states = json::array();
  for (const handfast::litmus::state& each : found.states) {
    states.push_back(each);
  }
  return {{"name", found.name},
          {"states", states},
          {"executions", found.executions},
          {"blocked", found.blocked},
          {"racy", found.racy}};
}

// Of a racy test only that it is one: the program is undefined.
bool agree(const json& found, const json& expected) {
  if (expected.at("racy").get<bool>()) {
    return found.at("racy").get<bool>();
  }
  const auto states = [](const json& of) {
    std::multiset<std::map<std::string, std::int64_t>> all;
    for (const json& each : of.at("states")) {
      all.insert(each.get<std::map<std::string, std::int64_t>>());
    }
    return all;
  };
  return !found.at("racy").get<bool>() && found.at("executions") == expected.at("executions") &&
         states(found) == states(expected);
}

std::map<std::string, json> expectations(const std::string& path) {
  std::map<std::string, json> all;
  std::ifstream lines(path);
  if (!path.empty() && !lines) {
    throw handfast::litmus::malformed(path + ": cannot be read");
  }
  for (std::string line; std::getline(lines, line);) {
    const json each = json::parse(line);
    all[each.at("name")] = each;
  }
  return all;
}

int run(const std::vector<std::string>& files, const std::string& expect) {
  const std::map<std::string, json> expected = expectations(expect);
  std::size_t compared = 0;
  std::size_t different = 0;
  for (const std::string& file : files) {
    std::ifstream in(file);
    if (!in) {
      throw handfast::litmus::malformed(file + ": cannot be read");
    }
    std::stringstream text;
    text << in.rdbuf();
    const double start = cpu_seconds();
    json line;
    try {
      line = to_json(handfast::litmus::run(text.str()));
    } catch (const handfast::litmus::malformed& error) {
      throw handfast::litmus::malformed(file + ": " + error.what());
    }
    line["cpu_seconds"] = cpu_seconds() - start;
    if (const auto known = expected.find(line["name"]); known != expected.end()) {
      ++compared;
      const bool same = agree(line, known->second);
      line["as_expected"] = same;
      different += same ? 0 : 1;
    }
    std::printf("%s\n", line.dump().c_str());
  }
  if (!expect.empty()) {
    std::fprintf(stderr, "%zu tests, %zu compared with what is expected, %zu different\n",
                 files.size(), compared, different);
    return different == 0 && compared > 0 ? 0 : 1;
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{
      "Litmus tests in herd's C format on the checker, a JSON object each.\n"
      "Exit status: 0 done, 1 not as expected, 2 bad input."};
  app.footer("Example:\n  handfast litmus models/litmus/tests/*.litmus");
  std::vector<std::string> files;
  std::string expect;
  bool as_json = false;
  app.add_option("files", files, "tests")->required();
  app.add_option("--expect", expect, "compare with the JSON lines of this file");
  app.add_flag("--json", as_json, "one JSON object a line, as always");
  try {
    app.parse(argc, argv);
    return run(files, expect);
  } catch (const CLI::CallForHelp& help) {
    return app.exit(help);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "handfast: %s\n", error.what());
  }
  return 2;
}
