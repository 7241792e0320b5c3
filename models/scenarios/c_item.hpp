// Items as C programs have them: an address of memory from libcsruntime's allocate, with plain data
// in it. Each is taken once, or dropped; whatever else is a leak, a double free or a race.
#pragma once

#include <handfast/capi/csruntime_memory.hpp>

#include <memory>

namespace handfast::scenarios {

template <class Sync>
struct c_item {
  using body = typename Sync::template var<int>;

  [[nodiscard]] static void* make(int value) {
    void* const memory = csruntime::allocate<Sync>(sizeof(body));
    Sync::assert_that(memory != nullptr, "there is memory");
    return std::construct_at(static_cast<body*>(memory), value);
  }
  /// What was put in.
  [[nodiscard]] static int take(void* its) {
    auto* const from = static_cast<body*>(its);
    const int value = from->read();
    std::destroy_at(from);
    Sync::assert_that(csruntime::give_back<Sync>(its), "an item is freed twice");
    return value;
  }
  /// For a channel, which drops no other.
  static void drop(void* its) { Sync::assert_that(take(its) != 0, "an item has something in it"); }
};

}  // namespace handfast::scenarios
