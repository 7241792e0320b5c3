// A match: a polled select (channel/async_select.hpp) of cases whose number and kinds are known
// when the program runs.
#pragma once

#include <handfast/capi/ccruntime.h>
#include <handfast/capi/ccruntime_channel.hpp>
#include <handfast/capi/ccruntime_frames.hpp>
#include <handfast/channel/async_select.hpp>
#include <handfast/channel/operation.hpp>
#include <handfast/channel/select_cases.hpp>
#include <handfast/memory/object.hpp>
#include <handfast/park/waker.hpp>
#include <handfast/sync/policy.hpp>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <variant>

namespace handfast::cc {

/// One case of a match, which stays where it is.
template <sync_policy Sync>
class match_case : public detail::select_case<Sync> {
 public:
  /// As `said` says, which is right; whether there was memory for it.
  [[nodiscard]] bool prepare(const CCMatchCase& said) noexcept {
    std::optional<message<Sync>> item;
    if (said.send != nullptr) {
      item = message<Sync>::copy_of(said.send, said.value_size);
      if (!item) {
        return false;
      }
    }
    auto& its = shared_channel<Sync>::of(said.ch);
    channel_.emplace(its);
    into_ = said.recv;
    its.visit([&](auto& ends) {
      if (item) {
        become_send(ends.tx, *std::move(item));
      } else {
        become_receive(ends.rx);
      }
    });
    return true;
  }

  /// How it went, once it is done: 0, or an errno value.
  [[nodiscard]] int finish() noexcept { return finish_(*this); }

 private:
  template <class Core>
  void become_send(const sender<Core>& to, message<Sync> item) noexcept {
    using send = send_operation<Core>;
    auto& what = operation_.template emplace<send>(to, std::move(item));
    this->begin(what, what.others());
    finish_ = [](match_case& self) noexcept {
      return settle(std::get_if<send>(&self.operation_)->result());
    };
  }
  template <class Core>
  void become_receive(const receiver<Core>& from) noexcept {
    using receive = receive_operation<Core>;
    auto& what = operation_.template emplace<receive>(from);
    this->begin(what, what.others());
    finish_ = [](match_case& self) noexcept {
      return settle(std::get_if<receive>(&self.operation_)->result(), self.into_);
    };
  }

  std::optional<has_channel<Sync>> channel_;  // outlives the operation
  std::variant<std::monostate, send_operation<ring<Sync>>, send_operation<meeting<Sync>>,
               receive_operation<ring<Sync>>, receive_operation<meeting<Sync>>>
      operation_;
  int (*finish_)(match_case&) noexcept = nullptr;
  void* into_ = nullptr;
};

/// A match as a task. It owns its cases.
template <sync_policy Sync>
class matching {
 public:
  using sync = Sync;

  explicit matching(std::span<match_case<Sync>> cases) noexcept
      : owned_(cases), polls_(owned_.cases) {}
  matching(const matching&) = delete;
  matching& operator=(const matching&) = delete;

  [[nodiscard]] poll_status poll(waker wakes) noexcept { return polls_.poll(wakes); }
  [[nodiscard]] poll_status give_up() noexcept { return polls_.give_up(); }
  [[nodiscard]] outcome result() noexcept {
    const std::size_t which = polls_.result();
    return {CC_FUTURE_READY, static_cast<std::intptr_t>(which), owned_.cases[which].finish()};
  }
  [[nodiscard]] static outcome timed_out() noexcept { return {CC_FUTURE_READY, -1, ETIMEDOUT}; }

 private:
  // Goes after what polls them.
  struct owner {
    explicit owner(std::span<match_case<Sync>> all) noexcept : cases(all) {}
    owner(const owner&) = delete;
    owner& operator=(const owner&) = delete;
    ~owner() { destroy_array<match_case<Sync>, Sync>(cases.data(), cases.size()); }

    std::span<match_case<Sync>> cases;
  };

  owner owned_;
  detail::polled_select<std::span<match_case<Sync>>, CC_MATCH_MOST> polls_;
};

}  // namespace handfast::cc
