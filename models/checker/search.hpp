// The search: every consistent execution graph of a program, each exactly once.
//
// TruSt (Kokologiannakis, Marmanis, Gladstein, Vafeiadis, Truly Stateless,
// Optimal Dynamic Partial Order Reduction, POPL 2022): a read is tried with each
// write that it may read from; a write at each place of its coherence order, and
// as the source of each earlier read, as if it had been there when the read was
// added (a backward revisit), if all that is dropped by that, and the read
// itself, was added maximally. Departures (docs/decisions/0008, 0009): a graph is
// not a copy but a prefix of the current one until a revisit needs one; each step
// is made by running the program again from its start, answered from the graph; a
// read that waits is given its source where it stands.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <span>
#include <unordered_set>
#include <vector>

#include "models/checker/execution.hpp"
#include "models/checker/graph.hpp"
#include "models/checker/position.hpp"
#include "models/checker/walk.hpp"

namespace handfast::checker {

class search final : public decider {
 public:
  /// What the threads do that are there from the start, in each execution the
  /// same but for what they read.
  using program = std::vector<std::function<void()>>;

  explicit search(program body = {}, const run_limits& limits = {});
  search(const search&) = delete;
  search& operator=(const search&) = delete;
  ~search();

  /// Goes on to the next execution, and runs it; false when there is none left,
  /// or when something was found. The search may begin again, and count from 0.
  bool next();

  /// How the last execution ended. `complete`: `now` is its graph.
  [[nodiscard]] run_end ended() const { return ended_; }
  [[nodiscard]] const graph& now() const override;
  [[nodiscard]] const execution& run() const { return run_; }
  /// A location that is there before any thread.
  location declare(const value& begins) { return run_.declare(begins); }
  void set_program(program body) { body_ = std::move(body); }

  [[nodiscard]] std::uint64_t executions() const { return executions_; }
  [[nodiscard]] std::uint64_t blocked() const { return blocked_; }
  /// Only executions of at most so many preemptions (preemptions.hpp), each of them once:
  /// Marmanis, Kokologiannakis, Vafeiadis, Reconciling Preemption Bounding with DPOR (TACAS
  /// 2023). On the way to one there may be graphs of more; those of too many are cut.
  void bound_preemptions(std::uint32_t most) { most_preemptions_ = most; }
  /// Whether the bound has cut anything.
  [[nodiscard]] bool cut() const { return cut_; }
  /// Counts executions that are stuck as blocked, whatever they show.
  void ignore_stuck() { ignores_stuck_ = true; }
  /// Remembers each complete graph from here on, to show that none comes twice.
  void look_for_duplicates() { looks_for_duplicates_ = true; }
  [[nodiscard]] std::uint64_t duplicates() const { return duplicates_; }
  /// Whether there was anything at all that could have gone another way.
  [[nodiscard]] bool vacuous() const { return operations_ == 0 && !run_.touched_plain_data(); }
  [[nodiscard]] bool racy() const { return racy_; }
  [[nodiscard]] const std::optional<finding>& found() const { return found_; }
  /// Goes on after what was found.
  void overlook() {
    found_.reset();
    racy_ = false;
  }

  /// A step of an execution: who did something, and what was decided for it: the
  /// coherence place of the write that it read, or of its own, or a choice.
  struct step {
    thread_index thread = 0;
    std::uint32_t number = 0;
    std::uint32_t pick = 0;

    friend bool operator==(const step&, const step&) = default;
  };
  /// How `now` comes about, with the fewest changes of thread, as far as so many states
  /// are enough to know.
  [[nodiscard]] std::vector<step> steps(std::size_t patience = 20'000) const;
  /// `next` runs that one execution, and none after it. What it shows beyond the
  /// steps is what comes first. A step that does not fit is a `misfit`, or if
  /// `as_far_as_it_fits` the end of the steps.
  void follow(std::vector<step> steps, bool as_far_as_it_fits = false);
  /// How many steps have been followed.
  [[nodiscard]] std::size_t followed() const { return std::min(step_, steps_.size()); }

  /// Where the search stands, after an execution.
  [[nodiscard]] position standing() const;
  /// Goes on from there, and counts from 0. Where the position is not of this program,
  /// a `misfit` is found.
  void go_on_from(const position& from);
  /// What would come last of all that is left, and is not this search's any more.
  [[nodiscard]] std::optional<position> give_away();
  /// A part of a search has found that the whole has to begin again, from `standing`.
  [[nodiscard]] bool outgrown() const { return outgrown_; }
  /// How often it has begun again by itself.
  [[nodiscard]] std::uint64_t begun_again() const { return begun_again_; }

  /// Instead of every execution, `next` takes any way at each choice, from `seed`
  /// (Knuth, Estimating the Efficiency of Backtrack Programs, 1975): `weight` is an
  /// estimate, unbiased, of the number of all executions.
  void probe(std::uint64_t seed) { probe_.emplace(seed); }
  [[nodiscard]] double weight() const { return ended_ == run_end::complete ? weight_ : 0; }

  /// Instead of every execution, some: each is drawn at random, from `seed`, and
  /// `next` never comes to an end. Now and then one is run again, to see that the
  /// program does the same.
  void walk(std::uint64_t seed) { walk_.emplace(seed); }
  /// The same, drawn from these bytes as far as they go.
  void walk(std::span<const std::uint8_t> bytes) { walk_.emplace(bytes); }

  bool decide(const operation& asked) override;
  thread_index choose_thread(const thread_set& enabled) override;
  bool parks(thread_index thread, bool alone) override;

 private:
  struct choice {
    choice(const operation& asked, std::size_t alternatives)
        : next(asked), revisits(alternatives), others(alternatives) {}

    event next;              // a read has no source, and the initial value
    std::size_t revisits;    // where its alternatives begin: writes: reads to revisit;
    std::size_t others;      // then sources, places or ways
    bool in_place = false;   // writes: let go at once who waits for it
    bool revisited = false;  // what was taken is a revisit
    way taken;
  };
  // A graph that a revisit made (or the first one), and the choices since.
  struct branch {
    graph now;
    std::vector<choice> choices;
    std::vector<way> alternatives;
    stamp revisited = initial;  // the read that reads from the first choice's write
    std::vector<stamp> halves;  // it, and reads whose own writes were dropped
  };

  branch& top() { return *branches_[depth_ - 1]; }
  /// What happens before the event that was prepared last.
  [[nodiscard]] clock before_prepared() const { return now().happens_before(now().prepared()); }
  branch& push();

  bool begin();
  bool go_back();
  run_end walk_once();
  bool draw();
  bool take();
  bool retrace();
  void keep_consistent();
  [[nodiscard]] position::step drawn();
  void another(branch& mine, const way& tried);
  [[nodiscard]] position way_to(std::size_t depth, std::size_t choices, bool with_rest) const;
  bool try_next();
  bool try_read(const way& to);
  bool try_place(const way& to);
  bool try_revisit(const way& to);
  bool add_read(const operation& read);
  bool add_write(const operation& write);
  bool settle();
  bool release(stamp write, std::uint32_t pick);
  void let_go(graph& in, stamp await, stamp write);
  void overtake(graph& in, const graph& before, stamp first, stamp later, stamp taken);
  [[nodiscard]] static operation second_half(const event& read);
  [[nodiscard]] stamp half_done() const;
  static stamp add_second_half(graph& in, stamp read, std::uint32_t place);
  void wait_again();
  void wait_again(graph& in, stamp await);
  void take_back(stamp write);
  [[nodiscard]] static bool would_let_go(const graph& in, const event& write, stamp await);
  bool holds();
  void look_for_race(stamp at);
  [[nodiscard]] bool within_bound(bool complete);
  [[nodiscard]] bool sleeps_in_time(stamp at) const;
  [[nodiscard]] event reading(const event& read, stamp source, std::uint32_t pick,
                              bool waits) const;
  void find_revisits(const event& write, bool in_place);
  [[nodiscard]] bool may_be_revisited(const event& read, const event& write, bool in_place) const;
  [[nodiscard]] bool lets_go_in_place(const event& write);
  [[nodiscard]] bool may_overlook(const event& read, const event& write) const;
  void begin_again();
  void begin_anew();
  void step_taken(const char* if_not);
  void does_not_fit(const std::string& why);
  [[nodiscard]] bool waits_plainly(location where) const {
    return all_wait_plainly_ || (where < waits_plainly_.size() && waits_plainly_[where] != 0);
  }
  // An await that is searched like any other read, and waits if it reads what it waits out.
  [[nodiscard]] bool is_ordinary(const event& read) const {
    return read.until == await::predicate && waits_plainly(read.where);
  }
  [[nodiscard]] bool can_be_taken(const event& read) const;
  [[nodiscard]] bool added_maximally(stamp at, clock prefix) const;

  [[nodiscard]] bool force(std::uint32_t place);

  program body_;
  execution run_;
  std::vector<step> steps_;
  std::size_t step_ = 0;
  bool following_ = false;
  bool follows_what_fits_ = false;
  bool stepping_ = false;  // the operation being decided has its step
  std::vector<std::unique_ptr<branch>> branches_;
  std::size_t depth_ = 0;
  bool started_ = false;
  bool watch_plain_ = false;
  run_end ended_ = run_end::complete;
  std::uint64_t executions_ = 0;
  std::uint64_t blocked_ = 0;
  std::uint64_t operations_ = 0;
  std::vector<char> waits_plainly_;  // locations
  bool all_wait_plainly_ = false;
  bool again_ = false;  // one more was found
  bool whole_ = true;   // begins again by itself
  bool outgrown_ = false;
  std::uint64_t begun_again_ = 0;
  std::vector<position::step> path_;  // to be gone, or drawn by a probe
  std::size_t path_at_ = 0;
  bool retracing_ = false;
  bool done_ = false;    // the execution at the path's end was counted before
  bool jumped_ = false;  // the path goes on in another graph than the one that runs
  std::optional<std::mt19937_64> probe_;
  bool trying_ = false;   // what is consistent, before one is drawn
  bool redrawn_ = false;  // the probe has another way to go from its start
  double weight_ = 1;
  std::optional<checker::walk> walk_;
  bool walked_ = false;  // the graph is complete, and is run again
  std::optional<std::uint32_t> most_preemptions_;
  bool cut_ = false;
  bool ignores_stuck_ = false;
  bool looks_for_duplicates_ = false;
  std::uint64_t duplicates_ = 0;
  std::unordered_set<std::uint64_t> graphs_;
  bool racy_ = false;
  std::optional<finding> found_;
};

}  // namespace handfast::checker
