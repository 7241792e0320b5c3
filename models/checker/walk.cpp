#include "models/checker/walk.hpp"

#include <algorithm>
#include <bit>

namespace handfast::checker {

void walk::begin() {
  longest_ = std::max(longest_, steps_);
  steps_ = 0;
  uniform_ = below(4) == 0;
  constexpr std::array<std::uint32_t, 4> rarely{0, 1, 4, 8};
  back_in_16_ = rarely[below(rarely.size())];
  // New threads have any place among those that are there.
  for (std::int64_t& each : priorities_) {
    each = 1 + static_cast<std::int64_t>(random_() >> 2U);
  }
  lowest_ = 0;
  changes_.clear();
  for (std::uint32_t left = below(most_changes + 1); left > 0; --left) {
    changes_.push_back(1 + random_() % longest_);
  }
  fresh_ = 0;
}

thread_index walk::choose(thread_mask enabled) {
  ++steps_;
  if (uniform_) {
    auto skip = below(static_cast<std::uint32_t>(std::popcount(enabled)));
    for (; skip > 0; --skip) {
      enabled &= enabled - 1;
    }
    return static_cast<thread_index>(std::countr_zero(enabled));
  }
  const auto first = [&] {
    auto found = static_cast<thread_index>(std::countr_zero(enabled));
    for (thread_mask left = enabled; left != 0; left &= left - 1) {
      const auto each = static_cast<thread_index>(std::countr_zero(left));
      found = priorities_[each] > priorities_[found] ? each : found;
    }
    return found;
  };
  if (std::ranges::find(changes_, steps_) != changes_.end()) {
    priorities_[first()] = --lowest_;
  }
  return first();
}

bool walk::looks_back(thread_index thread) {
  return (fresh_ >> thread & 1U) == 0 && below(16) < back_in_16_;
}

void walk::yield(thread_index thread) {
  priorities_[thread] = --lowest_;
  fresh_ |= thread_mask{1} << thread;
}

}  // namespace handfast::checker
