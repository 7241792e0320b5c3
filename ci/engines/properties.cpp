// The properties engine: rapidcheck.
//
// Replay bytes: rapidcheck's own (the case's random state, its size, and how it
// was shrunk). A property that dies (a deadlock, a crash) has no such bytes yet:
// then they are a zero, the run's seed and its number of cases, all as varints,
// and a replay runs all cases up to the one that died.
#include <algorithm>
#include <chrono>

#include "ci/engines/engine.hpp"
#include "models/token/varint.hpp"
#include "properties/channel.hpp"
#include "properties/scheduler.hpp"
#include "stress/watchdog.hpp"

namespace handfast::ci {
namespace {

const std::vector<properties::property>& all_properties() {
  static const std::vector<properties::property> all = [] {
    std::vector<properties::property> made = properties::channel_properties();
    made.insert(made.end(), properties::scheduler_properties().begin(),
                properties::scheduler_properties().end());
    return made;
  }();
  return all;
}

const properties::property& property_named(std::string_view name) {
  const auto& all = all_properties();
  const auto found = std::ranges::find(all, name, &properties::property::name);
  if (found == all.end()) {
    throw usage_error("no property is named '" + std::string(name) + "'");
  }
  return *found;
}

// Which case of a run, or a case by itself.
enum class replay_kind : std::uint8_t { whole_run, shrunk_case };

replay_bytes run_bytes(std::uint64_t seed, std::uint64_t cases) {
  replay_bytes bytes{static_cast<std::uint8_t>(replay_kind::whole_run)};
  append_varint(bytes, seed);
  append_varint(bytes, cases);
  return bytes;
}

class properties_engine : public engine {
 public:
  [[nodiscard]] std::vector<entry> list() const override {
    std::vector<entry> all;
    for (const properties::property& each : all_properties()) {
      all.push_back(
          {each.concept_name, each.name, each.claim, {"random"}, 1, {}, false, each.covers});
    }
    return all;
  }

  [[nodiscard]] replay_bytes before(std::string_view name, const run_options& options) override {
    return run_bytes(options.seed, cases(name, options));
  }

  [[nodiscard]] outcome run(std::string_view name, const run_options& options,
                            const progress& tell) override {
    if (!options.mode.empty() && options.mode != "random") {
      throw usage_error("properties run in the mode random, not '" + options.mode + "'");
    }
    properties::run_plan plan;
    plan.seed = options.seed;
    plan.cases = cases(name, options);
    const auto start = std::chrono::steady_clock::now();
    bool out_of_time = false;
    plan.go_on = [&](std::uint64_t done) {
      const std::chrono::duration<double> ran = std::chrono::steady_clock::now() - start;
      out_of_time = options.max_seconds && ran.count() > *options.max_seconds;
      note_execution(run_bytes(plan.seed, plan.cases), done);
      return tell({done, plan.cases}) && !out_of_time;
    };
    outcome result = watched(name, plan, options.patience);
    if (result.verdict == "interrupted" && out_of_time) {
      result.verdict = judged(result);
    }
    return result;
  }

  [[nodiscard]] outcome replay(std::string_view name, const replay_bytes& payload,
                               const replay_plan& how, const progress& tell) override {
    properties::run_plan plan = plan_from(payload);
    outcome total;
    total.verdict = "vacuous";
    const auto start = std::chrono::steady_clock::now();
    for (std::uint64_t i = 0; i < how.times && !total.found; ++i) {
      const std::chrono::duration<double> ran = std::chrono::steady_clock::now() - start;
      if (how.max_seconds && ran.count() > *how.max_seconds) {
        break;
      }
      if (!tell({i, how.times})) {
        total.verdict = "interrupted";
        break;
      }
      note_execution(payload, i + 1);
      outcome once = watched(name, plan, how.patience);
      once.executions = i + 1;
      once.came_back = once.found ? 1 : 0;
      total = std::move(once);
    }
    if (total.found) {
      total.found->replay = payload;
    }
    return total;
  }

 private:
  static std::uint64_t cases(std::string_view name, const run_options& options) {
    return options.max_executions.value_or(property_named(name).default_cases);
  }

  static properties::run_plan plan_from(const replay_bytes& payload) {
    properties::run_plan plan;
    std::span<const std::uint8_t> left(payload);
    if (!left.empty()) {
      const auto kind = static_cast<replay_kind>(left.front());
      left = left.subspan(1);
      if (kind == replay_kind::whole_run) {
        const auto seed = take_varint(left);
        const auto cases = take_varint(left);
        if (seed && cases && *cases > 0 && left.empty()) {
          plan.seed = *seed;
          plan.cases = *cases;
          return plan;
        }
      } else if (kind == replay_kind::shrunk_case) {
        plan.reproduce.assign(left.begin(), left.end());
        if (properties::is_reproduce(plan.reproduce)) {
          return plan;
        }
      }
    }
    throw usage_error("the token's payload is not a case of a property");
  }

  static std::string judged(const outcome& result) {
    return result.executions == 0 || !result.goals_missed.empty() ? "vacuous" : "searched";
  }

  // Runs `plan`, and says so if nothing moves any more.
  static outcome watched(std::string_view name, properties::run_plan& plan,
                         std::chrono::seconds patience) {
    const replay_bytes again =
        plan.reproduce.empty() ? run_bytes(plan.seed, plan.cases) : shrunk(plan.reproduce);
    stress::watchdog dog(patience, [&again](const std::string& report) {
      report_and_exit({"hang", report, again}, 1);
    });
    plan.moved = [&dog] { dog.moved(); };
    plan.died = [&again](const std::string& kind, const std::string& report) {
      report_and_exit({kind, report + "\n", again}, 1);
    };
    const auto go_on = plan.go_on;
    plan.go_on = [&dog, go_on](std::uint64_t done) {
      dog.moved();
      return !go_on || go_on(done);
    };
    const properties::verdict found = property_named(name).run(plan);
    plan.go_on = go_on;
    outcome result;
    result.unit = "cases";
    result.executions = found.cases;
    result.goals_met = found.goals_met;
    result.goals_missed = found.goals_missed;
    result.verdict = found.failed ? "finding" : found.stopped ? "interrupted" : judged(result);
    if (found.failed) {
      result.found = finding{"property refuted", found.report, shrunk(found.reproduce)};
    }
    return result;
  }

  static replay_bytes shrunk(const std::vector<std::uint8_t>& reproduce) {
    replay_bytes bytes(1 + reproduce.size(), static_cast<std::uint8_t>(replay_kind::shrunk_case));
    std::ranges::copy(reproduce, bytes.begin() + 1);
    return bytes;
  }
};

}  // namespace
}  // namespace handfast::ci

int main(int argc, char** argv) {
  handfast::ci::properties_engine self;
  return handfast::ci::engine_main(argc, argv, self);
}
