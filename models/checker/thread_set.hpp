// Sets of threads: a word for the first 64, which is nearly always all, and more
// words where there are more threads.
#pragma once

#include <bit>
#include <compare>
#include <cstdint>
#include <iterator>
#include <vector>

#include "models/checker/event.hpp"

namespace handfast::checker {

class thread_set {
 public:
  [[nodiscard]] bool has(thread_index thread) const {
    return thread < in_a_word ? (first_ >> thread & 1U) != 0 : has_further(thread);
  }
  void add(thread_index thread) {
    if (thread < in_a_word) [[likely]] {
      first_ |= std::uint64_t{1} << thread;
    } else {
      add_further(thread);
    }
  }
  void remove(thread_index thread) {
    if (thread < in_a_word) [[likely]] {
      first_ &= ~(std::uint64_t{1} << thread);
    } else {
      remove_further(thread);
    }
  }
  void clear() {
    first_ = 0;
    further_.clear();
    further_words_ = 0;
  }

  [[nodiscard]] bool empty() const { return first_ == 0 && further_words_ == 0; }
  [[nodiscard]] std::uint32_t count() const;

  /// In ascending order; those that are there at the start.
  class iterator {
   public:
    explicit iterator(const thread_set& of) : left_(of.first_), of_(&of) { skip_empty(); }

    thread_index operator*() const {
      return first_of_word_ + static_cast<thread_index>(std::countr_zero(left_));
    }
    iterator& operator++() {
      left_ &= left_ - 1;
      skip_empty();
      return *this;
    }
    bool operator==(std::default_sentinel_t) const { return left_ == 0; }

   private:
    void skip_empty() {
      while (left_ == 0 && first_of_word_ / in_a_word < of_->further_words_) [[unlikely]] {
        left_ = of_->further_[first_of_word_ / in_a_word];
        first_of_word_ += in_a_word;
      }
    }

    std::uint64_t left_;
    thread_index first_of_word_ = 0;
    const thread_set* of_;
  };
  [[nodiscard]] iterator begin() const { return iterator(*this); }
  [[nodiscard]] static std::default_sentinel_t end() { return {}; }

  /// The one that so many of them are less than.
  [[nodiscard]] thread_index nth(std::uint32_t before) const {
    iterator at(*this);
    for (; before > 0; --before) {
      ++at;
    }
    return *at;
  }
  /// The least of them; `no_thread` if there is none.
  [[nodiscard]] thread_index first() const {
    return first_ != 0 ? static_cast<thread_index>(std::countr_zero(first_)) : first_further();
  }
  friend bool operator==(const thread_set&, const thread_set&) = default;
  friend std::strong_ordering operator<=>(const thread_set&, const thread_set&) = default;

 private:
  static constexpr thread_index in_a_word = 64;

  [[nodiscard, gnu::cold]] bool has_further(thread_index thread) const;
  [[gnu::cold]] void add_further(thread_index thread);
  [[gnu::cold]] void remove_further(thread_index thread);
  [[nodiscard]] thread_index first_further() const {
    return further_words_ == 0 ? no_thread : *begin();
  }

  std::uint64_t first_ = 0;
  std::uint32_t further_words_ = 0;
  std::vector<std::uint64_t> further_;  // of the threads from 64; the last is not 0
};

}  // namespace handfast::checker
