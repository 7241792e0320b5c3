// A doubly linked list through its members, which live elsewhere.
#pragma once

#include <handfast/sync/policy.hpp>

namespace handfast {

template <class Member, class Sync>
class linked_list;

/// What a member of a list is derived from; at one time on one list at most.
template <class Member, class Sync>
class linked {
 public:
  linked() = default;
  linked(const linked&) = delete;
  linked& operator=(const linked&) = delete;

 private:
  friend class linked_list<Member, Sync>;

  typename Sync::template var<bool> listed_;
  typename Sync::template var<Member*> next_;
  typename Sync::template var<Member*> previous_;
};

/// One thread at a time, under its owner's lock; it owns no member.
template <class Member, class Sync>
class linked_list {
 public:
  linked_list() = default;
  linked_list(const linked_list&) = delete;
  linked_list& operator=(const linked_list&) = delete;

  [[nodiscard]] bool empty() const noexcept { return first() == nullptr; }
  [[nodiscard]] Member* first() const noexcept { return first_.read(); }
  /// The one after it; nullptr after the last.
  [[nodiscard]] static Member* after(const Member& member) noexcept { return member.next_.read(); }
  /// Whether it is on a list, which the caller's lock is for.
  [[nodiscard]] static bool is_on(const Member& member) noexcept { return member.listed_.read(); }

  void push_back(Member& member) noexcept {
    Member* const last = last_.read();
    member.previous_.write() = last;
    member.next_.write() = nullptr;
    member.listed_.write() = true;
    (last == nullptr ? first_ : last->next_).write() = &member;
    last_.write() = &member;
  }

  void remove(Member& member) noexcept {
    Member* const previous = member.previous_.read();
    Member* const next = member.next_.read();
    (previous == nullptr ? first_ : previous->next_).write() = next;
    (next == nullptr ? last_ : next->previous_).write() = previous;
    member.listed_.write() = false;
  }

 private:
  typename Sync::template var<Member*> first_;
  typename Sync::template var<Member*> last_;
};

}  // namespace handfast
