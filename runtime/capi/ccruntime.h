/* ccruntime: channels, tasks and deadlines for what a CC compiler emits (seed document 002).
 *
 * A channel carries values of one size, which are copied in and out. Each operation comes in four
 * forms: one that blocks, one that never waits, one that waits until a deadline, and one that
 * gives a task, for `await`. Tasks are polled to their end: by cc_block_on_intptr on the calling
 * thread, by cc_spawn_intptr on the runtime's workers, or by another task that awaits them.
 * Nothing sleeps to wait and nothing polls in a loop: who waits is on the channel's own list, and
 * is woken. Blocking forms may be called anywhere: on a worker the call goes aside with its stack
 * and the worker runs other tasks, so the call may return on another thread.
 *
 * Errors are errno values, and 0 is success: EPIPE, the channel is closed (and, for a receive,
 * drained); EAGAIN, it would have to wait; ETIMEDOUT; EINVAL, a null pointer or a size that is not
 * the channel's, and nothing was done; ENOMEM. Misuse that a call has no way to report stops the
 * program with one line on stderr that names the call. Nothing is thrown.
 *
 * Any thread may call any function, several at once, unless it says otherwise. After a fork the
 * child has none of the runtime's threads: it does not use it.
 */
#ifndef HANDFAST_CAPI_CCRUNTIME_H
#define HANDFAST_CAPI_CCRUNTIME_H

#include <stddef.h>
#include <stdint.h>

/* These are all that the shared library has to offer. */
#pragma GCC visibility push(default)

#ifdef __cplusplus
extern "C" {
#endif

/* Deadlines ------------------------------------------------------------------------------- */

/* A moment of the monotonic clock, in nanoseconds; a plain value. INT64_MAX never comes. */
typedef struct CCDeadline {
  int64_t at;
} CCDeadline;

/* The moment that long from now; the one that never comes where there is no such. */
CCDeadline cc_deadline_in(uint64_t nanoseconds);
CCDeadline cc_deadline_never(void);
/* Whether it has come: 1 or 0. NULL never does. */
int cc_deadline_expired(const CCDeadline* deadline);
/* The nanoseconds until it comes; 0 once it has, UINT64_MAX where it never does, and for NULL. */
uint64_t cc_deadline_left(const CCDeadline* deadline);

/* A region of code that has a deadline (`with_deadline`). Its memory is the caller's; the fields
 * are the library's. */
typedef struct CCDeadlineScope {
  CCDeadline end;
  const struct CCDeadlineScope* outer;
} CCDeadlineScope;

/* Until the pop, the calling code has this deadline, or the one that it has already if that comes
 * first. It bounds the blocking channel calls and matches, and the tasks that are made meanwhile
 * (their value: such a task may outlive the scope). A task's poll function pops what it has pushed
 * before it returns, also where it returns pending; it pushes again in its next poll. Tasks that
 * are spawned begin without a deadline. */
void cc_deadline_push(CCDeadlineScope* scope, CCDeadline end);
/* Ends the innermost scope, which must be this one. */
void cc_deadline_pop(CCDeadlineScope* scope);
/* The calling code's deadline; NULL: it has none. Good until the scope is popped. */
const CCDeadline* cc_current_deadline(void);

/* Tasks ----------------------------------------------------------------------------------- */

/* What a poll says. */
typedef enum CCFutureStatus {
  CC_FUTURE_PENDING = 0, /* not yet; whoever polls is woken when it is worth while to poll again */
  CC_FUTURE_READY = 1, /* over: *out_val is the result, *out_err an errno value that goes with it */
  CC_FUTURE_ERR = 2    /* over, without a result: *out_err says why */
} CCFutureStatus;

/* A task: something to poll. It owns `frame`, and has one owner, who drops it once; copying the
 * struct hands it on. All zeros is the invalid task, which functions give where they fail, with
 * errno set. One thread at a time polls, waits for or drops a task.
 *
 *   poll  goes on as far as it can without waiting. It is given neither pointer as NULL by this
 *         library. Once it has said that it is over it is not polled again.
 *   wait  NULL, or blocks until it is worth while to poll; 0, or an errno value for which whoever
 *         polls gives up. It is used for tasks that wake nobody (below).
 *   drop  NULL, or frees the frame, of a task that is over and of one that is not. */
typedef CCFutureStatus (*cc_task_intptr_poll_fn)(void* frame, intptr_t* out_val, int* out_err);
typedef struct CCTaskIntptr {
  cc_task_intptr_poll_fn poll;
  int (*wait)(void* frame);
  void* frame;
  void (*drop)(void* frame);
} CCTaskIntptr;

/* A task from its parts. */
CCTaskIntptr cc_task_intptr_make_poll(cc_task_intptr_poll_fn poll, void* frame,
                                      void (*drop)(void* frame));
CCTaskIntptr cc_task_intptr_make_poll_ex(cc_task_intptr_poll_fn poll, int (*wait)(void* frame),
                                         void* frame, void (*drop)(void* frame));
/* Whether it is a task: 1 or 0. */
int cc_task_intptr_is_valid(const CCTaskIntptr* task);

/* Polls it once; either pointer may be NULL. A poll function that calls this passes on its own
 * poller: who is woken by the inner task polls the outer one. Called by nobody's poll, it is a
 * look: a pending channel task then waits nowhere, and is polled again when the caller likes.
 * CC_FUTURE_ERR with EINVAL for the invalid task. Blocks only if the task's own code does. */
CCFutureStatus cc_task_intptr_poll(CCTaskIntptr* task, intptr_t* out_val, int* out_err);
/* Calls the task's `wait`. Channel tasks, matches, spawned tasks and blocking calls have one, after
 * which the next poll says that they are over. ENOSYS where there is none, EINVAL for the invalid
 * task. Blocks. */
int cc_task_intptr_wait(CCTaskIntptr* task);
/* Drops it and makes it the invalid task, which may be dropped too. A channel task or match that is
 * not over takes its part back: a receive leaves its item in the channel, a send has not sent, or
 * else it is done. A spawned task runs on, and so does a blocking call. */
void cc_task_intptr_drop(CCTaskIntptr* task);

/* Polls it to its end, asleep in between, and drops it. *out, if it is not NULL, is the result, or
 * 0 where there is none; returned is what the last poll put into *out_err. EINVAL for the invalid
 * task. EDEADLK where it is pending, wakes nobody and has no `wait`. Blocks. */
int cc_block_on_intptr(CCTaskIntptr task, intptr_t* out);

/* Has the runtime's workers run it, and takes it over; what comes back is ready when it is over,
 * with the same result. Where it cannot be, the invalid task with errno EINVAL, ENOMEM or ESHUTDOWN
 * comes back, and `task` is still the caller's. Does not block. */
CCTaskIntptr cc_spawn_intptr(CCTaskIntptr task);
/* Asks a spawned task, or a blocking call that has not begun, to end: it is dropped when it is
 * pending next, and its joiner is told CC_FUTURE_ERR with ECANCELED, unless it was over before.
 * 0; EINVAL for other tasks. Does not block. */
int cc_task_intptr_cancel(CCTaskIntptr* task);

/* A callable with what it has captured. */
typedef struct CCClosure0 {
  void* (*fn)(void* env);
  void* env;
  void (*drop)(void* env); /* NULL, or called once, when the closure is done with */
} CCClosure0;

/* Calls it on a thread where it may block in the system, and drops it; begins at once. The task is
 * ready when the call has returned, with what it returned. Where there is no such thread, the
 * invalid task with errno ENOMEM, ESHUTDOWN or EINVAL comes back, and the closure is still the
 * caller's. Does not block. */
CCTaskIntptr cc_run_blocking_task_intptr(CCClosure0 work);

/* Wakers: for tasks that wait for something else than this library's. Before a poll function says
 * CC_FUTURE_PENDING it sees to being polled again: it has polled a task of this library's, or
 * another that did as much, in this poll or an earlier one; or it has kept the current waker for
 * whoever is to wake it; or it has called cc_wake_current; or its task has a `wait`. */
typedef struct CCWaker CCWaker;

/* Whoever polls the calling code, to be woken from any thread until it is dropped, once each; NULL
 * outside of polls, and with errno ENOMEM. */
CCWaker* cc_waker_current(void);
/* Has the task polled again. Nothing happens where it is over. Does not block. */
void cc_waker_wake(CCWaker* waker);
void cc_waker_drop(CCWaker* waker);
/* Wakes whoever polls the calling code: pending, it lets others run and goes on. Outside of polls:
 * nothing. */
void cc_wake_current(void);

/* Channels -------------------------------------------------------------------------------- */

typedef struct CCChan CCChan;

/* The ends, as the compiler types them; both are the channel. */
typedef struct CCChanTx {
  CCChan* raw;
} CCChanTx;
typedef struct CCChanRx {
  CCChan* raw;
} CCChanRx;

/* A channel of `capacity` values of `elem_size` bytes each. With a capacity of 0 a send succeeds
 * only when a receive has its value. NULL with errno EINVAL (a size of 0), EOVERFLOW or ENOMEM. */
CCChan* cc_chan_create(size_t capacity, size_t elem_size);
/* Closes it to sends and wakes all who wait; what it holds can still be received. 0; EALREADY where
 * it was closed; EINVAL. */
int cc_chan_close(CCChan* ch);
/* Closes it and lets go of it. What is in it is forgotten: values that own something are received
 * before. Calls and tasks that still have it end, with EPIPE once nothing is left; the last of them
 * frees it. No further call may begin. NULL: nothing. */
void cc_chan_free(CCChan* ch);

/* Copies the value in; the oldest out. Wait as long as it takes, or until the current deadline.
 * 0, EPIPE, ETIMEDOUT, EINVAL, ENOMEM (a send of more than 64 bytes). */
int cc_chan_send(CCChan* ch, const void* value, size_t value_size);
int cc_chan_recv(CCChan* ch, void* out_value, size_t value_size);
/* Do not wait. 0, EAGAIN, EPIPE, EINVAL, ENOMEM. */
int cc_chan_try_send(CCChan* ch, const void* value, size_t value_size);
int cc_chan_try_recv(CCChan* ch, void* out_value, size_t value_size);
/* Wait until `deadline`, whatever the current one is; NULL: as long as it takes. One that has come
 * makes them a look that says ETIMEDOUT. */
int cc_chan_timed_send(CCChan* ch, const void* value, size_t value_size,
                       const CCDeadline* deadline);
int cc_chan_timed_recv(CCChan* ch, void* out_value, size_t value_size, const CCDeadline* deadline);

/* The same as tasks: the result and *out_err are the errno value, 0, EPIPE or ETIMEDOUT. The value
 * to send is copied at once, and needs not outlive the call; `out_value` outlives the task, and is
 * written by the poll that says ready with 0. The channel may be freed meanwhile. The deadline is
 * the current one when the task is made, or `deadline`; NULL: none. The invalid task with errno
 * EINVAL, ENOMEM or ESHUTDOWN where there is none. Do not block. */
CCTaskIntptr cc_chan_send_task(CCChan* ch, const void* value, size_t value_size);
CCTaskIntptr cc_chan_recv_task(CCChan* ch, void* out_value, size_t value_size);
CCTaskIntptr cc_chan_send_task_deadline(CCChan* ch, const void* value, size_t value_size,
                                        const CCDeadline* deadline);
CCTaskIntptr cc_chan_recv_task_deadline(CCChan* ch, void* out_value, size_t value_size,
                                        const CCDeadline* deadline);

/* @match ---------------------------------------------------------------------------------- */

/* One case: a send of what `send` points to, or a receive into what `recv` points to; the other is
 * NULL. */
typedef struct CCMatchCase {
  CCChan* ch;
  const void* send;
  void* recv;
  size_t value_size;
} CCMatchCase;

enum { CC_MATCH_MOST = 64 };
/* In place of a case's number: none was done. */
#define CC_MATCH_NONE ((size_t)-1)

/* Does exactly one of the cases, which is drawn without bias where several can be done; the others
 * have done nothing. A closed channel is something that can be done. *which is the case, and
 * returned is how it went: 0 or EPIPE. Else *which is CC_MATCH_NONE, and returned EINVAL (no case,
 * more than CC_MATCH_MOST, a wrong one, `which` is NULL; or one channel of capacity 0 in a send and
 * in a receive), ENOMEM, or
 *   cc_match        ETIMEDOUT: the current deadline came. Blocks.
 *   cc_match_try    EAGAIN: none can be done without waiting (a match with a default).
 *   cc_match_timed  ETIMEDOUT: `deadline` came; NULL never does. Blocks. */
int cc_match(const CCMatchCase* cases, size_t count, size_t* which);
int cc_match_try(const CCMatchCase* cases, size_t count, size_t* which);
int cc_match_timed(const CCMatchCase* cases, size_t count, const CCDeadline* deadline,
                   size_t* which);

/* The same as a task: the result is the case's number, *out_err how it went; at the deadline -1
 * and ETIMEDOUT. The cases, and what they send, are copied at once; what they receive into
 * outlives the task. Deadlines and failures as for channel tasks. Do not block. */
CCTaskIntptr cc_match_task(const CCMatchCase* cases, size_t count);
CCTaskIntptr cc_match_task_deadline(const CCMatchCase* cases, size_t count,
                                    const CCDeadline* deadline);

/* The runtime ----------------------------------------------------------------------------- */

/* It begins by itself with the first task that is spawned, with as many workers as can run at once;
 * or by this, with so many. 0; EALREADY; ESHUTDOWN once it has been stopped. */
int cc_runtime_start(unsigned workers);
/* Takes no more tasks from outside, runs what was spawned to its end (until `deadline`; NULL: as
 * long as it takes) and ends the runtime's threads; the rest is cancelled. 0; ETIMEDOUT where there
 * was a rest; EALREADY; EDEADLK when it is called by a task or a blocking call. Channels and tasks
 * that are polled by their owners go on working. The end of the program does it by itself, without
 * a deadline. Blocks. */
int cc_runtime_stop(const CCDeadline* deadline);

#ifdef __cplusplus
}
#endif

#pragma GCC visibility pop

#endif /* HANDFAST_CAPI_CCRUNTIME_H */
