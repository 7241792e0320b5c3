// C01, a checker's own bug (dscheck #18): three threads write to three words, and what
// is asserted fails in one order of their writes only; a reduction that takes too much
// for independent never comes there.
#pragma once

#include <handfast/sync/policy.hpp>

#include <cstdint>
#include <string_view>

namespace handfast::zoo {

template <class Sync, bool Fixed>
struct one_window {
  static constexpr std::string_view claim = "the one bad order of three threads' writes is found";
  static constexpr unsigned threads = 3;

  void thread(unsigned index) {
    if (index == 0) {
      a.store(1, order::seq_cst);
      b.store(1, order::seq_cst);
      c.store(1, order::seq_cst);
    } else if (index == 1) {
      c.store(2, order::seq_cst);
      if (a.load(order::seq_cst) == 1) {
        b.store(2, order::seq_cst);
      }
    } else if (b.load(order::seq_cst) == 2 && c.load(order::seq_cst) == 1) {
      // After both; the right one knows that this may be.
      Sync::assert_that(Fixed || a.load(order::seq_cst) == 0, "not in this order");
    }
  }
  void finish() {}

 private:
  typename Sync::template atomic<std::uint64_t> a, b, c;
};

}  // namespace handfast::zoo
