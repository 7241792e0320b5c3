// Tasks of a storm that send through one channel and receive from it: coroutines, and callables
// that wait where they stand.
#pragma once

#include <handfast/channel/channel.hpp>
#include <handfast/channel/deadline.hpp>
#include <handfast/park/timer.hpp>
#include <handfast/sync/seeded_world.hpp>
#include <handfast/task/task.hpp>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "stress/errand.hpp"
#include "stress/message.hpp"
#include "stress/random.hpp"

namespace handfast::stress {

/// A channel, and what went through it. It lives longer than its tasks.
template <class Core>
class pipeline {
 public:
  using sync = typename Core::sync;

  pipeline(errand_book& book, std::size_t room)
      : book_(book), ends_(make_channel_with_room<Core>(room)) {}

  [[nodiscard]] sender<Core> tx() const { return ends_->tx.clone(); }
  [[nodiscard]] receiver<Core> rx() const { return ends_->rx.clone(); }
  /// Those of the tasks are the last.
  void let_go() { ends_.reset(); }

  // Coroutines. What they hold goes when they end, not with their frames.
  task<std::uint32_t, sync> sends(errand mine, sender<Core> to, timer<sync>& time,
                                  random_stream random) {
    {
      const sender<Core> held = std::move(to);
      bool is_open = true;
      for (auto item = next(); item && is_open; item = next()) {
        if (random.one_in(4)) {
          is_open = note(
              co_await with_deadline(held.async_send(*std::move(item)), time, soon<sync>(random)));
        } else {
          is_open = note(co_await held.async_send(*std::move(item)));
        }
      }
    }
    co_return mine.end();
  }
  task<std::uint32_t, sync> receives(errand mine, receiver<Core> from, timer<sync>& time,
                                     random_stream random) {
    {
      const receiver<Core> held = std::move(from);
      bool is_open = true;
      for (std::uint64_t left = share(random); left > 0 && is_open; --left) {
        if (random.one_in(4)) {
          is_open = note(co_await with_deadline(held.async_receive(), time, soon<sync>(random)));
        } else {
          is_open = note(co_await held.async_receive());
        }
      }
    }
    co_return mine.end();
  }

  // Where work that waits goes aside with its stack; `timed`: some waits are for a time.
  std::uint32_t sends_in_place(errand& mine, sender<Core> to, bool timed, random_stream random) {
    bool is_open = true;
    for (auto item = next(); item && is_open; item = next()) {
      is_open = note(timed && random.one_in(4) ? to.send_until(*std::move(item), soon<sync>(random))
                                               : to.send(*std::move(item)));
    }
    return mine.end();
  }
  std::uint32_t receives_in_place(errand& mine, receiver<Core> from, bool timed,
                                  random_stream random) {
    bool is_open = true;
    for (std::uint64_t left = share(random); left > 0 && is_open; --left) {
      is_open =
          note(timed && random.one_in(4) ? from.receive_until(soon<sync>(random)) : from.receive());
    }
    return mine.end();
  }

  /// When all is over; `quietly`: none of its tasks was dropped.
  void judge(bool quietly) {
    if (!quietly) {
      return;
    }
    book_.require(came_ <= sent_, "an item came whose send failed");
    book_.require(!saw_the_end_ || came_ == sent_,
                  "an item was sent, and lost: a receiver saw the end of the channel without it");
  }

 private:
  static constexpr std::uint32_t most_items = 48;

  [[nodiscard]] static std::uint64_t share(random_stream& random) {
    return random.one_in(4) ? random.next() % most_items : std::uint64_t{2} * most_items;
  }
  [[nodiscard]] std::optional<message> next() {
    const std::uint32_t number = made_.fetch_add(1, std::memory_order_relaxed);
    return number < most_items ? std::optional<message>(std::in_place, book_.items, 1U, number)
                               : std::nullopt;
  }

  // What came of one; whether the channel is open.
  [[nodiscard]] bool note(send_result<message> sent) {
    book_.moved();
    if (sent) {
      errand_book::count(sent_);
      return true;
    }
    book_.require(sent.error().item.intact(), "a failed send did not give its item back");
    return sent.error().reason != send_failure::closed;
  }
  [[nodiscard]] bool note(const receive_result<message>& received) {
    book_.moved();
    if (received) {
      book_.require(received->intact(), "an item arrived damaged");
      book_.require(!has_come_.at(received->number()).exchange(true), "an item came twice");
      errand_book::count(came_);
      return true;
    }
    if (received.error() == receive_failure::closed) {
      saw_the_end_ = true;
    }
    return received.error() != receive_failure::closed;
  }

  errand_book& book_;
  std::optional<channel<Core>> ends_;
  std::atomic<std::uint32_t> made_ = 0;
  std::atomic<std::uint32_t> sent_ = 0;
  std::atomic<std::uint32_t> came_ = 0;
  std::atomic<bool> saw_the_end_ = false;
  std::array<std::atomic<bool>, most_items> has_come_{};
};

}  // namespace handfast::stress
