// A send or a receive on a core of any variant behind one interface, in memory of its own:
// no engine takes what is left waiting for a leak.
#pragma once

#include <handfast/channel/operation.hpp>

#include <cstddef>
#include <new>
#include <optional>
#include <utility>

namespace handfast::properties {

template <class Value, class Sync>
class any_receive {
 public:
  virtual ~any_receive() = default;
  [[nodiscard]] virtual handfast::operation<Sync>& get() noexcept = 0;
  [[nodiscard]] virtual receive_result<Value> result() noexcept = 0;
};

template <class Value, class Sync>
class any_send {
 public:
  virtual ~any_send() = default;
  [[nodiscard]] virtual handfast::operation<Sync>& get() noexcept = 0;
  [[nodiscard]] virtual send_result<Value> result() noexcept = 0;
  [[nodiscard]] virtual std::optional<Value> take_back() noexcept = 0;
};

template <class Core>
class erased_receive final : public any_receive<typename Core::value_type, typename Core::sync> {
 public:
  explicit erased_receive(Core& core) noexcept : receives_(detail::of_core(), core) {}

  [[nodiscard]] handfast::operation<typename Core::sync>& get() noexcept override {
    return receives_;
  }
  [[nodiscard]] receive_result<typename Core::value_type> result() noexcept override {
    return receives_.result();
  }

 private:
  receive_operation<Core> receives_;
};

template <class Core>
class erased_send final : public any_send<typename Core::value_type, typename Core::sync> {
  using value = typename Core::value_type;

 public:
  erased_send(Core& core, value item) noexcept : sends_(detail::of_core(), core, std::move(item)) {}

  [[nodiscard]] handfast::operation<typename Core::sync>& get() noexcept override { return sends_; }
  [[nodiscard]] send_result<value> result() noexcept override { return sends_.result(); }
  [[nodiscard]] std::optional<value> take_back() noexcept override { return sends_.take_back(); }

 private:
  send_operation<Core> sends_;
};

/// Room for an object of any class that is derived from Base.
template <class Base>
class room_for {
 public:
  room_for() = default;
  room_for(const room_for&) = delete;
  room_for& operator=(const room_for&) = delete;
  ~room_for() {
    if (made_ != nullptr) {
      made_->~Base();
    }
  }

  template <class Derived, class... Arguments>
  void emplace(Arguments&&... arguments) {
    static_assert(sizeof(Derived) <= sizeof(bytes_));
    made_ = new (bytes_) Derived(std::forward<Arguments>(arguments)...);
  }
  [[nodiscard]] explicit operator bool() const { return made_ != nullptr; }
  [[nodiscard]] Base* operator->() const { return made_; }

 private:
  alignas(std::max_align_t) std::byte bytes_[1024];
  Base* made_ = nullptr;
};

}  // namespace handfast::properties
