// How long an item is under way, from its send to its receive: the times below which
// half, 99 and 99.9 of a hundred items stay.
//
//   latency_saturated   Producers send as fast as they can. An item's time begins when
//                       its send does, so waiting for room counts.
//   latency_paced       Together the producers send one item every 50 us. An item's time
//                       begins when it is due, so a send that holds up the next counts.
#pragma once

#include "bench/workloads/workload.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <vector>

namespace handfast::bench {

inline constexpr std::chrono::microseconds pace{50};

namespace detail {

inline std::uint64_t stamp(clock::time_point at) {
  return static_cast<std::uint64_t>(at.time_since_epoch().count());
}

/// The smallest sample that `percent` of a hundred are not above.
inline double percentile(std::vector<std::uint64_t>& samples, double percent) {
  const auto count = static_cast<double>(samples.size());
  const auto rank = static_cast<std::ptrdiff_t>(std::ceil(count * percent / 100)) - 1;
  const auto at = samples.begin() + std::max<std::ptrdiff_t>(rank, 0);
  std::ranges::nth_element(samples, at);
  return static_cast<double>(*at);
}

/// Items carry the time when they began; `begin(producer, index)` waits for it and says it.
template <class Channel, class Crew, class Begin>
outcome latency(const setting& at, std::uint64_t items, Begin begin) {
  const auto [each_sends, each_receives, total] = shares_of(at, items);
  Channel channel(at.capacity);
  std::vector<std::uint64_t> samples(total);
  plan parts(at.producers + at.consumers);
  for (unsigned producer = 0; producer < at.producers; ++producer) {
    parts.add([&channel, begin, producer, each_sends = each_sends](ledger& mine) {
      const auto start = clock::now();
      for (std::uint64_t index = 0; index < each_sends; ++index) {
        mine.send(channel, stamp(begin(start, producer, index)));
      }
    });
  }
  for (unsigned consumer = 0; consumer < at.consumers; ++consumer) {
    parts.add(
        [&channel, into = samples.data() + consumer * each_receives, each_receives](ledger& mine) {
          for (std::uint64_t index = 0; index < each_receives; ++index) {
            const std::uint64_t sent = mine.receive(channel);
            into[index] = stamp(clock::now()) - sent;
          }
        });
  }
  outcome result = parts.run_by<Crew>(at, total);
  result.figures = {{"latency_p50", percentile(samples, 50)},
                    {"latency_p99", percentile(samples, 99)},
                    {"latency_p99_9", percentile(samples, 99.9)}};
  return result;
}

}  // namespace detail

template <class Channel, class Crew>
outcome latency_saturated(const setting& at, std::uint64_t items) {
  return detail::latency<Channel, Crew>(at, items,
                                        [](auto, unsigned, std::uint64_t) { return clock::now(); });
}

template <class Channel, class Crew>
outcome latency_paced(const setting& at, std::uint64_t items) {
  return detail::latency<Channel, Crew>(
      at, items, [producers = at.producers](auto start, unsigned producer, std::uint64_t index) {
        const auto due = start + pace * (index * producers + producer + 1);
        while (clock::now() < due) {
        }
        return due;
      });
}

}  // namespace handfast::bench
