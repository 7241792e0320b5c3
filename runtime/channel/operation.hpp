// A send or a receive that has not been done yet, as `select` and tasks hold it: it is
// tried, and says on which list to wait for another try.
//
// A task polls one: it is done, or the task's waker is on the channel's wait list.
// Whatever goes away while it waits leaves the list and passes on what it was called for,
// so a cancelled receive leaves its item in the channel, a cancelled send keeps its own.
#pragma once

#include <handfast/channel/handles.hpp>
#include <handfast/channel/outcome.hpp>
#include <handfast/park/claim.hpp>
#include <handfast/park/wait_list.hpp>
#include <handfast/park/waker.hpp>
#include <handfast/sync/lock_guard.hpp>

#include <cstdint>
#include <optional>
#include <tuple>
#include <utility>

namespace handfast {

/// One operation on one channel, for one thread or task; it stays where it is.
template <class Sync>
class operation {
 public:
  using sync = Sync;

  operation(const operation&) = delete;
  operation& operator=(const operation&) = delete;

  /// Does it if that needs no waiting; whether it is done. Done is also that the channel
  /// is closed.
  [[nodiscard]] virtual bool attempt() noexcept = 0;
  /// Whether an attempt may come to something, for whoever looks again and again: less than
  /// an attempt costs, and leaves the other side's lines alone where it can.
  [[nodiscard]] virtual bool may_be_done() noexcept { return true; }
  /// Whether who finds an attempt come to nothing does well to look again later, before it waits;
  /// not where it has to wait to be met.
  [[nodiscard]] bool may_give_way() noexcept { return others() != nullptr; }
  /// Those that wait to be told of the same; nullptr where there are none.
  [[nodiscard]] virtual wait_list<Sync>* others() noexcept = 0;

  // Of a channel without room: who waits is met, and the other side does the operation.
  /// The lock under which that happens; nullptr for a channel with room.
  [[nodiscard]] virtual typename Sync::mutex* door() noexcept { return nullptr; }
  /// Attempts while the door is held.
  [[nodiscard]] virtual bool attempt_inside() noexcept { return false; }
  /// While the door is held: waits to be met, as number `which` of a claim's.
  virtual void wait_inside(claim<Sync>&, std::uint32_t /*which*/, waker) noexcept {}
  /// While the door is held, where it waits: is woken by this from now on.
  virtual void renew_inside(waker) noexcept {}
  /// With the door free: waits no more.
  virtual void leave() noexcept {}
  /// After it left, where it was met: it is done.
  virtual void settle() noexcept {}

  /// Ready once it is done; else `wakes` is woken when it may be worth while to poll again,
  /// in place of what an earlier poll gave. Does not block.
  [[nodiscard]] poll_status poll(waker wakes) noexcept {
    if (wait_list<Sync>* const told_by = others()) {
      return poll_to_be_told(*told_by, wakes);
    }
    typename Sync::mutex* const met_at = door();
    Sync::assert_that(met_at != nullptr, "nobody tells of it, nor is it met");
    return poll_to_be_met(*met_at, wakes);
  }

  /// Waits no more; looks a last time whether it can be done.
  [[nodiscard]] poll_status give_up() noexcept {
    if (stop_waiting() == waited::met) {
      return poll_status::ready;
    }
    return attempt() ? poll_status::ready : poll_status::pending;
  }

 protected:
  /// How waiting ended.
  enum class waited : unsigned char { for_nothing, called, met };

  operation() = default;
  ~operation() { Sync::assert_that(!waits_, "an operation goes while it waits"); }

  /// Waits no more, if a poll left it waiting.
  waited stop_waiting() noexcept {
    if (!std::exchange(waits_, false)) {
      return waited::for_nothing;
    }
    if (wait_list<Sync>* const told_by = others()) {
      return told_by->leave(place_) == list::call_status::called ? waited::called
                                                                 : waited::for_nothing;
    }
    const bool met = !met_.withdraw();
    leave();
    if (met) {
      settle();
    }
    return met ? waited::met : waited::for_nothing;
  }

  /// The same; a call that it had is another's.
  waited pass_on() noexcept {
    const waited how = stop_waiting();
    wait_list<Sync>* const told_by = others();
    if (how == waited::called && told_by != nullptr) {
      told_by->call(1);
    }
    return how;
  }

 private:
  using list = wait_list<Sync>;

  poll_status poll_to_be_told(list& told_by, waker wakes) noexcept {
    if (!waits_) {
      if (attempt()) {
        return poll_status::ready;
      }
    } else if (told_by.renew(place_, wakes) == list::call_status::not_called) {
      return poll_status::pending;
    }
    list::look_after_enlisting(told_by.enlist(place_, wakes));
    waits_ = true;
    if (!(Sync::step() && attempt())) {
      return poll_status::pending;
    }
    pass_on();
    return poll_status::ready;
  }

  poll_status poll_to_be_met(typename Sync::mutex& its_door, waker wakes) noexcept {
    {
      const lock_guard<Sync> lock(its_door);
      if (!waits_) {
        if (attempt_inside()) {
          return poll_status::ready;
        }
        met_.open();
        wait_inside(met_, 0, wakes);
        waits_ = true;
        return poll_status::pending;
      }
      if (!met_.made()) {
        renew_inside(wakes);
        return poll_status::pending;
      }
    }
    stop_waiting();
    return poll_status::ready;
  }

  typename list::waiter place_;
  claim<Sync> met_;
  bool waits_ = false;  // on a list, by a poll
};

namespace detail {

/// Says that a core makes an operation on itself.
struct of_core {};

/// What an operation brings to be met on a channel without room; nothing elsewhere.
template <class Core, bool Buffered = Core::buffered>
struct meeting_room {};
template <class Core>
struct meeting_room<Core, false> {
  typename Core::party party;
};

}  // namespace detail

/// A receive from `from`, which lives longer.
///
///     handfast::receive_operation from_a(rx_a);
///     handfast::receive_operation from_b(rx_b);
///     if (handfast::select(from_a, from_b) == 0) { use(from_a.result()); }
template <class Core>
class receive_operation final : public operation<typename Core::sync> {
 public:
  using sync = typename Core::sync;
  using value_type = typename Core::value_type;

  explicit receive_operation(const receiver<Core>& from) noexcept
      : receive_operation(detail::of_core(), from.core()) {}
  receive_operation(detail::of_core, Core& core) noexcept : core_(core) {}
  ~receive_operation() { this->pass_on(); }

  static constexpr const char* waits_for = "an item";

  [[nodiscard]] bool attempt() noexcept override {
    auto received = core_.try_receive();
    if (received) {
      item_.emplace(*std::move(received));
    }
    done_ = received || received.error() == receive_failure::closed;
    return done_;
  }
  [[nodiscard]] bool may_be_done() noexcept override {
    if constexpr (requires { core_.may_receive(); }) {
      return core_.may_receive();
    } else {
      return true;
    }
  }
  [[nodiscard]] wait_list<sync>* others() noexcept override { return &core_.waiting_receivers(); }

  [[nodiscard]] typename sync::mutex* door() noexcept override {
    if constexpr (Core::buffered) {
      return nullptr;
    } else {
      return &core_.door();
    }
  }
  [[nodiscard]] bool attempt_inside() noexcept override {
    if constexpr (Core::buffered) {
      return false;
    } else {
      done_ = core_.take(item_) || core_.is_closed();
      return done_;
    }
  }
  void wait_inside(claim<sync>& met, std::uint32_t which, waker wakes) noexcept override {
    if constexpr (!Core::buffered) {
      core_.wait_to_take(room_.party, item_, met, which, wakes);
    }
  }
  void leave() noexcept override {
    if constexpr (!Core::buffered) {
      core_.leave_takers(room_.party);
    }
  }
  void settle() noexcept override { done_ = true; }

  /// What came of it, once it is done: the item, or `closed`. It can be used again then.
  [[nodiscard]] receive_result<value_type> result() noexcept {
    sync::assert_that(done_, "the result of a receive that is not done");
    done_ = false;
    if (!item_) {
      return std::unexpected(receive_failure::closed);
    }
    std::optional<value_type> received(std::move(item_));
    item_.reset();
    // Made where it goes: libstdc++ 12 cannot move a result whose Value is made of anything.
    return receive_result<value_type>(std::in_place, *std::move(received));
  }
  /// The result in place of one, for whoever gave up.
  [[nodiscard]] static receive_result<value_type> timed_out() noexcept {
    return std::unexpected(receive_failure::timed_out);
  }

 private:
  Core& core_;
  [[no_unique_address]] detail::meeting_room<Core> room_;
  std::optional<value_type> item_;  // what came; where it is done without, the end did
  bool done_ = false;
};

/// A send of `item` to `to`, which lives longer. Until it is done the item is its own.
template <class Core>
class send_operation final : public operation<typename Core::sync> {
 public:
  using sync = typename Core::sync;
  using value_type = typename Core::value_type;

  send_operation(const sender<Core>& to, value_type item) noexcept
      : send_operation(detail::of_core(), to.core(), std::move(item)) {}
  send_operation(detail::of_core, Core& core, value_type item) noexcept
      : core_(core), item_(std::move(item)) {}
  ~send_operation() { this->pass_on(); }

  [[nodiscard]] bool attempt() noexcept override {
    sync::assert_that(item_.has_value(), "a send that is done is tried again");
    const auto failure = core_.try_send_from(item_);
    if (failure == send_failure::full && sends_wait) {
      return false;
    }
    come_to(failure);
    return true;
  }
  [[nodiscard]] bool may_be_done() noexcept override {
    if constexpr (requires { core_.may_send(); }) {
      return core_.may_send();
    } else {
      return true;
    }
  }
  [[nodiscard]] wait_list<sync>* others() noexcept override {
    if constexpr (Core::buffered) {
      return &core_.waiting_senders();
    } else {
      return nullptr;
    }
  }

  [[nodiscard]] typename sync::mutex* door() noexcept override {
    if constexpr (Core::buffered) {
      return nullptr;
    } else {
      return &core_.door();
    }
  }
  [[nodiscard]] bool attempt_inside() noexcept override {
    if constexpr (Core::buffered) {
      return false;
    } else {
      if (core_.is_closed()) {
        come_to(send_failure::closed);
      } else if (core_.give(item_)) {
        come_to(std::nullopt);
      }
      return done_;
    }
  }
  void wait_inside(claim<sync>& met, std::uint32_t which, waker wakes) noexcept override {
    if constexpr (!Core::buffered) {
      core_.wait_to_give(room_.party, item_, met, which, wakes);
    }
  }
  void renew_inside(waker wakes) noexcept override {
    if constexpr (!Core::buffered) {
      core_.renew(room_.party, wakes);
    }
  }
  void leave() noexcept override {
    if constexpr (!Core::buffered) {
      core_.leave_givers(room_.party);
    }
  }
  void settle() noexcept override {
    if constexpr (!Core::buffered) {
      come_to(room_.party.found_the_end() ? std::optional(send_failure::closed) : std::nullopt);
    }
  }

  /// What came of it, once it is done: sent, or why not, with the item.
  [[nodiscard]] send_result<value_type> result() noexcept {
    sync::assert_that(done_, "the result of a send that is not done");
    done_ = false;
    if (!failure_) {
      return {};
    }
    const send_failure why = *std::exchange(failure_, std::nullopt);
    return std::unexpected(unsent<value_type>{why, take_item()});
  }
  /// The result in place of one, for whoever gave up: with the item.
  [[nodiscard]] send_result<value_type> timed_out() noexcept {
    return std::unexpected(unsent<value_type>{send_failure::timed_out, *take_back()});
  }

  /// Waits no more, and gives the item back; or nothing, where it was sent until then.
  [[nodiscard]] std::optional<value_type> take_back() noexcept {
    this->pass_on();
    if (!item_) {
      return std::nullopt;
    }
    done_ = false;
    failure_.reset();
    return take_item();
  }

 private:
  // An unbounded channel without memory is full for good.
  static constexpr bool sends_wait = Core::bounded || !Core::buffered;

  // What comes of it is put together when it is asked for: it is as large as the item.
  void come_to(std::optional<send_failure> failure) noexcept {
    done_ = true;
    failure_ = failure;
  }
  [[nodiscard]] value_type take_item() noexcept {
    value_type taken = *std::move(item_);
    item_.reset();
    return taken;
  }

  Core& core_;
  [[no_unique_address]] detail::meeting_room<Core> room_;
  std::optional<value_type> item_;
  bool done_ = false;
  std::optional<send_failure> failure_;  // of one that is done; the item is here then
};

}  // namespace handfast
