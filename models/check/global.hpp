// Data that outlives the test body in the program, and must not in its checks: every
// execution begins with it as new.
//
//     check::global<check::atomic<int>> next_ticket{0};   // at namespace scope, or static
//     … next_ticket->fetch_add(1) …
#pragma once

#include <cstddef>
#include <functional>
#include <new>
#include <utility>
#include <vector>

namespace handfast::check {

namespace detail {

class any_global {
 public:
  any_global(const any_global&) = delete;
  any_global& operator=(const any_global&) = delete;
  virtual void begin() = 0;
  virtual void end() = 0;

  /// In the order in which they were defined; the last of them goes first.
  static std::vector<any_global*>& all() {
    static std::vector<any_global*> those;
    return those;
  }

 protected:
  any_global() { all().push_back(this); }
  ~any_global() { std::erase(all(), this); }
};

/// What a test's first thread does, with all globals made before it and gone after.
inline void with_globals(const std::function<void()>& body) {
  for (any_global* each : any_global::all()) {
    each->begin();
  }
  body();
  for (std::size_t left = any_global::all().size(); left > 0; --left) {
    any_global::all()[left - 1]->end();
  }
}

}  // namespace detail

/// A Value, made anew from the same arguments at the start of each execution, by its first
/// thread. It must be defined before the check runs: at namespace scope, or as a static
/// member.
template <class Value>
class global final : detail::any_global {
 public:
  template <class... Arguments>
  explicit global(Arguments... arguments)
      : make_([... arguments = std::move(arguments)](void* room) {
          return ::new (room) Value(arguments...);
        }) {}

  Value& operator*() { return *value_; }
  Value* operator->() { return value_; }

 private:
  void begin() override { value_ = make_(room_); }
  void end() override { value_->~Value(); }

  std::function<Value*(void*)> make_;
  Value* value_ = nullptr;
  alignas(Value) std::byte room_[sizeof(Value)];
};

}  // namespace handfast::check
