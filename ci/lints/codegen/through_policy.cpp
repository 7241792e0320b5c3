// Hot paths of the runtime, through the native policy. by_hand.cpp has the same
// paths on the standard library itself; codegen.py shows that both compile to
// the same instructions.
#include <handfast/sync/lock_guard.hpp>
#include <handfast/sync/native.hpp>

#include <array>
#include <cstddef>
#include <cstdint>

namespace {

using policy = handfast::native;
using handfast::order;

struct slot {
  policy::atomic<std::uint32_t> full;
  policy::var<std::uint64_t> contents;
};

struct ring {
  policy::mutex mutex;
  policy::condition_variable items;
  policy::var<std::array<std::uint64_t, 64>> slots;
  policy::var<std::size_t> head;
  policy::var<std::size_t> size;
  policy::var<std::size_t> waiting;
};

}  // namespace

extern "C" {

bool publish(slot& to, std::uint64_t item) {
  // [codegen.full] acquire: pairs with consume's release; the old item is read.
  if (to.full.load(order::acquire) != 0) {
    return false;
  }
  to.contents.write() = item;
  // [codegen.full] release: pairs with consume's acquire; publishes the item.
  to.full.store(1, order::release);
  return true;
}

bool consume(slot& from, std::uint64_t& item) {
  // [codegen.full] acquire: pairs with publish's release; the item is there.
  if (from.full.load(order::acquire) == 0) {
    return false;
  }
  item = from.contents.read();
  // [codegen.full] release: pairs with publish's acquire; the item has been read.
  from.full.store(0, order::release);
  return true;
}

bool claim(policy::atomic<std::uint32_t>& next, std::uint32_t limit) {
  std::uint32_t seen = next.load(order::relaxed);  // a stale value fails the exchange
  do {
    if (seen == limit) {
      return false;
    }
  } while (!next.compare_exchange_weak(seen, seen + 1, order::acq_rel, order::relaxed));
  return true;
}

bool push(ring& to, std::uint64_t item) {
  handfast::lock_guard<policy> lock(to.mutex);
  if (to.size.read() == to.slots.read().size()) {
    return false;
  }
  to.slots.write()[(to.head.read() + to.size.read()) % to.slots.read().size()] = item;
  to.size.write() += 1;
  if (to.waiting.read() != 0) {
    to.items.notify_one();
  }
  return true;
}

std::uint64_t pop(ring& from) {
  handfast::lock_guard<policy> lock(from.mutex);
  while (from.size.read() == 0) {
    from.waiting.write() += 1;
    from.items.wait(from.mutex);
    from.waiting.write() -= 1;
  }
  const std::uint64_t item = from.slots.read()[from.head.read()];
  from.head.write() = (from.head.read() + 1) % from.slots.read().size();
  from.size.write() -= 1;
  return item;
}

}  // extern "C"
