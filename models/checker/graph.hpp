// Execution graphs: events in program order, who reads from whom (rf), each
// location's coherence order (co), and the order in which events were added.
//
// Events are added at the end of (po ∪ rf)+, so their clocks never change: an
// event whose source changes is the last of its thread.
#pragma once

#include <cstddef>
#include <map>
#include <span>
#include <vector>

#include "models/checker/event.hpp"

namespace handfast::checker {

class graph {
 public:
  explicit graph(std::size_t threads) : threads_(threads) {}

  [[nodiscard]] std::size_t threads() const { return threads_.size(); }
  [[nodiscard]] std::span<const event> thread(thread_index index) const { return threads_[index]; }
  [[nodiscard]] const event& at(event_id id) const { return threads_[id.thread][id.index]; }
  [[nodiscard]] value written(event_id write, location where) const;

  /// Events in the order in which they were added.
  [[nodiscard]] const std::vector<event_id>& added() const { return added_; }

  /// A location's writes in coherence order; the initial one stands before them.
  [[nodiscard]] const std::vector<event_id>& coherence(location where) const;
  /// 0 for the initial write, 1 for the first after it, …
  [[nodiscard]] std::size_t coherence_place(event_id write, location where) const;

  void set_initial(location where, value data) { initial_[where] = data; }

  /// `next` with its id, clocks and stamp filled in, as the next event of its
  /// thread; not added.
  [[nodiscard]] event prepared(thread_index thread, event next) const;

  /// Adds a read or fence that is `prepared`, or a write at `place` of its
  /// location's coherence order (1 is right after the initial write).
  void add(const event& next);
  void add_write(const event& next, std::size_t place);

  /// Takes away everything but the first `count` events added.
  void truncate(std::size_t count);

  /// Takes away what was added after `read` and is not in `kept`. The read stays
  /// where it was in the order, and waits for `revisit` to give it its source.
  void restrict_to(event_id read, const clock& kept);

  /// `read`, the last event of its thread, with the source, value and clocks that
  /// it now has.
  void revisit(const event& read);

  /// The first place of its location's coherence order that an access which
  /// comes after `before` in happens-before may read from (for a write: after
  /// which it may stand).
  [[nodiscard]] std::size_t oldest_visible(location where, const clock& before) const;

 private:
  void forget(event_id id);

  std::vector<std::vector<event>> threads_;
  std::map<location, std::vector<event_id>> coherence_;
  std::map<location, value> initial_;
  std::vector<event_id> added_;
};

}  // namespace handfast::checker
