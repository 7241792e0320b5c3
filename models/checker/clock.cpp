#include "models/checker/clock.hpp"

namespace handfast::checker {

void clock_table::widen(thread_index thread) {
  const std::size_t clocks = lanes_.size() / width_;
  // Half as much again, so that a thousand threads do not move everything a thousand times.
  const std::uint32_t least = std::max(thread + 1, width_ + width_ / 2);
  const std::uint32_t wider = (least + lanes_at_once - 1) / lanes_at_once * lanes_at_once;
  std::vector<lane> moved(clocks * wider);
  for (std::size_t i = 0; i < clocks; ++i) {
    std::memcpy(moved.data() + i * wider, lanes_.data() + i * width_, width_ * sizeof(lane));
  }
  lanes_.swap(moved);
  set_width(wider);
}

}  // namespace handfast::checker
