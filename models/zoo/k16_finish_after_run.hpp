// K16, stdexec's run_loop (stdexec #1742): finish() sets a flag and then pushes an
// empty task to wake the loop; run() sees the flag and returns, its owner destroys the
// loop, and the push goes into memory that is gone.
#pragma once

#include <handfast/memory/object.hpp>
#include <handfast/sync/lock_guard.hpp>

#include <cstdint>
#include <string_view>

namespace handfast::zoo {

template <class Sync>
struct run_loop {
  void run() {
    mutex.lock();
    while (tasks.read() == 0 && finishing.load(order::acquire) == 0) {
      condition.wait(mutex);
    }
    mutex.unlock();
  }
  void finish_late() {
    finishing.store(1, order::release);
    const lock_guard<Sync> lock(mutex);
    tasks.write() += 1;
    condition.notify_one();
  }
  void finish_at_once() {
    const lock_guard<Sync> lock(mutex);
    finishing.store(1, order::release);
    condition.notify_one();
  }

  typename Sync::mutex mutex;
  typename Sync::condition_variable condition;
  typename Sync::template var<int> tasks;
  typename Sync::template atomic<std::uint64_t> finishing;
};

template <class Sync, bool Fixed>
struct finish_after_run {
  static constexpr std::string_view claim = "who finishes a loop is done with it when it returns";
  static constexpr unsigned threads = 2;

  void thread(unsigned index) {
    if (index == 0) {
      loop->run();
      destroy_object<run_loop<Sync>, Sync>(loop);
    } else if constexpr (Fixed) {
      loop->finish_at_once();
    } else {
      loop->finish_late();
    }
  }
  void finish() {}

  run_loop<Sync>* loop = make_object<run_loop<Sync>, Sync>();
};

}  // namespace handfast::zoo
