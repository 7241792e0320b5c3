// A channel's core of any variant behind one interface: what runs on all variants is
// compiled once, over `sender` and `receiver` of this.
#pragma once

#include <handfast/channel/channel.hpp>

#include <cstddef>
#include <optional>
#include <span>
#include <utility>

#include "properties/any_operation.hpp"

namespace handfast::properties {

/// What handles need of a core. It stays where it is until the last handle is gone.
template <class Value, class Sync>
class any_core {
 public:
  using value_type = Value;
  using sync = Sync;
  using deadline = typename Sync::deadline;

  // That it may be of any kind: who clones or counts on `full` asks the variant.
  static constexpr bool bounded = true;
  static constexpr bool buffered = true;
  static constexpr bool one_item = false;
  static constexpr parties producers = parties::many;
  static constexpr parties consumers = parties::many;

  any_core() = default;
  any_core(const any_core&) = delete;
  any_core& operator=(const any_core&) = delete;
  virtual ~any_core() = default;

  [[nodiscard]] virtual send_result<Value> send(Value item) noexcept = 0;
  [[nodiscard]] virtual send_result<Value> try_send(Value item) noexcept = 0;
  [[nodiscard]] virtual send_result<Value> send_until(Value item, deadline end) noexcept = 0;
  [[nodiscard]] virtual send_many_result<Value> send_many(std::span<Value> items) noexcept = 0;

  [[nodiscard]] virtual receive_result<Value> receive() noexcept = 0;
  [[nodiscard]] virtual receive_result<Value> try_receive() noexcept = 0;
  [[nodiscard]] virtual receive_result<Value> receive_until(deadline end) noexcept = 0;
  [[nodiscard]] virtual receive_many_result receive_many(std::span<Value> rooms) noexcept = 0;
  [[nodiscard]] virtual receive_many_result receive_many(
      std::span<std::optional<Value>> rooms) noexcept = 0;

  /// An operation on it that has not been tried.
  virtual void make(room_for<any_send<Value, Sync>>& in, Value item) noexcept = 0;
  virtual void make(room_for<any_receive<Value, Sync>>& in) noexcept = 0;

  virtual close_outcome close() noexcept = 0;
  [[nodiscard]] virtual std::size_t capacity() const noexcept = 0;

  virtual void add_sender() noexcept = 0;
  virtual void drop_sender() noexcept = 0;
  virtual void add_receiver() noexcept = 0;
  virtual void drop_receiver() noexcept = 0;
};

/// A core behind that interface; its handles' counts are the core's own.
template <class Core>
class erased final : public any_core<typename Core::value_type, typename Core::sync> {
  using value = typename Core::value_type;
  using sync = typename Core::sync;
  using typename any_core<value, typename Core::sync>::deadline;

 public:
  explicit erased(Core& core) noexcept : core_(core) {}

  send_result<value> send(value item) noexcept override { return core_.send(std::move(item)); }
  send_result<value> try_send(value item) noexcept override {
    return core_.try_send(std::move(item));
  }
  send_result<value> send_until(value item, deadline end) noexcept override {
    return core_.send_until(std::move(item), end);
  }
  send_many_result<value> send_many(std::span<value> items) noexcept override {
    return core_.send_many(items);
  }

  receive_result<value> receive() noexcept override { return core_.receive(); }
  receive_result<value> try_receive() noexcept override { return core_.try_receive(); }
  receive_result<value> receive_until(deadline end) noexcept override {
    return core_.receive_until(end);
  }
  receive_many_result receive_many(std::span<value> rooms) noexcept override {
    return core_.receive_many(rooms);
  }
  receive_many_result receive_many(std::span<std::optional<value>> rooms) noexcept override {
    return core_.receive_many(rooms);
  }

  void make(room_for<any_send<value, sync>>& in, value item) noexcept override {
    in.template emplace<erased_send<Core>>(core_, std::move(item));
  }
  void make(room_for<any_receive<value, sync>>& in) noexcept override {
    in.template emplace<erased_receive<Core>>(core_);
  }

  close_outcome close() noexcept override { return core_.close(); }
  [[nodiscard]] std::size_t capacity() const noexcept override { return core_.capacity(); }

  void add_sender() noexcept override { core_.add_sender(); }
  void drop_sender() noexcept override { core_.drop_sender(); }
  void add_receiver() noexcept override { core_.add_receiver(); }
  void drop_receiver() noexcept override { core_.drop_receiver(); }

 private:
  Core& core_;
};

}  // namespace handfast::properties
