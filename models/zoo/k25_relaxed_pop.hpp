// K25, atomic_queue: a ring of atomic slots, where an empty slot holds nothing and a
// full one what was pushed; pop takes it with a relaxed load, and what it points to
// was never published to it.
#pragma once

#include <handfast/sync/policy.hpp>

#include <array>
#include <cstdint>
#include <string_view>

namespace handfast::zoo {

template <class Sync, bool Fixed>
struct relaxed_pop {
  static constexpr std::string_view claim = "what is popped was written before it was pushed";
  static constexpr unsigned threads = 2;

  void thread(unsigned index) {
    for (std::size_t i = 0; i < slots.size(); ++i) {
      if (index == 0) {
        payloads[i].write() = 42;
        slots[i].store(&payloads[i], order::release);
      } else if (payload* taken = slots[i].load(Fixed ? order::acquire : order::relaxed)) {
        Sync::assert_that(taken->read() == 42, "the payload is there");
        slots[i].store(nullptr, order::release);
      }
    }
  }
  void finish() {}

 private:
  using payload = typename Sync::template var<int>;

  std::array<payload, 2> payloads;
  std::array<typename Sync::template atomic<payload*>, 2> slots;
};

}  // namespace handfast::zoo
