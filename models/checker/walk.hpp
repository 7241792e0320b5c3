// Chance, for searches that are drawn and not exhaustive: which thread goes on, and
// what it sees. The same seed, the same draws.
//
// Threads: PCT (Burckhardt, Kothari, Musuvathi, Nagarakatte, A Randomized Scheduler
// with Probabilistic Guarantees of Finding Bugs, ASPLOS 2010): priorities, and a few
// moments at which the thread that runs gets the lowest. Reads: most executions see
// the latest write nearly always, some rarely, as a bug needs few stale reads
// (Gao, Chakraborty, Ozkan, Probabilistic Concurrency Testing for Weak Memory
// Programs, ASPLOS 2023).
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <span>
#include <vector>

#include "models/checker/thread_set.hpp"

namespace handfast::checker {

/// Numbers to draw from.
class chance {
 public:
  explicit chance(std::uint64_t seed) : further_(seed) {}
  /// A number for each byte, so that one byte more or less changes one draw; then from a
  /// generator that all of them seed.
  explicit chance(std::span<const std::uint8_t> bytes);

  std::uint64_t operator()() {
    return at_ < bytes_.size() ? bytes_[at_++] * std::uint64_t{0x0101010101010101} : further_();
  }

 private:
  std::vector<std::uint8_t> bytes_;
  std::size_t at_ = 0;
  std::mt19937_64 further_;
};

class walk {
 public:
  explicit walk(std::uint64_t seed) : random_(seed) {}
  explicit walk(std::span<const std::uint8_t> bytes) : random_(bytes), longest_(256) {}

  /// The next execution begins.
  void begin();

  /// Of the threads that a mask names, the one that goes on.
  thread_index choose(const thread_set& enabled);
  /// A number less than `count`.
  std::uint32_t below(std::uint32_t count) { return static_cast<std::uint32_t>(random_() % count); }
  /// Whether a thread reads, or writes, anywhere but at the end of coherence order.
  bool looks_back(thread_index thread);
  /// A thread waits in a loop: the others go first, and it sees what is latest.
  void yield(thread_index thread);

 private:
  static constexpr std::uint32_t most_changes = 3;

  std::int64_t draw_priority() { return 1 + static_cast<std::int64_t>(random_() >> 2U); }
  std::int64_t priority_of(thread_index thread);
  void put_last(thread_index thread);

  chance random_;
  std::uint64_t steps_ = 0;
  std::uint64_t longest_ = 16;  // of the executions so far
  bool uniform_ = false;        // no priorities in this one
  std::uint32_t back_in_16_ = 0;
  std::vector<std::int64_t> priorities_;  // of the threads that have been met
  std::int64_t lowest_ = 0;
  std::vector<std::uint64_t> changes_;
  thread_set fresh_;  // threads that look back no more
};

}  // namespace handfast::checker
