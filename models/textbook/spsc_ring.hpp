// One writer, one reader, a ring between them: Lamport's (Specifying Concurrent Program Modules,
// TOPLAS 1983), with the orders that C++ has for it.
#pragma once

#include <atomic>
#include <cstddef>

namespace textbook {

template <class On, std::size_t Room>
class spsc_ring {
 public:
  bool push(int value) {
    const std::size_t tail = tail_.load(std::memory_order::relaxed);
    if (tail - head_.load(std::memory_order::acquire) == Room) {  // that room is empty
      return false;
    }
    rooms_[tail % Room].write() = value;
    tail_.store(tail + 1, std::memory_order::release);  // that room is full
    return true;
  }
  bool pop(int& value) {
    const std::size_t head = head_.load(std::memory_order::relaxed);
    if (tail_.load(std::memory_order::acquire) == head) {  // that room is full
      return false;
    }
    value = rooms_[head % Room].read();
    head_.store(head + 1, std::memory_order::release);  // that room is empty
    return true;
  }

 private:
  typename On::template atomic<std::size_t> head_{0};
  typename On::template atomic<std::size_t> tail_{0};
  typename On::template var<int> rooms_[Room];
};

}  // namespace textbook
