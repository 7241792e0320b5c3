#include <handfast/capi/ccruntime.h>

#include <handfast/capi/ccruntime_calls.hpp>
#include <handfast/sync/native.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdlib>

using namespace handfast::cc;  // NOLINT(google-build-using-namespace): this library's own

namespace {

using handfast::native;
using calls = runtime<native>;

bool ends_with_program() noexcept;

constinit calls program(ends_with_program);

bool ends_with_program() noexcept {
  return std::atexit([] { program.end(); }) == 0;
}

calls::limit limit_of_call(const CCDeadline* deadline) noexcept {
  return limit_of<native>(deadline);
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
  return calls::deadline_left(deadline);
}

void cc_deadline_push(CCDeadlineScope* scope, CCDeadline end) {
  calls::deadline_push(scope, end);
}

void cc_deadline_pop(CCDeadlineScope* scope) {
  calls::deadline_pop(scope);
}

const CCDeadline* cc_current_deadline(void) {
  return current_deadline<native>();
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
  if (task != nullptr) {
    drop_task(*task);
  }
}

int cc_block_on_intptr(CCTaskIntptr task, intptr_t* out) {
  return calls::block_on(task, out);
}

CCTaskIntptr cc_spawn_intptr(CCTaskIntptr task) {
  return program.spawn(task);
}

int cc_task_intptr_cancel(CCTaskIntptr* task) {
  return calls::cancel(task);
}

CCTaskIntptr cc_run_blocking_task_intptr(CCClosure0 work) {
  return program.run_blocking(work);
}

CCWaker* cc_waker_current(void) {
  return calls::waker_current();
}

void cc_waker_wake(CCWaker* waker) {
  calls::waker_wake(waker);
}

void cc_waker_drop(CCWaker* waker) {
  calls::waker_drop(waker);
}

void cc_wake_current(void) {
  calls::wake_current();
}

// Channels ----------------------------------------------------------------------

CCChan* cc_chan_create(size_t capacity, size_t elem_size) {
  return calls::chan_create(capacity, elem_size);
}

int cc_chan_close(CCChan* ch) {
  return calls::chan_close(ch);
}

void cc_chan_free(CCChan* ch) {
  calls::chan_free(ch);
}

int cc_chan_send(CCChan* ch, const void* value, size_t value_size) {
  return calls::chan_send(ch, value, value_size, calls::current_limit());
}

int cc_chan_recv(CCChan* ch, void* out_value, size_t value_size) {
  return calls::chan_recv(ch, out_value, value_size, calls::current_limit());
}

int cc_chan_try_send(CCChan* ch, const void* value, size_t value_size) {
  return calls::chan_try_send(ch, value, value_size);
}

int cc_chan_try_recv(CCChan* ch, void* out_value, size_t value_size) {
  return calls::chan_try_recv(ch, out_value, value_size);
}

int cc_chan_timed_send(CCChan* ch, const void* value, size_t value_size,
                       const CCDeadline* deadline) {
  return calls::chan_send(ch, value, value_size, limit_of_call(deadline));
}

int cc_chan_timed_recv(CCChan* ch, void* out_value, size_t value_size, const CCDeadline* deadline) {
  return calls::chan_recv(ch, out_value, value_size, limit_of_call(deadline));
}

CCTaskIntptr cc_chan_send_task(CCChan* ch, const void* value, size_t value_size) {
  return program.chan_send_task(ch, value, value_size, calls::current_limit());
}

CCTaskIntptr cc_chan_recv_task(CCChan* ch, void* out_value, size_t value_size) {
  return program.chan_recv_task(ch, out_value, value_size, calls::current_limit());
}

CCTaskIntptr cc_chan_send_task_deadline(CCChan* ch, const void* value, size_t value_size,
                                        const CCDeadline* deadline) {
  return program.chan_send_task(ch, value, value_size, limit_of_call(deadline));
}

CCTaskIntptr cc_chan_recv_task_deadline(CCChan* ch, void* out_value, size_t value_size,
                                        const CCDeadline* deadline) {
  return program.chan_recv_task(ch, out_value, value_size, limit_of_call(deadline));
}

// @match ------------------------------------------------------------------------

int cc_match(const CCMatchCase* cases, size_t count, size_t* which) {
  return program.match(cases, count, calls::current_limit(), which);
}

int cc_match_try(const CCMatchCase* cases, size_t count, size_t* which) {
  return program.match_try(cases, count, which);
}

int cc_match_timed(const CCMatchCase* cases, size_t count, const CCDeadline* deadline,
                   size_t* which) {
  return program.match(cases, count, limit_of_call(deadline), which);
}

CCTaskIntptr cc_match_task(const CCMatchCase* cases, size_t count) {
  return program.match_task(cases, count, calls::current_limit());
}

CCTaskIntptr cc_match_task_deadline(const CCMatchCase* cases, size_t count,
                                    const CCDeadline* deadline) {
  return program.match_task(cases, count, limit_of_call(deadline));
}

// The runtime -------------------------------------------------------------------

int cc_runtime_start(unsigned workers) {
  return program.start(workers);
}

int cc_runtime_stop(const CCDeadline* deadline) {
  return program.stop(deadline);
}
