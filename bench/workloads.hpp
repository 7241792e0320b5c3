// The workloads, each written once for every contender.
//
// Contender: a class with `explicit Contender(std::size_t capacity)`,
// `void send(std::uint64_t)` and `std::uint64_t receive()`, both blocking and
// callable from any member of the crew. Crew: who runs the parts (crews/).
//
//   spsc, mpsc2, mpmc22   P producers send N/P items each, C consumers receive
//                         N/C each; nobody closes. Cost per item.
//   pingpong              Two channels; one side sends on the first and receives
//                         on the second, the other side the reverse. Cost per
//                         round trip.
//   seqpair               One member: send, then receive, over and over. Cost
//                         per pair.
//
// Items are numbered from 1, so a lost, doubled or mangled one shows in the sum.
#pragma once

#include "bench/measure.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

namespace handfast::bench {

/// What one run came to.
struct outcome {
  cost spent;
  std::uint64_t items;  ///< what `spent` is divided by
  bool sum_ok;          ///< what was received is what was sent, by its sum
};

namespace detail {

// 1 + 2 + … + n.
constexpr std::uint64_t sum_up_to(std::uint64_t n) {
  return n * (n + 1) / 2;
}

// Received sums are added up by one thread, after the crew is done; each has a
// cache line of its own while the crew runs.
struct alignas(64) tally {
  std::uint64_t sum = 0;
};

}  // namespace detail

/// `Producers` to `Consumers` over one channel; `n` is cut down to a multiple of
/// both.
template <class Contender, class Crew, unsigned Producers, unsigned Consumers>
outcome many_to_many(std::size_t capacity, std::uint64_t n) {
  const std::uint64_t each_sends = n / (Producers * Consumers) * Consumers;
  const std::uint64_t total = each_sends * Producers;
  const std::uint64_t each_receives = total / Consumers;
  Contender channel(capacity);
  std::vector<detail::tally> tallies(Consumers);
  std::vector<std::function<void()>> parts;
  for (unsigned producer = 0; producer < Producers; ++producer) {
    parts.emplace_back([&channel, first = producer * each_sends, each_sends] {
      for (std::uint64_t item = 1; item <= each_sends; ++item) {
        channel.send(first + item);
      }
    });
  }
  for (detail::tally& tally : tallies) {
    parts.emplace_back([&channel, &tally, each_receives] {
      std::uint64_t sum = 0;
      for (std::uint64_t received = 0; received < each_receives; ++received) {
        sum += channel.receive();
      }
      tally.sum = sum;
    });
  }
  const cost spent = Crew::run(parts);
  std::uint64_t sum = 0;
  for (const detail::tally& tally : tallies) {
    sum += tally.sum;
  }
  return {.spent = spent, .items = total, .sum_ok = sum == detail::sum_up_to(total)};
}

template <class Contender, class Crew>
outcome pingpong(std::size_t capacity, std::uint64_t n) {
  Contender there(capacity);
  Contender back(capacity);
  std::uint64_t sum = 0;
  const std::vector<std::function<void()>> parts{[&] {
                                                   for (std::uint64_t trip = 1; trip <= n; ++trip) {
                                                     there.send(trip);
                                                     sum += back.receive();
                                                   }
                                                 },
                                                 [&] {
                                                   for (std::uint64_t trip = 1; trip <= n; ++trip) {
                                                     back.send(there.receive());
                                                   }
                                                 }};
  const cost spent = Crew::run(parts);
  return {.spent = spent, .items = n, .sum_ok = sum == detail::sum_up_to(n)};
}

template <class Contender, class Crew>
outcome seqpair(std::size_t capacity, std::uint64_t n) {
  Contender channel(capacity);
  std::uint64_t sum = 0;
  const cost spent = Crew::run({[&] {
    std::uint64_t total = 0;
    for (std::uint64_t pair = 1; pair <= n; ++pair) {
      channel.send(pair);
      total += channel.receive();
    }
    sum = total;
  }});
  return {.spent = spent, .items = n, .sum_ok = sum == detail::sum_up_to(n)};
}

}  // namespace handfast::bench
