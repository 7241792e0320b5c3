// Two words that are read together without a lock: a reader that saw a write in between
// comes away with nothing.
#pragma once

#include <optional>
#include <utility>

#include "on_std.hpp"

template <class On = on_std, bool Wrong = false>
class seq_lock {
 public:
  void write(int first, int second) {  // by one thread
    const unsigned before = sequence_.load(std::memory_order::relaxed);
    sequence_.store(before + 1, std::memory_order::relaxed);
    if constexpr (!Wrong) {
      On::fence(std::memory_order::release);
    }
    first_.store(first, std::memory_order::relaxed);
    second_.store(second, std::memory_order::relaxed);
    sequence_.store(before + 2, std::memory_order::release);
  }

  std::optional<std::pair<int, int>> try_read() {
    const unsigned before = sequence_.load(std::memory_order::acquire);
    const std::pair read{first_.load(std::memory_order::relaxed),
                         second_.load(std::memory_order::relaxed)};
    On::fence(std::memory_order::acquire);
    const bool same = sequence_.load(std::memory_order::relaxed) == before;
    return before % 2 == 0 && same ? std::optional(read) : std::nullopt;
  }

 private:
  typename On::template atomic<unsigned> sequence_{0};
  typename On::template atomic<int> first_{0};
  typename On::template atomic<int> second_{0};
};
