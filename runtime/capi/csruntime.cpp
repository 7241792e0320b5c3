// The Coolscript runtime's C functions. What they do is in csruntime_*.hpp, over any policy.
#include <handfast/capi/runtime.h>
#include <handfast/capi/csruntime_channel.hpp>
#include <handfast/capi/csruntime_memory.hpp>
#include <handfast/capi/csruntime_pool.hpp>
#include <handfast/capi/misuse.hpp>
#include <handfast/sync/native.hpp>

#include <cerrno>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <system_error>
#include <tuple>
#include <type_traits>

namespace {

using handfast::create_failure;
using handfast::native;
using handfast::capi::misused;
using handfast::capi::require;
using handfast::csruntime::sent;

using pool = handfast::csruntime::pool<native>;
using channel = handfast::csruntime::element_channel<native>;

// Not inlined, nor errno's place looked up before: a call that waited may be on another thread.
[[gnu::noinline]] void say(int failure) {
  asm volatile("");
  errno = failure;
}

// The pool ----------------------------------------------------------------------

// The process outlives it, tasks that it leaves and all.
static_assert(std::is_trivially_destructible_v<pool>);
constinit pool all_tasks;

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

extern "C" void drain_at_exit() {
  if (const std::uint64_t stuck = all_tasks.drain(); stuck != 0) {
    std::fprintf(stderr, "handfast: exit: %llu %s for what nobody will do, and %s left\n",
                 static_cast<unsigned long long>(stuck), stuck == 1 ? "task waits" : "tasks wait",
                 stuck == 1 ? "is" : "are");
  }
}

struct this_process {
  [[nodiscard]] static unsigned workers() { return workers_asked_for(); }
  [[nodiscard]] static bool at_exit() { return std::atexit(drain_at_exit) == 0; }
};

// Channels ----------------------------------------------------------------------

// What C has a name for.
cs_channel_t* opaque(channel* chan) {
  return reinterpret_cast<cs_channel_t*>(chan);
}
channel& of(cs_channel_t* chan, const char* call) {
  require(chan != nullptr, call, "the channel is NULL");
  return *reinterpret_cast<channel*>(chan);
}

void require_element(const channel& chan, const void* data, const char* call) {
  require(data != nullptr || chan.element_size() == 0, call, "the element is NULL");
}

// Whether the element is the channel's now.
bool is_in(sent what, const char* call) {
  require(what != sent::no_memory, call, "no memory for an element");
  return what == sent::in;
}

}  // namespace

void* cs_alloc(size_t size) {
  void* const memory = handfast::csruntime::allocate<native>(size);
  if (memory == nullptr) {
    errno = ENOMEM;
  }
  return memory;
}

void cs_free(void* ptr) {
  if (ptr != nullptr) {
    require(handfast::csruntime::give_back<native>(ptr), "cs_free",
            "the memory is not from cs_alloc, or was freed before");
  }
}

void cs_spawn(cs_task_fn func, void* data) {
  require(func != nullptr, "cs_spawn", "the function is NULL");
  this_process here;
  if (const char* const lacking = all_tasks.spawn(called{func, data}, here)) [[unlikely]] {
    misused("cs_spawn", lacking);
  }
}

cs_channel_t* cs_chan_create(size_t capacity, size_t element_size) {
  const auto made = channel::create(capacity, element_size);
  if (!made) {
    errno = made.error() == create_failure::out_of_memory ? ENOMEM : EOVERFLOW;
    return nullptr;
  }
  return opaque(*made);
}

void cs_chan_send(cs_channel_t* chan, void* data) {
  channel& its = of(chan, "cs_chan_send");
  require_element(its, data, "cs_chan_send");
  if (!is_in(its.send(data), "cs_chan_send")) {
    say(EPIPE);
  }
}

int cs_chan_offer(cs_channel_t* chan, void* data) {
  channel& its = of(chan, "cs_chan_offer");
  require_element(its, data, "cs_chan_offer");
  return is_in(its.offer(data), "cs_chan_offer") ? 1 : 0;
}

int cs_chan_receive(cs_channel_t* chan, void* out_data) {
  channel& its = of(chan, "cs_chan_receive");
  require(out_data != nullptr || its.element_size() == 0, "cs_chan_receive",
          "there is no place for the element");
  return its.receive(out_data) ? 1 : 0;
}

void cs_chan_close(cs_channel_t* chan) {
  of(chan, "cs_chan_close").close();
}

void cs_chan_set_drop(cs_channel_t* chan, void (*drop)(void* element)) {
  of(chan, "cs_chan_set_drop").set_drop(drop);
}

void cs_chan_clone_sender(cs_channel_t* chan) {
  require(of(chan, "cs_chan_clone_sender").clone_sender(), "cs_chan_clone_sender",
          "no sender is left to clone");
}

void cs_chan_drop_sender(cs_channel_t* chan) {
  require(of(chan, "cs_chan_drop_sender").drop_sender(), "cs_chan_drop_sender",
          "more senders were dropped than there were");
}

void cs_chan_destroy(cs_channel_t* chan) {
  if (chan != nullptr) {
    of(chan, "cs_chan_destroy").destroy();
  }
}

void cs_print_str(cs_string_t s) {
  require(s.len >= 0, "cs_print_str", "the length is negative");
  require(s.ptr != nullptr || s.len == 0, "cs_print_str", "the string is NULL");
  if (s.len > 0) {
    std::ignore = std::fwrite(s.ptr, 1, static_cast<std::size_t>(s.len), stdout);
  }
}
