// The channel next to its in-process peers, under Google Benchmark: one
// benchmark for each workload, capacity and contender, named
// crew/workload/capacity/contender. Each iteration is one whole run.
//
//     handfast-bench --items-divisor=20 --benchmark_filter=spsc/64
//
// Exit status: 0 all sums were right; 1 some were not; 2 bad usage.
#include "bench/contests.hpp"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <optional>
#include <string>

namespace {

using namespace handfast::bench;

bool all_sums_ok = true;

void measure(benchmark::State& state, const contest& which, std::size_t capacity, std::uint64_t n) {
  for (auto _ : state) {
    const outcome result = warm_and_run(which, capacity, n);
    if (!result.sum_ok) {
      all_sums_ok = false;
      state.SkipWithError("what was received is not what was sent");
      return;
    }
    const auto items = static_cast<double>(result.items);
    const auto nanoseconds = [](auto duration) { return static_cast<double>(duration.count()); };
    state.SetIterationTime(std::chrono::duration<double>(result.spent.wall).count());
    state.counters["wall_ns_per_item"] = nanoseconds(result.spent.wall) / items;
    state.counters["cpu_ns_per_item"] = nanoseconds(result.spent.cpu) / items;
    state.counters["switches_per_item"] = static_cast<double>(result.spent.switches) / items;
    state.counters["items"] = items;
  }
}

// The smallest run that means anything: every part has some items.
std::uint64_t divided(std::uint64_t full, std::uint64_t divisor) {
  return std::max<std::uint64_t>(full / divisor, 100);
}

void enlist(const std::vector<contest>& contests, std::uint64_t divisor) {
  // Capacity outside contender, so that contenders alternate.
  for (auto first = contests.begin(); first != contests.end();) {
    const auto last = std::find_if(first, contests.end(), [&](const contest& other) {
      return other.workload != first->workload || other.crew != first->crew;
    });
    for (const std::size_t capacity : capacities) {
      for (const contest& which : std::ranges::subrange(first, last)) {
        const std::string name = std::string(which.crew) + "/" + std::string(which.workload) + "/" +
                                 std::to_string(capacity) + "/" + std::string(which.peer);
        const std::uint64_t n = divided(full_size(which, capacity), divisor);
        benchmark::RegisterBenchmark(
            name.c_str(),
            [which, capacity, n](benchmark::State& state) { measure(state, which, capacity, n); })
            ->Iterations(1)
            ->UseManualTime();
      }
    }
    first = last;
  }
}

// Takes `--name=value` out of the arguments.
std::optional<std::string> take_option(int& count, char** arguments, std::string_view name) {
  for (int at = 1; at < count; ++at) {
    const std::string_view argument = arguments[at];
    if (argument.starts_with(name)) {
      std::string value(argument.substr(name.size()));
      std::shift_left(arguments + at, arguments + count, 1);
      --count;
      return value;
    }
  }
  return std::nullopt;
}

}  // namespace

int main(int count, char** arguments) {
  std::uint64_t divisor = 1;
  if (const auto text = take_option(count, arguments, "--items-divisor=")) {
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), divisor);
    if (error != std::errc{} || end != text->data() + text->size() || divisor == 0) {
      std::fprintf(stderr,
                   "handfast-bench: --items-divisor takes a whole number from 1, not '%s'\n",
                   text->c_str());
      return 2;
    }
  }
  const bool lossy = take_option(count, arguments, "--lossy").has_value();
  benchmark::Initialize(&count, arguments);
  if (benchmark::ReportUnrecognizedArguments(count, arguments)) {
    return 2;
  }
  enlist(lossy ? lossy_contests() : all_contests(), divisor);
  const std::size_t ran = benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  if (ran == 0) {
    std::fprintf(stderr, "handfast-bench: no benchmark matches the filter\n");
    return 2;
  }
  return all_sums_ok ? 0 : 1;
}
