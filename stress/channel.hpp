// A storm on one channel: senders, receivers and closers on real threads, all
// drawn from a seed; rings so small that they are full and empty all the time;
// handles that are cloned to new threads and dropped early; closes at random
// moments. Afterwards every item must be accounted for.
#pragma once

#include <handfast/channel/channel.hpp>
#include <handfast/sync/native_seeded.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "properties/variants.hpp"
#include "stress/message.hpp"
#include "stress/random.hpp"

namespace handfast::stress {

/// What a storm met; a run that never met one of these proved little.
struct storm_counts {
  std::uint64_t sent = 0;
  std::uint64_t received = 0;
  std::uint64_t full = 0;
  std::uint64_t empty = 0;
  std::uint64_t timed_out = 0;
  std::uint64_t given_back_on_close = 0;
  std::uint64_t discarded = 0;

  storm_counts& operator+=(const storm_counts& more) {
    sent += more.sent;
    received += more.received;
    full += more.full;
    empty += more.empty;
    timed_out += more.timed_out;
    given_back_on_close += more.given_back_on_close;
    discarded += more.discarded;
    return *this;
  }
};

/// One storm over a variant of the channel. Sync is `native` or `native_seeded`; `moved`
/// is called after each operation.
template <class Sync>
class storm {
 public:
  using variant = properties::variant<message, Sync>;

  storm(const variant& on, std::uint64_t seed, const std::function<void()>& moved)
      : on_(on), random_(seed), moved_(moved) {}

  /// What went wrong, one line; empty if nothing did.
  std::string run() {
    const std::size_t capacity = pick(random_, {1, 1, 2, 3, 8});
    const std::uint64_t senders = on_.many_senders ? 1 + random_.next() % 3 : 1;
    const std::uint64_t receivers = on_.many_receivers ? 1 + random_.next() % 3 : 1;
    std::vector<sender_log> sent(2 * senders);
    std::vector<receiver_log> received(2 * receivers);
    const bool someone_closes = random_.one_in(3);
    all_leave_ = random_.one_in(4);
    const auto channel = on_.make(capacity);
    {
      sender<core> tx(*channel);
      receiver<core> rx(*channel);
      std::vector<typename Sync::thread> threads;
      if (someone_closes) {
        close_later(threads, tx, rx);
      }
      for (std::uint64_t i = 0; i < senders; ++i) {
        threads.emplace_back([this, handle = handed_out(tx, on_.many_senders),
                              seed = random_.next(), &sent,
                              i] { send_all(handle, random_stream(seed), sent, 2 * i); });
      }
      for (std::uint64_t i = 0; i < receivers; ++i) {
        threads.emplace_back([this, handle = std::optional(handed_out(rx, on_.many_receivers)),
                              seed = random_.next(), &received, i]() mutable {
          receive_all(handle, random_stream(seed), received, 2 * i);
        });
      }
      {
        // The storm's own handles go at once: the threads' are the last.
        auto first = std::move(tx);
        auto second = std::move(rx);
      }
      for (auto& thread : threads) {
        thread.join();
      }
    }
    return verdict(sent, received);
  }

  [[nodiscard]] const storm_counts& counts() const { return counts_; }

 private:
  using core = typename variant::core;

  // A handle for another thread: one more, or the only one.
  template <class Handle>
  static Handle handed_out(Handle& from, bool many) {
    return many ? from.clone() : std::move(from);
  }

  // Where one thread has each side, they close by leaving.
  void close_later(std::vector<typename Sync::thread>& threads, const sender<core>& tx,
                   const receiver<core>& rx) {
    const auto add = [&](auto handle) {
      threads.emplace_back([this, handle = std::move(handle), seed = random_.next()] {
        random_stream random(seed);
        dawdle<Sync>(random);
        std::ignore = handle.close();
        moved_();
      });
    };
    if (on_.many_receivers) {
      add(rx.clone());
    } else if (on_.many_senders) {
      add(tx.clone());
    }
  }

  struct sender_log {
    std::vector<std::uint32_t> accepted;
    storm_counts counts;
    std::string wrong;
  };
  struct receiver_log {
    std::vector<std::pair<std::uint32_t, std::uint32_t>> items;
    bool saw_the_end = false;
    storm_counts counts;
    std::string wrong;
  };

  // Sends its share, as sender number `slot`; now and then hands a clone to a
  // new thread, which is sender number `slot` + 1.
  void send_all(const sender<core>& tx, random_stream random, std::vector<sender_log>& logs,
                std::uint64_t slot) {
    sender_log& log = logs[slot];
    std::optional<typename Sync::thread> child;
    const auto me = static_cast<std::uint32_t>(slot);
    const std::uint64_t share = 5 + random.next() % 40;
    const bool clones = slot % 2 == 0 && random.one_in(2) && on_.many_senders;
    for (std::uint32_t number = 0; number < share && log.wrong.empty();) {
      if (clones && !child && number >= share / 2) {
        child.emplace([this, handle = tx.clone(), seed = random.next(), &logs, slot] {
          send_all(handle, random_stream(seed), logs, slot + 1);
        });
      }
      if (!send_some(tx, random, log, me, number, share)) {
        break;
      }
    }
    if (child) {
      child->join();
    }
  }

  // One operation; false once the channel is closed.
  bool send_some(const sender<core>& tx, random_stream& random, sender_log& log, std::uint32_t me,
                 std::uint32_t& number, std::uint64_t share) {
    const auto settle = [&](send_result<message> result) {
      moved_();
      if (result) {
        log.accepted.push_back(number++);
        ++log.counts.sent;
        return true;
      }
      unsent<message>& back = result.error();
      if (!back.item.intact() || back.item.sender() != me || back.item.number() != number) {
        log.wrong = "a failed send did not give its item back";
      }
      log.counts.full += back.reason == send_failure::full ? 1 : 0;
      log.counts.timed_out += back.reason == send_failure::timed_out ? 1 : 0;
      log.counts.given_back_on_close += back.reason == send_failure::closed ? 1 : 0;
      return back.reason != send_failure::closed;
    };
    switch (random.next() % 4) {
      case 0: return settle(tx.send(message(book_, me, number)));
      case 1: return settle(tx.try_send(message(book_, me, number)));
      case 2: return settle(tx.send_until(message(book_, me, number), soon<Sync>(random)));
      default: break;
    }
    std::vector<message> batch;
    for (std::uint64_t i = 0; i < 1 + random.next() % 4 && number + i < share; ++i) {
      batch.emplace_back(book_, me, number + static_cast<std::uint32_t>(i));
    }
    const std::size_t all = batch.size();
    const auto result = tx.send_many(batch);
    moved_();
    const std::size_t left = result ? 0 : result.error().items.size();
    for (std::size_t i = 0; i < all - left; ++i) {
      log.accepted.push_back(number++);
      ++log.counts.sent;
    }
    if (result) {
      return true;
    }
    log.counts.given_back_on_close += left;
    if (!std::ranges::all_of(result.error().items,
                             [](const message& each) { return each.intact(); })) {
      log.wrong = "send_many did not leave its unsent items where they were";
    }
    return false;
  }

  // Receives until the end, or leaves early; now and then with a second thread
  // on a clone.
  void receive_all(std::optional<receiver<core>>& rx, random_stream random,
                   std::vector<receiver_log>& logs, std::uint64_t slot) {
    receiver_log& log = logs[slot];
    std::optional<typename Sync::thread> child;
    const bool clones = slot % 2 == 0 && random.one_in(3) && on_.many_receivers;
    const std::uint64_t leave_at =
        all_leave_ || random.one_in(4) ? random.next() % 60 : ~std::uint64_t{0};
    for (std::uint64_t done = 0; done < leave_at && log.wrong.empty(); ++done) {
      if (clones && done == 3) {
        child.emplace(
            [this, handle = std::optional(rx->clone()), seed = random.next(), &logs,
             slot]() mutable { receive_all(handle, random_stream(seed), logs, slot + 1); });
      }
      if (!receive_some(*rx, random, log)) {
        log.saw_the_end = true;
        break;
      }
    }
    rx.reset();
    if (child) {
      child->join();
    }
  }

  // One operation; false once the channel is closed and drained.
  bool receive_some(const receiver<core>& rx, random_stream& random, receiver_log& log) {
    const auto take = [&](const message& item) {
      if (!item.intact()) {
        log.wrong = "an item arrived damaged";
        return;
      }
      log.items.emplace_back(item.sender(), item.number());
      ++log.counts.received;
    };
    const auto settle = [&](receive_result<message> result) {
      moved_();
      if (result) {
        take(*result);
        return true;
      }
      log.counts.empty += result.error() == receive_failure::empty ? 1 : 0;
      log.counts.timed_out += result.error() == receive_failure::timed_out ? 1 : 0;
      return result.error() != receive_failure::closed;
    };
    switch (random.next() % 4) {
      case 0: return settle(rx.receive());
      case 1: return settle(rx.try_receive());
      case 2: return settle(rx.receive_until(soon<Sync>(random)));
      default: break;
    }
    std::array<std::optional<message>, 3> rooms;
    const auto got = rx.receive_many(std::span(rooms).first(1 + random.next() % rooms.size()));
    moved_();
    for (std::size_t i = 0; got && i < *got; ++i) {
      take(*rooms[i]);
    }
    return got.has_value();
  }

  std::string verdict(const std::vector<sender_log>& sent,
                      const std::vector<receiver_log>& received) {
    std::set<std::pair<std::uint32_t, std::uint32_t>> accepted;
    for (std::uint32_t i = 0; i < sent.size(); ++i) {
      counts_ += sent[i].counts;
      if (!sent[i].wrong.empty()) {
        return sent[i].wrong;
      }
      for (const std::uint32_t number : sent[i].accepted) {
        accepted.emplace(i, number);
      }
    }
    bool someone_saw_the_end = false;
    for (const receiver_log& log : received) {
      counts_ += log.counts;
      someone_saw_the_end = someone_saw_the_end || log.saw_the_end;
      if (!log.wrong.empty()) {
        return log.wrong;
      }
      std::vector<std::int64_t> last(sent.size(), -1);
      for (const auto& [from, number] : log.items) {
        if (accepted.erase({from, number}) == 0) {
          return name(from, number) + " was received twice, or though its send failed";
        }
        if (std::exchange(last[from], number) >= number) {
          return name(from, number) + " overtook an earlier item of its sender";
        }
      }
    }
    counts_.discarded += accepted.size();
    if (someone_saw_the_end && !accepted.empty()) {
      return name(accepted.begin()->first, accepted.begin()->second) +
             " was sent, and lost: a receiver saw the end of the channel without it";
    }
    if (const std::int64_t alive = book_.alive.load(std::memory_order_relaxed); alive != 0) {
      return std::to_string(alive) + " items too many are alive when all is over";
    }
    return {};
  }

  static std::string name(std::uint32_t sender, std::uint32_t number) {
    return "item " + std::to_string(number) + " of sender " + std::to_string(sender);
  }

  const variant& on_;
  random_stream random_;
  const std::function<void()>& moved_;
  bool all_leave_ = false;  // all receivers before the end
  ledger book_;
  storm_counts counts_;
};

}  // namespace handfast::stress
