// One measurement a process, for alternating with peers in other languages:
// prints one JSON line, as bench/peers/go and bench/peers/crossbeam do.
//
//     handfast-bench-process [--peer NAME] WORKLOAD CAPACITY N
//     handfast-bench-process thr/spsc 64 500000
//     handfast-bench-process --list     what there is, a JSON line each, with full sizes
//
// Exit status: 0 the sum was right; 1 it was not; 2 bad usage.
#include "bench/contests.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <optional>
#include <string>
#include <vector>

namespace {

using namespace handfast::bench;

std::string workload_of(const contest& which) {
  return std::string(which.crew) + "/" + std::string(which.workload);
}

int refuse(const std::string& why) {
  std::fprintf(stderr,
               "handfast-bench-process: %s; usage: [--peer NAME] WORKLOAD CAPACITY N, or --list\n",
               why.c_str());
  return 2;
}

std::optional<std::uint64_t> whole_number(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool whole = error == std::errc{} && end == text.data() + text.size();
  return whole && number > 0 ? std::optional(number) : std::nullopt;
}

void list() {
  for (const contest& which : all_contests()) {
    for (const std::size_t capacity : capacities) {
      std::printf(R"({"peer":"%s","workload":"%s","capacity":%zu,"n":%llu})"
                  "\n",
                  which.peer.data(), workload_of(which).c_str(), capacity,
                  static_cast<unsigned long long>(full_size(which, capacity)));
    }
  }
}

}  // namespace

int main(int count, char** arguments) {
  std::vector<std::string_view> words(arguments + 1, arguments + count);
  if (words == std::vector<std::string_view>{"--list"}) {
    list();
    return 0;
  }
  std::string_view peer = "handfast";
  if (words.size() > 1 && words.front() == "--peer") {
    peer = words[1];
    words.erase(words.begin(), words.begin() + 2);
  }
  if (words.size() != 3) {
    return refuse("three words are needed");
  }
  const auto capacity = whole_number(words[1]);
  const auto n = whole_number(words[2]);
  if (!capacity || !n) {
    return refuse("CAPACITY and N are whole numbers from 1");
  }
  std::vector<contest> known = all_contests();
  std::ranges::copy(lossy_contests(), std::back_inserter(known));
  const auto which = std::ranges::find_if(
      known, [&](const contest& one) { return one.peer == peer && workload_of(one) == words[0]; });
  if (which == known.end()) {
    return refuse("no workload '" + std::string(words[0]) + "' for peer '" + std::string(peer) +
                  "'");
  }
  const outcome result = warm_and_run(*which, *capacity, *n);
  std::printf(R"({"peer":"%s","version":"%s","workload":"%s","capacity":%llu,"n":%llu,)"
              R"("wall_ns":%lld,"cpu_ns":%lld,"switches":%lld,"sum_ok":%s})"
              "\n",
              which->peer.data(), HANDFAST_BENCH_VERSION, workload_of(*which).c_str(),
              static_cast<unsigned long long>(*capacity),
              static_cast<unsigned long long>(result.items),
              static_cast<long long>(result.spent.wall.count()),
              static_cast<long long>(result.spent.cpu.count()),
              static_cast<long long>(result.spent.switches), result.sum_ok ? "true" : "false");
  return result.sum_ok ? 0 : 1;
}
