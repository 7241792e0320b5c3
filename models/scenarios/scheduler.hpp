// The scenarios of the whole scheduler: what is spawned, waited for, cancelled, shut down.
#pragma once

#include <handfast/channel/channel.hpp>
#include <handfast/sched/fork_join.hpp>
#include <handfast/sched/scheduler.hpp>
#include <handfast/sync/busy_wait.hpp>
#include <handfast/task/task.hpp>

#include <cstdint>
#include <string_view>
#include <tuple>
#include <utility>

#include "models/scenarios/scenario.hpp"

namespace handfast::scenarios {

template <class Sync>
scheduler_options crew_of(unsigned workers) {
  return {.workers = workers};
}

// A task that waits for an item; the receiver lives longer.
template <class Sync>
task<int, Sync> wait_for_item(const receiver<lock_ring<item<Sync>, Sync>>& from) {
  auto came = co_await from.async_receive();
  co_return came ? came->value() : 0;
}

template <class Sync>
struct drained_before_it_ends {
  static constexpr std::string_view claim =
      "what was posted before a shutdown has run when it returns, and its memory is given back";
  static constexpr unsigned threads = 1;
  static constexpr unsigned spawned = 1;

  void thread(unsigned) {
    scheduler<Sync> all(crew_of<Sync>(1));
    Sync::assert_that(
        all.post([this, its = item<Sync>(7)] { ran.write() += its.value(); }).has_value(),
        "it is open");
    const auto report = all.shut_down(shutdown_mode::drain);
    Sync::assert_that(report.in_time && report.stuck == 0, "nothing is left");
  }
  void finish() { Sync::assert_that(ran.read() == 7, "it ran once"); }

  typename Sync::template var<int> ran;
};

template <class Sync>
struct tasks_spawn_while_it_drains {
  static constexpr std::string_view claim =
      "a task that spawns another while the scheduler drains has it run, by whichever worker";
  static constexpr unsigned threads = 1;
  static constexpr unsigned spawned = 2;
  static constexpr unsigned weight = 2;

  void thread(unsigned) {
    scheduler<Sync> all(crew_of<Sync>(2));
    std::ignore = all.post([this, &all] { std::ignore = all.post([this] { ran.write() = 1; }); });
  }
  void finish() { Sync::assert_that(ran.read() == 1, "it ran"); }

  typename Sync::template var<int> ran;
};

template <class Sync>
struct join_gives_what_it_gave {
  static constexpr std::string_view claim = "who joins gets what the task gave, from any thread";
  static constexpr unsigned threads = 1;
  static constexpr unsigned spawned = 1;

  void thread(unsigned) {
    scheduler<Sync> all(crew_of<Sync>(1));
    auto made = all.spawn([] { return item<Sync>(5); });
    Sync::assert_that(made.has_value(), "it is open");
    const auto given = made->join();
    Sync::assert_that(given && given->value() == 5, "it gave that");
  }
  void finish() {}
};

template <class Sync>
struct cancelled_or_complete {
  static constexpr std::string_view claim =
      "a task that is cancelled while it waits, or before, is dropped, and join says so";
  static constexpr unsigned threads = 1;
  static constexpr unsigned spawned = 1;

  void thread(unsigned) {
    auto [tx, rx] = make_channel<item<Sync>, Sync>(1);
    scheduler<Sync> all(crew_of<Sync>(1));
    auto made = all.spawn(wait_for_item<Sync>(rx));
    Sync::assert_that(made.has_value(), "it is open");
    made->cancel();
    const auto given = made->join();
    Sync::assert_that(!given && given.error().cancelled(), "nothing came, so it was dropped");
    Sync::assert_that(tx.try_send(item<Sync>(1)).has_value(), "the channel has its room yet");
  }
  void finish() {}
};

template <class Sync>
struct woken_task_goes_on {
  static constexpr std::string_view claim =
      "a task that waits for an item gets it, whenever the item comes from outside";
  static constexpr unsigned threads = 1;
  static constexpr unsigned spawned = 1;

  void thread(unsigned) {
    auto [tx, rx] = make_channel<item<Sync>, Sync>(1);
    scheduler<Sync> all(crew_of<Sync>(1));
    auto made = all.spawn(wait_for_item<Sync>(rx));
    Sync::assert_that(tx.send(item<Sync>(3)).has_value(), "it is open");
    const auto given = made->join();
    Sync::assert_that(given && *given == 3, "it came");
  }
  void finish() {}
};

template <class Sync>
struct shut_down_cancels {
  static constexpr std::string_view claim =
      "a shutdown that cancels drops what waits, and what is refused after it comes back";
  static constexpr unsigned threads = 1;
  static constexpr unsigned spawned = 1;

  void thread(unsigned) {
    auto [tx, rx] = make_channel<item<Sync>, Sync>(1);
    scheduler<Sync> all(crew_of<Sync>(1));
    auto made = all.spawn(wait_for_item<Sync>(rx));
    std::ignore = all.shut_down(shutdown_mode::cancel);
    const auto given = made->join();
    Sync::assert_that(!given && given.error().cancelled(), "nothing came, so it was dropped");
    const auto late = all.post([its = item<Sync>(7)] { std::ignore = its.value(); });
    Sync::assert_that(!late && late.error().reason == spawn_failure::shut_down, "it is over");
  }
  void finish() {}
};

template <class Sync>
struct woken_while_all_is_dropped {
  static constexpr std::string_view claim =
      "a task that is woken from outside while all is dropped is dropped, or goes on; it is not "
      "left";
  static constexpr unsigned threads = 2;
  static constexpr unsigned spawned = 1;

  void thread(unsigned index) {
    if (index == 0) {
      scheduler<Sync> all(crew_of<Sync>(1));
      auto made = all.spawn(wait_for_item<Sync>(*ends.rx));
      const auto report = all.shut_down(shutdown_mode::cancel);
      Sync::assert_that(report.stuck == 0, "nothing is left");
      std::ignore = made->join();
    } else {
      ends.must_send(1);
    }
  }
  void finish() {}

  channel_ends<Sync> ends{1};
};

template <class Sync>
struct shut_down_leaves_no_job {
  static constexpr std::string_view claim =
      "what was posted before a shutdown that cancels has run, or is dropped, when it returns";
  static constexpr unsigned threads = 1;
  static constexpr unsigned spawned = 1;

  void thread(unsigned) {
    scheduler<Sync> all(crew_of<Sync>(1));
    std::ignore = all.post([its = item<Sync>(7)] { std::ignore = its.value(); });
    const auto report = all.shut_down(shutdown_mode::cancel);
    Sync::assert_that(report.stuck == 0, "nothing is left");
  }
  void finish() {}
};

template <class Sync>
struct quiet_when_all_is_done {
  static constexpr std::string_view claim =
      "who waits until nothing runs finds done what can be, and what is left counted";
  static constexpr unsigned threads = 1;
  static constexpr unsigned spawned = 1;

  void thread(unsigned) {
    scheduler<Sync> all(crew_of<Sync>(1));
    std::ignore = all.post([this] { ran.write() = 1; });
    Sync::assert_that(all.wait_until_quiet() == 0, "nothing is left");
    Sync::assert_that(ran.read() == 1, "it ran");
  }
  void finish() {}

  typename Sync::template var<int> ran;
};

template <class Sync>
struct fork_does_both {
  static constexpr std::string_view claim =
      "of a fork both are done once, by one worker or two, and are done when it returns";
  static constexpr unsigned threads = 1;
  static constexpr unsigned spawned = 2;
  static constexpr unsigned weight = 2;

  void thread(unsigned) {
    scheduler<Sync> all(crew_of<Sync>(2));
    std::ignore = all.post([this] {
      fork<Sync>([this] { first.write() += 1; }, [this] { second.write() += 1; });
      Sync::assert_that(first.read() == 1 && second.read() == 1, "both are done");
    });
  }
  void finish() { Sync::assert_that(first.read() + second.read() == 2, "each once"); }

  typename Sync::template var<int> first;
  typename Sync::template var<int> second;
};

template <class Sync>
struct fork_waits_for_who_stole {
  static constexpr std::string_view claim =
      "who forked finds done what another stole, and is left alone then";
  static constexpr unsigned threads = 2;

  void thread(unsigned index) {
    if (index == 0) {
      auto second = [this] { done.write() += 1; };
      detail::forked<decltype(second), Sync> other(second);
      stolen.store(&other, order::release);
      other.join();
      Sync::assert_that(done.read() == 1, "it is done");
    } else {
      job<Sync>* mine = nullptr;
      busy_wait<Sync> for_the_fork;
      while ((mine = stolen.load(order::acquire)) == nullptr) {
        for_the_fork.go_on();
      }
      mine->run();
    }
  }
  void finish() {}

  typename Sync::template var<int> done;
  typename Sync::template atomic<job<Sync>*> stolen{nullptr};
};

template <class Sync>
struct woken_task_goes_elsewhere {
  static constexpr std::string_view claim =
      "a task that was woken by one that keeps its worker goes on on another worker";
  static constexpr unsigned threads = 1;
  static constexpr unsigned spawned = 2;
  static constexpr unsigned weight = 2;

  void thread(unsigned) {
    scheduler<Sync> all(crew_of<Sync>(2));
    std::ignore = all.spawn(tell_what_came());
    std::ignore = all.post([this] {
      ends.must_send(1);
      while (has_come.load(order::acquire) == 0) {
        Sync::wait(has_come, 0U);
      }
    });
  }
  void finish() { Sync::assert_that(came.read() == 1, "it came"); }

  task<void, Sync> tell_what_came() {
    const auto received = co_await ends.rx->async_receive();
    came.write() = received->value();
    has_come.store(1, order::release);
    Sync::notify_one(has_come);
  }

  channel_ends<Sync> ends{1};
  typename Sync::template var<int> came;
  typename Sync::template atomic<std::uint32_t> has_come{0};
};

template <class Visit>
void for_each_scheduler_scenario(Visit&& visit) {
  visit.template operator()<drained_before_it_ends>("scheduler.drained_before_it_ends");
  visit.template operator()<tasks_spawn_while_it_drains>("scheduler.tasks_spawn_while_it_drains");
  visit.template operator()<join_gives_what_it_gave>("scheduler.join_gives_what_it_gave");
  visit.template operator()<cancelled_or_complete>("scheduler.cancelled_or_complete");
  visit.template operator()<woken_task_goes_on>("scheduler.woken_task_goes_on");
  visit.template operator()<shut_down_cancels>("scheduler.shut_down_cancels");
  visit.template operator()<woken_while_all_is_dropped>("scheduler.woken_while_all_is_dropped");
  visit.template operator()<shut_down_leaves_no_job>("scheduler.shut_down_leaves_no_job");
  visit.template operator()<quiet_when_all_is_done>("scheduler.quiet_when_all_is_done");
  visit.template operator()<woken_task_goes_elsewhere>("scheduler.woken_task_goes_elsewhere");
  visit.template operator()<fork_does_both>("scheduler.fork_does_both");
  visit.template operator()<fork_waits_for_who_stole>("scheduler.fork_waits_for_who_stole");
}

}  // namespace handfast::scenarios
