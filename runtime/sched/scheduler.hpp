// Tasks on a fixed crew of workers: start here.
//
//     handfast::scheduler<> all;
//     auto sum = all.spawn([] { return 1 + 2; });
//     auto three = sum->join();                       // std::expected<int, join_failure>
//
// Callables, coroutines (task/task.hpp) and what is posted run on the same workers. A callable
// may block in a channel or a join: it goes aside with its stack, and its worker runs others. So
// it is a run-to-completion task as long as it does not wait, and a lightweight thread when it
// does.
//
// Rules
//  1. A job counts as spawned before anybody can run it, and as finished after its memory is
//     given back (tally.hpp).
//  2. Outsiders count and schedule what they spawn under `mutex_`, where they see whether they may:
//     once the end has begun none is on its way.
//  3. Draining, a worker sums up each time before it sleeps, and after idle's heavy fence; who
//     drains, after it has said so and a heavy fence. One of them finds the end.
//  4. While it drains outsiders spawn nothing, tasks may: what they are made of comes to its end.
//  5. Who wakes a task from outside may have yet to schedule it when all is dropped: the workers
//     stay until what waited then is over.
//  6. Work that waits with its stack when all else is over cannot be dropped. It keeps the
//     workshop, which then lives as long as the process.
#pragma once

#include <handfast/memory/object.hpp>
#include <handfast/park/parker.hpp>
#include <handfast/park/timer.hpp>
#include <handfast/park/wait_list.hpp>
#include <handfast/sched/statistics.hpp>
#include <handfast/sched/tally.hpp>
#include <handfast/sched/worker.hpp>
#include <handfast/sync/lock_guard.hpp>
#include <handfast/sync/native.hpp>
#include <handfast/sync/policy.hpp>
#include <handfast/task/executor.hpp>
#include <handfast/task/spawned.hpp>
#include <handfast/task/task.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace handfast {

/// What a scheduler is to be like.
struct scheduler_options {
  unsigned workers = 0;  ///< 0: as many as can run at once
  /// Of each stack; reserved, not touched before it is used.
  std::size_t stack_bytes = std::size_t{256} * 1024;
};

/// What becomes of tasks that are live when a scheduler ends.
enum class shutdown_mode : unsigned char {
  drain,   ///< they run to their end
  cancel,  ///< they are dropped before they begin, or where they wait next
};

/// What became of them.
struct shutdown_report {
  bool in_time = true;  ///< else the rest was cancelled at the deadline
  /// Callables that wait, with their stacks, for something that never came. They are let be.
  std::uint64_t stuck = 0;
};

/// A task that waits, as a dump shows it.
struct waiting_task {
  std::string name;       ///< empty: its spawner gave none
  std::string waits_for;  ///< empty: nothing is known
};

namespace detail {

/// All of a scheduler but its handle.
template <class Sync>
class scheduler_core final : public executor<Sync>, public workshop<Sync> {
 public:
  using deadline = typename Sync::deadline;

  scheduler_core* let_be_before = nullptr;

  explicit scheduler_core(const scheduler_options& how) : workshop<Sync>(how.stack_bytes) {
    const unsigned count = how.workers == 0 ? Sync::cores() : how.workers;
    for (unsigned i = 0; i < count; ++i) {
      crew_.push_back(make_object<worker<Sync>, Sync>(*this, count));
      Sync::assert_that(crew_.back() != nullptr, "no memory for a worker");
    }
    this->workers = crew_;
    for (worker<Sync>* const each : crew_) {
      threads_.emplace_back([each] { each->work(); });
    }
  }
  ~scheduler_core() {
    if (timer_) {
      destroy_object<timer<Sync>, Sync>(*timer_);
    }
    for (worker<Sync>* const each : crew_) {
      destroy_object<worker<Sync>, Sync>(each);
    }
  }

  void schedule(job<Sync>& what) noexcept override {
    if (worker<Sync>* const mine = worker<Sync>::here(*this)) {
      mine->schedule(what);
    } else {
      this->inject(what);
    }
  }
  void yield(job<Sync>& what) noexcept override { worker<Sync>::current()->leave(what); }
  [[nodiscard]] bool give_way(job<Sync>& what) noexcept override {
    return worker<Sync>::current()->give_way(what);
  }
  void finished() noexcept override { worker<Sync>::current()->count_finish(); }
  void threw() noexcept override { worker<Sync>::current()->count_throw(); }

  /// Counts and schedules one more, which `make` gives; false: no more may be spawned.
  template <class Make>
  [[nodiscard]] bool take_on(Make make) noexcept {
    if (worker<Sync>* const mine = worker<Sync>::here(*this)) {
      if (this->drops()) {
        return false;
      }
      mine->count_spawn();
      mine->start(make());
      return true;
    }
    const lock_guard<Sync> lock(mutex_);
    if (closed_.read()) {
      return false;
    }
    // relaxed: counted under the lock.
    spawned_outside_.store(spawned_outside_.load(order::relaxed) + 1, order::relaxed);
    this->inject(make());  // under the lock: the workers stay until they have found it
    return true;
  }

  void rest() noexcept override {
    // Idle's fence orders the look.
    // [scheduler.drains] acquire: pairs with drain's release; what was spawned outside is counted.
    if (drains_.load(order::acquire) && live() == 0) {
      all_is_over_.handle().wake();
    }
    waits_for_quiet_.call(wait_list<Sync>::all);
  }
  [[nodiscard]] bool ends() const noexcept override {
    // [scheduler.ends] acquire: pairs with shut_down's release; what was put into queues before
    // is seen by who looks there after.
    return ends_.load(order::acquire);
  }
  [[nodiscard]] timer<Sync>& alarms() noexcept override {
    const lock_guard<Sync> lock(mutex_);
    if (!timer_) {
      timer_ = make_object<timer<Sync>, Sync>();
      Sync::assert_that(*timer_ != nullptr, "no memory for a timer");
    }
    return **timer_;
  }

  /// Ends it, if that has not been done. Returns when the workers have gone.
  template <class Patience>
  shutdown_report shut_down(shutdown_mode how, Patience patience) noexcept {
    Sync::assert_that(worker<Sync>::here(*this) == nullptr, "a scheduler is shut down by a task");
    shutdown_report report;
    {
      const lock_guard<Sync> lock(mutex_);
      if (std::exchange(closed_.write(), true)) {
        return report;
      }
    }
    if (how == shutdown_mode::drain) {
      report.in_time = drain(patience);
    }
    if (how == shutdown_mode::cancel || !report.in_time) {
      this->drop_all();
      this->wait_until_dropped();
    }
    // [scheduler.ends] release: pairs with ends' acquire.
    ends_.store(true, order::release);
    this->beds.summon_all();
    for (auto& each : threads_) {
      each.join();
    }
    report.stuck = live();
    return report;
  }

  [[nodiscard]] std::uint64_t wait_until_quiet() noexcept {
    std::ignore = waits_for_quiet_.await([this] { return is_quiet(); }, forever{});
    return live();
  }

  /// How many are spawned and not finished.
  [[nodiscard]] std::uint64_t live() const noexcept {
    return live_jobs(crew_, [this] {
      return spawned_outside_.load(order::relaxed);  // relaxed: no more are counted
    });
  }

  [[nodiscard]] scheduler_statistics statistics() const {
    scheduler_statistics all;
    all.live = live();
    all.spawned = spawned_outside_.load(order::relaxed);  // relaxed: for who wants to know
    for (const worker<Sync>* const each : crew_) {
      all.workers.push_back(each->statistics());
      all.spawned += all.workers.back().spawned;
    }
    all.sleeping = this->beds.sleeping();
    all.stacks = this->stacks.made();
    return all;
  }
  [[nodiscard]] std::vector<waiting_task> waiting() {
    std::vector<waiting_task> all;
    const auto text = [](const char* which) { return which == nullptr ? "" : which; };
    this->for_each_listed([&](listed_task<Sync>& each) {
      all.push_back({.name = text(each.name()), .waits_for = text(each.waits_for())});
    });
    return all;
  }

 private:
  // Nobody runs or wakes anything, unless an outsider does. Whoever took what the caller spawned
  // was up by then, so a count that is all workers' is of later: when they slept again, with
  // nothing in their own queues.
  [[nodiscard]] bool is_quiet() noexcept {
    return this->outside.is_empty() && this->beds.sleeping() == crew_.size();
  }

  template <class Patience>
  [[nodiscard]] bool drain(Patience patience) noexcept {
    // The fence orders what follows.
    // [scheduler.drains] release: pairs with rest's acquire.
    drains_.store(true, order::release);
    // [idle.look] seq_cst: pairs with idle's, before a worker sleeps.
    Sync::heavy_fence(order::seq_cst);
    // Who finds the end says so for good.
    while (live() != 0 && !all_is_over_.was_woken()) {
      if (all_is_over_.park(patience) == wait_status::timed_out) {
        return live() == 0 || all_is_over_.was_woken();
      }
    }
    return true;
  }

  std::vector<worker<Sync>*> crew_;
  std::vector<typename Sync::thread> threads_;
  typename Sync::mutex mutex_;
  typename Sync::template var<bool> closed_;  // to outsiders
  std::optional<timer<Sync>*> timer_;
  typename Sync::template atomic<std::uint64_t> spawned_outside_{0};
  typename Sync::template atomic<bool> drains_{false};
  typename Sync::template atomic<bool> ends_{false};
  parker<Sync> all_is_over_;
  wait_list<Sync> waits_for_quiet_;
};

}  // namespace detail

/// Any thread may call any member, several at once, and tasks may; but tasks do not shut it down,
/// and the destructor needs it for itself.
template <sync_policy Sync = native>
class scheduler {
 public:
  using sync = Sync;
  using deadline = typename Sync::deadline;

  scheduler() : scheduler(scheduler_options{}) {}
  /// Stops the program where there is no memory or no thread to be had.
  explicit scheduler(const scheduler_options& how) : core_(make_object_that_may_throw(how)) {}
  scheduler(const scheduler&) = delete;
  scheduler& operator=(const scheduler&) = delete;
  /// Drains it, for as long as it takes, unless it was shut down.
  ~scheduler() {
    shut_down(shutdown_mode::drain);
    if (core_->live() == 0) {
      destroy_object<core, Sync>(core_);
    } else if constexpr (Sync::limits::stacks_go_aside) {
      // relaxed: nobody follows it but whoever looks for leaks.
      core_->let_be_before = let_be_.exchange(core_, order::relaxed);
    }
  }

  /// Runs `work` on a worker; what it gives, or throws, is for who joins. `name` is for dumps, and
  /// lives as long as the task. Does not block.
  template <class Work>
  [[nodiscard]] auto spawn(Work work, const char* name = nullptr) noexcept
      -> std::expected<join_handle<std::invoke_result_t<Work&>, Sync>, unspawned<Work>> {
    auto made = start<detail::called<Work, Sync>>(std::move(work), name);
    if (!made) {
      return std::unexpected(std::move(made.error()));
    }
    return join_handle<std::invoke_result_t<Work&>, Sync>(**made);
  }
  /// The same of a coroutine.
  template <class Value>
  [[nodiscard]] std::expected<join_handle<Value, Sync>, unspawned<task<Value, Sync>>> spawn(
      task<Value, Sync> work, const char* name = nullptr) noexcept {
    if (!work) {
      return std::unexpected(
          unspawned<task<Value, Sync>>{spawn_failure::no_memory, std::move(work)});
    }
    detail::spawned<Sync>* spawned = nullptr;
    const bool is_taken_on = core_->take_on([&]() -> job<Sync>& {
      spawned = &work.spawn_on(*core_, name);
      return *spawned;
    });
    if (!is_taken_on) {
      return std::unexpected(
          unspawned<task<Value, Sync>>{spawn_failure::shut_down, std::move(work)});
    }
    return join_handle<Value, Sync>(*spawned);
  }
  /// Runs `work` on a worker, and nobody hears of it again: costs less than `spawn`. What it
  /// throws is counted. Does not block.
  template <class Work>
  [[nodiscard]] std::expected<void, unspawned<Work>> post(Work work) noexcept {
    auto made = start<detail::posted<Work, Sync>>(std::move(work));
    if (!made) {
      return std::unexpected(std::move(made.error()));
    }
    return {};
  }

  /// Takes no more work, does with what is live as `how` says, and returns when the workers have
  /// gone. Draining, tasks may spawn others. Once. Blocks.
  shutdown_report shut_down(shutdown_mode how) noexcept { return core_->shut_down(how, forever{}); }
  /// The same; draining, what is live at `end` is cancelled.
  shutdown_report shut_down_until(deadline end) noexcept {
    return core_->shut_down(shutdown_mode::drain, until<deadline>{end});
  }

  /// Returns when nothing is to be run, nor will be unless an outsider does something; how many
  /// live tasks wait then, each for another or for such an outsider. For outsiders. Blocks.
  [[nodiscard]] std::uint64_t wait_until_quiet() const noexcept {
    return core_->wait_until_quiet();
  }
  /// Whether the caller is one of its tasks.
  [[nodiscard]] bool runs_here() const noexcept { return worker<Sync>::here(*core_) != nullptr; }

  /// As of now. Costs the workers nothing.
  [[nodiscard]] scheduler_statistics statistics() const { return core_->statistics(); }
  /// The tasks that wait, with what they wait for.
  [[nodiscard]] std::vector<waiting_task> waiting() const { return core_->waiting(); }
  /// Rings for tasks with deadlines (channel/deadline.hpp, task/wake_at.hpp).
  [[nodiscard]] timer<Sync>& alarms() const noexcept { return core_->alarms(); }
  [[nodiscard]] std::size_t workers() const noexcept { return core_->workers.size(); }

 private:
  using core = detail::scheduler_core<Sync>;

  // A callable as a Cell, counted and scheduled; or given back.
  template <class Cell, class Work, class... Rest>
  [[nodiscard]] std::expected<Cell*, unspawned<Work>> start(Work work, Rest... rest) noexcept {
    auto* const made = make_object<Cell, Sync>(*core_, std::move(work), rest...);
    if (made == nullptr) {
      // NOLINTNEXTLINE(bugprone-use-after-move): nothing was made of it
      return std::unexpected(unspawned<Work>{spawn_failure::no_memory, std::move(work)});
    }
    if (!core_->take_on([made]() -> job<Sync>& { return *made; })) {
      unspawned<Work> back{spawn_failure::shut_down, made->take_work()};
      destroy_object<Cell, Sync>(made);
      return std::unexpected(std::move(back));
    }
    return made;
  }

  [[nodiscard]] static core* make_object_that_may_throw(const scheduler_options& how) {
    void* const memory = Sync::allocate(sizeof(core), alignof(core));
    Sync::assert_that(memory != nullptr, "no memory for a scheduler");
    return std::construct_at(static_cast<core*>(memory), how);
  }

  // The last of those that what is stuck keeps, so that whoever looks for leaks finds them.
  static inline typename Sync::template atomic<core*> let_be_{nullptr};

  core* core_;
};

}  // namespace handfast
