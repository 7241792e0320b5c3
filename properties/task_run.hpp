// Runs a program over a scheduler (task_program.hpp) once, under any policy, and writes down what
// came of it (task_history.hpp).
//
// `Watch` tells when a call is asked and when it is answered: time, where there is one time.
#pragma once

#include <handfast/channel/channel.hpp>
#include <handfast/channel/deadline.hpp>
#include <handfast/park/parker.hpp>
#include <handfast/sched/fork_join.hpp>
#include <handfast/sched/scheduler.hpp>
#include <handfast/task/task.hpp>
#include <handfast/task/wake_at.hpp>

#include <array>
#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <tuple>
#include <utility>
#include <vector>

#include "properties/counted_item.hpp"
#include "properties/ends.hpp"
#include "properties/pending_call.hpp"
#include "properties/task_history.hpp"
#include "properties/variants.hpp"

namespace handfast::properties {

template <class Sync, class Watch>
class task_run {
 public:
  task_run(const task_program& what, Watch& watch)
      : what_(what), spawned_(what.spawned()), watch_(watch) {}

  /// What the first thread does. Whatever was kept of another run is forgotten.
  void operator()() {
    begin();
    common of_all;
    common_ = &of_all;
    open_channels();
    shutdown_report report;
    held_handles mine;
    {
      scheduler<Sync> all({.workers = what_.workers});
      all_ = &all;
      report = run_threads(all, mine);
    }
    seen_->in_time = report.in_time;
    seen_->stuck = report.stuck;
    for (std::size_t i = 0; i < what_.channels.size(); ++i) {
      make_call(0, i, call_kind::close);
    }
    join_what_is_over(mine);
    look_at_effects();
    take_what_is_left();
    write_down_channels();
    if (report.stuck > 0) {
      let_be(std::move(of_all.by), std::move(of_all.of_callables));
    } else {
      of_all.by = {};
      seen_->items_left = item::alive();
    }
  }

  [[nodiscard]] const task_history& seen() const { return *seen_; }

 private:
  using item = counted_item<Sync>;
  using core = any_core<item, Sync>;
  // What each task did, for who is to see it.
  using effects = std::array<typename Sync::template var<int>, task_program::most_tasks>;
  static constexpr bool goes_aside = Sync::limits::stacks_go_aside;

  // What a task is made of.
  class substance {
   public:
    substance(task_record& its, std::size_t task) : its_(&its), contents_(static_cast<int>(task)) {}
    substance(substance&& other) noexcept
        : its_(std::exchange(other.its_, nullptr)), contents_(std::move(other.contents_)) {}
    substance& operator=(substance&&) = delete;
    ~substance() {
      if (its_ != nullptr) {
        its_->gone.fetch_add(1, std::memory_order_relaxed);
      }
    }

   private:
    task_record* its_;
    item contents_;
  };

  // Handles of what somebody has spawned, the last one last.
  class held_handles {
   public:
    struct held {
      std::size_t task;
      join_handle<item, Sync> handle;
    };

    [[nodiscard]] bool empty() const { return count_ == 0; }
    [[nodiscard]] held& last() { return *all_[count_ - 1]; }
    void push(held one) { all_[count_++].emplace(std::move(one)); }
    void pop() { all_[--count_].reset(); }

   private:
    std::array<std::optional<held>, task_program::steps_of_one> all_;
    std::size_t count_ = 0;
  };
  struct let_go_of {
    held_handles& all;

    ~let_go_of() {
      while (!all.empty()) {
        all.pop();
      }
    }
  };

  // By which everybody calls a channel.
  using channels = std::array<ends<core>, task_program::most_channels>;
  // Not on their stacks: where LeakSanitizer is, it does not look at all of one that is left.
  using handles_of_callables = std::array<held_handles, task_program::most_tasks>;
  // The first thread's, for all: an execution that is given up does not come to destroy it.
  struct common {
    effects made;
    channels by;
    handles_of_callables of_callables;
  };
  struct written {
    std::size_t channel;
    call what;
  };

  struct failure {};

  // The scheme ---------------------------------------------------------------------------

  [[nodiscard]] bool has_second() const { return what_.threads > 1; }
  [[nodiscard]] bool overlaps() const {
    return has_second() && what_.overlaps && what_.ending == task_ending::drain;
  }
  // Whether what waits with its stack may be left there: who is outside must not wait for it.
  [[nodiscard]] bool may_be_stuck() const {
    return goes_aside && what_.ending != task_ending::drain &&
           what_.any_task_step([](task_form form, task_action act) {
             return form != task_form::coroutine && (waits_for_others(act) || waits_for_time(act));
           });
  }
  // Whether a callable may wait for as long as it takes. Where it keeps its worker one worker has
  // to be left for the others, and somebody to close the channels who waits for none of them.
  [[nodiscard]] bool may_wait(std::size_t task) const {
    if (goes_aside) {
      return true;
    }
    std::size_t before = 0;
    for (std::size_t i = 0; i < task; ++i) {
      before += what_.tasks[i].form != task_form::coroutine ? 1 : 0;
    }
    return has_second() && before + 1 < what_.workers;
  }

  void begin() {
    item::forget_all();
    seen_.emplace(what_);
    for (auto& each : calls_) {
      each.clear();
    }
    channels_.clear();
  }
  void open_channels() {
    channels& by = common_->by;
    for (const task_channel each : what_.channels) {
      const auto& made = channels_.emplace_back(make(each));
      by[channels_.size() - 1].take(sender<core>(*made));
      by[channels_.size() - 1].take(receiver<core>(*made));
    }
  }
  static std::unique_ptr<core> make(task_channel which) {
    switch (which) {
      case task_channel::lock_ring: return variant_of<lock_ring<item, Sync>>("", "").make(1);
      case task_channel::lock_free_ring:
        return variant_of<lock_free_ring<item, Sync>>("", "").make(2);
      case task_channel::rendezvous: return variant_of<rendezvous<item, Sync>>("", "").make(0);
      case task_channel::unbounded: break;
    }
    return variant_of<unbounded<item, Sync>>("", "").make(0);
  }

  // Until the scheduler is shut down, and the second thread has come to its end.
  shutdown_report run_threads(scheduler<Sync>& all, held_handles& mine) {
    parker<Sync> second_is_done;
    typename Sync::thread second;
    if (has_second()) {
      std::optional<sender<gate>> open;
      if (overlaps()) {
        // While this task waits, the scheduler drains; the second thread has it come to its end.
        auto made = make_channel<int, Sync>(1);
        open.emplace(std::move(made.tx));
        std::ignore = all.spawn(wait_until_gone(std::move(made.rx)));
      }
      second = typename Sync::thread([this, &second_is_done, open = std::move(open)]() mutable {
        act_outside_as_second(open, second_is_done);
      });
    }
    act_outside(0, mine);
    if (has_second() && !overlaps()) {
      while (!second_is_done.was_woken()) {
        second_is_done.park(forever{});
      }
    }
    if (!has_second() && what_.waits_for_quiet) {
      look_when_quiet(all);
    }
    if (!has_second() && what_.ending == task_ending::drain) {
      close_all(0);
    }
    for (const worker_statistics& each : all.statistics().workers) {
      seen_->seen.stole |= each.stolen > 0;
      seen_->seen.went_aside |= each.went_aside > 0;
    }
    const shutdown_report report =
        what_.ending == task_ending::drain_until
            ? all.shut_down_until(soon())
            : all.shut_down(what_.ending == task_ending::drain ? shutdown_mode::drain
                                                               : shutdown_mode::cancel);
    if (has_second()) {
      second.join();
    }
    return report;
  }
  using gate = lock_ring<int, Sync>;
  static task<void, Sync> wait_until_gone(receiver<gate> gone) {
    std::ignore = co_await gone.async_receive();
  }
  // It uses the scheduler until it says that it is done.
  void act_outside_as_second(std::optional<sender<gate>>& open, parker<Sync>& is_done) {
    held_handles mine;
    act_outside(1, mine);
    open.reset();
    wake<Sync>(is_done.handle());
    close_all(1);
    if (!may_be_stuck()) {
      while (!mine.empty()) {
        note_joined(mine.last().task, mine.last().handle.join());
        mine.pop();
      }
    }
  }

  void close_all(std::size_t actor) {
    for (std::size_t i = 0; i < channels_.size(); ++i) {
      make_call(actor, i, call_kind::close);
    }
  }

  // What is done -------------------------------------------------------------------------

  void act_outside(std::size_t thread, held_handles& mine) {
    for (const task_step& step : what_.outside[thread]) {
      if (is_call(step.act)) {
        make_call(thread, step.channel, patient(step.act, false));
      } else if (step.act != task_action::join) {  // that comes at the end
        act_at_once(thread, step, mine);
      }
    }
  }

  task<item, Sync> coroutine(std::size_t task, substance) {
    const std::size_t actor = task_program::actor_of_task(task);
    held_handles mine;
    begin_task(task);
    for (const task_step& step : what_.tasks[task].steps) {
      if (step.act == task_action::send || step.act == task_action::receive) {
        call& made =
            ask(actor, step.channel,
                step.act == task_action::send ? call_kind::async_send : call_kind::async_receive);
        awaited_call<core> its(made, *channels_[channel_of(step)]);
        co_await its;
        watch_.answered(made);
      } else if (step.act == task_action::send_until || step.act == task_action::receive_until) {
        call& made = ask(actor, step.channel, patient(step.act, false));
        awaited_call<core> its(made, *channels_[channel_of(step)]);
        with_deadline<awaited_call<core>> timed(its, all_->alarms(), soon());
        co_await timed;
        watch_.answered(made);
      } else if (step.act == task_action::yield) {
        yield_now<Sync> turn;
        co_await turn;
      } else if (step.act == task_action::sleep) {
        wake_at<Sync> alarm(all_->alarms(), soon());
        co_await alarm;
      } else if (step.act == task_action::join) {
        if (!mine.empty()) {
          note_joined(mine.last().task, co_await mine.last().handle);
          mine.pop();
        }
      } else {
        act_at_once(actor, step, mine);
      }
    }
    end_task(task);
    co_return item(static_cast<int>(task));
  }

  item callable(std::size_t task) {
    const std::size_t actor = task_program::actor_of_task(task);
    held_handles& mine = common_->of_callables[task];
    const let_go_of at_end{mine};
    begin_task(task);
    for (const task_step& step : what_.tasks[task].steps) {
      if (is_call(step.act)) {
        make_call(actor, step.channel, patient(step.act, may_wait(task)));
      } else if (step.act != task_action::join) {
        act_at_once(actor, step, mine);
      } else if (goes_aside && !mine.empty()) {
        note_joined(mine.last().task, mine.last().handle.join());
        mine.pop();
      }
    }
    end_task(task);
    return item(static_cast<int>(task));
  }

  void begin_task(std::size_t task) {
    ++seen_->tasks[task].begun;
    common_->made[task].write() = 1;
  }
  void end_task(std::size_t task) {
    common_->made[task].write() = 2;
    ++seen_->tasks[task].ended;
  }

  // What waits for nobody.
  void act_at_once(std::size_t actor, const task_step& step, held_handles& mine) {
    if (is_call(step.act)) {
      make_call(actor, step.channel, patient(step.act, false));
      return;
    }
    switch (step.act) {
      case task_action::spawn: {
        const auto place = static_cast<std::size_t>(&step - what_.steps_of(actor).data());
        if (const auto task = spawned_[actor][place]) {
          spawn(*task, mine);
        }
        break;
      }
      case task_action::cancel:
        if (!mine.empty()) {
          seen_->tasks[mine.last().task].was_cancelled = true;
          mine.last().handle.cancel();
        }
        break;
      case task_action::detach:
        if (!mine.empty()) {
          mine.pop();
        }
        break;
      case task_action::fork: fork_both(); break;
      case task_action::fail:
        if (task_program::is_task(actor)) {
          ++seen_->tasks[actor - task_program::most_threads].threw;
          throw failure{};
        }
        break;
      default: break;
    }
  }

  void spawn(std::size_t task, held_handles& mine) {
    task_record& its = seen_->tasks[task];
    if (what_.tasks[task].form == task_form::coroutine) {
      keep(task, all_->spawn(coroutine(task, substance(its, task))), mine);
    } else if (what_.tasks[task].form == task_form::callable) {
      keep(task,
           all_->spawn([this, task, made_of = substance(its, task)] { return callable(task); }),
           mine);
    } else {
      its.accepted =
          all_->post([this, task, made_of = substance(its, task)] { std::ignore = callable(task); })
              .has_value();
    }
  }
  template <class Made>
  void keep(std::size_t task, Made made, held_handles& mine) {
    seen_->tasks[task].accepted = made.has_value();
    if (made) {
      mine.push({task, *std::move(made)});
    }
  }

  void fork_both() {
    typename Sync::template var<int> first;
    typename Sync::template var<int> second;
    fork<Sync>([&first] { first.write() += 1; }, [&second] { second.write() += 1; });
    if (first.read() != 1 || second.read() != 1) {
      seen_->seen.fork_left_something = true;
    }
  }

  // Calls --------------------------------------------------------------------------------

  [[nodiscard]] std::size_t channel_of(const task_step& step) const {
    return step.channel % channels_.size();
  }
  // The call, by who waits for as long as it takes, or else until some time.
  static call_kind patient(task_action act, bool waits) {
    switch (act) {
      case task_action::try_send: return call_kind::try_send;
      case task_action::send: return waits ? call_kind::send : call_kind::send_until;
      case task_action::send_until: return call_kind::send_until;
      case task_action::try_receive: return call_kind::try_receive;
      case task_action::receive: return waits ? call_kind::receive : call_kind::receive_until;
      case task_action::receive_until: return call_kind::receive_until;
      default: return call_kind::close;
    }
  }
  static typename Sync::deadline soon() {
    return Sync::clock::now() + std::chrono::duration_cast<typename Sync::clock::duration>(
                                    std::chrono::microseconds(20));
  }

  call& ask(std::size_t actor, std::size_t channel, call_kind kind) {
    auto& mine = calls_[actor];
    written& made = mine.emplace_back(written{channel % channels_.size(), asking(kind, 1, [&] {
                                                constexpr std::size_t items_of_one = 64;
                                                return static_cast<spec::item>(
                                                    1 + actor * items_of_one + mine.size());
                                              })});
    made.what.thread = actor;
    watch_.asked(made.what);
    return made.what;
  }
  call& make_call(std::size_t actor, std::size_t channel, call_kind kind) {
    call& made = ask(actor, channel, kind);
    common_->by[channel % channels_.size()].answer(made, soon());
    watch_.answered(made);
    return made;
  }

  // What came of it ----------------------------------------------------------------------

  void note_joined(std::size_t task, const join_result<item>& given) {
    task_record& its = seen_->tasks[task];
    its.joined = given                       ? join_outcome::value
                 : given.error().cancelled() ? join_outcome::cancelled
                                             : join_outcome::thrown;
    const int effect = common_->made[task].read();
    Sync::assert_that(!given || (given->value() == static_cast<int>(task) && effect == 2),
                      "a join gives something else than the task");
  }
  // After the end: those whose tasks have come to theirs.
  void join_what_is_over(held_handles& mine) {
    for (; !mine.empty(); mine.pop()) {
      if (!seen_->tasks[mine.last().task].is_live()) {
        note_joined(mine.last().task, mine.last().handle.join());
      }
    }
  }
  void look_at_effects() const {
    const effects& all = common_->made;
    for (std::size_t i = 0; i < all.size(); ++i) {
      const task_record& its = seen_->tasks[i];
      Sync::assert_that(all[i].read() == (its.ended > 0 ? 2 : its.begun),
                        "what a task did is not seen after the end");
    }
  }
  // Then everybody has had his turn.
  void take_what_is_left() {
    for (std::size_t i = 0; i < channels_.size(); ++i) {
      while (!make_call(0, i, call_kind::try_receive).receive_failed) {
        seen_->seen.item_left_in_channel = true;
      }
    }
  }

  // Nobody outside does anything: what is live waits.
  void look_when_quiet(const scheduler<Sync>& all) {
    const std::uint64_t waiting = all.wait_until_quiet();
    seen_->seen.found_waiting_when_quiet = waiting > 0;
    if (what_.any_task_step([](task_form, task_action act) { return waits_for_time(act); })) {
      return;  // a timer may do something
    }
    std::uint64_t live = 0;
    std::uint64_t coroutines = 0;
    std::uint64_t spawned = 0;
    for (std::size_t i = 0; i < what_.tasks.size(); ++i) {
      const task_record& its = seen_->tasks[i];
      live += its.is_live() ? 1 : 0;
      coroutines += its.is_live() && what_.tasks[i].form == task_form::coroutine ? 1 : 0;
      spawned += its.accepted == true ? 1 : 0;
    }
    const scheduler_statistics figures = all.statistics();
    seen_->tallies = {{"wait_until_quiet", waiting, live},
                      {"statistics().live", figures.live, live},
                      {"statistics().spawned", figures.spawned, spawned},
                      {"waiting().size()", all.waiting().size(), coroutines}};
  }

  void write_down_channels() {
    for (std::size_t i = 0; i < channels_.size(); ++i) {
      history& all = seen_->channels.emplace_back();
      all.capacity = channels_[i]->capacity();
      for (std::size_t actor = 0; actor < calls_.size(); ++actor) {
        // A coroutine that is dropped leaves what it was to receive where it is.
        const bool leaves =
            task_program::is_task(actor) &&
            what_.tasks[actor - task_program::most_threads].form == task_form::coroutine;
        for (const written& each : calls_[actor]) {
          if (each.channel == i &&
              !(leaves && each.what.responded == 0 && is_single_receive(each.what.kind))) {
            all.calls.push_back(each.what);
          }
        }
      }
    }
  }

  // What is stuck has them for ever.
  void let_be(channels by, handles_of_callables held) {
    using kept = std::tuple<std::vector<std::unique_ptr<core>>, channels, handles_of_callables>;
    static auto& all = *new std::deque<kept>;  // not destroyed either
    all.emplace_back(std::exchange(channels_, {}), std::move(by), std::move(held));
  }

  const task_program& what_;
  const task_program::spawns spawned_;
  Watch& watch_;
  std::optional<task_history> seen_;
  scheduler<Sync>* all_ = nullptr;
  common* common_ = nullptr;
  std::vector<std::unique_ptr<core>> channels_;
  std::array<std::deque<written>, task_program::most_actors> calls_;
};

}  // namespace handfast::properties
