// Looking again for some microseconds, before a sleep that costs more than that.
#pragma once

#include <handfast/park/host.hpp>
#include <handfast/sync/policy.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace handfast {

/// What those who wait for the same have learnt about how long it takes. Any thread may call,
/// several at once: what they learn is a hint.
///
/// A look takes the line that is looked at away from whoever brings the next item. Who looks
/// at once therefore finds one item at a time, each at the price of two misses; who looks later
/// finds several. So as long as the first look comes upon something, the next one comes twice
/// as late; where it comes to nothing, whatever comes is slow, the next first look comes
/// earlier, and from there on there is one after each pause.
template <sync_policy Sync>
class adaptive_spin {
 public:
  /// Calls `attempt` until it comes to something, for some microseconds at most; whether it
  /// did. No more than `most` come at once. What runs on a worker lets others run instead,
  /// for they wait for its thread, and it perhaps for them.
  template <class Attempt>
  [[nodiscard]] bool before_sleep(std::size_t most, Attempt attempt) noexcept {
    if constexpr (pauses == 0) {
      return false;
    } else {
      if (host<Sync>::here() != nullptr) {
        return host<Sync>::give_way_until(attempt);
      }
      const std::uint32_t first = first_look_.load(order::relaxed);
      for (std::uint32_t i = 0; i < first; ++i) {
        Sync::pause();
      }
      if (attempt()) {
        learn(first, std::min<std::size_t>(std::size_t{2} * first, std::min(latest, most)));
        return true;
      }
      learn(first, std::max(first / 2, 1U));
      for (std::size_t i = first; i < pauses; ++i) {
        Sync::pause();
        if (attempt()) {
          return true;
        }
      }
      return false;
    }
  }

 private:
  static constexpr std::size_t pauses = Sync::limits::pauses_before_sleep;
  static constexpr std::size_t latest = std::min<std::size_t>(pauses, 64);

  void learn(std::uint32_t was, std::size_t pauses_before) noexcept {
    if (pauses_before != was) {
      first_look_.store(static_cast<std::uint32_t>(pauses_before), order::relaxed);
    }
  }

  // Relaxed throughout: a hint.
  typename Sync::template atomic<std::uint32_t> first_look_{1};
};

}  // namespace handfast
