// What storms send: items with contents of their own, all of them counted.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <utility>

namespace handfast::stress {

/// What storms share: how many items are alive.
struct ledger {
  // Relaxed: counts, read when the storm's threads have been joined.
  std::atomic<std::int64_t> alive = 0;
};

/// A message with contents of its own, which nothing but the channel orders: a
/// channel that does not is a data race on `words`.
class message {
 public:
  message(ledger& book, std::uint32_t sender, std::uint32_t number)
      : book_(&book), words_(new std::array<std::uint64_t, 4>(contents(sender, number))) {
    book_->alive.fetch_add(1, std::memory_order_relaxed);
  }
  message(message&& other) noexcept
      : book_(other.book_), words_(std::exchange(other.words_, nullptr)) {}
  message& operator=(message&& other) noexcept {
    std::swap(book_, other.book_);
    std::swap(words_, other.words_);
    return *this;
  }
  ~message() {
    if (words_ != nullptr) {
      book_->alive.fetch_sub(1, std::memory_order_relaxed);
      words_->fill(0);
      delete words_;
    }
  }

  [[nodiscard]] bool here() const { return words_ != nullptr; }
  [[nodiscard]] std::uint32_t sender() const { return static_cast<std::uint32_t>((*words_)[0]); }
  [[nodiscard]] std::uint32_t number() const { return static_cast<std::uint32_t>((*words_)[1]); }
  [[nodiscard]] bool intact() const { return here() && *words_ == contents(sender(), number()); }

 private:
  static std::array<std::uint64_t, 4> contents(std::uint64_t sender, std::uint64_t number) {
    return {sender, number, sender * 1000003 + number, ~number};
  }

  ledger* book_;
  std::array<std::uint64_t, 4>* words_;
};

}  // namespace handfast::stress
