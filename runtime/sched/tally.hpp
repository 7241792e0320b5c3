// How many jobs are live, counted without a shared word.
//
// Rules
//  1. Each worker counts what it spawns and what it finishes, each by plain stores. A job is
//     counted as spawned before anybody can run it, as finished when it is over.
//  2. Who sums up reads what is finished first, then what is spawned. Whatever finished a job has
//     seen it spawned, so the second sum is no less than the first; if they are the same, all that
//     had been spawned by then was over, and nobody was left to spawn more.
#pragma once

#include <handfast/sched/statistics.hpp>
#include <handfast/sync/policy.hpp>

#include <cstdint>

namespace handfast {

/// One worker's. It counts; any thread reads.
template <class Sync>
class tally {
 public:
  void count_spawn() noexcept { spawned_.add(); }
  void count_finish() noexcept {
    const std::uint64_t before = finished_.load(order::relaxed);  // relaxed: this thread writes it
    // [tally.finished] release: pairs with finished's acquire; who sees a job finished sees all
    // that it spawned.
    finished_.store(before + 1, order::release);
  }

  [[nodiscard]] std::uint64_t spawned() const noexcept { return spawned_.value(); }
  [[nodiscard]] std::uint64_t finished() const noexcept {
    // [tally.finished] acquire: pairs with count_finish's release.
    return finished_.load(order::acquire);
  }

 private:
  counter<Sync> spawned_;
  typename Sync::template atomic<std::uint64_t> finished_{0};
};

/// How many are live, by rule 2: 0 is for good, unless an outsider spawns more. `from_outside`
/// reads what outsiders spawned.
template <class Tallies, class Outside>
[[nodiscard]] std::uint64_t live_jobs(const Tallies& all, Outside from_outside) noexcept {
  std::uint64_t finished = 0;
  for (const auto* const each : all) {
    finished += each->finished();
  }
  std::uint64_t spawned = from_outside();
  for (const auto* const each : all) {
    spawned += each->spawned();
  }
  return spawned - finished;
}

}  // namespace handfast
