// What an item costs.
//
//   throughput   P producers to C consumers; each consumer takes as many as the others.
//   pair         One member sends, then receives, over and over.
//   pingpong     Two channels; one side sends on the first and receives on the second,
//                the other side the reverse. Cost of a round trip.
//   select       Two channels with a producer each; one consumer takes from whichever has an
//                item.
//   once         A channel is made, one item goes through it, and it is gone.
#pragma once

#include "bench/workloads/workload.hpp"

#include <cstdint>
#include <utility>

namespace handfast::bench {

namespace detail {

inline outcome per_item(outcome of) {
  const auto each = [&of](auto amount) {
    return static_cast<double>(amount) / static_cast<double>(of.items);
  };
  of.figures = {{"wall_ns_per_item", each(of.spent.wall.count())},
                {"cpu_ns_per_item", each(of.spent.cpu.count())},
                {"switches_per_item", each(of.spent.switches)}};
  return of;
}

}  // namespace detail

template <class Channel, class Crew>
outcome throughput(const setting& at, std::uint64_t items) {
  const auto [each_sends, each_receives, total] = shares_of(at, items);
  Channel channel(at.capacity);
  plan parts(at.producers + at.consumers);
  for (unsigned producer = 0; producer < at.producers; ++producer) {
    parts.add([&channel, first = producer * each_sends, each_sends = each_sends](ledger& mine) {
      for (std::uint64_t number = 1; number <= each_sends; ++number) {
        mine.send(channel, first + number);
      }
    });
  }
  for (unsigned consumer = 0; consumer < at.consumers; ++consumer) {
    parts.add([&channel, each_receives = each_receives](ledger& mine) {
      for (std::uint64_t left = each_receives; left > 0; --left) {
        mine.receive(channel);
      }
    });
  }
  return detail::per_item(parts.run_by<Crew>(at, total));
}

template <class Channel, class Crew>
outcome pair(const setting& at, std::uint64_t items) {
  Channel channel(at.capacity);
  plan parts(1);
  parts.add([&channel, items](ledger& mine) {
    for (std::uint64_t number = 1; number <= items; ++number) {
      mine.send(channel, number);
      mine.receive(channel);
    }
  });
  return detail::per_item(parts.run_by<Crew>(at, items));
}

template <class Channel, class Crew>
outcome pingpong(const setting& at, std::uint64_t items) {
  Channel there(at.capacity);
  Channel back(at.capacity);
  plan parts(2);
  parts.add([&there, &back, items](ledger& mine) {
    for (std::uint64_t trip = 1; trip <= items; ++trip) {
      mine.send(there, trip);
      mine.receive(back);
    }
  });
  parts.add([&there, &back, items](ledger& mine) {
    for (std::uint64_t trip = 1; trip <= items; ++trip) {
      mine.send(back, mine.receive(there));
    }
  });
  return detail::per_item(parts.run_by<Crew>(at, items));
}

/// For channels with an `either`: what receives from one of two.
template <class Channel, class Crew>
outcome select(const setting& at, std::uint64_t items) {
  const std::uint64_t each = items / 2 + 1;
  Channel first(at.capacity);
  Channel second(at.capacity);
  plan parts(3);
  for (Channel* const to : {&first, &second}) {
    parts.add([to, each](ledger& mine) {
      for (std::uint64_t number = 1; number <= each; ++number) {
        mine.send(*to, number);
      }
    });
  }
  parts.add([&first, &second, each](ledger& mine) {
    typename Channel::either from(first, second);
    for (std::uint64_t left = 2 * each; left > 0; --left) {
      mine.receive(from);
    }
  });
  return detail::per_item(parts.run_by<Crew>(at, 2 * each));
}

template <class Channel, class Crew>
outcome once(const setting& at, std::uint64_t items) {
  plan parts(1);
  parts.add([&at, items](ledger& mine) {
    for (std::uint64_t number = 1; number <= items; ++number) {
      Channel channel(at.capacity);
      mine.send(channel, number);
      mine.receive(channel);
    }
  });
  return detail::per_item(parts.run_by<Crew>(at, items));
}

}  // namespace handfast::bench
