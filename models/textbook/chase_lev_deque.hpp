// Chase and Lev's deque with the orders of Lê, Pop, Cohen and Zappa Nardelli (Correct and
// Efficient Work-Stealing for Weak Memory Models, PPoPP 2013), of a fixed size.
#pragma once

#include <atomic>
#include <cstddef>

namespace textbook {

template <class On, int Room>
class chase_lev_deque {
 public:
  static constexpr int empty = 0;
  static constexpr int lost = -1;

  // Its owner's.
  bool push(int value) {
    const int bottom = bottom_.load(std::memory_order::relaxed);
    const int top = top_.load(std::memory_order::acquire);  // who stole has read
    if (bottom - top == Room) {
      return false;
    }
    rooms_[bottom % Room].store(value, std::memory_order::relaxed);
    On::fence(std::memory_order::release);  // whoever sees the bottom sees the value
    bottom_.store(bottom + 1, std::memory_order::relaxed);
    return true;
  }
  int take() {
    const int bottom = bottom_.load(std::memory_order::relaxed) - 1;
    bottom_.store(bottom, std::memory_order::relaxed);
    On::fence(std::memory_order::seq_cst);  // a thief sees the bottom, or this the top
    int top = top_.load(std::memory_order::relaxed);
    int value = empty;
    if (top <= bottom) {
      value = rooms_[bottom % Room].load(std::memory_order::relaxed);
      if (top == bottom) {
        if (!top_.compare_exchange_strong(top, top + 1, std::memory_order::seq_cst,
                                          std::memory_order::relaxed)) {
          value = empty;
        }
        bottom_.store(bottom + 1, std::memory_order::relaxed);
      }
    } else {
      bottom_.store(bottom + 1, std::memory_order::relaxed);
    }
    return value;
  }

  // Anybody's.
  int steal() {
    int top = top_.load(std::memory_order::acquire);  // as new as what follows
    On::fence(std::memory_order::seq_cst);            // the owner sees the top, or this the bottom
    const int bottom = bottom_.load(std::memory_order::acquire);  // the value
    if (top >= bottom) {
      return empty;
    }
    const int value = rooms_[top % Room].load(std::memory_order::relaxed);
    return top_.compare_exchange_strong(top, top + 1, std::memory_order::seq_cst,
                                        std::memory_order::relaxed)
               ? value
               : lost;
  }

 private:
  typename On::template atomic<int> top_{0};
  typename On::template atomic<int> bottom_{0};
  typename On::template atomic<int> rooms_[Room]{};
};

}  // namespace textbook
