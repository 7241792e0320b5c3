// Several operations on several channels, of which exactly one is done: the first that
// can be, and one of them by chance where several can (select_cases.hpp). The calling thread
// waits; async_select.hpp is for tasks.
//
// On a channel with room, being called is a hint to look. On one without, the other side
// does the operation for whoever waits, at most one of a select's.
#pragma once

#include <handfast/channel/operation.hpp>
#include <handfast/channel/select_cases.hpp>
#include <handfast/park/adaptive_spin.hpp>
#include <handfast/park/parker.hpp>

#include <array>
#include <cstddef>
#include <optional>

namespace handfast {

namespace detail {

/// A select on its way, of operations that stay where they are.
template <class Sync, std::size_t Count>
class selection {
 public:
  template <class... Operations>
  explicit selection(Operations&... all) noexcept : cases_(begun(all...)) {
    cases_.draw();
  }

  [[nodiscard]] std::optional<std::size_t> attempt() noexcept { return cases_.attempt(); }

  /// The first that can be done within that time. Where others do what is waited for, it is
  /// useless to look again before they know of it.
  template <class Patience>
  [[nodiscard]] std::optional<std::size_t> within(Patience patience) noexcept {
    if (!cases_.are_only_met()) {
      std::optional<std::size_t> done;
      const auto look = [this, &done] {
        done = cases_.look();
        return done.has_value();
      };
      if (look() || adaptive_spin<Sync>().before_sleep(1, look)) {
        return done;
      }
    }
    return await(patience);
  }

 private:
  using cases = std::array<select_case<Sync>, Count>;

  // Whoever can be met is: here somebody stays to wait for it.
  template <class... Operations>
  [[nodiscard]] cases& begun(Operations&... all) noexcept {
    std::size_t which = 0;
    (room_[which++].begin(all, all.door() == nullptr ? all.others() : nullptr), ...);
    return room_;
  }

  template <class Patience>
  [[nodiscard]] std::optional<std::size_t> await(Patience patience) noexcept {
    for (;;) {
      sleep_.reset();
      if (const auto done = cases_.wait(sleep_.handle())) {
        return done;
      }
      if (cases_.are_only_met() && sleep_.spin()) {
        return cases_.stop_as_met();
      }
      const wait_status ended = sleep_.park(patience);
      if (const auto met = cases_.stop()) {
        return met;
      }
      if (const auto done = Sync::step() ? cases_.attempt() : std::nullopt) {
        return done;
      }
      if (ended == wait_status::timed_out) {
        return std::nullopt;
      }
    }
  }

  cases room_;
  select_cases<cases, Count> cases_;
  parker<Sync> sleep_;
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
