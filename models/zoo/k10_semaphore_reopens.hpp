// K10, tokio's batch semaphore (tokio #8021): permits and a CLOSED bit share a word;
// giving permits up writes the number alone, and a closed semaphore is open again.
#pragma once

#include <handfast/sync/policy.hpp>

#include <cstdint>
#include <string_view>

namespace handfast::zoo {

template <class Sync, bool Fixed>
struct semaphore_reopens {
  static constexpr std::string_view claim = "a semaphore that was closed stays closed";
  static constexpr unsigned threads = 2;

  void thread(unsigned index) {
    if (index == 0) {
      state.fetch_or(closed, order::release);
    } else {
      forget(2);
    }
  }
  void finish() {
    const std::uint32_t now = state.load(order::acquire);
    Sync::assert_that((now & closed) != 0, "the semaphore is closed");
    Sync::assert_that(now >> 1U == permits_at_first - 2, "two permits are gone");
  }

 private:
  static constexpr std::uint32_t closed = 1;
  static constexpr std::uint32_t permits_at_first = 3;

  void forget(std::uint32_t count) {
    std::uint32_t now = state.load(order::acquire);
    for (;;) {
      const std::uint32_t kept = Fixed ? now & closed : 0;
      const std::uint32_t left = ((now >> 1U) - count) << 1U;
      if (state.compare_exchange_weak(now, left | kept, order::acq_rel, order::acquire)) {
        return;
      }
    }
  }

  typename Sync::template atomic<std::uint32_t> state{permits_at_first << 1U};
};

}  // namespace handfast::zoo
