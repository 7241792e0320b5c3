#include "models/checker/walk.hpp"

#include <algorithm>
#include <array>
#include <tuple>

namespace handfast::checker {

chance::chance(std::span<const std::uint8_t> bytes) : bytes_(bytes.begin(), bytes.end()) {
  std::seed_seq all(bytes_.begin(), bytes_.end());
  further_.seed(all);
}

void walk::begin() {
  longest_ = std::max(longest_, steps_);
  steps_ = 0;
  uniform_ = below(4) == 0;
  constexpr std::array<std::uint32_t, 4> rarely{0, 1, 4, 8};
  back_in_16_ = rarely[below(rarely.size())];
  priorities_.clear();
  lowest_ = 0;
  changes_.clear();
  for (std::uint32_t left = below(most_changes + 1); left > 0; --left) {
    changes_.push_back(1 + random_() % longest_);
  }
  fresh_.clear();
}

// New threads have any place among those that are there.
std::int64_t walk::priority_of(thread_index thread) {
  while (priorities_.size() <= thread) {
    priorities_.push_back(draw_priority());
  }
  return priorities_[thread];
}

void walk::put_last(thread_index thread) {
  std::ignore = priority_of(thread);
  priorities_[thread] = --lowest_;
}

thread_index walk::choose(const thread_set& enabled) {
  ++steps_;
  if (uniform_) {
    return enabled.nth(below(enabled.count()));
  }
  const auto first = [&] {
    thread_index found = enabled.first();
    for (const thread_index each : enabled) {
      found = priority_of(each) > priority_of(found) ? each : found;
    }
    return found;
  };
  if (std::ranges::find(changes_, steps_) != changes_.end()) {
    put_last(first());
  }
  return first();
}

bool walk::looks_back(thread_index thread) {
  return !fresh_.has(thread) && below(16) < back_in_16_;
}

void walk::yield(thread_index thread) {
  put_last(thread);
  fresh_.add(thread);
}

}  // namespace handfast::checker
