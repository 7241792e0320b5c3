// What the test suites of Go's channels and of crossbeam-channel pin down, and no other
// test of ours shows, in our words and of every variant; docs/conformance.md says which
// claim is whose.
#include <handfast/sync/native_seeded.hpp>

#include <gtest/gtest.h>

#include <any>
#include <array>
#include <memory>
#include <numeric>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "properties/over_variants.hpp"

namespace handfast {
namespace {

using ported = properties::over_variants<native>;

// Items -------------------------------------------------------------------------------

TEST_P(ported, a_handle_is_an_item_like_any_other) {
  using inner = sender<core<int>>;
  auto [tx, rx] = make<inner>(1);
  auto of_numbers = make<int>(1);
  ASSERT_TRUE(tx.send(std::move(of_numbers.tx)));
  {
    const auto arrived = rx.receive();
    ASSERT_TRUE(arrived);
    EXPECT_TRUE(arrived->send(7));
  }
  EXPECT_EQ(of_numbers.rx.receive(), 7);
  EXPECT_EQ(of_numbers.rx.receive().error(), receive_failure::closed);
}

TEST_P(ported, a_channel_goes_through_itself) {
  // Each item is the next channel's receiver, with a channel in it.
  struct link {
    std::unique_ptr<receiver<core<std::unique_ptr<link>>>> next;
  };
  auto [tx, first] = make<std::unique_ptr<link>>(1);
  auto now = std::make_unique<receiver<core<std::unique_ptr<link>>>>(std::move(first));
  for (int i = 0; i < 100; ++i) {
    auto further = make<std::unique_ptr<link>>(1);
    ASSERT_TRUE(tx.send(
        std::make_unique<link>(std::make_unique<decltype(further.rx)>(std::move(further.rx)))));
    auto arrived = now->receive();
    ASSERT_TRUE(arrived);
    now = std::move((*arrived)->next);
    tx = std::move(further.tx);
  }
  EXPECT_EQ(now->try_receive().error(), receive_failure::empty);
}

TEST_P(ported, items_without_contents_are_counted_all_the_same) {
  HANDFAST_NEEDS(bounded);
  struct nothing {};
  auto [tx, rx] = make<nothing>(2);
  EXPECT_TRUE(tx.try_send({}));
  EXPECT_TRUE(tx.try_send({}));
  EXPECT_EQ(tx.try_send({}).error().reason, send_failure::full);
  EXPECT_TRUE(rx.try_receive());
  EXPECT_TRUE(rx.try_receive());
  EXPECT_EQ(rx.try_receive().error(), receive_failure::empty);
}

TEST_P(ported, an_item_of_any_type_arrives_as_it_was_sent) {
  auto [tx, rx] = make<std::any>(2);
  ASSERT_TRUE(tx.send(std::string("a text longer than what fits in a word or two")));
  ASSERT_TRUE(tx.send(std::array<int, 3>{1, 2, 3}));
  EXPECT_EQ(std::any_cast<std::string>(*rx.receive()),
            "a text longer than what fits in a word or two");
  EXPECT_EQ((std::any_cast<std::array<int, 3>>(*rx.receive())), (std::array{1, 2, 3}));
}

TEST_P(ported, a_channel_full_of_many_items_goes_at_once) {
  HANDFAST_NEEDS(bounded);
  constexpr std::size_t many = 100'000;
  auto made = make<std::unique_ptr<int>>(many);
  for (std::size_t i = 0; i < many; ++i) {
    ASSERT_TRUE(made.tx.try_send(std::make_unique<int>(0)));
  }
  EXPECT_EQ(made.tx.try_send(nullptr).error().reason, send_failure::full);
}

// Handles -----------------------------------------------------------------------------

template <class Handle>
concept sends = requires(Handle& handle) { handle.try_send(1); };
template <class Handle>
concept receives = requires(Handle& handle) { handle.try_receive(); };

TEST_P(ported, a_sender_only_sends_and_a_receiver_only_receives) {
  const auto made = make<int>(1);
  static_assert(sends<decltype(made.tx)> && !receives<decltype(made.tx)>);
  static_assert(receives<decltype(made.rx)> && !sends<decltype(made.rx)>);
}

TEST_P(ported, an_unused_channel_goes_whichever_end_goes_first) {
  auto one = make<std::unique_ptr<int>>(1);
  auto other = make<std::unique_ptr<int>>(1);
  {
    const auto gone = std::move(one.tx);
  }
  EXPECT_EQ(one.rx.try_receive().error(), receive_failure::closed);
  {
    const auto gone = std::move(other.rx);
  }
  EXPECT_EQ(other.tx.try_send(nullptr).error().reason, send_failure::closed);
}

TEST_P(ported, every_send_after_the_last_receiver_went_gives_its_item_back) {
  auto made = make<int>(1);
  {
    const auto gone = std::move(made.rx);
  }
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(made.tx.send(i).error().item, i);
  }
}

// Deadlines ---------------------------------------------------------------------------

TEST_P(ported, a_past_deadline_still_does_what_can_be_done_at_once) {
  auto [tx, rx] = make<int>(1);
  EXPECT_TRUE(tx.send_until(1, native::deadline::min()));
  EXPECT_EQ(rx.receive_until(native::deadline::min()), 1);
}

// Many items --------------------------------------------------------------------------

TEST_P(ported, ten_thousand_items_come_in_their_order) {
  auto [tx, rx] = make<int>(3);
  native::thread feeder([&tx = tx] {
    for (int i = 0; i < 10'000; ++i) {
      EXPECT_TRUE(tx.send(i));
    }
  });
  for (int i = 0; i < 10'000; ++i) {
    ASSERT_EQ(rx.receive(), i);
  }
  feeder.join();
}

TEST_P(ported, who_sends_and_then_tries_to_receive_finds_an_item) {
  HANDFAST_NEEDS(many_senders);
  HANDFAST_NEEDS(many_receivers);
  constexpr int threads = 4;
  auto [tx, rx] = make<int>(threads);
  std::vector<native::thread> all;
  for (int i = 0; i < threads; ++i) {
    all.emplace_back([&tx = tx, &rx = rx] {
      for (int round = 0; round < 1'000; ++round) {
        EXPECT_TRUE(tx.try_send(round));
        EXPECT_TRUE(rx.try_receive());
      }
    });
  }
  for (auto& each : all) {
    each.join();
  }
}

// Waiting: whoever comes first. Under `native_seeded` a thread that nobody wakes is
// reported, not waited for.

class ported_waiting : public properties::over_variants<native_seeded> {
 protected:
  using sync = native_seeded;

 private:
  sync::run run_{42};
};

TEST_P(ported_waiting, every_item_reaches_one_of_many_receivers) {
  HANDFAST_NEEDS(many_receivers);
  constexpr int items = 300;
  auto made = make<int>(4);
  std::array<int, 3> sums{};
  std::vector<sync::thread> all;
  for (int& sum : sums) {
    all.emplace_back([&sum, rx = made.rx.clone()] {
      while (const auto item = rx.receive()) {
        sum += *item;
      }
    });
  }
  for (int i = 1; i <= items; ++i) {
    EXPECT_TRUE(made.tx.send(i));
  }
  made.tx.close();
  for (auto& each : all) {
    each.join();
  }
  EXPECT_EQ(std::accumulate(sums.begin(), sums.end(), 0), items * (items + 1) / 2);
}

TEST_P(ported_waiting, a_loop_of_sends_ends_when_the_last_receiver_goes) {
  auto made = make<int>(1);
  sync::thread feeder([&tx = made.tx] {
    int sent = 0;
    while (tx.send(sent)) {
      ++sent;
    }
    EXPECT_GE(sent, 1);
  });
  {
    const auto rx = std::move(made.rx);
    EXPECT_EQ(rx.receive(), 0);
  }
  feeder.join();
}

TEST_P(ported_waiting, a_loop_of_receives_ends_when_the_last_sender_went_and_all_is_taken) {
  auto made = make<int>(2);
  sync::thread feeder([tx = std::optional(std::move(made.tx))]() mutable {
    for (int i = 0; i < 5; ++i) {
      EXPECT_TRUE(tx->send(i));
    }
    tx.reset();
  });
  int received = 0;
  while (const auto item = made.rx.receive()) {
    EXPECT_EQ(*item, received++);
  }
  EXPECT_EQ(received, 5);
  feeder.join();
}

TEST_P(ported_waiting, try_receive_finds_what_was_sent_before_a_close_that_runs_beside_it) {
  auto [tx, rx] = make<int>(1);
  ASSERT_TRUE(tx.send(1));
  sync::thread closer([&tx = tx] { tx.close(); });
  EXPECT_EQ(rx.try_receive(), 1);
  closer.join();
}

TEST_P(ported_waiting, a_wait_until_the_end_of_time_ends_with_an_item) {
  auto [tx, rx] = make<int>(1);
  sync::thread feeder([&tx = tx] { EXPECT_TRUE(tx.send(1)); });
  EXPECT_EQ(rx.receive_until(sync::deadline::max()), 1);
  feeder.join();
}

// Each stage passes on what its prime does not divide; the last item that comes through
// all of them is the next prime.
TEST_P(ported_waiting, a_sieve_of_channels_finds_the_primes) {
  using end = receiver<core<int>>;
  auto numbers = make<int>(1);
  std::vector<sync::thread> stages;
  stages.emplace_back([tx = std::move(numbers.tx)] {
    for (int i = 2; tx.send(i); ++i) {
    }
  });
  std::vector<int> primes;
  {
    std::optional<end> sieved(std::move(numbers.rx));
    while (primes.size() < 6) {
      const int prime = *sieved->receive();
      primes.push_back(prime);
      auto next = make<int>(1);
      stages.emplace_back([prime, from = std::move(*sieved), to = std::move(next.tx)] {
        while (const auto number = from.receive()) {
          if (*number % prime != 0 && !to.send(*number)) {
            return;
          }
        }
      });
      sieved.emplace(std::move(next.rx));
    }
  }
  for (auto& each : stages) {
    each.join();
  }
  EXPECT_EQ(primes, (std::vector{2, 3, 5, 7, 11, 13}));
}

HANDFAST_OVER_VARIANTS(ported);
HANDFAST_OVER_VARIANTS(ported_waiting);

}  // namespace
}  // namespace handfast
