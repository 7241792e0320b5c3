#include "models/check/check.hpp"

#include <charconv>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>
#include <string_view>

#include "models/checker/weakening.hpp"
#include "models/suites/checker.hpp"
#include "models/token/steps.hpp"
#include "models/token/token.hpp"

namespace handfast::check {
namespace {

constexpr const char* engine_name = "check";

struct bad_flag : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// GoogleTest's main keeps what it does not know, and gives it to nobody.
std::optional<std::string> flag(std::string_view name, const char* then = "=") {
  std::ifstream file("/proc/self/cmdline", std::ios::binary);
  const std::string line((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  const std::string start = "--handfast_" + std::string(name) + then;
  for (std::size_t at = 0; at < line.size();) {
    const std::size_t end = std::min(line.find('\0', at), line.size());
    const std::string argument = line.substr(at, end - at);
    if (argument.starts_with(start)) {
      return argument.substr(start.size());
    }
    at = end + 1;
  }
  return std::nullopt;
}

bool has_flag(std::string_view name) {
  return flag(name, "") == "";
}

template <class Number>
void set_from_flag(Number& value, const char* name) {
  if (const auto text = flag(name)) {
    const char* end = text->data() + text->size();
    if (const auto read = std::from_chars(text->data(), end, value);
        read.ec != std::errc() || read.ptr != end || text->empty()) {
      throw bad_flag(std::string("--handfast_") + name + " takes a number, not '" + *text + "'");
    }
  }
}

options with_flags(options how) {
  if (const auto text = flag("mode")) {
    if (*text != "exhaustive" && *text != "bounded" && *text != "random") {
      throw bad_flag("--handfast_mode is exhaustive, bounded or random, not '" + *text + "'");
    }
    how.how = *text == "random"    ? mode::random
              : *text == "bounded" ? mode::bounded
                                   : mode::exhaustive;
  }
  set_from_flag(how.seed, "seed");
  set_from_flag(how.preemptions, "preemptions");
  set_from_flag(how.jobs, "jobs");
  set_from_flag(how.max_executions, "max_executions");
  set_from_flag(how.max_seconds, "max_time");
  return how;
}

std::string text_of(const checker::finding& found, const std::string& trace,
                    const std::string& token) {
  return found.kind + ": " + found.text + "\n\n" + trace +
         "\n  again, under a debugger too: --handfast_replay=" + token + "\n";
}

checker_suite::scenario scenario_of(const std::string& name, const std::function<void()>& body) {
  return {"", name, "", false, 1, [&body] { detail::with_globals(body); }};
}

report of_finding(const std::string& name, const checker_suite::result& shown) {
  report made;
  made.executions = shown.executions;
  made.blocked = shown.blocked;
  made.verdict = shown.found->kind == "misuse" ? "misuse" : "finding";
  made.kind = shown.found->kind;
  made.token = encode({name, engine_name, 0, "", packed(shown.replay)});
  made.text = text_of(*shown.found, shown.trace, made.token);
  return made;
}

report replay(const std::string& name, const std::function<void()>& body,
              const checker::run_limits& limits, const std::string& text) {
  const auto decoded = decode(text);
  if (!decoded) {
    throw bad_flag(decoded.error());
  }
  if (decoded->engine != engine_name) {
    throw bad_flag("the token is for `handfast replay`, not for a test");
  }
  if (decoded->scenario != name) {
    report other;
    other.passed = other.skipped = true;
    return other;
  }
  const auto steps = unpacked(decoded->replay);
  if (!steps) {
    throw bad_flag("the token's payload is not an execution of the checker");
  }
  constexpr std::uint64_t tries = 10'000;
  const checker_suite::result shown =
      has_flag("continue_after_prefix")
          ? checker_suite::run_after_prefix(scenario_of(name, body), *steps, tries, limits)
          : checker_suite::run_again(scenario_of(name, body), *steps, limits);
  if (shown.found && shown.found->kind == checker::misfit) {
    throw bad_flag("the token is not of an execution of this test, as it is now: " +
                   shown.found->text + " (--handfast_continue_after_prefix goes on from there)");
  }
  if (shown.found) {
    return of_finding(name, shown);
  }
  report made;
  made.executions = 1;
  made.verdict = "searched";
  made.passed = true;
  return made;
}

std::string how_many_more(const checker_suite::result& stopped) {
  if (!stopped.of || stopped.of->executions < static_cast<double>(stopped.executions)) {
    return "";
  }
  return " of perhaps " + std::to_string(static_cast<std::uint64_t>(stopped.of->executions));
}

report search(const std::string& name, const std::function<void()>& body, const options& how) {
  checker_suite::limits bounds;
  bounds.max_executions = how.max_executions;
  bounds.max_seconds = how.max_seconds;
  bounds.run.steps = how.max_steps;
  bounds.jobs = std::max(1U, how.jobs);
  const bool bounded = how.how == mode::bounded;
  if (bounded) {
    bounds.preemptions = how.preemptions;
  }
  const bool random = how.how == mode::random;
  if (random) {
    bounds.seed = how.seed;
  }
  const checker_suite::result result = checker_suite::search(
      scenario_of(name, body), bounds, [](const checker_suite::how_far&) { return true; });
  if (result.found) {
    return of_finding(name, result);
  }
  report made;
  made.executions = result.executions;
  made.blocked = result.blocked;
  made.operations = result.operations;
  made.complete = result.ended;
  std::string missed;
  for (const auto& [goal, met] : result.goals) {
    missed += met ? "" : (missed.empty() ? "" : ", ") + goal;
  }
  const std::string count = std::to_string(made.executions) + " executions";
  if (result.vacuous) {
    made.verdict = "vacuous";
    made.text = made.executions == 0 ? "no execution came to its end: nothing was checked"
                                     : "there was nothing that could have gone another way";
  } else if ((result.ended || random) && !missed.empty()) {
    made.verdict = "vacuous";
    made.text = "never so in " + count + ": " + missed;
  } else if (random) {
    made.verdict = "searched";
    made.passed = true;
  } else if (result.ended && bounded) {
    made.verdict = "bounded";
    made.passed = true;
  } else if (result.ended) {
    made.verdict = "verified";
    made.passed = true;
  } else {
    made.verdict = "bounded";
    made.text = "not at its end after " + count + how_many_more(result) +
                "; raise max_executions or max_seconds, make the test smaller, or say random";
  }
  return made;
}

// What `handfast mutate` wants.
void follow_campaign() {
  if (has_flag("sites")) {
    checker::note_sites();
  }
  if (const auto text = flag("weaken")) {
    const auto which = checker::weakening_from(*text);
    if (!which) {
      throw bad_flag("--handfast_weaken takes FILE:LINE:COLUMN:WAY, not '" + *text + "'");
    }
    checker::weaken(which);
  }
}

// The lines that an engine's process prints (ci/engines/engine.hpp).
void tell_campaign(const report& made) {
  using json = nlohmann::ordered_json;
  const auto print = [](const json& line) {
    const std::string text = line.dump(-1, ' ', false, json::error_handler_t::replace);
    std::printf("%s\n", text.c_str());
  };
  if (has_flag("sites")) {
    for (const checker::spot& each : checker::noted_spots()) {
      print({{"event", "site"},
             {"file", each.at.file},
             {"path", each.path},
             {"line", each.at.line},
             {"column", each.at.column},
             {"does", each.does},
             {"order", each.order},
             {"order_if_failed", each.order_if_failed},
             {"ways", each.ways}});
    }
  }
  if (has_flag("sites") || has_flag("json")) {
    print({{"event", "result"},
           {"verdict", made.verdict},
           {"executions", made.executions},
           {"blocked", made.blocked},
           {"operations", made.operations},
           {"complete", made.complete},
           {"kind", made.kind},
           {"text", made.text},
           {"token", made.token}});
    std::fflush(stdout);
  }
}

}  // namespace

report run(const std::string& name, const std::function<void()>& body, const options& how) {
  try {
    const options wanted = with_flags(how);
    follow_campaign();
    checker::run_limits limits;
    limits.steps = wanted.max_steps;
    if (const auto token = flag("replay")) {
      return replay(name, body, limits, *token);
    }
    return search(name, body, wanted);
  } catch (const bad_flag& error) {
    report made;
    made.verdict = "misuse";
    made.text = error.what();
    return made;
  }
}

void expect_holds(const std::string& name, const std::function<void()>& body, const options& how,
                  std::source_location where) {
  const report made = run(name, body, how);
  tell_campaign(made);
  if (made.skipped) {
    GTEST_SKIP() << "the token is of another test";
  }
  ::testing::Test::RecordProperty("verdict", made.verdict);
  ::testing::Test::RecordProperty("executions", std::to_string(made.executions));
  ::testing::Test::RecordProperty("blocked", std::to_string(made.blocked));
  ::testing::Test::RecordProperty("operations", std::to_string(made.operations));
  if (!made.passed) {
    ADD_FAILURE_AT(where.file_name(), static_cast<int>(where.line()))
        << made.verdict << " after " << made.executions << " executions\n"
        << made.text;
    return;
  }
  std::printf("%s: %s, %llu executions of %llu operations\n", name.c_str(), made.verdict.c_str(),
              static_cast<unsigned long long>(made.executions),
              static_cast<unsigned long long>(made.operations));
}

}  // namespace handfast::check
