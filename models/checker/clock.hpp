// Vector clocks: for each thread how many of its events come before, up to and
// with. They are rows of lanes that others keep (graph.hpp, execution.hpp), as wide
// as there are threads to be told of; a thread beyond a clock's end has nothing in it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#include "models/checker/event.hpp"

namespace handfast::checker {

class clock {
 public:
  // Signed: their maximum is one comparison everywhere.
  using lane = std::int32_t;

  clock() = default;
  clock(const lane* ends, std::uint32_t width) : ends_(ends), width_(width) {}

  /// Of a thread that the graph has whose clock it is.
  [[nodiscard]] bool has(thread_index thread, std::uint32_t index) const {
    return static_cast<lane>(index) < ends_[thread];
  }
  /// Of any thread.
  [[nodiscard]] bool knows(thread_index thread, std::uint32_t index) const {
    return thread < width_ && has(thread, index);
  }
  [[nodiscard]] std::uint32_t end(thread_index thread) const {
    return thread < width_ ? static_cast<std::uint32_t>(ends_[thread]) : 0;
  }
  /// Threads from here on have nothing in it.
  [[nodiscard]] std::uint32_t width() const { return width_; }

 private:
  const lane* ends_ = nullptr;
  std::uint32_t width_ = 0;
};

/// Rows of clocks, of so many each. All clocks have one width, which grows.
class clock_table {
 public:
  using lane = clock::lane;

  explicit clock_table(std::uint32_t clocks_of_a_row) : of_a_row_(clocks_of_a_row) {}

  [[nodiscard]] clock get(std::size_t row, std::uint32_t which) const {
    return {lanes_.data() + row * stride_ + which * std::size_t{width_}, width_};
  }
  /// How far the clocks of a row are from each other.
  [[nodiscard]] std::uint32_t width() const { return width_; }

  /// Makes room for a thread in each clock; ends the life of what `row` gave.
  void make_room_for(thread_index thread) {
    if (thread >= width_) [[unlikely]] {
      widen(thread);
    }
  }
  /// Makes sure that there is such a row, of whatever it has had before; the same.
  void make_row(std::size_t row) {
    if (lanes_.size() < (row + 1) * stride_) [[unlikely]] {
      lanes_.resize((row + 1) * stride_ * 2);
    }
  }
  [[nodiscard]] lane* row(std::size_t row) { return lanes_.data() + row * stride_; }

  // Of clocks, or of several of a row:

  void clear(lane* mine, std::uint32_t clocks) const {
    const lanes nothing{};
    at_once(clocks * width_,
            [&](std::uint32_t i) { std::memcpy(mine + i, &nothing, sizeof(lanes)); });
  }
  void copy(lane* mine, const lane* theirs, std::uint32_t clocks) const {
    at_once(clocks * width_,
            [&](std::uint32_t i) { std::memcpy(mine + i, theirs + i, sizeof(lanes)); });
  }
  void join(lane* mine, const lane* theirs) const {
    at_once(width_, [&](std::uint32_t i) {
      lanes both;
      lanes others;
      std::memcpy(&both, mine + i, sizeof(lanes));
      std::memcpy(&others, theirs + i, sizeof(lanes));
      both = both < others ? others : both;
      std::memcpy(mine + i, &both, sizeof(lanes));
    });
  }
  static void add(lane* mine, thread_index thread, std::uint32_t index) {
    mine[thread] = std::max(mine[thread], static_cast<lane>(index + 1));
  }

  /// Becomes the first rows of another, as wide as it is.
  void assign(const clock_table& from, std::size_t rows) {
    set_width(from.width_);
    make_row(rows);
    std::memcpy(lanes_.data(), from.lanes_.data(), rows * stride_ * sizeof(lane));
  }
  /// Makes a row that of another table, which is as wide.
  void assign_row(std::size_t row, const clock_table& from, std::size_t its) {
    make_row(row);
    copy(this->row(row), from.lanes_.data() + its * stride_, of_a_row_);
  }

 private:
  static constexpr std::uint32_t lanes_at_once = 4;
  using lanes = lane __attribute__((vector_size(lanes_at_once * sizeof(lane))));

  // Does some lanes after the others. Most clocks are narrow: a jump costs less than a loop.
  template <class Do>
  [[gnu::always_inline]] static void at_once(std::uint32_t count, Do some) {
    while (count > 6 * lanes_at_once) {
      count -= lanes_at_once;
      some(count);
    }
    switch (count / lanes_at_once) {
      case 6: some(5 * lanes_at_once); [[fallthrough]];
      case 5: some(4 * lanes_at_once); [[fallthrough]];
      case 4: some(3 * lanes_at_once); [[fallthrough]];
      case 3: some(2 * lanes_at_once); [[fallthrough]];
      case 2: some(lanes_at_once); [[fallthrough]];
      default: some(0);
    }
  }
  void widen(thread_index thread);
  void set_width(std::uint32_t width) {
    width_ = width;
    stride_ = std::size_t{of_a_row_} * width;
  }

  std::uint32_t of_a_row_;
  std::uint32_t width_ = lanes_at_once;
  std::size_t stride_ = std::size_t{of_a_row_} * width_;  // lanes from row to row
  std::vector<lane> lanes_;
};

}  // namespace handfast::checker
