#include "fuzz/channel.hpp"

#include <algorithm>
#include <sstream>

#include "fuzz/target.hpp"
#include "properties/conformance.hpp"
#include "properties/covered.hpp"

namespace handfast::fuzz {
namespace {

constexpr std::size_t bytes_of_a_step = 4;
constexpr std::uint8_t most_channels = 3;
constexpr std::uint8_t most_capacity = 4;
constexpr std::uint8_t most_amount = 6;

}  // namespace

properties::program decode(std::span<const std::uint8_t> bytes) {
  properties::program program;
  const auto next = [&bytes] {
    const std::uint8_t byte = bytes.empty() ? std::uint8_t{0} : bytes.front();
    bytes = bytes.empty() ? bytes : bytes.subspan(1);
    return byte;
  };
  for (int channels = 1 + next() % most_channels; channels > 0; --channels) {
    program.capacities.push_back(static_cast<std::uint8_t>(1 + next() % most_capacity));
  }
  while (bytes.size() >= bytes_of_a_step && program.steps.size() < most_steps) {
    properties::operation step;
    step.act = static_cast<properties::action>(next() % properties::action_names.size());
    step.channel = static_cast<std::uint8_t>(next() % program.capacities.size());
    step.actor = next();
    step.amount = static_cast<std::uint8_t>(next() % most_amount);
    program.steps.push_back(step);
  }
  return program;
}

std::vector<std::uint8_t> encode(const properties::program& what) {
  std::vector<std::uint8_t> bytes{static_cast<std::uint8_t>(what.capacities.size() - 1)};
  for (const std::uint8_t capacity : what.capacities) {
    bytes.push_back(static_cast<std::uint8_t>(capacity - 1));
  }
  for (const properties::operation& step : what.steps) {
    bytes.insert(bytes.end(),
                 {static_cast<std::uint8_t>(step.act), step.channel, step.actor, step.amount});
  }
  return bytes;
}

std::string to_string(const properties::program& what) {
  std::ostringstream text;
  text << "capacities";
  for (const std::uint8_t capacity : what.capacities) {
    text << ' ' << int{capacity};
  }
  text << '\n';
  for (std::size_t i = 0; i < what.steps.size(); ++i) {
    text << "  " << i + 1 << ": " << what.steps[i] << '\n';
  }
  return text.str();
}

// Takes out runs of steps, long ones first, as long as it still fails.
properties::program minimised(properties::program failing) {
  for (std::size_t run = std::max<std::size_t>(failing.steps.size() / 2, 1); run > 0; run /= 2) {
    for (std::size_t at = 0; at + run <= failing.steps.size();) {
      properties::program shorter = failing;
      const auto first = shorter.steps.begin() + static_cast<std::ptrdiff_t>(at);
      shorter.steps.erase(first, first + static_cast<std::ptrdiff_t>(run));
      if (properties::run_program(shorter)) {
        failing = std::move(shorter);
      } else {
        ++at;
      }
    }
  }
  return failing;
}

namespace {

std::optional<failure> run(std::span<const std::uint8_t> bytes, goals& met) {
  const properties::program what = decode(bytes);
  properties::goals_met seen;
  const bool failed = properties::run_program(what, &seen).has_value();
  met |= goals(seen.to_ulong());
  if (!failed) {
    return std::nullopt;
  }
  const properties::program least = minimised(what);
  const std::string wrong = properties::run_program(least).value_or("not every time");
  return failure{"not as specified", to_string(least) + wrong + "\n", encode(least)};
}

}  // namespace

const target programs{"channel.programs",
                      "channel",
                      "any bytes, read as calls on several channels, are answered as specified",
                      "channel",
                      512,
                      false,
                      properties::covered_concepts,
                      properties::goal_names,
                      run};

}  // namespace handfast::fuzz
