// What tasks cost: making them, waiting for them, taking turns, forking, timers. What each of
// these names means is written here; how, is each runtime's own code.
//
//   sched/spawn1M          One task spawns a million that only count themselves, and all are
//                          waited for. Cost of a task.
//   sched/spawn1M-handles  The same by a handle for each, kept until all are spawned; each task
//                          gives a number, which the spawner sums up.
//   sched/spawn-join-1     One task spawns another and waits for it, over and over.
//   sched/fib30            fib(30), where each fib(n) forks fib(n - 1) and does fib(n - 2), down
//                          to 1 without a cutoff. Cost of a fork.
//   sched/yield2, 1000     So many tasks let each other have a turn. Cost of a turn.
//   timer/create-cancel    A task is to be woken in an hour, and is not, over and over.
//   timer/batch100k-cancel The same of 100 000 at once, in one to two hours.
//   timer/fire100k         100 000 tasks sleep for 10 to 49 ms each. CPU time of a timer.
//   mem/blocked-own-chan   100 000 tasks wait for an item of their own channels, of capacity 1:
//                          resident bytes of a task with its channel.
//
// Whoever has to be started, and stopped, is so outside of the measured stretch.
#pragma once

#include "bench/measure.hpp"
#include "bench/workloads/flow.hpp"
#include "bench/workloads/workload.hpp"

#include <chrono>
#include <cstdint>

namespace handfast::bench {

/// What `work` costs for each of `items`; it says how many were done, as far as it can tell.
template <class Work>
outcome counted(std::uint64_t items, Work work) {
  const stopwatch watch;
  const std::uint64_t done = work();
  return detail::per_item(
      {.spent = watch.stop(), .items = items, .sum_ok = done == items, .figures = {}});
}

/// A measurement as short as this only shows that the workload works.
[[nodiscard]] inline bool only_tried(const setting& at) {
  return at.duration < std::chrono::milliseconds(10);
}

/// The measurement of a workload whose name says how many items it takes; a hundredth of them
/// where it is only tried. Run twice: the first is to warm up.
template <std::uint64_t Items, outcome (*Run)(const setting&, std::uint64_t)>
outcome run_whole(const setting& at) {
  const std::uint64_t items = only_tried(at) ? Items / 100 : Items;
  const bool first_ok = Run(at, items).sum_ok;
  outcome measured = Run(at, items);
  measured.sum_ok = measured.sum_ok && first_ok;
  return measured;
}

inline constexpr std::uint64_t one_million = 1'000'000;
inline constexpr std::uint64_t one_hundred_thousand = 100'000;

/// Fibonacci's number, and the forks that finding it out takes.
[[nodiscard]] constexpr std::uint64_t fibonacci(unsigned n) {
  std::uint64_t number = 0;
  for (std::uint64_t next = 1; n > 0; --n) {
    const std::uint64_t after = number + next;
    number = next;
    next = after;
  }
  return number;
}
[[nodiscard]] constexpr std::uint64_t forks_of(unsigned n) {
  return fibonacci(n + 1) - 1;
}

/// `Fib` finds out fib(30).
template <std::uint64_t (*Fib)(const setting&, unsigned n, cost& spent)>
outcome fib30(const setting& at) {
  const unsigned n = only_tried(at) ? 15 : 30;
  cost spent;
  const bool first_ok = Fib(at, n, spent) == fibonacci(n);
  const bool ok = Fib(at, n, spent) == fibonacci(n);
  return detail::per_item(
      {.spent = spent, .items = forks_of(n), .sum_ok = ok && first_ok, .figures = {}});
}

/// Numbers that look like chance, the same ones in every language.
class times {
 public:
  /// From 0 to `below` - 1.
  [[nodiscard]] std::uint64_t next(std::uint64_t below) {
    state_ = state_ * 6364136223846793005U + 1442695040888963407U;
    return (state_ >> 33U) % below;
  }

 private:
  std::uint64_t state_ = 1;
};

}  // namespace handfast::bench
