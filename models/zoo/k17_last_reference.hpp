// K17, stdexec's `split` (stdexec #1395, #1460): the thread that completes a shared
// state tells those who wait, and goes on using the state; they drop the last
// references, and it is gone.
#pragma once

#include <handfast/memory/object.hpp>

#include <cstdint>
#include <string_view>

namespace handfast::zoo {

template <class Sync>
struct shared_state {
  explicit shared_state(std::uint64_t references) noexcept : count(references) {}

  typename Sync::template atomic<std::uint64_t> count;
  typename Sync::template atomic<std::uint64_t> completed;
  typename Sync::template atomic<std::uint64_t> told;
};

template <class Sync, bool Fixed>
struct last_reference {
  static constexpr std::string_view claim = "a state lives until its last user is done";
  static constexpr unsigned threads = 3;

  void thread(unsigned index) {
    if (index == 0) {
      state->completed.store(1, order::release);
      state->told.fetch_add(1, order::relaxed);
      if constexpr (Fixed) {
        drop();  // its own
      }
    } else {
      if (state->completed.load(order::acquire) == 1) {
        (void)state->told.load(order::relaxed);
      }
      drop();
    }
  }
  void finish() {}

 private:
  void drop() {
    if (state->count.fetch_sub(1, order::acq_rel) == 1) {
      destroy_object<shared_state<Sync>, Sync>(state);
    }
  }

  shared_state<Sync>* state = make_object<shared_state<Sync>, Sync>(Fixed ? 3U : 2U);
};

}  // namespace handfast::zoo
