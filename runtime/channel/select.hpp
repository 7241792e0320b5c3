// Several operations on several channels, of which exactly one is done: the first that
// can be, and one of them by chance where several can.
//
// All are tried, beginning with one drawn at random. If none can be done now, each is put
// on its channel's wait list, with one sleep for all; then they are tried again. Whoever
// leaves with another operation done passes on what the rest were called for: no wake-up
// is lost. The rest have done nothing.
//
// On a channel with room, being called is a hint to look. On one without, the other side
// does the operation for whoever waits, at most one of a select's (claim.hpp).
#pragma once

#include <handfast/channel/operation.hpp>
#include <handfast/park/adaptive_spin.hpp>
#include <handfast/park/claim.hpp>
#include <handfast/park/parker.hpp>
#include <handfast/park/wait_list.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>

namespace handfast {

namespace detail {

/// A select on its way, of operations that stay where they are.
template <class Sync, std::size_t Count>
class selection {
 public:
  template <class... Operations>
  explicit selection(Operations&... all) noexcept
      : all_{&all...}, only_met_((... && (all.door() != nullptr))) {}

  /// The first that can be done, from one drawn by chance on; it is done then.
  [[nodiscard]] std::optional<std::size_t> attempt() noexcept {
    return first_that([](operation<Sync>& each) { return each.attempt(); });
  }

  /// The same, within that time. Where others do what is waited for, it is useless to look
  /// again before they know of it.
  template <class Patience>
  [[nodiscard]] std::optional<std::size_t> within(Patience patience) noexcept {
    if (!only_met_) {
      std::optional<std::size_t> done;
      const auto look = [this, &done] {
        done = first_that([](auto& each) { return each.may_be_done() && each.attempt(); });
        return done.has_value();
      };
      if (look() || adaptive_spin<Sync>().before_sleep(1, look)) {
        return done;
      }
    }
    return await(patience);
  }

 private:
  using list = wait_list<Sync>;
  using call_status = typename list::call_status;

  template <class Patience>
  [[nodiscard]] std::optional<std::size_t> await(Patience patience) noexcept {
    for (;;) {
      sleep_.reset();
      if (const auto done = wait()) {
        pass_on(stop(), Count);
        return done;
      }
      if (only_met_ && sleep_.spin()) {
        return met_while_awake();
      }
      const wait_status ended = sleep_.park(patience);
      const bool met = !met_.withdraw();
      const auto calls = stop();
      if (met) {
        all_[met_.which()]->settle();
        pass_on(calls, Count);
        return met_.which();
      }
      if (const auto done = Sync::step() ? attempt() : std::nullopt) {
        pass_on(calls, *done);
        return done;
      }
      if (ended == wait_status::timed_out) {
        return std::nullopt;
      }
    }
  }

  // Whoever met us took us off the list and woke us last, and so needs no lock to be done.
  [[nodiscard]] std::size_t met_while_awake() noexcept {
    const std::size_t which = met_.which();
    for (std::size_t i = 0; i < Count; ++i) {
      if (i != which) {
        all_[i]->leave();
      }
    }
    all_[which]->settle();
    return which;
  }

  // Goes to wait everywhere, and looks once more; which operation that did. Where others
  // may meet us is last: from then on, nothing is done here.
  [[nodiscard]] std::optional<std::size_t> wait() noexcept {
    bool told = false;
    auto fence = list::fence_before_look::none;
    for (std::size_t i = 0; i < Count; ++i) {
      if (all_[i]->door() == nullptr) {
        fence = std::max(fence, all_[i]->others()->enlist(places_[i], sleep_.handle()));
        told = true;
      }
    }
    if (told) {
      list::look_after_enlisting(fence);
      if (const auto done = first_that([](auto& each) {
            return each.door() == nullptr && Sync::step() && each.attempt();
          })) {
        return done;
      }
    }
    return wait_to_be_met();
  }

  // Looks and waits behind all doors in one step, so that of two who come, one finds the
  // other. In the order of their addresses: nobody waits in a ring for doors.
  [[nodiscard]] std::optional<std::size_t> wait_to_be_met() noexcept {
    std::array<typename Sync::mutex*, Count> doors;
    std::ranges::transform(all_, doors.begin(), [](auto* each) { return each->door(); });
    std::ranges::sort(doors, std::less<>());
    const auto last = std::ranges::unique(doors).begin();
    const auto first = std::ranges::find_if(doors.begin(), last, [](auto* door) { return door; });
    std::for_each(first, last, [](auto* door) { door->lock(); });
    const auto done = first_that(
        [](operation<Sync>& each) { return each.door() != nullptr && each.attempt_inside(); });
    if (!done) {
      met_.open();
      for (std::size_t i = 0; i < Count; ++i) {
        if (all_[i]->door() != nullptr) {
          all_[i]->wait_inside(met_, static_cast<std::uint32_t>(i), sleep_.handle());
        }
      }
    }
    std::for_each(first, last, [](auto* door) { door->unlock(); });
    return done;
  }

  // Waits nowhere any more; where it had been called.
  [[nodiscard]] std::array<call_status, Count> stop() noexcept {
    std::array<call_status, Count> calls;
    for (std::size_t i = 0; i < Count; ++i) {
      if (all_[i]->door() == nullptr) {
        calls[i] = all_[i]->others()->leave(places_[i]);
      } else {
        all_[i]->leave();
        calls[i] = call_status::not_called;
      }
    }
    return calls;
  }

  // Calls another where one was called and `done` is what was done; Count: none was done
  // for being called.
  void pass_on(const std::array<call_status, Count>& calls, std::size_t done) noexcept {
    for (std::size_t i = 0; i < Count; ++i) {
      if (i != done && calls[i] == call_status::called) {
        all_[i]->others()->call(1);
      }
    }
  }

  // The first, from one drawn by chance on, for which it holds.
  template <class Holds>
  [[nodiscard]] std::optional<std::size_t> first_that(Holds holds) noexcept {
    for (std::size_t i = 0; i < Count; ++i) {
      const std::size_t which = (first_ + i) % Count;
      if (holds(*all_[which])) {
        return which;
      }
    }
    return std::nullopt;
  }

  std::array<operation<Sync>*, Count> all_;
  std::array<typename list::waiter, Count> places_;
  parker<Sync> sleep_;
  claim<Sync> met_;
  bool only_met_;  // others do each of the operations for whoever waits
  std::size_t first_ = Count == 1 ? 0 : static_cast<std::size_t>(Sync::random() % Count);
};

template <class Sync, class Patience, class... Operations>
[[nodiscard]] std::optional<std::size_t> select_within(Patience patience,
                                                       Operations&... all) noexcept {
  return selection<Sync, sizeof...(Operations)>(all...).within(patience);
}

}  // namespace detail

/// Does one of these, which wait for as long as it takes; which of them, from 0. One of
/// several that can be done at once is drawn, without bias. Fails never: on a closed channel
/// a send is done at once, a receive when nothing is left. Blocks.
template <class First, class... Rest>
[[nodiscard]] std::size_t select(First& first, Rest&... rest) noexcept {
  return *detail::select_within<typename First::sync>(forever{}, first, rest...);
}

/// Does one of these if that needs no waiting: a select with a default. Does not block.
template <class First, class... Rest>
[[nodiscard]] std::optional<std::size_t> try_select(First& first, Rest&... rest) noexcept {
  return detail::selection<typename First::sync, 1 + sizeof...(Rest)>(first, rest...).attempt();
}

/// Does one of these until `end`; nothing if none could be done by then. Blocks.
template <class First, class... Rest>
[[nodiscard]] std::optional<std::size_t> select_until(typename First::sync::deadline end,
                                                      First& first, Rest&... rest) noexcept {
  using patience = until<typename First::sync::deadline>;
  return detail::select_within<typename First::sync>(patience{end}, first, rest...);
}

}  // namespace handfast
