// Events of an execution: what threads did to shared locations, and fences.
#pragma once

#include <algorithm>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

namespace handfast::checker {

using value = std::uint64_t;
using location = std::uint32_t;
using thread_index = std::uint32_t;

/// Which event: the thread's `index`th, in program order. `initial` is the write
/// that every location begins with; it happens before everything.
struct event_id {
  static constexpr thread_index no_thread = ~thread_index{0};

  thread_index thread = no_thread;
  std::uint32_t index = 0;

  [[nodiscard]] bool is_initial() const { return thread == no_thread; }
  friend auto operator<=>(const event_id&, const event_id&) = default;
};
inline constexpr event_id initial{};

/// For each thread how many of its events come before, up to and with.
class clock {
 public:
  [[nodiscard]] bool has(event_id event) const {
    return event.is_initial() || (event.thread < ends_.size() && event.index < ends_[event.thread]);
  }
  void add(event_id event) {
    if (!event.is_initial()) {
      grow(event.thread + 1);
      ends_[event.thread] = std::max(ends_[event.thread], event.index + 1);
    }
  }
  void join(const clock& other) {
    grow(other.ends_.size());
    for (std::size_t i = 0; i < other.ends_.size(); ++i) {
      ends_[i] = std::max(ends_[i], other.ends_[i]);
    }
  }

 private:
  void grow(std::size_t threads) {
    if (ends_.size() < threads) {
      ends_.resize(threads, 0);
    }
  }

  std::vector<std::uint32_t> ends_;
};

enum class event_kind : std::uint8_t { read, write, fence };

/// How strongly an access orders. `plain` is a non-atomic access.
enum class access : std::uint8_t { plain, relaxed, acquire, release, acq_rel, seq_cst };

[[nodiscard]] constexpr bool acquires(access how) {
  return how == access::acquire || how == access::acq_rel || how == access::seq_cst;
}
[[nodiscard]] constexpr bool releases(access how) {
  return how == access::release || how == access::acq_rel || how == access::seq_cst;
}

/// How a read-modify-write changes what it reads: to what, or not at all.
struct update {
  access how = access::relaxed;            ///< if it writes
  access how_if_failed = access::relaxed;  ///< if it does not
  std::function<std::optional<value>(value read)> change;
};

/// An event of the graph. A read-modify-write is two, one after the other, both
/// `exclusive`; a compare-exchange that fails is a read.
struct event {
  event_id id;
  event_kind kind = event_kind::fence;
  access how = access::relaxed;
  bool exclusive = false;
  location where = 0;
  value data = 0;                         ///< written, or read
  event_id source;                        ///< reads: the write that it reads from
  std::shared_ptr<const update> changes;  ///< reads of a read-modify-write
  std::size_t stamp = 0;                  ///< its place in the order in which events were added

  clock happens_before;  ///< with itself
  clock prefix;          ///< (po ∪ rf)+, with itself
  clock released;        ///< writes: what a reader that acquires gets
  clock to_acquire;      ///< what an acquire fence after it in its thread gets
  clock fence_released;  ///< what a relaxed write after it in its thread releases
};

}  // namespace handfast::checker
