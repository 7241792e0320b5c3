// What each task of a storm carries, and the book that they all are in.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <utility>

#include "stress/message.hpp"

namespace handfast::stress {

/// A storm's errands: each ends once, or is dropped once. Any thread may call any member.
class errand_book {
 public:
  explicit errand_book(const std::function<void()>& moved) : moved_(moved) {}

  ledger items;
  // Relaxed: counts, read when the storm's threads have been joined.
  std::atomic<std::uint32_t> begun = 0;
  std::atomic<std::uint32_t> ended = 0;
  std::atomic<std::uint32_t> dropped = 0;
  std::atomic<std::uint32_t> refused = 0;    ///< of those that were dropped
  std::atomic<std::uint32_t> cancelled = 0;  ///< and these may have been

  static void count(std::atomic<std::uint32_t>& what) {
    what.fetch_add(1, std::memory_order_relaxed);
  }

  /// An operation has ended.
  void moved() const { moved_(); }
  /// Something is wrong.
  void complain(std::string what) {
    const std::lock_guard lock(mutex_);
    if (first_complaint_.empty()) {
      first_complaint_ = std::move(what);
    }
  }
  void require(bool holds, const char* otherwise) {
    if (!holds) {
      complain(otherwise);
    }
  }

  /// When all is over: what went wrong, or nothing. Unless its scheduler was cut short, only what
  /// was cancelled or refused may have been dropped.
  [[nodiscard]] std::string verdict(bool was_cut) {
    const std::lock_guard lock(mutex_);
    if (!first_complaint_.empty()) {
      return first_complaint_;
    }
    if (begun != ended + dropped) {
      return std::to_string(begun - ended - dropped) + " of " + std::to_string(begun.load()) +
             " tasks are neither over nor dropped";
    }
    if (!was_cut && dropped > refused + cancelled) {
      return std::to_string(dropped - refused - cancelled) +
             " tasks too many were dropped, by nobody";
    }
    if (const std::int64_t alive = items.alive; alive != 0) {
      return std::to_string(alive) + " items too many are alive when all is over";
    }
    return {};
  }

 private:
  const std::function<void()>& moved_;
  std::mutex mutex_;
  std::string first_complaint_;
};

/// Goes where its task goes, with contents that nothing but the runtime orders.
class errand {
 public:
  explicit errand(errand_book& book)
      : book_(&book),
        number_(book.begun.fetch_add(1, std::memory_order_relaxed)),
        load_(book.items, 0, number_) {}
  errand(errand&& other) noexcept = default;
  errand& operator=(errand&&) = delete;
  ~errand() {
    if (load_.here()) {
      book_->require(load_.intact(), "what a task carries is damaged");
      if (!has_ended_) {
        book_->count(book_->dropped);
      }
    }
  }

  [[nodiscard]] std::uint32_t number() const { return number_; }

  /// The task is at its end; its number is what it gives.
  std::uint32_t end() {
    book_->require(load_.intact() && !has_ended_, "a task ran twice, or with another's memory");
    has_ended_ = true;
    book_->count(book_->ended);
    book_->moved();
    return number_;
  }

 private:
  errand_book* book_;
  std::uint32_t number_;
  bool has_ended_ = false;
  message load_;
};

}  // namespace handfast::stress
