// How cores come to be: first what their queue stands on, then they.
#pragma once

#include <handfast/channel/outcome.hpp>
#include <handfast/memory/object.hpp>

#include <cstddef>
#include <expected>

namespace handfast::detail {

/// A Core over `capacity` slots of its own, or why there is none. The Core takes them
/// over.
template <class Core>
[[nodiscard]] std::expected<Core*, create_failure> create_over_slots(
    std::size_t capacity) noexcept {
  using slot = typename Core::queue::slot;
  using sync = typename Core::sync;
  if (capacity == 0) {
    return std::unexpected(create_failure::zero_capacity);
  }
  if (!array_size_fits<slot>(capacity)) {
    return std::unexpected(create_failure::capacity_overflow);
  }
  slot* slots = make_array<slot, sync>(capacity);
  if (slots == nullptr) {
    return std::unexpected(create_failure::out_of_memory);
  }
  Core* core = make_object<Core, sync>(slots, capacity);
  if (core == nullptr) {
    destroy_array<slot, sync>(slots, capacity);
    return std::unexpected(create_failure::out_of_memory);
  }
  return core;
}

/// A Core that stands on nothing else, or why there is none.
template <class Core>
[[nodiscard]] std::expected<Core*, create_failure> create_alone() noexcept {
  Core* core = make_object<Core, typename Core::sync>();
  if (core == nullptr) {
    return std::unexpected(create_failure::out_of_memory);
  }
  return core;
}

/// A Core over a first segment of its own, or why there is none.
template <class Core>
[[nodiscard]] std::expected<Core*, create_failure> create_over_segment() noexcept {
  using queue = typename Core::queue;
  auto* first = queue::make_segment();
  if (first == nullptr) {
    return std::unexpected(create_failure::out_of_memory);
  }
  Core* core = make_object<Core, typename Core::sync>(first);
  if (core == nullptr) {
    queue::free_segment(first);
    return std::unexpected(create_failure::out_of_memory);
  }
  return core;
}

}  // namespace handfast::detail
