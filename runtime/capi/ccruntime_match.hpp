// A select that is polled, of cases whose number is known when the program runs.
//
// Rules
//  1. As in channel/select.hpp exactly one case is done: all are tried, then each is put on its
//     list, then they are tried again.
//  2. Pending, it may be dropped. So a receive on a channel without room is not met (the item would
//     be lost with the match) but told of senders, and comes for the item; as a polled receive does
//     (channel/rendezvous.hpp, rule 4). A send is met: until then it is its own.
//  3. Each poll takes all cases off their lists first, then tries, then waits anew. Nothing is done
//     for it while it runs, but where others meet it, which is the last that it sees to.
//  4. What it was called for and does without it passes on.
#pragma once

#include <handfast/capi/ccruntime.h>
#include <handfast/capi/ccruntime_channel.hpp>
#include <handfast/channel/operation.hpp>
#include <handfast/memory/object.hpp>
#include <handfast/park/claim.hpp>
#include <handfast/park/wait_list.hpp>
#include <handfast/park/waker.hpp>
#include <handfast/sync/native.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <tuple>
#include <utility>
#include <variant>

namespace handfast::cc {

/// One case of a match, which stays where it is.
class match_case {
 public:
  match_case() = default;
  match_case(const match_case&) = delete;
  match_case& operator=(const match_case&) = delete;

  /// As `said` says, which is right; whether there was memory for it.
  [[nodiscard]] bool prepare(const CCMatchCase& said) noexcept {
    std::optional<message> item;
    if (said.send != nullptr) {
      item = message::copy_of(said.send, said.value_size);
      if (!item) {
        return false;
      }
    }
    channel_.emplace(*said.ch);
    into_ = said.recv;
    said.ch->visit([&](auto& ends) {
      if (item) {
        become_send(ends.tx, *std::move(item));
      } else {
        become_receive(ends.rx);
      }
    });
    return true;
  }

  [[nodiscard]] bool attempt() noexcept { return what_->attempt(); }
  /// How it went, once it is done: 0, or an errno value.
  [[nodiscard]] int finish() noexcept { return finish_(*this); }

  // Waiting, of those that are told.
  [[nodiscard]] bool is_told() const noexcept { return what_->others() != nullptr; }
  [[nodiscard]] auto enlist(waker wakes) noexcept { return what_->others()->enlist(place_, wakes); }

  // Of those that are met; while its door is held.
  [[nodiscard]] native::mutex* door() const noexcept { return is_told() ? nullptr : what_->door(); }
  [[nodiscard]] bool attempt_inside() noexcept { return what_->attempt_inside(); }
  void wait_inside(claim<native>& met, std::uint32_t which, waker wakes) noexcept {
    what_->wait_inside(met, which, wakes);
  }
  void settle() noexcept { what_->settle(); }

  /// Waits no more.
  void leave() noexcept {
    if (is_told()) {
      was_called_ = what_->others()->leave(place_) == wait_list<native>::call_status::called;
    } else {
      what_->leave();
    }
  }
  /// What it was called for is another's, or its own.
  void pass_on() noexcept {
    if (std::exchange(was_called_, false)) {
      what_->others()->call(1);
    }
  }
  void keep_call() noexcept { was_called_ = false; }

 private:
  template <class Core>
  void become_send(const sender<Core>& to, message item) noexcept {
    using send = send_operation<Core>;
    what_ = &operation_.template emplace<send>(to, std::move(item));
    finish_ = [](match_case& self) noexcept {
      return cc::settle(std::get_if<send>(&self.operation_)->result());
    };
  }
  template <class Core>
  void become_receive(const receiver<Core>& from) noexcept {
    using receive = receive_operation<Core>;
    what_ = &operation_.template emplace<receive>(from);
    finish_ = [](match_case& self) noexcept {
      return cc::settle(std::get_if<receive>(&self.operation_)->result(), self.into_);
    };
  }

  std::optional<has_channel> channel_;  // outlives the operation
  std::variant<std::monostate, send_operation<ring>, send_operation<meeting>,
               receive_operation<ring>, receive_operation<meeting>>
      operation_;
  operation<native>* what_ = nullptr;
  int (*finish_)(match_case&) noexcept = nullptr;
  void* into_ = nullptr;
  wait_list<native>::waiter place_;
  bool was_called_ = false;
};

/// One match. It owns its cases; of which none is done, before a poll says so.
class match {
 public:
  explicit match(std::span<match_case> cases) noexcept
      : cases_(cases), first_(static_cast<std::size_t>(native::random() % cases.size())) {}
  match(const match&) = delete;
  match& operator=(const match&) = delete;
  ~match() {
    std::ignore = stop();
    pass_on(cases_.size());
    destroy_array<match_case, native>(cases_.data(), cases_.size());
  }

  /// Ready once one is done; else `wakes` is woken when it may be worth while to poll again, in
  /// place of what an earlier poll gave. Does not block.
  [[nodiscard]] poll_status poll(waker wakes) noexcept {
    return give_up() == poll_status::ready ? poll_status::ready : wait(wakes);
  }
  /// Waits no more; looks a last time whether one can be done.
  [[nodiscard]] poll_status give_up() noexcept {
    if (const auto met = stop()) {
      return done(*met);
    }
    const auto which = first_that([](match_case& each) { return each.attempt(); });
    if (!which) {
      std::ranges::for_each(cases_, &match_case::keep_call);  // there was nothing for it
      return poll_status::pending;
    }
    return done(*which);
  }

  /// Which is done, and how it went; once.
  [[nodiscard]] std::pair<std::size_t, int> result() noexcept {
    return {done_, cases_[done_].finish()};
  }

 private:
  [[nodiscard]] poll_status done(std::size_t which) noexcept {
    done_ = which;
    pass_on(which);
    return poll_status::ready;
  }

  [[nodiscard]] poll_status wait(waker wakes) noexcept {
    auto fence = wait_list<native>::fence_before_look::none;
    for (match_case& each : cases_) {
      if (each.is_told()) {
        fence = std::max(fence, each.enlist(wakes));
      }
    }
    waits_ = true;
    wait_list<native>::look_after_enlisting(fence);
    auto which = first_that([](match_case& each) { return each.is_told() && each.attempt(); });
    if (!which) {
      which = wait_to_be_met(wakes);
    }
    if (!which) {
      return poll_status::pending;
    }
    std::ignore = stop();
    return done(*which);
  }

  // As a select does (channel/select.hpp): behind all doors in one step, in the order of their
  // addresses.
  [[nodiscard]] std::optional<std::size_t> wait_to_be_met(waker wakes) noexcept {
    std::array<native::mutex*, CC_MATCH_MOST> room{};
    const std::span doors(room.data(), cases_.size());
    std::ranges::transform(cases_, doors.begin(), &match_case::door);
    std::ranges::sort(doors, std::less<>());
    const auto last = std::ranges::unique(doors).begin();
    const auto first = std::ranges::find_if(doors.begin(), last, [](auto* door) { return door; });
    std::for_each(first, last, [](auto* door) { door->lock(); });
    const auto which = first_that(
        [](match_case& each) { return each.door() != nullptr && each.attempt_inside(); });
    if (!which) {
      met_.open();
      for (std::size_t i = 0; i < cases_.size(); ++i) {
        if (cases_[i].door() != nullptr) {
          cases_[i].wait_inside(met_, static_cast<std::uint32_t>(i), wakes);
        }
      }
    }
    std::for_each(first, last, [](auto* door) { door->unlock(); });
    return which;
  }

  // Waits nowhere any more; which was met.
  [[nodiscard]] std::optional<std::size_t> stop() noexcept {
    if (!std::exchange(waits_, false)) {
      return std::nullopt;
    }
    const bool met = !met_.withdraw();
    std::ranges::for_each(cases_, &match_case::leave);
    if (!met) {
      return std::nullopt;
    }
    cases_[met_.which()].settle();
    return met_.which();
  }
  void pass_on(std::size_t but) noexcept {
    for (std::size_t i = 0; i < cases_.size(); ++i) {
      if (i == but) {
        cases_[i].keep_call();
      } else {
        cases_[i].pass_on();
      }
    }
  }

  // The first, from one drawn by chance on, for which it holds.
  template <class Holds>
  [[nodiscard]] std::optional<std::size_t> first_that(Holds holds) noexcept {
    for (std::size_t i = 0; i < cases_.size(); ++i) {
      const std::size_t which = (first_ + i) % cases_.size();
      if (holds(cases_[which])) {
        return which;
      }
    }
    return std::nullopt;
  }

  const std::span<match_case> cases_;
  const std::size_t first_;
  claim<native> met_;
  bool waits_ = false;
  std::size_t done_ = 0;
};

}  // namespace handfast::cc
