// K27, Concurrency Kit's stack (ck 7b5d000): each pop raises a generation next to the
// head, so that a head that came back is told from one that stayed; the pop of the
// whole stack does not.
#pragma once

#include <handfast/sync/policy.hpp>

#include <array>
#include <cstdint>
#include <string_view>

namespace handfast::zoo {

template <class Sync, bool Fixed>
struct batch_pop {
  static constexpr std::string_view claim = "no node is popped twice";
  static constexpr unsigned threads = 2;

  batch_pop() {
    push(1);
    push(0);
  }

  void thread(unsigned index) {
    if (index == 0) {
      own(pop());
    } else {
      take_all_and_give_back();
    }
  }
  void finish() {
    for (int node = pop(); node >= 0; node = pop()) {
      own(node);
    }
    for (const int each : owned) {
      Sync::assert_that(each == 1, "each node was popped once");
    }
  }

 private:
  static constexpr std::int32_t nobody = -1;
  struct top {
    std::int32_t node;
    std::uint32_t generation;
    friend bool operator==(const top&, const top&) = default;
  };

  void own(int node) {
    if (node >= 0) {
      ++owned[static_cast<std::size_t>(node)];
    }
  }
  void push(std::int32_t node) {
    top now = head.load(order::acquire);
    do {
      next[static_cast<std::size_t>(node)].store(now.node, order::relaxed);
    } while (
        !head.compare_exchange_strong(now, {node, now.generation}, order::acq_rel, order::acquire));
  }
  int pop() {
    top now = head.load(order::acquire);
    while (now.node != nobody) {
      const std::int32_t below = next[static_cast<std::size_t>(now.node)].load(order::relaxed);
      if (head.compare_exchange_strong(now, {below, now.generation + 1}, order::acq_rel,
                                       order::acquire)) {
        return now.node;
      }
    }
    return nobody;
  }
  void take_all_and_give_back() {
    top now = head.load(order::acquire);
    while (!head.compare_exchange_strong(now, {nobody, now.generation + (Fixed ? 1U : 0U)},
                                         order::acq_rel, order::acquire)) {
    }
    if (now.node == nobody) {
      return;
    }
    const std::int32_t second = next[static_cast<std::size_t>(now.node)].load(order::relaxed);
    own(second);
    push(now.node);
  }

  std::array<typename Sync::template atomic<std::int32_t>, 2> next;
  typename Sync::template atomic<top> head{top{nobody, 0}};
  std::array<int, 2> owned{};
};

}  // namespace handfast::zoo
