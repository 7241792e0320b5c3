// Waiting for what another thread does within its next few instructions, and leaving it alone
// for them.
#pragma once

#include <handfast/sync/policy.hpp>

#include <algorithm>
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

}  // namespace handfast
