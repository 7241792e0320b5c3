// The Sync policy: the one door between Handfast's source and whatever runs it.
//
// Everything in `runtime/` is a template on a policy. A policy is a class that
// names types and static functions; it has no state of its own. The same text
// is shipped on `native`, soaked on `native_seeded`, and searched on the
// policies of `models/adapters`, side by side in one program.
//
// What follows is the contract, member by member. "Engines may branch" says
// where a searching policy may switch threads or choose between outcomes; a
// member without that remark is never a scheduling point.
//
//   atomic<T>            A T that threads share. Every call spells its order:
//                        there are no defaults and no operators, so that no
//                        sequentially consistent access is an accident.
//                          atomic(T)                      plain initialisation
//                          T    load(order)
//                          void store(T, order)
//                          T    exchange(T, order)
//                          bool compare_exchange_strong(T&, T, order success, order failure)
//                          bool compare_exchange_weak  (T&, T, order success, order failure)
//                          T    fetch_add / fetch_sub / fetch_and / fetch_or / fetch_xor (T, order)
//                        Engines may branch at each, over schedules and over
//                        the writes that a read may see; `weak` may fail
//                        spuriously.
//   fence(order)         A free-standing fence. Prefer ordered accesses: they
//                        have a partner that can be named, and ThreadSanitizer
//                        follows them.
//   light_fence(order), heavy_fence(order)
//                        An asymmetric pair: a light one and a heavy one are ordered
//                        with each other as two seq_cst fences are, two light ones are
//                        not. The light one costs next to nothing, the heavy one
//                        microseconds: for paths that are seldom taken. Engines may branch.
//   mutex                lock(), try_lock() -> try_lock_status, unlock(). Not
//                        recursive; unlocked by the thread that locked it.
//                        try_lock may fail spuriously. Engines may branch.
//   condition_variable   wait(mutex&), wait_until(mutex&, deadline) ->
//                        wait_status, notify_one(), notify_all(). The mutex is
//                        held by the caller. A wait may end for no reason, so
//                        callers re-check. A wait that says `timed_out` may
//                        have used up a notification: look again before giving
//                        up. Engines may branch over who is woken, spurious
//                        ends and time-outs.
//   thread               thread(callable), join(). Movable; joined before it is
//                        destroyed. Creation and join order memory.
//   thread_slot<T, Tag>  get() -> T&: one T for each thread and Tag,
//                        value-initialised when the thread first looks.
//   var<T>               Plain data that a protocol guards: read() -> const T&,
//                        write() -> T&. The reference is for the expression at
//                        hand. Free on `native`; engines report two unordered
//                        accesses of which one is a write.
//   pause(), yield()     In the body of every waiting loop; one that may last is a
//                        busy_wait, which gives the core to another thread after a while.
//   clock, deadline      clock::now() -> deadline, monotonic; deadline + any
//                        std::chrono duration is a deadline. In engines time is
//                        a choice: a timed wait may end whenever it waits, and
//                        a deadline once seen past stays past.
//   wait(word, expected), wait_until(word, expected, deadline) -> wait_status,
//   notify_one(word), notify_all(word)
//                        Futex-style: sleep while the atomic<uint32_t> `word`
//                        holds `expected`. May end for no reason; orders no
//                        memory: reload with the order that is needed.
//   random()             64 random bits; drawn from the run's seed where the
//                        policy has one.
//   allocate(bytes, align), deallocate(pointer, bytes, align)
//                        Raw memory; nullptr when there is none. Engines report
//                        leaks, double frees and use after free.
//   assert_that(condition, text)
//                        A broken precondition or invariant. Stops the program
//                        on `native`, in every build type; a finding under an
//                        engine.
//   cores()              How many threads can run at once.
//   step() -> bool       Whether to do the step that follows: always, but in a campaign
//                        that leaves steps out one at a time, to see whether anything
//                        notices. Free on `native`.
//   name(object, text)   Names an object for traces. Free on `native`.
//   limits               Sizes that shrink under search:
//                          items_per_lock   most items one hold of a channel's
//                                           lock moves (bounds how long others
//                                           wait behind a batch);
//                          pauses_before_sleep  for how long an operation that would wait
//                                           looks again before it puts its thread to sleep;
//                          nanoseconds_awake  for how much longer who is told on a word of
//                                           his own stays awake, or 0;
//                          pauses_after_loss  for how long who lost a race for a queue's end
//                                           leaves it to others at most: a power of two, or 0;
//                          nanoseconds_apart  for how long who comes to a queue's end while
//                                           another has just come leaves it to that one, or 0;
//                          nanoseconds_of_slack  how late an alarm may ring so that several
//                                           ring at once, or 0;
//                          nanoseconds_to_move  what it costs, about, to bring work to
//                                           another core, or 0;
//                          stacks_go_aside  whether a worker's work can be put aside with its
//                                           stack (host.hpp), or puts the thread to sleep;
//                          segment_items    items of one segment of an unbounded queue;
//                          cache_line  bytes that one core takes from another at once:
//                                           what different threads write is so far apart.
//
// Locking, waiting and asserting calls take a defaulted std::source_location, so
// that reports name the caller's line; policies that do not report ignore it.
#pragma once

#include <handfast/sync/order.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <source_location>

namespace handfast {

/// How a timed or untimed wait ended, as far as the policy knows.
enum class wait_status : unsigned char {
  woken,      ///< notified, or for no reason: look at the condition again
  timed_out,  ///< the deadline passed: look once more, then give up
};

/// Whether `try_lock` has the lock now.
enum class try_lock_status : unsigned char {
  locked,
  busy,
};

namespace detail {

template <class Atomic>
concept atomic_word = requires(Atomic& word, std::uint32_t& expected) {
  { word.load(order::acquire) } -> std::same_as<std::uint32_t>;
  { word.store(1U, order::release) } -> std::same_as<void>;
  { word.exchange(1U, order::acq_rel) } -> std::same_as<std::uint32_t>;
  {
    word.compare_exchange_strong(expected, 1U, order::acq_rel, order::acquire)
  } -> std::same_as<bool>;
  {
    word.compare_exchange_weak(expected, 1U, order::acq_rel, order::acquire)
  } -> std::same_as<bool>;
  { word.fetch_add(1U, order::relaxed) } -> std::same_as<std::uint32_t>;
  { word.fetch_sub(1U, order::relaxed) } -> std::same_as<std::uint32_t>;
  { word.fetch_and(1U, order::relaxed) } -> std::same_as<std::uint32_t>;
  { word.fetch_or(1U, order::relaxed) } -> std::same_as<std::uint32_t>;
  { word.fetch_xor(1U, order::relaxed) } -> std::same_as<std::uint32_t>;
};

struct slot_tag;

}  // namespace detail

/// The contract above, as far as a compiler can check it.
template <class Sync>
concept sync_policy =
    detail::atomic_word<typename Sync::template atomic<std::uint32_t>> &&
    requires(typename Sync::mutex& mutex, typename Sync::condition_variable& condition,
             typename Sync::template var<int>& plain, const typename Sync::template var<int>& seen,
             typename Sync::template atomic<std::uint32_t>& word, typename Sync::deadline deadline,
             void* memory, std::size_t size, std::source_location where) {
      Sync::fence(order::seq_cst);
      Sync::light_fence(order::seq_cst);
      Sync::heavy_fence(order::seq_cst);
      mutex.lock(where);
      { mutex.try_lock(where) } -> std::same_as<try_lock_status>;
      mutex.unlock(where);
      condition.wait(mutex, where);
      { condition.wait_until(mutex, deadline, where) } -> std::same_as<wait_status>;
      condition.notify_one(where);
      condition.notify_all(where);
      { seen.read(where) } -> std::same_as<const int&>;
      { plain.write(where) } -> std::same_as<int&>;
      { Sync::template thread_slot<int, detail::slot_tag>::get() } -> std::same_as<int&>;
      Sync::pause(where);
      Sync::yield(where);
      { Sync::clock::now() } -> std::same_as<typename Sync::deadline>;
      Sync::wait(word, 0U, where);
      { Sync::wait_until(word, 0U, deadline, where) } -> std::same_as<wait_status>;
      Sync::notify_one(word, where);
      Sync::notify_all(word, where);
      { Sync::random() } -> std::same_as<std::uint64_t>;
      { Sync::allocate(size, size) } -> std::same_as<void*>;
      Sync::deallocate(memory, size, size);
      Sync::assert_that(true, "", where);
      { Sync::step(where) } -> std::same_as<bool>;
      Sync::name(plain, "");
      { Sync::limits::items_per_lock } -> std::convertible_to<std::size_t>;
      { Sync::limits::pauses_before_sleep } -> std::convertible_to<std::size_t>;
      { Sync::limits::nanoseconds_awake } -> std::convertible_to<std::int64_t>;
      { Sync::limits::pauses_after_loss } -> std::convertible_to<std::size_t>;
      { Sync::limits::nanoseconds_apart } -> std::convertible_to<std::int64_t>;
      { Sync::cores() } -> std::same_as<unsigned>;
      { Sync::limits::nanoseconds_of_slack } -> std::convertible_to<std::int64_t>;
      { Sync::limits::nanoseconds_to_move } -> std::convertible_to<std::int64_t>;
      { Sync::limits::stacks_go_aside } -> std::convertible_to<bool>;
      { Sync::limits::segment_items } -> std::convertible_to<std::size_t>;
      { Sync::limits::cache_line } -> std::convertible_to<std::size_t>;
    } &&
    std::constructible_from<typename Sync::thread, void (*)()> &&
    requires(typename Sync::thread& thread) { thread.join(); };

}  // namespace handfast
