#include "models/checker/update.hpp"

#include <algorithm>

namespace handfast::checker {
namespace {

std::uint64_t cut(std::uint64_t word, std::uint8_t size) {
  return size >= 8 ? word : word & ((std::uint64_t{1} << (8U * size)) - 1);
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
    case update::enter_waiters: return value{waiters::with(waiters::waiting(seen), read.thread), 0};
    case update::take_one_waiter:
    case update::take_all_waiters: {
      if (waiters::waiting(seen) == 0) {
        // A futex's wake has been, for those that come after it (search.cpp).
        return read.operand.low == 0 ? std::nullopt : std::optional(value{});
      }
      const waiters::word waiting = waiters::waiting(seen);
      const waiters::word taken =
          read.then == update::take_all_waiters ? waiting : waiters::only(waiting, read.pick);
      return value{waiters::without(waiting, taken), taken};
    }
  }
  return std::nullopt;
}

std::uint32_t ways(const event& read) {
  switch (read.then) {
    case update::compare_exchange_weak:
      return read.data == read.expected && read.spurious_left ? 2 : 1;
    case update::take_one_waiter: return std::max(waiters::count(waiters::waiting(read.data)), 1U);
    default: return 1;
  }
}

bool lets_go(const event& read, const value& seen) {
  switch (read.until) {
    case await::nothing: return true;
    case await::free_mutex: return seen == value{};
    case await::being_taken: return waiters::has(waiters::taken(seen), read.thread);
    case await::predicate: return read.lets_go(seen, read.operand);
  }
  return true;
}

}  // namespace handfast::checker
