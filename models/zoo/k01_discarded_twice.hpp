// K01, crossbeam's list channel (crossbeam #1187, RUSTSEC-2025-0024): the receiver that
// goes takes the first block with a swap, so that nobody else frees it; but if it has to
// wait for a sender to put it there, it takes it with a load.
#pragma once

#include <string_view>

#include "models/zoo/list_channel.hpp"

namespace handfast::zoo {

template <class Sync, bool Fixed>
struct discarded_twice {
  static constexpr std::string_view claim =
      "the receiver's drop and the channel's free a block once";
  static constexpr unsigned threads = 3;

  void thread(unsigned index) {
    if (index == 2) {
      discard_all();
    } else {
      channel.send(static_cast<int>(index));
    }
  }
  void finish() {}

 private:
  using block = typename list_channel<Sync>::block;

  void discard_all() {
    const std::uint64_t end = channel.tail.load(order::acquire);
    block* first = channel.head_block.exchange(nullptr, order::acq_rel);
    if (end == 0) {
      // Nothing to discard; what has come is left to the channel.
      if (first != nullptr) {
        channel.head_block.store(first, order::release);
      }
      return;
    }
    if (first == nullptr) {
      first =
          channel.head_block.await([](block* there) { return there != nullptr; }, order::acquire);
      if constexpr (Fixed) {
        channel.head_block.exchange(nullptr, order::acq_rel);
      }
    }
    Sync::assume(channel.tail.load(order::acquire) == 2);  // nobody else sends any more
    for (std::uint64_t i = 0; i < 2; ++i) {
      first->written[i].await([](std::uint64_t written) { return written == 1; }, order::acquire);
    }
    destroy_object<block, Sync>(first);
  }

  list_channel<Sync> channel;
};

}  // namespace handfast::zoo
