// The stacks of a scheduler: those that nothing runs on, for whoever needs one.
#pragma once

#include <handfast/sync/lock_guard.hpp>
#include <handfast/sync/policy.hpp>
#include <handfast/sync/stack.hpp>

#include <cstddef>
#include <cstdint>

namespace handfast {

/// A worker keeps a few for itself, at the price of a load; the rest are behind a lock. They are
/// unmapped with the pool, so as many are kept as were ever needed at once.
template <class Sync>
class stack_pool {
 public:
  explicit stack_pool(std::size_t bytes) noexcept : bytes_(bytes) {}
  stack_pool(const stack_pool&) = delete;
  stack_pool& operator=(const stack_pool&) = delete;
  ~stack_pool() {
    while (stack* const each = first_.read()) {
      first_.write() = each->next;
      stack::unmap(*each);
    }
  }

  /// From the caller's own, or from the pool, or new; nullptr where there is no memory.
  [[nodiscard]] stack* take(stack*& own) noexcept {
    if (stack* const first = own) {
      own = first->next;
      return first;
    }
    {
      const lock_guard<Sync> lock(mutex_);
      if (stack* const first = first_.read()) {
        first_.write() = first->next;
        return first;
      }
    }
    stack* const fresh = stack::make(bytes_);
    if (fresh != nullptr) {
      made_.fetch_add(1, order::relaxed);
    }
    return fresh;
  }
  /// To the caller's own, if those are few; or to the pool.
  void give_back(stack*& own, stack& free) noexcept {
    const std::size_t behind = own == nullptr ? 0 : own->behind + 1;
    if (behind < most_of_one) {
      free.behind = behind;
      free.next = own;
      own = &free;
      return;
    }
    put(free);
  }
  void give_back_all(stack*& own) noexcept {
    while (stack* const first = own) {
      own = first->next;
      put(*first);
    }
  }

  [[nodiscard]] std::uint64_t made() const noexcept { return made_.load(order::relaxed); }

 private:
  static constexpr std::size_t most_of_one = 16;

  void put(stack& free) noexcept {
    const lock_guard<Sync> lock(mutex_);
    free.next = first_.read();
    first_.write() = &free;
  }

  const std::size_t bytes_;
  typename Sync::mutex mutex_;
  typename Sync::template var<stack*> first_;
  // Relaxed throughout: for who wants to know.
  typename Sync::template atomic<std::uint64_t> made_{0};
};

}  // namespace handfast
