// Our channels, a line each: `handfast compare` shows what stands here.
#include "bench/contender.hpp"
#include "bench/peers/handfast_channel.hpp"

#include <handfast/channel/channel.hpp>

#include <utility>

namespace handfast::bench {

namespace {

template <template <class, class> class Core>
contender variant(description about) {
  return contender_of<over<Core>::template channel>(std::move(about));
}

}  // namespace

std::vector<contender> variants() {
  return {
      variant<lock_ring>({.name = "lock_ring", .scenarios = "channel"}),
      variant<lock_free_ring>({.name = "lock_free_ring", .scenarios = "lock_free_ring"}),
  };
}

}  // namespace handfast::bench
