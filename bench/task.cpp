// Channels between our tasks: coroutines (handfast), and callables that block (handfast_threads).
#include "bench/contender.hpp"
#include "bench/crews/crew_of_tasks.hpp"
#include "bench/crews/lightweight.hpp"
#include "bench/peers/handfast_channel.hpp"
#include "bench/workloads/tasks.hpp"

#include <handfast/channel/channel.hpp>
#include <handfast/sched/scheduler.hpp>
#include <handfast/task/task.hpp>

#include <cstdint>
#include <utility>
#include <vector>

namespace handfast::bench {

namespace {

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
      .contests = scheduler_contests()};
  add_channels_of_coroutines<item<8>>(coroutines.contests);
  add_channels_of_coroutines<item<64>>(coroutines.contests);
  contender threads{.about = {.name = "handfast_threads",
                              .least_capacity = 0,
                              .most_capacity = unbounded,
                              .ours = true},
                    .contests = blocking_scheduler_contests()};
  add_channels_of_threads<item<8>>(threads.contests);
  add_channels_of_threads<item<64>>(threads.contests);
  return {std::move(coroutines), std::move(threads)};
}

}  // namespace handfast::bench
