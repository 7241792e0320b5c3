// Scenarios of libcschannel, as C programs use it.
#pragma once

#include <handfast/capi/cschannel_channel.hpp>

#include <cstddef>
#include <string_view>

#include "models/scenarios/c_item.hpp"
#include "models/scenarios/scenario.hpp"

namespace handfast::scenarios::cschan {

/// A channel of items; whoever destroys it is not this.
template <class Sync>
class items {
 public:
  using item = c_item<Sync>;

  explicit items(std::size_t capacity) {
    auto made = cschannel::pointer_channel<Sync>::create(capacity, item::drop);
    Sync::assert_that(made.has_value(), "there is memory");
    its_ = *made;
  }

  cschannel::pointer_channel<Sync>* operator->() const noexcept { return its_; }

  void must_send(int value) const {
    Sync::assert_that(!its_->send(item::make(value)), "the channel is open");
  }
  // 0: closed, and nothing is left.
  [[nodiscard]] int receive() const {
    const auto received = its_->receive();
    return received ? item::take(*received) : 0;
  }
  void must_destroy() const { Sync::assert_that(its_->destroy(), "all calls are over"); }

 private:
  cschannel::pointer_channel<Sync>* its_ = nullptr;
};

template <class Sync>
struct last_dropped_sender_closes {
  static constexpr std::string_view claim =
      "the channel closes when all senders are dropped, behind all that they sent";
  static constexpr unsigned threads = 2;

  last_dropped_sender_closes() { Sync::assert_that(chan->clone_sender(), "there is one"); }

  void thread(unsigned index) {
    chan.must_send(index == 0 ? 1 : 2);
    Sync::assert_that(chan->drop_sender(), "there is one");
    if (index == 0) {
      int sum = 0;
      while (const int value = chan.receive()) {
        sum += value;
      }
      Sync::assert_that(sum == 3, "all came that was sent before the end");
    }
  }
  void finish() { chan.must_destroy(); }

  items<Sync> chan{2};
};

template <class Sync>
struct refused_item_stays {
  static constexpr std::string_view claim =
      "an item whose send a close forestalls is still its sender's; else the channel's, which "
      "drops it";
  static constexpr unsigned threads = 2;

  void thread(unsigned index) {
    if (index == 0) {
      void* const mine = c_item<Sync>::make(1);
      if (chan->send(mine) == send_failure::closed) {
        Sync::assert_that(c_item<Sync>::take(mine) == 1, "it is as it was");
      }
    } else {
      chan->close();
    }
  }
  void finish() { chan.must_destroy(); }

  items<Sync> chan{1};
};

template <class Sync>
struct close_ends_a_receive {
  static constexpr std::string_view claim =
      "a receiver gets what was sent before a close, and then the end, however it waits";
  static constexpr unsigned threads = 2;

  void thread(unsigned index) {
    if (index == 0) {
      chan.must_send(1);
      chan->close();
    } else {
      Sync::assert_that(chan.receive() == 1, "it was sent");
      Sync::assert_that(chan.receive() == 0, "that was the last");
    }
  }
  void finish() { chan.must_destroy(); }

  items<Sync> chan{1};
};

template <class Sync>
struct late_receive_leaves_the_item {
  static constexpr std::string_view claim =
      "an item whose receiver gave up in time is the channel's, which drops it";
  static constexpr unsigned threads = 2;

  void thread(unsigned index) {
    if (index == 0) {
      chan.must_send(1);
    } else if (const auto received = chan->receive_until(soon<Sync>())) {
      Sync::assert_that(c_item<Sync>::take(*received) == 1, "it was sent");
    } else {
      Sync::assert_that(received.error() == receive_failure::timed_out, "nobody closes");
    }
  }
  void finish() { chan.must_destroy(); }

  items<Sync> chan{1};
};

template <class Sync>
struct destroyed_under_no_call {
  static constexpr std::string_view claim =
      "who would destroy the channel under a call that is about to return is told; else all that "
      "the call did is over";
  static constexpr unsigned threads = 2;

  void thread(unsigned index) {
    if (index == 0) {
      chan.must_send(1);
    } else {
      Sync::assert_that(chan.receive() == 1, "it was sent");
      is_gone = chan->destroy();
    }
  }
  void finish() {
    if (!is_gone) {
      chan.must_destroy();
    }
  }

  items<Sync> chan{1};
  bool is_gone = false;
};

template <class Visit>
void for_each_cschannel_scenario(Visit&& visit) {
  visit.template operator()<last_dropped_sender_closes>("cschannel.last_dropped_sender_closes");
  visit.template operator()<refused_item_stays>("cschannel.refused_item_stays");
  visit.template operator()<close_ends_a_receive>("cschannel.close_ends_a_receive");
  visit.template operator()<late_receive_leaves_the_item>("cschannel.late_receive_leaves_the_item");
  visit.template operator()<destroyed_under_no_call>("cschannel.destroyed_under_no_call");
}

}  // namespace handfast::scenarios::cschan
