// The peers of C++ that run tasks, and one that loses a task.
#include "bench/contender.hpp"
#include "bench/crews/fibers.hpp"
#include "bench/peers/boost_channel.hpp"
#include "bench/workloads/tasks.hpp"

#include <oneapi/tbb/global_control.h>
#include <oneapi/tbb/parallel_invoke.h>
#include <oneapi/tbb/task_arena.h>
#include <oneapi/tbb/task_group.h>
#include <oneapi/tbb/version.h>
#include <boost/fiber/operations.hpp>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <utility>
#include <vector>

namespace handfast::bench {

namespace {

// --- oneTBB. The calling thread is one of the workers, and begins within their arena.

template <class Root>
std::uint64_t in_arena(const setting& at, Root root) {
  oneapi::tbb::task_arena arena(static_cast<int>(at.workers));
  return arena.execute(root);
}

outcome tbb_spawn_many(const setting& at, std::uint64_t items) {
  const oneapi::tbb::global_control crew(oneapi::tbb::global_control::max_allowed_parallelism,
                                         at.workers);
  return counted(items, [&] {
    return in_arena(at, [items] {
      std::atomic<std::uint64_t> done{0};
      oneapi::tbb::task_group all;
      for (std::uint64_t left = items; left > 0; --left) {
        all.run([&done] { done.fetch_add(1, std::memory_order_relaxed); });
      }
      all.wait();
      return done.load(std::memory_order_relaxed);
    });
  });
}

outcome tbb_spawn_join(const setting& at, std::uint64_t items) {
  const oneapi::tbb::global_control crew(oneapi::tbb::global_control::max_allowed_parallelism,
                                         at.workers);
  return counted(items, [&] {
    return in_arena(at, [items] {
      std::uint64_t sum = 0;
      oneapi::tbb::task_group one;
      for (std::uint64_t left = items; left > 0; --left) {
        one.run([&sum] { ++sum; });
        one.wait();
      }
      return sum;
    });
  });
}

std::uint64_t tbb_fib(unsigned n) {
  if (n < 2) {
    return n;
  }
  std::uint64_t first = 0;
  std::uint64_t second = 0;
  oneapi::tbb::parallel_invoke([&second, n] { second = tbb_fib(n - 2); },
                               [&first, n] { first = tbb_fib(n - 1); });
  return first + second;
}
std::uint64_t tbb_timed_fib(const setting& at, unsigned n, cost& spent) {
  const oneapi::tbb::global_control crew(oneapi::tbb::global_control::max_allowed_parallelism,
                                         at.workers);
  const stopwatch watch;
  const std::uint64_t number = in_arena(at, [n] { return tbb_fib(n); });
  spent = watch.stop();
  return number;
}

// --- Boost.Fiber.

// A thousand at a time: a stack for each of a million would be no workload of fibers.
outcome fiber_spawn_many(const setting& at, std::uint64_t items) {
  const fiber_helpers helpers(at.workers);
  return counted(items, [items] {
    constexpr std::uint64_t batch = 1000;
    std::atomic<std::uint64_t> done{0};
    std::vector<boost::fibers::fiber> all;
    for (std::uint64_t left = items; left > 0; left -= std::min(left, batch)) {
      for (std::uint64_t number = std::min(left, batch); number > 0; --number) {
        all.push_back(make_fiber([&done] { done.fetch_add(1, std::memory_order_relaxed); }));
      }
      for (auto& each : all) {
        each.join();
      }
      all.clear();
    }
    return done.load();
  });
}

outcome fiber_spawn_join(const setting& at, std::uint64_t items) {
  const fiber_helpers helpers(at.workers);
  return counted(items, [items] {
    std::uint64_t sum = 0;
    for (std::uint64_t left = items; left > 0; --left) {
      make_fiber([&sum] { ++sum; }).join();
    }
    return sum;
  });
}

template <std::uint64_t Fibers>
outcome fiber_yields(const setting& at, std::uint64_t items) {
  const fiber_helpers helpers(at.workers);
  const std::uint64_t each = items / Fibers + 1;
  return counted(each * Fibers, [each] {
    std::atomic<std::uint64_t> turns{0};
    std::vector<boost::fibers::fiber> all;
    for (std::uint64_t number = 0; number < Fibers; ++number) {
      all.push_back(make_fiber([&turns, each] {
        for (std::uint64_t left = each; left > 0; --left) {
          boost::this_fiber::yield();
        }
        turns.fetch_add(each);
      }));
    }
    for (auto& one : all) {
      one.join();
    }
    return turns.load();
  });
}

template <template <class> class Channel>
contender with_channels(contender made) {
  const auto add = [&made]<class Of>(std::size_t bytes) {
    constexpr auto flow = run_lasting<throughput<Of, fibers>>;
    made.contests.insert(made.contests.end(),
                         {{"task/spsc", bytes, flow},
                          {"task/mpsc2", bytes, flow},
                          {"task/mpmc22", bytes, flow},
                          {"task/pingpong", bytes, run_lasting<pingpong<Of, fibers>>}});
  };
  add.template operator()<Channel<item<8>>>(8);
  add.template operator()<Channel<item<64>>>(64);
  return made;
}

// --- One that loses a task.

outcome lossy_spawn_many(const setting&, std::uint64_t items) {
  return counted(items, [items] { return items - 1; });
}

}  // namespace

std::vector<contender> task_peers() {
  return {
      {.about = {.name = "tbb",
                 .version = TBB_VERSION_STRING,
                 .least_capacity = 0,
                 .most_capacity = unbounded},
       .contests = {{"sched/spawn1M", 8, run_whole<one_million, tbb_spawn_many>},
                    {"sched/spawn-join-1", 8, run_lasting<tbb_spawn_join>},
                    {"sched/fib30", 8, fib30<tbb_timed_fib>}}},
      with_channels<boost_buffered>(
          {.about = {.name = "boost_fiber", .version = boost_version()}, .contests = {}}),
      with_channels<boost_unbuffered>({.about = {.name = "boost_fiber",
                                                 .version = boost_version(),
                                                 .least_capacity = 0,
                                                 .most_capacity = 0},
                                       .contests = {}}),
      {.about = {.name = "boost_fiber",
                 .version = boost_version(),
                 .least_capacity = 0,
                 .most_capacity = unbounded},
       .contests = {{"sched/spawn1M", 8, run_whole<one_million, fiber_spawn_many>},
                    {"sched/spawn-join-1", 8, run_lasting<fiber_spawn_join>},
                    {"sched/yield2", 8, run_lasting<fiber_yields<2>>},
                    {"sched/yield1000", 8, run_lasting<fiber_yields<1000>>}}},
      {.about = {.name = "lossy", .least_capacity = 0, .most_capacity = unbounded, .wrong = true},
       .contests = {{"sched/spawn1M", 8, run_whole<one_million, lossy_spawn_many>}}},
  };
}

}  // namespace handfast::bench
