// Which of the several things that somebody waits for was done, by whoever came first.
#pragma once

#include <handfast/sync/policy.hpp>

#include <cstdint>

namespace handfast {

/// Those who could do one of the things each hold the lock of theirs, and whoever waits
/// goes through that lock before it looks what was done, or was told by whoever did it
/// (parker): so it orders no memory itself.
template <sync_policy Sync>
class claim {
 public:
  claim() noexcept { Sync::name(state_, "claim"); }
  claim(const claim&) = delete;
  claim& operator=(const claim&) = delete;

  /// From here on it can be claimed; for its owner, while nobody knows it.
  void open() noexcept { state_.store(is_open, order::relaxed); }

  /// For whoever would do number `which`: whether nobody else did one, and its owner waits.
  [[nodiscard]] bool make(std::uint32_t which) noexcept { return change_to(first + which); }
  /// For its owner, who waits no more: whether nobody has claimed it, nor will.
  [[nodiscard]] bool withdraw() noexcept { return change_to(withdrawn) || !made(); }

  /// Whether one was done.
  [[nodiscard]] bool made() const noexcept { return state_.load(order::relaxed) >= first; }
  /// Which; once it is made.
  [[nodiscard]] std::uint32_t which() const noexcept { return state_.load(order::relaxed) - first; }

 private:
  static constexpr std::uint32_t is_open = 0;
  static constexpr std::uint32_t withdrawn = 1;
  static constexpr std::uint32_t first = 2;

  [[nodiscard]] bool change_to(std::uint32_t state) noexcept {
    std::uint32_t was = is_open;
    return state_.compare_exchange_strong(was, state, order::relaxed, order::relaxed);
  }

  // Relaxed throughout: the locks order what is done.
  typename Sync::template atomic<std::uint32_t> state_{withdrawn};
};

}  // namespace handfast
