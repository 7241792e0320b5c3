// The peers of C++, and a channel that is wrong.
#include "bench/contender.hpp"
#include "bench/crews/fibers.hpp"
#include "bench/peers/boost_channel.hpp"
#include "bench/peers/cds_cycle_queue.hpp"
#include "bench/peers/lossy_ring.hpp"
#include "bench/peers/moodycamel_queue.hpp"
#include "bench/peers/mutex_ring.hpp"
#include "bench/peers/tbb_bounded_queue.hpp"

#include <boost/version.hpp>

#include <string>

namespace handfast::bench {

namespace {

std::string boost_version() {
  return std::to_string(BOOST_VERSION / 100000) + "." + std::to_string(BOOST_VERSION / 100 % 1000);
}

// Between fibers of one thread, as well as between threads.
template <template <class> class Channel>
contender with_tasks(contender made) {
  const auto add = [&made]<class Of>(std::size_t bytes) {
    made.contests.insert(made.contests.end(),
                         {{"task/throughput", bytes, run_lasting<throughput<Of, fibers>>},
                          {"task/pingpong", bytes, run_lasting<pingpong<Of, fibers>>}});
  };
  add.template operator()<Channel<item<8>>>(8);
  add.template operator()<Channel<item<64>>>(64);
  return made;
}

}  // namespace

std::vector<contender> peers() {
  return {
      contender_of<mutex_ring>({.name = "mutex_ring"}),
      contender_of<tbb_bounded_queue>(
          {.name = "tbb", .version = TBB_VERSION_STRING, .most_capacity = unbounded}),
      with_tasks<boost_buffered>(
          contender_of<boost_buffered>({.name = "boost_fiber", .version = boost_version()})),
      with_tasks<boost_unbuffered>(contender_of<boost_unbuffered>({.name = "boost_fiber",
                                                                   .version = boost_version(),
                                                                   .least_capacity = 0,
                                                                   .most_capacity = 0})),
      contender_of<moodycamel_bounded>({.name = "moodycamel"}),
      contender_of<moodycamel_unbounded>(
          {.name = "moodycamel", .least_capacity = unbounded, .most_capacity = unbounded}),
      contender_of<cds_cycle_queue>(
          {.name = "libcds", .version = CDS_VERSION_STRING, .least_capacity = 2, .sleeps = false}),
      contender_of<lossy_ring>({.name = "lossy", .wrong = true}),
  };
}

}  // namespace handfast::bench
