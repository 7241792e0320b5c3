// Several operations of which exactly one is done, for a select that blocks (select.hpp) and for
// one that is polled (async_select.hpp).
//
// Rules
//  1. All are tried, from one drawn by chance on. If none can be done now, each waits on its
//     channel's list, with one waker for all; then they are tried again. The rest do nothing.
//  2. A case that is told waits for a call, which is a hint to look. A case that is met waits for
//     the other side to do its operation (claim.hpp): at most one of all, and nothing is done here
//     while they wait. So they go to wait last, behind all doors in one step, so that of two who
//     come, one finds the other; in the order of the doors' addresses, so that nobody waits in a
//     ring for doors.
//  3. Whoever leaves with a case done passes on what the rest were called for.
#pragma once

#include <handfast/channel/operation.hpp>
#include <handfast/park/claim.hpp>
#include <handfast/park/wait_list.hpp>
#include <handfast/park/waker.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>

namespace handfast::detail {

/// One of them; it stays where it is.
template <class Sync>
class select_case {
 public:
  using sync = Sync;

  select_case() = default;
  select_case(const select_case&) = delete;
  select_case& operator=(const select_case&) = delete;

  /// What it does, and who tells of that; nullptr: it is met.
  void begin(operation<Sync>& what, wait_list<Sync>* told_by) noexcept {
    what_ = &what;
    told_by_ = told_by;
  }

  [[nodiscard]] bool attempt() noexcept { return what_->attempt(); }
  [[nodiscard]] bool may_be_done() noexcept { return what_->may_be_done(); }
  [[nodiscard]] bool is_told() const noexcept { return told_by_ != nullptr; }

  /// Where it is told.
  [[nodiscard]] auto enlist(waker wakes) noexcept {
    return told_by_->enlist(place_ ? *place_ : place_.emplace(), wakes);
  }

  /// Where it is met; nullptr: it is not.
  [[nodiscard]] typename Sync::mutex* door() const noexcept {
    return is_told() ? nullptr : what_->door();
  }
  /// While the door is held.
  [[nodiscard]] bool attempt_inside() noexcept { return what_->attempt_inside(); }
  void wait_inside(claim<Sync>& met, std::uint32_t which, waker wakes) noexcept {
    what_->wait_inside(met, which, wakes);
  }
  void settle() noexcept { what_->settle(); }

  /// Waits no more; whether it was called.
  [[nodiscard]] bool leave() noexcept {
    if (is_told()) {
      was_called_ = told_by_->leave(*place_) == wait_list<Sync>::call_status::called;
      return was_called_;
    }
    what_->leave();
    return false;
  }
  /// What it was called for when it left last is another's.
  void pass_on() noexcept {
    if (was_called_) {
      told_by_->call(1);
    }
  }

 private:
  operation<Sync>* what_ = nullptr;
  wait_list<Sync>* told_by_ = nullptr;
  std::optional<typename wait_list<Sync>::waiter> place_;  // once it has waited
  bool was_called_ = false;
};

/// All of them, for one thread or task: an array of a select_case, or a span of what is more than
/// that; of `Most` at most.
template <class Cases, std::size_t Most>
class select_cases {
 public:
  using sync = typename std::remove_reference_t<decltype(std::declval<Cases&>()[0])>::sync;

  /// `all` has begun, and lives longer.
  explicit select_cases(Cases& all) noexcept : all_(all) {
    for (const auto& each : all_) {
      (each.is_told() ? are_told_ : are_met_) = true;
    }
  }
  select_cases(const select_cases&) = delete;
  select_cases& operator=(const select_cases&) = delete;

  [[nodiscard]] std::size_t size() const noexcept { return all_.size(); }
  /// Whether others do each of them for whoever waits.
  [[nodiscard]] bool are_only_met() const noexcept { return !are_told_; }

  /// Draws which is tried first, from when a select begins.
  void draw() noexcept {
    if (size() > 1) {
      first_ = static_cast<std::size_t>(sync::random() % size());
    }
  }

  /// Has the next one tried first: as fair as another draw, where there are many, and for less.
  void turn() noexcept { first_ = first_ + 1 == size() ? 0 : first_ + 1; }

  /// The first that can be done; it is done then.
  [[nodiscard]] std::optional<std::size_t> attempt() noexcept {
    const auto done = first_that([](auto& each) { return each.attempt(); });
    if (std::exchange(were_called_, false) && done) {
      for (std::size_t i = 0; i < size(); ++i) {
        if (i != *done) {
          all_[i].pass_on();
        }
      }
    }
    return done;
  }
  /// The same for who looks again and again, before it waits.
  [[nodiscard]] std::optional<std::size_t> look() noexcept {
    return first_that([](auto& each) { return each.may_be_done() && each.attempt(); });
  }

  /// Goes to wait everywhere, and looks once more; which that did, and then none waits.
  [[nodiscard]] std::optional<std::size_t> wait(waker wakes) noexcept {
    auto done = wait_to_be_told(wakes);
    if (!done && are_met_) {
      done = wait_to_be_met(wakes);
    }
    if (done) {
      // It was not called that did it.
      leave();
      pass_on();
    }
    return done;
  }
  /// Waits nowhere any more; which was met. If none, those that were called are tried next.
  [[nodiscard]] std::optional<std::size_t> stop() noexcept {
    const bool met = are_met_ && !met_.withdraw();
    leave();
    if (!met) {
      return std::nullopt;
    }
    all_[met_.which()].settle();
    pass_on();
    return met_.which();
  }
  /// The same for one that was met, and knows it: whoever met it took it off the list and woke it
  /// last, and so it needs no lock to be done.
  [[nodiscard]] std::size_t stop_as_met() noexcept {
    const std::size_t which = met_.which();
    for (std::size_t i = 0; i < size(); ++i) {
      if (i != which) {
        std::ignore = all_[i].leave();
      }
    }
    all_[which].settle();
    return which;
  }
  /// What they were called for is others'.
  void pass_on() noexcept {
    if (std::exchange(were_called_, false)) {
      for (auto& each : all_) {
        each.pass_on();
      }
    }
  }

 private:
  using list = wait_list<sync>;

  [[nodiscard]] std::optional<std::size_t> wait_to_be_told(waker wakes) noexcept {
    if (!are_told_) {
      return std::nullopt;
    }
    auto fence = list::fence_before_look::none;
    for (auto& each : all_) {
      if (each.is_told()) {
        fence = std::max(fence, each.enlist(wakes));
      }
    }
    list::look_after_enlisting(fence);
    return first_that([](auto& each) { return each.is_told() && sync::step() && each.attempt(); });
  }
  [[nodiscard]] std::optional<std::size_t> wait_to_be_met(waker wakes) noexcept {
    std::array<typename sync::mutex*, Most> doors;
    const auto first = doors.begin();
    auto last = first;
    for (const auto& each : all_) {
      if (auto* const door = each.door()) {
        const auto place = std::lower_bound(first, last, door, std::less<>());
        if (place == last || *place != door) {
          std::move_backward(place, last, last + 1);
          *place = door;
          ++last;
        }
      }
    }
    std::for_each(first, last, [](auto* door) { door->lock(); });
    const auto done =
        first_that([](auto& each) { return !each.is_told() && each.attempt_inside(); });
    if (!done) {
      met_.open();
      for (std::size_t i = 0; i < size(); ++i) {
        if (!all_[i].is_told()) {
          all_[i].wait_inside(met_, static_cast<std::uint32_t>(i), wakes);
        }
      }
    }
    std::for_each(first, last, [](auto* door) { door->unlock(); });
    return done;
  }

  void leave() noexcept {
    for (auto& each : all_) {
      were_called_ = each.leave() || were_called_;
    }
  }

  // The first, from the one that was drawn on, for which it holds.
  template <class Holds>
  [[nodiscard]] std::optional<std::size_t> first_that(Holds holds) noexcept {
    for (std::size_t i = 0; i < size(); ++i) {
      const std::size_t which = first_ + i < size() ? first_ + i : first_ + i - size();
      if (holds(all_[which])) {
        return which;
      }
    }
    return std::nullopt;
  }

  Cases& all_;
  claim<sync> met_;
  std::size_t first_ = 0;
  bool are_told_ = false;     // some
  bool are_met_ = false;      // some
  bool were_called_ = false;  // some, for what has not been looked after yet
};

}  // namespace handfast::detail
