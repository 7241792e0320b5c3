// Waiting for what another thread does within its next few instructions, and leaving it alone
// for them.
#pragma once

#include <handfast/sync/policy.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <source_location>

namespace handfast {

/// One such wait. The other may have lost its core, perhaps to this very thread: after some
/// microseconds it is given this one.
template <sync_policy Sync>
class busy_wait {
 public:
  /// In the body of the loop.
  void go_on(std::source_location where = std::source_location::current()) noexcept {
    if (pauses_ < most_pauses) {
      ++pauses_;
      Sync::pause(where);
    } else {
      Sync::yield(where);
    }
  }
  /// The same in a loop's condition: whether to look again.
  [[nodiscard]] bool looks_again(
      std::source_location where = std::source_location::current()) noexcept {
    go_on(where);
    return Sync::step(where);
  }

 private:
  static constexpr std::uint32_t most_pauses = 64;

  std::uint32_t pauses_ = 0;
};

/// For whoever loses a race for a position, in one operation. Two who take turns at it pay for
/// its line each time; so a loser stays away, twice as long after each loss, and comes back with
/// what it lost by: it loses again until the winners pause, and they have the line for several
/// operations. Nobody starves: from some losses on it looks anew. After the backoff of
/// crossbeam's channels.
template <sync_policy Sync>
class backoff {
 public:
  /// After a loss; whether to look anew.
  [[nodiscard]] bool lost(std::source_location where = std::source_location::current()) noexcept {
    for (std::size_t i = 0; i < pauses_; ++i) {
      Sync::pause(where);
    }
    if (pauses_ < Sync::limits::pauses_after_loss) {
      pauses_ *= 2;
      return false;
    }
    return Sync::limits::pauses_after_loss > 0;
  }

 private:
  std::size_t pauses_ = std::min<std::size_t>(1, Sync::limits::pauses_after_loss);
};

/// From some fixed moment.
template <sync_policy Sync>
[[nodiscard]] std::int64_t nanoseconds_now() noexcept {
  using nanoseconds = std::chrono::nanoseconds;
  return std::chrono::duration_cast<nanoseconds>(Sync::clock::now().time_since_epoch()).count();
}

/// Of who was last at one end of a queue; it lies on that end's line. Two who take turns there
/// pay for the line each time, and need lose no race for it. So whoever comes while another has
/// just come leaves it to that one for a microsecond, in which he has it for many operations.
/// Any thread may call, several at once: what it knows is a hint.
template <sync_policy Sync, bool = (Sync::limits::nanoseconds_apart > 0)>
class rivalry {
 public:
  /// Before a thread goes to that end.
  void approach() noexcept {
    if (last_.load(order::relaxed) != self()) {
      const std::int64_t come = nanoseconds_now<Sync>();
      if (come - since_.load(order::relaxed) < Sync::limits::nanoseconds_apart) {
        while (nanoseconds_now<Sync>() - come < Sync::limits::nanoseconds_apart) {
          Sync::pause();
        }
      }
    }
  }
  /// After an operation there.
  void leave() noexcept {
    if (last_.load(order::relaxed) != self()) {
      last_.store(self(), order::relaxed);
      since_.store(nanoseconds_now<Sync>(), order::relaxed);
    }
  }

 private:
  // Something of each thread's own.
  [[nodiscard]] static const char* self() noexcept {
    return &Sync::template thread_slot<char, rivalry>::get();
  }

  // Relaxed throughout: a hint.
  typename Sync::template atomic<const char*> last_{nullptr};
  // Relaxed throughout: a hint.
  typename Sync::template atomic<std::int64_t> since_{0};
};
template <sync_policy Sync>
class rivalry<Sync, false> {
 public:
  void approach() noexcept {}
  void leave() noexcept {}
};

}  // namespace handfast
