// A CC channel: values of one size, known when the program runs, over a channel core of ours.
#pragma once

#include <handfast/capi/ccruntime.h>
#include <handfast/channel/channel.hpp>
#include <handfast/memory/object.hpp>
#include <handfast/sync/policy.hpp>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <optional>
#include <utility>
#include <variant>

namespace handfast::cc {

/// A value on its way: in itself up to so many bytes, else in memory of its own.
template <sync_policy Sync>
class message {
 public:
  static constexpr std::size_t near_bytes = 64;

  /// Nothing where there is no memory.
  [[nodiscard]] static std::optional<message> copy_of(const void* value,
                                                      std::size_t size) noexcept {
    std::optional<message> made;
    void* far = nullptr;
    if (size > near_bytes) {
      far = Sync::allocate(size, far_alignment);
      if (far == nullptr) {
        return made;
      }
    }
    made.emplace(message(far, size));
    std::memcpy(far == nullptr ? made->near_.data() : far, value, size);
    return made;
  }
  message(message&& other) noexcept
      : near_(other.near_), far_(std::exchange(other.far_, nullptr)), size_(other.size_) {}
  message& operator=(message&& other) noexcept {
    near_ = other.near_;
    std::swap(far_, other.far_);
    std::swap(size_, other.size_);
    return *this;
  }
  ~message() {
    if (far_ != nullptr) {
      Sync::deallocate(far_, size_, far_alignment);
    }
  }

  void copy_to(void* out) const noexcept {
    std::memcpy(out, far_ == nullptr ? near_.data() : far_, size_);
  }

 private:
  static constexpr std::size_t far_alignment = __STDCPP_DEFAULT_NEW_ALIGNMENT__;

  message(void* far, std::size_t size) noexcept : far_(far), size_(size) {}

  std::array<std::byte, near_bytes> near_{};
  void* far_;
  std::size_t size_;
};

template <sync_policy Sync>
using ring = lock_free_ring<message<Sync>, Sync>;
template <sync_policy Sync>
using meeting = rendezvous<message<Sync>, Sync>;

[[nodiscard]] inline int errno_of(send_failure reason) noexcept {
  switch (reason) {
    case send_failure::full: return EAGAIN;
    case send_failure::timed_out: return ETIMEDOUT;
    case send_failure::closed: return EPIPE;
  }
  return EINVAL;
}
[[nodiscard]] inline int errno_of(receive_failure reason) noexcept {
  switch (reason) {
    case receive_failure::empty: return EAGAIN;
    case receive_failure::timed_out: return ETIMEDOUT;
    case receive_failure::closed: return EPIPE;
  }
  return EINVAL;
}
[[nodiscard]] inline int errno_of(create_failure reason) noexcept {
  switch (reason) {
    case create_failure::zero_capacity: return EINVAL;
    case create_failure::capacity_overflow: return EOVERFLOW;
    case create_failure::out_of_memory: return ENOMEM;
  }
  return EINVAL;
}

// What a send and a receive came to.
template <class Message>
[[nodiscard]] int settle(const send_result<Message>& sent) noexcept {
  return sent ? 0 : errno_of(sent.error().reason);
}
template <class Message>
[[nodiscard]] int settle(const receive_result<Message>& received, void* out) noexcept {
  if (!received) {
    return errno_of(received.error());
  }
  received->copy_to(out);
  return 0;
}

/// What a CCChan is. Thread-safe throughout; whoever has it counts.
template <sync_policy Sync>
class shared_channel {
 public:
  template <class Core>
  shared_channel(channel<Core> made, std::size_t value_size) noexcept
      : ends_(std::move(made)), value_size_(value_size) {}
  shared_channel(const shared_channel&) = delete;
  shared_channel& operator=(const shared_channel&) = delete;

  [[nodiscard]] CCChan* as_c() noexcept { return reinterpret_cast<CCChan*>(this); }
  [[nodiscard]] static shared_channel& of(CCChan* which) noexcept {
    return *reinterpret_cast<shared_channel*>(which);
  }

  /// Its owner's count, of calls and tasks that have it.
  void keep() noexcept {
    held_.fetch_add(1, order::relaxed);  // relaxed: the caller's is counted, or the owner's
  }
  void let_go() noexcept {
    // [ccruntime.channel] acq_rel: pairs with itself; what all did with it happens before it goes.
    if (held_.fetch_sub(1, order::acq_rel) == 1) {
      destroy_object<shared_channel, Sync>(this);
    }
  }

  [[nodiscard]] std::size_t value_size() const noexcept { return value_size_; }
  /// Whether a value goes from hand to hand.
  [[nodiscard]] bool has_no_room() const noexcept { return ends_.index() != 0; }

  /// `what(ends)`, of whichever core it is.
  template <class What>
  auto visit(What what) noexcept {
    if (auto* const ends = std::get_if<0>(&ends_)) {
      return what(*ends);
    }
    return what(*std::get_if<1>(&ends_));
  }

 private:
  std::variant<channel<ring<Sync>>, channel<meeting<Sync>>> ends_;
  const std::size_t value_size_;
  typename Sync::template atomic<std::size_t> held_{1};
};

/// A call or a task that has a channel.
template <sync_policy Sync>
class has_channel {
 public:
  explicit has_channel(shared_channel<Sync>& which) noexcept : which_(which) { which_.keep(); }
  has_channel(const has_channel&) = delete;
  has_channel& operator=(const has_channel&) = delete;
  ~has_channel() { which_.let_go(); }

 private:
  shared_channel<Sync>& which_;
};

}  // namespace handfast::cc
