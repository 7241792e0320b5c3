// libcsruntime's workers: they start at the first spawn, and end at the exit, when all tasks have.
//
// Rules
//  1. The workers, and what is written down of them, are touched only while `gate_` is held; but
//     tasks find them without it: workers with live tasks are not destroyed.
//  2. Who is no task spawns while it holds `gate_`. So the exit, when it holds that and nothing is
//     live, knows that nothing will be.
#pragma once

#include <handfast/memory/object.hpp>
#include <handfast/sched/scheduler.hpp>
#include <handfast/sched/worker.hpp>
#include <handfast/sync/lock_guard.hpp>
#include <handfast/sync/policy.hpp>

#include <cstdint>
#include <expected>
#include <memory>
#include <utility>

namespace handfast::csruntime {

/// All of a process's tasks. Any thread may call its members, and tasks may.
template <sync_policy Sync>
class pool {
 public:
  constexpr pool() = default;
  pool(const pool&) = delete;
  pool& operator=(const pool&) = delete;

  /// Has `work` run on a worker. What there is none of, if it cannot be; else nullptr. `process`
  /// says how many workers() there are to be, 0 for one a core, and calls `drain` once more
  /// at_exit(), if it can.
  template <class Work, class Process>
  [[nodiscard]] const char* spawn(Work work, Process& process) noexcept {
    if (workers* const mine = of_task()) {
      return post_to(*mine, std::move(work));
    }
    const lock_guard<Sync> lock(gate_);
    ++spawned_outside_.write();
    const auto its = open(process);
    return its ? post_to(**its, std::move(work)) : its.error();
  }

  /// For the exit: returns when all tasks have run, and the workers have gone; or says how many
  /// are left, which wait for what nobody will do. A task that exits waits for none.
  [[nodiscard]] std::uint64_t drain() noexcept {
    if (worker<Sync>::current() != nullptr) {
      return 0;  // to wait for all would be to wait for itself
    }
    for (;;) {
      workers* its = nullptr;
      std::uint64_t spawned_before = 0;
      {
        const lock_guard<Sync> lock(gate_);
        its = workers_.load(order::relaxed);  // relaxed: written under the lock
        spawned_before = spawned_outside_.read();
      }
      if (its == nullptr) {
        return 0;
      }
      const std::uint64_t stuck = its->wait_until_quiet();
      const lock_guard<Sync> lock(gate_);
      if (spawned_outside_.read() != spawned_before) {
        continue;
      }
      drains_at_exit_.write() = false;
      if (stuck == 0) {
        workers_.store(nullptr, order::relaxed);  // relaxed: no task is left to read it
        destroy_object<workers, Sync>(its);
      }
      return stuck;
    }
  }

 private:
  using workers = scheduler<Sync>;

  // The workers, if a task of theirs asks.
  [[nodiscard]] workers* of_task() const noexcept {
    return worker<Sync>::current() == nullptr
               ? nullptr
               : workers_.load(order::relaxed);  // relaxed: older than whatever runs on them
  }

  template <class Work>
  [[nodiscard]] static const char* post_to(workers& those, Work work) noexcept {
    return those.post(std::move(work)) ? nullptr : "no memory for a task";
  }

  template <class Process>
  [[nodiscard]] static std::expected<workers*, const char*> start(Process& process) noexcept {
    void* const memory = Sync::allocate(sizeof(workers), alignof(workers));
    if (memory == nullptr) {
      return std::unexpected("no memory for the pool");
    }
    try {
      return std::construct_at(static_cast<workers*>(memory),
                               scheduler_options{.workers = process.workers()});
    } catch (...) {
      return std::unexpected("no thread or no memory for a worker");
    }
  }

  // While the gate is held. In an exit handler that comes after the drain too: then there is
  // another.
  template <class Process>
  [[nodiscard]] std::expected<workers*, const char*> open(Process& process) noexcept {
    workers* its = workers_.load(order::relaxed);  // relaxed: written under the lock
    if (its == nullptr) {
      const auto started = start(process);
      if (!started) {
        return started;
      }
      its = *started;
      workers_.store(its, order::relaxed);  // relaxed: tasks are spawned after it
    }
    if (!drains_at_exit_.read()) {
      if (!process.at_exit()) {
        return std::unexpected("the process can have no exit handler");
      }
      drains_at_exit_.write() = true;
    }
    return its;
  }

  typename Sync::mutex gate_;
  typename Sync::template atomic<workers*> workers_{nullptr};
  typename Sync::template var<bool> drains_at_exit_;
  typename Sync::template var<std::uint64_t> spawned_outside_;
};

}  // namespace handfast::csruntime
