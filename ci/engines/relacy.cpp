// The Relacy engine.
//
// Replay bytes: the mode, then the numbers of Relacy's state (models/suites/
// relacy.hpp) as varints.
#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include "ci/engines/engine.hpp"
#include "models/suites/relacy.hpp"
#include "models/token/varint.hpp"

namespace handfast::ci {
namespace {

constexpr std::uint64_t default_random_iterations = 1'000'000;
constexpr double default_full_seconds = 10;

replay_bytes packed(const relacy_suite::execution_id& execution) {
  replay_bytes bytes{static_cast<std::uint8_t>(execution.under)};
  for (const std::uint64_t number : relacy_suite::numbers_of(execution.state)) {
    append_varint(bytes, number);
  }
  return bytes;
}

relacy_suite::execution_id unpacked(const replay_bytes& bytes) {
  if (bytes.empty() || bytes[0] >= std::size(relacy_suite::mode_names)) {
    throw usage_error("the token's payload names no mode of the Relacy engine");
  }
  const auto under = static_cast<relacy_suite::mode>(bytes[0]);
  std::vector<std::uint64_t> numbers;
  std::span<const std::uint8_t> left = std::span(bytes).subspan(1);
  while (const std::optional<std::uint64_t> number = take_varint(left)) {
    numbers.push_back(*number);
  }
  if (!left.empty() || !relacy_suite::is_state(under, numbers)) {
    throw usage_error("the token's payload is not a schedule of the Relacy engine");
  }
  return {under, relacy_suite::state_of(numbers)};
}

relacy_suite::mode mode_named(std::string_view name) {
  const auto* const found = std::ranges::find(relacy_suite::mode_names, name);
  if (found == std::end(relacy_suite::mode_names)) {
    throw usage_error("Relacy runs in the modes full, bound2, bound3 and random, not '" +
                      std::string(name) + "'");
  }
  return static_cast<relacy_suite::mode>(found - std::begin(relacy_suite::mode_names));
}

const relacy_suite::scenario& scenario_named(std::string_view name) {
  const auto& all = relacy_suite::scenarios();
  const auto found = std::ranges::find(all, name, &relacy_suite::scenario::name);
  if (found == all.end()) {
    throw usage_error("no scenario is named '" + std::string(name) + "'");
  }
  return *found;
}

class relacy_engine : public engine {
 public:
  [[nodiscard]] std::vector<entry> list() const override {
    std::vector<entry> all;
    for (const relacy_suite::scenario& each : relacy_suite::scenarios()) {
      std::vector<std::string> modes;
      for (const relacy_suite::mode under : each.modes) {
        modes.emplace_back(relacy_suite::mode_names[static_cast<std::size_t>(under)]);
      }
      if (!modes.empty()) {
        all.push_back({each.concept_name, each.name, each.claim, std::move(modes)});
      }
    }
    return all;
  }

  // `run` notes each execution itself.
  [[nodiscard]] replay_bytes before(std::string_view, const run_options&) override { return {}; }

  [[nodiscard]] outcome run(std::string_view name, const run_options& options,
                            const progress& tell) override {
    const relacy_suite::mode under = mode_named(options.mode.empty() ? "full" : options.mode);
    relacy_suite::limits bounds;
    bounds.first_iteration = std::max<std::uint64_t>(options.seed, 1);
    bounds.max_iterations = options.max_executions.value_or(
        under == relacy_suite::mode::random ? default_random_iterations : ~std::uint64_t{0});
    bounds.max_seconds = options.max_seconds.value_or(
        under == relacy_suite::mode::random ? bounds.max_seconds : default_full_seconds);
    const std::uint64_t total =
        bounds.max_iterations == ~std::uint64_t{0} ? 0 : bounds.max_iterations;
    // Only in random mode is an execution's number enough to run it again.
    const auto note = [&bounds, under](std::uint64_t iteration) {
      if (under == relacy_suite::mode::random) {
        std::array<std::uint8_t, 16> bytes{static_cast<std::uint8_t>(under)};
        std::size_t size = 1;
        for (std::uint64_t rest = bounds.first_iteration + iteration;; rest >>= 7U) {
          bytes[size++] = static_cast<std::uint8_t>(rest < 128 ? rest : rest | 128U);
          if (rest < 128) {
            break;
          }
        }
        note_execution(std::span(bytes).first(size), iteration);
      }
    };
    const relacy_suite::result found = scenario_named(name).search(
        under, bounds, [&](std::uint64_t iterations) { return tell({iterations, total}); }, note);
    return to_outcome(found);
  }

  [[nodiscard]] outcome replay(std::string_view name, const replay_bytes& payload,
                               const replay_plan&, const progress&) override {
    outcome result = to_outcome(scenario_named(name).run_again(unpacked(payload)));
    result.came_back = result.found ? 1 : 0;
    return result;
  }

 private:
  static outcome to_outcome(const relacy_suite::result& found) {
    outcome result;
    result.executions = found.iterations;
    result.complete = found.ended && !found.failed;
    result.verdict = found.failed                                     ? "finding"
                     : found.interrupted                              ? "interrupted"
                     : found.iterations == 0 || found.operations == 0 ? "vacuous"
                                                                      : "searched";
    if (found.failed) {
      result.found = finding{found.kind, found.text, packed(found.failure)};
    }
    return result;
  }
};

}  // namespace
}  // namespace handfast::ci

int main(int argc, char** argv) {
  handfast::ci::relacy_engine self;
  return handfast::ci::engine_main(argc, argv, self);
}
