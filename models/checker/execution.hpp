// Runs of the program under test: its threads on fibers of one thread of the
// system's, each operation answered from the graph while the graph has it, and
// added to the graph by a `decider` from there on.
//
// A run goes first through all that the graph has, each thread as far as it can:
// a read waits for the thread of its source, so that plain memory is as every
// happens-before edge promises. Then the first thread that can go on does, again
// and again. Which one that is depends on the graph alone; the search is built
// on that.
#pragma once

#include <signal.h>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <source_location>
#include <span>
#include <string>
#include <vector>

#include "models/checker/event.hpp"
#include "models/checker/fiber.hpp"
#include "models/checker/graph.hpp"
#include "models/checker/heap.hpp"
#include "models/checker/position.hpp"
#include "models/checker/thread_set.hpp"

namespace handfast::checker {

/// Says what happens where the graph ends.
class decider {
 public:
  /// Adds `next`, an operation of the thread that goes on, to the graph, and the
  /// write of a read-modify-write with it; false if nothing is consistent.
  virtual bool decide(const operation& next) = 0;
  /// The thread that goes on, of those that can.
  virtual thread_index choose_thread(const thread_set& enabled) = 0;
  [[nodiscard]] virtual const graph& now() const = 0;
  /// Whether a thread, two rounds of whose waiting loop were alike, goes no further in
  /// this run. `alone`: no other thread can go on.
  virtual bool parks(thread_index thread, bool alone) = 0;

 protected:
  ~decider() = default;
};

/// Something wrong with the program.
struct finding {
  std::string kind;  ///< "data race", "deadlock", …
  std::string text;
};

/// The kind of finding of a run that was to follow what is no execution of the program.
inline constexpr const char* misfit = "no such execution";

/// The kind of a run that came to no end.
inline constexpr const char* endless = "step limit reached";

/// How a run ended.
enum class run_end : std::uint8_t {
  complete,   ///< every thread ended
  stuck,      ///< no thread can go on
  abandoned,  ///< the decider had nothing, or the program assumed what is not so
  failed,     ///< there is a finding
};

/// Plain data's history, as much as tells whether the next access is ordered
/// (FastTrack: Flanagan and Freund, PLDI 2009). Part of each `var`.
struct shadow {
  static constexpr std::uint32_t living = 0x5aad0711;

  static constexpr std::uint32_t nobody_read = ~std::uint32_t{0};

  std::uint32_t state = 0;
  thread_index writer = 0;
  std::uint32_t written_at = 0;
  std::uint32_t readers = nobody_read;  ///< the run's clock of who has read it, by number
};

struct run_limits {
  std::uint32_t steps = 5'000;  ///< operations in one execution
  std::uint32_t spurious = 1;   ///< for no reason: failures and wake-ups of a thread, each
};

class execution {
 public:
  enum class thing : std::uint8_t { atomic, mutex, condition_variable };

  explicit execution(const run_limits& limits = {}) : limits_(limits) { watch_for_faults(); }
  execution(const execution&) = delete;
  execution& operator=(const execution&) = delete;

  /// Runs the threads that are there from the start, and those that they make.
  run_end run(std::span<const std::function<void()>> roots, decider& decides);

  [[nodiscard]] const std::optional<finding>& found() const { return found_; }
  [[nodiscard]] std::uint64_t steps() const { return steps_; }
  /// What `sometimes` was told of, and whether it held, over all runs.
  [[nodiscard]] const std::map<std::string, bool>& goals() const { return goals_; }
  /// Whether any run touched plain data.
  [[nodiscard]] bool touched_plain_data() const { return touched_; }
  /// How many accesses to plain data the last run had.
  [[nodiscard]] std::uint64_t plain_count() const { return plain_count_; }
  /// The name that an object was given in this run; nullptr if none.
  [[nodiscard]] const char* given_name(const void* object) const;

  /// A location that is there before any thread.
  location declare(const value& begins);

  /// Keeps what `plain` accesses there were, for traces, from the next run on.
  void record(bool on) { recording_ = on; }

  struct plain_access {
    thread_index thread;
    std::size_t position;  ///< so many events of the thread are before it
    bool writes;
    const void* address;
    std::source_location line;
  };
  [[nodiscard]] const std::vector<plain_access>& plain_accesses() const { return plain_; }

  /// What numbers threads and locations have been given so far.
  [[nodiscard]] numbering numbers() const;
  /// Gives them these, and forgets its own.
  void renumber(const numbering& numbers);

  // For the decider -------------------------------------------------------------------

  /// The first of some threads, in an order that is the same whoever meets which of them
  /// first: of two, the one with fewer ancestors, or the older line.
  [[nodiscard]] thread_index first_of(const thread_set& threads) const {
    return by_rank_ ? first_by_rank(threads) : threads.first();
  }

  /// An await of `thread` is answered, or taken out of the graph.
  void released(thread_index thread) {
    if (waiting_.has(thread)) {
      waiting_.remove(thread);
      unsettled_.add(thread);
    }
  }

  /// What a location began with in this run.
  [[nodiscard]] const value& initial_value(location where) const { return places_[where].begins; }

  /// What a location is called: its name, or what it is.
  [[nodiscard]] std::string name_of(location where) const;
  [[nodiscard]] thing kind_of(location where) const { return places_[where].what; }
  [[nodiscard]] const void* address_of(location where) const { return places_[where].address; }

  // For the program under test; on its fibers only ------------------------------------

  /// The execution that the caller runs in; nullptr outside.
  static execution* current() { return current_; }

  using line = std::source_location;

  /// Does an operation; answers with what was read or chosen.
  value perform(operation& next);

  /// A location for an object that begins its life.
  location make(thing what, void* address, std::uint8_t size, const value& begins, line at);
  [[nodiscard]] bool is_alive(location where, const void* address) const {
    return where < places_.size() && places_[where].alive && places_[where].address == address;
  }
  /// The location of an object, which must live and be as large.
  void check_alive(location where, const void* address, std::uint8_t size, line at);
  /// The end of an object's life.
  void destroy(location where, const void* address, line at);
  void name(const void* object, const char* text) { names_.push_back({object, text}); }

  thread_index create(std::function<void()> body, line at);
  void join(thread_index thread, line at);
  [[nodiscard]] thread_index self() const { return running_; }

  void plain_made(shadow& data);
  void plain_read(const shadow& data, line at);
  void plain_write(shadow& data, line at);
  void plain_destroyed(shadow& data, line at);

  void* allocate(std::size_t bytes, std::size_t align, line at);
  void deallocate(void* memory, line at);
  [[nodiscard]] heap& memory() { return heap_; }

  /// A waiting loop's body has come to its end.
  void pause(line at);
  /// One of `count` ways.
  std::uint32_t choose(std::uint32_t count, line at);
  /// The same for a wait until `end`, which way `timed_out` takes.
  std::uint32_t choose_until(std::uint32_t count, std::uint32_t timed_out, std::int64_t end,
                             line at);
  /// Whether this thread may still do something for no reason; notes that it did.
  [[nodiscard]] bool may_be_spurious() const { return me_->spurious < limits_.spurious; }
  void was_spurious() { ++me_->spurious; }

  void sometimes(bool condition, const char* goal);
  [[noreturn]] void fail(std::string kind, std::string text);
  /// The caller goes no further; the others do, for what they write may yet change
  /// what it saw.
  [[noreturn]] void abandon();

  /// The time that the caller has seen come: the deadlines of all timed waits that
  /// ended before it without being woken.
  [[nodiscard]] std::int64_t time() const;

  /// How many events the caller has had in this run, and what happened before the next.
  [[nodiscard]] std::uint32_t position() const { return me_->position; }
  [[nodiscard]] clock seen() const;

  /// Which run of this process's this is: for what must not outlive one.
  [[nodiscard]] std::uint64_t number() const { return number_; }

  /// Who holds a mutex, as far as this run has come; nobody: `no_thread`.
  thread_index& holder(location where) { return places_[where].holder; }

 private:
  struct thread {
    fiber stack;
    std::function<void()> its_body;
    const std::function<void()>* body = nullptr;  // its own, or a root's
    std::uint32_t position = 0;                   // so many of its events have been done
    std::uint32_t children = 0;
    std::uint32_t made = 0;  // locations
    origin made_by;
    std::uint32_t ancestors = 0;
    std::uint32_t rank = 0;  // in the order of `first_of`
    std::uint32_t spurious = 0;
    thread_index waits_for = 0;  // joins, or reads that wait for their source
    std::uint32_t waits_for_position = 0;
    bool paused = false;              // since its last operation
    std::uint32_t round = 0;          // where the last round of a waiting loop began
    std::uint32_t round_before = 0;   // and the one before
    std::vector<location> locations;  // named by who made them as his how-manieth
    std::vector<thread_index> threads;
  };
  struct place {
    const void* address = nullptr;
    thing what = thing::atomic;
    bool alive = false;
    std::uint8_t size = 8;
    thread_index maker = 0;
    std::uint32_t made_at = 0;
    thread_index holder = no_thread;
    origin made_by;
    value begins;
    line at;
  };

  static void watch_for_faults();
  static void faulted(int signal, siginfo_t* at, void*);
  static void entry(void* self);
  void begin(thread_index thread, const std::function<void()>& body);
  void end_thread();
  thread_index new_thread(const origin& made_by);
  void put_in_order();
  [[nodiscard]] thread_index first_by_rank(const thread_set& threads) const;
  location new_location(const origin& made_by);

  thread_index pick();
  thread_index pick_further();
  [[gnu::always_inline]] void switch_to(thread_index next);
  [[gnu::always_inline]] void give_way() { switch_to(pick()); }
  [[noreturn]] void leave(run_end how);

  [[gnu::always_inline]] void decide(operation& next);
  // Whether what an operation that the graph has comes from has been done in this run.
  [[nodiscard]] bool has_its_turn(const event& mine) const {
    if (mine.kind == event_kind::read) {
      if (mine.source == initial) {
        return !mine.waiting;
      }
      const event& source = (*now_)[mine.source];
      return !mine.waiting && threads_[source.thread]->position > source.index;
    }
    return mine.kind != event_kind::join || finished_.has(joined_by(mine));
  }
  [[gnu::always_inline]] void wait_for_turn(const event& mine);
  static thread_index joined_by(const operation& join) {
    return static_cast<thread_index>(join.data.low);
  }
  [[nodiscard]] bool can_go_on(thread_index thread) const;
  [[noreturn]] void fail_endless(const operation& last);
  [[noreturn]] void fail_different(const event& recorded, const operation& next);
  [[noreturn]] void fail_sourceless(thread_index thread);
  [[noreturn]] void fail_ended(const event& missing);
  [[noreturn]] void fail_size(const place& its, std::uint8_t size, line at);
  [[noreturn]] void fail_made_elsewhere(location where, line at);
  void check_ordered(const shadow& data, bool writes, line at);
  void note_plain(const shadow& data, bool writes, line at);
  void note_reader(shadow& data);
  [[noreturn]] void fail_race(const shadow& data, bool writes, thread_index other,
                              bool other_writes, line at);
  [[nodiscard]] std::string where_before(const shadow& data, thread_index other, bool writes) const;
  [[noreturn]] void fail_dead(const void* address, const char* what, line at);

  static inline execution* current_ = nullptr;

  run_limits limits_;
  decider* decides_ = nullptr;
  const graph* now_ = nullptr;  // the decider's
  fiber main_;                  // the process's own stack
  std::vector<std::unique_ptr<thread>> threads_;
  thread_index known_threads_ = 0;  // numbers given out, in all runs
  bool by_rank_ = false;            // they are not in order
  location known_locations_ = 0;
  std::vector<place> places_;
  heap heap_;

  thread_index running_ = 0;
  thread* me_ = nullptr;  // that runs
  run_end how_ = run_end::complete;
  std::optional<finding> found_;
  bool faulted_ = false;
  std::uint64_t steps_ = 0;
  std::uint64_t number_ = 0;
  std::map<std::string, bool> goals_;
  bool touched_ = false;
  clock_table readers_{1};  // of plain data
  std::uint32_t readers_used_ = 0;
  std::uint64_t plain_count_ = 0;
  std::vector<std::pair<const void*, const char*>> names_;
  bool recording_ = false;
  std::vector<plain_access> plain_;

  thread_set there_;      // made in this run
  thread_set unsettled_;  // can run, without an operation of their own to come
  thread_set blocked_;    // the graph has their operation, and it must wait for another
  thread_set enabled_;    // stand before an operation that the graph does not have
  thread_set joining_;    // the same, of a thread that has not ended
  thread_set waiting_;    // their await is in the graph, waiting
  thread_set assumed_;    // assumed what is not so
  thread_set parked_;     // in a loop that waits for what does not change
  thread_set finished_;

  friend std::optional<finding> why_stuck(const execution&, const graph&);
};

/// What a run that is stuck shows; nothing if it is only one of those that
/// another execution covers.
[[nodiscard]] std::optional<finding> why_stuck(const execution& run, const graph& at);

/// "file.cpp:12", the file without its folders.
[[nodiscard]] std::string short_line(const std::source_location& at);

}  // namespace handfast::checker
