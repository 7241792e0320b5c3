// Our scheduler: what it spawns, forks, lets take turns, wakes at a time, and what waiting takes.
#include "bench/contender.hpp"
#include "bench/crews/crew_of_tasks.hpp"
#include "bench/crews/lightweight.hpp"
#include "bench/peers/handfast_channel.hpp"
#include "bench/workloads/tasks.hpp"

#include <handfast/channel/channel.hpp>
#include <handfast/park/timer.hpp>
#include <handfast/sched/fork_join.hpp>
#include <handfast/sched/scheduler.hpp>
#include <handfast/task/task.hpp>
#include <handfast/task/wake_at.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <latch>
#include <memory>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

namespace handfast::bench {

namespace {

using handle_of_number = join_handle<std::uint64_t, native>;

/// What `root` gives, run as a task.
template <class Root>
std::uint64_t given_by(scheduler<>& all, Root root) {
  return sure(sure(all.spawn(std::move(root))).join());
}

// --- Spawning.

outcome spawn_many(const setting& at, std::uint64_t items) {
  struct {
    std::uint64_t items;
    std::atomic<std::uint64_t> done{0};
    std::latch all_done{1};
  } count{.items = items};
  scheduler<> all(crew_of(at));
  return counted(items, [&all, &count] {
    sure(all.post([&all, &count] {
      for (std::uint64_t left = count.items; left > 0; --left) {
        sure(all.post([&count] {
          if (count.done.fetch_add(1, std::memory_order_acq_rel) + 1 == count.items) {
            count.all_done.count_down();
          }
        }));
      }
    }));
    count.all_done.wait();
    return count.done.load(std::memory_order_relaxed);
  });
}

handle_of_number spawn_number(scheduler<>& all) {
  return sure(all.spawn([] { return std::uint64_t{1}; }));
}

task<std::uint64_t> spawn_and_sum(scheduler<>& all, std::uint64_t items) {
  std::vector<handle_of_number> handles;
  handles.reserve(items);
  for (std::uint64_t left = items; left > 0; --left) {
    handles.push_back(spawn_number(all));
  }
  std::uint64_t sum = 0;
  for (handle_of_number& each : handles) {
    sum += sure(co_await each);
  }
  co_return sum;
}
outcome spawn_with_handles(const setting& at, std::uint64_t items) {
  scheduler<> all(crew_of(at));
  return counted(items, [&] { return given_by(all, spawn_and_sum(all, items)); });
}

task<std::uint64_t> spawn_and_await(scheduler<>& all, std::uint64_t items) {
  std::uint64_t sum = 0;
  for (std::uint64_t left = items; left > 0; --left) {
    handle_of_number one = spawn_number(all);
    sum += sure(co_await one);
  }
  co_return sum;
}
outcome spawn_join(const setting& at, std::uint64_t items) {
  scheduler<> all(crew_of(at));
  return counted(items, [&] { return given_by(all, spawn_and_await(all, items)); });
}
outcome spawn_join_blocking(const setting& at, std::uint64_t items) {
  scheduler<> all(crew_of(at));
  return counted(items, [&] {
    return given_by(all, [&all, items] {
      std::uint64_t sum = 0;
      for (std::uint64_t left = items; left > 0; --left) {
        sum += sure(spawn_number(all).join());
      }
      return sum;
    });
  });
}

// --- Forking.

template <std::uint64_t (*Fib)(scheduler<>&, unsigned)>
std::uint64_t timed_fib(const setting& at, unsigned n, cost& spent) {
  scheduler<> all(crew_of(at));
  const stopwatch watch;
  const std::uint64_t number = given_by(all, [&all, n] { return Fib(all, n); });
  spent = watch.stop();
  return number;
}

std::uint64_t fib_by_forks(scheduler<>& all, unsigned n) {
  if (n < 2) {
    return n;
  }
  std::uint64_t first = 0;
  std::uint64_t second = 0;
  handfast::fork([&] { second = fib_by_forks(all, n - 2); },
                 [&] { first = fib_by_forks(all, n - 1); });
  return first + second;
}

// --- Turns.

task<std::uint64_t> take_turns(std::uint64_t turns) {
  for (std::uint64_t left = turns; left > 0; --left) {
    co_await yield_now();
  }
  co_return turns;
}
template <std::uint64_t Tasks>
outcome yields(const setting& at, std::uint64_t items) {
  scheduler<> all(crew_of(at));
  const std::uint64_t each = items / Tasks + 1;
  return counted(each * Tasks, [&] {
    std::vector<handle_of_number> handles;
    for (std::uint64_t number = 0; number < Tasks; ++number) {
      handles.push_back(sure(all.spawn(take_turns(each))));
    }
    std::uint64_t sum = 0;
    for (handle_of_number& one : handles) {
      sum += sure(one.join());
    }
    return sum;
  });
}

// --- Timers.

using our_timer = timer<native>;

using nap = wake_at<native>;

// Arms naps and leaves them: nobody is to be woken.
class nobody {
 public:
  [[nodiscard]] waker handle() noexcept {
    return {[](void* self) noexcept { static_cast<nobody*>(self)->was_woken_ = true; }, this};
  }
  [[nodiscard]] bool was_woken() const { return was_woken_; }

 private:
  std::atomic<bool> was_woken_{false};
};

outcome create_cancel(const setting& at, std::uint64_t items) {
  scheduler<> all(crew_of(at));
  return counted(items, [&] {
    return given_by(all, [&all, items] {
      our_timer& alarms = all.alarms();
      nobody sleeper;
      std::uint64_t pending = 0;
      for (std::uint64_t left = items; left > 0; --left) {
        nap one(alarms, our_timer::deadline::clock::now() + std::chrono::hours(1));
        pending += one.poll(sleeper.handle()) == poll_status::pending ? 1 : 0;
      }
      return sleeper.was_woken() ? 0 : pending;
    });
  });
}

outcome batch_cancel(const setting& at, std::uint64_t items) {
  scheduler<> all(crew_of(at));
  return counted(items, [&] {
    return given_by(all, [&all, items] {
      constexpr std::uint64_t hour_in_ms = 3'600'000;
      our_timer& alarms = all.alarms();
      nobody sleeper;
      times chance;
      std::vector<std::unique_ptr<nap>> naps;
      naps.reserve(items);
      std::uint64_t pending = 0;
      const auto now = our_timer::deadline::clock::now();
      for (std::uint64_t left = items; left > 0; --left) {
        const std::chrono::milliseconds time(hour_in_ms + chance.next(hour_in_ms));
        naps.push_back(std::make_unique<nap>(alarms, now + time));
        pending += naps.back()->poll(sleeper.handle()) == poll_status::pending ? 1 : 0;
      }
      naps.clear();
      return sleeper.was_woken() ? 0 : pending;
    });
  });
}

// 1 if it did not wake too soon.
task<std::uint64_t> sleep_for(our_timer& alarms, std::chrono::milliseconds time) {
  const auto end = our_timer::deadline::clock::now() + time;
  co_await nap(alarms, end);
  co_return our_timer::deadline::clock::now() < end ? 0 : 1;
}
task<std::uint64_t> sleep_all(scheduler<>& all, std::uint64_t items) {
  our_timer& alarms = all.alarms();
  times chance;
  std::vector<handle_of_number> handles;
  handles.reserve(items);
  for (std::uint64_t left = items; left > 0; --left) {
    handles.push_back(
        sure(all.spawn(sleep_for(alarms, std::chrono::milliseconds(10 + chance.next(40))))));
  }
  std::uint64_t sum = 0;
  for (handle_of_number& each : handles) {
    sum += sure(co_await each);
  }
  co_return sum;
}
outcome fire(const setting& at, std::uint64_t items) {
  scheduler<> all(crew_of(at));
  return counted(items, [&] { return given_by(all, sleep_all(all, items)); });
}

// --- Memory.

using own_core = lock_ring<std::uint64_t, native>;

task<std::uint64_t> receive_one(receiver<own_core> rx, std::atomic<std::uint64_t>& begun) {
  begun.fetch_add(1, std::memory_order_relaxed);
  co_return sure(co_await rx.async_receive());
}

outcome blocked_tasks(const setting& at) {
  const std::uint64_t items = only_tried(at) ? one_hundred_thousand / 100 : one_hundred_thousand;
  scheduler<> all(crew_of(at));
  std::vector<sender<own_core>> senders;
  std::vector<handle_of_number> handles;
  senders.reserve(items);
  handles.reserve(items);
  std::atomic<std::uint64_t> begun{0};
  const double before = detail::resident_bytes();
  for (std::uint64_t left = items; left > 0; --left) {
    auto [tx, rx] = make_channel_with_room<own_core>(1);
    senders.push_back(std::move(tx));
    handles.push_back(sure(all.spawn(receive_one(std::move(rx), begun))));
  }
  while (begun.load(std::memory_order_relaxed) != items) {
    std::this_thread::yield();
  }
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  const double growth = detail::resident_bytes() - before;
  std::uint64_t sum = 0;
  for (std::uint64_t number = 0; number < items; ++number) {
    sure(senders[number].send(number));
  }
  for (handle_of_number& each : handles) {
    sum += sure(each.join());
  }
  return {.spent = {},
          .items = items,
          .sum_ok = sum == items * (items - 1) / 2,
          .figures = {{"bytes_per_task", growth / static_cast<double>(items)}}};
}

}  // namespace

std::vector<contest> scheduler_contests() {
  return {{"sched/spawn1M", 8, run_whole<one_million, spawn_many>},
          {"sched/spawn1M-handles", 8, run_whole<one_million, spawn_with_handles>},
          {"sched/spawn-join-1", 8, run_lasting<spawn_join>},
          {"sched/fib30", 8, fib30<timed_fib<fib_by_forks>>},
          {"sched/yield2", 8, run_lasting<yields<2>>},
          {"sched/yield1000", 8, run_lasting<yields<1000>>},
          {"timer/create-cancel", 8, run_lasting<create_cancel>},
          {"timer/batch100k-cancel", 8, run_whole<one_hundred_thousand, batch_cancel>},
          {"timer/fire100k", 8, run_whole<one_hundred_thousand, fire>},
          {"mem/blocked-own-chan", 8, blocked_tasks}};
}
std::vector<contest> blocking_scheduler_contests() {
  return {{"sched/spawn-join-1", 8, run_lasting<spawn_join_blocking>}};
}

}  // namespace handfast::bench
