// One measurement a process, for alternating with peers in other languages, which take
// the same words (bench/peers) and print the same lines.
//
//     handfast-bench NAME WORKLOAD CAPACITY ITEM_BYTES PRODUCERS CONSUMERS MILLISECONDS WORKERS
//     handfast-bench lock_ring throughput 64 8 1 1 100 0
//     handfast-bench handfast task/spsc 64 8 1 1 100 2
//     handfast-bench --list     who takes part and what they can, a JSON line each
//
// Exit status: 0 what was sent arrived; 1 it did not; 2 bad usage.
#include "bench/contender.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <iterator>
#include <optional>
#include <string>
#include <vector>

namespace {

using namespace handfast::bench;

int refuse(const std::string& why) {
  std::fprintf(stderr,
               "handfast-bench: %s; usage: NAME WORKLOAD CAPACITY ITEM_BYTES PRODUCERS CONSUMERS "
               "MILLISECONDS WORKERS, or --list\n",
               why.c_str());
  return 2;
}

std::optional<std::size_t> whole_number(std::string_view text, std::size_t most) {
  std::size_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool whole = error == std::errc{} && end == text.data() + text.size();
  return whole && number <= most ? std::optional(number) : std::nullopt;
}

std::optional<std::size_t> capacity_of(std::string_view text) {
  return text == "unbounded" ? std::optional(unbounded) : whole_number(text, largest_bound);
}

std::string as_json(std::size_t capacity) {
  return capacity == unbounded ? "\"unbounded\"" : std::to_string(capacity);
}

std::vector<contender> everyone() {
  std::vector<contender> all = variants();
  std::ranges::move(task_variants(), std::back_inserter(all));
  std::ranges::move(peers(), std::back_inserter(all));
  std::ranges::move(task_peers(), std::back_inserter(all));
  return all;
}

void list() {
  for (const contender& each : everyone()) {
    const description& about = each.about;
    std::string contests;
    for (const contest& one : each.contests) {
      contests += contests.empty() ? "" : ",";
      contests += "[\"" + std::string(one.workload) + "\"," + std::to_string(one.item_bytes) + "]";
    }
    std::printf(R"({"name":"%s","scenarios":"%s","version":"%s","capacity":[%s,%s],)"
                R"("producers":%u,"consumers":%u,"workers":%u,"sleeps":%s,"wrong":%s,"ours":%s,)"
                R"("contests":[%s]})"
                "\n",
                about.name.c_str(), about.scenarios.c_str(), about.version.c_str(),
                as_json(about.least_capacity).c_str(), as_json(about.most_capacity).c_str(),
                about.producers, about.consumers, about.workers, about.sleeps ? "true" : "false",
                about.wrong ? "true" : "false", about.ours ? "true" : "false", contests.c_str());
  }
}

void print(const outcome& result) {
  std::string figures;
  for (const figure& each : result.figures) {
    char number[64];
    std::snprintf(number, sizeof number, "%.6g", each.value);
    figures += figures.empty() ? "" : ",";
    figures += "\"" + std::string(each.metric) + "\":" + number;
  }
  std::printf(R"({"items":%llu,"sum_ok":%s,"figures":{%s}})"
              "\n",
              static_cast<unsigned long long>(result.items), result.sum_ok ? "true" : "false",
              figures.c_str());
}

}  // namespace

int main(int count, char** arguments) {
  const std::vector<std::string_view> words(arguments + 1, arguments + count);
  if (words == std::vector<std::string_view>{"--list"}) {
    list();
    return 0;
  }
  if (words.size() != 8) {
    return refuse("eight words are needed");
  }
  const auto capacity = capacity_of(words[2]);
  const auto item_bytes = whole_number(words[3], 4096);
  const auto producers = whole_number(words[4], 1024);
  const auto consumers = whole_number(words[5], 1024);
  const auto milliseconds = whole_number(words[6], 3'600'000);
  const auto workers = whole_number(words[7], 1024);
  if (!capacity || !item_bytes || producers.value_or(0) == 0 || consumers.value_or(0) == 0 ||
      milliseconds.value_or(0) == 0 || !workers) {
    return refuse("not a capacity, a size, or a number from 1");
  }
  const setting at{.capacity = *capacity,
                   .producers = static_cast<unsigned>(*producers),
                   .consumers = static_cast<unsigned>(*consumers),
                   .duration = std::chrono::milliseconds(*milliseconds),
                   .workers = static_cast<unsigned>(*workers)};
  for (const contender& each : everyone()) {
    const auto found = std::ranges::find_if(each.contests, [&](const contest& one) {
      return one.workload == words[1] && one.item_bytes == *item_bytes;
    });
    if (each.about.name == words[0] && each.can(at) && found != each.contests.end()) {
      const outcome result = found->run(at);
      print(result);
      return result.sum_ok ? 0 : 1;
    }
  }
  return refuse(std::string(words[0]) + " is not here, or cannot do this");
}
