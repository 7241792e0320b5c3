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
#include <handfast/sync/native.hpp>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <tuple>
#include <utility>

using namespace handfast::cc;  // NOLINT(google-build-using-namespace): this library's own

namespace {

using handfast::blocking_pool;
using handfast::native;
using handfast::poll_status;
using handfast::scheduler;
using handfast::waker;

// Channels ----------------------------------------------------------------------

bool is_right(const CCChan* ch, const void* value, std::size_t value_size) {
  return ch != nullptr && value != nullptr && ch->value_size() == value_size;
}

/// A send as a task.
template <class Core>
class sending {
 public:
  using sync = native;

  sending(CCChan& ch, const handfast::sender<Core>& to, message item) noexcept
      : channel_(ch), operation_(to, std::move(item)) {}

  [[nodiscard]] poll_status poll(waker wakes) noexcept { return operation_.poll(wakes); }
  [[nodiscard]] poll_status give_up() noexcept { return operation_.give_up(); }
  [[nodiscard]] outcome result() noexcept { return over(settle(operation_.result())); }
  [[nodiscard]] static outcome timed_out() noexcept { return over(ETIMEDOUT); }

 private:
  has_channel channel_;
  handfast::send_operation<Core> operation_;
};

/// A receive, the same.
template <class Core>
class receiving {
 public:
  using sync = native;

  receiving(CCChan& ch, const handfast::receiver<Core>& from, void* out) noexcept
      : channel_(ch), operation_(from), out_(out) {}

  [[nodiscard]] poll_status poll(waker wakes) noexcept { return operation_.poll(wakes); }
  [[nodiscard]] poll_status give_up() noexcept { return operation_.give_up(); }
  [[nodiscard]] outcome result() noexcept { return over(settle(operation_.result(), out_)); }
  [[nodiscard]] static outcome timed_out() noexcept { return over(ETIMEDOUT); }

 private:
  has_channel channel_;
  handfast::receive_operation<Core> operation_;
  void* out_;
};

CCTaskIntptr send_task(CCChan* ch, const void* value, std::size_t value_size, const limit& end) {
  if (!is_right(ch, value, value_size)) {
    return refuse(EINVAL);
  }
  auto item = message::copy_of(value, value_size);
  if (!item) {
    return refuse(ENOMEM);
  }
  return ch->visit([&]<class Core>(handfast::channel<Core>& ends) {
    return make_task<sending<Core>>(end, *ch, ends.tx, *std::move(item));
  });
}

CCTaskIntptr recv_task(CCChan* ch, void* out_value, std::size_t value_size, const limit& end) {
  if (!is_right(ch, out_value, value_size)) {
    return refuse(EINVAL);
  }
  return ch->visit([&]<class Core>(handfast::channel<Core>& ends) {
    return make_task<receiving<Core>>(end, *ch, ends.rx, out_value);
  });
}

// Looks first: most need not wait.
int send_within(CCChan* ch, const void* value, std::size_t value_size, const limit& end) {
  if (!is_right(ch, value, value_size)) {
    return EINVAL;
  }
  auto item = message::copy_of(value, value_size);
  if (!item) {
    return ENOMEM;
  }
  const has_channel had(*ch);
  return ch->visit([&](auto& ends) {
    auto sent = ends.tx.try_send(*std::move(item));
    if (sent || sent.error().reason != handfast::send_failure::full) {
      return settle(sent);
    }
    const keeps_context aside;
    return settle(end ? ends.tx.send_until(std::move(sent.error().item), *end)
                      : ends.tx.send(std::move(sent.error().item)));
  });
}

int recv_within(CCChan* ch, void* out_value, std::size_t value_size, const limit& end) {
  if (!is_right(ch, out_value, value_size)) {
    return EINVAL;
  }
  const has_channel had(*ch);
  return ch->visit([&](auto& ends) {
    const auto received = ends.rx.try_receive();
    if (received || received.error() != handfast::receive_failure::empty) {
      return settle(received, out_value);
    }
    const keeps_context aside;
    return settle(end ? ends.rx.receive_until(*end) : ends.rx.receive(), out_value);
  });
}

// @match ------------------------------------------------------------------------

/// A match as a task.
class matching {
 public:
  using sync = native;

  explicit matching(std::span<match_case> cases) noexcept : match_(cases) {}

  [[nodiscard]] poll_status poll(waker wakes) noexcept { return match_.poll(wakes); }
  [[nodiscard]] poll_status give_up() noexcept { return match_.give_up(); }
  [[nodiscard]] outcome result() noexcept {
    const auto [which, error] = match_.result();
    return {CC_FUTURE_READY, static_cast<std::intptr_t>(which), error};
  }
  [[nodiscard]] static outcome timed_out() noexcept { return {CC_FUTURE_READY, -1, ETIMEDOUT}; }

 private:
  match match_;
};

bool is_right(const CCMatchCase& one) {
  return (one.send == nullptr) != (one.recv == nullptr) &&
         is_right(one.ch, one.send == nullptr ? one.recv : one.send, one.value_size);
}
// Alone, it would wait for itself for ever.
bool would_meet_itself(const CCMatchCase& one, const CCMatchCase& other) {
  return one.ch == other.ch && one.ch->has_no_room() &&
         (one.send == nullptr) != (other.send == nullptr);
}
bool are_right(std::span<const CCMatchCase> cases) {
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

CCTaskIntptr match_task(const CCMatchCase* cases, std::size_t count, const limit& end) {
  if (!are_right({cases, count})) {
    return refuse(EINVAL);
  }
  auto* const made = handfast::make_array<match_case, native>(count);
  if (made == nullptr) {
    return refuse(ENOMEM);
  }
  for (std::size_t i = 0; i < count; ++i) {
    if (!made[i].prepare(cases[i])) {
      handfast::destroy_array<match_case, native>(made, count);
      return refuse(ENOMEM);
    }
  }
  const std::span all(made, count);
  auto* const whole = handfast::make_object<frame<matching>, native>(end, all);
  if (whole == nullptr) {
    handfast::destroy_array<match_case, native>(made, count);
    return refuse(ENOMEM);
  }
  if (!whole->has_time()) {
    frame<matching>::drop(whole);
    return refuse(ESHUTDOWN);
  }
  return task_over(whole);
}

int match_within(const CCMatchCase* cases, std::size_t count, const limit& end,
                 std::size_t* which) {
  if (which == nullptr) {
    return EINVAL;
  }
  *which = CC_MATCH_NONE;
  CCTaskIntptr task = match_task(cases, count, end);
  if (task.poll == nullptr) {
    return errno;
  }
  const outcome result = run_here(task);
  cc_task_intptr_drop(&task);
  if (result.status == CC_FUTURE_READY) {
    *which = static_cast<std::size_t>(result.value);
  }
  return result.error;
}

}  // namespace

// Deadlines ---------------------------------------------------------------------

CCDeadline cc_deadline_in(uint64_t nanoseconds) {
  return {native::deadline_in(nanoseconds).time_since_epoch().count()};
}

CCDeadline cc_deadline_never(void) {
  return {never};
}

int cc_deadline_expired(const CCDeadline* deadline) {
  return cc_deadline_left(deadline) == 0 ? 1 : 0;
}

uint64_t cc_deadline_left(const CCDeadline* deadline) {
  const limit end = limit_of(deadline);
  if (!end) {
    return std::numeric_limits<uint64_t>::max();
  }
  const auto now = native::clock::now();
  return now >= *end ? 0 : static_cast<uint64_t>((*end - now).count());
}

void cc_deadline_push(CCDeadlineScope* scope, CCDeadline end) {
  require(scope != nullptr, "cc_deadline_push", "the scope is NULL");
  context now = context::current();
  scope->outer = now.scope;
  scope->end = now.scope != nullptr && now.scope->end.at < end.at ? now.scope->end : end;
  now.scope = scope;
  context::make_current(now);
}

void cc_deadline_pop(CCDeadlineScope* scope) {
  context now = context::current();
  require(scope != nullptr && now.scope == scope, "cc_deadline_pop",
          "this is not the innermost scope of the calling code");
  now.scope = scope->outer;
  context::make_current(now);
}

const CCDeadline* cc_current_deadline(void) {
  const CCDeadlineScope* const innermost = context::current().scope;
  return innermost == nullptr ? nullptr : &innermost->end;
}

// Tasks -------------------------------------------------------------------------

CCTaskIntptr cc_task_intptr_make_poll(cc_task_intptr_poll_fn poll, void* frame,
                                      void (*drop)(void* frame)) {
  return {poll, nullptr, frame, drop};
}

CCTaskIntptr cc_task_intptr_make_poll_ex(cc_task_intptr_poll_fn poll, int (*wait)(void* frame),
                                         void* frame, void (*drop)(void* frame)) {
  return {poll, wait, frame, drop};
}

int cc_task_intptr_is_valid(const CCTaskIntptr* task) {
  return task != nullptr && task->poll != nullptr ? 1 : 0;
}

CCFutureStatus cc_task_intptr_poll(CCTaskIntptr* task, intptr_t* out_val, int* out_err) {
  outcome result = failed(EINVAL);
  if (cc_task_intptr_is_valid(task) != 0) {
    result = {};
    result.status = task->poll(task->frame, &result.value, &result.error);
  }
  if (out_val != nullptr) {
    *out_val = result.value;
  }
  if (out_err != nullptr) {
    *out_err = result.error;
  }
  return result.status;
}

int cc_task_intptr_wait(CCTaskIntptr* task) {
  if (cc_task_intptr_is_valid(task) == 0) {
    return EINVAL;
  }
  return task->wait == nullptr ? ENOSYS : task->wait(task->frame);
}

void cc_task_intptr_drop(CCTaskIntptr* task) {
  if (task == nullptr) {
    return;
  }
  const CCTaskIntptr dropped = std::exchange(*task, {});
  if (dropped.drop != nullptr) {
    dropped.drop(dropped.frame);
  }
}

int cc_block_on_intptr(CCTaskIntptr task, intptr_t* out) {
  outcome result = failed(EINVAL);
  if (task.poll != nullptr) {
    result = run_here(task);
    cc_task_intptr_drop(&task);
  }
  if (out != nullptr) {
    *out = result.status == CC_FUTURE_READY ? result.value : 0;
  }
  return result.error;
}

CCTaskIntptr cc_spawn_intptr(CCTaskIntptr task) {
  if (task.poll == nullptr) {
    return refuse(EINVAL);
  }
  auto* const its = handfast::make_object<driven, native>();
  if (its == nullptr) {
    return refuse(ENOMEM);
  }
  auto work = drive(owns_driven(*its));
  if (!work) {
    return refuse(ENOMEM);
  }
  CCTaskIntptr joins = make_task<joining<outcome>>(limit());
  if (joins.poll == nullptr) {
    return joins;
  }
  // From here on the work drops it, unless it comes back.
  its->take_over(task);
  auto spawned = all_services.with_crew(
      [&work](scheduler<native>& crew) { return crew.spawn(std::move(work)); });
  if (!spawned || !*spawned) {
    its->give_back();
    cc_task_intptr_drop(&joins);
    return refuse(!spawned ? spawned.error() : errno_of(spawned->error().reason));
  }
  frame_of<joining<outcome>>(joins)->what().begin(*std::move(*spawned));
  return joins;
}

int cc_task_intptr_cancel(CCTaskIntptr* task) {
  return task != nullptr && (cancel_if_joining<outcome>(*task) || cancel_if_joining<void*>(*task))
             ? 0
             : EINVAL;
}

CCTaskIntptr cc_run_blocking_task_intptr(CCClosure0 work) {
  if (work.fn == nullptr) {
    return refuse(EINVAL);
  }
  CCTaskIntptr joins = make_task<joining<void*>>(limit());
  if (joins.poll == nullptr) {
    return joins;
  }
  auto begun = all_services.with_pool(
      [&work](blocking_pool<native>& pool) { return pool.run(closure(work)); });
  if (!begun || !*begun) {
    if (begun) {
      begun->error().work.release();
    }
    cc_task_intptr_drop(&joins);
    return refuse(!begun ? begun.error() : errno_of(begun->error().reason));
  }
  frame_of<joining<void*>>(joins)->what().begin(*std::move(*begun));
  return joins;
}

CCWaker* cc_waker_current(void) {
  poller* const by = context::current().polls;
  CCWaker* const its = by == nullptr ? nullptr : by->handle();
  if (its == nullptr) {
    errno = ENOMEM;
    return nullptr;
  }
  return its->keep();
}

void cc_waker_wake(CCWaker* waker) {
  require(waker != nullptr, "cc_waker_wake", "the waker is NULL");
  waker->wake();
}

void cc_waker_drop(CCWaker* waker) {
  if (waker != nullptr) {
    waker->let_go();
  }
}

void cc_wake_current(void) {
  if (poller* const by = context::current().polls) {
    if (CCWaker* const its = by->handle()) {
      its->wake();
    }
  }
}

// Channels ----------------------------------------------------------------------

CCChan* cc_chan_create(size_t capacity, size_t elem_size) {
  if (elem_size == 0) {
    errno = EINVAL;
    return nullptr;
  }
  const auto make = [elem_size](auto made) -> CCChan* {
    if (!made) {
      errno = errno_of(made.error());
      return nullptr;
    }
    CCChan* const ch = handfast::make_object<CCChan, native>(*std::move(made), elem_size);
    if (ch == nullptr) {
      errno = ENOMEM;
    }
    return ch;
  };
  return capacity == 0 ? make(handfast::try_make_channel_of<meeting>())
                       : make(handfast::try_make_channel_of<ring>(capacity));
}

int cc_chan_close(CCChan* ch) {
  if (ch == nullptr) {
    return EINVAL;
  }
  const has_channel had(*ch);
  return ch->visit([](auto& ends) {
    return ends.tx.close() == handfast::close_outcome::closed_now ? 0 : EALREADY;
  });
}

void cc_chan_free(CCChan* ch) {
  if (ch != nullptr) {
    std::ignore = cc_chan_close(ch);
    ch->let_go();
  }
}

int cc_chan_send(CCChan* ch, const void* value, size_t value_size) {
  return send_within(ch, value, value_size, current_limit());
}

int cc_chan_recv(CCChan* ch, void* out_value, size_t value_size) {
  return recv_within(ch, out_value, value_size, current_limit());
}

int cc_chan_try_send(CCChan* ch, const void* value, size_t value_size) {
  if (!is_right(ch, value, value_size)) {
    return EINVAL;
  }
  auto item = message::copy_of(value, value_size);
  if (!item) {
    return ENOMEM;
  }
  const has_channel had(*ch);
  return ch->visit([&](auto& ends) { return settle(ends.tx.try_send(*std::move(item))); });
}

int cc_chan_try_recv(CCChan* ch, void* out_value, size_t value_size) {
  if (!is_right(ch, out_value, value_size)) {
    return EINVAL;
  }
  const has_channel had(*ch);
  return ch->visit([&](auto& ends) { return settle(ends.rx.try_receive(), out_value); });
}

int cc_chan_timed_send(CCChan* ch, const void* value, size_t value_size,
                       const CCDeadline* deadline) {
  return send_within(ch, value, value_size, limit_of(deadline));
}

int cc_chan_timed_recv(CCChan* ch, void* out_value, size_t value_size, const CCDeadline* deadline) {
  return recv_within(ch, out_value, value_size, limit_of(deadline));
}

CCTaskIntptr cc_chan_send_task(CCChan* ch, const void* value, size_t value_size) {
  return send_task(ch, value, value_size, current_limit());
}

CCTaskIntptr cc_chan_recv_task(CCChan* ch, void* out_value, size_t value_size) {
  return recv_task(ch, out_value, value_size, current_limit());
}

CCTaskIntptr cc_chan_send_task_deadline(CCChan* ch, const void* value, size_t value_size,
                                        const CCDeadline* deadline) {
  return send_task(ch, value, value_size, limit_of(deadline));
}

CCTaskIntptr cc_chan_recv_task_deadline(CCChan* ch, void* out_value, size_t value_size,
                                        const CCDeadline* deadline) {
  return recv_task(ch, out_value, value_size, limit_of(deadline));
}

// @match ------------------------------------------------------------------------

int cc_match(const CCMatchCase* cases, size_t count, size_t* which) {
  return match_within(cases, count, current_limit(), which);
}

int cc_match_try(const CCMatchCase* cases, size_t count, size_t* which) {
  if (which == nullptr) {
    return EINVAL;
  }
  *which = CC_MATCH_NONE;
  CCTaskIntptr task = match_task(cases, count, limit());
  if (task.poll == nullptr) {
    return errno;
  }
  auto& whole = *frame_of<matching>(task);
  int error = EAGAIN;
  if (whole.look()) {
    *which = static_cast<size_t>(whole.result().value);
    error = whole.result().error;
  }
  cc_task_intptr_drop(&task);
  return error;
}

int cc_match_timed(const CCMatchCase* cases, size_t count, const CCDeadline* deadline,
                   size_t* which) {
  return match_within(cases, count, limit_of(deadline), which);
}

CCTaskIntptr cc_match_task(const CCMatchCase* cases, size_t count) {
  return match_task(cases, count, current_limit());
}

CCTaskIntptr cc_match_task_deadline(const CCMatchCase* cases, size_t count,
                                    const CCDeadline* deadline) {
  return match_task(cases, count, limit_of(deadline));
}

// The runtime -------------------------------------------------------------------

int cc_runtime_start(unsigned workers) {
  return all_services.start(workers);
}

int cc_runtime_stop(const CCDeadline* deadline) {
  return all_services.stop(limit_of(deadline));
}
