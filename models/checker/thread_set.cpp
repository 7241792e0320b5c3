#include "models/checker/thread_set.hpp"

#include <algorithm>

namespace handfast::checker {
namespace {

std::size_t word_of(thread_index thread) {
  return thread / 64 - 1;
}
std::uint64_t bit_of(thread_index thread) {
  return std::uint64_t{1} << thread % 64;
}

}  // namespace

std::uint32_t thread_set::count() const {
  int all = std::popcount(first_);
  for (const std::uint64_t word : further_) {
    all += std::popcount(word);
  }
  return static_cast<std::uint32_t>(all);
}

bool thread_set::has_further(thread_index thread) const {
  const std::size_t word = word_of(thread);
  return word < further_.size() && (further_[word] & bit_of(thread)) != 0;
}

void thread_set::add_further(thread_index thread) {
  const std::size_t word = word_of(thread);
  further_.resize(std::max(further_.size(), word + 1));
  further_[word] |= bit_of(thread);
  further_words_ = static_cast<std::uint32_t>(further_.size());
}

void thread_set::remove_further(thread_index thread) {
  if (!has_further(thread)) {
    return;
  }
  further_[word_of(thread)] &= ~bit_of(thread);
  while (!further_.empty() && further_.back() == 0) {
    further_.pop_back();
  }
  further_words_ = static_cast<std::uint32_t>(further_.size());
}

}  // namespace handfast::checker
