// A select as a poll task, for coroutines, `block_on` and deadlines.
//
// Rules
//  1. Pending, it may be dropped. So a receive on a channel without room is not met (the item would
//     be lost with the select) but told of senders, and comes for the item; as a polled receive
//     does (rendezvous.hpp, rule 4). A send is met: until then the item is its own.
//  2. Each poll takes all cases off their lists first, then tries, then waits anew.
#pragma once

#include <handfast/channel/operation.hpp>
#include <handfast/channel/select_cases.hpp>
#include <handfast/park/waker.hpp>

#include <array>
#include <cstddef>
#include <optional>
#include <tuple>
#include <utility>

namespace handfast {

namespace detail {

/// A select that is polled, of the same cases as select_cases.
template <class Cases, std::size_t Most>
class polled_select {
 public:
  using sync = typename select_cases<Cases, Most>::sync;

  explicit polled_select(Cases& all) noexcept : cases_(all) {}
  polled_select(const polled_select&) = delete;
  polled_select& operator=(const polled_select&) = delete;
  ~polled_select() {
    if (waits_) {
      std::ignore = cases_.stop();
      cases_.pass_on();
    }
  }

  [[nodiscard]] poll_status poll(waker wakes) noexcept {
    if (give_up() == poll_status::ready) {
      return poll_status::ready;
    }
    const auto done = cases_.wait(wakes);
    waits_ = !done;
    return over(done);
  }
  [[nodiscard]] poll_status give_up() noexcept {
    if (!std::exchange(has_begun_, true)) {
      cases_.draw();
    }
    const auto met = std::exchange(waits_, false) ? cases_.stop() : std::nullopt;
    return over(met ? met : sync::step() ? cases_.attempt() : std::nullopt);
  }
  [[nodiscard]] std::size_t result() const noexcept { return done_; }

 private:
  [[nodiscard]] poll_status over(std::optional<std::size_t> done) noexcept {
    if (!done) {
      return poll_status::pending;
    }
    done_ = *done;
    cases_.turn();  // for the next one
    return poll_status::ready;
  }

  select_cases<Cases, Most> cases_;
  bool has_begun_ = false;
  bool waits_ = false;
  std::size_t done_ = 0;
};

}  // namespace detail

/// Does one of these operations, which live longer; the result is which, from 0. Exactly one is
/// done, without bias where several can be (the first time it is drawn, after that they take
/// turns), and the rest have done nothing. It fails never:
/// on a closed channel a send is done at once, a receive when nothing is left. Dropped before it is
/// ready it leaves items where they are, and gives its wake-ups to others; but a send on a channel
/// without room may be done then. Both ends of one channel without room break a precondition: they
/// would wake each other for ever.
///
///     handfast::receive_operation from_a(rx_a);
///     handfast::receive_operation from_b(rx_b);
///     handfast::async_select one(from_a, from_b);
///     if (co_await one == 0) { use(from_a.result()); }
///
/// Once it is ready it can be used again, as its operations can. One thread at a time polls it.
/// `with_deadline` bounds it (deadline.hpp): the result is none at the deadline.
template <class Sync, std::size_t Count>
class [[nodiscard]] async_select {
 public:
  using sync = Sync;

  static constexpr const char* waits_for = "one of several operations";

  template <class... Operations>
  explicit async_select(Operations&... all) noexcept : polls_(begun(all...)) {}

  /// Ready once one is done; else `wakes` is woken when it may be worth while to poll again, in
  /// place of what an earlier poll gave. Does not block.
  [[nodiscard]] poll_status poll(waker wakes) noexcept { return polls_.poll(wakes); }
  /// Waits no more; looks a last time whether one can be done.
  [[nodiscard]] poll_status give_up() noexcept { return polls_.give_up(); }
  /// Does one if that needs no waiting; before it is polled.
  [[nodiscard]] bool attempt() noexcept { return give_up() == poll_status::ready; }
  /// Whether who finds none to do does well to look again later, before it waits.
  [[nodiscard]] bool may_give_way() const noexcept { return may_give_way_; }

  /// Which is done, once it is ready.
  [[nodiscard]] std::size_t result() const noexcept { return polls_.result(); }
  /// The result in place of one, for whoever gave up.
  [[nodiscard]] static std::optional<std::size_t> timed_out() noexcept { return std::nullopt; }

 private:
  using cases = std::array<detail::select_case<Sync>, Count>;

  template <class... Operations>
  [[nodiscard]] cases& begun(Operations&... all) noexcept {
    std::size_t which = 0;
    (room_[which++].begin(all, all.others()), ...);
    may_give_way_ = (... && all.may_give_way());
    Sync::assert_that(!(... || would_meet(all, all...)), "a select of both ends without room");
    return room_;
  }
  // Whether `from` is told of what one of `all` waits to be met for.
  template <class... Operations>
  [[nodiscard]] static bool would_meet(operation<Sync>& from, Operations&... all) noexcept {
    return from.others() != nullptr && from.door() != nullptr &&
           (... || (all.others() == nullptr && all.door() == from.door()));
  }

  cases room_;
  bool may_give_way_ = false;
  detail::polled_select<cases, Count> polls_;
};

template <class First, class... Rest>
async_select(First&, Rest&...) -> async_select<typename First::sync, 1 + sizeof...(Rest)>;

}  // namespace handfast
