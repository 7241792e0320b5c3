// A worker's next job: the one that it was given last, whose data is warm.
//
// Rules
//  1. The owner puts and takes; a thief steals, and is counted as searching when it does
//  (idle.hpp).
//  2. The owner says that it takes before it looks whether anybody searches; a thief is counted
//     before it looks whether the owner takes, a heavy fence in between. So one sees the other. An
//     owner that sees nobody takes by a plain store; where it sees somebody an exchange decides.
//     A thief that sees the owner leaves the job to it.
//
// Progress: wait-free.
#pragma once

#include <handfast/sync/policy.hpp>

#include <utility>

namespace handfast {

/// Room for one item, which is the user's.
template <class Item, class Sync>
class slot {
 public:
  slot() noexcept {
    Sync::name(item_, "slot.item");
    Sync::name(takes_, "slot.takes");
  }
  slot(const slot&) = delete;
  slot& operator=(const slot&) = delete;

  /// Into an empty one. The owner's.
  void put(Item& what) noexcept {
    // [slot.item] release: pairs with steal's acquire; what it points to is there.
    item_.store(&what, order::release);
  }

  /// What is there; nullptr: nothing. `nobody_steals` is as for work_deque::take. The owner's.
  template <class NobodySteals>
  [[nodiscard]] Item* take(NobodySteals nobody_steals) noexcept {
    if (!holds_any()) {
      return nullptr;
    }
    takes_.store(true, order::relaxed);  // relaxed: the fence of nobody_steals orders it
    Item* its = nullptr;
    if (nobody_steals()) {
      its = item_.load(order::relaxed);      // relaxed: the owner put it there
      item_.store(nullptr, order::relaxed);  // relaxed: takes_ tells of it
    } else {
      its = item_.exchange(nullptr, order::relaxed);  // relaxed: the same
    }
    // [slot.takes] release: pairs with steal's acquire; what was taken is gone.
    takes_.store(false, order::release);
    return its;
  }

  /// The same for anybody who searches.
  [[nodiscard]] Item* steal() noexcept {
    // [slot.takes] acquire: pairs with take's release.
    if (takes_.load(order::acquire)) {
      return nullptr;
    }
    // [slot.item] acquire: pairs with put's release.
    return item_.exchange(nullptr, order::acquire);
  }

  /// Whether there may be something to steal. A hint.
  [[nodiscard]] bool may_steal() const noexcept {
    return holds_any() && !takes_.load(order::relaxed);  // relaxed: a hint
  }
  /// For the owner, whether there is something, unless it is being stolen.
  [[nodiscard]] bool holds_any() const noexcept {
    return item_.load(order::relaxed) != nullptr;  // relaxed: a hint
  }
  [[nodiscard]] bool holds(const void* what) const noexcept {
    return item_.load(order::relaxed) == what;  // relaxed: the owner put it there
  }

 private:
  typename Sync::template atomic<Item*> item_{nullptr};
  typename Sync::template atomic<bool> takes_{false};
};

}  // namespace handfast
