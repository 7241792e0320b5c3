// Memory that is given back without its size: libcsruntime's cs_alloc and cs_free.
#pragma once

#include <handfast/sync/policy.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>

namespace handfast::csruntime {

namespace detail {

/// Before each piece: what give_back has to know, and how it knows the piece.
struct alignas(std::max_align_t) header {
  std::size_t bytes;
  std::uintptr_t seal;

  [[nodiscard]] std::uintptr_t right_seal() const noexcept {
    constexpr std::uintptr_t mark = 0x6373'616c'6c6f'6321;
    return reinterpret_cast<std::uintptr_t>(this) ^ mark;
  }
};

}  // namespace detail

/// The largest piece of memory there is.
inline constexpr std::size_t most_bytes =
    std::size_t{std::numeric_limits<std::ptrdiff_t>::max()} - sizeof(detail::header);

/// Aligned for any type; nullptr when there is none.
template <sync_policy Sync>
[[nodiscard]] void* allocate(std::size_t size) noexcept {
  using detail::header;
  void* const memory =
      size > most_bytes ? nullptr : Sync::allocate(sizeof(header) + size, alignof(header));
  if (memory == nullptr) {
    return nullptr;
  }
  auto* const before = std::construct_at(static_cast<header*>(memory));
  before->bytes = sizeof(header) + size;
  before->seal = before->right_seal();
  return before + 1;
}

/// Gives back what `allocate` gave. False: it shows that this is none of it, or no more.
template <sync_policy Sync>
[[nodiscard]] bool give_back(void* memory) noexcept {
  using detail::header;
  header* const before = static_cast<header*>(memory) - 1;
  if (before->seal != before->right_seal()) [[unlikely]] {
    return false;
  }
  before->seal = 0;
  Sync::deallocate(before, before->bytes, alignof(header));
  return true;
}

}  // namespace handfast::csruntime
