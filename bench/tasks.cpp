// Our tasks: coroutines (handfast), and callables that block (handfast_threads).
#include "bench/workloads/tasks.hpp"
#include "bench/contender.hpp"
#include "bench/crews/lightweight.hpp"
#include "bench/peers/handfast_channel.hpp"

#include <handfast/channel/channel.hpp>
#include <handfast/park/timer.hpp>
#include <handfast/sched/scheduler.hpp>
#include <handfast/task/task.hpp>
#if __has_include(<handfast/sched/fork_join.hpp>)
#include <handfast/sched/fork_join.hpp>
#endif

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <latch>
#include <memory>
#include <optional>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

namespace handfast::bench {

namespace {

using handle_of_number = join_handle<std::uint64_t, native>;

scheduler_options crew_of(const setting& at) {
  return {.workers = at.workers};
}

// What nothing stands in the way of; else the benchmark is wrong.
template <class Expected>
auto sure(Expected made) {
  if (!made) {
    std::abort();
  }
  if constexpr (!std::is_void_v<typename Expected::value_type>) {
    return *std::move(made);
  }
}

/// What `root` gives, run as a task.
template <class Root>
std::uint64_t given_by(scheduler<>& all, Root root) {
  return sure(sure(all.spawn(std::move(root))).join());
}

// Which of our channels tasks use.
template <class Item, class Use>
outcome over_fitting(const setting& at, Use use) {
  if (at.capacity == 0) {
    return use.template operator()<rendezvous<Item>>();
  }
  if (at.capacity == unbounded) {
    return at.consumers == 1 ? use.template operator()<mpsc_unbounded<Item>>()
                             : use.template operator()<handfast::unbounded<Item>>();
  }
  if (at.consumers > 1) {
    return use.template operator()<lock_free_ring<Item>>();
  }
  return at.producers == 1 ? use.template operator()<spsc_ring<Item>>()
                           : use.template operator()<mpsc_ring<Item>>();
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

#if __has_include(<handfast/sched/fork_join.hpp>)
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
#endif

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

// --- Channels between coroutines. The handles are not theirs, so none is closed too soon.

template <class Core>
using item_of = typename Core::value_type;

template <class Core>
task<> send_all(const sender<Core>& tx, std::uint64_t first, std::uint64_t count, ledger& result) {
  std::uint64_t sum = 0;
  for (std::uint64_t number = first; number < first + count; ++number) {
    sure(co_await tx.async_send(item_of<Core>(number)));
    sum += number;
  }
  result.sent = count;
  result.sum_sent = sum;
}

template <class Core>
task<> receive_all(const receiver<Core>& rx, std::uint64_t count, ledger& result) {
  std::uint64_t sum = 0;
  for (std::uint64_t left = count; left > 0; --left) {
    sum += sure(co_await rx.async_receive()).number();
  }
  result.received = count;
  result.sum_received = sum;
}

template <class Handle>
std::vector<Handle> copies(Handle first, unsigned count) {
  std::vector<Handle> all;
  if constexpr (requires { first.clone(); }) {
    for (unsigned more = 1; more < count; ++more) {
      all.push_back(first.clone());
    }
  }
  all.push_back(std::move(first));
  return all;
}

outcome run_all(const setting& at, std::uint64_t items, std::vector<task<>> tasks,
                const std::vector<ledger>& ledgers) {
  scheduler<> all(crew_of(at));
  const stopwatch watch;
  std::vector<join_handle<void, native>> handles;
  handles.reserve(tasks.size());
  for (task<>& each : tasks) {
    handles.push_back(sure(all.spawn(std::move(each))));
  }
  for (auto& each : handles) {
    sure(each.join());
  }
  const cost spent = watch.stop();
  return detail::per_item(
      {.spent = spent, .items = items, .sum_ok = balanced(ledgers), .figures = {}});
}

template <class Item>
outcome flow_between_tasks(const setting& at, std::uint64_t items) {
  return over_fitting<Item>(at, [&]<class Core>() {
    const auto [each_sends, each_receives, total] = shares_of(at, items);
    auto [tx, rx] = make_channel_with_room<Core>(at.capacity);
    std::vector<ledger> ledgers(at.producers + at.consumers);
    std::vector<task<>> tasks;
    const auto senders = copies(std::move(tx), at.producers);
    const auto receivers = copies(std::move(rx), at.consumers);
    for (const auto& each : senders) {
      const std::size_t index = tasks.size();
      tasks.push_back(send_all(each, 1 + index * each_sends, each_sends, ledgers[index]));
    }
    for (const auto& each : receivers) {
      tasks.push_back(receive_all(each, each_receives, ledgers[tasks.size()]));
    }
    return run_all(at, total, std::move(tasks), ledgers);
  });
}

template <class Core>
task<> send_and_receive(const sender<Core>& tx, const receiver<Core>& rx, std::uint64_t trips,
                        ledger& result) {
  std::uint64_t sum = 0;
  for (std::uint64_t trip = 1; trip <= trips; ++trip) {
    sure(co_await tx.async_send(item_of<Core>(trip)));
    sum += sure(co_await rx.async_receive()).number();
  }
  result.sent = result.received = trips;
  result.sum_sent = trips * (trips + 1) / 2;
  result.sum_received = sum;
}
template <class Core>
task<> receive_and_send(const receiver<Core>& rx, const sender<Core>& tx, std::uint64_t trips,
                        ledger& result) {
  std::uint64_t sum = 0;
  for (std::uint64_t left = trips; left > 0; --left) {
    const auto item = sure(co_await rx.async_receive());
    sum += item.number();
    sure(co_await tx.async_send(item));
  }
  result.sent = result.received = trips;
  result.sum_sent = result.sum_received = sum;
}

template <class Item>
outcome pingpong_between_tasks(const setting& at, std::uint64_t items) {
  return over_fitting<Item>(at, [&]<class Core>() {
    const auto there = make_channel_with_room<Core>(at.capacity);
    const auto back = make_channel_with_room<Core>(at.capacity);
    std::vector<ledger> ledgers(2);
    std::vector<task<>> tasks;
    tasks.push_back(send_and_receive(there.tx, back.rx, items, ledgers[0]));
    tasks.push_back(receive_and_send(there.rx, back.tx, items, ledgers[1]));
    return run_all(at, items, std::move(tasks), ledgers);
  });
}

template <class Core>
task<> receive_from_either(const receiver<Core>& first, const receiver<Core>& second,
                           std::uint64_t count, ledger& result) {
  receive_operation<Core> from_first(first);
  receive_operation<Core> from_second(second);
  async_select either(from_first, from_second);
  std::uint64_t sum = 0;
  for (std::uint64_t left = count; left > 0; --left) {
    const std::size_t which = co_await either;
    sum += sure((which == 0 ? from_first : from_second).result()).number();
  }
  result.received = count;
  result.sum_received = sum;
}

template <class Item>
outcome select_between_tasks(const setting& at, std::uint64_t items) {
  return over_fitting<Item>(at, [&]<class Core>() {
    const std::uint64_t each = items / 2 + 1;
    const auto first = make_channel_with_room<Core>(at.capacity);
    const auto second = make_channel_with_room<Core>(at.capacity);
    std::vector<ledger> ledgers(3);
    std::vector<task<>> tasks;
    tasks.push_back(send_all(first.tx, 1, each, ledgers[0]));
    tasks.push_back(send_all(second.tx, 1, each, ledgers[1]));
    tasks.push_back(receive_from_either(first.rx, second.rx, 2 * each, ledgers[2]));
    return run_all(at, 2 * each, std::move(tasks), ledgers);
  });
}

// --- The same between lightweight threads.

template <class Item>
outcome flow_between_threads(const setting& at, std::uint64_t items) {
  return over_fitting<Item>(
      at, [&]<class Core>() { return throughput<handfast_channel<Core>, lightweight>(at, items); });
}
template <class Item>
outcome pingpong_between_threads(const setting& at, std::uint64_t items) {
  return over_fitting<Item>(
      at, [&]<class Core>() { return pingpong<handfast_channel<Core>, lightweight>(at, items); });
}
template <class Item>
outcome select_between_threads(const setting& at, std::uint64_t items) {
  return over_fitting<Item>(at, [&]<class Core>() {
    return bench::select<handfast_channel<Core>, lightweight>(at, items);
  });
}

// --- Timers.

using our_timer = timer<native>;

// A sleep that a task can await, and can leave.
class nap {
 public:
  static constexpr const char* waits_for = "a time";

  nap(our_timer& by, our_timer::deadline end) noexcept : by_(by), end_(end) {}
  nap(const nap&) = delete;
  nap& operator=(const nap&) = delete;
  ~nap() {
    if (waits_) {
      by_.turn_off(alarm_);
    }
  }

  [[nodiscard]] poll_status poll(waker wakes) noexcept {
    if (!waits_) {
      by_.set(alarm_, end_, wakes);
      waits_ = true;
      return poll_status::pending;
    }
    if (by_.renew(alarm_, wakes) == our_timer::alarm_status::not_rung) {
      return poll_status::pending;
    }
    waits_ = false;
    return poll_status::ready;
  }
  void result() const noexcept {}

 private:
  our_timer& by_;
  const our_timer::deadline end_;
  our_timer::alarm alarm_;
  bool waits_ = false;
};

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

// --- Who can what.

template <class Item>
void add_channels_of_coroutines(std::vector<contest>& to) {
  constexpr std::size_t bytes = sizeof(Item);
  constexpr auto flow = run_lasting<flow_between_tasks<Item>>;
  to.insert(to.end(), {{"task/spsc", bytes, flow},
                       {"task/mpsc2", bytes, flow},
                       {"task/mpmc22", bytes, flow},
                       {"task/select2", bytes, run_lasting<select_between_tasks<Item>>},
                       {"task/pingpong", bytes, run_lasting<pingpong_between_tasks<Item>>}});
}
template <class Item>
void add_channels_of_threads(std::vector<contest>& to) {
  constexpr std::size_t bytes = sizeof(Item);
  constexpr auto flow = run_lasting<flow_between_threads<Item>>;
  to.insert(to.end(), {{"task/spsc", bytes, flow},
                       {"task/mpsc2", bytes, flow},
                       {"task/mpmc22", bytes, flow},
                       {"task/select2", bytes, run_lasting<select_between_threads<Item>>},
                       {"task/pingpong", bytes, run_lasting<pingpong_between_threads<Item>>}});
}

}  // namespace

std::vector<contender> task_variants() {
  contender coroutines{
      .about = {.name = "handfast", .least_capacity = 0, .most_capacity = unbounded, .ours = true},
      .contests = {{"sched/spawn1M", 8, run_whole<one_million, spawn_many>},
                   {"sched/spawn1M-handles", 8, run_whole<one_million, spawn_with_handles>},
                   {"sched/spawn-join-1", 8, run_lasting<spawn_join>},
#if __has_include(<handfast/sched/fork_join.hpp>)
                   {"sched/fib30", 8, fib30<timed_fib<fib_by_forks>>},
#endif
                   {"sched/yield2", 8, run_lasting<yields<2>>},
                   {"sched/yield1000", 8, run_lasting<yields<1000>>},
                   {"timer/create-cancel", 8, run_lasting<create_cancel>},
                   {"timer/batch100k-cancel", 8, run_whole<one_hundred_thousand, batch_cancel>},
                   {"timer/fire100k", 8, run_whole<one_hundred_thousand, fire>},
                   {"mem/blocked-own-chan", 8, blocked_tasks}}};
  add_channels_of_coroutines<item<8>>(coroutines.contests);
  add_channels_of_coroutines<item<64>>(coroutines.contests);
  contender threads{.about = {.name = "handfast_threads",
                              .least_capacity = 0,
                              .most_capacity = unbounded,
                              .ours = true},
                    .contests = {{"sched/spawn-join-1", 8, run_lasting<spawn_join_blocking>}}};
  add_channels_of_threads<item<8>>(threads.contests);
  add_channels_of_threads<item<64>>(threads.contests);
  return {std::move(coroutines), std::move(threads)};
}

}  // namespace handfast::bench
