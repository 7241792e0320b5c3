// Making a failing input small.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace handfast::fuzz {

/// Takes out what `still_fails` does not need: ever smaller pieces of whole
/// steps, then turns bits of what is left to zero. The same input and the same
/// answers give the same result; asks at most `tries` times.
template <class StillFails>
[[nodiscard]] std::vector<std::uint8_t> minimise(std::vector<std::uint8_t> input,
                                                 StillFails still_fails, std::size_t tries) {
  using bytes = std::vector<std::uint8_t>;
  const auto smaller = [&](bytes candidate) {
    if (tries == 0 || candidate == input) {
      return false;
    }
    --tries;
    if (!still_fails(candidate)) {
      return false;
    }
    input = std::move(candidate);
    return true;
  };
  // Steps are two bytes, after the first (operations.hpp).
  for (std::size_t piece = std::max<std::size_t>(input.size() / 4 * 2, 2); piece >= 2;
       piece = piece / 4 * 2) {
    for (std::size_t end = input.size(); end > 1;) {
      const std::size_t begin = end - std::min(piece, end - 1);
      bytes candidate = input;
      candidate.erase(candidate.begin() + static_cast<std::ptrdiff_t>(begin),
                      candidate.begin() + static_cast<std::ptrdiff_t>(end));
      std::ignore = smaller(std::move(candidate));
      end = begin;
    }
  }
  for (std::size_t at = 0; at < input.size(); ++at) {
    for (const unsigned mask : {0x00U, 0x0FU, 0xF0U}) {
      bytes candidate = input;
      candidate[at] = static_cast<std::uint8_t>(candidate[at] & mask);
      if (smaller(std::move(candidate))) {
        break;
      }
    }
  }
  return input;
}

}  // namespace handfast::fuzz
