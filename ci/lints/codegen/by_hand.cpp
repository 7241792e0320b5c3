// The paths of through_policy.cpp on the standard library itself, and on the locks that are there
// for want of one in it: no policy, no wrapper, the code one would write without Handfast.
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <handfast/sync/native.hpp>
#include <mutex>

namespace {

using word_mutex = handfast::word_mutex<handfast::detail::native_words>;
using word_condition = handfast::word_condition<handfast::detail::native_words>;

struct slot {
  std::atomic<std::uint32_t> full;
  std::uint64_t contents;
};

struct ring {
  word_mutex mutex;
  word_condition items;
  std::array<std::uint64_t, 64> slots;
  std::size_t head;
  std::size_t size;
  std::size_t waiting;
};

}  // namespace

extern "C" {

bool publish(slot& to, std::uint64_t item) {
  if (to.full.load(std::memory_order_acquire) != 0) {
    return false;
  }
  to.contents = item;
  to.full.store(1, std::memory_order_release);
  return true;
}

bool consume(slot& from, std::uint64_t& item) {
  if (from.full.load(std::memory_order_acquire) == 0) {
    return false;
  }
  item = from.contents;
  from.full.store(0, std::memory_order_release);
  return true;
}

bool claim(std::atomic<std::uint32_t>& next, std::uint32_t limit) {
  std::uint32_t seen = next.load(std::memory_order_relaxed);
  do {
    if (seen == limit) {
      return false;
    }
  } while (!next.compare_exchange_weak(seen, seen + 1, std::memory_order_acq_rel,
                                       std::memory_order_relaxed));
  return true;
}

bool push(ring& to, std::uint64_t item) {
  std::lock_guard<word_mutex> lock(to.mutex);
  if (to.size == to.slots.size()) {
    return false;
  }
  to.slots[(to.head + to.size) % to.slots.size()] = item;
  to.size += 1;
  if (to.waiting != 0) {
    to.items.notify_one();
  }
  return true;
}

std::uint64_t pop(ring& from) {
  std::lock_guard<word_mutex> lock(from.mutex);
  while (from.size == 0) {
    from.waiting += 1;
    from.items.wait(from.mutex);
    from.waiting -= 1;
  }
  const std::uint64_t item = from.slots[from.head];
  from.head = (from.head + 1) % from.slots.size();
  from.size -= 1;
  return item;
}

}  // extern "C"
