// A send or a receive that has not been done yet, as `select` and tasks hold it: it is
// tried, and says on which list to wait for another try.
//
// A task polls one: it is done, or the task's waker is on the channel's wait list.
// Whatever goes away while it waits leaves the list and passes on what it was called for,
// so a cancelled receive leaves its item in the channel, a cancelled send keeps its own.
#pragma once

#include <handfast/channel/handles.hpp>
#include <handfast/channel/outcome.hpp>
#include <handfast/park/wait_list.hpp>
#include <handfast/park/waker.hpp>

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
  /// Those that wait for the same.
  [[nodiscard]] virtual wait_list<Sync>& others() const noexcept = 0;

  /// Ready once it is done; else `wakes` is woken when it may be worth while to poll again,
  /// in place of what an earlier poll gave. Does not block.
  [[nodiscard]] poll_status poll(waker wakes) noexcept {
    if (!waits_) {
      if (attempt()) {
        return poll_status::ready;
      }
      others().enlist(place_, wakes);
    } else if (others().renew(place_, wakes) == list::call_status::called) {
      others().enlist(place_, wakes);
    }
    waits_ = true;
    list::look_after_enlisting();
    if (!attempt()) {
      return poll_status::pending;
    }
    pass_on();
    return poll_status::ready;
  }

  /// Waits no more; looks a last time whether it can be done.
  [[nodiscard]] poll_status give_up() noexcept {
    if (std::exchange(waits_, false)) {
      std::ignore = others().leave(place_);
    }
    return attempt() ? poll_status::ready : poll_status::pending;
  }

 protected:
  operation() = default;
  ~operation() { Sync::assert_that(!waits_, "an operation goes while it waits"); }

  // Waits no more; a call that it had is another's.
  void pass_on() noexcept {
    if (std::exchange(waits_, false) && others().leave(place_) == list::call_status::called) {
      others().call(1);
    }
  }

 private:
  using list = wait_list<Sync>;

  typename list::waiter place_;
  bool waits_ = false;  // enlisted, by a poll
};

/// A receive from `from`, which lives longer.
///
///     handfast::receive_operation from_a(rx_a);
///     handfast::receive_operation from_b(rx_b);
///     if (handfast::select(from_a, from_b) == 0) { use(from_a.result()); }
template <class Core>
class receive_operation final : public operation<typename Core::sync> {
 public:
  using value_type = typename Core::value_type;

  explicit receive_operation(const receiver<Core>& from) noexcept : core_(from.core()) {}
  ~receive_operation() { this->pass_on(); }

  [[nodiscard]] bool attempt() noexcept override {
    auto received = core_.try_receive();
    if (!received && received.error() == receive_failure::empty) {
      return false;
    }
    result_.emplace(std::move(received));
    return true;
  }
  [[nodiscard]] wait_list<typename Core::sync>& others() const noexcept override {
    return core_.waiting_receivers();
  }

  /// What came of it, once it is done: the item, or `closed`. It can be used again then.
  [[nodiscard]] receive_result<value_type> result() noexcept {
    Core::sync::assert_that(result_.has_value(), "the result of a receive that is not done");
    auto received = *std::move(result_);
    result_.reset();
    return received;
  }

 private:
  Core& core_;
  std::optional<receive_result<value_type>> result_;
};

/// A send of `item` to `to`, which lives longer. Until it is done the item is its own.
template <class Core>
class send_operation final : public operation<typename Core::sync> {
 public:
  using value_type = typename Core::value_type;

  send_operation(const sender<Core>& to, value_type item) noexcept
      : core_(to.core()), item_(std::move(item)) {}
  ~send_operation() { this->pass_on(); }

  [[nodiscard]] bool attempt() noexcept override {
    auto sent = core_.try_send(*std::move(item_));
    item_.reset();
    if (!sent && sent.error().reason == send_failure::full && Core::bounded) {
      item_.emplace(std::move(sent.error().item));
      return false;
    }
    result_.emplace(std::move(sent));
    return true;
  }
  [[nodiscard]] wait_list<typename Core::sync>& others() const noexcept override {
    return core_.waiting_senders();
  }

  /// What came of it, once it is done: sent, or why not, with the item.
  [[nodiscard]] send_result<value_type> result() noexcept {
    Core::sync::assert_that(result_.has_value(), "the result of a send that is not done");
    return *std::exchange(result_, std::nullopt);
  }

  /// The item of a send that is not done, which cannot be tried any more.
  [[nodiscard]] value_type take_back() noexcept {
    Core::sync::assert_that(item_.has_value(), "the item of a send that is done");
    this->pass_on();
    value_type item = *std::move(item_);
    item_.reset();
    return item;
  }

 private:
  Core& core_;
  std::optional<value_type> item_;
  std::optional<send_result<value_type>> result_;
};

}  // namespace handfast
