// Operations that wait for one of several things, or as tasks do: what one thread sees.
#include <handfast/channel/channel.hpp>
#include <handfast/task/task.hpp>

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <stdexcept>
#include <tuple>
#include <utility>

namespace handfast {
namespace {

using item = std::unique_ptr<int>;

template <class Core>
channel<Core> small_channel() {
  return make_channel_with_room<Core>(1);
}

// Counts how often it was woken.
struct counting {
  waker handle() {
    return {[](void* whom) noexcept { ++static_cast<counting*>(whom)->woken; }, this};
  }
  int woken = 0;
};

template <class Core>
class operation_on : public testing::Test {
 protected:
  static void must_send(const channel<Core>& to, int number) {
    ASSERT_TRUE(to.tx.send(std::make_unique<int>(number)));
  }

  channel<Core> first_ = small_channel<Core>();
  channel<Core> second_ = small_channel<Core>();
};

using cores =
    testing::Types<lock_ring<item, native>, lock_free_ring<item>, spsc_ring<item>, mpsc_ring<item>,
                   spmc_ring<item>, unbounded<item>, mpsc_unbounded<item>>;
TYPED_TEST_SUITE(operation_on, cores);

TYPED_TEST(operation_on, what_can_be_done_is_drawn_without_bias) {
  std::array<int, 2> drawn{};
  for (int round = 0; round < 3000; ++round) {
    this->must_send(this->first_, 0);
    this->must_send(this->second_, 1);
    receive_operation from_first(this->first_.rx);
    receive_operation from_second(this->second_.rx);
    const std::size_t done = select(from_first, from_second);
    ++drawn[done];
    ASSERT_EQ(**(done == 0 ? from_first : from_second).result(), static_cast<int>(done));
    ASSERT_TRUE((done == 0 ? this->second_ : this->first_).rx.try_receive());
  }
  // A thousand of three thousand would be 18 standard deviations from the half.
  EXPECT_GT(drawn[0], 1000);
  EXPECT_GT(drawn[1], 1000);
}

TYPED_TEST(operation_on, select_with_nothing_to_do_takes_its_default) {
  receive_operation from_first(this->first_.rx);
  receive_operation from_second(this->second_.rx);
  EXPECT_EQ(try_select(from_first, from_second), std::nullopt);
  this->must_send(this->second_, 7);
  EXPECT_EQ(try_select(from_first, from_second), 1U);
  EXPECT_EQ(**from_second.result(), 7);
}

TYPED_TEST(operation_on, select_gives_up_at_its_deadline) {
  receive_operation from_first(this->first_.rx);
  receive_operation from_second(this->second_.rx);
  EXPECT_EQ(select_until(native::clock::now(), from_first, from_second), std::nullopt);
}

TYPED_TEST(operation_on, both_ends_of_a_channel_and_one_end_twice_are_a_choice) {
  send_operation to(this->first_.tx, std::make_unique<int>(5));
  receive_operation from(this->first_.rx);
  EXPECT_EQ(select(from, to), 1U);
  ASSERT_TRUE(to.result());
  receive_operation again(this->first_.rx);
  const std::size_t done = select(from, again);
  EXPECT_EQ(**(done == 0 ? from : again).result(), 5);
  EXPECT_FALSE(this->first_.rx.try_receive());
}

TYPED_TEST(operation_on, an_async_select_is_woken_once_and_does_one) {
  counting waits;
  receive_operation from_first(this->first_.rx);
  receive_operation from_second(this->second_.rx);
  {
    async_select one(from_first, from_second);
    EXPECT_EQ(one.poll(waits.handle()), poll_status::pending);
    this->must_send(this->first_, 4);
    this->must_send(this->second_, 5);
    EXPECT_GE(waits.woken, 1);
    ASSERT_EQ(one.poll(waits.handle()), poll_status::ready);
    const std::size_t done = one.result();
    EXPECT_EQ(**(done == 0 ? from_first : from_second).result(), done == 0 ? 4 : 5);
    EXPECT_FALSE((done == 0 ? this->first_ : this->second_).rx.try_receive());
    EXPECT_TRUE((done == 0 ? this->second_ : this->first_).rx.try_receive());
  }
  counting dropped;
  {
    async_select another(from_first, from_second);
    EXPECT_EQ(another.poll(dropped.handle()), poll_status::pending);
  }
  this->must_send(this->first_, 6);
  EXPECT_EQ(dropped.woken, 0);
  EXPECT_EQ(**this->first_.rx.receive(), 6);
}

TYPED_TEST(operation_on, an_async_select_ends_at_its_deadline) {
  timer<native> tells;
  receive_operation from_first(this->first_.rx);
  receive_operation from_second(this->second_.rx);
  const auto until_now = [&]() -> task<std::optional<std::size_t>> {
    async_select one(from_first, from_second);
    co_return co_await with_deadline(one, tells, native::clock::now());
  };
  auto late = until_now();
  block_on<native>(late);
  EXPECT_EQ(late.result(), std::nullopt);
  this->must_send(this->second_, 7);
  auto in_time = until_now();
  block_on<native>(in_time);
  EXPECT_EQ(in_time.result(), 1U);
  EXPECT_EQ(**from_second.result(), 7);
}

TEST(rendezvous, a_choice_between_both_ends_does_not_meet_itself) {
  const auto [tx, rx] = make_channel_of<rendezvous<std::unique_ptr<int>, native>>();
  send_operation to(tx, std::make_unique<int>(5));
  receive_operation from(rx);
  EXPECT_EQ(try_select(to, from), std::nullopt);
  EXPECT_EQ(select_until(native::clock::now(), from, to), std::nullopt);
  EXPECT_EQ(**to.take_back(), 5);
}

TYPED_TEST(operation_on, a_closed_channel_is_something_that_can_be_done) {
  std::ignore = this->second_.rx.close();
  receive_operation from_first(this->first_.rx);
  receive_operation from_second(this->second_.rx);
  EXPECT_EQ(select(from_first, from_second), 1U);
  EXPECT_EQ(from_second.result().error(), receive_failure::closed);
  send_operation to_second(this->second_.tx, std::make_unique<int>(3));
  EXPECT_EQ(select(from_first, to_second), 1U);
  const auto sent = to_second.result();
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().reason, send_failure::closed);
  EXPECT_EQ(*sent.error().item, 3);
}

TYPED_TEST(operation_on, a_pending_receive_wakes_its_latest_waker_once) {
  counting early;
  counting late;
  receive_operation from(this->first_.rx);
  EXPECT_EQ(from.poll(early.handle()), poll_status::pending);
  EXPECT_EQ(from.poll(late.handle()), poll_status::pending);
  this->must_send(this->first_, 4);
  EXPECT_EQ(early.woken, 0);
  EXPECT_EQ(late.woken, 1);
  EXPECT_EQ(from.poll(late.handle()), poll_status::ready);
  EXPECT_EQ(**from.result(), 4);
}

TYPED_TEST(operation_on, a_dropped_receive_leaves_its_item_in_the_channel) {
  counting dropped;
  {
    receive_operation from(this->first_.rx);
    EXPECT_EQ(from.poll(dropped.handle()), poll_status::pending);
    this->must_send(this->first_, 5);
  }
  EXPECT_EQ(dropped.woken, 1);
  const auto left = this->first_.rx.try_receive();
  ASSERT_TRUE(left);
  EXPECT_EQ(**left, 5);
}

TYPED_TEST(operation_on, a_dropped_operation_is_woken_no_more) {
  counting dropped;
  {
    receive_operation from(this->first_.rx);
    EXPECT_EQ(from.poll(dropped.handle()), poll_status::pending);
  }
  this->must_send(this->first_, 6);
  EXPECT_EQ(dropped.woken, 0);
}

TYPED_TEST(operation_on, a_pending_send_keeps_its_item_until_it_is_done) {
  if constexpr (TypeParam::bounded) {
    this->must_send(this->first_, 1);
    counting waits;
    send_operation to(this->first_.tx, std::make_unique<int>(2));
    EXPECT_EQ(to.poll(waits.handle()), poll_status::pending);
    EXPECT_EQ(**to.take_back(), 2);
    send_operation again(this->first_.tx, std::make_unique<int>(3));
    EXPECT_EQ(again.poll(waits.handle()), poll_status::pending);
    EXPECT_EQ(**this->first_.rx.receive(), 1);
    EXPECT_EQ(waits.woken, 1);
    EXPECT_EQ(again.poll(waits.handle()), poll_status::ready);
    EXPECT_TRUE(again.result());
    EXPECT_EQ(**this->first_.rx.receive(), 3);
  }
}

TYPED_TEST(operation_on, blocking_on_one_until_a_deadline_leaves_it_as_it_was) {
  receive_operation from(this->first_.rx);
  EXPECT_FALSE(block_on_until<native>(from, native::clock::now()));
  this->must_send(this->first_, 8);
  block_on<native>(from);
  EXPECT_EQ(**from.result(), 8);
}

// A policy that runs out of memory when told.
struct forgetful : native {
  static void* allocate(std::size_t bytes, std::size_t align) noexcept {
    return out_of_memory ? nullptr : native::allocate(bytes, align);
  }
  static inline bool out_of_memory = false;
};

TEST(unbounded, a_send_without_memory_gives_its_item_back_and_loses_no_other) {
  auto [tx, rx] = make_channel_of<unbounded<item, forgetful>>();
  forgetful::out_of_memory = true;
  int sent = 0;
  for (;; ++sent) {
    const auto result = tx.send(std::make_unique<int>(sent));
    if (!result) {
      EXPECT_EQ(result.error().reason, send_failure::full);
      EXPECT_EQ(*result.error().item, sent);
      break;
    }
    ASSERT_LT(sent, 1000);
  }
  EXPECT_GT(sent, 0);
  forgetful::out_of_memory = false;
  EXPECT_TRUE(tx.send(std::make_unique<int>(sent)));
  for (int expected = 0; expected <= sent; ++expected) {
    EXPECT_EQ(**rx.receive(), expected);
  }
}

// Not inlined: a compiler that sees a coroutine through may do without its memory.
template <class Core>
[[gnu::noinline]] task<bool, forgetful> anything_comes(const receiver<Core>& from) {
  const auto received = co_await from.async_receive();
  co_return received.has_value();
}

TEST(task, without_memory_there_is_none) {
  auto [tx, rx] = make_channel_of<lock_free_ring<item, forgetful>>(1);
  forgetful::out_of_memory = true;
  const auto none = anything_comes(rx);
  forgetful::out_of_memory = false;
  EXPECT_FALSE(none);
}

TEST(task, gives_what_its_coroutine_gave_or_threw) {
  auto [tx, rx] = make_channel_of<lock_free_ring<item>>(1);
  const auto doubled = [](const auto& from) -> task<int> {
    const auto received = co_await from.async_receive();
    if (!received) {
      throw std::runtime_error("nothing came");
    }
    co_return 2 * **received;
  };
  const auto twice = [&doubled](const auto& from) -> task<int> {
    const int first = co_await doubled(from);
    co_return first + co_await doubled(from);
  };
  counting waits;
  auto sum = twice(rx);
  EXPECT_EQ(sum.poll(waits.handle()), poll_status::pending);
  ASSERT_TRUE(tx.send(std::make_unique<int>(3)));
  EXPECT_EQ(waits.woken, 1);
  EXPECT_EQ(sum.poll(waits.handle()), poll_status::pending);
  ASSERT_TRUE(tx.send(std::make_unique<int>(4)));
  EXPECT_EQ(sum.poll(waits.handle()), poll_status::ready);
  EXPECT_EQ(sum.result(), 14);
  std::ignore = rx.close();
  auto fails = twice(rx);
  EXPECT_EQ(fails.poll(waits.handle()), poll_status::ready);
  EXPECT_THROW(std::ignore = fails.result(), std::runtime_error);
}

}  // namespace
}  // namespace handfast
