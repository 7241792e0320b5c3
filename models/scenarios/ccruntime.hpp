// Scenarios of libccruntime, as compiled programs use it: state machines that are polled, channels
// that are freed by their owner while calls and tasks have them, threads that begin by themselves.
#pragma once

#include <handfast/capi/ccruntime_calls.hpp>
#include <handfast/memory/object.hpp>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <tuple>
#include <utility>

#include "models/scenarios/scenario.hpp"

namespace handfast::scenarios::cc {

// A value as such programs send them: the address of something that is owned by who has it.
template <class Sync>
struct value {
  using body = typename Sync::template var<int>;

  [[nodiscard]] static value make(int number) { return {make_object<body, Sync>(number)}; }
  [[nodiscard]] int take() const {
    const int number = its->read();
    destroy_object<body, Sync>(its);
    return number;
  }

  body* its = nullptr;
};

// A program, its runtime, and a channel of values.
template <class Sync>
class program {
 public:
  using limit = handfast::cc::limit<Sync>;
  using runtime = handfast::cc::runtime<Sync>;

  explicit program(std::size_t capacity) : chan(runtime::chan_create(capacity, sizeof(void*))) {
    Sync::assert_that(chan != nullptr, "there is memory");
  }
  program(const program&) = delete;
  program& operator=(const program&) = delete;
  ~program() { calls.end(); }

  void send(int number, CCChan* to = nullptr) {
    const auto its = value<Sync>::make(number);
    const int error = runtime::chan_send(to == nullptr ? chan : to, &its, sizeof(its), limit());
    Sync::assert_that(error == 0, "the channel is open");
  }
  // 0: closed, and nothing is left.
  [[nodiscard]] int receive() {
    value<Sync> out;
    return runtime::chan_recv(chan, &out, sizeof(out), limit()) == 0 ? out.take() : 0;
  }
  // What is there; 0: nothing.
  [[nodiscard]] static int left_in(CCChan* from) {
    value<Sync> out;
    return runtime::chan_try_recv(from, &out, sizeof(out)) == 0 ? out.take() : 0;
  }
  [[nodiscard]] CCTaskIntptr receive_task(value<Sync>& into, const limit& end = {}) {
    const CCTaskIntptr made = calls.chan_recv_task(chan, &into, sizeof(into), end);
    Sync::assert_that(made.poll != nullptr, "there is memory");
    return made;
  }
  void start() { Sync::assert_that(calls.start(1) == 0, "it has not begun"); }

  runtime calls{[]() noexcept { return true; }};
  CCChan* chan;
};

template <class Sync>
struct freed_while_a_task_waits {
  static constexpr std::string_view claim =
      "a channel is freed by its owner while a task waits in it: the task ends, and the last has "
      "freed it";
  static constexpr unsigned threads = 2;

  void thread(unsigned index) {
    if (index == 0) {
      std::intptr_t error = 0;
      std::ignore = p.calls.block_on(task, &error);
      Sync::assert_that(error == EPIPE, "nothing was sent");
    } else {
      p.calls.chan_free(p.chan);
    }
  }
  void finish() {}

  program<Sync> p{1};
  value<Sync> into;
  CCTaskIntptr task = p.receive_task(into);
};

template <class Sync>
struct task_receives_what_was_sent {
  static constexpr std::string_view claim =
      "a task that waits for a value is woken for it, where values have room and where not";
  static constexpr unsigned threads = 2;

  void thread(unsigned index) {
    for (auto* const its : {&with_room, &without}) {
      if (index == 0) {
        value<Sync> out;
        std::intptr_t error = -1;
        std::ignore = its->calls.block_on(its->receive_task(out), &error);
        Sync::assert_that(error == 0 && out.take() == 3, "it came with its contents");
      } else {
        its->send(3);
      }
    }
  }
  void finish() {
    with_room.calls.chan_free(with_room.chan);
    without.calls.chan_free(without.chan);
  }

  program<Sync> with_room{1};
  program<Sync> without{0};
};

template <class Sync>
struct send_task_waits_for_room {
  static constexpr std::string_view claim =
      "a task that waits for room sends behind what was there, or by its deadline has not sent";
  static constexpr unsigned threads = 2;
  static constexpr unsigned spawned = 1;

  void thread(unsigned index) {
    if (index == 0) {
      p.send(1);
      const auto mine = value<Sync>::make(2);
      std::intptr_t error = -1;
      const CCTaskIntptr sends = p.calls.chan_send_task(p.chan, &mine, sizeof(mine), soon<Sync>());
      std::ignore = p.calls.block_on(sends, &error);
      Sync::assert_that(error == 0 || (error == ETIMEDOUT && mine.take() == 2), "sent, or ours");
      sent = error == 0;
    } else {
      Sync::assert_that(p.receive() == 1, "what was first");
    }
  }
  void finish() {
    Sync::assert_that(p.left_in(p.chan) == (sent ? 2 : 0), "it is there if it was sent");
    p.calls.chan_free(p.chan);
  }

  program<Sync> p{1};
  bool sent = false;
};

template <class Sync>
struct dropped_task_leaves_its_value {
  static constexpr std::string_view claim =
      "a task that is dropped while it waits leaves its value and its wake-up to another";
  static constexpr unsigned threads = 3;
  static constexpr double weight = 5;

  void thread(unsigned index) {
    if (index == 0) {
      value<Sync> out;
      handfast::cc::poller<Sync> once(waker([](void*) noexcept {}, nullptr));
      CCTaskIntptr task = p.receive_task(out);
      std::intptr_t error = -1;
      int same = 0;
      if (once.poll(task, error, same) == CC_FUTURE_READY) {
        p.send(out.take());
      }
      handfast::cc::drop_task(task);
    } else if (index == 1) {
      value<Sync> out;
      std::intptr_t error = -1;
      std::ignore = p.calls.block_on(p.receive_task(out), &error);
      Sync::assert_that(error == 0 && out.take() == 1, "it comes in the end");
    } else {
      p.send(1);
    }
  }
  void finish() { p.calls.chan_free(p.chan); }

  program<Sync> p{1};
};

// A task of a program's own, which waits for something else than a channel.
template <class Sync>
struct own_task {
  static CCFutureStatus poll(void* self, std::intptr_t*, int*) {
    auto& its = *static_cast<own_task*>(self);
    if (!std::exchange(its.has_begun, true)) {
      its.wakes.write() = handfast::cc::runtime<Sync>::waker_current();
      its.is_given.store(1, order::release);
      Sync::notify_one(its.is_given);
    }
    return its.is_over.load(order::relaxed) ? CC_FUTURE_READY : CC_FUTURE_PENDING;
  }

  bool has_begun = false;
  typename Sync::template var<CCWaker*> wakes{nullptr};
  typename Sync::template atomic<std::uint32_t> is_given{0};
  typename Sync::template atomic<bool> is_over{false};
};

template <class Sync>
struct woken_task_is_polled_again {
  static constexpr std::string_view claim =
      "a task whose waker is woken is polled again, whenever that is; the last who has the waker "
      "frees it";
  static constexpr unsigned threads = 2;

  void thread(unsigned index) {
    using calls = handfast::cc::runtime<Sync>;
    if (index == 0) {
      Sync::assert_that(calls::block_on({its.poll, nullptr, &its, nullptr}, nullptr) == 0, "over");
    } else {
      while (its.is_given.load(order::acquire) == 0) {
        Sync::wait(its.is_given, 0);
      }
      CCWaker* const wakes = its.wakes.read();
      its.is_over.store(true, order::relaxed);
      calls::waker_wake(wakes);
      calls::waker_drop(wakes);
    }
  }
  void finish() {}

  own_task<Sync> its;
};

template <class Sync>
struct match_does_one {
  static constexpr std::string_view claim =
      "of a match's send and receive one is done, and the other leaves its value where it was";
  static constexpr unsigned threads = 2;

  void thread(unsigned index) {
    if (index == 0) {
      const auto mine = value<Sync>::make(2);
      value<Sync> out;
      const std::array<CCMatchCase, 2> cases{
          {{full.chan, &mine, nullptr, sizeof(mine)}, {empty.chan, nullptr, &out, sizeof(out)}}};
      std::size_t which = 2;
      const int error = full.calls.match(cases.data(), cases.size(), {}, &which);
      Sync::assert_that(error == 0 && which < 2, "nobody closes");
      sent = which == 0;
      Sync::assert_that(sent || (out.take() == 3 && mine.take() == 2), "received, and ours");
    } else {
      Sync::assert_that(full.receive() == 1, "what was first");
      empty.send(3);
    }
  }
  void finish() {
    Sync::assert_that(full.left_in(full.chan) == (sent ? 2 : 0), "sent, or not");
    Sync::assert_that(empty.left_in(empty.chan) == (sent ? 3 : 0), "received, or not");
    full.calls.chan_free(full.chan);
    empty.calls.chan_free(empty.chan);
  }

  match_does_one() { full.send(1); }

  program<Sync> full{1};
  program<Sync> empty{1};
  bool sent = false;
};

// What follows has workers ------------------------------------------------------------

template <class Sync>
struct spawned_task_is_joined {
  static constexpr std::string_view claim =
      "a task that a worker polls gets its value, and who joins it its result";
  static constexpr unsigned threads = 1;
  static constexpr unsigned spawned = 1;

  void thread(unsigned) {
    p.start();
    value<Sync> out;
    const CCTaskIntptr joins = p.calls.spawn(p.receive_task(out));
    Sync::assert_that(joins.poll != nullptr, "it is open");
    p.send(4);
    std::intptr_t error = -1;
    std::ignore = p.calls.block_on(joins, &error);
    Sync::assert_that(error == 0 && out.take() == 4, "it came");
    p.calls.chan_free(p.chan);
    Sync::assert_that(p.calls.stop(nullptr) == 0, "nothing is left");
  }
  void finish() {}

  program<Sync> p{1};
};

template <class Sync>
struct stopped_while_another_spawns {
  static constexpr std::string_view claim =
      "a task that is spawned while the runtime is stopped runs to its end, or is its caller's yet";
  static constexpr unsigned threads = 2;
  static constexpr unsigned spawned = 1;

  stopped_while_another_spawns() { p.start(); }
  void thread(unsigned index) {
    if (index == 0) {
      p.send(4);
      value<Sync> out;
      CCTaskIntptr task = p.receive_task(out);
      const CCTaskIntptr joins = p.calls.spawn(task);
      std::intptr_t error = -1;
      std::ignore = p.calls.block_on(joins.poll == nullptr ? task : joins, &error);
      Sync::assert_that(error == 0 && out.take() == 4, "it has run, here or there");
    } else {
      Sync::assert_that(p.calls.stop(nullptr) == 0, "nothing is left");
    }
  }
  void finish() { p.calls.chan_free(p.chan); }

  program<Sync> p{1};
};

template <class Sync>
struct cancelled_task_is_dropped {
  static constexpr std::string_view claim =
      "a spawned task that is cancelled is dropped, and its joiner told, or it was over before";
  static constexpr unsigned threads = 1;
  static constexpr unsigned spawned = 1;

  void thread(unsigned) {
    p.start();
    value<Sync> out;
    CCTaskIntptr joins = p.calls.spawn(p.receive_task(out));
    Sync::assert_that(p.calls.cancel(&joins) == 0, "it is a spawned one");
    std::intptr_t given = -1;
    const int error = p.calls.block_on(joins, &given);
    Sync::assert_that(error == ECANCELED, "nothing was sent");
    p.calls.chan_free(p.chan);
    Sync::assert_that(p.calls.stop(nullptr) == 0, "nothing is left");
  }
  void finish() {}

  program<Sync> p{1};
};

template <class Sync>
struct blocking_call_gives_its_result {
  static constexpr std::string_view claim =
      "a blocking call runs on a thread of its own, its closure is dropped, and who joins has what "
      "it returned";
  static constexpr unsigned threads = 1;
  static constexpr unsigned spawned = 1;

  void thread(unsigned) {
    const CCClosure0 work{
        [](void* env) -> void* {
          auto& its = *static_cast<blocking_call_gives_its_result*>(env);
          its.called.write() += 1;
          return env;
        },
        this,
        [](void* env) { static_cast<blocking_call_gives_its_result*>(env)->dropped.write() += 1; }};
    const CCTaskIntptr joins = p.calls.run_blocking(work);
    Sync::assert_that(joins.poll != nullptr, "there is a thread");
    std::intptr_t given = 0;
    const int error = p.calls.block_on(joins, &given);
    Sync::assert_that(error == 0 && given == reinterpret_cast<std::intptr_t>(this), "it returned");
    Sync::assert_that(called.read() == 1, "it was called");
    p.calls.chan_free(p.chan);
    p.calls.end();
    Sync::assert_that(dropped.read() == 1, "it was dropped");
  }
  void finish() {}

  program<Sync> p{1};
  typename Sync::template var<int> called;
  typename Sync::template var<int> dropped;
};

template <class Visit>
void for_each_ccruntime_scenario(Visit&& visit) {
  visit.template operator()<freed_while_a_task_waits>("ccruntime.freed_while_a_task_waits");
  visit.template operator()<task_receives_what_was_sent>("ccruntime.task_receives_what_was_sent");
  visit.template operator()<send_task_waits_for_room>("ccruntime.send_task_waits_for_room");
  visit.template operator()<dropped_task_leaves_its_value>(
      "ccruntime.dropped_task_leaves_its_value");
  visit.template operator()<woken_task_is_polled_again>("ccruntime.woken_task_is_polled_again");
  visit.template operator()<match_does_one>("ccruntime.match_does_one");
  visit.template operator()<spawned_task_is_joined>("ccruntime.spawned_task_is_joined");
  visit.template operator()<stopped_while_another_spawns>("ccruntime.stopped_while_another_spawns");
  visit.template operator()<cancelled_task_is_dropped>("ccruntime.cancelled_task_is_dropped");
  visit.template operator()<blocking_call_gives_its_result>(
      "ccruntime.blocking_call_gives_its_result");
}

}  // namespace handfast::scenarios::cc
