// K05, the queue of crossbeam-epoch (crossbeam #238, #466): pop moves the head past a
// node and retires it while the tail still points to it. Who pins itself after that
// finds it at the tail, and it is freed as soon as those have gone who were pinned
// before.
#pragma once

#include <handfast/memory/object.hpp>

#include <array>
#include <cstdint>
#include <string_view>

namespace handfast::zoo {

template <class Sync, bool Fixed>
struct retired_tail {
  static constexpr std::string_view claim = "a retired node can be reached from nowhere";
  static constexpr unsigned threads = 3;

  ~retired_tail() {
    for (node* each = head.load(order::relaxed); each != nullptr;) {
      node* next = each->next.load(order::relaxed);
      destroy_object<node, Sync>(each);
      each = next;
    }
  }

  void thread(unsigned index) {
    if (index == 2) {
      pop();
    } else {
      pinned[index].store(1, order::seq_cst);
      push(make_object<node, Sync>());
      pinned[index].store(0, order::seq_cst);
    }
  }
  void finish() {}

 private:
  struct node {
    typename Sync::template atomic<node*> next;
  };

  void push(node* fresh) {
    for (;;) {
      node* last = tail.load(order::seq_cst);
      node* next = nullptr;
      if (last->next.compare_exchange_strong(next, fresh, order::seq_cst, order::seq_cst)) {
        tail.compare_exchange_strong(last, fresh, order::seq_cst, order::seq_cst);
        return;
      }
      tail.compare_exchange_strong(last, next, order::seq_cst, order::seq_cst);
    }
  }
  void pop() {
    node* first = head.load(order::seq_cst);
    node* next = first->next.load(order::seq_cst);
    if (next == nullptr) {
      return;
    }
    if constexpr (Fixed) {
      node* last = first;
      tail.compare_exchange_strong(last, next, order::seq_cst, order::seq_cst);
    }
    head.store(next, order::seq_cst);  // nobody else pops
    // Freed when all have gone who are pinned now.
    std::array<bool, 2> was_pinned{};
    for (unsigned i = 0; i < 2; ++i) {
      was_pinned[i] = pinned[i].load(order::seq_cst) == 1;
    }
    for (unsigned i = 0; i < 2; ++i) {
      if (was_pinned[i]) {
        pinned[i].await([](std::uint64_t is) { return is == 0; }, order::seq_cst);
      }
    }
    destroy_object<node, Sync>(first);
  }

  node* sentinel = make_object<node, Sync>();
  typename Sync::template atomic<node*> head{sentinel};
  typename Sync::template atomic<node*> tail{sentinel};
  std::array<typename Sync::template atomic<std::uint64_t>, 2> pinned;
};

}  // namespace handfast::zoo
