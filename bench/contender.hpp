// Who takes part: a channel, or a runtime of tasks, under every workload that it can do, for
// every item size. Ours are listed in channel.cpp and task.cpp, peers of C++ in peers.cpp and
// task_peers.cpp.
#pragma once

#include "bench/crews/threads.hpp"
#include "bench/workloads/blocked.hpp"
#include "bench/workloads/fairness.hpp"
#include "bench/workloads/flow.hpp"
#include "bench/workloads/latency.hpp"
#include "bench/workloads/memory.hpp"
#include "bench/workloads/workload.hpp"

#include <cstddef>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace handfast::bench {

inline constexpr unsigned any_number = std::numeric_limits<unsigned>::max();

/// What is said of a contender, besides its code.
struct description {
  std::string name;
  std::string scenarios{};  ///< the concept whose scenarios check it, if any
  std::string version{};
  std::size_t least_capacity = 1;
  std::size_t most_capacity = largest_bound;
  unsigned producers = any_number;  ///< at most
  unsigned consumers = any_number;
  unsigned workers = any_number;
  bool one_item = false;  ///< and then it is used up
  bool sleeps = true;     ///< when it has to wait long
  bool wrong = false;     ///< it shows that checks can fail, and runs when named
  bool ours = false;      ///< else it is a peer
};

struct contest {
  std::string_view workload;
  std::size_t item_bytes;
  outcome (*run)(const setting& at);
};

struct contender {
  description about;
  std::vector<contest> contests;

  [[nodiscard]] bool can(const setting& at) const {
    return at.capacity >= about.least_capacity && at.capacity <= about.most_capacity &&
           at.producers <= about.producers && at.consumers <= about.consumers &&
           at.workers <= about.workers;
  }
};

/// A workload that takes a number of items, as one that takes a time.
template <outcome (*Run)(const setting&, std::uint64_t)>
outcome run_lasting(const setting& at) {
  return lasting(at.duration, [&at](std::uint64_t items) { return Run(at, items); });
}

namespace detail {

template <class Channel>
void add_contests(contender& to) {
  constexpr std::size_t bytes = sizeof(typename Channel::value_type);
  if (to.about.least_capacity > 0) {
    to.contests.push_back({"once", bytes, run_lasting<once<Channel, threads>>});
  }
  to.contests.push_back({"memory", bytes, memory<Channel>});
  if (to.about.one_item) {
    return;
  }
  to.contests.insert(
      to.contests.end(),
      {{"throughput", bytes, run_lasting<throughput<Channel, threads>>},
       {"pingpong", bytes, run_lasting<pingpong<Channel, threads>>},
       {"latency_paced", bytes, run_lasting<latency_paced<Channel, threads>>},
       {"latency_saturated", bytes, run_lasting<latency_saturated<Channel, threads>>},
       {"fairness", bytes, run_lasting<fairness<Channel, threads>>},
       {"blocked", bytes, blocked<Channel>}});
  if constexpr (requires { typename Channel::either; }) {
    to.contests.push_back({"select", bytes, run_lasting<select<Channel, threads>>});
  }
  if (to.about.least_capacity > 0) {
    to.contests.push_back({"pair", bytes, run_lasting<pair<Channel, threads>>});
  }
}

}  // namespace detail

/// `Channel`, a template on what it carries, as a contender.
template <template <class> class Channel>
contender contender_of(description about) {
  contender made{.about = std::move(about), .contests = {}};
  detail::add_contests<Channel<item<8>>>(made);
  detail::add_contests<Channel<item<64>>>(made);
  return made;
}

/// Our channels.
[[nodiscard]] std::vector<contender> variants();

/// Our tasks.
[[nodiscard]] std::vector<contender> task_variants();
/// What they do without channels; the same of callables that block.
[[nodiscard]] std::vector<contest> scheduler_contests();
[[nodiscard]] std::vector<contest> blocking_scheduler_contests();

/// Peers of C++, and a wrong channel.
[[nodiscard]] std::vector<contender> peers();

/// The same of tasks.
[[nodiscard]] std::vector<contender> task_peers();

}  // namespace handfast::bench
