// What the C functions do, on any policy.
#pragma once

#include <handfast/capi/ccruntime.h>
#include <handfast/capi/ccruntime_channel.hpp>
#include <handfast/capi/ccruntime_frames.hpp>
#include <handfast/capi/ccruntime_match.hpp>
#include <handfast/capi/ccruntime_polls.hpp>
#include <handfast/capi/ccruntime_services.hpp>
#include <handfast/capi/ccruntime_spawn.hpp>
#include <handfast/channel/channel.hpp>
#include <handfast/memory/object.hpp>
#include <handfast/sched/blocking_pool.hpp>
#include <handfast/sched/scheduler.hpp>
#include <handfast/sync/policy.hpp>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <tuple>
#include <utility>

namespace handfast::cc {

/// A send as a task.
template <class Core>
class sending {
 public:
  using sync = typename Core::sync;

  sending(shared_channel<sync>& ch, const sender<Core>& to, message<sync> item) noexcept
      : channel_(ch), operation_(to, std::move(item)) {}

  [[nodiscard]] poll_status poll(waker wakes) noexcept { return operation_.poll(wakes); }
  [[nodiscard]] poll_status give_up() noexcept { return operation_.give_up(); }
  [[nodiscard]] outcome result() noexcept { return over(settle(operation_.result())); }
  [[nodiscard]] static outcome timed_out() noexcept { return over(ETIMEDOUT); }

 private:
  has_channel<sync> channel_;
  send_operation<Core> operation_;
};

/// A receive, the same.
template <class Core>
class receiving {
 public:
  using sync = typename Core::sync;

  receiving(shared_channel<sync>& ch, const receiver<Core>& from, void* out) noexcept
      : channel_(ch), operation_(from), out_(out) {}

  [[nodiscard]] poll_status poll(waker wakes) noexcept { return operation_.poll(wakes); }
  [[nodiscard]] poll_status give_up() noexcept { return operation_.give_up(); }
  [[nodiscard]] outcome result() noexcept { return over(settle(operation_.result(), out_)); }
  [[nodiscard]] static outcome timed_out() noexcept { return over(ETIMEDOUT); }

 private:
  has_channel<sync> channel_;
  receive_operation<Core> operation_;
  void* out_;
};

/// A program's CC runtime: the C functions of those names (ccruntime.h) on a policy. Thread-safe as
/// they are.
template <sync_policy Sync>
class runtime {
 public:
  using limit = cc::limit<Sync>;

  /// As for services.
  constexpr explicit runtime(bool (*at_end)() noexcept) noexcept : services_(at_end) {}

  // Deadlines.
  [[nodiscard]] static std::uint64_t deadline_left(const CCDeadline* deadline) noexcept {
    const limit end = limit_of<Sync>(deadline);
    if (!end) {
      return std::numeric_limits<std::uint64_t>::max();
    }
    const auto now = Sync::clock::now();
    return now >= *end ? 0 : static_cast<std::uint64_t>((*end - now).count());
  }
  static void deadline_push(CCDeadlineScope* scope, CCDeadline end) {
    require(scope != nullptr, "cc_deadline_push", "the scope is NULL");
    auto now = context<Sync>::current();
    scope->outer = now.scope;
    scope->end = now.scope != nullptr && now.scope->end.at < end.at ? now.scope->end : end;
    now.scope = scope;
    context<Sync>::make_current(now);
  }
  static void deadline_pop(CCDeadlineScope* scope) {
    auto now = context<Sync>::current();
    require(scope != nullptr && now.scope == scope, "cc_deadline_pop",
            "this is not the innermost scope of the calling code");
    now.scope = scope->outer;
    context<Sync>::make_current(now);
  }
  [[nodiscard]] static limit current_limit() noexcept {
    return limit_of<Sync>(current_deadline<Sync>());
  }

  // Tasks.
  static int block_on(CCTaskIntptr task, std::intptr_t* out) {
    outcome result = failed(EINVAL);
    if (task.poll != nullptr) {
      result = run_here<Sync>(task);
      drop_task(task);
    }
    if (out != nullptr) {
      *out = result.status == CC_FUTURE_READY ? result.value : 0;
    }
    return result.error;
  }
  CCTaskIntptr spawn(CCTaskIntptr task) {
    if (task.poll == nullptr) {
      return refuse(EINVAL);
    }
    auto* const its = make_object<driven<Sync>, Sync>(services_);
    if (its == nullptr) {
      return refuse(ENOMEM);
    }
    auto work = drive<Sync>(owns_driven<Sync>(*its));
    if (!work) {
      return refuse(ENOMEM);
    }
    CCTaskIntptr joins = make_task<joining<outcome, Sync>>(services_, limit());
    if (joins.poll == nullptr) {
      return joins;
    }
    // From here on the work drops it, unless it comes back.
    its->take_over(task);
    auto spawned =
        services_.with_crew([&work](scheduler<Sync>& crew) { return crew.spawn(std::move(work)); });
    if (!spawned || !*spawned) {
      its->give_back();
      drop_task(joins);
      return refuse(!spawned ? spawned.error() : errno_of(spawned->error().reason));
    }
    frame_of<joining<outcome, Sync>>(joins)->what().begin(*std::move(*spawned));
    return joins;
  }
  static int cancel(CCTaskIntptr* task) noexcept {
    return task != nullptr && (cancel_if_joining<outcome, Sync>(*task) ||
                               cancel_if_joining<void*, Sync>(*task))
               ? 0
               : EINVAL;
  }
  CCTaskIntptr run_blocking(CCClosure0 work) {
    if (work.fn == nullptr) {
      return refuse(EINVAL);
    }
    CCTaskIntptr joins = make_task<joining<void*, Sync>>(services_, limit());
    if (joins.poll == nullptr) {
      return joins;
    }
    auto begun =
        services_.with_pool([&work](blocking_pool<Sync>& pool) { return pool.run(closure(work)); });
    if (!begun || !*begun) {
      if (begun) {
        begun->error().work.release();
      }
      drop_task(joins);
      return refuse(!begun ? begun.error() : errno_of(begun->error().reason));
    }
    frame_of<joining<void*, Sync>>(joins)->what().begin(*std::move(*begun));
    return joins;
  }

  // Wakers.
  static CCWaker* waker_current() noexcept {
    auto* const by = context<Sync>::current().polls;
    auto* const its = by == nullptr ? nullptr : by->handle();
    if (its == nullptr) {
      errno = ENOMEM;
      return nullptr;
    }
    return its->keep()->as_c();
  }
  static void waker_wake(CCWaker* which) {
    require(which != nullptr, "cc_waker_wake", "the waker is NULL");
    counted_waker<Sync>::of(which).wake();
  }
  static void waker_drop(CCWaker* which) noexcept {
    if (which != nullptr) {
      counted_waker<Sync>::of(which).let_go();
    }
  }
  static void wake_current() noexcept {
    if (auto* const by = context<Sync>::current().polls) {
      if (auto* const its = by->handle()) {
        its->wake();
      }
    }
  }

  // Channels.
  static CCChan* chan_create(std::size_t capacity, std::size_t elem_size) noexcept {
    if (elem_size == 0) {
      errno = EINVAL;
      return nullptr;
    }
    const auto make = [elem_size](auto made) -> CCChan* {
      if (!made) {
        errno = errno_of(made.error());
        return nullptr;
      }
      auto* const ch = make_object<shared_channel<Sync>, Sync>(*std::move(made), elem_size);
      if (ch == nullptr) {
        errno = ENOMEM;
        return nullptr;
      }
      return ch->as_c();
    };
    return capacity == 0 ? make(try_make_channel_of<meeting<Sync>>())
                         : make(try_make_channel_of<ring<Sync>>(capacity));
  }
  static int chan_close(CCChan* ch) noexcept {
    if (ch == nullptr) {
      return EINVAL;
    }
    auto& its = shared_channel<Sync>::of(ch);
    const has_channel<Sync> had(its);
    return its.visit(
        [](auto& ends) { return ends.tx.close() == close_outcome::closed_now ? 0 : EALREADY; });
  }
  static void chan_free(CCChan* ch) noexcept {
    if (ch != nullptr) {
      std::ignore = chan_close(ch);
      shared_channel<Sync>::of(ch).let_go();
    }
  }
  // Looks first: most need not wait.
  static int chan_send(CCChan* ch, const void* value, std::size_t value_size, const limit& end) {
    if (!is_right(ch, value, value_size)) {
      return EINVAL;
    }
    auto item = message<Sync>::copy_of(value, value_size);
    if (!item) {
      return ENOMEM;
    }
    auto& its = shared_channel<Sync>::of(ch);
    const has_channel<Sync> had(its);
    return its.visit([&](auto& ends) {
      auto sent = ends.tx.try_send(*std::move(item));
      if (sent || sent.error().reason != send_failure::full) {
        return settle(sent);
      }
      const keeps_context<Sync> aside;
      return settle(end ? ends.tx.send_until(std::move(sent.error().item), *end)
                        : ends.tx.send(std::move(sent.error().item)));
    });
  }
  static int chan_recv(CCChan* ch, void* out_value, std::size_t value_size, const limit& end) {
    if (!is_right(ch, out_value, value_size)) {
      return EINVAL;
    }
    auto& its = shared_channel<Sync>::of(ch);
    const has_channel<Sync> had(its);
    return its.visit([&](auto& ends) {
      const auto received = ends.rx.try_receive();
      if (received || received.error() != receive_failure::empty) {
        return settle(received, out_value);
      }
      const keeps_context<Sync> aside;
      return settle(end ? ends.rx.receive_until(*end) : ends.rx.receive(), out_value);
    });
  }
  static int chan_try_send(CCChan* ch, const void* value, std::size_t value_size) {
    if (!is_right(ch, value, value_size)) {
      return EINVAL;
    }
    auto item = message<Sync>::copy_of(value, value_size);
    if (!item) {
      return ENOMEM;
    }
    auto& its = shared_channel<Sync>::of(ch);
    const has_channel<Sync> had(its);
    return its.visit([&](auto& ends) { return settle(ends.tx.try_send(*std::move(item))); });
  }
  static int chan_try_recv(CCChan* ch, void* out_value, std::size_t value_size) {
    if (!is_right(ch, out_value, value_size)) {
      return EINVAL;
    }
    auto& its = shared_channel<Sync>::of(ch);
    const has_channel<Sync> had(its);
    return its.visit([&](auto& ends) { return settle(ends.rx.try_receive(), out_value); });
  }
  CCTaskIntptr chan_send_task(CCChan* ch, const void* value, std::size_t value_size,
                              const limit& end) {
    if (!is_right(ch, value, value_size)) {
      return refuse(EINVAL);
    }
    auto item = message<Sync>::copy_of(value, value_size);
    if (!item) {
      return refuse(ENOMEM);
    }
    auto& its = shared_channel<Sync>::of(ch);
    return its.visit([&]<class Core>(channel<Core>& ends) {
      return make_task<sending<Core>>(services_, end, its, ends.tx, *std::move(item));
    });
  }
  CCTaskIntptr chan_recv_task(CCChan* ch, void* out_value, std::size_t value_size,
                              const limit& end) {
    if (!is_right(ch, out_value, value_size)) {
      return refuse(EINVAL);
    }
    auto& its = shared_channel<Sync>::of(ch);
    return its.visit([&]<class Core>(channel<Core>& ends) {
      return make_task<receiving<Core>>(services_, end, its, ends.rx, out_value);
    });
  }

  // @match.
  CCTaskIntptr match_task(const CCMatchCase* cases, std::size_t count, const limit& end) {
    if (!are_right({cases, count})) {
      return refuse(EINVAL);
    }
    auto* const made = make_array<match_case<Sync>, Sync>(count);
    if (made == nullptr) {
      return refuse(ENOMEM);
    }
    for (std::size_t i = 0; i < count; ++i) {
      if (!made[i].prepare(cases[i])) {
        destroy_array<match_case<Sync>, Sync>(made, count);
        return refuse(ENOMEM);
      }
    }
    const std::span all(made, count);
    auto* const whole = make_object<frame<matching<Sync>>, Sync>(services_, end, all);
    if (whole == nullptr) {
      destroy_array<match_case<Sync>, Sync>(made, count);
      return refuse(ENOMEM);
    }
    if (!whole->has_time()) {
      frame<matching<Sync>>::drop(whole);
      return refuse(ESHUTDOWN);
    }
    return task_over(whole);
  }
  int match(const CCMatchCase* cases, std::size_t count, const limit& end, std::size_t* which) {
    if (which == nullptr) {
      return EINVAL;
    }
    *which = CC_MATCH_NONE;
    CCTaskIntptr task = match_task(cases, count, end);
    if (task.poll == nullptr) {
      return errno;
    }
    const outcome result = run_here<Sync>(task);
    drop_task(task);
    if (result.status == CC_FUTURE_READY) {
      *which = static_cast<std::size_t>(result.value);
    }
    return result.error;
  }
  int match_try(const CCMatchCase* cases, std::size_t count, std::size_t* which) {
    if (which == nullptr) {
      return EINVAL;
    }
    *which = CC_MATCH_NONE;
    CCTaskIntptr task = match_task(cases, count, limit());
    if (task.poll == nullptr) {
      return errno;
    }
    auto& whole = *frame_of<matching<Sync>>(task);
    int error = EAGAIN;
    if (whole.look()) {
      *which = static_cast<std::size_t>(whole.result().value);
      error = whole.result().error;
    }
    drop_task(task);
    return error;
  }

  // The threads.
  int start(unsigned workers) noexcept { return services_.start(workers); }
  int stop(const CCDeadline* deadline) noexcept { return services_.stop(limit_of<Sync>(deadline)); }
  void end() noexcept { services_.end(); }

 private:
  [[nodiscard]] static bool is_right(CCChan* ch, const void* value, std::size_t value_size) {
    return ch != nullptr && value != nullptr &&
           shared_channel<Sync>::of(ch).value_size() == value_size;
  }
  [[nodiscard]] static bool is_right(const CCMatchCase& one) {
    return (one.send == nullptr) != (one.recv == nullptr) &&
           is_right(one.ch, one.send == nullptr ? one.recv : one.send, one.value_size);
  }
  // Alone, it would wait for itself for ever.
  [[nodiscard]] static bool would_meet_itself(const CCMatchCase& one, const CCMatchCase& other) {
    return one.ch == other.ch && shared_channel<Sync>::of(one.ch).has_no_room() &&
           (one.send == nullptr) != (other.send == nullptr);
  }
  [[nodiscard]] static bool are_right(std::span<const CCMatchCase> cases) {
    if (cases.data() == nullptr || cases.empty() || cases.size() > CC_MATCH_MOST) {
      return false;
    }
    for (std::size_t i = 0; i < cases.size(); ++i) {
      if (!is_right(cases[i])) {
        return false;
      }
      for (std::size_t j = 0; j < i; ++j) {
        if (would_meet_itself(cases[i], cases[j])) {
          return false;
        }
      }
    }
    return true;
  }

  services<Sync> services_;
};

}  // namespace handfast::cc
