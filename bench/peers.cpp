// The peers of C++, and a channel that is wrong.
#include "bench/contender.hpp"
#include "bench/peers/boost_channel.hpp"
#include "bench/peers/cds_cycle_queue.hpp"
#include "bench/peers/lossy_ring.hpp"
#include "bench/peers/moodycamel_queue.hpp"
#include "bench/peers/mutex_ring.hpp"
#include "bench/peers/tbb_bounded_queue.hpp"

namespace handfast::bench {

std::vector<contender> peers() {
  return {
      contender_of<mutex_ring>({.name = "mutex_ring"}),
      contender_of<tbb_bounded_queue>(
          {.name = "tbb", .version = TBB_VERSION_STRING, .most_capacity = unbounded}),
      contender_of<boost_buffered>({.name = "boost_fiber", .version = boost_version()}),
      contender_of<boost_unbuffered>({.name = "boost_fiber",
                                      .version = boost_version(),
                                      .least_capacity = 0,
                                      .most_capacity = 0}),
      contender_of<moodycamel_bounded>({.name = "moodycamel"}),
      contender_of<moodycamel_unbounded>(
          {.name = "moodycamel", .least_capacity = unbounded, .most_capacity = unbounded}),
      contender_of<cds_cycle_queue>(
          {.name = "libcds", .version = CDS_VERSION_STRING, .least_capacity = 2, .sleeps = false}),
      contender_of<lossy_ring>({.name = "lossy", .wrong = true}),
  };
}

}  // namespace handfast::bench
