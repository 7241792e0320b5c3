// Execution graphs: events in program order, who reads from whom (rf), each
// location's coherence order (co), and the order in which events were added.
//
// Events are added at the end of (po ∪ rf)+, so their clocks never change: an
// event whose source changes is the last of its thread.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <vector>

#include "models/checker/event.hpp"

namespace handfast::checker {

class graph {
 public:
  /// Events, by their stamps.
  [[nodiscard]] const event& operator[](stamp at) const { return events_[at]; }
  [[nodiscard]] stamp size() const { return static_cast<stamp>(events_.size()); }

  /// A thread's events, in program order.
  [[nodiscard]] std::span<const stamp> thread(thread_index thread) const {
    return threads_[thread];
  }
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

  /// One more than the greatest location that has had an access.
  [[nodiscard]] location locations() const { return static_cast<location>(locations_.size()); }

  /// A write's place in coherence order; 0 for the initial one.
  [[nodiscard]] std::uint32_t place(stamp write) const {
    return write == initial ? 0 : events_[write].place;
  }
  /// Whether an event is before, with what it comes from. The initial write always is.
  [[nodiscard]] bool in(const clock& before, stamp at) const {
    return at == initial || before.has(events_[at].thread, events_[at].index);
  }

  /// `next`, with its index and clocks filled in as the next event of its thread;
  /// not added.
  void prepare(event& next) const;
  /// The same of a read that was prepared before it had its source.
  void prepare_source(event& read) const;

  /// Adds what is prepared: anything but a write.
  void add(const event& next);
  /// Adds a prepared write at `place` of its location's coherence order.
  void add_write(const event& next, std::uint32_t place);

  /// Takes away everything but the first `count` events.
  void truncate(stamp count);

  /// Becomes what `from` has up to `read`, and after it in `kept`. The read keeps
  /// its place, and waits for `revisit` to give it its source. Returns its stamp.
  /// `orphans` are then the reads whose source was not kept.
  stamp restrict_from(const graph& from, stamp read, const clock& kept);

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
  [[nodiscard]] stamp creator(thread_index thread) const { return creators_[thread]; }

  /// The stamps of seq_cst events, in the order in which they were added.
  [[nodiscard]] std::span<const stamp> strong() const { return strong_; }

  /// The number that two graphs have in common if they have the same events, rf
  /// and co, whatever the order in which they were made.
  [[nodiscard]] std::uint64_t hash() const;

 private:
  struct accesses {
    std::vector<stamp> writes;
    std::vector<stamp> reads;
  };

  void acquire(clock& known, const event& read) const;
  void index(stamp at);
  void copy(const graph& from, stamp count, std::span<const stamp> then);

  std::vector<event> events_;
  std::array<std::vector<stamp>, max_threads> threads_;
  std::vector<accesses> locations_;
  std::array<stamp, max_threads> creators_ = all_initial();
  std::vector<stamp> strong_;
  std::vector<stamp> renumbered_;  // of `copy`
  std::vector<stamp> kept_;        // for it
  std::vector<stamp> orphans_;     // by it

  static constexpr std::array<stamp, max_threads> all_initial() {
    std::array<stamp, max_threads> all{};
    all.fill(initial);
    return all;
  }
};

}  // namespace handfast::checker
