// Execution graphs: events in program order, who reads from whom (rf), each
// location's coherence order (co), and the order in which events were added.
//
// Events are added at the end of (po ∪ rf)+, so their clocks never change: an
// event whose source changes is the last of its thread. Clocks lie beside the
// events, as wide as the graph has threads.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "models/checker/clock.hpp"
#include "models/checker/event.hpp"

namespace handfast::checker {

class graph {
 public:
  /// Events, by their stamps.
  [[nodiscard]] const event& operator[](stamp at) const { return events_[at]; }
  [[nodiscard]] stamp size() const { return static_cast<stamp>(events_.size()); }

  /// A thread's events, in program order.
  [[nodiscard]] std::span<const stamp> thread(thread_index thread) const {
    return thread < thread_count_ ? std::span<const stamp>(threads_[thread])
                                  : std::span<const stamp>();
  }
  /// Threads from here on have no events.
  [[nodiscard]] thread_index threads() const { return thread_count_; }
  /// A location's writes in coherence order; the initial one stands before them.
  [[nodiscard]] std::span<const stamp> writes(location where) const {
    return where < locations_.size() ? std::span<const stamp>(locations_[where].writes)
                                     : std::span<const stamp>();
  }
  /// A location's reads in the order in which they were added.
  [[nodiscard]] std::span<const stamp> reads(location where) const {
    return where < locations_.size() ? std::span<const stamp>(locations_[where].reads)
                                     : std::span<const stamp>();
  }
  /// Those of them that wait, or did before they were let go.
  [[nodiscard]] std::span<const stamp> awaits(location where) const {
    return where < locations_.size() ? std::span<const stamp>(locations_[where].awaits)
                                     : std::span<const stamp>();
  }

  /// One more than the greatest location that has had an access.
  [[nodiscard]] location locations() const { return static_cast<location>(locations_.size()); }

  /// A write's place in coherence order; 0 for the initial one.
  [[nodiscard]] std::uint32_t place(stamp write) const {
    return write == initial ? 0 : events_[write].place;
  }
  /// What comes before an event in happens-before, with itself.
  [[nodiscard]] clock happens_before(stamp at) const { return clocks_.get(at, of_hb); }
  /// The same in (po ∪ rf)+.
  [[nodiscard]] clock prefix(stamp at) const { return clocks_.get(at, of_prefix); }
  /// Of what a thread does next.
  [[nodiscard]] clock prefix_of_next(thread_index thread) const {
    const stamp last = threads_[thread].empty() ? creators_[thread] : threads_[thread].back();
    return last == initial ? clock() : prefix(last);
  }
  /// Of a write: what a reader that acquires gets.
  [[nodiscard]] clock released(stamp write) const { return clocks_.get(write, of_released); }
  /// Whether one event happens before another, or is that.
  [[nodiscard]] bool before(stamp first, stamp second) const {
    return happens_before(second).has(events_[first].thread, events_[first].index);
  }

  /// Whether an event is before, with what it comes from. The initial write always is.
  [[nodiscard]] bool in(clock before, stamp at) const {
    return at == initial || before.has(events_[at].thread, events_[at].index);
  }

  /// Fills in `next`, as the next event of its thread; not added. Its clocks, until the
  /// graph changes, are those of `prepared`.
  void prepare(event& next) {
    prepare(next, size());
    is_prepared_ = true;
  }
  [[nodiscard]] stamp prepared() const { return size(); }
  /// The same of a write, or of a read that had no source, if it was not the last to be
  /// prepared, or the graph has changed.
  void prepare_still(event& next) {
    if (!is_prepared_) {
      prepare(next, size());
    } else if (next.kind == event_kind::read) {
      prepare_source(size(), next);
    }
    is_prepared_ = false;
  }

  /// Adds what was prepared last: anything but a write.
  void add(const event& next);
  /// Adds a write that was prepared last at `place` of its location's coherence order.
  void add_write(const event& next, std::uint32_t place);

  /// Takes away everything but the first `count` events.
  void truncate(stamp count);

  /// Becomes what `from` has up to `read`, and after it in `kept`. The read keeps
  /// its place, and waits for `revisit` to give it its source. Returns its stamp.
  /// `orphans` are then the reads whose source was not kept.
  stamp restrict_from(const graph& from, stamp read, clock kept);

  /// Becomes what `from` has, as if it had been added in another order: `early`
  /// says which events come first, of the others `then` is the first. Gives the
  /// stamp that `then` has now.
  stamp reorder_from(const graph& from, const std::vector<char>& early,
                     std::span<const stamp> then);

  [[nodiscard]] std::span<const stamp> orphans() const { return orphans_; }

  /// The last event of a thread, a read, as `read` is now: source, value, clocks.
  void revisit(stamp at, event read);
  /// The same event, but for what no other is told by.
  void replace(stamp at, const event& same) { events_[at] = same; }

  /// Who made a thread; nobody, for those that are there at the start.
  [[nodiscard]] stamp creator(thread_index thread) const {
    return thread < thread_count_ ? creators_[thread] : initial;
  }

  /// The stamps of seq_cst events, in the order in which they were added.
  [[nodiscard]] std::span<const stamp> strong() const { return strong_; }

  /// The number that two graphs have in common if they have the same events, rf
  /// and co, whatever the order in which they were made.
  [[nodiscard]] std::uint64_t hash() const;

 private:
  struct accesses {
    std::vector<stamp> writes;
    std::vector<stamp> reads;
    std::vector<stamp> awaits;
  };

  // In this order in a row.
  enum : std::uint32_t { of_hb, of_prefix, of_released, clocks_of_an_event };
  using lane = clock_table::lane;

  void make_room_for(thread_index thread) {
    if (thread >= thread_count_ || thread >= clocks_.width()) [[unlikely]] {
      make_more_room(thread);
    }
  }
  void make_more_room(thread_index thread);
  void prepare(event& next, stamp row);
  void prepare_source(stamp row, const event& read);
  void prepare_released(stamp row, const event& write);
  void acquire(lane* known, const event& read);
  void index(stamp at);
  void index_read(stamp at);
  void copy(const graph& from, stamp count, std::span<const stamp> then);

  std::vector<event> events_;
  bool is_prepared_ = false;
  clock_table clocks_{clocks_of_an_event};  // of the events, and of what is prepared
  thread_index thread_count_ = 0;
  std::vector<std::vector<stamp>> threads_;
  std::vector<stamp> creators_;  // of the threads
  std::vector<accesses> locations_;
  std::vector<stamp> strong_;
  std::vector<stamp> renumbered_;  // of `copy`
  std::vector<stamp> kept_;        // for it
  std::vector<stamp> orphans_;     // by it
};

}  // namespace handfast::checker
