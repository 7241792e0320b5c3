// K30, the Michael-Scott queue in C11 (known bugs of CDSChecker's benchmark; libcds #186
// is the same): the store that empties a node's link is relaxed, and nothing brings it
// to a dequeuer that got the node from another dequeuer, who moved the head without a
// release. It follows the link that the node had in its life before.
#pragma once

#include <handfast/sync/policy.hpp>

#include <array>
#include <cstdint>
#include <string_view>

namespace handfast::zoo {

template <class Sync, bool Fixed>
struct stale_link {
  static constexpr std::string_view claim = "only what was enqueued is dequeued";
  static constexpr unsigned threads = 3;

  stale_link() {
    nodes[1].next.store(2, order::relaxed);  // from its life before
  }

  void thread(unsigned index) {
    if (index == 0) {
      enqueue(1);
    } else {
      dequeue();
    }
  }
  void finish() {}

 private:
  static constexpr std::uint64_t nobody = 0;
  struct node {
    typename Sync::template atomic<std::uint64_t> next;
    typename Sync::template atomic<std::uint64_t> value;
  };

  void enqueue(std::uint64_t fresh) {
    nodes[fresh].value.store(7, order::relaxed);
    nodes[fresh].next.store(nobody, order::relaxed);
    // The only one that enqueues: the last node is the first.
    std::uint64_t none = nobody;
    nodes[0].next.compare_exchange_strong(none, fresh, order::release, order::relaxed);
  }
  void dequeue() {
    std::uint64_t first = head.load(order::acquire);
    const std::uint64_t next = nodes[first].next.load(order::acquire);
    if (next != nobody &&
        head.compare_exchange_strong(first, next, Fixed ? order::acq_rel : order::acquire,
                                     order::relaxed)) {
      Sync::assert_that(nodes[next].value.load(order::relaxed) == 7, "it was enqueued");
    }
  }

  std::array<node, 3> nodes;
  typename Sync::template atomic<std::uint64_t> head;
};

}  // namespace handfast::zoo
