#include "bench/contests.hpp"

#include "bench/crews/fibers.hpp"
#include "bench/crews/threads.hpp"
#include "bench/peers/boost_buffered_channel.hpp"
#include "bench/peers/handfast_lock_ring.hpp"
#include "bench/peers/moodycamel_bounded.hpp"
#include "bench/peers/mutex_ring.hpp"
#include "bench/peers/tbb_bounded_queue.hpp"
#include "bench/smoke/lossy_ring.hpp"

#include <algorithm>

namespace handfast::bench {

namespace {

template <class Contender, class Crew>
void add_all(std::vector<contest>& to) {
  const auto add = [&to](std::string_view workload, auto* run) {
    to.push_back({Crew::prefix, workload, Contender::name, run});
  };
  add("spsc", many_to_many<Contender, Crew, 1, 1>);
  add("mpsc2", many_to_many<Contender, Crew, 2, 1>);
  add("mpmc22", many_to_many<Contender, Crew, 2, 2>);
  add("pingpong", pingpong<Contender, Crew>);
  add("seqpair", seqpair<Contender, Crew>);
}

}  // namespace

std::vector<contest> all_contests() {
  std::vector<contest> all;
  add_all<handfast_lock_ring, threads>(all);
  add_all<mutex_ring, threads>(all);
  add_all<tbb_bounded_queue, threads>(all);
  add_all<boost_buffered_channel, threads>(all);
  add_all<moodycamel_bounded, threads>(all);
  add_all<boost_buffered_channel, fibers>(all);
  // In the order in which they are to run: contenders of one workload side by
  // side, so that a change in the machine's load meets them alike.
  std::ranges::stable_sort(all, std::less<>{}, [](const contest& one) {
    constexpr std::array<std::string_view, 5> order{"seqpair", "spsc", "mpsc2", "mpmc22",
                                                    "pingpong"};
    return std::pair(one.crew == fibers::prefix, std::ranges::find(order, one.workload));
  });
  return all;
}

std::vector<contest> lossy_contests() {
  std::vector<contest> all;
  add_all<lossy_ring, threads>(all);
  return all;
}

std::uint64_t full_size(const contest& of, std::size_t capacity) {
  const bool tasks = of.crew == fibers::prefix;
  if (of.workload == "seqpair") {
    return 2'000'000;
  }
  if (of.workload == "pingpong") {
    return tasks ? 200'000 : 5'000;
  }
  if (capacity <= 1) {
    return tasks ? 200'000 : 50'000;
  }
  return capacity <= 64 && !tasks ? 500'000 : 1'000'000;
}

outcome warm_and_run(const contest& which, std::size_t capacity, std::uint64_t n) {
  const outcome warm_up = which.run(capacity, n / 10);
  outcome measured = which.run(capacity, n);
  measured.sum_ok = measured.sum_ok && warm_up.sum_ok;
  return measured;
}

}  // namespace handfast::bench
