// The Coolscript runtime over the scheduler and the channels.
//
// Rules
//  1. The pool, and what is written down of it, is touched only while `gate` is held; but tasks
//     find the pool without it: a pool with live tasks is not destroyed.
//  2. Who is no task spawns while it holds `gate`. So the exit, when it holds that and nothing is
//     live, knows that nothing will be.
//  3. A channel is freed by whoever leaves it last: each side counts the calls under way on it,
//     and the owner until cs_chan_destroy.
#include <handfast/capi/runtime.h>

#include <handfast/channel/channel.hpp>
#include <handfast/sched/scheduler.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <expected>
#include <limits>
#include <memory>
#include <new>
#include <string_view>
#include <system_error>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>

namespace {

using handfast::create_failure;
using handfast::lock_guard;
using handfast::native;
using handfast::order;

using workers = handfast::scheduler<native>;

constexpr std::size_t largest = std::numeric_limits<std::ptrdiff_t>::max();

[[noreturn]] void misused(const char* call, const char* what) {
  std::fprintf(stderr, "handfast: %s: %s\n", call, what);
  std::abort();
}

void require(bool holds, const char* call, const char* what) {
  if (!holds) [[unlikely]] {
    misused(call, what);
  }
}

// Not inlined, nor errno's place looked up before: a call that waited may be on another thread.
[[gnu::noinline]] void say(int failure) {
  asm volatile("");
  errno = failure;
}

// Memory ------------------------------------------------------------------------

// Before each piece of memory: what cs_free has to know, and how it knows the piece.
struct alignas(std::max_align_t) header {
  std::size_t bytes;
  std::uintptr_t seal;

  [[nodiscard]] std::uintptr_t right_seal() const noexcept {
    constexpr std::uintptr_t mark = 0x6373'616c'6c6f'6321;
    return reinterpret_cast<std::uintptr_t>(this) ^ mark;
  }
};

// The pool ----------------------------------------------------------------------

constinit native::mutex gate;
constinit native::atomic<workers*> pool{nullptr};
constinit bool drains_at_exit = false;
constinit std::uint64_t spawned_outside = 0;

struct called {
  cs_task_fn func;
  void* data;

  void operator()() const noexcept {
    try {
      func(data);
    } catch (...) {
      misused("cs_spawn", "a task was left by an exception, or by the end of its thread");
    }
  }
};

constexpr unsigned most_workers = 1024;

// 0: as many as there are cores.
unsigned workers_asked_for() {
  const char* const text = std::getenv("CS_WORKERS");
  if (text == nullptr || *text == '\0') {
    return 0;
  }
  const std::string_view digits(text);
  unsigned count = 0;
  const auto [end, wrong] = std::from_chars(digits.begin(), digits.end(), count);
  if (wrong != std::errc() || end != digits.end() || count == 0 || count > most_workers) {
    std::fprintf(stderr, "handfast: CS_WORKERS is \"%s\", not a number from 1 to %u: one a core\n",
                 text, most_workers);
    return 0;
  }
  return count;
}

workers* start_workers() {
  void* const memory = native::allocate(sizeof(workers), alignof(workers));
  require(memory != nullptr, "cs_spawn", "no memory for the pool");
  try {
    return std::construct_at(static_cast<workers*>(memory),
                             handfast::scheduler_options{.workers = workers_asked_for()});
  } catch (...) {
    misused("cs_spawn", "no thread or no memory for a worker");
  }
}

/// The pool, if a task of it asks.
workers* pool_of_task() noexcept {
  return handfast::host<native>::here() == nullptr
             ? nullptr
             : pool.load(order::relaxed);  // relaxed: older than whatever runs on it
}

extern "C" void drain_at_exit() {
  if (handfast::host<native>::here() != nullptr) {
    return;  // a task called exit: to wait for all would be to wait for itself
  }
  for (;;) {
    workers* its = nullptr;
    std::uint64_t spawned_before = 0;
    {
      const lock_guard<native> lock(gate);
      its = pool.load(order::relaxed);  // relaxed: written under the lock
      spawned_before = spawned_outside;
    }
    if (its == nullptr) {
      return;
    }
    const std::uint64_t stuck = its->wait_until_quiet();
    const lock_guard<native> lock(gate);
    if (spawned_outside != spawned_before) {
      continue;
    }
    drains_at_exit = false;
    if (stuck != 0) {
      std::fprintf(stderr, "handfast: exit: %llu %s for what nobody will do, and %s left\n",
                   static_cast<unsigned long long>(stuck), stuck == 1 ? "task waits" : "tasks wait",
                   stuck == 1 ? "is" : "are");
      return;
    }
    pool.store(nullptr, order::relaxed);  // relaxed: no task is left to read it
    its->shut_down(handfast::shutdown_mode::drain);
    handfast::destroy_object<workers, native>(its);
    return;
  }
}

// While the gate is held. In an exit handler that comes after the drain too: then there is another.
workers& open_pool() {
  workers* its = pool.load(order::relaxed);  // relaxed: written under the lock
  if (its == nullptr) {
    its = start_workers();
    pool.store(its, order::relaxed);  // relaxed: tasks are spawned after it
  }
  if (!drains_at_exit) {
    require(std::atexit(drain_at_exit) == 0, "cs_spawn", "the process can have no exit handler");
    drains_at_exit = true;
  }
  return *its;
}

// Elements ----------------------------------------------------------------------

void copy(void* to, const void* from, std::size_t size) noexcept {
  if (size != 0) {  // else either may be NULL
    std::memcpy(to, from, size);
  }
}

/// An element of at most Room bytes, where the channel keeps it. Most are of just as many, and
/// copied by as few instructions.
template <std::size_t Room>
class placed {
 public:
  placed(const void* from, std::size_t size) noexcept {
    if (size == Room) {
      std::memcpy(bytes_.data(), from, Room);
    } else {
      copy(bytes_.data(), from, size);
    }
  }

  [[nodiscard]] static constexpr bool is_there() noexcept { return true; }
  [[nodiscard]] void* bytes() noexcept { return bytes_.data(); }
  void copy_to(void* out, std::size_t size) const noexcept {
    if (size == Room) {
      std::memcpy(out, bytes_.data(), Room);
    } else {
      copy(out, bytes_.data(), size);
    }
  }

 private:
  alignas(std::min(Room, alignof(std::max_align_t))) std::array<std::byte, Room> bytes_;
};

/// A larger one, in memory of its own.
class boxed {
 public:
  boxed(const void* from, std::size_t size) noexcept : memory_(cs_alloc(size)) {
    if (is_there()) {
      copy(memory_, from, size);
    }
  }
  boxed(boxed&& other) noexcept : memory_(std::exchange(other.memory_, nullptr)) {}
  boxed& operator=(boxed&& other) noexcept {
    std::swap(memory_, other.memory_);
    return *this;
  }
  ~boxed() { cs_free(memory_); }

  [[nodiscard]] bool is_there() const noexcept { return memory_ != nullptr; }
  [[nodiscard]] void* bytes() noexcept { return memory_; }
  void copy_to(void* out, std::size_t size) const noexcept { copy(out, memory_, size); }

 private:
  void* memory_;
};

constexpr std::size_t most_in_place = 64;

template <class Element>
using ring = handfast::lock_free_ring<Element, native>;
template <class Element>
using meeting = handfast::rendezvous<Element, native>;

// One core for each size of elements that is kept in place, one for the rest; the last two have no
// room for elements at all.
using some_channel =
    std::variant<handfast::channel<ring<placed<8>>>, handfast::channel<ring<placed<16>>>,
                 handfast::channel<ring<placed<32>>>,
                 handfast::channel<ring<placed<most_in_place>>>, handfast::channel<ring<boxed>>,
                 handfast::channel<meeting<placed<most_in_place>>>,
                 handfast::channel<meeting<boxed>>>;

template <class Core, class... Capacity>
std::expected<some_channel, create_failure> made_of(Capacity... capacity) noexcept {
  auto made = handfast::try_make_channel_of<Core>(capacity...);
  if (!made) {
    return std::unexpected(made.error());
  }
  return some_channel(*std::move(made));
}

std::expected<some_channel, create_failure> make_ends(std::size_t capacity,
                                                      std::size_t size) noexcept {
  if (size > largest - sizeof(header)) {
    return std::unexpected(create_failure::capacity_overflow);
  }
  if (capacity == 0) {
    return size <= most_in_place ? made_of<meeting<placed<most_in_place>>>()
                                 : made_of<meeting<boxed>>();
  }
  if (size <= 8) {
    return made_of<ring<placed<8>>>(capacity);
  }
  if (size <= 16) {
    return made_of<ring<placed<16>>>(capacity);
  }
  if (size <= 32) {
    return made_of<ring<placed<32>>>(capacity);
  }
  return size <= most_in_place ? made_of<ring<placed<most_in_place>>>(capacity)
                               : made_of<ring<boxed>>(capacity);
}

/// The calls under way on one side, and the owner; on a line of its own, for the sides' threads
/// are others.
struct alignas(native::limits::cache_line) side {
  native::atomic<std::size_t> inside{1};
};

}  // namespace

// Fields: `ends` is thread-safe; `element_size` never changes; `drop` is set before the channel is
// shared.
struct cs_channel {
  cs_channel(some_channel made, std::size_t size) noexcept
      : ends(std::move(made)), element_size(size) {}

  some_channel ends;
  const std::size_t element_size;
  void (*drop)(void*) = nullptr;
  native::atomic<std::size_t> senders{1};
  native::atomic<bool> left{false};  // by one side
  side sending;
  side receiving;
};

namespace {

// One fewer on a side.
void leave(cs_channel& chan, side& where) noexcept {
  // [csruntime.inside] acq_rel: pairs with itself; what other calls did is over before the last of
  // the side leaves.
  if (where.inside.fetch_sub(1, order::acq_rel) != 1) {
    return;
  }
  // [csruntime.left] acq_rel: pairs with the other side's; all that it did is over.
  if (chan.left.exchange(true, order::acq_rel)) {
    handfast::destroy_object<cs_channel, native>(&chan);
  }
}

/// A call under way on a channel.
class call_scope {
 public:
  call_scope(cs_channel& chan, side& where) noexcept : chan_(chan), where_(where) {
    where_.inside.fetch_add(1, order::relaxed);  // relaxed: the owner is counted as well
  }
  call_scope(const call_scope&) = delete;
  call_scope& operator=(const call_scope&) = delete;
  ~call_scope() { leave(chan_, where_); }

 private:
  cs_channel& chan_;
  side& where_;
};

void close(cs_channel& chan) noexcept {
  std::visit([](auto& its) { std::ignore = its.tx.close(); }, chan.ends);
}

// Whether the element is the channel's now.
bool moves_in(const char* call, cs_channel& chan, const void* data) {
  require(data != nullptr || chan.element_size == 0, call, "the element is NULL");
  return std::visit(
      [&](auto& its) {
        using element = typename std::remove_reference_t<decltype(its.tx)>::value_type;
        element item(data, chan.element_size);
        require(item.is_there(), call, "no memory for an element");
        return its.tx.send(std::move(item)).has_value();
      },
      chan.ends);
}

void drop_all(cs_channel& chan) {
  std::visit(
      [&](auto& its) {
        while (auto element = its.rx.try_receive()) {
          if (chan.drop != nullptr) {
            chan.drop(element->bytes());
          }
        }
      },
      chan.ends);
}

}  // namespace

void* cs_alloc(size_t size) {
  void* const memory = size > largest - sizeof(header)
                           ? nullptr
                           : native::allocate(sizeof(header) + size, alignof(header));
  if (memory == nullptr) {
    errno = ENOMEM;
    return nullptr;
  }
  auto* const before = std::construct_at(static_cast<header*>(memory));
  before->bytes = sizeof(header) + size;
  before->seal = before->right_seal();
  return before + 1;
}

void cs_free(void* ptr) {
  if (ptr == nullptr) {
    return;
  }
  header* const before = static_cast<header*>(ptr) - 1;
  require(before->seal == before->right_seal(), "cs_free",
          "the memory is not from cs_alloc, or was freed before");
  before->seal = 0;
  native::deallocate(before, before->bytes, alignof(header));
}

void cs_spawn(cs_task_fn func, void* data) {
  require(func != nullptr, "cs_spawn", "the function is NULL");
  const auto post_to = [&](workers& those) {
    require(those.post(called{func, data}).has_value(), "cs_spawn", "no memory for a task");
  };
  if (workers* const mine = pool_of_task()) {
    post_to(*mine);
    return;
  }
  const lock_guard<native> lock(gate);
  ++spawned_outside;
  post_to(open_pool());
}

cs_channel_t* cs_chan_create(size_t capacity, size_t element_size) {
  auto made = make_ends(capacity, element_size);
  if (!made) {
    errno = made.error() == create_failure::out_of_memory ? ENOMEM : EOVERFLOW;
    return nullptr;
  }
  auto* const chan =
      handfast::make_object<cs_channel, native>(*std::move(made), std::size_t{element_size});
  if (chan == nullptr) {
    errno = ENOMEM;
  }
  return chan;
}

void cs_chan_send(cs_channel_t* chan, void* data) {
  require(chan != nullptr, "cs_chan_send", "the channel is NULL");
  bool moved = false;
  {
    const call_scope scope(*chan, chan->sending);
    moved = moves_in("cs_chan_send", *chan, data);
    if (!moved && chan->drop != nullptr) {
      chan->drop(data);
    }
  }
  if (!moved) {
    say(EPIPE);
  }
}

int cs_chan_offer(cs_channel_t* chan, void* data) {
  require(chan != nullptr, "cs_chan_offer", "the channel is NULL");
  const call_scope scope(*chan, chan->sending);
  return moves_in("cs_chan_offer", *chan, data) ? 1 : 0;
}

int cs_chan_receive(cs_channel_t* chan, void* out_data) {
  require(chan != nullptr, "cs_chan_receive", "the channel is NULL");
  require(out_data != nullptr || chan->element_size == 0, "cs_chan_receive",
          "there is no place for the element");
  const call_scope scope(*chan, chan->receiving);
  return std::visit(
      [&](auto& its) {
        const auto received = its.rx.receive();
        if (received) {
          received->copy_to(out_data, chan->element_size);
        }
        return received ? 1 : 0;
      },
      chan->ends);
}

void cs_chan_close(cs_channel_t* chan) {
  require(chan != nullptr, "cs_chan_close", "the channel is NULL");
  const call_scope scope(*chan, chan->sending);
  close(*chan);
}

void cs_chan_set_drop(cs_channel_t* chan, void (*drop)(void* element)) {
  require(chan != nullptr, "cs_chan_set_drop", "the channel is NULL");
  chan->drop = drop;
}

void cs_chan_clone_sender(cs_channel_t* chan) {
  require(chan != nullptr, "cs_chan_clone_sender", "the channel is NULL");
  const call_scope scope(*chan, chan->sending);
  // relaxed: the cloner holds a sender, so the count is not zero, and no data
  // comes with it.
  require(chan->senders.fetch_add(1, order::relaxed) != 0, "cs_chan_clone_sender",
          "no sender is left to clone");
}

void cs_chan_drop_sender(cs_channel_t* chan) {
  require(chan != nullptr, "cs_chan_drop_sender", "the channel is NULL");
  const call_scope scope(*chan, chan->sending);
  // [csruntime.senders] acq_rel: pairs with itself; what all senders sent is in before the last
  // one closes.
  const std::size_t before = chan->senders.fetch_sub(1, order::acq_rel);
  require(before != 0, "cs_chan_drop_sender", "more senders were dropped than there were");
  if (before == 1) {
    close(*chan);
  }
}

void cs_chan_destroy(cs_channel_t* chan) {
  if (chan == nullptr) {
    return;
  }
  close(*chan);
  drop_all(*chan);
  leave(*chan, chan->sending);
  leave(*chan, chan->receiving);
}

void cs_print_str(cs_string_t s) {
  require(s.len >= 0, "cs_print_str", "the length is negative");
  require(s.ptr != nullptr || s.len == 0, "cs_print_str", "the string is NULL");
  if (s.len > 0) {
    std::ignore = std::fwrite(s.ptr, 1, static_cast<std::size_t>(s.len), stdout);
  }
}
