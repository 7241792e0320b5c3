// Treiber's stack (Systems Programming: Coping with Parallelism, 1986), of nodes that belong to
// their users and come once, with the orders of Batty, Dodds and Gotsman (Library Abstraction
// for C/C++ Concurrency, POPL 2013).
#pragma once

#include <atomic>

namespace textbook {

template <class On>
class treiber_stack {
 public:
  struct node {
    typename On::template var<int> value;
    typename On::template var<node*> below;
  };

  void push(node& mine) {
    node* top = top_.load(std::memory_order::relaxed);
    do {
      mine.below.write() = top;
    } while (!top_.compare_exchange_weak(top, &mine, std::memory_order::release,  // the node
                                         std::memory_order::relaxed));
  }
  node* pop() {
    node* top = top_.load(std::memory_order::acquire);  // the node
    while (top != nullptr &&
           !top_.compare_exchange_weak(top, top->below.read(), std::memory_order::relaxed,
                                       std::memory_order::acquire)) {  // the node
    }
    return top;
  }

 private:
  typename On::template atomic<node*> top_{nullptr};
};

}  // namespace textbook
