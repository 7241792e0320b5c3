// What every workload has: a setting, items, a check of what arrived, figures.
//
// Channel: a class with `explicit Channel(std::size_t capacity)`, `value_type` (an
// `item`), `void send(value_type)` and `value_type receive()`, both blocking and
// callable from any member of the crew. Crew: who runs the parts (crews/).
#pragma once

#include "bench/measure.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string_view>
#include <vector>

namespace handfast::bench {

/// The capacity of a channel that is never full; the greatest of all.
inline constexpr std::size_t unbounded = ~std::size_t{0};
inline constexpr std::size_t largest_bound = std::size_t{1} << 30;

struct setting {
  std::size_t capacity;
  unsigned producers;
  unsigned consumers;
  std::chrono::nanoseconds duration;  ///< about how long the measured stretch is to last
  unsigned workers = 0;               ///< threads that share the tasks; 0: no tasks
};

/// What is sent: a number, over and over in all its bytes, so that a torn item shows.
template <std::size_t Bytes>
class item {
 public:
  item() = default;
  explicit item(std::uint64_t number) { words_.fill(number); }

  [[nodiscard]] std::uint64_t number() const {
    constexpr std::uint64_t torn = ~std::uint64_t{0};
    return words_.front() == words_.back() ? words_.front() : torn;
  }

 private:
  std::array<std::uint64_t, Bytes / sizeof(std::uint64_t)> words_{};
};

struct figure {
  std::string_view metric;
  double value;
};

/// What one run came to.
struct outcome {
  cost spent;
  std::uint64_t items;  ///< what was sent, or what `spent` is divided by
  bool sum_ok;          ///< what was received is what was sent, by the sum of its numbers
  std::vector<figure> figures;
};

/// What one member of a crew sent and received; read when the crew is done.
struct alignas(64) ledger {
  std::uint64_t sent = 0;
  std::uint64_t received = 0;
  std::uint64_t sum_sent = 0;
  std::uint64_t sum_received = 0;

  template <class Channel>
  void send(Channel& channel, std::uint64_t number) {
    channel.send(typename Channel::value_type(number));
    ++sent;
    sum_sent += number;
  }
  template <class Channel>
  std::uint64_t receive(Channel& channel) {
    const std::uint64_t number = channel.receive().number();
    ++received;
    sum_received += number;
    return number;
  }
};

inline bool balanced(std::span<const ledger> ledgers) {
  ledger total;
  for (const ledger& each : ledgers) {
    total.sum_sent += each.sum_sent;
    total.sum_received += each.sum_received;
    total.sent += each.sent;
    total.received += each.received;
  }
  return total.sent > 0 && total.sent == total.received && total.sum_sent == total.sum_received;
}

/// How many of about `items` each producer sends and each consumer receives.
struct shares {
  std::uint64_t each_sends;
  std::uint64_t each_receives;
  std::uint64_t total;
};
inline shares shares_of(const setting& at, std::uint64_t items) {
  const std::uint64_t least = std::uint64_t{at.producers} * at.consumers;
  const std::uint64_t each = std::max(items, least) / least;
  return {each * at.consumers, each * at.producers, each * least};
}

/// The parts of a crew, one a member, each with a ledger that it fills.
class plan {
 public:
  explicit plan(std::size_t members) : ledgers_(members) {}

  template <class Part>
  void add(Part part) {
    ledger& result = ledgers_[parts_.size()];
    parts_.emplace_back([part, &result] {
      ledger mine;  // near at hand while it works
      part(mine);
      result = mine;
    });
  }
  template <class Crew>
  [[nodiscard]] outcome run_by(const setting& at, std::uint64_t items) const {
    const cost spent = Crew::run(parts_, at);
    return {.spent = spent, .items = items, .sum_ok = balanced(ledgers_), .figures = {}};
  }
  [[nodiscard]] std::span<const ledger> ledgers() const { return ledgers_; }

 private:
  std::vector<ledger> ledgers_;
  std::vector<std::function<void()>> parts_;
};

/// `run(items)` with as many items as last for `duration`, after it has been run with
/// fewer, to warm up and to see how many those are.
template <class Run>
outcome lasting(std::chrono::nanoseconds duration, Run run) {
  std::uint64_t items = 100;
  outcome trial = run(items);
  bool all_ok = trial.sum_ok;
  while (trial.spent.wall < duration / 8) {
    items *= 4;
    trial = run(items);
    all_ok = all_ok && trial.sum_ok;
  }
  const auto scale = static_cast<double>(duration.count()) /
                     static_cast<double>(std::max<std::int64_t>(trial.spent.wall.count(), 1));
  outcome measured = run(
      std::max<std::uint64_t>(static_cast<std::uint64_t>(static_cast<double>(items) * scale), 100));
  measured.sum_ok = measured.sum_ok && all_ok;
  return measured;
}

}  // namespace handfast::bench
