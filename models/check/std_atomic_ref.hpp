// atomic_ref in the shape of the standard library's, and the data that it is for.
//
// Plain data of the program's is not watched, so what an atomic_ref refers to is
// declared: mixed<T> is a T that some access as such, at one time, and others through an
// atomic_ref at another. The two at once are a data race.
#pragma once

#include <atomic>
#include <concepts>

#include "models/check/std_like.hpp"

namespace handfast::check {

template <class Value>
class atomic_ref;

/// A T that is now plain, now atomic.
template <class Value>
class mixed {
 public:
  explicit mixed(Value value = Value{}, where_t where = where_t::current()) noexcept
      : its_(value, where) {}

  [[nodiscard]] Value read(where_t where = where_t::current()) const { return its_.read(where); }
  void write(Value value, where_t where = where_t::current()) { its_.write(value, where); }

 private:
  friend class atomic_ref<Value>;

  checker_sync::atomic_of<Value, false> its_;
};

/// std::atomic_ref.
template <class Value>
class atomic_ref {
 public:
  using value_type = Value;
  static constexpr bool is_always_lock_free = true;

  explicit atomic_ref(mixed<Value>& data) : its_(&data.its_) {}

  Value load(std::memory_order o = std::memory_order::seq_cst,
             where_t where = where_t::current()) const {
    return its_->load(detail::order_of(o), where);
  }
  void store(Value value, std::memory_order o = std::memory_order::seq_cst,
             where_t where = where_t::current()) const {
    its_->store(value, detail::order_of(o), where);
  }
  Value exchange(Value value, std::memory_order o = std::memory_order::seq_cst,
                 where_t where = where_t::current()) const {
    return its_->exchange(value, detail::order_of(o), where);
  }
  bool compare_exchange_strong(Value& expected, Value desired,
                               std::memory_order o = std::memory_order::seq_cst,
                               where_t where = where_t::current()) const {
    return its_->compare_exchange_strong(expected, desired, detail::order_of(o), detail::failing(o),
                                         where);
  }
  bool compare_exchange_weak(Value& expected, Value desired,
                             std::memory_order o = std::memory_order::seq_cst,
                             where_t where = where_t::current()) const {
    return its_->compare_exchange_weak(expected, desired, detail::order_of(o), detail::failing(o),
                                       where);
  }
  Value fetch_add(Value value, std::memory_order o = std::memory_order::seq_cst,
                  where_t where = where_t::current()) const
    requires std::integral<Value>
  {
    return its_->fetch_add(value, detail::order_of(o), where);
  }
  Value fetch_sub(Value value, std::memory_order o = std::memory_order::seq_cst,
                  where_t where = where_t::current()) const
    requires std::integral<Value>
  {
    return its_->fetch_sub(value, detail::order_of(o), where);
  }
  operator Value() const { return load(); }
  Value operator=(Value value) const {
    store(value);
    return value;
  }

 private:
  checker_sync::atomic_of<Value, false>* its_;
};
template <class Value>
atomic_ref(mixed<Value>&) -> atomic_ref<Value>;

}  // namespace handfast::check
