// Random numbers, as many streams as there are seeds.
#pragma once

#include <cstdint>

namespace handfast {

/// SplitMix64 (Steele, Lea, Flood, OOPSLA 2014): 64 bits of state, so that every
/// thread has a stream of its own from its own seed.
class random_stream {
 public:
  explicit random_stream(std::uint64_t seed) noexcept : state_(seed) {}

  std::uint64_t next() noexcept {
    state_ += 0x9e3779b97f4a7c15U;
    std::uint64_t bits = state_;
    bits = (bits ^ (bits >> 30U)) * 0xbf58476d1ce4e5b9U;
    bits = (bits ^ (bits >> 27U)) * 0x94d049bb133111ebU;
    return bits ^ (bits >> 31U);
  }

  /// True once in `rounds` on average.
  bool one_in(std::uint64_t rounds) noexcept { return next() % rounds == 0; }

 private:
  std::uint64_t state_;
};

}  // namespace handfast
