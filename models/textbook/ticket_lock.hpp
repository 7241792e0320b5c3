// Reed and Kanodia's tickets (Synchronization with Eventcounts and Sequencers, CACM 1979) as a
// lock, with the orders of Mellor-Crummey and Scott's in C++: drawing one orders nothing.
#pragma once

#include <atomic>

namespace textbook {

template <class On>
class ticket_lock {
 public:
  void lock() {
    const unsigned mine = next_.fetch_add(1, std::memory_order::relaxed);
    while (serving_.load(std::memory_order::acquire) != mine) {  // what was done under it
      On::pause();
    }
  }
  void unlock() {
    const unsigned mine = serving_.load(std::memory_order::relaxed);
    serving_.store(mine + 1, std::memory_order::release);  // what was done under it
  }

 private:
  typename On::template atomic<unsigned> next_{0};
  typename On::template atomic<unsigned> serving_{0};
};

}  // namespace textbook
