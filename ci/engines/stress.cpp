// The stress engine: scenarios and storms on real threads, disturbed from a seed (`seeded`); some
// as they are too (`native`). Built plain, and once more under ThreadSanitizer.
//
// Replay bytes: the mode (0 native, 1 seeded), then the round's seed,
// little-endian.
#include <handfast/sync/native_seeded.hpp>

#include <algorithm>
#include <chrono>
#include <iterator>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "ci/engines/engine.hpp"
#include "ci/engines/stress_runs.hpp"
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

const std::vector<stress_run>& all_runs() {
  static const std::vector<stress_run> all = [] {
    std::vector<stress_run> made = runs_of_channels();
    std::ranges::move(runs_of_schedulers(), std::back_inserter(made));
    return made;
  }();
  return all;
}

const stress_run& run_named(std::string_view name, mode under) {
  const auto found = std::ranges::find(
      all_runs(), name, [](const stress_run& each) -> const auto& { return each.about.name; });
  if (found == all_runs().end()) {
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
    for (const stress_run& each : all_runs()) {
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
    const stress_run& chosen = run_named(name, under);
    const std::uint64_t rounds =
        options.max_executions.value_or(options.max_seconds ? ~std::uint64_t{0} : default_rounds);
    random_stream seeds(options.seed);
    const auto in_time = timer(options.max_seconds);
    // One round at least: on a busy machine the time may be over before it.
    outcome result = repeat(chosen, rounds, options.patience, tell, [&, first = true]() mutable {
      return std::exchange(first, false) || in_time() ? std::optional(round_id{under, seeds.next()})
                                                      : std::nullopt;
    });
    judge_coverage(result);
    return result;
  }

  [[nodiscard]] outcome replay(std::string_view name, const replay_bytes& payload,
                               const replay_plan& plan, const progress& tell) override {
    const round_id again = round_id::from(payload);
    const auto in_time = timer(plan.max_seconds);
    return repeat(run_named(name, again.under), plan.times, plan.patience, tell,
                  [&] { return in_time() ? std::optional(again) : std::nullopt; });
  }

 private:
  // Runs the rounds that `next` gives until one fails, `next` gives none, or the
  // user has had enough.
  template <class Next>
  outcome repeat(const stress_run& chosen, std::uint64_t rounds, std::chrono::seconds patience,
                 const progress& tell, Next next) {
    outcome result;
    result.verdict = "searched";
    result.unit = "rounds";
    met_ = {};
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
                                    : chosen.native_round(id->seed, moves, met_);
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

  std::string run_seeded(const stress_run& chosen, const moved& moves, std::uint64_t executions) {
    const native_seeded::run run(
        current_.seed, [this, executions](std::string_view kind, const std::string& report) {
          report_and_exit({std::string(kind), report + "\n", current_.bytes()}, executions);
        });
    return chosen.seeded_round(current_.seed, moves, met_);
  }

  void judge_coverage(outcome& result) const {
    for (const auto& [goal, count] : met_) {
      (count > 0 ? result.goals_met : result.goals_missed).push_back(goal);
    }
    if (result.verdict == "searched" && !result.goals_missed.empty()) {
      result.verdict = "vacuous";
    }
  }

  round_id current_;
  goals met_;
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
