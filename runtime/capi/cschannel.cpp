#include <handfast/capi/cschannel.h>

#include <handfast/channel/channel.hpp>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <tuple>
#include <utility>

namespace {

using handfast::native;
using handfast::order;

/// An owned pointer, destroyed the way its channel says.
class owned_item {
 public:
  owned_item(void* pointer, void (*drop)(void*)) noexcept : pointer_(pointer), drop_(drop) {}
  owned_item(owned_item&& other) noexcept
      : pointer_(std::exchange(other.pointer_, nullptr)), drop_(other.drop_) {}
  owned_item& operator=(owned_item&& other) noexcept {
    std::swap(pointer_, other.pointer_);
    std::swap(drop_, other.drop_);
    return *this;
  }
  ~owned_item() {
    if (pointer_ != nullptr && drop_ != nullptr) {
      drop_(pointer_);
    }
  }

  /// The pointer, owned by the caller from here on.
  void* release() noexcept { return std::exchange(pointer_, nullptr); }

 private:
  void* pointer_;
  void (*drop_)(void*);
};

using core = handfast::lock_ring<owned_item, native>;

}  // namespace

// Fields: `ends` is thread-safe; `drop` is set before the channel is shared;
// `senders` and `calls` are counted by every thread.
struct cs_channel {
  explicit cs_channel(handfast::channel<core> made) noexcept : ends(std::move(made)) {}

  handfast::channel<core> ends;
  void (*drop)(void*) = std::free;
  native::atomic<std::size_t> senders{1};
  native::atomic<std::size_t> calls{0};  // under way: a channel in use is not destroyed
};

namespace {

[[noreturn]] void misused(const char* call, const char* what) {
  std::fprintf(stderr, "handfast: %s: %s\n", call, what);
  std::abort();
}

void require(bool holds, const char* call, const char* what) {
  if (!holds) {
    misused(call, what);
  }
}

/// A call under way on a channel.
class call_scope {
 public:
  explicit call_scope(cs_channel& chan) noexcept : chan_(chan) {
    chan_.calls.fetch_add(1, order::relaxed);  // relaxed: only counts; destroy needs no data of it
  }
  call_scope(const call_scope&) = delete;
  call_scope& operator=(const call_scope&) = delete;
  ~call_scope() {
    // [cschannel.calls] release: pairs with cs_chan_destroy's acquire load; all
    // that the call did is over before the channel is.
    chan_.calls.fetch_sub(1, order::release);
  }

 private:
  cs_channel& chan_;
};

cs_chan_status_t status_of(handfast::send_failure reason) {
  switch (reason) {
    case handfast::send_failure::full: return CS_CHAN_FULL;
    case handfast::send_failure::timed_out: return CS_CHAN_TIMED_OUT;
    case handfast::send_failure::closed: return CS_CHAN_CLOSED;
  }
  return CS_CHAN_INVALID;
}

cs_chan_status_t status_of(handfast::receive_failure reason) {
  switch (reason) {
    case handfast::receive_failure::empty: return CS_CHAN_EMPTY;
    case handfast::receive_failure::timed_out: return CS_CHAN_TIMED_OUT;
    case handfast::receive_failure::closed: return CS_CHAN_CLOSED;
  }
  return CS_CHAN_INVALID;
}

// The answer to a send; an item that was not sent goes back to its caller.
cs_chan_status_t settle(handfast::send_result<owned_item> result) {
  if (result) {
    return CS_CHAN_OK;
  }
  result.error().item.release();
  return status_of(result.error().reason);
}

cs_chan_status_t settle(handfast::receive_result<owned_item> result, void** out) {
  if (!result) {
    return status_of(result.error());
  }
  *out = result->release();
  return CS_CHAN_OK;
}

int errno_of(handfast::create_failure reason) {
  switch (reason) {
    case handfast::create_failure::zero_capacity: return EINVAL;
    case handfast::create_failure::capacity_overflow: return EOVERFLOW;
    case handfast::create_failure::out_of_memory: return ENOMEM;
  }
  return EINVAL;
}

}  // namespace

cs_channel_t* cs_chan_create(size_t capacity) {
  auto made = handfast::try_make_channel<owned_item>(capacity);
  if (!made) {
    errno = errno_of(made.error());
    return nullptr;
  }
  cs_channel* chan = handfast::make_object<cs_channel, native>(*std::move(made));
  if (chan == nullptr) {
    errno = ENOMEM;
  }
  return chan;
}

void cs_chan_set_drop(cs_channel_t* chan, void (*drop)(void* item)) {
  require(chan != nullptr, "cs_chan_set_drop", "the channel is NULL");
  chan->drop = drop;
}

void cs_chan_send(cs_channel_t* chan, void* data) {
  require(chan != nullptr, "cs_chan_send", "the channel is NULL");
  require(data != nullptr, "cs_chan_send", "the item is NULL, which receivers read as None");
  const call_scope scope(*chan);
  if (settle(chan->ends.tx.send(owned_item(data, chan->drop))) == CS_CHAN_CLOSED) {
    errno = EPIPE;
  }
}

void* cs_chan_receive(cs_channel_t* chan) {
  require(chan != nullptr, "cs_chan_receive", "the channel is NULL");
  const call_scope scope(*chan);
  auto received = chan->ends.rx.receive();
  return received ? received->release() : nullptr;
}

cs_chan_status_t cs_chan_try_send(cs_channel_t* chan, void* data) {
  if (chan == nullptr || data == nullptr) {
    return CS_CHAN_INVALID;
  }
  const call_scope scope(*chan);
  return settle(chan->ends.tx.try_send(owned_item(data, chan->drop)));
}

cs_chan_status_t cs_chan_try_receive(cs_channel_t* chan, void** out) {
  if (chan == nullptr || out == nullptr) {
    return CS_CHAN_INVALID;
  }
  const call_scope scope(*chan);
  return settle(chan->ends.rx.try_receive(), out);
}

cs_chan_status_t cs_chan_send_timed(cs_channel_t* chan, void* data, uint64_t nanoseconds) {
  if (chan == nullptr || data == nullptr) {
    return CS_CHAN_INVALID;
  }
  const call_scope scope(*chan);
  return settle(
      chan->ends.tx.send_until(owned_item(data, chan->drop), native::deadline_in(nanoseconds)));
}

cs_chan_status_t cs_chan_receive_timed(cs_channel_t* chan, void** out, uint64_t nanoseconds) {
  if (chan == nullptr || out == nullptr) {
    return CS_CHAN_INVALID;
  }
  const call_scope scope(*chan);
  return settle(chan->ends.rx.receive_until(native::deadline_in(nanoseconds)), out);
}

void cs_chan_clone_sender(cs_channel_t* chan) {
  require(chan != nullptr, "cs_chan_clone_sender", "the channel is NULL");
  const call_scope scope(*chan);
  // relaxed: the cloner holds a sender, so the count is not zero, and no data
  // comes with it.
  require(chan->senders.fetch_add(1, order::relaxed) != 0, "cs_chan_clone_sender",
          "no sender is left to clone");
}

void cs_chan_drop_sender(cs_channel_t* chan) {
  require(chan != nullptr, "cs_chan_drop_sender", "the channel is NULL");
  const call_scope scope(*chan);
  // relaxed: whoever takes the last one closes, and the channel's lock orders the
  // close after every send that this or another sender made before its drop:
  // each of those was a critical section of the same lock.
  const std::size_t before = chan->senders.fetch_sub(1, order::relaxed);
  require(before != 0, "cs_chan_drop_sender", "more senders were dropped than there were");
  if (before == 1) {
    std::ignore = chan->ends.tx.close();
  }
}

void cs_chan_close(cs_channel_t* chan) {
  require(chan != nullptr, "cs_chan_close", "the channel is NULL");
  const call_scope scope(*chan);
  std::ignore = chan->ends.tx.close();
}

void cs_chan_destroy(cs_channel_t* chan) {
  if (chan == nullptr) {
    return;
  }
  // [cschannel.calls] acquire: pairs with every call's release decrement; what
  // calls did is over before the channel is.
  require(chan->calls.load(order::acquire) == 0, "cs_chan_destroy",
          "a call on this channel is still under way");
  handfast::destroy_object<cs_channel, native>(chan);
}
