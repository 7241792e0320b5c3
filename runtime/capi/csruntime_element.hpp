// What a libcsruntime channel is of: so many bytes, copied in and out.
#pragma once

#include <handfast/capi/csruntime_memory.hpp>
#include <handfast/sync/policy.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <tuple>
#include <utility>

namespace handfast::csruntime {

inline void copy(void* to, const void* from, std::size_t size) noexcept {
  if (size != 0) {  // else either may be NULL
    std::memcpy(to, from, size);
  }
}

/// An element of at most Room bytes, where the channel keeps it. Most are of just as many, and
/// copied by as few instructions.
template <std::size_t Room>
class placed {
 public:
  placed(const void* from, std::size_t size) noexcept {
    if (size == Room) {
      std::memcpy(bytes_.data(), from, Room);
    } else {
      copy(bytes_.data(), from, size);
    }
  }

  [[nodiscard]] static constexpr bool is_there() noexcept { return true; }
  [[nodiscard]] void* bytes() noexcept { return bytes_.data(); }
  void copy_to(void* out, std::size_t size) const noexcept {
    if (size == Room) {
      std::memcpy(out, bytes_.data(), Room);
    } else {
      copy(out, bytes_.data(), size);
    }
  }

 private:
  alignas(std::min(Room, alignof(std::max_align_t))) std::array<std::byte, Room> bytes_;
};

/// A larger one, in memory of its own.
template <sync_policy Sync>
class boxed {
 public:
  boxed(const void* from, std::size_t size) noexcept : memory_(allocate<Sync>(size)) {
    if (is_there()) {
      copy(memory_, from, size);
    }
  }
  boxed(boxed&& other) noexcept : memory_(std::exchange(other.memory_, nullptr)) {}
  boxed& operator=(boxed&& other) noexcept {
    std::swap(memory_, other.memory_);
    return *this;
  }
  ~boxed() {
    if (is_there()) {
      std::ignore = give_back<Sync>(memory_);
    }
  }

  [[nodiscard]] bool is_there() const noexcept { return memory_ != nullptr; }
  [[nodiscard]] void* bytes() noexcept { return memory_; }
  void copy_to(void* out, std::size_t size) const noexcept { copy(out, memory_, size); }

 private:
  void* memory_;
};

}  // namespace handfast::csruntime
