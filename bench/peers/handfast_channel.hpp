// Ours: a channel as shipped, through its handles.
#pragma once

#include <handfast/channel/channel.hpp>

#include <cstddef>
#include <cstdlib>

namespace handfast::bench {

template <class Core>
class handfast_channel {
 public:
  using value_type = typename Core::value_type;

  explicit handfast_channel(std::size_t capacity)
      : channel_(make_channel_with_room<Core>(capacity)) {}

  // No workload closes a channel, so a failure is a bug.
  void send(value_type item) {
    if (!channel_.tx.send(item)) {
      std::abort();
    }
  }
  value_type receive() {
    const auto item = channel_.rx.receive();
    if (!item) {
      std::abort();
    }
    return *item;
  }

  /// Receives from one of two.
  class either {
   public:
    either(handfast_channel& first, handfast_channel& second)
        : first_(first.channel_.rx), second_(second.channel_.rx) {}

    value_type receive() {
      const auto item = select(first_, second_) == 0 ? first_.result() : second_.result();
      if (!item) {
        std::abort();
      }
      return *item;
    }

   private:
    receive_operation<Core> first_;
    receive_operation<Core> second_;
  };

 private:
  channel<Core> channel_;
};

/// The channel over `Core`, as a template on what it carries.
template <template <class, class> class Core>
struct over {
  template <class Item>
  using channel = handfast_channel<Core<Item, native>>;
};

}  // namespace handfast::bench
