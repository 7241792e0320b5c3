// The stress engine: scenarios and storms on real threads, disturbed from a seed
// (`seeded`); storms, and the policies' own scenarios, as they are too (`native`). Built
// plain, and once more under ThreadSanitizer.
//
// Replay bytes: the mode (0 native, 1 seeded), then the round's seed,
// little-endian.
#include <handfast/sync/native.hpp>
#include <handfast/sync/native_seeded.hpp>

#include <algorithm>
#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "ci/engines/engine.hpp"
#include "models/scenarios/channel.hpp"
#include "models/scenarios/operation.hpp"
#include "models/scenarios/park.hpp"
#include "models/scenarios/queue.hpp"
#include "models/scenarios/sync.hpp"
#include "models/scenarios/task.hpp"
#include "stress/channel.hpp"
#include "stress/scenarios.hpp"
#include "stress/watchdog.hpp"

namespace handfast::ci {
namespace {

constexpr std::uint64_t default_rounds = 1500;

enum class mode : std::uint8_t { native, seeded };

// A round as replay bytes, and back.
struct round_id {
  mode under = mode::native;
  std::uint64_t seed = 0;

  [[nodiscard]] replay_bytes bytes() const {
    replay_bytes packed{static_cast<std::uint8_t>(under)};
    for (unsigned shift = 0; shift < 64; shift += 8) {
      packed.push_back(static_cast<std::uint8_t>(seed >> shift));
    }
    return packed;
  }

  static round_id from(const replay_bytes& packed) {
    if (packed.size() != 9 || packed[0] > static_cast<std::uint8_t>(mode::seeded)) {
      throw usage_error("the token's payload is not a round of a stress run");
    }
    round_id round{static_cast<mode>(packed[0]), 0};
    for (std::size_t i = 0; i < 8; ++i) {
      round.seed |= std::uint64_t{packed[1 + i]} << (8 * i);
    }
    return round;
  }
};

mode mode_named(std::string_view name) {
  if (name.empty() || name == "seeded") {
    return mode::seeded;
  }
  if (name == "native") {
    return mode::native;
  }
  throw usage_error("stress runs have the modes seeded and native, not '" + std::string(name) +
                    "'");
}

// Something that runs in rounds, each from a seed. A round says what went wrong,
// or nothing; it calls `moved` when an operation has ended.
using moved = std::function<void()>;
using round =
    std::function<std::string(std::uint64_t seed, const moved& tell, stress::storm_counts& counts)>;
template <class Sync>
using variant = properties::variant<stress::message, Sync>;

struct runnable {
  entry about;
  round native_round;  ///< empty: only disturbed
  round seeded_round;
  std::optional<variant<native>> storm_on;  ///< a scenario counts nothing
};

template <class Sync>
round storm_round(const variant<Sync>& on) {
  return [on](std::uint64_t seed, const moved& tell, stress::storm_counts& counts) {
    stress::storm<Sync> storm(on, seed, tell);
    std::string wrong = storm.run();
    counts += storm.counts();
    return wrong;
  };
}

// A scenario asserts for itself: the policy reports what goes wrong.
template <class Sync, template <class> class Scenario>
std::string scenario_round(std::uint64_t, const moved& tell, stress::storm_counts&) {
  stress::run_scenario<Sync, Scenario>();
  tell();
  return {};
}

const std::vector<runnable>& runnables() {
  static const std::vector<runnable> all = [] {
    const std::vector<std::string> modes{"seeded", "native"};
    std::vector<runnable> made;
    const auto add = [&]<template <class> class Scenario>(const std::string& name) {
      made.push_back({{name.substr(0, name.find('.')),
                       name,
                       std::string(Scenario<native_seeded>::claim),
                       {"seeded"}},
                      {},
                      scenario_round<native_seeded, Scenario>,
                      std::nullopt});
    };
    // Each policy has to be right; of what stands on it, storms are what runs undisturbed.
    scenarios::for_each_sync_scenario([&]<template <class> class Scenario>(const char* name) {
      add.template operator()<Scenario>(name);
      made.back().about.modes = modes;
      made.back().native_round = scenario_round<native, Scenario>;
    });
    scenarios::for_each_park_scenario(add);
    scenarios::for_each_timer_scenario(add);
    scenarios::for_each_queue_scenario(add);
    scenarios::for_each_channel_scenario(add);
    scenarios::for_each_operation_scenario(add);
    scenarios::for_each_task_scenario(add);
    const auto add_storm = [&](const variant<native>& plain, const variant<native_seeded>& seeded) {
      constexpr double weight_of_storm = 20;
      const std::string about(plain.concept_name);
      made.push_back({{about, about + ".storm",
                       "threads that come and go, fill, empty and close small channels lose and "
                       "duplicate nothing",
                       modes, weight_of_storm},
                      storm_round(plain),
                      storm_round(seeded),
                      plain});
    };
    using properties::variants, stress::message;
    for (std::size_t i = 0; i < variants<message, native>.size(); ++i) {
      add_storm(variants<message, native>[i], variants<message, native_seeded>[i]);
    }
    return made;
  }();
  return all;
}

const runnable& runnable_named(std::string_view name, mode under) {
  const auto found = std::ranges::find(
      runnables(), name, [](const runnable& each) -> const auto& { return each.about.name; });
  if (found == runnables().end()) {
    throw usage_error("no stress run is named '" + std::string(name) + "'");
  }
  if (under == mode::native && !found->native_round) {
    throw usage_error("'" + std::string(name) + "' runs in the mode seeded only");
  }
  return *found;
}

// Says whether there is time left, from now on.
auto timer(std::optional<double> max_seconds) {
  return [max_seconds, start = std::chrono::steady_clock::now()] {
    const std::chrono::duration<double> ran = std::chrono::steady_clock::now() - start;
    return !max_seconds || ran.count() <= *max_seconds;
  };
}

class stress_engine : public engine {
 public:
  [[nodiscard]] std::vector<entry> list() const override {
    std::vector<entry> all;
    for (const runnable& each : runnables()) {
      all.push_back(each.about);
    }
    return all;
  }

  [[nodiscard]] replay_bytes before(std::string_view, const run_options& options) override {
    return round_id{mode_named(options.mode), options.seed}.bytes();
  }

  [[nodiscard]] outcome run(std::string_view name, const run_options& options,
                            const progress& tell) override {
    const mode under = mode_named(options.mode);
    const runnable& chosen = runnable_named(name, under);
    const std::uint64_t rounds =
        options.max_executions.value_or(options.max_seconds ? ~std::uint64_t{0} : default_rounds);
    seeded::random_stream seeds(options.seed);
    const auto in_time = timer(options.max_seconds);
    // One round at least: on a busy machine the time may be over before it.
    outcome result = repeat(chosen, rounds, options.patience, tell, [&, first = true]() mutable {
      return std::exchange(first, false) || in_time() ? std::optional(round_id{under, seeds.next()})
                                                      : std::nullopt;
    });
    if (chosen.storm_on) {
      judge_coverage(result, *chosen.storm_on, under);
    }
    return result;
  }

  [[nodiscard]] outcome replay(std::string_view name, const replay_bytes& payload,
                               const replay_plan& plan, const progress& tell) override {
    const round_id again = round_id::from(payload);
    const auto in_time = timer(plan.max_seconds);
    return repeat(runnable_named(name, again.under), plan.times, plan.patience, tell,
                  [&] { return in_time() ? std::optional(again) : std::nullopt; });
  }

 private:
  // Runs the rounds that `next` gives until one fails, `next` gives none, or the
  // user has had enough.
  template <class Next>
  outcome repeat(const runnable& chosen, std::uint64_t rounds, std::chrono::seconds patience,
                 const progress& tell, Next next) {
    outcome result;
    result.verdict = "searched";
    result.unit = "rounds";
    counts_ = {};
    stress::watchdog dog(patience, [&](const std::string& report) {
      report_and_exit({"hang", report, current_.bytes()}, result.executions);
    });
    const moved moves = [&dog] { dog.moved(); };
    while (result.executions < rounds) {
      const std::optional<round_id> id = next();
      if (!id) {
        break;
      }
      if (!tell({result.executions, rounds == ~std::uint64_t{0} ? 0 : rounds})) {
        result.verdict = "interrupted";
        break;
      }
      current_ = *id;
      ++result.executions;
      note_execution(id->bytes(), result.executions);
      const std::string wrong = id->under == mode::seeded
                                    ? run_seeded(chosen, moves, result.executions)
                                    : chosen.native_round(id->seed, moves, counts_);
      if (!wrong.empty()) {
        result.verdict = "finding";
        result.came_back = 1;
        result.found = finding{"wrong outcome", wrong + "\n", id->bytes()};
        return result;
      }
    }
    if (result.executions == 0 && result.verdict == "searched") {
      result.verdict = "vacuous";
    }
    return result;
  }

  std::string run_seeded(const runnable& chosen, const moved& moves, std::uint64_t executions) {
    const native_seeded::run run(
        current_.seed, [this, executions](std::string_view kind, const std::string& report) {
          report_and_exit({std::string(kind), report + "\n", current_.bytes()}, executions);
        });
    return chosen.seeded_round(current_.seed, moves, counts_);
  }

  // A run in which the channel was never full, say, proved nothing about that. Undisturbed,
  // what threads meet is the machine's to say.
  void judge_coverage(outcome& result, const variant<native>& of, mode under) const {
    std::vector<std::pair<const char*, std::uint64_t>> goals{
        {"an item was received", counts_.received}};
    if (under == mode::seeded) {
      goals.emplace_back("a receive found the channel empty", counts_.empty);
      goals.emplace_back("a close gave an item back", counts_.given_back_on_close);
      if (of.many_items) {
        goals.emplace_back("a wait timed out", counts_.timed_out);
      }
      if (of.many_items && of.buffered) {
        goals.emplace_back("the last receiver left items behind", counts_.discarded);
      }
      if (of.bounded || !of.buffered) {
        goals.emplace_back("a send found the channel full", counts_.full);
      }
    }
    for (const auto& [goal, count] : goals) {
      (count > 0 ? result.goals_met : result.goals_missed).emplace_back(goal);
    }
    if (result.verdict == "searched" && !result.goals_missed.empty()) {
      result.verdict = "vacuous";
    }
  }

  round_id current_;
  stress::storm_counts counts_;
};

}  // namespace
}  // namespace handfast::ci

// The first race ends the process: its round is the one that engine_main noted.
extern "C" const char* __tsan_default_options() {
  return "halt_on_error=1:second_deadlock_stack=1";
}

int main(int argc, char** argv) {
  handfast::ci::stress_engine self;
  return handfast::ci::engine_main(argc, argv, self);
}
