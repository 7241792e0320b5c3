#include "models/checker/update.hpp"

#include <bit>

namespace handfast::checker {
namespace {

std::uint64_t cut(std::uint64_t word, std::uint8_t size) {
  return size >= 8 ? word : word & ((std::uint64_t{1} << (8U * size)) - 1);
}

// The `pick`th of the bits that are set.
std::uint64_t nth_bit(std::uint64_t bits, std::uint32_t pick) {
  for (; pick > 0; --pick) {
    bits &= bits - 1;
  }
  return bits & (~bits + 1);
}

}  // namespace

std::optional<value> updated(const event& read) {
  const value& seen = read.data;
  const auto word = [&](std::uint64_t low) { return value{cut(low, read.size), seen.high}; };
  switch (read.then) {
    case update::none: return std::nullopt;
    case update::exchange: return read.operand;
    case update::add: return word(seen.low + read.operand.low);
    case update::subtract: return word(seen.low - read.operand.low);
    case update::bit_and: return word(seen.low & read.operand.low);
    case update::bit_or: return word(seen.low | read.operand.low);
    case update::bit_xor: return word(seen.low ^ read.operand.low);
    case update::compare_exchange:
    case update::compare_exchange_weak:
      if (seen != read.expected || read.pick != 0) {
        return std::nullopt;
      }
      return read.operand;
    case update::lock:
      if (read.waiting) {
        return std::nullopt;
      }
      return read.operand;
    case update::enter_waiters: return value{waiters::waiting(seen) | waiters::bit(read.thread), 0};
    case update::take_one_waiter:
    case update::take_all_waiters: {
      if (waiters::waiting(seen) == 0) {
        // A futex's wake has been, for those that come after it (search.cpp).
        return read.operand.low == 0 ? std::nullopt : std::optional(value{});
      }
      const std::uint64_t taken = read.then == update::take_all_waiters
                                      ? waiters::waiting(seen)
                                      : nth_bit(waiters::waiting(seen), read.pick);
      return value{waiters::waiting(seen) & ~taken, taken};
    }
  }
  return std::nullopt;
}

std::uint32_t ways(const event& read) {
  switch (read.then) {
    case update::compare_exchange_weak:
      return read.data == read.expected && read.spurious_left ? 2 : 1;
    case update::take_one_waiter: {
      const int waiting = std::popcount(waiters::waiting(read.data));
      return waiting == 0 ? 1 : static_cast<std::uint32_t>(waiting);
    }
    default: return 1;
  }
}

bool lets_go(const event& read, const value& seen) {
  switch (read.until) {
    case await::nothing: return true;
    case await::free_mutex: return seen == value{};
    case await::being_taken: return (waiters::taken(seen) & waiters::bit(read.thread)) != 0;
    case await::predicate: return read.lets_go(seen, read.operand);
  }
  return true;
}

}  // namespace handfast::checker
