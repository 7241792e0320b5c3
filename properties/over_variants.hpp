// Tests that run over every variant that takes more than one item, and holds them; those that need
// what one has not leave it out.
//
//     using some_suite = over_variants<native>;
//     TEST_P(some_suite, claims_something) {
//       HANDFAST_NEEDS(bounded);
//       auto [tx, rx] = make<int>(1);
//       …
//     }
//     HANDFAST_OVER_VARIANTS(some_suite);
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "properties/variants.hpp"

namespace handfast::properties {

template <class Sync>
class over_variants : public testing::TestWithParam<std::size_t> {
 protected:
  template <class Value>
  using core = any_core<Value, Sync>;

  [[nodiscard]] static const auto& on() { return variants<int, Sync>[GetParam()]; }

  /// A channel of the variant that the test runs on, with so much room if it is bounded.
  /// It outlives the test's handles.
  template <class Value>
  handfast::channel<core<Value>> make(std::size_t capacity) {
    const auto made = std::make_shared<std::unique_ptr<core<Value>>>(
        variants<Value, Sync>[GetParam()].make(capacity));
    cores_.push_back(made);
    return {sender<core<Value>>(**made), receiver<core<Value>>(**made)};
  }

 private:
  std::vector<std::shared_ptr<void>> cores_;
};

}  // namespace handfast::properties

/// Leaves out variants that are not `bounded`, or have no `many_senders`, `many_receivers`.
#define HANDFAST_NEEDS(what)                                  \
  if (!on().what) {                                           \
    GTEST_SKIP() << "the variant is not, or has not, " #what; \
  }

namespace handfast::properties {

inline std::vector<std::size_t> variants_that_hold_items() {
  std::vector<std::size_t> found;
  for (std::size_t i = 0; i < variants<int, native>.size(); ++i) {
    if (variants<int, native>[i].many_items && variants<int, native>[i].buffered) {
      found.push_back(i);
    }
  }
  return found;
}

}  // namespace handfast::properties

/// Named after the variant.
#define HANDFAST_OVER_VARIANTS(suite)                                                       \
  INSTANTIATE_TEST_SUITE_P(                                                                 \
      variants, suite, testing::ValuesIn(handfast::properties::variants_that_hold_items()), \
      [](const auto& which) {                                                               \
        return std::string(handfast::properties::variants<int, native>[which.param].name);  \
      })
