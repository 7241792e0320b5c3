// How a worker's work goes aside with its stack where it waits, and comes back (host.hpp).
//
// Rules
//  1. The worker's loop runs on stacks of the pool's, not on the thread's. Work that waits keeps
//     the stack that it runs on, and the loop begins anew on another. Where work comes back, the
//     loop that found it ends, and its stack is free.
//  2. The loop keeps nothing on its stack but the stack: what came back on it may have come to
//     another worker. So after each switch it asks which worker this is.
//  3. Who leaves a stack is asleep for others only when nothing runs on it any more: what it
//     wanted to be asked then is asked on the next stack.
#pragma once

#include <handfast/park/host.hpp>
#include <handfast/park/waker.hpp>
#include <handfast/sched/stacks.hpp>
#include <handfast/sched/statistics.hpp>
#include <handfast/sync/policy.hpp>
#include <handfast/sync/stack.hpp>
#include <handfast/task/job.hpp>

#include <cstdint>
#include <utility>

namespace handfast {

template <sync_policy Sync>
class workshop;

/// Of a Worker, which derives from it, and says what to run (`next`).
template <class Worker, sync_policy Sync>
class stack_loop : public host<Sync> {
 public:
  void put_aside(waker& comes_back, bool (*falls_asleep)(void*) noexcept,
                 void* whom) noexcept override {
    if constexpr (Sync::limits::stacks_go_aside) {
      stack& fresh = take_stack();
      aside place(self(), *runs_on_);
      comes_back = place.handle();
      leave_aside(fresh, falls_asleep, whom);
    }
  }
  void give_way() noexcept override {
    if constexpr (Sync::limits::stacks_go_aside) {
      if (self().is_busy()) {
        aside place(self(), *runs_on_);
        leave_aside(
            take_stack(),
            [](void* what) noexcept {
              Worker::current()->push_quietly(*static_cast<aside*>(what));
              return true;
            },
            &place);
      }
    }
  }

 protected:
  explicit stack_loop(stack_pool<Sync>& stacks) noexcept : stacks_(stacks) {}
  ~stack_loop() = default;

  /// Runs what there is, until there is nothing any more.
  void run_on_stacks() noexcept {
    stack of_thread;
    stack& first = take_stack();
    of_thread_ = &of_thread;
    runs_on_ = &first;
    host<Sync>::is_here(this);
    first.start(&loop, this);
    stack::switch_between(of_thread, first);
    arrive();
    host<Sync>::is_here(nullptr);
    stacks_.give_back_all(free_);
  }

  /// Whether the stack of what runs here has room for more.
  [[nodiscard]] bool has_room() const noexcept { return runs_on_->is_half_free(); }
  /// How often something went aside here.
  [[nodiscard]] std::uint64_t went_aside() const noexcept { return went_aside_.value(); }

 private:
  // A stack whose work waits, as a job: it comes back.
  class aside : public job<Sync> {
   public:
    aside(Worker& from, stack& its) noexcept : job<Sync>(&go_on), shop_(from.shop()), its_(its) {}
    [[nodiscard]] waker handle() noexcept { return {&wake, this}; }

   private:
    static void wake(void* whom) noexcept {
      auto& self = *static_cast<aside*>(whom);
      Worker::come_back(self.shop_, self);
    }
    // From a loop, which ends here, on its stack.
    static void go_on(job<Sync>& what) noexcept {
      stack& its = static_cast<aside&>(what).its_;
      Worker::current()->leave_for(its);
    }

    workshop<Sync>& shop_;
    stack& its_;
  };

  [[nodiscard]] Worker& self() noexcept { return static_cast<Worker&>(*this); }

  // Stops the program where there is none: what waits could not be left, and if all workers
  // waited, nobody would run what is woken.
  [[nodiscard]] stack& take_stack() noexcept {
    stack* const fresh = stacks_.take(free_);
    Sync::assert_that(fresh != nullptr,
                      "no memory for another stack, or too many (vm.max_map_count allows for half "
                      "as many as it says)");
    return *fresh;
  }

  // To a loop on `fresh`, which asks `falls_asleep`; returns when what runs here comes back.
  void leave_aside(stack& fresh, bool (*falls_asleep)(void*) noexcept, void* whom) noexcept {
    stack& mine = *runs_on_;
    went_aside_.add();
    falls_asleep_ = falls_asleep;
    whom_ = whom;
    leaves_ = &mine;
    fresh.start(&loop, this);
    runs_on_ = &fresh;
    stack::switch_between(mine, fresh);
    Worker::current()->arrive();
  }

  static void loop(void* of) {
    static_cast<stack_loop*>(of)->begin();
    // What ran may have gone aside, and come back to another worker.
    while (job<Sync>* const next = Worker::current()->next()) {
      next->run();
    }
    Worker::current()->leave_for(*Worker::current()->of_thread_);
  }
  void begin() noexcept {
    arrive();
    stack* const asks = std::exchange(leaves_, nullptr);
    if (asks != nullptr && !falls_asleep_(whom_)) {
      leave_for(*asks);
    }
  }

  // For good: what the loop stands on is free then.
  void leave_for(stack& its) noexcept {
    stack& mine = *runs_on_;
    used_up_ = &mine;
    runs_on_ = &its;
    stack::switch_for_good(mine, its);
  }
  // Right after a switch.
  void arrive() noexcept {
    if (stack* const done = std::exchange(used_up_, nullptr)) {
      stacks_.give_back(free_, *done);
    }
  }

  stack_pool<Sync>& stacks_;
  stack* of_thread_ = nullptr;
  stack* runs_on_ = nullptr;
  stack* free_ = nullptr;     // some that nothing runs on
  stack* used_up_ = nullptr;  // by whoever left it for good, until the next has arrived
  // What whoever leaves a stack asks to be done on the next.
  stack* leaves_ = nullptr;
  bool (*falls_asleep_)(void*) noexcept = nullptr;
  void* whom_ = nullptr;
  counter<Sync> went_aside_;
};

}  // namespace handfast
