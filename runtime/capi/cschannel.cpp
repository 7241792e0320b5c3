// The Coolscript channel's C functions. What they do is in cschannel_channel.hpp, over any policy.
#include <handfast/capi/cschannel.h>
#include <handfast/capi/cschannel_channel.hpp>
#include <handfast/capi/misuse.hpp>
#include <handfast/sync/native.hpp>

#include <cerrno>
#include <cstdlib>
#include <expected>
#include <optional>

namespace {

using handfast::create_failure;
using handfast::native;
using handfast::receive_failure;
using handfast::send_failure;
using handfast::capi::require;

using channel = handfast::cschannel::pointer_channel<native>;

// What C has a name for.
cs_channel_t* opaque(channel* chan) {
  return reinterpret_cast<cs_channel_t*>(chan);
}
channel& of(cs_channel_t* chan) {
  return *reinterpret_cast<channel*>(chan);
}
channel& of(cs_channel_t* chan, const char* call) {
  require(chan != nullptr, call, "the channel is NULL");
  return of(chan);
}

cs_chan_status_t status_of(std::optional<send_failure> why) {
  if (!why) {
    return CS_CHAN_OK;
  }
  switch (*why) {
    case send_failure::full: return CS_CHAN_FULL;
    case send_failure::timed_out: return CS_CHAN_TIMED_OUT;
    case send_failure::closed: return CS_CHAN_CLOSED;
  }
  return CS_CHAN_INVALID;
}

cs_chan_status_t status_of(receive_failure why) {
  switch (why) {
    case receive_failure::empty: return CS_CHAN_EMPTY;
    case receive_failure::timed_out: return CS_CHAN_TIMED_OUT;
    case receive_failure::closed: return CS_CHAN_CLOSED;
  }
  return CS_CHAN_INVALID;
}

cs_chan_status_t settle(std::expected<void*, receive_failure> received, void** out) {
  if (!received) {
    return status_of(received.error());
  }
  *out = *received;
  return CS_CHAN_OK;
}

int errno_of(create_failure reason) {
  switch (reason) {
    case create_failure::zero_capacity: return EINVAL;
    case create_failure::capacity_overflow: return EOVERFLOW;
    case create_failure::out_of_memory: return ENOMEM;
  }
  return EINVAL;
}

}  // namespace

cs_channel_t* cs_chan_create(size_t capacity) {
  const auto made = channel::create(capacity, std::free);
  if (!made) {
    errno = errno_of(made.error());
    return nullptr;
  }
  return opaque(*made);
}

void cs_chan_set_drop(cs_channel_t* chan, void (*drop)(void* item)) {
  of(chan, "cs_chan_set_drop").set_drop(drop);
}

void cs_chan_send(cs_channel_t* chan, void* data) {
  channel& its = of(chan, "cs_chan_send");
  require(data != nullptr, "cs_chan_send", "the item is NULL, which receivers read as None");
  if (its.send(data) == send_failure::closed) {
    errno = EPIPE;
  }
}

void* cs_chan_receive(cs_channel_t* chan) {
  return of(chan, "cs_chan_receive").receive().value_or(nullptr);
}

cs_chan_status_t cs_chan_try_send(cs_channel_t* chan, void* data) {
  return chan == nullptr || data == nullptr ? CS_CHAN_INVALID : status_of(of(chan).try_send(data));
}

cs_chan_status_t cs_chan_try_receive(cs_channel_t* chan, void** out) {
  return chan == nullptr || out == nullptr ? CS_CHAN_INVALID : settle(of(chan).try_receive(), out);
}

cs_chan_status_t cs_chan_send_timed(cs_channel_t* chan, void* data, uint64_t nanoseconds) {
  return chan == nullptr || data == nullptr
             ? CS_CHAN_INVALID
             : status_of(of(chan).send_until(data, native::deadline_in(nanoseconds)));
}

cs_chan_status_t cs_chan_receive_timed(cs_channel_t* chan, void** out, uint64_t nanoseconds) {
  return chan == nullptr || out == nullptr
             ? CS_CHAN_INVALID
             : settle(of(chan).receive_until(native::deadline_in(nanoseconds)), out);
}

void cs_chan_clone_sender(cs_channel_t* chan) {
  require(of(chan, "cs_chan_clone_sender").clone_sender(), "cs_chan_clone_sender",
          "no sender is left to clone");
}

void cs_chan_drop_sender(cs_channel_t* chan) {
  require(of(chan, "cs_chan_drop_sender").drop_sender(), "cs_chan_drop_sender",
          "more senders were dropped than there were");
}

void cs_chan_close(cs_channel_t* chan) {
  of(chan, "cs_chan_close").close();
}

void cs_chan_destroy(cs_channel_t* chan) {
  if (chan != nullptr) {
    require(of(chan).destroy(), "cs_chan_destroy", "a call on this channel is still under way");
  }
}
