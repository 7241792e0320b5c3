// A worker's own tasks: it pushes and takes at the bottom, others steal at the top.
//
// Positions count up; those from `top_` to before `bottom_` hold an item each, in the array's
// room of that number modulo its size.
//
// Rules
//  1. One thread, the owner, pushes and takes; any thread steals.
//  2. An item is whoever's who moves the top past it. The owner takes without that while there
//     are others above: the bottom is written before the top is read, the top is read before the
//     bottom by thieves, seq_cst fences in between, so of an owner and a thief who go for the
//     same item one sees the other, and the exchange of the top decides.
//     Where the owner knows that nobody steals, it does without its fence and the exchange: who
//     begins to steal after that sees the bottom.
//  3. A push that finds no room brings an array twice as large. Thieves may still read the
//     old one, where no room is written any more, so it is kept until the end: all of them
//     together are as large as the last.
//
// Progress: push, take and steal are wait-free, but for the memory of rule 3.
//
// After Chase and Lev (Dynamic Circular Work-Stealing Deque, SPAA 2005), with orders as Lê, Pop,
// Cohen and Zappa Nardelli have them (Correct and Efficient Work-Stealing for Weak Memory
// Models, PPoPP 2013), less those that RC11's fences make superfluous.
#pragma once

#include <handfast/memory/object.hpp>
#include <handfast/sync/policy.hpp>

#include <cstddef>
#include <cstdint>

namespace handfast {

/// What a steal came to, if it came to no item.
enum class steal_failure : unsigned char {
  none,
  empty,  ///< nothing there
  lost,   ///< another got the item, or nobody yet: it may be worth while to come again
};

/// Items, which are the user's: the deque has pointers to them. Empty when it goes.
template <class Item, class Sync>
class work_deque {
 public:
  /// With room for so many to begin with: a power of two. Without memory it has none, and grows
  /// with the first push.
  explicit work_deque(std::size_t room = 64) noexcept {
    Sync::name(top_, "deque.top");
    Sync::name(bottom_, "deque.bottom");
    Sync::name(array_, "deque.array");
    array* const first = bring(room, nullptr);
    array_.store(first, order::relaxed);  // relaxed: nobody else has the deque yet
  }
  work_deque(const work_deque&) = delete;
  work_deque& operator=(const work_deque&) = delete;

  ~work_deque() {
    // relaxed: nobody else has the deque any more.
    for (array* each = array_.load(order::relaxed); each != nullptr;) {
      array* const older = each->older.read();
      free_array(each);
      each = older;
    }
  }

  /// Puts `item` at the bottom; false where there is no memory for it. The owner's.
  [[nodiscard]] bool push(Item& item) noexcept {
    const std::int64_t bottom = bottom_.load(order::relaxed);  // relaxed: the owner moves it
    // [deque.top] acquire: pairs with steal's release; who stole has read the room.
    const std::int64_t top = top_.load(order::acquire);
    array* here = array_.load(order::relaxed);  // relaxed: the owner brings it
    if (here == nullptr || bottom - top == here->size.read()) {
      here = grow(here, top, bottom);
      if (here == nullptr) {
        return false;
      }
    }
    here->room(bottom).store(&item, order::relaxed);  // relaxed: the bottom tells of it
    // [deque.bottom] release: pairs with steal's acquire; the item is there.
    bottom_.store(bottom + 1, order::release);
    return true;
  }

  /// Takes the item that was pushed last; nullptr if there is none. The owner's.
  [[nodiscard]] Item* take() noexcept {
    return take([] { return false; });
  }
  /// The same, for an owner that asks whether anybody steals: `nobody_steals()` orders what is
  /// before it, as a seq_cst fence would, before all that whoever begins to steal later reads,
  /// and acquires what those did who have stopped.
  template <class NobodySteals>
  [[nodiscard]] Item* take(NobodySteals nobody_steals) noexcept {
    const std::int64_t bottom = bottom_.load(order::relaxed) - 1;  // relaxed: the owner moves it
    // [deque.bottom] release: pairs with steal's acquire; the items that are left are there.
    bottom_.store(bottom, order::release);
    const bool alone = nobody_steals();
    if (!alone) {
      // [deque.last] seq_cst: pairs with steal's fence; a thief sees the bottom, or this the top.
      Sync::fence(order::seq_cst);
    }
    std::int64_t top = top_.load(order::relaxed);  // relaxed: the fence orders it
    Item* item = nullptr;
    if (top <= bottom) {
      array* const here = array_.load(order::relaxed);  // relaxed: the owner brings it
      item = here->room(bottom).load(order::relaxed);   // relaxed: the owner put it there
      if (top < bottom || alone) {
        return item;
      }
      // relaxed: who steals looks at nothing that the owner does; whoever moves the top has it.
      if (!top_.compare_exchange_strong(top, top + 1, order::relaxed, order::relaxed)) {
        item = nullptr;
      }
    }
    // relaxed: nothing is there that a thief could still get.
    bottom_.store(bottom + 1, order::relaxed);
    return item;
  }

  /// Takes the item that was pushed first; nullptr if there is none. The owner's.
  [[nodiscard]] Item* take_first() noexcept {
    const std::int64_t bottom = bottom_.load(order::relaxed);  // relaxed: the owner moves it
    std::int64_t top = top_.load(order::relaxed);  // relaxed: whoever moves it has the item
    while (top < bottom) {
      // relaxed: the owner brings it, and put the item there.
      Item* const item = array_.load(order::relaxed)->room(top).load(order::relaxed);
      // relaxed: the owner put the item there, and whoever moves the top has it.
      if (top_.compare_exchange_weak(top, top + 1, order::relaxed, order::relaxed)) {
        return item;
      }
    }
    return nullptr;
  }

  /// Takes the item that was pushed first; nullptr, and why, if that came to nothing. Anybody's.
  [[nodiscard]] Item* steal(steal_failure& why) noexcept {
    std::int64_t top = top_.load(order::relaxed);  // relaxed: the fence orders it
    // [deque.last] seq_cst: pairs with take's fence; the owner sees the top, or this the bottom.
    Sync::fence(order::seq_cst);
    // [deque.bottom] acquire: pairs with push's release; the item is there.
    const std::int64_t bottom = bottom_.load(order::acquire);
    if (top >= bottom) {
      why = steal_failure::empty;
      return nullptr;
    }
    // [deque.array] acquire: pairs with grow's release; its rooms are filled.
    array* const here = array_.load(order::acquire);
    Item* const item = here->room(top).load(order::relaxed);  // relaxed: the bottom told of it
    // [deque.top] release: pairs with push's acquire; the room has been read. relaxed: where it
    // fails, another has the item, or this comes again.
    if (!top_.compare_exchange_weak(top, top + 1, order::release, order::relaxed)) {
      why = steal_failure::lost;
      return nullptr;
    }
    return item;
  }

  /// How many there are. A hint.
  [[nodiscard]] std::size_t size() const noexcept {
    // relaxed: a hint.
    const std::int64_t top = top_.load(order::relaxed);
    const std::int64_t bottom = bottom_.load(order::relaxed);  // relaxed: the same
    return top < bottom ? static_cast<std::size_t>(bottom - top) : 0;
  }

  /// The positions of the item that was pushed first, and after the last: what lies between them
  /// now is gone once `first` is at what `last` was, unless the owner takes and pushes again.
  /// Hints.
  [[nodiscard]] std::int64_t first() const noexcept {
    return top_.load(order::relaxed);  // relaxed: a hint
  }
  [[nodiscard]] std::int64_t last() const noexcept {
    return bottom_.load(order::relaxed);  // relaxed: a hint
  }

  /// Whether there may be something to steal. A hint.
  [[nodiscard]] bool may_steal() const noexcept {
    // relaxed: a hint.
    return top_.load(order::relaxed) < bottom_.load(order::relaxed);
  }

 private:
  using slot = typename Sync::template atomic<Item*>;

  struct array {
    array(std::size_t room, slot* its, array* before) noexcept
        : size(static_cast<std::int64_t>(room)), rooms(its), older(before) {}

    [[nodiscard]] slot& room(std::int64_t position) const noexcept {
      return rooms.read()[position & (size.read() - 1)];
    }

    typename Sync::template var<std::int64_t> size;
    typename Sync::template var<slot*> rooms;
    typename Sync::template var<array*> older;
  };

  [[nodiscard]] static array* bring(std::size_t room, array* older) noexcept {
    slot* const rooms = make_array<slot, Sync>(room);
    if (rooms == nullptr) {
      return nullptr;
    }
    array* const made = make_object<array, Sync>(room, rooms, older);
    if (made == nullptr) {
      destroy_array<slot, Sync>(rooms, room);
    }
    return made;
  }
  static void free_array(array* which) noexcept {
    destroy_array<slot, Sync>(which->rooms.read(), static_cast<std::size_t>(which->size.read()));
    destroy_object<array, Sync>(which);
  }

  // Twice as large, with the same items.
  [[nodiscard]] array* grow(array* old, std::int64_t top, std::int64_t bottom) noexcept {
    array* const fresh =
        bring(old == nullptr ? 2 : static_cast<std::size_t>(2 * old->size.read()), old);
    if (fresh == nullptr) {
      return nullptr;
    }
    for (std::int64_t each = top; each < bottom; ++each) {
      // relaxed: the owner put them there; and nobody else has the new array yet.
      fresh->room(each).store(old->room(each).load(order::relaxed), order::relaxed);
    }
    // [deque.array] release: pairs with steal's acquire.
    array_.store(fresh, order::release);
    return fresh;
  }

  alignas(Sync::limits::cache_line) typename Sync::template atomic<std::int64_t> top_{0};
  alignas(Sync::limits::cache_line) typename Sync::template atomic<std::int64_t> bottom_{0};
  typename Sync::template atomic<array*> array_{nullptr};
};

}  // namespace handfast
