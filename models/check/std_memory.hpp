// shared_ptr and weak_ptr in the shape of the standard library's: two threads may own the
// same object, and may not use the same pointer to it unordered. What they own is watched
// memory: a leak or a use after its end is a finding.
//
// Counts as in libstdc++: an owner more is relaxed, one less acq_rel.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

#include "models/check/std_like.hpp"

namespace handfast::check {

template <class Value>
class weak_ptr;

namespace detail {

// The owners of one object together are one more of those that keep the counts.
struct counts {
  explicit counts(where_t where) : owners(1, where), keepers(1, where) {}
  counts(const counts&) = delete;
  counts& operator=(const counts&) = delete;
  virtual void end_object() = 0;
  virtual void end_counts() = 0;

  void add_owner() { owners.fetch_add(1, std::memory_order::relaxed); }
  void add_keeper() { keepers.fetch_add(1, std::memory_order::relaxed); }
  void drop_owner() {
    if (owners.fetch_sub(1, std::memory_order::acq_rel) == 1) {
      end_object();
      drop_keeper();
    }
  }
  void drop_keeper() {
    if (keepers.fetch_sub(1, std::memory_order::acq_rel) == 1) {
      end_counts();
    }
  }

  atomic<std::int64_t> owners;
  atomic<std::int64_t> keepers;

 protected:
  ~counts() = default;
};

template <class Value>
struct counted final : counts {
  template <class... Arguments>
  explicit counted(where_t where, Arguments&&... arguments) : counts(where) {
    ::new (static_cast<void*>(room)) Value(std::forward<Arguments>(arguments)...);
  }
  Value* object() { return std::launder(reinterpret_cast<Value*>(room)); }
  void end_object() override { object()->~Value(); }
  void end_counts() override {
    this->~counted();
    checker_sync::deallocate(this, sizeof(counted), alignof(counted));
  }

  alignas(Value) std::byte room[sizeof(Value)];
};

}  // namespace detail

/// std::shared_ptr of what make_shared makes.
template <class Value>
class shared_ptr {
 public:
  using element_type = Value;

  shared_ptr(std::nullptr_t = nullptr) {}
  shared_ptr(const shared_ptr& other) : its_(other.its_.read()) { add(); }
  shared_ptr(shared_ptr&& other) : its_(std::exchange(other.its_.write(), {})) {}
  template <class Other>
    requires std::is_convertible_v<Other*, Value*>
  shared_ptr(const shared_ptr<Other>& other) {
    const auto& theirs = other.its_.read();
    its_.write() = {theirs.counts, theirs.object};
    add();
  }
  shared_ptr& operator=(shared_ptr other) {
    swap(other);
    return *this;
  }
  ~shared_ptr() {
    if (detail::counts* const mine = its_.write().counts; mine != nullptr) {
      mine->drop_owner();
    }
  }

  void reset() { shared_ptr().swap(*this); }
  void swap(shared_ptr& other) { std::swap(its_.write(), other.its_.write()); }
  [[nodiscard]] Value* get() const { return its_.read().object; }
  Value& operator*() const { return *get(); }
  Value* operator->() const { return get(); }
  explicit operator bool() const { return get() != nullptr; }
  [[nodiscard]] long use_count() const {
    const auto& mine = its_.read();
    return mine.counts == nullptr
               ? 0
               : static_cast<long>(mine.counts->owners.load(std::memory_order::relaxed));
  }
  friend bool operator==(const shared_ptr& one, const shared_ptr& other) {
    return one.get() == other.get();
  }

 private:
  template <class Other>
  friend class shared_ptr;
  template <class Other>
  friend class weak_ptr;
  template <class Made, class... Arguments>
  friend shared_ptr<Made> make_shared(Arguments&&... arguments);

  struct owned {
    detail::counts* counts = nullptr;
    Value* object = nullptr;
  };

  explicit shared_ptr(const owned& its) : its_(its) {}
  void add() {
    if (detail::counts* const mine = its_.read().counts; mine != nullptr) {
      mine->add_owner();
    }
  }

  var<owned> its_;
};

template <class Made, class... Arguments>
shared_ptr<Made> make_shared(Arguments&&... arguments) {
  using counted = detail::counted<Made>;
  void* const memory = checker_sync::allocate(sizeof(counted), alignof(counted));
  auto* const made =
      ::new (memory) counted(where_t::current(), std::forward<Arguments>(arguments)...);
  return shared_ptr<Made>(typename shared_ptr<Made>::owned{made, made->object()});
}

/// std::weak_ptr.
template <class Value>
class weak_ptr {
 public:
  weak_ptr() {}
  weak_ptr(const shared_ptr<Value>& other) : its_(other.its_.read()) { add(); }
  weak_ptr(const weak_ptr& other) : its_(other.its_.read()) { add(); }
  weak_ptr(weak_ptr&& other) : its_(std::exchange(other.its_.write(), {})) {}
  weak_ptr& operator=(weak_ptr other) {
    std::swap(its_.write(), other.its_.write());
    return *this;
  }
  ~weak_ptr() {
    if (detail::counts* const mine = its_.write().counts; mine != nullptr) {
      mine->drop_keeper();
    }
  }

  [[nodiscard]] shared_ptr<Value> lock() const {
    const auto mine = its_.read();
    if (mine.counts == nullptr) {
      return {};
    }
    std::int64_t owners = mine.counts->owners.load(std::memory_order::relaxed);
    while (owners > 0) {
      if (mine.counts->owners.compare_exchange_strong(
              owners, owners + 1, std::memory_order::acq_rel, std::memory_order::relaxed)) {
        return shared_ptr<Value>(mine);
      }
      check::pause();
    }
    return {};
  }
  [[nodiscard]] bool expired() const {
    const auto& mine = its_.read();
    return mine.counts == nullptr || mine.counts->owners.load(std::memory_order::relaxed) == 0;
  }

 private:
  using owned = typename shared_ptr<Value>::owned;
  void add() {
    if (detail::counts* const mine = its_.read().counts; mine != nullptr) {
      mine->add_keeper();
    }
  }

  var<owned> its_;
};

}  // namespace handfast::check
