// The channel's variants, each a line: what is here runs under the properties and the
// fuzzer, against the one specification.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <string_view>

#include "properties/any_core.hpp"

namespace handfast::properties {

template <class Value, class Sync>
struct variant {
  using core = any_core<Value, Sync>;

  std::string_view name;
  std::string_view concept_name;  ///< as scenarios and seeded bugs call it
  bool clones;                    ///< handles are cloned
  bool bounded;                   ///< holds as many items as it is asked for
  /// For so many items, if the variant can be asked; `capacity()` says how many it holds.
  std::unique_ptr<core> (*make)(std::size_t capacity);
};

template <class Core>
inline constexpr bool takes_capacity = requires { Core::create(std::size_t{}); };

template <class Core>
constexpr variant<typename Core::value_type, typename Core::sync> variant_of(
    std::string_view name, std::string_view concept_name) {
  return {name, concept_name, has_clones<Core>, takes_capacity<Core>,
          [](std::size_t capacity)
              -> std::unique_ptr<any_core<typename Core::value_type, typename Core::sync>> {
            if constexpr (takes_capacity<Core>) {
              return std::make_unique<erased<Core>>(**Core::create(capacity));
            } else {
              return std::make_unique<erased<Core>>(**Core::create());
            }
          }};
}

template <class Value, class Sync>
inline constexpr std::array variants{
    variant_of<lock_ring<Value, Sync>>("lock_ring", "channel"),
    variant_of<lock_free_ring<Value, Sync>>("lock_free_ring", "lock_free_ring"),
};

}  // namespace handfast::properties
