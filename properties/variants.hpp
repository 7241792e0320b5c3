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
  bool bounded;                   ///< holds as many items as it is asked for
  bool buffered;                  ///< holds items at all: a send needs no receiver
  bool many_items;                ///< not one in its life
  bool many_senders;              ///< senders can be cloned
  bool many_receivers;
  /// Of that capacity, if the variant is bounded; `capacity()` says how many it holds.
  std::unique_ptr<core> (*make)(std::size_t capacity);
};

template <class Core>
constexpr variant<typename Core::value_type, typename Core::sync> variant_of(
    std::string_view name, std::string_view concept_name) {
  using any = any_core<typename Core::value_type, typename Core::sync>;
  return {name,
          concept_name,
          Core::bounded,
          Core::buffered,
          !Core::one_item,
          Core::producers == parties::many,
          Core::consumers == parties::many,
          [](std::size_t capacity) -> std::unique_ptr<any> {
            if constexpr (Core::bounded) {
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
    variant_of<spsc_ring<Value, Sync>>("spsc_ring", "spsc_ring"),
    variant_of<mpsc_ring<Value, Sync>>("mpsc_ring", "mpsc_ring"),
    variant_of<spmc_ring<Value, Sync>>("spmc_ring", "spmc_ring"),
    variant_of<unbounded<Value, Sync>>("unbounded", "unbounded"),
    variant_of<mpsc_unbounded<Value, Sync>>("mpsc_unbounded", "mpsc_unbounded"),
    variant_of<oneshot<Value, Sync>>("oneshot", "oneshot"),
    variant_of<rendezvous<Value, Sync>>("rendezvous", "rendezvous"),
};

}  // namespace handfast::properties
