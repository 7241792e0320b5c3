// The stress engine: storms on real threads, as they are (`native`) and disturbed
// from a seed (`seeded`). Built plain, and once more under ThreadSanitizer.
//
// Replay bytes: the mode (0 native, 1 seeded), then the round's seed,
// little-endian.
#include <handfast/sync/native.hpp>
#include <handfast/sync/native_seeded.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <type_traits>

#include "ci/engines/engine.hpp"
#include "stress/channel.hpp"
#include "stress/watchdog.hpp"

namespace handfast::ci {
namespace {

constexpr std::uint64_t default_rounds = 1500;
constexpr std::chrono::seconds longest_silence{30};

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

class stress_engine : public engine {
 public:
  [[nodiscard]] std::vector<entry> list() const override {
    return {{"channel",
             "channel.storm",
             "threads that come and go, fill, empty and close small channels lose and "
             "duplicate nothing",
             {"seeded", "native"}}};
  }

  [[nodiscard]] replay_bytes before(std::string_view name, const run_options& options) override {
    require(name);
    return round_id{mode_named(options.mode), options.seed}.bytes();
  }

  [[nodiscard]] outcome run(std::string_view name, const run_options& options,
                            const progress& tell) override {
    require(name);
    const mode under = mode_named(options.mode);
    const std::uint64_t rounds =
        options.max_executions.value_or(options.max_seconds ? ~std::uint64_t{0} : default_rounds);
    seeded::random_stream seeds(options.seed);
    const auto start = std::chrono::steady_clock::now();
    outcome result = repeat(rounds, tell, [&](std::uint64_t) -> std::optional<round_id> {
      const std::chrono::duration<double> ran = std::chrono::steady_clock::now() - start;
      if (options.max_seconds && ran.count() > *options.max_seconds) {
        return std::nullopt;
      }
      return round_id{under, seeds.next()};
    });
    judge_coverage(result);
    return result;
  }

  [[nodiscard]] outcome replay(std::string_view name, const replay_bytes& payload,
                               std::uint64_t times, const progress& tell) override {
    require(name);
    const round_id round = round_id::from(payload);
    return repeat(times, tell, [&](std::uint64_t) { return std::optional(round); });
  }

 private:
  void require(std::string_view name) const {
    if (name != list().front().name) {
      throw usage_error("no stress run is named '" + std::string(name) + "'");
    }
  }

  // Runs the rounds that `next` gives until one fails, `next` gives none, or the
  // user has had enough.
  template <class Next>
  outcome repeat(std::uint64_t rounds, const progress& tell, Next next) {
    outcome result;
    result.verdict = "searched";
    result.unit = "rounds";
    counts_ = {};
    stress::watchdog dog(longest_silence, [&] {
      report_and_exit({"hang",
                       "no operation ended for " + std::to_string(longest_silence.count()) +
                           " seconds: threads wait, and nobody wakes them\n",
                       current_.bytes()},
                      result.executions);
    });
    while (result.executions < rounds) {
      const std::optional<round_id> round = next(result.executions);
      if (!round) {
        break;
      }
      if (!tell(result.executions, rounds == ~std::uint64_t{0} ? 0 : rounds)) {
        result.verdict = "interrupted";
        break;
      }
      current_ = *round;
      ++result.executions;
      note_execution(round->bytes(), result.executions);
      const std::string wrong = round->under == mode::seeded
                                    ? run_seeded(round->seed, dog, result.executions)
                                    : run_storm<native>(round->seed, dog);
      if (!wrong.empty()) {
        result.verdict = "finding";
        result.came_back = 1;
        result.found = finding{"wrong outcome", wrong + "\n", round->bytes()};
        return result;
      }
    }
    if (result.executions == 0 && result.verdict == "searched") {
      result.verdict = "vacuous";
    }
    return result;
  }

  std::string run_seeded(std::uint64_t seed, stress::watchdog& dog, std::uint64_t executions) {
    const native_seeded::run run(
        seed, [this, executions](std::string_view kind, const std::string& report) {
          report_and_exit({std::string(kind), report + "\n", current_.bytes()}, executions);
        });
    return run_storm<native_seeded>(seed, dog);
  }

  template <class Sync>
  std::string run_storm(std::uint64_t seed, stress::watchdog& dog) {
    const auto moved = [&dog] { dog.moved(); };
    stress::storm<Sync, std::remove_const_t<decltype(moved)>> storm(seed, moved);
    std::string wrong = storm.run();
    counts_ += storm.counts();
    return wrong;
  }

  // A run in which the channel was never full, say, proved nothing about that.
  void judge_coverage(outcome& result) const {
    const std::pair<const char*, std::uint64_t> goals[] = {
        {"an item was received", counts_.received},
        {"a send found the channel full", counts_.full},
        {"a receive found the channel empty", counts_.empty},
        {"a wait timed out", counts_.timed_out},
        {"a close gave an item back", counts_.given_back_on_close},
        {"the last receiver left items behind", counts_.discarded}};
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
