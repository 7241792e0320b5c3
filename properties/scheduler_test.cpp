// The scheduler on real threads: what is spawned, waits, is cancelled, shut down.
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <handfast/channel/channel.hpp>
#include <handfast/sched/blocking_pool.hpp>
#include <handfast/sched/fork_join.hpp>
#include <handfast/sched/scheduler.hpp>
#include <handfast/task/wake_at.hpp>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <tuple>
#include <utility>
#include <vector>

namespace handfast {
namespace {

class schedulers : public testing::TestWithParam<unsigned> {
 protected:
  scheduler<> all_{scheduler_options{.workers = GetParam()}};
};
INSTANTIATE_TEST_SUITE_P(workers, schedulers, testing::Values(1U, 2U, 4U),
                         [](const auto& which) { return std::to_string(which.param); });

task<int> sum(int one, int other) {
  co_return one + other;
}
task<int> sum_of_sums(int count) {
  int total = 0;
  for (int i = 0; i < count; ++i) {
    total += co_await sum(i, 1);
  }
  co_return total;
}
task<void> yields(int count) {
  for (int i = 0; i < count; ++i) {
    co_await yield_now<>();
  }
}

TEST_P(schedulers, give_what_callables_and_coroutines_give) {
  auto callable = all_.spawn([] { return std::make_unique<int>(3); });
  auto coroutine = all_.spawn(sum_of_sums(1000));
  ASSERT_TRUE(callable && coroutine);
  EXPECT_EQ(**callable->join(), 3);
  EXPECT_EQ(*coroutine->join(), 499500 + 1000);
}

TEST_P(schedulers, catch_what_is_thrown) {
  auto callable = all_.spawn([]() -> int { throw std::runtime_error("mine"); });
  auto coroutine = all_.spawn([]() -> task<int> {
    throw std::runtime_error("its");
    co_return 1;
  }());
  std::ignore = all_.post([] { throw std::runtime_error("nobody's"); });
  const auto given = callable->join();
  ASSERT_FALSE(given);
  EXPECT_FALSE(given.error().cancelled());
  EXPECT_THROW(std::rethrow_exception(given.error().thrown()), std::runtime_error);
  EXPECT_FALSE(coroutine->join());
  std::ignore = all_.shut_down(shutdown_mode::drain);
}

TEST_P(schedulers, run_more_than_a_queue_holds_from_inside_and_outside) {
  constexpr int each = 20'000;
  std::atomic<int> ran{0};
  std::vector<join_handle<void, native>> spawners;
  for (int i = 0; i < 4; ++i) {
    spawners.push_back(*all_.spawn([&] {
      for (int k = 0; k < each; ++k) {
        std::ignore = all_.post([&] { ran.fetch_add(1); });
      }
    }));
  }
  for (int k = 0; k < each; ++k) {
    std::ignore = all_.post([&] { ran.fetch_add(1); });
  }
  for (auto& spawner : spawners) {
    EXPECT_TRUE(spawner.join());
  }
  EXPECT_TRUE(all_.shut_down(shutdown_mode::drain).in_time);
  EXPECT_EQ(ran.load(), 5 * each);
}

TEST_P(schedulers, do_not_starve_when_more_wait_than_there_are_workers) {
  constexpr std::uint64_t waiting = 64;
  auto [tx, rx] = make_channel<std::uint64_t>(1);
  auto [back_tx, back_rx] = make_channel<std::uint64_t>(1);
  for (std::uint64_t i = 0; i < waiting; ++i) {
    std::ignore = all_.post([mine = rx.clone(), back = back_tx.clone()] {
      while (auto item = mine.receive()) {
        std::ignore = back.send(*item + 1);
      }
    });
  }
  auto sender = all_.spawn([tx = std::move(tx)] {
    for (std::uint64_t i = 0; i < 10 * waiting; ++i) {
      std::ignore = tx.send(i);
    }
  });
  std::uint64_t total = 0;
  for (std::uint64_t i = 0; i < 10 * waiting; ++i) {
    total += *back_rx.receive();
  }
  EXPECT_EQ(total, 10 * waiting * (10 * waiting + 1) / 2);
  EXPECT_TRUE(sender->join());
  {
    const auto closes = std::move(rx);
  }
}

template <class Core>
void flow(scheduler<>& all, std::size_t room) {
  constexpr std::uint64_t items = 20'000;
  auto [tx, rx] = make_channel_with_room<Core>(room);
  const auto produce = [](sender<Core> to) -> task<void> {
    for (std::uint64_t i = 0; i < items; ++i) {
      std::ignore = co_await to.async_send(i);
    }
  };
  const auto consume = [](receiver<Core> from) -> task<std::uint64_t> {
    std::uint64_t total = 0;
    for (;;) {
      auto item = co_await from.async_receive();
      if (!item) {
        co_return total;
      }
      total += *item;
    }
  };
  auto producer = all.spawn(produce(std::move(tx)));
  auto consumer = all.spawn(consume(std::move(rx)));
  EXPECT_TRUE(producer->join());
  EXPECT_EQ(*consumer->join(), items * (items - 1) / 2);
}
template <class Core>
void flow_of_threads(scheduler<>& all, std::size_t room) {
  constexpr std::uint64_t items = 20'000;
  auto [tx, rx] = make_channel_with_room<Core>(room);
  auto producer = all.spawn([to = std::move(tx)] {
    for (std::uint64_t i = 0; i < items; ++i) {
      std::ignore = to.send(i);
    }
  });
  auto consumer = all.spawn([from = std::move(rx)] {
    std::uint64_t total = 0;
    while (auto item = from.receive()) {
      total += *item;
    }
    return total;
  });
  EXPECT_TRUE(producer->join());
  EXPECT_EQ(*consumer->join(), items * (items - 1) / 2);
}

TEST_P(schedulers, carry_channels_between_tasks_and_between_lightweight_threads) {
  using item = std::uint64_t;
  for (const std::size_t room : {std::size_t{1}, std::size_t{64}}) {
    flow<lock_ring<item, native>>(all_, room);
    flow<lock_free_ring<item>>(all_, room);
    flow<spsc_ring<item>>(all_, room);
    flow_of_threads<lock_ring<item, native>>(all_, room);
    flow_of_threads<lock_free_ring<item>>(all_, room);
    flow_of_threads<spsc_ring<item>>(all_, room);
  }
  flow<rendezvous<item>>(all_, 0);
  flow<unbounded<item>>(all_, 0);
  flow_of_threads<rendezvous<item>>(all_, 0);
  flow_of_threads<unbounded<item>>(all_, 0);
}

TEST_P(schedulers, select_between_lightweight_threads) {
  constexpr int each = 5'000;
  auto [tx_a, rx_a] = make_channel<int>(2);
  auto [tx_b, rx_b] = make_channel<int>(2);
  for (auto* tx : {&tx_a, &tx_b}) {
    std::ignore = all_.post([to = std::move(*tx)] {
      for (int i = 0; i < each; ++i) {
        std::ignore = to.send(1);
      }
    });
  }
  auto both = all_.spawn([a = std::move(rx_a), b = std::move(rx_b)] {
    int total = 0;
    int open = 2;
    receive_operation from_a(a);
    receive_operation from_b(b);
    for (int i = 0; i < 2 * each; ++i) {
      const auto item = select(from_a, from_b) == 0 ? from_a.result() : from_b.result();
      if (!item) {
        --open;
        --i;
        auto& left = open == 1 ? b : a;
        while (auto more = left.receive()) {
          total += *more;
        }
        break;
      }
      total += *item;
    }
    return total;
  });
  const int total = *both->join();
  EXPECT_GT(total, 0);
  EXPECT_LE(total, 2 * each);
}

TEST_P(schedulers, cancel_what_waits_and_lose_no_item) {
  auto [tx, rx] = make_channel<int>(1);
  const auto wait_for_one = [](const auto& from) -> task<int> {
    co_return *co_await from.async_receive();
  };
  auto waits = all_.spawn(wait_for_one(rx), "waits for one");
  waits->cancel();
  const auto given = waits->join();
  ASSERT_FALSE(given);
  EXPECT_TRUE(given.error().cancelled());
  EXPECT_TRUE(tx.try_send(1));
  EXPECT_EQ(*rx.try_receive(), 1);
}

TEST_P(schedulers, say_which_tasks_wait_and_for_what) {
  auto [tx, rx] = make_channel<int>(1);
  auto [ready_tx, ready_rx] = make_channel<int>(1);
  const auto wait_for_one = [](const auto& from, const auto& ready) -> task<int> {
    std::ignore = co_await ready.async_send(1);
    co_return *co_await from.async_receive();
  };
  auto waits = all_.spawn(wait_for_one(rx, ready_tx), "the reader");
  EXPECT_TRUE(ready_rx.receive());
  std::vector<waiting_task> seen;
  while (seen.empty()) {
    seen = all_.waiting();
  }
  EXPECT_EQ(seen.front().name, "the reader");
  EXPECT_EQ(seen.front().waits_for, "an item");
  EXPECT_TRUE(tx.send(7));
  EXPECT_EQ(*waits->join(), 7);
}

TEST_P(schedulers, count_what_they_do) {
  auto made = all_.spawn([this] {
    for (int i = 0; i < 10; ++i) {
      EXPECT_TRUE(all_.spawn([] {})->join());
    }
  });
  EXPECT_TRUE(made->join());
  const scheduler_statistics seen = all_.statistics();
  EXPECT_EQ(seen.workers.size(), GetParam());
  EXPECT_EQ(seen.spawned, 11U);
  EXPECT_LE(seen.live, 1U);  // the joined one may not be counted as over yet
  EXPECT_GT(seen.stacks, 0U);
}

TEST_P(schedulers, refuse_while_they_drain_and_give_the_work_back) {
  auto [tx, rx] = make_channel<int>(1);
  // A task that waits keeps the drain from ending until somebody outside has been refused.
  std::ignore = all_.post([from = std::move(rx)] { std::ignore = from.receive(); });
  std::thread drains([this] { std::ignore = all_.shut_down(shutdown_mode::drain); });
  for (;;) {
    auto late = all_.post([its = std::make_unique<int>(7)] {});
    if (!late) {
      EXPECT_EQ(late.error().reason, spawn_failure::shut_down);
      break;
    }
  }
  auto made = all_.spawn(sum(1, 2));
  ASSERT_FALSE(made);
  EXPECT_TRUE(static_cast<bool>(made.error().work));  // the coroutine is there yet
  EXPECT_TRUE(tx.send(1));
  drains.join();
}

TEST_P(schedulers, refuse_after_the_end_and_give_the_work_back) {
  std::ignore = all_.shut_down(shutdown_mode::drain);
  auto late = all_.post([its = std::make_unique<int>(7)] {});
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().reason, spawn_failure::shut_down);
  auto made = all_.spawn(sum(1, 2));
  ASSERT_FALSE(made);
  EXPECT_TRUE(static_cast<bool>(made.error().work));  // the coroutine is there yet
  EXPECT_EQ(all_.statistics().live, 0U);
}

TEST_P(schedulers, let_be_what_waits_with_its_stack_for_ever) {
  auto other = std::make_unique<scheduler<>>(scheduler_options{.workers = GetParam()});
  auto [tx, rx] = make_channel<int>(1);
  auto [ready_tx, ready_rx] = make_channel<int>(1);
  std::ignore = other->post([&from = rx, &ready = ready_tx] {
    std::ignore = ready.send(1);
    std::ignore = from.receive();
  });
  EXPECT_TRUE(ready_rx.receive());
  const auto report = other->shut_down_until(native::clock::now());
  EXPECT_FALSE(report.in_time);
  EXPECT_EQ(report.stuck, 1U);
  EXPECT_EQ(tx.close(), close_outcome::closed_now);  // wakes it; there is nobody to run it
}

TEST_P(schedulers, drop_what_waits_when_they_are_shut_down) {
  auto [tx, rx] = make_channel<std::unique_ptr<int>>(1);
  const auto wait_forever = [](const auto& from, std::unique_ptr<int> mine) -> task<int> {
    auto item = co_await from.async_receive();
    co_return *mine + (item ? **item : 0);
  };
  std::vector<join_handle<int, native>> all;
  for (int i = 0; i < 100; ++i) {
    all.push_back(*all_.spawn(wait_forever(rx, std::make_unique<int>(i))));
  }
  const auto report = all_.shut_down(shutdown_mode::cancel);
  EXPECT_EQ(report.stuck, 0U);
  for (auto& each : all) {
    const auto given = each.join();
    ASSERT_FALSE(given);
    EXPECT_TRUE(given.error().cancelled());
  }
}

std::uint64_t fibonacci(unsigned n) {
  if (n < 2) {
    return n;
  }
  std::uint64_t one = 0;
  std::uint64_t other = 0;
  fork([&] { one = fibonacci(n - 1); }, [&] { other = fibonacci(n - 2); });
  return one + other;
}

TEST_P(schedulers, fork_and_join) {
  EXPECT_EQ(*all_.spawn([] { return fibonacci(20); })->join(), 6765U);
  EXPECT_EQ(fibonacci(15), 610U);  // outside, one after the other
}

TEST_P(schedulers, fork_and_throw_what_either_throws) {
  auto first = all_.spawn([] { fork([] { throw 1; }, [] {}); });
  auto second = all_.spawn([] { fork([] {}, [] { throw 2; }); });
  EXPECT_FALSE(first->join());
  EXPECT_FALSE(second->join());
}

TEST_P(schedulers, fork_while_others_wait) {
  auto [tx, rx] = make_channel<std::uint64_t>(1);
  auto both = all_.spawn([&tx = tx, &rx = rx] {
    std::uint64_t got = 0;
    fork([&] { got = *rx.receive(); }, [&] { std::ignore = tx.send(fibonacci(10)); });
    return got;
  });
  EXPECT_EQ(*both->join(), 55U);
}

TEST_P(schedulers, give_always_ready_tasks_a_turn_each) {
  // One that never waits, for its channel always has an item; the other ends it.
  auto [tx, rx] = make_channel<int>(1);
  std::atomic<bool> ends{false};
  const auto spins = [](const auto& to, const auto& from, std::atomic<bool>& end) -> task<void> {
    while (!end.load()) {
      std::ignore = co_await to.async_send(1);
      std::ignore = co_await from.async_receive();
    }
  };
  auto spinner = all_.spawn(spins(tx, rx, ends));
  auto ender = all_.spawn([](std::atomic<bool>& end) -> task<void> {
    end.store(true);
    co_return;
  }(ends));
  EXPECT_TRUE(ender->join());
  EXPECT_TRUE(spinner->join());
}

TEST_P(schedulers, take_turns_by_yielding) {
  std::vector<join_handle<void, native>> all;
  for (int i = 0; i < 100; ++i) {
    all.push_back(*all_.spawn(yields(100)));
  }
  for (auto& each : all) {
    EXPECT_TRUE(each.join());
  }
}

TEST_P(schedulers, keep_an_exception_in_hand_across_a_wait) {
  auto [tx, rx] = make_channel<int>(1);
  auto waits = all_.spawn([from = std::move(rx)] {
    try {
      throw std::runtime_error("mine");
    } catch (const std::runtime_error&) {
      std::ignore = from.receive();
      try {
        throw;  // which one, after others have thrown and caught on this thread
      } catch (const std::runtime_error& again) {
        return std::string(again.what());
      }
    }
  });
  auto others = all_.spawn([] {
    for (int i = 0; i < 100; ++i) {
      try {
        throw i;
      } catch (int) {
      }
    }
  });
  EXPECT_TRUE(others->join());
  EXPECT_TRUE(tx.send(1));
  EXPECT_EQ(*waits->join(), "mine");
}

TEST_P(schedulers, time_out_a_lightweight_thread_that_waits) {
  auto [tx, rx] = make_channel<int>(1);
  auto waits = all_.spawn(
      [&rx = rx] { return rx.receive_until(native::clock::now() + std::chrono::milliseconds(1)); });
  const auto given = waits->join();
  ASSERT_TRUE(given);
  EXPECT_EQ(given->error(), receive_failure::timed_out);
}

TEST_P(schedulers, ring_in_the_order_of_the_times) {
  constexpr int sleepers = 50;
  const auto now = native::clock::now();
  auto [tx, rx] = make_channel<int>(sleepers);
  const auto sleep_then_say = [](timer<native>& by, native::deadline end, const auto& to,
                                 int which) -> task<void> {
    co_await wake_at(by, end);
    std::ignore = co_await to.async_send(which);
  };
  std::vector<join_handle<void, native>> all;
  for (int i = sleepers - 1; i >= 0; --i) {
    all.push_back(*all_.spawn(sleep_then_say(
        all_.alarms(), now + std::chrono::milliseconds(2) + std::chrono::microseconds(i), tx, i)));
  }
  for (auto& each : all) {
    EXPECT_TRUE(each.join());
  }
  EXPECT_GE(native::clock::now(), now + std::chrono::milliseconds(2));
  int seen = 0;
  while (rx.try_receive()) {
    ++seen;
  }
  EXPECT_EQ(seen, sleepers);
}

TEST_P(schedulers, drop_what_sleeps) {
  const auto sleep_long = [](timer<native>& by) -> task<void> {
    co_await wake_at(by, native::deadline::max());
  };
  auto sleeps = all_.spawn(sleep_long(all_.alarms()));
  sleeps->cancel();
  EXPECT_TRUE(sleeps->join().error().cancelled());
}

TEST_P(schedulers, say_when_nothing_runs) {
  auto [tx, rx] = make_channel<int>(1);
  std::ignore = all_.post([&from = rx] { std::ignore = from.receive(); });
  std::ignore = all_.post([] {});
  EXPECT_EQ(all_.wait_until_quiet(), 1U);
  EXPECT_TRUE(tx.send(1));
  EXPECT_EQ(all_.wait_until_quiet(), 0U);
  EXPECT_FALSE(all_.runs_here());
  EXPECT_TRUE(*all_.spawn([this] { return all_.runs_here(); })->join());
}

TEST(blocking_pool, runs_what_blocks_and_refuses_after_the_end) {
  constexpr int many = 20;
  blocking_pool<> blocking({.most_threads = 4});
  auto [tx, rx] = make_channel<int>(many);
  std::vector<join_handle<int, native>> all;
  for (int i = 0; i < many; ++i) {
    all.push_back(*blocking.run([i, &to = tx] {
      std::ignore = to.send(i);
      return i;
    }));
  }
  int sum = 0;
  for (auto& each : all) {
    sum += *each.join();
  }
  EXPECT_EQ(sum, many * (many - 1) / 2);
  EXPECT_LE(blocking.statistics().threads, 4U);
  blocking.shut_down(shutdown_mode::drain);
  auto late = blocking.run([its = std::make_unique<int>(7)] { return *its; });
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().reason, spawn_failure::shut_down);
  EXPECT_EQ(late.error().work(), 7);
}

TEST_P(schedulers, wait_for_a_blocking_pool_without_losing_a_worker) {
  blocking_pool<> blocking;
  auto waits = all_.spawn([](blocking_pool<>& pool) -> task<int> {
    auto read = *pool.run([] { return 3; });
    co_return *co_await read;
  }(blocking));
  EXPECT_EQ(*waits->join(), 3);
}

}  // namespace
}  // namespace handfast
