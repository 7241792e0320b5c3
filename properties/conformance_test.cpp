// What judges the variants is judged: a variant unlike those that there are conforms,
// and one that answers otherwise is refuted.
#include "properties/conformance.hpp"

#include <gtest/gtest.h>

#include <random>

#include "properties/concurrent.hpp"
#include "properties/linearizability.hpp"

namespace handfast::properties {
namespace {

// A channel that takes no capacity and whose handles have no clones.
template <class Value, class Sync>
class single_ended {
 public:
  using value_type = Value;
  using sync = Sync;
  using deadline = typename Sync::deadline;

  static constexpr bool bounded = false;
  static constexpr bool buffered = true;
  static constexpr bool one_item = false;
  static constexpr parties producers = parties::one;
  static constexpr parties consumers = parties::one;

  static std::expected<single_ended*, create_failure> create() { return new single_ended; }

  send_result<Value> send(Value item) noexcept { return ring_.send(std::move(item)); }
  send_result<Value> try_send(Value item) noexcept { return ring_.try_send(std::move(item)); }
  std::optional<send_failure> try_send_from(std::optional<Value>& item) noexcept {
    return ring_.try_send_from(item);
  }
  send_result<Value> send_until(Value item, deadline end) noexcept {
    return ring_.send_until(std::move(item), end);
  }
  send_many_result<Value> send_many(std::span<Value> items) noexcept {
    return ring_.send_many(items);
  }
  receive_result<Value> receive() noexcept { return ring_.receive(); }
  receive_result<Value> try_receive() noexcept { return ring_.try_receive(); }
  receive_result<Value> receive_until(deadline end) noexcept { return ring_.receive_until(end); }
  template <class Room>
  receive_many_result receive_many(std::span<Room> rooms) noexcept {
    return ring_.receive_many(rooms);
  }
  close_outcome close() noexcept { return ring_.close(); }
  wait_list<Sync>& waiting_senders() noexcept { return ring_.waiting_senders(); }
  wait_list<Sync>& waiting_receivers() noexcept { return ring_.waiting_receivers(); }
  [[nodiscard]] std::size_t capacity() const noexcept { return ring_.capacity(); }
  void add_sender() noexcept {}
  void drop_sender() noexcept {
    ring_.drop_sender();
    leave();
  }
  void add_receiver() noexcept {}
  void drop_receiver() noexcept {
    ring_.drop_receiver();
    leave();
  }

 private:
  void leave() noexcept {
    if (left_.fetch_add(1) == 1) {
      delete this;
    }
  }

  lock_ring<Value, Sync>& ring_ = **lock_ring<Value, Sync>::create(2);
  std::atomic<int> left_ = 0;
};

// Wrong: close always says that it closed.
template <class Value, class Sync>
class closes_twice : public lock_ring<Value, Sync> {
 public:
  using lock_ring<Value, Sync>::lock_ring;
  static std::expected<closes_twice*, create_failure> create(std::size_t capacity) {
    return detail::create_over_slots<closes_twice>(capacity);
  }
  close_outcome close() noexcept {
    std::ignore = lock_ring<Value, Sync>::close();
    return close_outcome::closed_now;
  }
};

program drawn(std::mt19937_64& random) {
  const auto below = [&random](std::size_t bound) {
    return static_cast<std::uint8_t>(random() % bound);
  };
  program made{{1, 2}, {}};
  for (int steps = 0; steps < 40; ++steps) {
    made.steps.push_back(
        {static_cast<action>(below(action_names.size())), below(2), below(4), below(5)});
  }
  return made;
}

TEST(conformance, a_variant_without_capacity_and_clones_conforms) {
  constexpr auto on = variant_of<single_ended<tracked_item, native>>("single_ended", "channel");
  std::mt19937_64 random(1);
  goals_met seen;
  for (int i = 0; i < 300; ++i) {
    const program what = drawn(random);
    EXPECT_EQ(run_program(what, on, &seen), std::nullopt);
  }
  EXPECT_TRUE(seen[static_cast<std::size_t>(goal::full)]);
  EXPECT_FALSE(seen[static_cast<std::size_t>(goal::handle_in_item)]);
}

TEST(conformance, where_there_are_no_clones_one_thread_sends_and_another_receives) {
  constexpr auto on = variant_of<single_ended<spec::item, native>>("single_ended", "channel");
  const concurrent_program plan{
      1, 0, {{{call_kind::send_many, 3}}, {{call_kind::receive_many, 2}, {call_kind::receive, 1}}}};
  const history seen = recorder(plan, on, [] {}).run();
  EXPECT_EQ(seen.capacity, 2U);
  EXPECT_EQ(seen.calls.size(), 5U);  // three, and two drops
  EXPECT_EQ(why_not_linearizable(seen), std::nullopt);
}

TEST(conformance, a_variant_that_answers_otherwise_is_refuted) {
  constexpr auto wrong = variant_of<closes_twice<tracked_item, native>>("closes_twice", "channel");
  const program what{{1}, {{action::close_by_sender}, {action::close_by_receiver}}};
  EXPECT_EQ(run_program(what), std::nullopt);
  EXPECT_EQ(run_program(what, wrong),
            "step 2, close_by_receiver(channel 0, handle 0): what close said differs from the "
            "specification");
}

}  // namespace
}  // namespace handfast::properties
