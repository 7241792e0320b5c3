// Michael and Scott's queue (Simple, Fast, and Practical Non-Blocking and Blocking Concurrent
// Queue Algorithms, PODC 1996), of nodes that belong to their users and come once. The published
// algorithm is sequentially consistent; where nodes are not used again, what its C++ versions
// need is that a node is released by whoever links or passes it, and acquired by whoever follows.
#pragma once

#include <atomic>

namespace textbook {

template <class On>
class michael_scott_queue {
 public:
  struct node {
    typename On::template var<int> value;
    typename On::template atomic<node*> next{nullptr};
  };

  explicit michael_scott_queue(node& first) : head_(&first), tail_(&first) {}

  void push(node& mine) {
    for (;;) {
      node* last = tail_.load(std::memory_order::acquire);       // the node
      node* next = last->next.load(std::memory_order::acquire);  // the node
      if (next != nullptr) {
        tail_.compare_exchange_strong(last, next, std::memory_order::release,
                                      std::memory_order::relaxed);
      } else if (last->next.compare_exchange_strong(next, &mine, std::memory_order::release,
                                                    std::memory_order::relaxed)) {
        tail_.compare_exchange_strong(last, &mine, std::memory_order::release,
                                      std::memory_order::relaxed);
        return;
      }
    }
  }
  bool pop(int& value) {
    for (;;) {
      node* first = head_.load(std::memory_order::acquire);       // the node
      node* last = tail_.load(std::memory_order::acquire);        // only compared
      node* next = first->next.load(std::memory_order::acquire);  // the node
      if (next == nullptr) {
        return false;
      }
      if (first == last) {
        tail_.compare_exchange_strong(last, next, std::memory_order::release,
                                      std::memory_order::relaxed);
      } else if (head_.compare_exchange_strong(first, next, std::memory_order::release,
                                               std::memory_order::relaxed)) {
        value = next->value.read();
        return true;
      }
    }
  }

 private:
  typename On::template atomic<node*> head_;
  typename On::template atomic<node*> tail_;
};

}  // namespace textbook
