// A heap through its members, which live elsewhere: the least is at hand, any member can be
// taken out.
//
// After Fredman, Sedgewick, Sleator and Tarjan, The pairing heap (1986): putting in is
// constant, taking out logarithmic, amortised.
#pragma once

#include <handfast/sync/policy.hpp>

namespace handfast {

template <class Member, class Sync>
class pairing_heap;

/// What a member of a heap is derived from; at one time on one heap at most. `Member` says
/// which comes first by a `comes_before(const Member&)`.
template <class Member, class Sync>
class heaped {
 public:
  heaped() = default;
  heaped(const heaped&) = delete;
  heaped& operator=(const heaped&) = delete;

 private:
  friend class pairing_heap<Member, Sync>;

  typename Sync::template var<bool> in_;
  typename Sync::template var<Member*> first_child_;
  typename Sync::template var<Member*> next_;      // sibling
  typename Sync::template var<Member*> previous_;  // sibling; of a first child the parent
};

/// One thread at a time, under its owner's lock; it owns no member.
template <class Member, class Sync>
class pairing_heap {
 public:
  pairing_heap() = default;
  pairing_heap(const pairing_heap&) = delete;
  pairing_heap& operator=(const pairing_heap&) = delete;

  /// The one that comes before all others; nullptr where there is none.
  [[nodiscard]] Member* first() const noexcept { return root_.read(); }
  /// Whether it is in a heap, which the caller's lock is for.
  [[nodiscard]] static bool has(const Member& member) noexcept { return member.in_.read(); }

  void put(Member& member) noexcept {
    member.in_.write() = true;
    member.first_child_.write() = nullptr;
    Member* const root = root_.read();
    root_.write() = root == nullptr ? alone(&member) : melded(root, alone(&member));
  }

  void remove(Member& member) noexcept {
    Member* const orphans = paired(member.first_child_.read());
    if (&member == root_.read()) {
      root_.write() = orphans;
    } else {
      cut(member);
      root_.write() = orphans == nullptr ? root_.read() : melded(root_.read(), orphans);
    }
    member.in_.write() = false;
  }

 private:
  // Without siblings or a parent.
  static Member* alone(Member* member) noexcept {
    member->next_.write() = nullptr;
    member->previous_.write() = nullptr;
    return member;
  }

  // Of two roots one, which has the other as its first child.
  static Member* melded(Member* one, Member* other) noexcept {
    Member* const parent = other->comes_before(*one) ? other : one;
    Member* const child = parent == one ? other : one;
    Member* const sibling = parent->first_child_.read();
    child->next_.write() = sibling;
    child->previous_.write() = parent;
    if (sibling != nullptr) {
      sibling->previous_.write() = child;
    }
    parent->first_child_.write() = child;
    return parent;
  }

  // Of siblings one root: two at a time from the front, then all from the back.
  static Member* paired(Member* siblings) noexcept {
    Member* pairs = nullptr;  // the last first, through `previous_`
    while (siblings != nullptr) {
      Member* const one = siblings;
      Member* const other = one->next_.read();
      siblings = other == nullptr ? nullptr : other->next_.read();
      Member* const pair = other == nullptr ? alone(one) : melded(alone(one), alone(other));
      pair->previous_.write() = pairs;
      pairs = pair;
    }
    Member* all = nullptr;
    while (pairs != nullptr) {
      Member* const pair = pairs;
      pairs = pair->previous_.read();
      all = all == nullptr ? alone(pair) : melded(all, alone(pair));
    }
    return all;
  }

  static void cut(Member& member) noexcept {
    Member* const previous = member.previous_.read();
    Member* const next = member.next_.read();
    (previous->first_child_.read() == &member ? previous->first_child_ : previous->next_).write() =
        next;
    if (next != nullptr) {
      next->previous_.write() = previous;
    }
  }

  typename Sync::template var<Member*> root_;
};

}  // namespace handfast
