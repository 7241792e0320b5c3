// Events of an execution: what threads did to shared locations, fences, threads
// made and joined, and choices of data.
//
// Everything here is flat and trivially copyable: graphs are copied and cut
// hundreds of thousands of times a second.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <source_location>
#include <type_traits>

namespace handfast::checker {

/// Threads are numbered from 0, the first; so are a thread's events.
using thread_index = std::uint32_t;
#ifndef HANDFAST_CHECKER_THREADS
#define HANDFAST_CHECKER_THREADS 16
#endif
inline constexpr std::size_t max_threads = HANDFAST_CHECKER_THREADS;
static_assert(max_threads % 8 == 0 && max_threads <= 64, "8, 16, 24, … 64");
/// A bit for each thread.
using thread_mask = std::conditional_t<(max_threads > 32), std::uint64_t, std::uint32_t>;
inline constexpr std::size_t max_events_of_a_thread = 32'000;

/// A number of the search's own for a place in memory, the same in every
/// execution in which the same thread makes it as its so-manieth.
using location = std::uint32_t;

/// An event's place in the order in which events were added to its graph.
/// `initial` stands for the write that every location begins with.
using stamp = std::uint32_t;
inline constexpr stamp initial = ~stamp{0};

/// What a location holds: up to 16 bytes.
struct value {
  std::uint64_t low = 0;
  std::uint64_t high = 0;

  friend bool operator==(const value&, const value&) = default;
};

/// For each thread how many of its events come before, up to and with.
class clock {
 public:
  [[nodiscard]] bool has(thread_index thread, std::size_t index) const {
    return static_cast<lane>(index) < ends_[thread];
  }
  void add(thread_index thread, std::size_t index) {
    const auto end = static_cast<lane>(index + 1);
    ends_[thread] = ends_[thread] < end ? end : ends_[thread];
  }
  void join(const clock& other) {
    lanes mine[parts];
    lanes theirs[parts];
    std::memcpy(mine, ends_, sizeof(ends_));
    std::memcpy(theirs, other.ends_, sizeof(ends_));
    for (std::size_t i = 0; i < parts; ++i) {
      mine[i] = mine[i] < theirs[i] ? theirs[i] : mine[i];
    }
    std::memcpy(ends_, mine, sizeof(ends_));
  }
  [[nodiscard]] bool includes(const clock& other) const {
    clock both = *this;
    both.join(other);
    return std::memcmp(both.ends_, ends_, sizeof(ends_)) == 0;
  }
  [[nodiscard]] std::size_t end(thread_index thread) const {
    return static_cast<std::size_t>(ends_[thread]);
  }

 private:
  // Eight at once: signed 16 bits have a maximum instruction everywhere.
  using lane = std::int16_t;
  using lanes = lane __attribute__((vector_size(16)));
  static constexpr std::size_t parts = max_threads * sizeof(lane) / sizeof(lanes);

  alignas(16) lane ends_[max_threads] = {};
};

enum class event_kind : std::uint8_t { read, write, fence, create, join, choice };

/// How strongly an access orders. `plain` is a non-atomic access.
enum class access : std::uint8_t { plain, relaxed, acquire, release, acq_rel, seq_cst };

[[nodiscard]] constexpr bool acquires(access how) {
  return how == access::acquire || how == access::acq_rel || how == access::seq_cst;
}
[[nodiscard]] constexpr bool releases(access how) {
  return how == access::release || how == access::acq_rel || how == access::seq_cst;
}

/// What a read does next with what it read.
enum class update : std::uint8_t {
  none,
  exchange,
  add,
  subtract,
  bit_and,
  bit_or,
  bit_xor,
  compare_exchange,  ///< writes only over `expected`
  compare_exchange_weak,
  lock,              ///< waits for a free mutex and takes it
  enter_waiters,     ///< condition variables and futexes: waiters.hpp
  take_one_waiter,   ///< writes only if somebody waits; the pick says whom
  take_all_waiters,  ///< writes only if somebody waits
};

/// What a read waits for: it reads only what lets it go on, and until then
/// stands in the graph as waiting.
enum class await : std::uint8_t { nothing, free_mutex, being_taken, predicate };

using await_function = bool (*)(const value& read, const value& argument);

/// What a thread asks for, and how it was decided.
struct operation {
  location where = 0;
  event_kind kind = event_kind::fence;
  update then = update::none;    ///< reads
  await until = await::nothing;  ///< reads
  std::uint8_t size = 8;         ///< bytes that the location has
  access how = access::relaxed;
  access how_if_done = access::relaxed;    ///< updates and awaits: when they write or go on
  access how_if_failed = access::relaxed;  ///< updates: when they do not write
  bool exclusive = false;
  std::uint8_t thread = 0;
  std::uint8_t pick = 0;       ///< which of the equals was chosen; 0 is the first way
  bool waiting = false;        ///< an await that nothing lets go on yet
  bool let_go = false;         ///< an await that waited, and was let go where it stood
  bool overtaken = false;      ///< waits for a mutex that a later comer was given
  bool after_pause = false;    ///< begins another round of a waiting loop
  bool spurious_left = false;  ///< a weak compare-exchange may fail for no reason
  std::uint16_t index = 0;     ///< in its thread
  /// One more than the index of its thread's last release fence before it.
  std::uint16_t after_fence = 0;
  stamp source = initial;     ///< reads: the write that it reads from
  stamp waited_on = initial;  ///< of an await that was let go: what it read while it waited
  std::uint32_t place = 0;    ///< writes: in coherence order; 1 is right after the initial one
  value data;                 ///< read, written or chosen; the thread made or joined
  value operand;              ///< of the update; the predicate's argument
  value expected;             ///< of a compare-exchange; how many ways a choice has
  await_function lets_go = nullptr;
  std::source_location line;
};

/// An event of the graph. A read-modify-write is two, one after the other, both
/// `exclusive`; one that does not write is a read.
struct event : operation {
  clock happens_before;  ///< with itself
  clock prefix;          ///< (po ∪ rf)+, with itself
  clock released;        ///< writes: what a reader that acquires gets
};
static_assert(std::is_trivially_copyable_v<event>);

}  // namespace handfast::checker
