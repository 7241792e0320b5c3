// K03, the same channel (crossbeam #971): a message is there as soon as the tail has
// moved, and so the receiver takes it that the head has its block; but the sender that
// made the block has put it at the tail first, where another found it.
#pragma once

#include <string_view>

#include "models/zoo/list_channel.hpp"

namespace handfast::zoo {

template <class Sync, bool Fixed>
struct head_not_yet {
  static constexpr std::string_view claim =
      "where there is a message there is a block to read it from";
  static constexpr unsigned threads = 3;

  void thread(unsigned index) {
    if (index == 2) {
      receive();
    } else {
      channel.send(static_cast<int>(index));
    }
  }
  void finish() {}

 private:
  using block = typename list_channel<Sync>::block;

  void receive() {
    if (channel.tail.load(order::acquire) == 0) {
      return;
    }
    block* first = channel.head_block.load(order::acquire);
    if constexpr (Fixed) {
      while (first == nullptr) {
        Sync::pause();
        first = channel.head_block.load(order::acquire);
      }
    }
    Sync::assert_that(first != nullptr, "a null block is not read from");
    if (first->written[0].load(order::acquire) == 1) {
      (void)first->messages[0].read();
    }
  }

  list_channel<Sync> channel;
};

}  // namespace handfast::zoo
