// Our channels, a line each: `handfast compare` shows what stands here.
#include "bench/contender.hpp"
#include "bench/peers/handfast_channel.hpp"

#include <handfast/channel/channel.hpp>

#include <utility>

namespace handfast::bench {

namespace {

template <template <class, class> class Core>
contender variant(description about) {
  about.ours = true;
  return contender_of<over<Core>::template channel>(std::move(about));
}

}  // namespace

std::vector<contender> variants() {
  return {
      variant<lock_ring>({.name = "lock_ring", .scenarios = "channel"}),
      variant<lock_free_ring>({.name = "lock_free_ring", .scenarios = "lock_free_ring"}),
      variant<mpsc_ring>({.name = "mpsc_ring", .scenarios = "mpsc_ring", .consumers = 1}),
      variant<spmc_ring>({.name = "spmc_ring", .scenarios = "spmc_ring", .producers = 1}),
      variant<spsc_ring>(
          {.name = "spsc_ring", .scenarios = "spsc_ring", .producers = 1, .consumers = 1}),
      variant<handfast::unbounded>({.name = "unbounded",
                                    .scenarios = "unbounded",
                                    .least_capacity = unbounded,
                                    .most_capacity = unbounded}),
      variant<mpsc_unbounded>({.name = "mpsc_unbounded",
                               .scenarios = "mpsc_unbounded",
                               .least_capacity = unbounded,
                               .most_capacity = unbounded,
                               .consumers = 1}),
      variant<rendezvous>({.name = "rendezvous",
                           .scenarios = "rendezvous",
                           .least_capacity = 0,
                           .most_capacity = 0}),
      variant<oneshot>({.name = "oneshot",
                        .scenarios = "oneshot",
                        .most_capacity = 1,
                        .producers = 1,
                        .consumers = 1,
                        .one_item = true}),
  };
}

}  // namespace handfast::bench
