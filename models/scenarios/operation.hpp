// Scenarios of operations that wait for one of several things, or as tasks do.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "models/scenarios/scenario.hpp"

namespace handfast::scenarios {

// How one of several operations is done: by a thread that waits, or by what is polled.
struct by_select {
  template <class Sync, class... Operations>
  static std::size_t done(Operations&... all) {
    return select(all...);
  }
};
struct by_async_select {
  template <class Sync, class... Operations>
  static std::size_t done(Operations&... all) {
    async_select one(all...);
    block_on<Sync>(one);
    return one.result();
  }
};

template <class Sync, template <class, class> class Core = lock_ring, class By = by_select>
struct select_gets_the_item {
  static constexpr std::string_view claim =
      "a select of two receives wakes for an item on either channel";
  static constexpr unsigned threads = 2;
  static constexpr needs asks{.buffered = true};

  void thread(unsigned index) {
    if (index == 0) {
      receive_operation from_first(*first.rx);
      receive_operation from_second(*second.rx);
      if (By::template done<Sync>(from_first, from_second) == 0) {
        Sync::assert_that(from_first.result()->value() == 1, "the first channel's item");
      } else {
        Sync::assert_that(from_second.result()->value() == 2, "the second channel's item");
      }
    } else {
      first.must_send(1);
      second.must_send(2);
    }
  }
  void finish() {
    Sync::assert_that(first.rx->try_receive().has_value() != second.rx->try_receive().has_value(),
                      "one item was received, the other is there");
  }

  channel_ends<Sync, Core> first{1};
  channel_ends<Sync, Core> second{1};
};

template <class Sync, template <class, class> class Core = lock_ring, class By = by_select>
struct select_passes_on {
  static constexpr std::string_view claim =
      "a select that was called for one channel and received from the other passes the call on";
  static constexpr unsigned threads = 3;
  static constexpr needs asks{.buffered = true, .many_receivers = true};
  static constexpr double weight = 5;

  void thread(unsigned index) {
    if (index == 0) {
      receive_operation from_first(*first.rx);
      receive_operation from_second(*second.rx);
      if (By::template done<Sync>(from_second, from_first) == 1) {
        // The other receiver waits for one of the first channel.
        first.must_send(from_first.result()->value());
      }
    } else if (index == 1) {
      receive_operation from(*first.rx);
      block_on<Sync>(from);
      Sync::assert_that(from.result()->value() == 1, "the item comes in the end");
    } else {
      second.must_send(2);
      first.must_send(1);
    }
  }
  void finish() {}

  channel_ends<Sync, Core> first{1};
  channel_ends<Sync, Core> second{1};
};

template <class Sync, template <class, class> class Core = lock_ring, class By = by_select>
struct select_sends_or_receives {
  static constexpr std::string_view claim =
      "of a send and a receive one is done, and the other leaves its item where it was";
  static constexpr unsigned threads = 2;
  static constexpr needs asks{.bounded = true};

  select_sends_or_receives() { full.must_send(1); }
  void thread(unsigned index) {
    if (index == 0) {
      send_operation into_full(*full.tx, item<Sync>(2));
      receive_operation from_empty(*empty.rx);
      sent = By::template done<Sync>(into_full, from_empty) == 0;
      if (sent) {
        Sync::assert_that(into_full.result().has_value(), "nobody closes");
      } else {
        Sync::assert_that(from_empty.result()->value() == 3, "what was sent is received");
        Sync::assert_that(into_full.take_back()->value() == 2, "the unsent item is the caller's");
      }
    } else {
      Sync::assert_that(full.must_receive() == 1, "the first item comes first");
      empty.must_send(3);
    }
  }
  void finish() {
    Sync::assert_that(full.rx->try_receive().has_value() == sent, "sent, or not");
    Sync::assert_that(empty.rx->try_receive().has_value() == sent, "received, or not");
  }

  channel_ends<Sync, Core> full{1};
  channel_ends<Sync, Core> empty{1};
  bool sent = false;
};

template <class Sync, template <class, class> class Core = lock_ring>
using async_select_gets_the_item = select_gets_the_item<Sync, Core, by_async_select>;
template <class Sync, template <class, class> class Core = lock_ring>
using async_select_passes_on = select_passes_on<Sync, Core, by_async_select>;
template <class Sync, template <class, class> class Core = lock_ring>
using async_select_sends_or_receives = select_sends_or_receives<Sync, Core, by_async_select>;

template <class Sync, template <class, class> class Core = lock_ring>
struct select_ends_with_close {
  static constexpr std::string_view claim =
      "a select wakes when one of its channels closes, also one after a deadline of its own";
  static constexpr unsigned threads = 2;

  void thread(unsigned index) {
    if (index == 0) {
      receive_operation from_first(*first.rx);
      receive_operation from_second(*second.rx);
      const auto by_then = select_until(soon<Sync>(), from_first, from_second);
      const auto done = by_then ? *by_then : select(from_first, from_second);
      Sync::assert_that(done == 1 && !from_second.result(), "the second channel closed");
    } else {
      second.tx.reset();
    }
  }
  void finish() {}

  channel_ends<Sync, Core> first{1};
  channel_ends<Sync, Core> second{1};
};

template <class Sync, template <class, class> class Core = lock_ring>
struct select_with_default {
  static constexpr std::string_view claim =
      "a select with a default never waits, and does what can be done";
  static constexpr unsigned threads = 2;
  static constexpr needs asks{.buffered = true};

  void thread(unsigned index) {
    if (index == 0) {
      receive_operation from_first(*first.rx);
      receive_operation from_second(*second.rx);
      const auto done = try_select(from_first, from_second);
      Sync::assert_that(done != 1U, "nothing comes on the second");
      received = done == 0U && from_first.result()->value() == 1;
      Sync::assert_that(received == done.has_value(), "the first channel's item");
    } else {
      first.must_send(1);
    }
  }
  void finish() {
    Sync::assert_that(first.rx->try_receive().has_value() != received, "received, or there");
  }

  channel_ends<Sync, Core> first{1};
  channel_ends<Sync, Core> second{1};
  bool received = false;
};

template <class Sync, template <class, class> class Core = lock_ring>
struct polled_receive_is_woken {
  static constexpr std::string_view claim =
      "a receive that is pending is woken, and gets the item and what was before it";
  static constexpr unsigned threads = 2;

  void thread(unsigned index) {
    if (index == 0) {
      receive_operation from(*ends.rx);
      block_on<Sync>(from);
      Sync::assert_that(from.result()->value() == 1, "the item");
      block_on<Sync>(from);
      Sync::assert_that(!from.result(), "then the end");
    } else {
      ends.must_send(1);
      ends.tx.reset();
    }
  }
  void finish() {}

  channel_ends<Sync, Core> ends{1};
};

template <class Sync, template <class, class> class Core = lock_ring>
struct polled_send_is_woken {
  static constexpr std::string_view claim =
      "a send that is pending is woken when there is room, or by its deadline keeps its item";
  static constexpr unsigned threads = 2;
  static constexpr needs asks{.bounded = true};

  polled_send_is_woken() { ends.must_send(1); }
  void thread(unsigned index) {
    if (index == 0) {
      send_operation to(*ends.tx, item<Sync>(2));
      sent = block_on_until<Sync>(to, soon<Sync>());
      Sync::assert_that(sent ? to.result().has_value() : to.take_back()->value() == 2,
                        "sent, or the caller's");
    } else {
      Sync::assert_that(ends.must_receive() == 1, "the first item comes first");
    }
  }
  void finish() {
    Sync::assert_that(ends.rx->try_receive().has_value() == sent, "sent, or the caller's");
  }

  channel_ends<Sync, Core> ends{1};
  bool sent = false;
};

template <class Sync, template <class, class> class Core = lock_ring>
struct polled_send_ends_with_close {
  static constexpr std::string_view claim =
      "a send that is pending is woken when its channel closes, and gives its item back";
  static constexpr unsigned threads = 2;
  static constexpr needs asks{.bounded = true};

  polled_send_ends_with_close() { ends.must_send(1); }
  void thread(unsigned index) {
    if (index == 0) {
      send_operation to(*ends.tx, item<Sync>(2));
      block_on<Sync>(to);
      const auto result = to.result();
      Sync::assert_that(!result && result.error().reason == send_failure::closed &&
                            result.error().item.value() == 2,
                        "closed, with the item");
    } else {
      ends.rx.reset();
    }
  }
  void finish() {}

  channel_ends<Sync, Core> ends{1};
};

// Polls once, and drops what is pending.
template <class Sync, class Operation>
bool poll_and_drop(Operation& what) {
  const waker nobody([](void*) noexcept {}, nullptr);
  return what.poll(nobody) == poll_status::ready;
}

// An item that one of two waits for until it comes; the other may drop what it has.
template <class Sync, template <class, class> class Core>
struct item_for_who_stays {
  static constexpr unsigned threads = 3;
  static constexpr needs asks{.many_senders = true, .many_receivers = true};

  void stay_or_send(unsigned index) {
    if (index == 1) {
      receive_operation from(*ends.rx);
      block_on<Sync>(from);
      Sync::assert_that(from.result()->value() == 1, "the item comes in the end");
    } else {
      ends.must_send(1);
    }
  }
  void finish() {}

  channel_ends<Sync, Core> ends{1};
};

template <class Sync, template <class, class> class Core = lock_ring>
struct dropped_receive_passes_on : item_for_who_stays<Sync, Core> {
  static constexpr std::string_view claim =
      "a pending receive that is dropped leaves its item and its wake-up to another";

  void thread(unsigned index) {
    if (index > 0) {
      this->stay_or_send(index);
      return;
    }
    receive_operation from(*this->ends.rx);
    if (poll_and_drop<Sync>(from)) {
      this->ends.must_send(from.result()->value());
    }
  }
};

template <class Sync, template <class, class> class Core = lock_ring>
struct dropped_async_select_passes_on : item_for_who_stays<Sync, Core> {
  static constexpr std::string_view claim =
      "a pending select that is dropped leaves its item and its wake-up to another";
  static constexpr double weight = 5;

  void thread(unsigned index) {
    if (index > 0) {
      this->stay_or_send(index);
      return;
    }
    receive_operation from_one(*this->ends.rx);
    receive_operation from_empty(*empty.rx);
    async_select one(from_one, from_empty);
    if (poll_and_drop<Sync>(one)) {
      Sync::assert_that(one.result() == 0, "nothing comes on the empty channel");
      this->ends.must_send(from_one.result()->value());
    }
  }

  channel_ends<Sync, Core> empty{1};
};

template <class Sync, template <class, class> class Core = lock_ring>
struct async_select_gives_up {
  static constexpr std::string_view claim =
      "a select of a send and a receive that is given up has done one of them, or none";
  static constexpr unsigned threads = 2;
  static constexpr needs asks{.bounded = true};

  async_select_gives_up() { full.must_send(1); }
  void thread(unsigned index) {
    if (index == 0) {
      send_operation into_full(*full.tx, item<Sync>(2));
      receive_operation from_empty(*empty.rx);
      async_select one(into_full, from_empty);
      const bool is_done = block_on_until<Sync>(one, soon<Sync>());
      sent = is_done && one.result() == 0;
      received = is_done && one.result() == 1;
      if (!sent) {
        Sync::assert_that(into_full.take_back()->value() == 2, "the unsent item is the caller's");
      }
    } else {
      Sync::assert_that(full.must_receive() == 1, "the first item comes first");
      empty.must_send(3);
    }
  }
  void finish() {
    Sync::assert_that(full.rx->try_receive().has_value() == sent, "sent, or not");
    Sync::assert_that(empty.rx->try_receive().has_value() == !received, "received, or not");
  }

  channel_ends<Sync, Core> full{1};
  channel_ends<Sync, Core> empty{1};
  bool sent = false;
  bool received = false;
};

// Without room: both sides wait for each other ------------------------------------

template <class Sync, template <class, class> class Core = rendezvous>
struct both_meet_or_both_miss {
  static constexpr std::string_view claim =
      "of a timed send and a timed receive both succeed or both time out";
  static constexpr unsigned threads = 2;

  void thread(unsigned index) {
    if (index == 0) {
      auto result = ends.tx->send_until(item<Sync>(1), soon<Sync>());
      sent = result.has_value();
      Sync::assert_that(sent || (result.error().reason == send_failure::timed_out &&
                                 result.error().item.value() == 1),
                        "timed out with the item");
    } else {
      auto result = ends.rx->receive_until(soon<Sync>());
      received = result.has_value();
      Sync::assert_that(!received || result->value() == 1, "the item comes with its contents");
    }
  }
  void finish() { Sync::assert_that(sent == received, "both, or neither"); }

  channel_ends<Sync, Core> ends{0};
  bool sent = false;
  bool received = false;
};

template <class Sync, template <class, class> class Core = rendezvous>
struct try_finds_who_waits {
  static constexpr std::string_view claim =
      "a try_send succeeds just where a receive takes its item, a try_receive where a send does";
  static constexpr unsigned threads = 2;

  void thread(unsigned index) {
    if (index == 0) {
      tried = there.tx->try_send(item<Sync>(1)).has_value();
      auto result = back.tx->send_until(item<Sync>(2), soon<Sync>());
      sent = result.has_value();
    } else {
      received = there.rx->receive_until(soon<Sync>()).has_value();
      taken = back.rx->try_receive().has_value();
    }
  }
  void finish() {
    Sync::assert_that(tried == received, "tried and received, or neither");
    Sync::assert_that(sent == taken, "sent and taken, or neither");
  }

  channel_ends<Sync, Core> there{0};
  channel_ends<Sync, Core> back{0};
  bool tried = false;
  bool received = false;
  bool sent = false;
  bool taken = false;
};

template <class Sync, template <class, class> class Core = rendezvous, class Other = by_select>
struct selects_meet {
  static constexpr std::string_view claim =
      "two selects that could meet on two channels meet on just one of them";
  static constexpr unsigned threads = 2;

  void thread(unsigned index) {
    // The other way round for each: who locks them in their order waits for the other.
    const auto& out = index == 0 ? first : second;
    const auto& in = index == 0 ? second : first;
    send_operation to(*out.tx, item<Sync>(static_cast<int>(index) + 1));
    receive_operation from(*in.rx);
    const bool is_first = index == 0;
    if ((is_first ? select(to, from) : Other::template done<Sync>(to, from)) == 0) {
      Sync::assert_that(to.result().has_value(), "nobody closes");
      sent[index] = true;
    } else {
      Sync::assert_that(from.result()->value() == 2 - static_cast<int>(index), "the other's item");
      Sync::assert_that(to.take_back()->value() == static_cast<int>(index) + 1, "ours is ours");
    }
  }
  void finish() { Sync::assert_that(sent[0] != sent[1], "one sent, the other received"); }

  channel_ends<Sync, Core> first{0};
  channel_ends<Sync, Core> second{0};
  std::array<bool, 2> sent{};
};

template <class Sync, template <class, class> class Core = rendezvous>
using async_select_meets_select = selects_meet<Sync, Core, by_async_select>;

template <class Sync, template <class, class> class Core = rendezvous>
struct select_is_met_once {
  static constexpr std::string_view claim =
      "a select that two could meet is met by one, and the other waits on";
  static constexpr unsigned threads = 3;

  void thread(unsigned index) {
    if (index == 0) {
      receive_operation from_first(*first.rx);
      receive_operation from_second(*second.rx);
      const bool is_first = select(from_first, from_second) == 0;
      received = (is_first ? from_first : from_second).result()->value();
      first.rx.reset();
      second.rx.reset();
    } else {
      const auto& mine = index == 1 ? first : second;
      auto result = mine.tx->send(item<Sync>(static_cast<int>(index)));
      sent[index - 1] = result.has_value();
      Sync::assert_that(result || result.error().item.value() == static_cast<int>(index),
                        "closed, with the item");
    }
  }
  void finish() {
    Sync::assert_that(sent[0] != sent[1], "one was received");
    Sync::assert_that(received == (sent[0] ? 1 : 2), "the one that was sent");
  }

  channel_ends<Sync, Core> first{0};
  channel_ends<Sync, Core> second{0};
  std::array<bool, 2> sent{};
  int received = 0;
};

template <class Sync, template <class, class> class Core = rendezvous>
struct polled_operations_meet {
  static constexpr std::string_view claim = "a polled send and a polled receive meet";
  static constexpr unsigned threads = 2;

  void thread(unsigned index) {
    if (index == 0) {
      send_operation to(*ends.tx, item<Sync>(1));
      block_on<Sync>(to);
      Sync::assert_that(to.result().has_value(), "nobody closes");
    } else {
      receive_operation from(*ends.rx);
      block_on<Sync>(from);
      Sync::assert_that(from.result()->value() == 1, "the item");
    }
  }
  void finish() {}

  channel_ends<Sync, Core> ends{0};
};

template <class Sync, template <class, class> class Core = rendezvous>
struct dropped_send_is_met_or_kept {
  static constexpr std::string_view claim =
      "a polled send that is taken back was received, or gives its item";
  static constexpr unsigned threads = 2;

  void thread(unsigned index) {
    if (index == 0) {
      send_operation to(*ends.tx, item<Sync>(1));
      if (!poll_and_drop<Sync>(to)) {
        const auto back = to.take_back();
        Sync::assert_that(!back || back->value() == 1, "the item comes with its contents");
        sent = !back.has_value();
      } else {
        sent = to.result().has_value();
      }
    } else {
      received = ends.rx->receive_until(soon<Sync>()).has_value();
    }
  }
  void finish() { Sync::assert_that(sent == received, "received, or kept"); }

  channel_ends<Sync, Core> ends{0};
  bool sent = false;
  bool received = false;
};

template <class Sync, template <class, class> class Core = rendezvous>
struct dropped_send_against_close {
  static constexpr std::string_view claim =
      "a polled send that is taken back gives its item, whether the end came until then or not";
  static constexpr unsigned threads = 2;

  void thread(unsigned index) {
    if (index == 0) {
      send_operation to(*ends.tx, item<Sync>(1));
      std::ignore = poll_and_drop<Sync>(to);
      const auto back = to.take_back();
      Sync::assert_that(back && back->value() == 1, "the item comes with its contents");
    } else {
      ends.rx.reset();
    }
  }
  void finish() {}

  channel_ends<Sync, Core> ends{0};
};

/// Calls `visit.operator()<Scenario>(name)` for the scenarios of one variant.
template <template <class, class> class Core, class Visit>
void for_each_operation_scenario_of(const std::string& variant, Visit&& visit) {
  const auto add =
      [&]<template <class, template <class, class> class> class Scenario>(const char* name) {
        if constexpr (suits<Scenario<native, Core>, Core<int, native>>()) {
          visit.template operator()<over<Scenario, Core>::template with>("operation." + variant +
                                                                         "." + name);
        }
      };
  add.template operator()<select_gets_the_item>("select_gets_the_item");
  add.template operator()<select_passes_on>("select_passes_on");
  add.template operator()<select_sends_or_receives>("select_sends_or_receives");
  add.template operator()<async_select_gets_the_item>("async_select_gets_the_item");
  add.template operator()<async_select_passes_on>("async_select_passes_on");
  add.template operator()<async_select_sends_or_receives>("async_select_sends_or_receives");
  add.template operator()<async_select_gives_up>("async_select_gives_up");
  add.template operator()<dropped_async_select_passes_on>("dropped_async_select_passes_on");
  add.template operator()<select_ends_with_close>("select_ends_with_close");
  add.template operator()<select_with_default>("select_with_default");
  add.template operator()<polled_receive_is_woken>("polled_receive_is_woken");
  add.template operator()<polled_send_is_woken>("polled_send_is_woken");
  add.template operator()<polled_send_ends_with_close>("polled_send_ends_with_close");
  add.template operator()<dropped_receive_passes_on>("dropped_receive_passes_on");
}

template <class Visit>
void for_each_rendezvous_scenario(Visit&& visit) {
  visit.template operator()<both_meet_or_both_miss>("rendezvous.both_meet_or_both_miss");
  visit.template operator()<try_finds_who_waits>("rendezvous.try_finds_who_waits");
  visit.template operator()<selects_meet>("rendezvous.selects_meet");
  visit.template operator()<async_select_meets_select>("rendezvous.async_select_meets_select");
  visit.template operator()<select_is_met_once>("rendezvous.select_is_met_once");
  visit.template operator()<polled_operations_meet>("rendezvous.polled_operations_meet");
  visit.template operator()<dropped_send_is_met_or_kept>("rendezvous.dropped_send_is_met_or_kept");
  visit.template operator()<dropped_send_against_close>("rendezvous.dropped_send_against_close");
}

template <class Visit>
void for_each_operation_scenario(Visit&& visit) {
  for_each_rendezvous_scenario(visit);
  for_each_operation_scenario_of<lock_free_ring>("lock_free_ring", visit);
}

/// On the other variants: for engines to which a scenario costs little.
template <class Visit>
void for_each_further_operation_scenario(Visit&& visit) {
  for_each_operation_scenario_of<rendezvous>("rendezvous", visit);
  for_each_operation_scenario_of<lock_ring>("lock_ring", visit);
  for_each_operation_scenario_of<unbounded>("unbounded", visit);
  for_each_operation_scenario_of<oneshot>("oneshot", visit);
}

}  // namespace handfast::scenarios
