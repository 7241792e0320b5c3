#include "ci/handfast/compare_contests.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>

#include "ci/engines/engine.hpp"
#include "ci/handfast/process.hpp"
#include "ci/handfast/select.hpp"

namespace handfast::ci {
namespace {

using json = nlohmann::json;

constexpr std::uint64_t largest_bound = std::uint64_t{1} << 30;

std::vector<metric> per_item(std::string_view wall) {
  return {{"wall_ns_per_item", "ns", wall},
          {"cpu_ns_per_item", "ns", "CPU time"},
          {"switches_per_item", "switches", "context switches", false, false}};
}

workload between_tasks(std::string_view name, std::string_view does, crowd who) {
  return {.name = name,
          .does = does,
          .metrics = per_item("wall time"),
          .capacities = {0, 1, 64, 1024, unbounded},
          .crowds = {who},
          .one_of_each = true,
          .by = played_by::tasks};
}

workload of_tasks(std::string_view name, std::string_view does,
                  std::vector<metric> metrics = per_item("wall time")) {
  return {.name = name,
          .does = does,
          .metrics = std::move(metrics),
          .capacities = {0},
          .crowds = {{1, 1}},
          .one_of_each = true,
          .by = played_by::tasks,
          .has_channel = false};
}

std::vector<metric> percentiles() {
  return {{"latency_p50", "ns", "50 %"},
          {"latency_p99", "ns", "99 %"},
          {"latency_p99_9", "ns", "99.9 %"}};
}

// Peers in another language: the last word of their program's name, what they are called, and the
// Debian packages that bring them.
struct foreign {
  std::string_view program;
  std::vector<std::string> names;
  std::string_view packages;
};
const std::vector<foreign>& foreigners() {
  static const std::vector<foreign> all{
      {"go", {"go"}, "golang-go"},
      {"crossbeam", {"crossbeam"}, "cargo librust-crossbeam-channel-dev"},
      {"tokio",
       {"tokio", "tokio_ct", "flume", "flume_ct"},
       "cargo librust-tokio-dev librust-flume-dev"},
      {"rayon", {"rayon"}, "cargo librust-rayon-dev"}};
  return all;
}

std::uint64_t capacity_of(const std::string& text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text == "unbounded") {
    return unbounded;
  }
  if (error != std::errc{} || end != text.data() + text.size() || number > largest_bound) {
    throw usage_error(
        fmt::format("'{}' is not a capacity; say 0 to {}, or unbounded", text, largest_bound));
  }
  return number;
}

std::uint64_t capacity_in(const json& line, std::size_t end) {
  const json& value = line.at("capacity").at(end);
  return value.is_string() ? unbounded : value.get<std::uint64_t>();
}

bool runs(const std::string& program) {
  return ::access(program.c_str(), X_OK) == 0;
}

std::vector<contender> listed_by(const std::string& program) {
  exit_report ended;
  const std::string output = run_to_end({program, "--list"}, ended);
  if (interrupted()) {
    throw interruption{};
  }
  std::vector<contender> all;
  try {
    for (std::size_t at = 0; at < output.size();) {
      const std::size_t end = output.find('\n', at);
      const json line = json::parse(output.substr(at, end - at));
      contender& made = all.emplace_back();
      made.program = program;
      made.name = line.at("name");
      made.version = line.at("version");
      made.scenarios = line.value("scenarios", "");
      made.least_capacity = capacity_in(line, 0);
      made.most_capacity = capacity_in(line, 1);
      made.producers = line.value("producers", ~0U);
      made.consumers = line.value("consumers", ~0U);
      made.workers = line.value("workers", ~0U);
      made.sleeps = line.value("sleeps", true);
      made.wrong = line.value("wrong", false);
      made.is_ours = line.value("ours", false);
      made.contests = line.at("contests");
      at = end + 1;
    }
  } catch (const json::exception& error) {
    all.clear();
  }
  if (all.empty()) {
    throw usage_error(program + " does not say what it can measure: " + ended.errors);
  }
  return all;
}

bool is_none(const std::vector<std::string>& patterns) {
  return patterns == std::vector<std::string>{"none"};
}

// Of `patterns`, all if there are none. What is wrong, or not asked for, has to be named whole.
bool is_chosen(const std::vector<std::string>& patterns, const std::string& name,
               bool must_be_named = false) {
  if (must_be_named) {
    return std::ranges::count(patterns, name) > 0;
  }
  return patterns.empty() || std::ranges::any_of(patterns, [&name](const std::string& pattern) {
           return matches(pattern, name);
         });
}

// Throws unless each pattern fits one of `names`.
void require_fitting(const std::vector<std::string>& patterns, std::string_view kind,
                     const std::vector<std::string>& names) {
  if (is_none(patterns)) {
    return;
  }
  for (const std::string& pattern : patterns) {
    if (std::ranges::none_of(names,
                             [&](const std::string& name) { return matches(pattern, name); })) {
      throw usage_error(
          fmt::format("no {} is named '{}'; there are {}", kind, pattern, fmt::join(names, ", ")));
    }
  }
}

void add(std::vector<participant>& to, contender made) {
  const auto same =
      std::ranges::find(to, made.name, [](const participant& each) { return each.about().name; });
  if (same == to.end()) {
    to.push_back({{std::move(made)}});
  } else {
    same->channels.push_back(std::move(made));
  }
}

// Where a workload's name has a first part, only who names one gets it: `task`, `sched/yield*`.
bool is_chosen(const workload& what, const compare_options& options) {
  const std::size_t slash = what.name.find('/');
  if (slash == std::string_view::npos) {
    return is_chosen(options.workloads, std::string(what.name));
  }
  return std::ranges::any_of(options.workloads, [&](const std::string& pattern) {
    return (pattern.contains('/') || pattern.starts_with(what.name.substr(0, slash))) &&
           matches(pattern, std::string(what.name));
  });
}

std::vector<crowd> crowds_of(const workload& what, const compare_options& options) {
  const bool asked = !options.producers.empty() || !options.consumers.empty();
  if (what.one_of_each || !asked) {
    return what.crowds;
  }
  std::vector<crowd> all;
  for (const unsigned producers : options.producers.empty() ? std::vector{1U} : options.producers) {
    for (const unsigned consumers :
         options.consumers.empty() ? std::vector{1U} : options.consumers) {
      if (!what.needs_rivals || producers > 1 || consumers > 1) {
        all.emplace_back(producers, consumers);
      }
    }
  }
  return all;
}

// All settings of `what` that are asked for.
std::vector<contest> settings_of(const workload& what, const compare_options& options,
                                 const std::vector<std::uint64_t>& asked_capacities) {
  constexpr unsigned of_a_number = 8;
  const std::vector<unsigned> sizes =
      what.has_channel ? options.item_bytes : std::vector{of_a_number};
  const std::vector<std::uint64_t>& capacities =
      asked_capacities.empty() || !what.has_channel ? what.capacities : asked_capacities;
  const std::vector<unsigned> workers =
      what.by == played_by::tasks ? options.workers : std::vector{0U};
  std::vector<contest> all;
  for (const unsigned item_bytes : sizes) {
    for (const crowd& who : crowds_of(what, options)) {
      for (const unsigned number : workers) {
        for (const std::uint64_t capacity : capacities) {
          all.push_back({&what, capacity, item_bytes, who, number});
        }
      }
    }
  }
  return all;
}

}  // namespace

const std::vector<workload>& workloads() {
  static const std::vector<crowd> one_to_one{{1, 1}};
  static const std::vector<workload> all{
      {.name = "throughput",
       .does = "senders to receivers, as fast as they can: time of an item",
       .metrics = per_item("wall time"),
       .capacities = {0, 1, 64, 1024, unbounded},
       .crowds = {{1, 1}, {2, 1}, {2, 2}}},
      {.name = "pair",
       .does = "one thread sends, then receives: time of both",
       .metrics = per_item("wall time"),
       .capacities = {64, unbounded},
       .crowds = one_to_one,
       .one_of_each = true,
       .needs_room = true},
      {.name = "pingpong",
       .does = "an item goes there and back over two channels: time of a round trip",
       .metrics = per_item("wall time"),
       .capacities = {0, 1, unbounded},
       .crowds = one_to_one,
       .one_of_each = true},
      {.name = "select",
       .does = "two senders, each on a channel of its own, one receiver of both: time of an item",
       .metrics = per_item("wall time"),
       .capacities = {0, 1, 64, 1024, unbounded},
       .crowds = one_to_one,
       .one_of_each = true},
      {.name = "once",
       .does = "a channel is made, one item goes through, it is gone: time of all that",
       .metrics = per_item("wall time"),
       .capacities = {1, unbounded},
       .crowds = one_to_one,
       .one_of_each = true,
       .needs_room = true},
      {.name = "latency_paced",
       .does = "an item every 50 us: time from when it is due until it is received",
       .metrics = percentiles(),
       .capacities = {0, 64, unbounded},
       .crowds = one_to_one,
       .as = drawn::dots,
       .times_as_long = 5},
      {.name = "latency_saturated",
       .does = "senders send as fast as they can: time from the send until it is received",
       .metrics = percentiles(),
       .capacities = {0, 1, 64},
       .crowds = one_to_one,
       .as = drawn::dots},
      {.name = "fairness",
       .does = "all compete: what the least served has of what the most served has",
       .metrics = {{"sender_share", "ratio", "senders", true},
                   {"receiver_share", "ratio", "receivers", true},
                   {"sender_jain", "ratio", "senders, Jain", true, false},
                   {"receiver_jain", "ratio", "receivers, Jain", true, false}},
       .capacities = {0, 64, unbounded},
       .crowds = {{4, 4}, {4, 1}, {1, 4}},
       .as = drawn::dots,
       .needs_rivals = true,
       .times_as_long = 2},
      {.name = "memory",
       .does = "resident memory: of an empty channel, and of a full one divided by its items",
       .metrics = {{"bytes_empty", "bytes", "empty"}, {"bytes_per_item", "bytes", "an item"}},
       .capacities = {0, 1, 64, 1024, unbounded},
       .crowds = one_to_one,
       .as = drawn::apart,
       .one_of_each = true},
      {.name = "blocked",
       .does = "CPU time burnt while a thread is blocked: who sleeps burns none",
       .metrics = {{"blocked_receive_cpu", "ms/s", "in receive"},
                   {"blocked_send_cpu", "ms/s", "in send"}},
       .capacities = {0, 1, unbounded},
       .crowds = one_to_one,
       .as = drawn::dots,
       .one_of_each = true},
      between_tasks("task/spsc", "one task sends to one: time of an item", {1, 1}),
      between_tasks("task/mpsc2", "two tasks send to one: time of an item", {2, 1}),
      between_tasks("task/mpmc22", "two tasks send to two: time of an item", {2, 2}),
      between_tasks("task/select2",
                    "two tasks send, each on a channel of its own, to one: time of an item",
                    {1, 1}),
      between_tasks("task/pingpong",
                    "an item goes from task to task and back: time of a round trip", {1, 1}),
      of_tasks("sched/spawn1M", "a task spawns a million, and all are over: time of a task"),
      of_tasks("sched/spawn1M-handles",
               "the same by a handle for each, and what each gave: time of a task"),
      of_tasks("sched/spawn-join-1",
               "a task spawns another and waits for it, in turn: time of a task"),
      of_tasks("sched/fib30", "fib(30), each number a fork, down to 1: time of a fork"),
      of_tasks("sched/yield2", "two tasks let each other have a turn: time of a turn"),
      of_tasks("sched/yield1000", "a thousand do: time of a turn"),
      of_tasks("timer/create-cancel", "a timer is set and turned off, in turn: time of both"),
      of_tasks("timer/batch100k-cancel", "100,000 are set, then turned off: time of one"),
      of_tasks("timer/fire100k", "100,000 tasks sleep for 10 to 49 ms each: CPU time of a timer",
               {{"cpu_ns_per_item", "ns", "CPU time"},
                {"wall_ns_per_item", "ns", "wall time", false, false},
                {"switches_per_item", "switches", "context switches", false, false}}),
      of_tasks("mem/blocked-own-chan",
               "100,000 tasks wait, each on a channel of its own: resident memory of both",
               {{"bytes_per_task", "bytes", "a task"}}),
  };
  return all;
}

std::string capacity_text(std::uint64_t capacity) {
  return capacity == unbounded ? "unbounded" : std::to_string(capacity);
}

bool contender::can(const contest& one) const {
  return one.capacity >= least_capacity && one.capacity <= most_capacity &&
         one.who.first <= producers && one.who.second <= consumers && one.workers <= workers &&
         std::ranges::any_of(contests, [&one](const auto& each) {
           return each.first == one.what->name && each.second == one.item_bytes;
         });
}

const contender* participant::for_contest(const contest& one) const {
  const auto found =
      std::ranges::find_if(channels, [&one](const contender& each) { return each.can(one); });
  return found == channels.end() ? nullptr : &*found;
}

bool participant::plays(played_by kind) const {
  return std::ranges::any_of(workloads(), [&](const workload& what) {
    return what.by == kind && std::ranges::any_of(channels, [&what](const contender& each) {
             return std::ranges::any_of(
                 each.contests, [&what](const auto& one) { return one.first == what.name; });
           });
  });
}

field chosen_field(const compare_options& options) {
  const std::string folder =
      options.bench.empty()
          ? std::filesystem::read_symlink("/proc/self/exe").parent_path() / "bench"
          : std::filesystem::path(options.bench);
  const std::string own = folder + "/handfast-bench";
  if (!runs(own)) {
    throw usage_error("no handfast-bench in " + folder +
                      "; build it (./ci/bench does) or say --bench");
  }
  std::vector<contender> known = listed_by(own);
  field made;
  std::vector<std::string> variants;
  std::vector<std::string> peers;
  for (const contender& each : known) {
    (each.ours() ? variants : peers).push_back(each.name);
  }
  for (const foreign& each : foreigners()) {
    const std::string program = fmt::format("{}-{}", own, each.program);
    std::ranges::copy(each.names, std::back_inserter(peers));
    if (is_none(options.peers) || std::ranges::none_of(each.names, [&](const std::string& name) {
          return is_chosen(options.peers, name);
        })) {
      continue;
    }
    if (runs(program)) {
      std::ranges::move(listed_by(program), std::back_inserter(known));
    } else {
      made.left_out.push_back(
          fmt::format("{} is left out: it is not built here; ./ci/bench installs {} and builds it",
                      each.program, each.packages));
    }
  }
  std::vector<std::string> once;
  for (std::string& each : peers) {
    if (std::ranges::count(once, each) == 0) {
      once.push_back(std::move(each));
    }
  }
  peers = std::move(once);
  require_fitting(options.variants, "variant", variants);
  require_fitting(options.peers, "peer", peers);
  for (contender& each : known) {
    const std::vector<std::string>& patterns = each.ours() ? options.variants : options.peers;
    if (!is_none(patterns) && is_chosen(patterns, each.name, each.wrong)) {
      add(made.all, std::move(each));
    }
  }
  return made;
}

std::vector<contest> chosen_contests(const compare_options& options,
                                     std::span<const participant> all) {
  std::vector<std::string> names{std::string(check_workload)};
  for (const workload& what : workloads()) {
    names.emplace_back(what.name);
  }
  require_fitting(options.workloads, "workload", names);
  std::vector<std::uint64_t> asked_capacities;
  for (const std::string& text : options.capacities) {
    asked_capacities.push_back(capacity_of(text));
  }
  const bool as_asked =
      !options.capacities.empty() || !options.producers.empty() || !options.consumers.empty() ||
      std::ranges::none_of(all, [](const participant& each) { return each.about().ours(); });
  std::vector<contest> chosen;
  for (const workload& what : workloads()) {
    if (!is_chosen(what, options)) {
      continue;
    }
    for (const contest& one : settings_of(what, options, asked_capacities)) {
      // What none of ours can do is measured for those who ask for it.
      const bool any = std::ranges::any_of(all, [&](const participant& each) {
        return (each.about().ours() || as_asked) && each.for_contest(one) != nullptr;
      });
      if (any && !(what.needs_room && one.capacity == 0)) {
        chosen.push_back(one);
      }
    }
  }
  return chosen;
}

bool wants_checks(const compare_options& options, std::span<const participant> all) {
  return is_chosen(options.workloads, std::string(check_workload)) &&
         std::ranges::any_of(
             all, [](const participant& each) { return !each.about().scenarios.empty(); });
}

void drop_bystanders(std::vector<participant>& all, std::span<const contest> contests,
                     bool checks) {
  std::erase_if(all, [&](const participant& each) {
    return !(checks && !each.about().scenarios.empty()) &&
           std::ranges::none_of(contests,
                                [&each](const contest& one) { return each.plays(one.what->by); });
  });
}

std::vector<std::string> measure_command(const contender& of, const contest& one,
                                         unsigned milliseconds) {
  return {of.program,
          of.name,
          std::string(one.what->name),
          capacity_text(one.capacity),
          std::to_string(one.item_bytes),
          std::to_string(one.who.first),
          std::to_string(one.who.second),
          std::to_string(milliseconds * one.what->times_as_long),
          std::to_string(one.workers)};
}

}  // namespace handfast::ci
