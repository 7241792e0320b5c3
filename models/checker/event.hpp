// Events of an execution: what threads did to shared locations, fences, threads
// made and joined, and choices of data.
//
// An event is flat and trivially copyable: graphs are copied and cut hundreds of
// thousands of times a second. Its clocks are the graph's (graph.hpp).
#pragma once

#include <cstdint>
#include <source_location>
#include <type_traits>

namespace handfast::checker {

/// Threads are numbered from 0, the first; so are a thread's events.
using thread_index = std::uint32_t;
inline constexpr thread_index no_thread = ~thread_index{0};

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

/// How far a fence reaches: a light one orders its thread only as far as a heavy one of another
/// thread has it (membarrier), and is no release and no acquire of its own.
enum class fence_reach : std::uint8_t { full, light, heavy };

/// What a thread does, and how it was decided.
struct event {
  location where = 0;
  thread_index thread = 0;
  std::uint32_t index = 0;  ///< in its thread
  event_kind kind = event_kind::fence;
  update then = update::none;             ///< reads
  await until = await::nothing;           ///< reads
  fence_reach reach = fence_reach::full;  ///< fences
  std::uint8_t size = 8;                  ///< bytes that the location has
  access how = access::relaxed;
  access how_if_done = access::relaxed;    ///< updates and awaits: when they write or go on
  access how_if_failed = access::relaxed;  ///< updates: when they do not write
  bool exclusive = false;      ///< a half of a read-modify-write: the read, then the write
  bool waiting = false;        ///< an await that nothing lets go on yet
  bool let_go = false;         ///< an await that waited, and was let go where it stood
  bool overtaken = false;      ///< waits for a mutex that a later comer was given
  bool after_pause = false;    ///< begins another round of a waiting loop
  bool spurious_left = false;  ///< a weak compare-exchange may fail for no reason
  std::uint32_t pick = 0;      ///< which of the equals was chosen; 0 is the first way
  /// One more than the index of its thread's last release fence before it.
  std::uint32_t after_fence = 0;
  stamp source = initial;     ///< reads: the write that it reads from
  stamp waited_on = initial;  ///< of an await that was let go: what it read while it waited
  std::uint32_t place = 0;    ///< writes: in coherence order; 1 is right after the initial one
  value data;                 ///< read, written or chosen; the thread made or joined
  value operand;              ///< of the update; the predicate's argument
  value expected;             ///< of a compare-exchange; how many ways a choice has
  await_function lets_go = nullptr;
  std::source_location line;
};
static_assert(std::is_trivially_copyable_v<event>);

/// One that is asked for, and in no graph yet.
using operation = event;

}  // namespace handfast::checker
