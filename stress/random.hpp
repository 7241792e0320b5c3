// What storms draw.
#pragma once

#include <handfast/sync/seeded_world.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <initializer_list>

namespace handfast::stress {

inline std::size_t pick(random_stream& random, std::initializer_list<std::size_t> from) {
  return std::data(from)[random.next() % from.size()];
}

/// A moment that has come, or will before long.
template <class Sync>
typename Sync::deadline soon(random_stream& random) {
  return Sync::clock::now() + std::chrono::duration_cast<typename Sync::clock::duration>(
                                  std::chrono::microseconds(random.next() % 50));
}

/// Some time, in which others get ahead.
template <class Sync>
void dawdle(random_stream& random) {
  for (std::uint64_t left = random.next() % 400; left > 0; --left) {
    Sync::pause();
  }
}

}  // namespace handfast::stress
