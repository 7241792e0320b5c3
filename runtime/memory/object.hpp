// Objects and arrays in memory from the policy, and storage whose object comes
// and goes by hand.
#pragma once

#include <handfast/sync/policy.hpp>

#include <cstddef>
#include <limits>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

namespace handfast {

/// A new Object in memory from Sync; nullptr when there is no memory. Never
/// throws: Object's constructor must not.
template <class Object, class Sync, class... Arguments>
[[nodiscard]] Object* make_object(Arguments&&... arguments) noexcept {
  static_assert(std::is_nothrow_constructible_v<Object, Arguments...>);
  void* memory = Sync::allocate(sizeof(Object), alignof(Object));
  return memory == nullptr ? nullptr
                           : std::construct_at(static_cast<Object*>(memory),
                                               std::forward<Arguments>(arguments)...);
}

/// Destroys and frees what `make_object` made.
template <class Object, class Sync>
void destroy_object(Object* object) noexcept {
  std::destroy_at(object);
  Sync::deallocate(object, sizeof(Object), alignof(Object));
}

/// Whether an array of `count` Objects has a size that can be written down.
template <class Object>
[[nodiscard]] constexpr bool array_size_fits(std::size_t count) noexcept {
  return count <=
         static_cast<std::size_t>(std::numeric_limits<std::ptrdiff_t>::max()) / sizeof(Object);
}

/// `count` value-initialised Objects; nullptr when there is no memory.
/// Requires `array_size_fits<Object>(count)`.
template <class Object, class Sync>
[[nodiscard]] Object* make_array(std::size_t count) noexcept {
  static_assert(std::is_nothrow_default_constructible_v<Object>);
  void* memory = Sync::allocate(count * sizeof(Object), alignof(Object));
  if (memory == nullptr) {
    return nullptr;
  }
  auto* objects = static_cast<Object*>(memory);
  std::uninitialized_value_construct_n(objects, count);
  return objects;
}

/// Destroys and frees what `make_array` made.
template <class Object, class Sync>
void destroy_array(Object* objects, std::size_t count) noexcept {
  std::destroy_n(objects, count);
  Sync::deallocate(objects, count * sizeof(Object), alignof(Object));
}

/// Room for one Value that is constructed and taken by hand. Whoever owns the
/// storage knows whether a Value is in it.
template <class Value>
class manual_lifetime {
 public:
  manual_lifetime() noexcept {}  // NOLINT(modernize-use-equals-default): leaves the room empty
  manual_lifetime(const manual_lifetime&) = delete;
  manual_lifetime& operator=(const manual_lifetime&) = delete;
  ~manual_lifetime() {}  // NOLINT(modernize-use-equals-default): the owner has taken the Value

  /// Moves `value` in. The room must be empty.
  void put(Value&& value) noexcept { std::construct_at(std::addressof(value_), std::move(value)); }

  /// Moves the Value out and leaves the room empty. It must be full.
  [[nodiscard]] Value take() noexcept {
    Value taken = std::move(value_);
    std::destroy_at(std::addressof(value_));
    return taken;
  }

 private:
  union {
    Value value_;
  };
};

}  // namespace handfast
