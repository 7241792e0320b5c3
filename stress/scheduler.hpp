// A storm on one scheduler, all drawn from a seed: many more tasks than workers, which spawn
// others, join, cancel and let go of them, fork, yield, throw, wait in channels, for a time and for
// a blocking pool; outsiders who do the same; and an end in the middle of that, or when all is at
// rest. Afterwards every task and every item must be accounted for.
#pragma once

#include <handfast/channel/channel.hpp>
#include <handfast/sched/blocking_pool.hpp>
#include <handfast/sched/fork_join.hpp>
#include <handfast/sched/scheduler.hpp>
#include <handfast/sync/seeded_world.hpp>
#include <handfast/task/task.hpp>
#include <handfast/task/wake_at.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "stress/errand.hpp"
#include "stress/message.hpp"
#include "stress/pipeline.hpp"
#include "stress/random.hpp"

namespace handfast::stress {

/// What a storm met; a run that never met one of these proved little.
struct scheduler_counts {
  std::uint64_t gave = 0;
  std::uint64_t dropped = 0;
  std::uint64_t refused = 0;
  std::uint64_t threw = 0;
  std::uint64_t stolen = 0;
  std::uint64_t went_aside = 0;
  std::uint64_t was_cut = 0;
};

/// Sync is `native` or `native_seeded`; `moved` is called after each operation.
template <class Sync>
class scheduler_storm {
 public:
  scheduler_storm(std::uint64_t seed, const std::function<void()>& moved)
      : random_(seed), book_(moved) {}

  /// What went wrong, one line; empty if nothing did.
  std::string run() {
    all_.emplace(
        scheduler_options{.workers = static_cast<unsigned>(pick(random_, {1, 1, 2, 2, 3, 4}))});
    const end how = static_cast<end>(random_.next() % 4);
    waits_for_outsiders_ = how == end::at_rest || how == end::drained;
    may_begin_ = 20 + random_.next() % 80;
    std::vector<child> mine;
    start_pipelines(mine);
    for (std::uint64_t left = 2 + random_.next() % 4; left > 0; --left) {
      spawn_any(random_, most_depth, mine);
    }
    std::vector<typename Sync::thread> outsiders;
    for (std::uint64_t left = random_.next() % 3; left > 0; --left) {
      outsiders.emplace_back([this, seed = random_.next()] { work_outside(random_stream(seed)); });
    }
    const auto settle_all = [&] {
      for (child& each : mine) {
        settle(each, each.handle.join());
      }
      mine.clear();
      for (auto& each : std::exchange(outsiders, {})) {
        each.join();
      }
    };
    if (how == end::at_rest) {
      settle_all();
      // Nothing is to be run then, so what is not over waits for a time.
      if (all_->wait_until_quiet() == 0) {
        book_.require(book_.begun == book_.ended + book_.dropped,
                      "it is quiet, and a task is not over");
      }
    } else {
      dawdle<Sync>(random_);
    }
    if (shut_down(how) != 0) {
      mine.clear();  // who joins what is stuck waits for ever
    }
    settle_all();
    sum_up();
    all_.reset();
    pool_.reset();
    for (const auto& each : pipelines_) {
      each();
    }
    pipelines_.clear();
    return book_.verdict(counts_.was_cut > 0);
  }

  [[nodiscard]] const scheduler_counts& counts() const { return counts_; }

 private:
  /// How the scheduler ends.
  enum class end : unsigned char { at_rest, drained, in_time, cancelled };

  struct child {
    std::uint32_t number;
    join_handle<std::uint32_t, Sync> handle;
    bool is_cancelled = false;
  };

  static constexpr unsigned most_depth = 3;
  // Elsewhere who waits keeps its worker, and what that one has; so coroutines wait there.
  static constexpr bool callables_wait = Sync::limits::stacks_go_aside;

  // What is spawned ---------------------------------------------------------

  template <class Work>
  void spawn(std::uint32_t number, Work work, std::vector<child>& into) {
    auto made = all_->spawn(std::move(work));
    if (made) {
      into.push_back({number, *std::move(made)});
      return;
    }
    book_.require(made.error().reason == spawn_failure::shut_down, "no memory for a task");
    book_.count(book_.refused);
  }

  // One of any kind, while there are to be more.
  void spawn_any(random_stream& random, unsigned depth, std::vector<child>& into) {
    if (may_begin_.fetch_sub(1, std::memory_order_relaxed) <= 0) {
      return;
    }
    errand mine(book_);
    const std::uint32_t number = mine.number();
    const random_stream its(random.next());
    switch (random.next() % (depth > 0 ? 10 : 6)) {
      case 0: spawn(number, [mine = std::move(mine)]() mutable { return mine.end(); }, into); break;
      case 1: spawn(number, sleep(std::move(mine), all_->alarms(), its), into); break;
      case 2: spawn(number, ask_pool(std::move(mine)), into); break;
      case 3:
        spawn(
            number,
            [mine = std::move(mine)]() mutable -> std::uint32_t { throw thrown{mine.end()}; },
            into);
        break;
      case 4:
        spawn(
            number,
            [this, mine = std::move(mine)]() mutable {
              book_.require(fibonacci(9) == 34, "a fork gave something else");
              return mine.end();
            },
            into);
        break;
      case 5: spawn(number, take_turns(std::move(mine), its), into); break;
      case 6:
        if constexpr (callables_wait) {
          spawn(
              number,
              [family = raise(std::move(mine), its, depth)]() mutable {
                block_on<Sync>(family);
                return family.result();
              },
              into);
          break;
        }
        [[fallthrough]];
      default: spawn(number, raise(std::move(mine), its, depth), into); break;
    }
  }

  struct thrown {
    std::uint32_t number;
  };

  task<std::uint32_t, Sync> sleep(errand mine, timer<Sync>& time, random_stream random) {
    co_await wake_at<Sync>(time, soon<Sync>(random));
    co_return mine.end();
  }
  task<std::uint32_t, Sync> take_turns(errand mine, random_stream random) {
    for (std::uint64_t left = random.next() % 8; left > 0; --left) {
      co_await yield_now<Sync>();
    }
    co_return mine.end();
  }
  task<std::uint32_t, Sync> ask_pool(errand mine) {
    auto asked =
        pool_->run([load = message(book_.items, 0, mine.number())] { return load.number(); });
    book_.require(asked.has_value(), "a pool that is open refuses");
    if (asked) {
      const auto given = co_await *asked;
      book_.require(given && *given == mine.number(), "a pool gave something else");
    }
    co_return mine.end();
  }
  // Has children, and does with them as it is drawn.
  task<std::uint32_t, Sync> raise(errand mine, random_stream random, unsigned depth) {
    std::vector<child> children;
    for (std::uint64_t left = random.next() % 5; left > 0; --left) {
      spawn_any(random, depth - 1, children);
    }
    if (random.one_in(3)) {
      post(errand(book_));
    }
    for (child& each : children) {
      if (random.one_in(8)) {
        co_await yield_now<Sync>();
      }
      maybe_cancel(each, random);
      if (!random.one_in(6)) {
        settle(each, co_await each.handle);
      }
    }
    co_return mine.end();
  }
  void post(errand mine) {
    if (!all_->post([mine = std::move(mine)]() mutable { std::ignore = mine.end(); })) {
      book_.count(book_.refused);
    }
  }
  static std::uint64_t fibonacci(unsigned n) {
    if (n < 2) {
      return n;
    }
    std::uint64_t one = 0;
    std::uint64_t other = 0;
    fork<Sync>([&] { one = fibonacci(n - 1); }, [&] { other = fibonacci(n - 2); });
    return one + other;
  }

  void work_outside(random_stream random) {
    for (std::uint64_t left = 5 + random.next() % 15; left > 0; --left) {
      std::vector<child> mine;
      spawn_any(random, 1, mine);
      if (random.one_in(8)) {
        std::ignore = all_->statistics();
        std::ignore = all_->waiting();
      }
      for (child& each : mine) {
        maybe_cancel(each, random);
        if (random.one_in(2)) {
          settle(each, each.handle.join());
        }
      }
    }
  }

  // Channels between tasks --------------------------------------------------

  void start_pipelines(std::vector<child>& into) {
    for (std::uint64_t left = random_.next() % 3; left > 0; --left) {
      switch (random_.next() % 3) {
        case 0: start_pipeline<lock_ring<message, Sync>>(into); break;
        case 1: start_pipeline<lock_free_ring<message, Sync>>(into); break;
        default: start_pipeline<rendezvous<message, Sync>>(into); break;
      }
    }
  }
  template <class Core>
  void start_pipeline(std::vector<child>& into) {
    const auto line = std::make_shared<pipeline<Core>>(book_, pick(random_, {1, 2, 8}));
    pipelines_.push_back([this, line] { line->judge(counts_.was_cut == 0 && !cancels_in_lines_); });
    const auto start = [&](auto callable, auto coroutine) {
      for (std::uint64_t left = 1 + random_.next() % 3; left > 0; --left) {
        errand mine(book_);
        const std::uint32_t number = mine.number();
        const random_stream its(random_.next());
        if (callables_wait && random_.one_in(2)) {
          spawn(number, callable(std::move(mine), its), into);
        } else {
          spawn(number, coroutine(std::move(mine), its), into);
        }
      }
    };
    start(
        [&](errand each, random_stream its) {
          return [this, line, mine = std::move(each), to = line->tx(), its]() mutable {
            return line->sends_in_place(mine, std::move(to), waits_for_outsiders_, its);
          };
        },
        [&](errand each, random_stream its) {
          return line->sends(std::move(each), line->tx(), all_->alarms(), its);
        });
    start(
        [&](errand each, random_stream its) {
          return [this, line, mine = std::move(each), from = line->rx(), its]() mutable {
            return line->receives_in_place(mine, std::move(from), waits_for_outsiders_, its);
          };
        },
        [&](errand each, random_stream its) {
          return line->receives(std::move(each), line->rx(), all_->alarms(), its);
        });
    line->let_go();
    if (random_.one_in(4)) {
      cancels_in_lines_ = true;
      maybe_cancel(into.back(), random_);
    }
  }

  // What became of it -------------------------------------------------------

  void maybe_cancel(child& which, random_stream& random) {
    if (random.one_in(6)) {
      book_.count(book_.cancelled);
      which.is_cancelled = true;
      which.handle.cancel();
    }
  }
  void settle(child& which, const join_result<std::uint32_t>& given) {
    book_.moved();
    if (given) {
      gave_.fetch_add(1, std::memory_order_relaxed);
      book_.require(*given == which.number, "a task gave what another was to give");
    } else if (given.error().cancelled()) {
      book_.require(which.is_cancelled || may_be_cut_, "a task that nobody cancelled gave nothing");
    } else {
      threw_.fetch_add(1, std::memory_order_relaxed);
      book_.require(number_in(given.error().thrown()) == which.number,
                    "a task threw what another was to throw");
    }
  }
  static std::optional<std::uint32_t> number_in(const std::exception_ptr& what) {
    try {
      std::rethrow_exception(what);
    } catch (const thrown& mine) {
      return mine.number;
    } catch (...) {
      return std::nullopt;
    }
  }

  // How many tasks are stuck.
  std::uint64_t shut_down(end how) {
    shutdown_report report;
    switch (how) {
      case end::at_rest:
      case end::drained: report = all_->shut_down(shutdown_mode::drain); break;
      case end::in_time:
        may_be_cut_ = true;
        report = all_->shut_down_until(soon<Sync>(random_));
        break;
      case end::cancelled:
        may_be_cut_ = true;
        report = all_->shut_down(shutdown_mode::cancel);
        report.in_time = false;
        break;
    }
    book_.require(report.in_time || may_be_cut_, "a drain without a deadline was cut short");
    book_.require(report.stuck == 0, "a task is stuck, and what it waits for has come");
    counts_.was_cut += report.in_time ? 0 : 1;
    post(errand(book_));  // it comes back
    return report.stuck;
  }
  void sum_up() {
    book_.require(all_->statistics().live == 0, "tasks live on");
    for (const worker_statistics& each : all_->statistics().workers) {
      counts_.stolen += each.stolen;
      counts_.went_aside += each.went_aside;
    }
    counts_.gave += gave_;
    counts_.threw += threw_;
    counts_.dropped += book_.dropped - book_.refused;
    counts_.refused += book_.refused;
  }

  random_stream random_;
  errand_book book_;
  std::atomic<std::int64_t> may_begin_ = 0;
  bool waits_for_outsiders_ = false;  // what shuts it down, before it ends
  bool cancels_in_lines_ = false;
  std::atomic<bool> may_be_cut_ = false;
  std::atomic<std::uint64_t> gave_ = 0;
  std::atomic<std::uint64_t> threw_ = 0;
  std::vector<std::function<void()>> pipelines_;  // say what is to be said of them
  std::optional<blocking_pool<Sync>> pool_{std::in_place, blocking_pool_options{.most_threads = 2}};
  std::optional<scheduler<Sync>> all_;
  scheduler_counts counts_;
};

}  // namespace handfast::stress
