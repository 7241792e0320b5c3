// The scenarios of a task's state word: wakes, polls, cancelling, joining and letting go race.
#pragma once

#include <handfast/park/parker.hpp>
#include <handfast/sync/busy_wait.hpp>
#include <handfast/task/task_state.hpp>

#include <cstdint>
#include <string_view>

namespace handfast::scenarios {

/// A task in memory from the policy, whose frame every engine watches, and a queue for it alone.
template <class Sync>
class lone_task {
 public:
  using state = task_state<Sync>;

  lone_task() : its_(make_object<held, Sync>()) {}

  state& word() { return its_->word; }

  void schedule() {
    queued_.fetch_or(1, order::release);  // as every queue orders who puts before who takes
    Sync::notify_one(queued_);
  }
  void schedule_if(typename state::woken told) {
    if (told == state::woken::schedule) {
      schedule();
    }
  }

  /// Takes it from the queue, and waits for that; polls or drops it, as it is told. `ready` says
  /// whether a poll is. Whether it is complete.
  template <class Ready>
  bool run(Ready ready) {
    while (queued_.exchange(0, order::acquire) == 0) {
      Sync::wait(queued_, 0U);
    }
    const bool dropped = word().begin() == state::begun::drop;
    its_->frame.write() += 1;
    if (dropped || ready()) {
      its_->was_dropped.write() = dropped;
      free_if(word().complete());
      return true;
    }
    if (word().pend() == state::pended::again) {
      schedule();
    }
    return false;
  }

  /// Takes it from the queue, and polls it, which yields.
  void yields_once() {
    Sync::assert_that(queued_.exchange(0, order::acquire) == 1, "it is scheduled");
    std::ignore = word().begin();
    its_->frame.write() += 1;
    schedule();
  }

  /// What it gave: whether it was dropped. Once it is complete.
  [[nodiscard]] bool was_dropped() const { return its_->was_dropped.read(); }

  void free_if(typename state::let_go told) {
    if (told == state::let_go::last) {
      destroy_object<held, Sync>(its_);
    }
  }

 private:
  struct held {
    state word;
    typename Sync::template var<int> frame;
    typename Sync::template var<bool> was_dropped;
  };

  held* its_;
  typename Sync::template atomic<std::uint32_t> queued_{1};
};

template <class Sync>
struct wake_is_not_lost {
  static constexpr std::string_view claim =
      "a task that is woken while it is polled, or idle, is polled again and sees what came before";
  static constexpr unsigned threads = 2;

  void thread(unsigned index) {
    if (index == 0) {
      while (!task.run([this] { return came.load(order::relaxed) != 0; })) {
      }
    } else {
      came.store(1, order::relaxed);
      task.schedule_if(task.word().wake());
      task.free_if(task.word().leave());
    }
  }
  void finish() {}

  lone_task<Sync> task;
  typename Sync::template atomic<std::uint32_t> came{0};
};

template <class Sync>
struct woken_task_is_polled_once {
  static constexpr std::string_view claim =
      "a task is polled at most once for each time that it is woken, and at first";
  static constexpr unsigned threads = 2;

  void thread(unsigned index) {
    if (index == 0) {
      int polls = 0;
      do {
        Sync::assert_that(++polls <= 3, "it was woken twice");
      } while (!task.run([this] { return came.load(order::relaxed) != 0; }));
    } else {
      task.schedule_if(task.word().wake());  // for nothing
      came.store(1, order::relaxed);
      task.schedule_if(task.word().wake());
      task.free_if(task.word().leave());
    }
  }
  void finish() {}

  lone_task<Sync> task;
  typename Sync::template atomic<std::uint32_t> came{0};
};

template <class Sync>
struct two_workers_take_turns {
  static constexpr std::string_view claim =
      "of two workers one at a time has the frame, and finds what the other did";
  static constexpr unsigned threads = 3;

  void thread(unsigned index) {
    if (index < 2) {
      task.run([this] { return polls.fetch_add(1, order::relaxed) == 1; });
    } else {
      busy_wait<Sync> for_the_poll;
      while (polls.load(order::relaxed) == 0) {
        for_the_poll.go_on();
      }
      task.schedule_if(task.word().wake());  // it has been polled once, and is to be again
    }
  }
  void finish() {
    Sync::assert_that(polls.load(order::relaxed) == 2, "each polled it once");
    task.free_if(task.word().leave());
  }

  lone_task<Sync> task;
  typename Sync::template atomic<std::uint32_t> polls{0};
};

template <class Sync>
struct yielded_task_is_polled_again {
  static constexpr std::string_view claim =
      "a task that yields, and is woken meanwhile or not, is polled again, and is idle then";
  static constexpr unsigned threads = 2;

  void thread(unsigned index) {
    if (index == 0) {
      task.yields_once();
      while (!task.run([this] { return came.load(order::relaxed) != 0; })) {
      }
    } else {
      came.store(1, order::relaxed);
      task.schedule_if(task.word().wake());
      task.free_if(task.word().leave());
    }
  }
  void finish() {}

  lone_task<Sync> task;
  typename Sync::template atomic<std::uint32_t> came{0};
};

template <class Sync>
struct cancelled_task_is_dropped {
  static constexpr std::string_view claim =
      "a task that is cancelled, whenever that is, is dropped or has come to its end";
  static constexpr unsigned threads = 3;

  void thread(unsigned index) {
    if (index == 0) {
      while (!task.run([this] { return came.load(order::relaxed) != 0; })) {
      }
    } else if (index == 1) {
      task.schedule_if(task.word().cancel());
      task.free_if(task.word().leave());
    } else {
      came.store(1, order::relaxed);
    }
  }
  void finish() {}

  lone_task<Sync> task;
  typename Sync::template atomic<std::uint32_t> came{0};
};

template <class Sync>
struct join_finds_what_the_task_gave {
  static constexpr std::string_view claim =
      "who joins is woken when the task is complete, finds what it gave, and is left alone then";
  static constexpr unsigned threads = 2;

  void thread(unsigned index) {
    if (index == 0) {
      while (!task.run([] { return true; })) {
      }
    } else {
      block();
      Sync::assert_that(!task.was_dropped(), "nobody cancelled it");
      task.free_if(task.word().leave());
    }
  }
  void finish() {}

  // What it is woken by is gone before it leaves.
  void block() {
    parker<Sync> mine;
    while (task.word().join(mine.handle()) == poll_status::pending) {
      mine.park(forever{});
      mine.reset();
    }
  }

  lone_task<Sync> task;
};

template <class Sync>
struct joiner_leaves {
  static constexpr std::string_view claim =
      "who joined and leaves is called no more, and the task is freed once";
  static constexpr unsigned threads = 2;

  void thread(unsigned index) {
    if (index == 0) {
      while (!task.run([] { return true; })) {
      }
    } else {
      parker<Sync> mine;
      std::ignore = task.word().join(mine.handle());
      std::ignore = task.word().join(mine.handle());
      task.free_if(task.word().leave());
    }
  }
  void finish() {}

  lone_task<Sync> task;
};

template <class Visit>
void for_each_task_state_scenario(Visit&& visit) {
  visit.template operator()<wake_is_not_lost>("task_state.wake_is_not_lost");
  visit.template operator()<woken_task_is_polled_once>("task_state.woken_task_is_polled_once");
  visit.template operator()<two_workers_take_turns>("task_state.two_workers_take_turns");
  visit.template operator()<yielded_task_is_polled_again>(
      "task_state.yielded_task_is_polled_again");
  visit.template operator()<cancelled_task_is_dropped>("task_state.cancelled_task_is_dropped");
  visit.template operator()<join_finds_what_the_task_gave>(
      "task_state.join_finds_what_the_task_gave");
  visit.template operator()<joiner_leaves>("task_state.joiner_leaves");
}

}  // namespace handfast::scenarios
