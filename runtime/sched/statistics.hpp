// What a scheduler counts. Counting costs a worker a plain store; whoever wants to know reads.
#pragma once

#include <handfast/sync/policy.hpp>

#include <cstdint>
#include <vector>

namespace handfast {

/// Written by one thread, read by any.
template <class Sync>
class counter {
 public:
  void add(std::uint64_t more = 1) noexcept {
    count_.store(count_.load(order::relaxed) + more, order::relaxed);
  }
  [[nodiscard]] std::uint64_t value() const noexcept { return count_.load(order::relaxed); }

 private:
  // Relaxed throughout: for who wants to know.
  typename Sync::template atomic<std::uint64_t> count_{0};
};

/// What one worker has done so far.
struct worker_statistics {
  std::uint64_t ran = 0;         ///< jobs: callables, polls of tasks, stacks that came back
  std::uint64_t spawned = 0;     ///< by what ran here
  std::uint64_t stolen = 0;      ///< jobs from other workers' queues
  std::uint64_t injected = 0;    ///< jobs from outside the workers
  std::uint64_t slept = 0;       ///< how often it found nothing to do
  std::uint64_t went_aside = 0;  ///< stacks whose work waited
  std::uint64_t threw = 0;       ///< posted jobs that ended with an exception
  std::uint64_t queued = 0;      ///< in its queue now
};

/// Of a scheduler, as of now: each figure is right at some moment during the call.
struct scheduler_statistics {
  std::vector<worker_statistics> workers;
  std::uint64_t spawned = 0;   ///< in all
  std::uint64_t live = 0;      ///< of those, not over yet
  std::uint64_t sleeping = 0;  ///< workers
  std::uint64_t stacks = 0;    ///< made so far
};

}  // namespace handfast
