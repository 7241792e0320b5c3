// What a channel of any variant promises, a sentence a test: the clauses of its contract
// that one thread can see, and those that need another thread to wait for it.
#include <handfast/channel/channel.hpp>
#include <handfast/sync/native_seeded.hpp>

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <limits>
#include <memory>
#include <optional>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include "properties/over_variants.hpp"

namespace handfast {
namespace {

using every_channel = properties::over_variants<native>;
using boxed = std::unique_ptr<int>;

// Counts how many of its kind are alive.
class counted {
 public:
  explicit counted(int& alive) : alive_(&alive) { ++*alive_; }
  counted(counted&& other) noexcept : alive_(std::exchange(other.alive_, nullptr)) {}
  counted& operator=(counted&& other) noexcept {
    std::swap(alive_, other.alive_);
    return *this;
  }
  ~counted() {
    if (alive_ != nullptr) {
      --*alive_;
    }
  }

 private:
  int* alive_;
};

native::deadline past() {
  return native::deadline::min();
}

// Handles ---------------------------------------------------------------------------

static_assert(!std::is_copy_constructible_v<sender<lock_ring<int, native>>>);
static_assert(std::is_nothrow_move_constructible_v<sender<lock_ring<int, native>>>);
static_assert(!std::is_copy_constructible_v<receiver<lock_ring<int, native>>>);
static_assert(std::is_nothrow_move_constructible_v<receiver<lock_ring<int, native>>>);

TEST_P(every_channel, move_only_items_are_handed_over) {
  auto [tx, rx] = make<boxed>(1);
  ASSERT_TRUE(tx.send(std::make_unique<int>(7)));
  auto item = rx.receive();
  ASSERT_TRUE(item);
  EXPECT_EQ(**item, 7);
}

TEST_P(every_channel, items_leave_in_the_order_in_which_they_entered) {
  auto [tx, rx] = make<int>(3);
  for (int round = 0; round < 5; ++round) {
    for (int i = 0; i < 3; ++i) {
      ASSERT_TRUE(tx.try_send(3 * round + i));
    }
    for (int i = 0; i < 3; ++i) {
      EXPECT_EQ(rx.try_receive(), 3 * round + i);
    }
  }
}

TEST_P(every_channel, an_assigned_handle_drops_what_it_held) {
  auto first = make<int>(1);
  auto second = make<int>(1);
  first.tx = std::move(second.tx);
  EXPECT_EQ(first.rx.receive().error(), receive_failure::closed);
  EXPECT_TRUE(first.tx.send(1));
  EXPECT_EQ(second.rx.receive(), 1);
}

TEST_P(every_channel, capacity_says_how_much_it_holds) {
  HANDFAST_NEEDS(bounded);
  auto [tx, rx] = make<int>(5);
  EXPECT_EQ(tx.capacity(), 5U);
  EXPECT_EQ(rx.capacity(), 5U);
}

// Making one ------------------------------------------------------------------------

TEST(channel, a_capacity_of_zero_is_refused) {
  const auto made = try_make_channel<int>(0);
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error(), create_failure::zero_capacity);
}

TEST(channel, a_capacity_that_overflows_is_refused) {
  const auto made = try_make_channel<int>(std::numeric_limits<std::size_t>::max() / 2);
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error(), create_failure::capacity_overflow);
}

// Gives memory so many times, then no more.
struct scarce : native {
  static void* allocate(std::size_t bytes, std::size_t align) noexcept {
    return left-- > 0 ? native::allocate(bytes, align) : nullptr;
  }
  static inline int left = 0;
};

TEST(channel, no_memory_for_any_of_its_parts_is_told_and_leaks_nothing) {
  for (int parts = 0; parts < 2; ++parts) {
    scarce::left = parts;
    const auto made = try_make_channel<int, scarce>(4);
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error(), create_failure::out_of_memory);
  }
  scarce::left = 2;
  EXPECT_TRUE((try_make_channel<int, scarce>(4)));
}

TEST(channel_death, make_channel_stops_the_program_on_a_capacity_of_zero) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH({ auto made = make_channel<int>(0); }, "make_channel: capacity zero");
}

TEST(channel_death, a_moved_from_handle_stops_the_program) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(
      {
        auto made = make_channel<int>(1);
        auto taken = std::move(made.tx);
        std::ignore = made.tx.try_send(1);  // NOLINT(bugprone-use-after-move): the point
      },
      "moved-from channel handle");
}

// Failures give items back -------------------------------------------------------------

TEST_P(every_channel, try_send_on_a_full_channel_gives_the_item_back) {
  HANDFAST_NEEDS(bounded);
  auto [tx, rx] = make<boxed>(1);
  ASSERT_TRUE(tx.try_send(std::make_unique<int>(1)));
  auto failed = tx.try_send(std::make_unique<int>(2));
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().reason, send_failure::full);
  EXPECT_EQ(*failed.error().item, 2);
}

TEST_P(every_channel, send_until_on_a_full_channel_gives_the_item_back_at_its_deadline) {
  HANDFAST_NEEDS(bounded);
  auto [tx, rx] = make<boxed>(1);
  ASSERT_TRUE(tx.try_send(std::make_unique<int>(1)));
  auto failed = tx.send_until(std::make_unique<int>(2), past());
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().reason, send_failure::timed_out);
  EXPECT_EQ(*failed.error().item, 2);
}

TEST_P(every_channel, a_send_on_a_closed_channel_gives_the_item_back_even_if_it_is_full) {
  auto [tx, rx] = make<boxed>(1);
  ASSERT_TRUE(tx.send(std::make_unique<int>(1)));
  tx.close();
  for (auto failed : {0, 1, 2}) {
    auto result = failed == 0   ? tx.send(std::make_unique<int>(2))
                  : failed == 1 ? tx.try_send(std::make_unique<int>(2))
                                : tx.send_until(std::make_unique<int>(2), past());
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().reason, send_failure::closed);
    EXPECT_EQ(*result.error().item, 2);
  }
}

TEST_P(every_channel, send_many_names_the_items_that_it_did_not_send) {
  auto [tx, rx] = make<boxed>(4);
  std::vector<boxed> batch;
  for (int i = 0; i < 3; ++i) {
    batch.push_back(std::make_unique<int>(i));
  }
  rx.close();
  const auto result = tx.send_many(batch);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().reason, send_failure::closed);
  ASSERT_EQ(result.error().items.size(), 3U);
  EXPECT_EQ(*result.error().items.front(), 0);
}

TEST_P(every_channel, send_many_of_nothing_succeeds) {
  auto [tx, rx] = make<int>(1);
  EXPECT_TRUE(tx.send_many({}));
  tx.close();
  EXPECT_TRUE(tx.send_many({}));
}

// Receives ---------------------------------------------------------------------------

TEST_P(every_channel, try_receive_tells_empty_from_closed) {
  auto [tx, rx] = make<int>(1);
  EXPECT_EQ(rx.try_receive().error(), receive_failure::empty);
  EXPECT_EQ(rx.receive_until(past()).error(), receive_failure::timed_out);
  tx.close();
  EXPECT_EQ(rx.try_receive().error(), receive_failure::closed);
  EXPECT_EQ(rx.receive_until(past()).error(), receive_failure::closed);
}

TEST_P(every_channel, receive_many_takes_what_is_there_oldest_first) {
  auto [tx, rx] = make<int>(4);
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(tx.send(i));
  }
  std::array<std::optional<int>, 2> two;
  EXPECT_EQ(rx.receive_many(two), 2U);
  EXPECT_EQ(two[0], 0);
  EXPECT_EQ(two[1], 1);
  std::vector<int> four(4, -1);
  EXPECT_EQ(rx.receive_many(four), 1U);
  EXPECT_EQ(four, (std::vector{2, -1, -1, -1}));
}

TEST_P(every_channel, receive_many_into_no_rooms_gives_nothing) {
  auto [tx, rx] = make<int>(1);
  std::vector<int> none;
  EXPECT_EQ(rx.receive_many(none), 0U);
}

// Close ------------------------------------------------------------------------------

TEST_P(every_channel, close_from_either_side_says_whether_it_was_this_call) {
  auto [tx, rx] = make<int>(1);
  EXPECT_EQ(rx.close(), close_outcome::closed_now);
  EXPECT_EQ(tx.close(), close_outcome::already_closed);
  EXPECT_EQ(rx.close(), close_outcome::already_closed);
}

TEST_P(every_channel, a_closed_channel_still_yields_what_was_sent_before) {
  auto [tx, rx] = make<int>(2);
  ASSERT_TRUE(tx.send(1));
  ASSERT_TRUE(tx.send(2));
  tx.close();
  EXPECT_EQ(rx.receive(), 1);
  EXPECT_EQ(rx.try_receive(), 2);
  EXPECT_EQ(rx.receive().error(), receive_failure::closed);
}

TEST_P(every_channel, the_last_sender_closes_and_no_other) {
  HANDFAST_NEEDS(many_senders);
  auto made = make<int>(1);
  auto first = std::optional(std::move(made.tx));
  auto second = std::optional(first->clone());
  first.reset();
  EXPECT_EQ(made.rx.try_receive().error(), receive_failure::empty);
  second.reset();
  EXPECT_EQ(made.rx.receive().error(), receive_failure::closed);
}

TEST_P(every_channel, the_last_receiver_closes_and_destroys_what_is_buffered_once) {
  HANDFAST_NEEDS(many_receivers);
  int alive = 0;
  auto made = make<counted>(3);
  auto first = std::optional(std::move(made.rx));
  auto second = std::optional(first->clone());
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(made.tx.send(counted(alive)));
  }
  first.reset();
  EXPECT_EQ(alive, 3);
  second.reset();
  EXPECT_EQ(alive, 0);
  EXPECT_EQ(made.tx.send(counted(alive)).error().reason, send_failure::closed);
  EXPECT_EQ(alive, 0);
}

TEST_P(every_channel, items_that_nobody_receives_are_destroyed_with_the_channel) {
  int alive = 0;
  {
    auto [tx, rx] = make<counted>(3);
    ASSERT_TRUE(tx.send(counted(alive)));
    ASSERT_TRUE(tx.send(counted(alive)));
    ASSERT_TRUE(rx.receive());
    EXPECT_EQ(alive, 1);
  }
  EXPECT_EQ(alive, 0);
}

// Waiting: the other side acts from a thread of its own, whenever the machine
// lets it; each of these must end, whoever comes first. Under `native_seeded` a
// thread that nobody wakes is reported, not waited for.

class waiting : public properties::over_variants<native_seeded> {
 protected:
  using sync = native_seeded;

 private:
  sync::run run_{42};
};

TEST_P(waiting, a_blocked_send_goes_on_when_room_comes) {
  auto [tx, rx] = make<int>(1);
  ASSERT_TRUE(tx.send(1));
  sync::thread taker([&rx = rx] { EXPECT_EQ(rx.receive(), 1); });
  EXPECT_TRUE(tx.send(2));
  taker.join();
  EXPECT_EQ(rx.receive(), 2);
}

TEST_P(waiting, a_blocked_receive_wakes_when_the_last_sender_goes) {
  auto made = make<int>(1);
  sync::thread leaver([handle = std::move(made.tx)]() mutable { auto gone = std::move(handle); });
  EXPECT_EQ(made.rx.receive().error(), receive_failure::closed);
  leaver.join();
}

TEST_P(waiting, a_blocked_send_wakes_when_the_last_receiver_goes) {
  HANDFAST_NEEDS(bounded);
  auto made = make<int>(1);
  ASSERT_TRUE(made.tx.send(1));
  sync::thread leaver([handle = std::move(made.rx)]() mutable { auto gone = std::move(handle); });
  const auto failed = made.tx.send(2);
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().item, 2);
  leaver.join();
}

TEST_P(waiting, send_many_fills_the_ring_again_and_again) {
  auto [tx, rx] = make<int>(2);
  std::vector<int> batch{1, 2, 3, 4, 5, 6, 7};
  sync::thread taker([&rx = rx] {
    for (int i = 1; i <= 7; ++i) {
      EXPECT_EQ(rx.receive(), i);
    }
  });
  EXPECT_TRUE(tx.send_many(batch));
  taker.join();
}

HANDFAST_OVER_VARIANTS(every_channel);
HANDFAST_OVER_VARIANTS(waiting);

}  // namespace
}  // namespace handfast
