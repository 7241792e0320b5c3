// A seqlock with the orders of Boehm (Can Seqlocks Get Along with Programming Language Memory
// Models?, MSPC 2012): data that is read while it is written is atomic and relaxed, fences order
// it with the count.
#pragma once

#include <atomic>

namespace textbook {

template <class On>
class seqlock {
 public:
  struct pair {
    int first = 0;
    int second = 0;
  };

  // One writer at a time.
  void write(pair now) {
    const unsigned before = count_.load(std::memory_order::relaxed);
    count_.store(before + 1, std::memory_order::relaxed);
    On::fence(std::memory_order::release);  // whoever sees the data sees the odd count
    first_.store(now.first, std::memory_order::relaxed);
    second_.store(now.second, std::memory_order::relaxed);
    count_.store(before + 2, std::memory_order::release);  // whoever sees it sees the data
  }
  bool try_read(pair& seen) const {
    const unsigned before = count_.load(std::memory_order::acquire);  // the data is as new
    seen.first = first_.load(std::memory_order::relaxed);
    seen.second = second_.load(std::memory_order::relaxed);
    On::fence(std::memory_order::acquire);  // if the data is newer, so is the count
    return before % 2 == 0 && count_.load(std::memory_order::relaxed) == before;
  }

 private:
  typename On::template atomic<unsigned> count_{0};
  typename On::template atomic<int> first_{0};
  typename On::template atomic<int> second_{0};
};

}  // namespace textbook
