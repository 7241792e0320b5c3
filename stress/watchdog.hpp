// Sees that a run on real threads still moves. A lost wake-up on real condition
// variables is a silence: nothing but a clock tells it from slowness, so the
// silence it takes for a hang is long.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

namespace handfast::stress {

/// While it lives, calls `on_silence` with a report, from a thread of its own, if
/// nobody calls `moved` for `patience`.
class watchdog {
 public:
  watchdog(std::chrono::seconds patience, std::function<void(const std::string& report)> on_silence)
      : thread_([this, patience, on_silence = std::move(on_silence)] {
          std::unique_lock lock(mutex_);
          for (std::uint64_t seen = moves_.load();
               !ended_.wait_for(lock, patience, [this] { return done_; });) {
            if (const std::uint64_t now = moves_.load(); now != seen) {
              seen = now;
            } else {
              on_silence("no call was answered for " + std::to_string(patience.count()) +
                         " seconds: threads wait, and nobody wakes them\n");
            }
          }
        }) {}
  watchdog(const watchdog&) = delete;
  watchdog& operator=(const watchdog&) = delete;
  ~watchdog() {
    {
      const std::lock_guard lock(mutex_);
      done_ = true;
    }
    ended_.notify_one();
    thread_.join();
  }

  /// Relaxed: only that it changes matters.
  void moved() { moves_.fetch_add(1, std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> moves_ = 0;
  std::mutex mutex_;
  std::condition_variable ended_;
  bool done_ = false;
  std::thread thread_;
};

}  // namespace handfast::stress
