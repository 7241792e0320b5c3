// Scenarios of a channel: what channel.md promises, a clause at a time.
#pragma once

#include <array>
#include <memory>
#include <string_view>

#include "models/scenarios/scenario.hpp"

namespace handfast::scenarios {

// Hand-off and order --------------------------------------------------------------

template <class Sync, template <class, class> class Core = lock_ring>
struct hand_off {
  static constexpr std::string_view claim =
      "what a sender wrote before a send is there when the receiver looks";
  static constexpr unsigned threads = 2;
  static constexpr needs asks{.many_items = true};

  void thread(unsigned index) {
    if (index == 0) {
      ends.must_send(1);
      ends.must_send(2);
    } else {
      Sync::assert_that(ends.must_receive() == 1, "the first item is not the first");
      Sync::assert_that(ends.must_receive() == 2, "the second item is not the second");
    }
  }
  void finish() {}

  channel_ends<Sync, Core> ends{1};
};

template <class Sync, template <class, class> class Core = lock_ring>
struct per_sender_order {
  static constexpr std::string_view claim = "one sender's items arrive in the order of its sends";
  static constexpr unsigned threads = 3;
  static constexpr needs asks{.many_senders = true};
  static constexpr double weight = 20;  // by far the largest search

  void thread(unsigned index) {
    if (index < 2) {
      const int first = index == 0 ? 10 : 20;
      ends.must_send(first);
      ends.must_send(first + 1);
      return;
    }
    std::array<int, 2> next{10, 20};
    for (int received = 0; received < 4; ++received) {
      const int value = ends.must_receive();
      int& expected = next[value < 20 ? 0 : 1];
      Sync::assert_that(value == expected, "an item overtook an earlier one of its sender");
      ++expected;
    }
  }
  void finish() {}

  channel_ends<Sync, Core> ends{1};
};

template <class Sync, template <class, class> class Core = lock_ring>
struct send_many_to_two_receivers {
  static constexpr std::string_view claim =
      "send_many of two items lets two blocked receivers go, without a close";
  static constexpr unsigned threads = 3;
  static constexpr needs asks{.many_receivers = true};
  static constexpr double weight = 5;

  void thread(unsigned index) {
    if (index < 2) {
      received[index] = ends.must_receive();
    } else {
      std::array<item<Sync>, 2> items{item<Sync>(1), item<Sync>(2)};
      Sync::assert_that(ends.tx->send_many(items).has_value(), "send_many failed");
    }
  }
  void finish() {
    Sync::assert_that(received[0] + received[1] == 3, "each receiver gets one of two items");
  }

  channel_ends<Sync, Core> ends{2};
  std::array<int, 2> received{};
};

template <class Sync, template <class, class> class Core = lock_ring>
struct receive_many_frees_two_senders {
  static constexpr std::string_view claim =
      "receive_many of two items lets two blocked senders go, without a close";
  static constexpr unsigned threads = 3;
  static constexpr needs asks{.bounded = true, .many_senders = true};
  static constexpr double weight = 5;

  receive_many_frees_two_senders() {
    ends.must_send(1);
    ends.must_send(2);
  }
  void thread(unsigned index) {
    if (index < 2) {
      ends.must_send(index == 0 ? 3 : 4);
      return;
    }
    std::array<std::optional<item<Sync>>, 2> rooms;
    const auto got = ends.rx->receive_many(rooms);
    Sync::assert_that(got.has_value() && *got == 2, "two items were there for two rooms");
    Sync::assert_that(rooms[0]->value() == 1 && rooms[1]->value() == 2, "and in their order");
  }
  void finish() {
    Sync::assert_that(ends.must_receive() + ends.must_receive() == 7, "both senders' items came");
  }

  channel_ends<Sync, Core> ends{2};
};

// Close ---------------------------------------------------------------------------

template <class Sync, template <class, class> class Core = lock_ring>
struct blocked_sender_against_close {
  static constexpr std::string_view claim =
      "a blocked send that races with close is delivered or gives its item back";
  static constexpr unsigned threads = 2;
  static constexpr needs asks{.bounded = true};

  blocked_sender_against_close() { ends.must_send(1); }
  void thread(unsigned index) {
    if (index == 0) {
      auto result = ends.tx->send(item<Sync>(2));
      sent = result.has_value();
      if (!sent) {
        Sync::assert_that(result.error().reason == send_failure::closed, "no other reason");
        Sync::assert_that(result.error().item.value() == 2, "the item is given back");
      }
      return;
    }
    Sync::assert_that(ends.rx->close() == close_outcome::closed_now, "nobody else closes");
    Sync::assert_that(ends.must_receive() == 1, "what was sent before the close is received");
  }
  void finish() {
    auto left = ends.rx->try_receive();
    Sync::assert_that(left.has_value() == sent, "sent and delivered, or neither");
    Sync::assert_that(sent || left.error() == receive_failure::closed, "then the end");
  }

  channel_ends<Sync, Core> ends{1};
  bool sent = false;
};

template <class Sync, template <class, class> class Core = lock_ring>
struct send_against_close {
  static constexpr std::string_view claim =
      "a send that races with close from the sender's side succeeds or gives its item back";
  static constexpr unsigned threads = 2;
  static constexpr needs asks{.many_senders = true};

  send_against_close() : other(ends.tx->clone()) {}
  void thread(unsigned index) {
    if (index == 0) {
      auto result = ends.tx->try_send(item<Sync>(5));
      sent = result.has_value();
      Sync::assert_that(sent || result.error().item.value() == 5, "the item is given back");
    } else {
      Sync::assert_that(other.close() == close_outcome::closed_now, "nobody else closes");
    }
  }
  void finish() {
    auto left = ends.rx->receive();
    Sync::assert_that(left.has_value() == sent, "sent and delivered, or neither");
    auto late = ends.tx->try_send(item<Sync>(6));
    Sync::assert_that(
        !late && late.error().reason == send_failure::closed && late.error().item.value() == 6,
        "nothing enters a closed channel");
  }

  channel_ends<Sync, Core> ends{2};
  sender<typename channel_ends<Sync, Core>::core> other;
  bool sent = false;
};

template <class Sync, template <class, class> class Core = lock_ring>
struct send_or_close {
  static constexpr std::string_view claim =
      "of a oneshot's send and a close one closes it, and the item comes or is given back";
  static constexpr unsigned threads = 2;
  static constexpr needs asks{.one_item = true};

  void thread(unsigned index) {
    if (index == 0) {
      auto result = ends.tx->send(item<Sync>(1));
      sent = result.has_value();
      Sync::assert_that(sent || result.error().item.value() == 1, "the item is given back");
    } else {
      const bool closed = ends.rx->close() == close_outcome::closed_now;
      const auto received = ends.rx->try_receive();
      Sync::assert_that(received ? received->value() == 1 && !closed : closed,
                        "after the close there is the item, or none ever");
      came = received.has_value();
    }
  }
  void finish() {
    Sync::assert_that(sent == came, "sent and received, or neither");
    auto late = ends.tx->send(item<Sync>(2));
    Sync::assert_that(
        !late && late.error().reason == send_failure::closed && late.error().item.value() == 2,
        "no second item enters");
    Sync::assert_that(!ends.rx->receive(), "nor comes");
  }

  channel_ends<Sync, Core> ends{1};
  bool sent = false;
  bool came = false;
};

template <class Sync, template <class, class> class Core = lock_ring>
struct two_closes {
  static constexpr std::string_view claim = "of two closes exactly one says that it closed";
  static constexpr unsigned threads = 2;

  void thread(unsigned index) { outcome[index] = index == 0 ? ends.tx->close() : ends.rx->close(); }
  void finish() {
    Sync::assert_that(outcome[0] != outcome[1], "one close closes, the other finds it closed");
  }

  channel_ends<Sync, Core> ends{1};
  std::array<close_outcome, 2> outcome{};
};

template <class Sync, template <class, class> class Core = lock_ring>
struct blocked_receiver_against_last_drop {
  static constexpr std::string_view claim =
      "a blocked receive gets what is there, then wakes when the last sender is dropped";
  static constexpr unsigned threads = 2;

  void thread(unsigned index) {
    if (index == 0) {
      Sync::assert_that(ends.must_receive() == 1, "the item comes first");
      auto end = ends.rx->receive();
      Sync::assert_that(!end && end.error() == receive_failure::closed, "then the end");
    } else {
      ends.must_send(1);
      ends.tx.reset();
    }
  }
  void finish() {}

  channel_ends<Sync, Core> ends{1};
};

template <class Sync, template <class, class> class Core = lock_ring>
struct two_receivers_one_item_and_close {
  static constexpr std::string_view claim =
      "of two blocked receivers one gets the item and the other wakes for the close";
  static constexpr unsigned threads = 3;
  static constexpr needs asks{.many_receivers = true};
  static constexpr double weight = 5;

  void thread(unsigned index) {
    if (index < 2) {
      auto result = ends.rx->receive();
      received[index] = result.has_value() ? result->value() : 0;
    } else {
      ends.must_send(1);
      std::ignore = ends.tx->close();
    }
  }
  void finish() {
    Sync::assert_that(received[0] + received[1] == 1, "the item is received exactly once");
  }

  channel_ends<Sync, Core> ends{1};
  std::array<int, 2> received{};
};

template <class Sync, template <class, class> class Core = lock_ring>
struct two_blocked_receivers_against_close {
  static constexpr std::string_view claim = "close wakes every blocked receiver";
  static constexpr unsigned threads = 3;
  static constexpr needs asks{.many_receivers = true};

  void thread(unsigned index) {
    if (index < 2) {
      Sync::assert_that(!ends.rx->receive().has_value(), "no item ever came");
    } else {
      std::ignore = ends.tx->close();
    }
  }
  void finish() {}

  channel_ends<Sync, Core> ends{1};
};

template <class Sync, template <class, class> class Core = lock_ring>
struct two_blocked_senders_against_close {
  static constexpr std::string_view claim = "close wakes every blocked sender";
  static constexpr unsigned threads = 3;
  static constexpr needs asks{.bounded = true, .many_senders = true};

  two_blocked_senders_against_close() { ends.must_send(1); }
  void thread(unsigned index) {
    if (index < 2) {
      auto result = ends.tx->send(item<Sync>(2));
      Sync::assert_that(!result && result.error().item.value() == 2, "no room ever came");
    } else {
      std::ignore = ends.rx->close();
    }
  }
  void finish() {}

  channel_ends<Sync, Core> ends{1};
};

template <class Sync, template <class, class> class Core = lock_ring>
struct send_many_against_close {
  static constexpr std::string_view claim =
      "send_many that races with close leaves with its caller just what was not sent";
  static constexpr unsigned threads = 2;

  void thread(unsigned index) {
    if (index == 0) {
      std::array<item<Sync>, 3> items{item<Sync>(1), item<Sync>(2), item<Sync>(3)};
      auto result = ends.tx->send_many(items);
      sent = result.has_value() ? 3 : 3 - static_cast<int>(result.error().items.size());
      for (int i = sent; i < 3; ++i) {
        Sync::assert_that(items[static_cast<std::size_t>(i)].value() == i + 1,
                          "an unsent item stays where it was");
      }
    } else {
      auto first = ends.rx->receive();
      Sync::assert_that(first && first->value() == 1, "the first item is the first");
      std::ignore = ends.rx->close();
    }
  }
  void finish() {
    for (int expected = 2; expected <= sent; ++expected) {
      Sync::assert_that(ends.must_receive() == expected, "what was sent is received, in order");
    }
    Sync::assert_that(!ends.rx->try_receive(), "and nothing else");
  }

  channel_ends<Sync, Core> ends{1};
  int sent = 0;
};

// Handles -------------------------------------------------------------------------

template <class Sync, template <class, class> class Core = lock_ring>
struct clone_against_drop {
  static constexpr std::string_view claim =
      "a channel stays open while a clone is left, and closes when the last one goes";
  static constexpr unsigned threads = 3;
  static constexpr needs asks{.many_senders = true};

  clone_against_drop() : second(ends.tx->clone()) {}
  void thread(unsigned index) {
    if (index == 0) {
      const auto clone = ends.tx->clone();
      ends.tx.reset();
      Sync::assert_that(clone.send(item<Sync>(1)).has_value(), "a clone keeps the channel open");
    } else if (index == 1) {
      second.reset();
    } else {
      Sync::assert_that(ends.must_receive() == 1, "the clone's item comes");
      auto end = ends.rx->receive();
      Sync::assert_that(!end && end.error() == receive_failure::closed, "then the end");
    }
  }
  void finish() {}

  channel_ends<Sync, Core> ends{1};
  std::optional<sender<typename channel_ends<Sync, Core>::core>> second;
};

template <class Sync, template <class, class> class Core = lock_ring>
struct receiver_clone_against_drop {
  static constexpr std::string_view claim =
      "a channel stays open while a receiver is left, whoever else drops one";
  static constexpr unsigned threads = 3;
  static constexpr needs asks{.many_receivers = true};

  receiver_clone_against_drop() : second(ends.rx->clone()) {}
  void thread(unsigned index) {
    if (index == 0) {
      ends.rx.reset();
    } else if (index == 1) {
      const auto clone = second->clone();
      second.reset();
      auto received = clone.receive();
      Sync::assert_that(received && received->value() == 1, "the item reaches the last receiver");
    } else {
      ends.must_send(1);
    }
  }
  void finish() {}

  channel_ends<Sync, Core> ends{1};
  std::optional<receiver<typename channel_ends<Sync, Core>::core>> second;
};

template <class Sync, template <class, class> class Core = lock_ring>
struct receivers_leave_one_by_one {
  static constexpr std::string_view claim =
      "what a receiver did is over before the channel goes, whoever takes it away";
  static constexpr unsigned threads = 3;
  static constexpr needs asks{.many_receivers = true};

  receivers_leave_one_by_one() : second(ends.rx->clone()) {}
  void thread(unsigned index) {
    if (index == 0) {
      Sync::assert_that(ends.must_receive() == 1, "the other receiver takes nothing");
      ends.rx.reset();
    } else if (index == 1) {
      second.reset();
    } else {
      ends.must_send(1);
      ends.tx.reset();
    }
  }
  void finish() {}

  channel_ends<Sync, Core> ends{1};
  std::optional<receiver<typename channel_ends<Sync, Core>::core>> second;
};

template <class Sync, template <class, class> class Core = lock_ring>
struct receiver_gone_with_items {
  static constexpr std::string_view claim =
      "items left behind by the last receiver are destroyed exactly once";
  static constexpr unsigned threads = 2;

  void thread(unsigned index) {
    if (index == 1) {
      ends.rx.reset();
      return;
    }
    for (int value = 1; value <= 2; ++value) {
      auto result = ends.tx->send(item<Sync>(value));
      Sync::assert_that(result || result.error().item.value() == value, "given back, or gone");
    }
  }
  void finish() {}

  channel_ends<Sync, Core> ends{2};
};

template <class Sync, template <class, class> class Core = lock_ring>
struct last_drops_race {
  static constexpr std::string_view claim =
      "when both sides leave at once the channel is destroyed once, after both";
  static constexpr unsigned threads = 2;

  void thread(unsigned index) {
    if (index == 0) {
      std::ignore = ends.tx->try_send(item<Sync>(1));
      ends.tx.reset();
    } else {
      ends.rx.reset();
    }
  }
  void finish() {}

  channel_ends<Sync, Core> ends{1};
};

template <class Sync, template <class, class> class Core = lock_ring>
struct handle_inside_its_channel {
  static constexpr std::string_view claim =
      "an item that is a sender of its own channel is destroyed with the channel's items";
  static constexpr unsigned threads = 2;
  static constexpr needs asks{.many_senders = true};

  // An envelope may hold a sender of the channel of envelopes, which needs the
  // type to be complete before its contents are.
  struct contents {
    contents() = default;
    contents(const contents&) = delete;
    contents& operator=(const contents&) = delete;
    virtual ~contents() = default;
  };
  using envelope = std::unique_ptr<contents>;
  using core = Core<envelope, Sync>;
  struct enclosed_sender : contents {
    explicit enclosed_sender(sender<core> its_handle) : handle(std::move(its_handle)) {}
    sender<core> handle;
  };

  handle_inside_its_channel() {
    auto made = make_channel_with_room<core>(1);
    tx.emplace(std::move(made.tx));
    rx.emplace(std::move(made.rx));
  }
  void thread(unsigned index) {
    if (index == 0) {
      std::ignore = tx->send(std::make_unique<enclosed_sender>(tx->clone()));
      tx.reset();
    } else {
      rx.reset();
    }
  }
  void finish() {}

  std::optional<sender<core>> tx;
  std::optional<receiver<core>> rx;
};

// Deadlines -----------------------------------------------------------------------

template <class Sync, template <class, class> class Core = lock_ring>
struct timed_send_against_receive {
  static constexpr std::string_view claim =
      "a timed send into a full channel is delivered or gives its item back";
  static constexpr unsigned threads = 2;
  static constexpr needs asks{.bounded = true};

  timed_send_against_receive() { ends.must_send(1); }
  void thread(unsigned index) {
    if (index == 0) {
      auto result = ends.tx->send_until(item<Sync>(2), soon<Sync>());
      sent = result.has_value();
      Sync::assert_that(sent || (result.error().reason == send_failure::timed_out &&
                                 result.error().item.value() == 2),
                        "timed out with the item");
    } else {
      Sync::assert_that(ends.must_receive() == 1, "the first item comes first");
    }
  }
  void finish() {
    Sync::assert_that(ends.rx->try_receive().has_value() == sent, "delivered, or given back");
  }

  channel_ends<Sync, Core> ends{1};
  bool sent = false;
};

template <class Sync, template <class, class> class Core = lock_ring>
struct timed_receive_against_send {
  static constexpr std::string_view claim =
      "a timed receive gets the item or leaves it in the channel";
  static constexpr unsigned threads = 2;
  static constexpr needs asks{.buffered = true};

  void thread(unsigned index) {
    if (index == 0) {
      auto result = ends.rx->receive_until(soon<Sync>());
      received = result.has_value();
      Sync::assert_that(received || result.error() == receive_failure::timed_out,
                        "no other reason");
    } else {
      ends.must_send(1);
    }
  }
  void finish() {
    Sync::assert_that(ends.rx->try_receive().has_value() != received, "once, and not lost");
  }

  channel_ends<Sync, Core> ends{1};
  bool received = false;
};

template <class Sync, template <class, class> class Core = lock_ring>
struct timed_waits_against_close {
  static constexpr std::string_view claim =
      "timed waits on either side end with close or with their deadline, and give back";
  static constexpr unsigned threads = 3;
  static constexpr needs asks{.bounded = true};

  timed_waits_against_close() { full.must_send(1); }
  void thread(unsigned index) {
    if (index == 0) {
      auto result = full.tx->send_until(item<Sync>(2), soon<Sync>());
      Sync::assert_that(!result && result.error().reason != send_failure::full &&
                            result.error().item.value() == 2,
                        "timed out or closed, with the item");
    } else if (index == 1) {
      auto result = empty.rx->receive_until(soon<Sync>());
      Sync::assert_that(!result && result.error() != receive_failure::empty, "timed out or closed");
    } else {
      std::ignore = full.tx->close();
      std::ignore = empty.tx->close();
    }
  }
  void finish() {}

  channel_ends<Sync, Core> full{1};
  channel_ends<Sync, Core> empty{1};
};

template <class Sync, template <class, class> class Core = lock_ring>
struct timed_receiver_passes_wake_up_on {
  static constexpr std::string_view claim =
      "a receiver that times out does not swallow the wake-up that another needs";
  static constexpr unsigned threads = 3;
  static constexpr needs asks{.many_senders = true, .many_receivers = true};
  static constexpr double weight = 5;

  void thread(unsigned index) {
    if (index == 0) {
      if (auto result = ends.rx->receive_until(soon<Sync>())) {
        // The other receiver needs one too.
        Sync::assert_that(ends.tx->send(*std::move(result)).has_value(), "the channel is open");
      }
    } else if (index == 1) {
      Sync::assert_that(ends.must_receive() == 1, "the item comes in the end");
    } else {
      ends.must_send(1);
    }
  }
  void finish() {}

  channel_ends<Sync, Core> ends{1};
};

/// Calls `visit.operator()<Scenario>(name)` for the scenarios of one variant.
template <template <class, class> class Core, class Visit>
void for_each_scenario_of(const std::string& variant, Visit&& visit) {
  const auto add =
      [&]<template <class, template <class, class> class> class Scenario>(const char* name) {
        if constexpr (suits<Scenario<native, Core>, Core<int, native>>()) {
          visit.template operator()<over<Scenario, Core>::template with>(variant + "." + name);
        }
      };
  add.template operator()<hand_off>("hand_off");
  add.template operator()<per_sender_order>("per_sender_order");
  add.template operator()<send_many_to_two_receivers>("send_many_to_two_receivers");
  add.template operator()<receive_many_frees_two_senders>("receive_many_frees_two_senders");
  add.template operator()<blocked_sender_against_close>("blocked_sender_against_close");
  add.template operator()<send_against_close>("send_against_close");
  add.template operator()<send_or_close>("send_or_close");
  add.template operator()<two_closes>("two_closes");
  add.template operator()<blocked_receiver_against_last_drop>("blocked_receiver_against_last_drop");
  add.template operator()<two_receivers_one_item_and_close>("two_receivers_one_item_and_close");
  add.template operator()<two_blocked_receivers_against_close>(
      "two_blocked_receivers_against_close");
  add.template operator()<two_blocked_senders_against_close>("two_blocked_senders_against_close");
  add.template operator()<send_many_against_close>("send_many_against_close");
  add.template operator()<clone_against_drop>("clone_against_drop");
  add.template operator()<receiver_clone_against_drop>("receiver_clone_against_drop");
  add.template operator()<receivers_leave_one_by_one>("receivers_leave_one_by_one");
  add.template operator()<receiver_gone_with_items>("receiver_gone_with_items");
  add.template operator()<last_drops_race>("last_drops_race");
  add.template operator()<handle_inside_its_channel>("handle_inside_its_channel");
  add.template operator()<timed_send_against_receive>("timed_send_against_receive");
  add.template operator()<timed_receive_against_send>("timed_receive_against_send");
  add.template operator()<timed_waits_against_close>("timed_waits_against_close");
  add.template operator()<timed_receiver_passes_wake_up_on>("timed_receiver_passes_wake_up_on");
}

template <class Visit>
void for_each_channel_scenario(Visit&& visit) {
  for_each_scenario_of<lock_ring>("channel", visit);
  for_each_scenario_of<lock_free_ring>("lock_free_ring", visit);
}

/// Of the other variants: for engines to which a scenario costs little.
template <class Visit>
void for_each_further_channel_scenario(Visit&& visit) {
  for_each_scenario_of<spsc_ring>("spsc_ring", visit);
  for_each_scenario_of<mpsc_ring>("mpsc_ring", visit);
  for_each_scenario_of<spmc_ring>("spmc_ring", visit);
  for_each_scenario_of<unbounded>("unbounded", visit);
  for_each_scenario_of<mpsc_unbounded>("mpsc_unbounded", visit);
  for_each_scenario_of<rendezvous>("rendezvous", visit);
  for_each_scenario_of<oneshot>("oneshot", visit);
}

}  // namespace handfast::scenarios
