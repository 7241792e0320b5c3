// Tests that run over every variant that holds as many items as it is asked for.
//
//     using some_suite = over_variants<native>;
//     TEST_P(some_suite, claims_something) { auto [tx, rx] = make<int>(1); … }
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

  /// A channel of the variant that the test runs on. It outlives the test's handles.
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

/// The places of those variants in the list.
inline std::vector<std::size_t> bounded_variants() {
  std::vector<std::size_t> all;
  const auto& listed = variants<int, native>;
  for (std::size_t i = 0; i < listed.size(); ++i) {
    if (listed[i].bounded && listed[i].clones) {
      all.push_back(i);
    }
  }
  return all;
}

}  // namespace handfast::properties

/// Named after the variant.
#define HANDFAST_OVER_VARIANTS(suite)                                                 \
  INSTANTIATE_TEST_SUITE_P(                                                           \
      variants, suite, testing::ValuesIn(handfast::properties::bounded_variants()),   \
      [](const testing::TestParamInfo<std::size_t>& which) {                          \
        return std::string(                                                           \
            handfast::properties::variants<int, handfast::native>[which.param].name); \
      })
