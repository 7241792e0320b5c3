// How whoever waits is told to look again: a parked thread, a task, or what else polls.
#pragma once

#include <source_location>

namespace handfast {

/// Whether what was polled has come to its end.
enum class poll_status : unsigned char {
  ready,
  pending,  ///< the waker will be woken when it may be worth while to poll again
};

/// Tells one party to look again. Whoever gives it away keeps the party alive until it is
/// off every list; `wake` may come from any thread, more than once, while the list's lock
/// is held: it neither blocks nor uses the list.
class waker {
 public:
  constexpr waker() noexcept = default;
  constexpr waker(void (*wake)(void* whom) noexcept, void* whom) noexcept
      : wake_(wake), whom_(whom) {}

  void wake() const noexcept { wake_(whom_); }

  /// The party, if it is woken that way; for who made it.
  [[nodiscard]] void* whom_if(void (*wake)(void* whom) noexcept) const noexcept {
    return wake_ == wake ? whom_ : nullptr;
  }

 private:
  void (*wake_)(void*) noexcept = nullptr;
  void* whom_ = nullptr;
};

/// Wakes it: a step that a campaign may leave out.
template <class Sync>
void wake(const waker& whom,
          std::source_location where = std::source_location::current()) noexcept {
  if (Sync::step(where)) {
    whom.wake();
  }
}

}  // namespace handfast
