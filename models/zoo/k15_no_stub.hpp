// K15, stdexec's intrusive queue for many producers (stdexec #1812; Relacy found it):
// Vyukov's queue without its stub node, an empty one being told by a null pointer. The
// consumer takes the last node off the back and then empties the front, where a
// producer may have put another one meanwhile.
#pragma once

#include <handfast/sync/policy.hpp>

#include <array>
#include <cstdint>
#include <string_view>

namespace handfast::zoo {

template <class Sync, bool Fixed>
struct no_stub {
  static constexpr std::string_view claim = "no node is lost";
  static constexpr unsigned threads = 3;

  void thread(unsigned index) {
    if (index < nodes.size()) {
      push(&nodes[index]);
    } else {
      popped += pop() != nullptr ? 1 : 0;
    }
  }
  void finish() {
    while (pop() != nullptr) {
      ++popped;
    }
    Sync::assert_that(popped == 2, "both nodes were popped");
  }

 private:
  struct node {
    typename Sync::template atomic<node*> next;
  };

  void push(node* fresh) {
    fresh->next.store(nullptr, order::relaxed);
    node* before = back.exchange(fresh, order::acq_rel);
    (before == nullptr ? front : before->next).store(fresh, order::release);
  }
  node* pop() {
    node* first = front.load(order::acquire);
    if (first == nullptr) {
      return nullptr;
    }
    node* next = first->next.load(order::acquire);
    if (next == nullptr) {
      if constexpr (Fixed) {
        front.store(nullptr, order::relaxed);
      }
      node* last = first;
      if (back.compare_exchange_strong(last, nullptr, order::acq_rel, order::acquire)) {
        if constexpr (!Fixed) {
          front.store(nullptr, order::relaxed);
        }
        return first;
      }
      next = first->next.await([](node* linked) { return linked != nullptr; }, order::acquire);
    }
    front.store(next, order::release);
    return first;
  }

  std::array<node, 2> nodes;
  typename Sync::template atomic<node*> front;
  typename Sync::template atomic<node*> back;
  int popped = 0;
};

}  // namespace handfast::zoo
