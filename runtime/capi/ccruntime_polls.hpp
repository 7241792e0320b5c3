// Who polls the code that runs here, for C functions whose signatures do not say: the poll of a
// CCTaskIntptr has no waker. Whoever polls says so in a slot of the thread, and takes it back after
// the poll; a task of ours looks there, and so does a task that polls ours in turn.
//
// Rules
//  1. The slot is the thread's, and what runs may go on elsewhere once it has gone aside
//  (host.hpp).
//     So each call that may wait empties the slot before and fills it after, wherever it is then
//     (keeps_context); nobody keeps a reference to it.
//  2. A waker is counted: its poller, and each that may call it, hold it. It outlives its
//     poller, who retires it; after that it wakes nobody. So a task may stay behind on a list
//     when its poller has gone, as C code cannot be kept from letting it.
//  3. Its fields but the count are touched only while its mutex is held. Lists and timers call it
//     while theirs is held; while its own is held it calls the poller's waker alone, which takes
//     no list's.
#pragma once

#include <handfast/capi/ccruntime.h>
#include <handfast/capi/misuse.hpp>
#include <handfast/memory/object.hpp>
#include <handfast/park/waker.hpp>
#include <handfast/sync/lock_guard.hpp>
#include <handfast/sync/policy.hpp>

#include <cstddef>
#include <cstdint>
#include <utility>

namespace handfast::cc {

using capi::require;

/// What a CCWaker is.
template <sync_policy Sync>
class counted_waker {
 public:
  explicit counted_waker(waker whom) noexcept : whom_(whom) {}
  counted_waker(const counted_waker&) = delete;
  counted_waker& operator=(const counted_waker&) = delete;

  [[nodiscard]] CCWaker* as_c() noexcept { return reinterpret_cast<CCWaker*>(this); }
  [[nodiscard]] static counted_waker& of(CCWaker* which) noexcept {
    return *reinterpret_cast<counted_waker*>(which);
  }

  [[nodiscard]] counted_waker* keep() noexcept {
    held_.fetch_add(1, order::relaxed);  // relaxed: the caller holds one
    return this;
  }
  void let_go() noexcept {
    // [ccruntime.waker] acq_rel: pairs with itself; what all did with it happens before it goes.
    if (held_.fetch_sub(1, order::acq_rel) == 1) {
      destroy_object<counted_waker, Sync>(this);
    }
  }

  void wake() noexcept {
    const lock_guard<Sync> lock(mutex_);
    woken_.write() = true;
    if (!retired_.read()) {
      whom_.wake();
    }
  }
  [[nodiscard]] waker handle() noexcept {
    return {[](void* self) noexcept { static_cast<counted_waker*>(self)->wake(); }, this};
  }

  // The poller's.
  /// What it was woken for is looked at now.
  void forget_wakes() noexcept {
    const lock_guard<Sync> lock(mutex_);
    woken_.write() = false;
  }
  /// Whether it was woken since, or may be yet.
  [[nodiscard]] bool may_wake() noexcept {
    // relaxed: who has let go, as the count says, locked for its call before that; so the lock
    // below comes after that one.
    if (held_.load(order::relaxed) > 1) {
      return true;
    }
    const lock_guard<Sync> lock(mutex_);
    return woken_.read();
  }
  void retire() noexcept {
    const lock_guard<Sync> lock(mutex_);
    retired_.write() = true;
  }

 private:
  typename Sync::template atomic<std::size_t> held_{1};
  typename Sync::mutex mutex_;
  const waker whom_;
  typename Sync::template var<bool> woken_{false};
  typename Sync::template var<bool> retired_{false};
};

template <sync_policy Sync>
class poller;

/// What the code that runs here has from whoever called it.
template <sync_policy Sync>
struct context {
  poller<Sync>* polls = nullptr;           // it; nullptr: nobody does
  const CCDeadlineScope* scope = nullptr;  // the innermost; nullptr: it has no deadline
  bool on_crew = false;                    // it is a task of the runtime's workers

  // Neither is inlined, for the same reason as host::here.
  [[nodiscard, gnu::noinline]] static context current() noexcept {
    asm volatile("");
    return slot();
  }
  [[gnu::noinline]] static void make_current(const context& which) noexcept {
    asm volatile("");
    slot() = which;
  }

 private:
  struct tag;
  [[nodiscard]] static context& slot() noexcept {
    return Sync::template thread_slot<context, tag>::get();
  }
};

/// Around each call that may wait.
template <sync_policy Sync>
class keeps_context {
 public:
  keeps_context() noexcept { context<Sync>::make_current({}); }
  keeps_context(const keeps_context&) = delete;
  keeps_context& operator=(const keeps_context&) = delete;
  ~keeps_context() { context<Sync>::make_current(mine_); }

 private:
  const context<Sync> mine_ = context<Sync>::current();
};

/// Somebody who polls one task, and is woken by what that waits for. One thread at a time has it.
template <sync_policy Sync>
class poller {
 public:
  /// How many channel operations may be ready in one poll before others get their turn.
  static constexpr std::uint32_t budget = 128;

  /// `wakes` is woken when it is worth while to poll again.
  explicit poller(waker wakes) noexcept : wakes_(wakes) {}
  poller(const poller&) = delete;
  poller& operator=(const poller&) = delete;
  ~poller() {
    if (mine_ != nullptr) {
      mine_->retire();
      mine_->let_go();
    }
  }

  /// Polls it once.
  [[nodiscard]] CCFutureStatus poll(const CCTaskIntptr& task, std::intptr_t& value,
                                    int& error) noexcept {
    if (mine_ != nullptr) {
      mine_->forget_wakes();
    }
    turns_ = budget;
    value = 0;
    error = 0;
    const context<Sync> outer = context<Sync>::current();
    context<Sync>::make_current({this, outer.scope, outer.on_crew});
    const CCFutureStatus status = task.poll(task.frame, &value, &error);
    require(context<Sync>::current().scope == outer.scope, "cc_deadline_push",
            "a task's poll function returned before it popped its deadline");
    context<Sync>::make_current(outer);
    return status;
  }

  /// Whether a task that is pending will be polled again, as far as it has seen to that.
  [[nodiscard]] bool may_be_woken() noexcept { return mine_ != nullptr && mine_->may_wake(); }

  // The task's, while it is polled.
  [[nodiscard]] bool has_handle() const noexcept { return mine_ != nullptr; }
  /// To be woken by; nullptr where there is no memory for it.
  [[nodiscard]] counted_waker<Sync>* handle() noexcept {
    if (mine_ == nullptr) {
      mine_ = make_object<counted_waker<Sync>, Sync>(wakes_);
    }
    return mine_;
  }
  /// Whether it may go on with what is ready; else it is polled again after others.
  [[nodiscard]] bool has_turn() noexcept {
    if (turns_ > 0) {
      --turns_;
      return true;
    }
    if (auto* const again = handle()) {
      again->wake();
      return false;
    }
    return true;
  }

 private:
  const waker wakes_;
  counted_waker<Sync>* mine_ = nullptr;  // once somebody has asked for it
  std::uint32_t turns_ = 0;
};

}  // namespace handfast::cc
