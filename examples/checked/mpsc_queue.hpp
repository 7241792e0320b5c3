// Vyukov's queue for many producers and one consumer, of nodes that belong to their
// users.
#pragma once

#include "on_std.hpp"

template <class On = on_std>
struct queue_node {
  typename On::template atomic<queue_node*> next{nullptr};
};

template <class On = on_std, bool Wrong = false>
class mpsc_queue {
 public:
  using node = queue_node<On>;

  void push(node* fresh) {
    fresh->next.store(nullptr, std::memory_order::relaxed);
    node* before = last_.exchange(fresh, std::memory_order::acq_rel);
    before->next.store(fresh, Wrong ? std::memory_order::relaxed : std::memory_order::release);
  }

  // Nothing, too, where a push is about to be done.
  node* try_pop() {
    node* first = first_;
    node* next = first->next.load(std::memory_order::acquire);
    if (first == &stub_) {
      if (next == nullptr) {
        return nullptr;
      }
      first_ = first = next;
      next = first->next.load(std::memory_order::acquire);
    }
    if (next == nullptr) {
      if (first != last_.load(std::memory_order::acquire)) {
        return nullptr;
      }
      push(&stub_);
      next = first->next.load(std::memory_order::acquire);
      if (next == nullptr) {
        return nullptr;
      }
    }
    first_ = next;
    return first;
  }

 private:
  node stub_;
  node* first_ = &stub_;
  typename On::template atomic<node*> last_{&stub_};
};
