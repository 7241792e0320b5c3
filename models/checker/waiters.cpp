#include "models/checker/waiters.hpp"

#include <bit>
#include <map>
#include <vector>

namespace handfast::checker::waiters {
namespace {

constexpr word is_number = word{1} << 63U;
constexpr thread_index threads_with_bits = 63;

// Sets that bits do not tell, by their numbers; of all searches of this process.
struct known_sets {
  std::vector<thread_set> sets;
  std::map<thread_set, word> numbers;
};
known_sets& known() {
  static known_sets all;
  return all;
}

bool has_bits(word set) {
  return (set & is_number) == 0;
}

}  // namespace

word packed(const thread_set& threads) {
  word bits = 0;
  for (const thread_index each : threads) {
    if (each >= threads_with_bits) {
      const auto [found, is_new] = known().numbers.try_emplace(threads, known().sets.size());
      if (is_new) {
        known().sets.push_back(threads);
      }
      return is_number | found->second;
    }
    bits |= word{1} << each;
  }
  return bits;
}

thread_set unpacked(word set) {
  if (!has_bits(set)) {
    return known().sets[set & ~is_number];
  }
  thread_set threads;
  for (; set != 0; set &= set - 1) {
    threads.add(static_cast<thread_index>(std::countr_zero(set)));
  }
  return threads;
}

std::uint32_t count(word set) {
  return has_bits(set) ? static_cast<std::uint32_t>(std::popcount(set)) : unpacked(set).count();
}

bool has(word set, thread_index thread) {
  return has_bits(set) ? thread < threads_with_bits && (set >> thread & 1U) != 0
                       : unpacked(set).has(thread);
}

word with(word set, thread_index thread) {
  if (has_bits(set) && thread < threads_with_bits) {
    return set | word{1} << thread;
  }
  thread_set threads = unpacked(set);
  threads.add(thread);
  return packed(threads);
}

word without(word set, word others) {
  if (has_bits(set) && has_bits(others)) {
    return set & ~others;
  }
  thread_set threads = unpacked(set);
  const thread_set gone = unpacked(others);
  for (const thread_index each : gone) {
    threads.remove(each);
  }
  return packed(threads);
}

word only(word set, std::uint32_t pick) {
  return with(0, unpacked(set).nth(pick));
}

}  // namespace handfast::checker::waiters
