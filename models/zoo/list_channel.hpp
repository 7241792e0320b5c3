// A channel as a list of blocks, as far as K01 and K03 need it: one block, made by the
// first send, which puts it at the tail first and at the head after that.
#pragma once

#include <handfast/memory/object.hpp>

#include <array>
#include <cstdint>

namespace handfast::zoo {

template <class Sync>
class list_channel {
 public:
  struct block {
    std::array<typename Sync::template var<int>, 2> messages;
    std::array<typename Sync::template atomic<std::uint64_t>, 2> written;
  };

  ~list_channel() {
    if (block* last = head_block.load(order::relaxed); last != nullptr) {
      destroy_object<block, Sync>(last);
    }
  }

  void send(int message) {
    block* at = tail_block.load(order::acquire);
    if (at == nullptr) {
      block* fresh = make_object<block, Sync>();
      if (tail_block.compare_exchange_strong(at, fresh, order::acq_rel, order::acquire)) {
        head_block.store(fresh, order::release);
        at = fresh;
      } else {
        destroy_object<block, Sync>(fresh);
      }
    }
    const std::uint64_t slot = tail.fetch_add(1, order::acq_rel);
    at->messages[slot].write() = message;
    at->written[slot].store(1, order::release);
  }

  typename Sync::template atomic<std::uint64_t> head;
  typename Sync::template atomic<std::uint64_t> tail;
  typename Sync::template atomic<block*> head_block;
  typename Sync::template atomic<block*> tail_block;
};

}  // namespace handfast::zoo
