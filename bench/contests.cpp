#include "bench/contests.hpp"

#include "bench/crews/fibers.hpp"
#include "bench/crews/threads.hpp"
#include "bench/peers/boost_buffered_channel.hpp"
#include "bench/peers/handfast_channel.hpp"
#include "bench/peers/moodycamel_bounded.hpp"
#include "bench/peers/mutex_ring.hpp"
#include "bench/peers/tbb_bounded_queue.hpp"
#include "bench/smoke/lossy_ring.hpp"

#include <algorithm>
#include <initializer_list>
#include <iterator>

namespace handfast::bench {

namespace {

// Contenders of one workload side by side, so that a change in the machine's
// load meets them alike.
template <class Crew, class... Contenders>
std::vector<contest> contests_of() {
  std::vector<contest> all;
  const auto add = [&all](std::initializer_list<contest> one_workload) {
    all.insert(all.end(), one_workload);
  };
  add({contest{Crew::prefix, "seqpair", Contenders::name, seqpair<Contenders, Crew>}...});
  add({contest{Crew::prefix, "spsc", Contenders::name, many_to_many<Contenders, Crew, 1, 1>}...});
  add({contest{Crew::prefix, "mpsc2", Contenders::name, many_to_many<Contenders, Crew, 2, 1>}...});
  add({contest{Crew::prefix, "mpmc22", Contenders::name, many_to_many<Contenders, Crew, 2, 2>}...});
  add({contest{Crew::prefix, "pingpong", Contenders::name, pingpong<Contenders, Crew>}...});
  return all;
}

}  // namespace

std::vector<contest> all_contests() {
  auto all = contests_of<threads, handfast_lock_ring, handfast_lock_free_ring, mutex_ring,
                         tbb_bounded_queue, boost_buffered_channel, moodycamel_bounded>();
  std::ranges::copy(contests_of<fibers, boost_buffered_channel>(), std::back_inserter(all));
  return all;
}

std::vector<contest> lossy_contests() {
  return contests_of<threads, lossy_ring>();
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
