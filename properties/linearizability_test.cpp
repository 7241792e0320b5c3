// The judge is judged: histories known to be legal and illegal, and thousands of
// small random ones decided a second time by trying every order of their calls.
#include "properties/linearizability.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <random>
#include <tuple>
#include <vector>

namespace handfast::properties {
namespace {

call at(std::size_t thread, std::uint64_t invoked, std::uint64_t responded, call_kind kind) {
  call made;
  made.kind = kind;
  made.thread = thread;
  made.invoked = invoked;
  made.responded = responded;
  return made;
}

call sent(std::size_t thread, std::uint64_t invoked, std::uint64_t responded, spec::item item) {
  call made = at(thread, invoked, responded, call_kind::send);
  made.asked = {item};
  made.sent = 1;
  return made;
}

call not_sent(std::size_t thread, std::uint64_t invoked, std::uint64_t responded, spec::item item,
              send_failure why) {
  call made = at(thread, invoked, responded, call_kind::try_send);
  made.asked = {item};
  made.send_failed = why;
  return made;
}

call received(std::size_t thread, std::uint64_t invoked, std::uint64_t responded, spec::item item) {
  call made = at(thread, invoked, responded, call_kind::receive);
  made.got = {item};
  return made;
}

call not_received(std::size_t thread, std::uint64_t invoked, std::uint64_t responded,
                  receive_failure why) {
  call made = at(thread, invoked, responded, call_kind::try_receive);
  made.receive_failed = why;
  return made;
}

call closed(std::size_t thread, std::uint64_t invoked, std::uint64_t responded,
            close_outcome outcome = close_outcome::closed_now) {
  call made = at(thread, invoked, responded, call_kind::close);
  made.closed = outcome;
  return made;
}

bool legal(std::vector<call> calls, std::size_t capacity = 1) {
  return !why_not_linearizable({capacity, 2, 2, std::move(calls)});
}

TEST(linearizability, what_was_sent_is_received) {
  EXPECT_TRUE(legal({sent(0, 1, 2, 7), received(1, 3, 4, 7)}));
  EXPECT_FALSE(legal({sent(0, 1, 2, 7), received(1, 3, 4, 8)}));
  EXPECT_FALSE(legal({sent(0, 1, 2, 7), received(1, 3, 4, 7), received(1, 5, 6, 7)}));
}

TEST(linearizability, a_receive_may_begin_before_its_send_and_not_end_before_it) {
  EXPECT_TRUE(legal({received(1, 1, 4, 7), sent(0, 2, 3, 7)}));
  EXPECT_FALSE(legal({received(1, 1, 2, 7), sent(0, 3, 4, 7)}));
}

TEST(linearizability, order_is_first_in_first_out) {
  EXPECT_TRUE(legal({sent(0, 1, 2, 7), sent(0, 3, 4, 8), received(1, 5, 6, 7)}, 2));
  EXPECT_FALSE(legal({sent(0, 1, 2, 7), sent(0, 3, 4, 8), received(1, 5, 6, 8)}, 2));
  // Sends that overlapped may have taken effect either way.
  EXPECT_TRUE(legal({sent(0, 1, 4, 7), sent(1, 2, 3, 8), received(1, 5, 6, 8)}, 2));
}

TEST(linearizability, full_and_empty_need_such_a_moment) {
  EXPECT_TRUE(legal({sent(0, 1, 2, 7), not_sent(1, 3, 4, 8, send_failure::full)}));
  EXPECT_FALSE(legal({sent(0, 1, 2, 7), not_sent(1, 3, 4, 8, send_failure::full)}, 2));
  EXPECT_TRUE(legal({not_received(1, 1, 4, receive_failure::empty), sent(0, 2, 3, 7)}));
  EXPECT_FALSE(legal({sent(0, 1, 2, 7), not_received(1, 3, 4, receive_failure::empty)}));
  EXPECT_TRUE(legal({sent(0, 1, 2, 7), not_sent(1, 3, 4, 8, send_failure::timed_out)}));
}

TEST(linearizability, a_successful_send_needs_room) {
  EXPECT_FALSE(legal({sent(0, 1, 2, 7), sent(0, 3, 4, 8)}));
  EXPECT_TRUE(legal({sent(0, 1, 2, 7), sent(0, 3, 6, 8), received(1, 4, 5, 7)}));
}

TEST(linearizability, close_is_final_and_happens_once) {
  EXPECT_TRUE(legal({sent(0, 1, 2, 7), closed(0, 3, 4), received(1, 5, 6, 7),
                     not_received(1, 7, 8, receive_failure::closed)}));
  EXPECT_FALSE(legal({closed(0, 1, 2), sent(1, 3, 4, 7)}));
  EXPECT_FALSE(
      legal({sent(0, 1, 2, 7), closed(0, 3, 4), not_received(1, 5, 6, receive_failure::closed)}));
  EXPECT_FALSE(legal({closed(0, 1, 2), closed(1, 3, 4)}));
  EXPECT_TRUE(legal({closed(0, 1, 2), closed(1, 3, 4, close_outcome::already_closed)}));
  EXPECT_FALSE(legal({not_received(1, 1, 2, receive_failure::closed), closed(0, 3, 4)}));
}

TEST(linearizability, a_failed_send_leaves_no_item) {
  EXPECT_FALSE(
      legal({closed(0, 1, 2), not_sent(1, 3, 4, 7, send_failure::closed), received(1, 5, 6, 7)}));
}

TEST(linearizability, a_call_without_an_answer_may_have_taken_effect_or_not) {
  call pending = sent(0, 1, 0, 7);
  pending.sent = 0;
  EXPECT_TRUE(legal({pending, received(1, 2, 3, 7)}));
  EXPECT_TRUE(legal({pending, not_received(1, 2, 3, receive_failure::empty)}));
  EXPECT_FALSE(legal({pending, received(1, 2, 3, 8)}));
}

TEST(linearizability, the_last_drop_closes) {
  history both{
      1,
      1,
      1,
      {at(0, 1, 2, call_kind::drop_sender), not_received(1, 3, 4, receive_failure::closed)}};
  EXPECT_FALSE(why_not_linearizable(both));
  both.senders = 2;  // one is left
  EXPECT_TRUE(why_not_linearizable(both));
}

TEST(linearizability, send_many_takes_effect_item_by_item) {
  call many = at(0, 1, 8, call_kind::send_many);
  many.asked = {1, 2};
  many.sent = 2;
  // Another sender's item between the two.
  EXPECT_TRUE(legal({many, sent(1, 2, 3, 9), received(2, 9, 10, 1), received(2, 11, 12, 9),
                     received(2, 13, 14, 2)},
                    3));
  EXPECT_FALSE(legal({many, received(2, 9, 10, 2), received(2, 11, 12, 1)}, 3));
}

TEST(linearizability, receive_many_takes_effect_item_by_item_until_there_is_none) {
  call many = at(1, 1, 10, call_kind::receive_many);
  many.most = 3;
  many.got = {7, 8};
  // Through a channel for one item: the second came when the first was gone.
  EXPECT_TRUE(legal({many, sent(0, 2, 3, 7), sent(0, 4, 5, 8)}));
  EXPECT_FALSE(legal({many, sent(0, 2, 3, 8), sent(0, 4, 5, 7)}));
  // It left an item that was there all the time.
  EXPECT_FALSE(legal({sent(0, 1, 2, 7), sent(0, 3, 4, 8), sent(0, 5, 6, 9),
                      [&] {
                        call late = many;
                        late.invoked = 7;
                        return late;
                      }()},
                     3));
}

TEST(linearizability, who_is_stuck_has_nothing_to_go_on_with) {
  const auto stuck = [](std::vector<call> calls) {
    return !why_not_linearizable({1, 2, 2, std::move(calls), true});
  };
  const call receives = at(1, 3, 0, call_kind::receive);
  call sends = at(1, 3, 0, call_kind::send);
  sends.asked = {8};
  EXPECT_TRUE(stuck({receives}));
  EXPECT_FALSE(stuck({sent(0, 1, 2, 7), receives}));
  EXPECT_FALSE(stuck({receives, closed(0, 4, 5)}));
  EXPECT_TRUE(stuck({sent(0, 1, 2, 7), sends}));
  EXPECT_FALSE(stuck({sends}));
  EXPECT_FALSE(stuck({sent(0, 1, 2, 7), sends, received(0, 4, 5, 7)}));
  EXPECT_FALSE(stuck({at(1, 1, 0, call_kind::close)}));
  // send_many waits with what is left of it.
  sends.kind = call_kind::send_many;
  sends.asked = {8, 9};
  EXPECT_TRUE(stuck({sends, received(0, 4, 5, 8), sent(0, 6, 7, 5)}));
  EXPECT_FALSE(stuck({sends, received(0, 4, 5, 8), received(0, 6, 7, 9)}));
}

TEST(linearizability, where_threads_share_no_time_what_was_not_known_may_come_later) {
  call first = sent(0, 1, 2, 7);
  first.steps = 5;
  call finds_nothing = not_received(1, 3, 4, receive_failure::empty);
  finds_nothing.knows = {4, 0};
  EXPECT_TRUE(legal({first, finds_nothing}));
  finds_nothing.knows = {5, 0};
  EXPECT_FALSE(legal({first, finds_nothing}));
}

TEST(linearizability, the_explanation_shows_the_longest_order_and_who_is_stuck) {
  const auto why = why_not_linearizable({1, 1, 1, {sent(0, 1, 2, 7), received(1, 3, 4, 8)}});
  ASSERT_TRUE(why);
  EXPECT_NE(why->find("the longest begins\n  thread 0: send(7)"), std::string::npos) << *why;
  EXPECT_NE(why->find("none of these can be next:\n  thread 1: receive"), std::string::npos)
      << *why;
}

TEST(linearizability, where_nothing_is_held_a_send_and_its_receive_are_one_step) {
  EXPECT_TRUE(legal({sent(0, 1, 4, 7), received(1, 2, 3, 7)}, 0));
  EXPECT_FALSE(legal({sent(0, 1, 4, 7), received(1, 2, 3, 8)}, 0));
  // They must have been there together.
  EXPECT_FALSE(legal({sent(0, 1, 2, 7), received(1, 3, 4, 7)}, 0));
  EXPECT_FALSE(legal({sent(0, 1, 2, 7)}, 0));
  // One meets one.
  EXPECT_FALSE(legal({sent(0, 1, 4, 7), received(1, 2, 3, 7), received(2, 2, 3, 7)}, 0));
  EXPECT_TRUE(
      legal({sent(0, 1, 4, 7), not_sent(1, 2, 3, 8, send_failure::full), received(2, 1, 4, 7)}, 0));
  EXPECT_FALSE(legal({closed(2, 1, 2), sent(0, 3, 6, 7), received(1, 4, 5, 7)}, 0));
  // send_many meets one after the other.
  call many = at(0, 1, 8, call_kind::send_many);
  many.asked = {1, 2};
  many.sent = 2;
  EXPECT_TRUE(legal({many, received(1, 2, 3, 1), received(1, 4, 5, 2)}, 0));
  EXPECT_FALSE(legal({many, received(1, 2, 3, 2), received(1, 4, 5, 1)}, 0));
}

TEST(linearizability, who_is_stuck_where_nothing_is_held_has_nobody_to_meet) {
  const auto stuck = [](std::vector<call> calls) {
    return !why_not_linearizable({0, 2, 2, std::move(calls), true});
  };
  const call receives = at(1, 3, 0, call_kind::receive);
  call sends = at(0, 3, 0, call_kind::send);
  sends.asked = {8};
  EXPECT_TRUE(stuck({sends}));
  EXPECT_TRUE(stuck({receives}));
  EXPECT_FALSE(stuck({sends, receives}));
  EXPECT_FALSE(stuck({sends, closed(1, 4, 5)}));
  // Nor is one who selects somebody for itself to meet.
  sends.thread = receives.thread;
  EXPECT_TRUE(stuck({sends, receives}));
}

TEST(linearizability, what_is_polled_to_its_end_waits_and_what_is_polled_once_does_not) {
  const auto stuck_on = [](call_kind kind) {
    return !why_not_linearizable({1, 1, 1, {at(0, 1, 0, kind)}, true});
  };
  EXPECT_TRUE(stuck_on(call_kind::async_receive));
  EXPECT_FALSE(stuck_on(call_kind::poll_receive));
  call sends = sent(0, 3, 4, 8);
  sends.kind = call_kind::poll_send;
  EXPECT_FALSE(legal({sent(1, 1, 2, 7), sends}, 1));
  sends.sent = 0;
  sends.send_failed = send_failure::full;
  EXPECT_TRUE(legal({sent(1, 1, 2, 7), sends}, 1));
  EXPECT_FALSE(legal({sends}, 1));
}

// The same question without cleverness: every order of the calls that real time
// allows, each run through the specification. Only calls of one step. Where nothing is
// held, a send comes next to the receive that it meets, which it overlaps.
bool legal_by_brute_force(const history& what) {
  std::vector<std::size_t> order(what.calls.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  do {
    bool allowed = true;
    for (std::size_t i = 0; i < order.size() && allowed; ++i) {
      for (std::size_t j = i + 1; j < order.size() && allowed; ++j) {
        // The later one must not have ended before the earlier one began.
        allowed = what.calls[order[j]].responded > what.calls[order[i]].invoked;
      }
    }
    spec::channel state(what.capacity, what.one_item);
    for (std::size_t i = 1; i < what.senders; ++i) {
      state.clone_sender();
    }
    for (std::size_t i = 1; i < what.receivers; ++i) {
      state.clone_receiver();
    }
    for (std::size_t i = 0; i < order.size() && allowed; ++i) {
      const call& each = what.calls[order[i]];
      if (what.capacity == 0 && each.sent == 1) {
        const call* const met = i + 1 < order.size() ? &what.calls[order[i + 1]] : nullptr;
        allowed = !state.closed() && met != nullptr && met->got == each.asked &&
                  met->invoked < each.responded;
        ++i;
        continue;
      }
      switch (each.kind) {
        case call_kind::send:
        case call_kind::try_send: {
          const auto answer = state.send(each.asked[0]);
          allowed = each.send_failed ? !answer && answer.error() == *each.send_failed
                                     : answer.has_value();
          break;
        }
        case call_kind::receive:
        case call_kind::try_receive: {
          const auto answer = state.receive();
          allowed = each.receive_failed ? !answer && answer.error() == *each.receive_failed
                                        : answer && *answer == each.got[0];
          break;
        }
        case call_kind::close: allowed = state.close() == *each.closed; break;
        case call_kind::drop_sender: state.drop_sender(); break;
        default: std::ignore = state.drop_receiver(); break;
      }
    }
    if (allowed) {
      return true;
    }
  } while (std::ranges::next_permutation(order).found);
  return false;
}

// A small history that real time allows: calls of three threads with answers that
// are often right and sometimes not.
history random_history(std::mt19937_64& random) {
  const auto below = [&random](std::uint64_t bound) { return random() % bound; };
  history made{below(3), 1 + below(2), 1 + below(2), {}};
  std::uint64_t clock = 0;
  std::vector<std::uint64_t> free_at(3, 0);
  spec::item next = 1;
  for (std::size_t left = 3 + below(4); left > 0; --left) {
    const std::size_t thread = below(3);
    const std::uint64_t begins =
        std::max(free_at[thread], clock > 6 ? clock - below(6) : clock) + 1;
    const std::uint64_t ends = begins + 1 + below(8);
    clock = begins;
    free_at[thread] = ends;
    switch (below(8)) {
      case 0:
      case 1:
      case 2: made.calls.push_back(sent(thread, begins, ends, next++)); break;
      case 3:
        made.calls.push_back(not_sent(thread, begins, ends, next++,
                                      below(2) == 0 ? send_failure::full : send_failure::closed));
        break;
      case 4:
      case 5: made.calls.push_back(received(thread, begins, ends, 1 + below(next))); break;
      case 6:
        made.calls.push_back(
            not_received(thread, begins, ends,
                         below(2) == 0 ? receive_failure::empty : receive_failure::closed));
        break;
      default:
        made.calls.push_back(below(2) == 0 ? closed(thread, begins, ends)
                                           : at(thread, begins, ends, call_kind::drop_sender));
        break;
    }
  }
  return made;
}

TEST(linearizability, the_search_agrees_with_brute_force_on_random_histories) {
  std::mt19937_64 random(20261121);
  unsigned legal_ones = 0;
  unsigned illegal_ones = 0;
  unsigned met = 0;  // those that are legal only because somebody met somebody
  for (unsigned i = 0; i < 40000; ++i) {
    const history drawn = random_history(random);
    // More drops than handles are no history of a channel.
    if (static_cast<std::size_t>(
            std::ranges::count(drawn.calls, call_kind::drop_sender, &call::kind)) > drawn.senders) {
      continue;
    }
    const bool expected = legal_by_brute_force(drawn);
    (expected ? legal_ones : illegal_ones) += 1;
    met += expected && drawn.capacity == 0 && std::ranges::count(drawn.calls, 1, &call::sent) > 0;
    ASSERT_EQ(!why_not_linearizable(drawn), expected) << to_string(drawn);
  }
  EXPECT_GT(legal_ones, 2000U);
  EXPECT_GT(illegal_ones, 2000U);
  EXPECT_GT(met, 50U);
}

}  // namespace
}  // namespace handfast::properties
