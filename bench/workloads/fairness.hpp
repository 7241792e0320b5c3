// Who gets how much while all compete: producers take numbers and consumers take
// permits until as many as planned are gone, each as fast as the channel lets it.
//
//   share   what the least served has of what the most served has: 1 is fair
//   jain    Jain's index of what they have: 1 is fair, 1/n is one of n has all
#pragma once

#include "bench/workloads/workload.hpp"

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <span>
#include <string_view>

namespace handfast::bench {

namespace detail {

struct alignas(64) tickets {
  std::atomic<std::uint64_t> taken{0};

  std::uint64_t take() { return taken.fetch_add(1, std::memory_order_relaxed); }
};

inline void add_fairness(outcome& to, std::span<const ledger> side, std::uint64_t ledger::* count,
                         std::string_view share, std::string_view jain) {
  if (side.size() < 2) {
    return;
  }
  const auto [least, most] = std::ranges::minmax(side, {}, count);
  double sum = 0;
  double squares = 0;
  for (const ledger& each : side) {
    const auto had = static_cast<double>(each.*count);
    sum += had;
    squares += had * had;
  }
  to.figures.push_back(
      {share, static_cast<double>(least.*count) / static_cast<double>(most.*count)});
  to.figures.push_back({jain, sum * sum / (static_cast<double>(side.size()) * squares)});
}

}  // namespace detail

template <class Channel, class Crew>
outcome fairness(const setting& at, std::uint64_t items) {
  Channel channel(at.capacity);
  detail::tickets to_send;
  detail::tickets to_receive;
  plan parts(at.producers + at.consumers);
  for (unsigned producer = 0; producer < at.producers; ++producer) {
    parts.add([&channel, &to_send, items](ledger& mine) {
      for (std::uint64_t number = 0; (number = to_send.take()) < items;) {
        mine.send(channel, number + 1);
      }
    });
  }
  for (unsigned consumer = 0; consumer < at.consumers; ++consumer) {
    parts.add([&channel, &to_receive, items](ledger& mine) {
      while (to_receive.take() < items) {
        mine.receive(channel);
      }
    });
  }
  outcome result = parts.run_by<Crew>(at, items);
  detail::add_fairness(result, parts.ledgers().first(at.producers), &ledger::sent, "sender_share",
                       "sender_jain");
  detail::add_fairness(result, parts.ledgers().last(at.consumers), &ledger::received,
                       "receiver_share", "receiver_jain");
  return result;
}

}  // namespace handfast::bench
