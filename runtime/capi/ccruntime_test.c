/* The C ABI, from C. Each check prints its line when it fails; the exit status
 * is the number of failures. */
#define _POSIX_C_SOURCE 200809L

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <handfast/capi/ccruntime.h>

#include "capi_test.h"

/* A long time from now, for what comes before. */
static const uint64_t long_time = UINT64_C(3600000000000);

static CCDeadline past(void) {
  return cc_deadline_in(0);
}

/* Polls without a poller: a look. */
static CCFutureStatus look(CCTaskIntptr* task) {
  return cc_task_intptr_poll(task, NULL, NULL);
}

static void* on_thread(pthread_t* thread, void* (*body)(void*), void* argument) {
  if (pthread_create(thread, NULL, body, argument) != 0) {
    abort();
  }
  return argument;
}

/* Deadlines --------------------------------------------------------------- */

static void deadlines_come_and_nest(void) {
  CCDeadline soon = past();
  CCDeadline later = cc_deadline_in(long_time);
  CCDeadline latest = cc_deadline_never();
  CHECK(cc_deadline_expired(&soon) && cc_deadline_left(&soon) == 0);
  CHECK(!cc_deadline_expired(&later) && cc_deadline_left(&later) <= long_time);
  CHECK(cc_deadline_left(&later) > 0);
  CHECK(!cc_deadline_expired(&latest) && cc_deadline_left(&latest) == UINT64_MAX);
  CHECK(!cc_deadline_expired(NULL) && cc_deadline_left(NULL) == UINT64_MAX);
  const CCDeadline overflows = cc_deadline_in(UINT64_MAX);
  CHECK(overflows.at == latest.at);

  CHECK(cc_current_deadline() == NULL);
  CCDeadlineScope outer;
  cc_deadline_push(&outer, later);
  CHECK(cc_current_deadline()->at == later.at);
  CCDeadlineScope inner;
  cc_deadline_push(&inner, soon);
  CHECK(cc_current_deadline()->at == soon.at);
  CCDeadlineScope innermost; /* no scope lasts longer than the one around it */
  cc_deadline_push(&innermost, latest);
  CHECK(cc_current_deadline()->at == soon.at);
  cc_deadline_pop(&innermost);
  cc_deadline_pop(&inner);
  CHECK(cc_current_deadline()->at == later.at);
  cc_deadline_pop(&outer);
  CHECK(cc_current_deadline() == NULL);
}

/* Channels ---------------------------------------------------------------- */

static void channels_that_cannot_be_are_refused(void) {
  errno = 0;
  CHECK(cc_chan_create(4, 0) == NULL && errno == EINVAL);
  errno = 0;
  CHECK(cc_chan_create(SIZE_MAX, 1) == NULL && errno == EOVERFLOW);
}

static void wrong_arguments_are_invalid(void) {
  CCChan* ch = cc_chan_create(1, sizeof(int));
  int value = 1;
  const CCDeadline end = cc_deadline_never();
  CHECK(cc_chan_send(NULL, &value, sizeof value) == EINVAL);
  CHECK(cc_chan_send(ch, NULL, sizeof value) == EINVAL);
  CHECK(cc_chan_send(ch, &value, 1) == EINVAL);
  CHECK(cc_chan_recv(ch, &value, 0) == EINVAL);
  CHECK(cc_chan_try_send(ch, &value, 8) == EINVAL);
  CHECK(cc_chan_try_recv(NULL, &value, sizeof value) == EINVAL);
  CHECK(cc_chan_timed_send(ch, NULL, sizeof value, &end) == EINVAL);
  CHECK(cc_chan_timed_recv(ch, NULL, sizeof value, &end) == EINVAL);
  CHECK(cc_chan_close(NULL) == EINVAL);
  errno = 0;
  CCTaskIntptr none = cc_chan_send_task(ch, &value, 1);
  CHECK(!cc_task_intptr_is_valid(&none) && errno == EINVAL);
  errno = 0;
  none = cc_chan_recv_task(NULL, &value, sizeof value);
  CHECK(!cc_task_intptr_is_valid(&none) && errno == EINVAL);
  none = cc_chan_send_task_deadline(ch, NULL, sizeof value, &end);
  CHECK(!cc_task_intptr_is_valid(&none));
  none = cc_chan_recv_task_deadline(ch, NULL, sizeof value, NULL);
  CHECK(!cc_task_intptr_is_valid(&none));
  int error = 0;
  CHECK(cc_task_intptr_poll(&none, NULL, &error) == CC_FUTURE_ERR && error == EINVAL);
  CHECK(cc_task_intptr_wait(&none) == EINVAL);
  CHECK(cc_task_intptr_cancel(&none) == EINVAL && cc_task_intptr_cancel(NULL) == EINVAL);
  CHECK(cc_block_on_intptr(none, NULL) == EINVAL);
  CHECK(!cc_task_intptr_is_valid(NULL));
  cc_task_intptr_drop(&none);
  cc_task_intptr_drop(NULL);
  errno = 0;
  none = cc_spawn_intptr(none);
  CHECK(!cc_task_intptr_is_valid(&none) && errno == EINVAL);
  none = cc_run_blocking_task_intptr((CCClosure0){NULL, NULL, NULL});
  CHECK(!cc_task_intptr_is_valid(&none));
  size_t which = 0;
  CHECK(cc_match(NULL, 1, &which) == EINVAL && which == CC_MATCH_NONE);
  CCMatchCase both = {ch, &value, &value, sizeof value};
  CHECK(cc_match_try(&both, 1, &which) == EINVAL);
  both.send = NULL;
  CHECK(cc_match_try(&both, 0, &which) == EINVAL);
  CHECK(cc_match_try(&both, CC_MATCH_MOST + 1, &which) == EINVAL);
  CHECK(cc_match_try(&both, 1, NULL) == EINVAL && cc_match(&both, 1, NULL) == EINVAL);
  CCChan* meeting = cc_chan_create(0, sizeof(int));
  const CCMatchCase with_itself[] = {{meeting, &value, NULL, sizeof value},
                                     {meeting, NULL, &value, sizeof value}};
  CHECK(cc_match_try(with_itself, 2, &which) == EINVAL);
  cc_chan_free(meeting);
  cc_chan_free(ch);
  cc_chan_free(NULL);
}

static void each_form_says_how_it_went(void) {
  CCChan* ch = cc_chan_create(1, sizeof(int));
  const CCDeadline gone = past();
  int value = 0;
  CHECK(cc_chan_try_recv(ch, &value, sizeof value) == EAGAIN);
  CHECK(cc_chan_timed_recv(ch, &value, sizeof value, &gone) == ETIMEDOUT);
  value = 7;
  CHECK(cc_chan_send(ch, &value, sizeof value) == 0);
  CHECK(cc_chan_try_send(ch, &value, sizeof value) == EAGAIN);
  CHECK(cc_chan_timed_send(ch, &value, sizeof value, &gone) == ETIMEDOUT);
  CCDeadlineScope scope;
  cc_deadline_push(&scope, gone);
  CHECK(cc_chan_send(ch, &value, sizeof value) == ETIMEDOUT);
  CHECK(cc_chan_recv(ch, &value, sizeof value) == 0 && value == 7); /* it need not wait */
  CHECK(cc_chan_recv(ch, &value, sizeof value) == ETIMEDOUT);
  cc_deadline_pop(&scope);
  value = 8;
  CHECK(cc_chan_timed_send(ch, &value, sizeof value, NULL) == 0);
  value = 0;
  CHECK(cc_chan_close(ch) == 0 && cc_chan_close(ch) == EALREADY);
  CHECK(cc_chan_send(ch, &value, sizeof value) == EPIPE);
  CHECK(cc_chan_try_send(ch, &value, sizeof value) == EPIPE);
  CHECK(cc_chan_timed_recv(ch, &value, sizeof value, NULL) == 0 && value == 8);
  CHECK(cc_chan_recv(ch, &value, sizeof value) == EPIPE);
  CHECK(cc_chan_try_recv(ch, &value, sizeof value) == EPIPE);
  CHECK(cc_chan_timed_recv(ch, &value, sizeof value, &gone) == EPIPE);
  cc_chan_free(ch);
}

static void values_keep_every_byte(void) {
  for (size_t size = 1; size < 300; size += 7) {
    unsigned char sent[300];
    unsigned char received[300];
    CCChan* ch = cc_chan_create(2, size);
    for (unsigned round = 0; round < 4; ++round) {
      memset(received, 0, sizeof received);
      for (size_t i = 0; i < size; ++i) {
        sent[i] = (unsigned char)(i * 31 + round + 1);
      }
      if (round % 2 == 0) {
        CHECK(cc_chan_send(ch, sent, size) == 0);
        CHECK(cc_block_on_intptr(cc_chan_recv_task(ch, received, size), NULL) == 0);
      } else {
        CHECK(cc_block_on_intptr(cc_chan_send_task(ch, sent, size), NULL) == 0);
        CHECK(cc_chan_recv(ch, received, size) == 0);
      }
      CHECK(memcmp(sent, received, size) == 0);
    }
    /* One stays in the channel, and one in a task: both are freed. */
    CHECK(cc_chan_send(ch, sent, size) == 0 && cc_chan_send(ch, sent, size) == 0);
    CCTaskIntptr late = cc_chan_send_task(ch, sent, size);
    CHECK(look(&late) == CC_FUTURE_PENDING);
    cc_task_intptr_drop(&late);
    cc_chan_free(ch);
  }
}

enum { threads_a_side = 2, values_each = 1000 };

static void* send_values(void* ch) {
  for (int i = 1; i <= values_each; ++i) {
    CHECK(cc_chan_send(ch, &i, sizeof i) == 0);
  }
  return NULL;
}

static void* sum_values(void* ch) {
  long* sum = calloc(1, sizeof *sum);
  for (int value = 0; cc_chan_recv(ch, &value, sizeof value) == 0;) {
    *sum += value;
  }
  return sum;
}

static void threads_hand_over_everything(size_t capacity) {
  CCChan* ch = cc_chan_create(capacity, sizeof(int));
  pthread_t senders[threads_a_side];
  pthread_t receivers[threads_a_side];
  for (int i = 0; i < threads_a_side; ++i) {
    on_thread(&senders[i], send_values, ch);
    on_thread(&receivers[i], sum_values, ch);
  }
  for (int i = 0; i < threads_a_side; ++i) {
    pthread_join(senders[i], NULL);
  }
  cc_chan_close(ch);
  long total = 0;
  for (int i = 0; i < threads_a_side; ++i) {
    void* sum = NULL;
    pthread_join(receivers[i], &sum);
    total += *(long*)sum;
    free(sum);
  }
  CHECK(total == (long)threads_a_side * values_each * (values_each + 1) / 2);
  cc_chan_free(ch);
}

static void* receive_until_closed(void* ch) {
  int value = 0;
  while (cc_chan_recv(ch, &value, sizeof value) == 0) {
  }
  return NULL;
}

static void freeing_a_channel_wakes_who_waits_in_it(void) {
  CCChan* ch = cc_chan_create(1, sizeof(int));
  CCChan* other = cc_chan_create(1, sizeof(int));
  int value = 1;
  CCTaskIntptr task = cc_chan_recv_task(ch, &value, sizeof value);
  CHECK(look(&task) == CC_FUTURE_PENDING);
  cc_chan_free(ch);
  CHECK(cc_block_on_intptr(task, NULL) == EPIPE);

  pthread_t thread;
  on_thread(&thread, receive_until_closed, other);
  CHECK(cc_chan_send(other, &value, sizeof value) == 0);
  cc_chan_close(other);
  pthread_join(thread, NULL);
  cc_chan_free(other);
}

/* Channel tasks ----------------------------------------------------------- */

static void a_task_says_again_what_came_of_it(void) {
  CCChan* ch = cc_chan_create(1, sizeof(int));
  int value = 5;
  CCTaskIntptr send = cc_chan_send_task(ch, &value, sizeof value);
  value = 0; /* it has its own */
  intptr_t result = -1;
  int error = -1;
  CHECK(cc_task_intptr_poll(&send, &result, &error) == CC_FUTURE_READY);
  CHECK(result == 0 && error == 0);
  CHECK(look(&send) == CC_FUTURE_READY);
  cc_task_intptr_drop(&send);
  CHECK(!cc_task_intptr_is_valid(&send));

  CCTaskIntptr receive = cc_chan_recv_task(ch, &value, sizeof value);
  CHECK(look(&receive) == CC_FUTURE_READY && value == 5);
  cc_task_intptr_drop(&receive);
  receive = cc_chan_recv_task(ch, &value, sizeof value);
  CHECK(look(&receive) == CC_FUTURE_PENDING);
  CHECK(look(&receive) == CC_FUTURE_PENDING);
  cc_chan_close(ch);
  CHECK(cc_task_intptr_poll(&receive, &result, &error) == CC_FUTURE_READY);
  CHECK(result == EPIPE && error == EPIPE);
  cc_task_intptr_drop(&receive);
  CHECK(cc_block_on_intptr(cc_chan_send_task(ch, &value, sizeof value), &result) == EPIPE);
  CHECK(result == EPIPE);
  cc_chan_free(ch);
}

static void deadlines_end_tasks(void) {
  CCChan* ch = cc_chan_create(1, sizeof(int));
  const CCDeadline gone = past();
  const CCDeadline far = cc_deadline_in(long_time);
  int value = 3;
  intptr_t result = 0;
  /* One that has come, seen by a look, and by who would wait. */
  CCTaskIntptr late = cc_chan_recv_task_deadline(ch, &value, sizeof value, &gone);
  CHECK(cc_task_intptr_poll(&late, &result, NULL) == CC_FUTURE_READY && result == ETIMEDOUT);
  cc_task_intptr_drop(&late);
  CHECK(cc_block_on_intptr(cc_chan_recv_task_deadline(ch, &value, sizeof value, &gone), NULL) ==
        ETIMEDOUT);
  /* One that comes while it waits. */
  const CCDeadline soon = cc_deadline_in(200000);
  CHECK(cc_block_on_intptr(cc_chan_recv_task_deadline(ch, &value, sizeof value, &soon), NULL) ==
        ETIMEDOUT);
  CHECK(cc_deadline_expired(&soon));
  /* What can be done is done, however late. */
  CHECK(cc_block_on_intptr(cc_chan_send_task_deadline(ch, &value, sizeof value, &gone), NULL) == 0);
  const CCDeadline soon_again = cc_deadline_in(200000);
  CHECK(cc_block_on_intptr(cc_chan_send_task_deadline(ch, &value, sizeof value, &soon_again),
                           NULL) == ETIMEDOUT);
  value = 0;
  CHECK(cc_block_on_intptr(cc_chan_recv_task_deadline(ch, &value, sizeof value, &far), NULL) == 0);
  CHECK(value == 3);
  /* The current deadline is the task's; and NULL is none, whatever the current one. */
  CCDeadlineScope scope;
  cc_deadline_push(&scope, gone);
  late = cc_chan_recv_task(ch, &value, sizeof value);
  CCTaskIntptr patient = cc_chan_recv_task_deadline(ch, &value, sizeof value, NULL);
  cc_deadline_pop(&scope);
  CHECK(cc_block_on_intptr(late, NULL) == ETIMEDOUT);
  CHECK(look(&patient) == CC_FUTURE_PENDING);
  cc_task_intptr_drop(&patient);
  /* A pending one with its alarm on is dropped. */
  late = cc_chan_recv_task_deadline(ch, &value, sizeof value, &far);
  CHECK(look(&late) == CC_FUTURE_PENDING);
  cc_task_intptr_drop(&late);
  cc_chan_free(ch);
}

/* Waiting in two places: polls both, and is over with the first. What is left
 * behind waits on with a poller that is gone. */
typedef struct first_of {
  CCTaskIntptr* tasks;
  size_t count;
} first_of;

static CCFutureStatus poll_first_of(void* frame, intptr_t* out_val, int* out_err) {
  first_of* f = frame;
  for (size_t i = 0; i < f->count; ++i) {
    intptr_t ignored = 0;
    if (cc_task_intptr_poll(&f->tasks[i], &ignored, out_err) == CC_FUTURE_READY) {
      *out_val = (intptr_t)i;
      return CC_FUTURE_READY;
    }
  }
  return CC_FUTURE_PENDING;
}

static int block_on_first(CCTaskIntptr* tasks, size_t count) {
  first_of both = {tasks, count};
  intptr_t which = -1;
  CHECK(cc_block_on_intptr(cc_task_intptr_make_poll(poll_first_of, &both, NULL), &which) == 0);
  return (int)which;
}

static void dropping_a_task_loses_nothing(size_t capacity) {
  CCChan* ch = cc_chan_create(capacity, sizeof(int));
  CCChan* ready = cc_chan_create(1, sizeof(int));
  int values[2] = {0, 0};
  int sent = 1;
  /* Two receives wait, with wakers; the first is called for the item, and goes
   * without it: the other gets it. */
  for (int i = 0; i < 2; ++i) {
    CHECK(cc_chan_send(ready, &sent, sizeof sent) == 0);
    CCTaskIntptr tasks[3] = {cc_chan_recv_task(ch, &values[0], sizeof(int)),
                             cc_chan_recv_task(ch, &values[1], sizeof(int)),
                             cc_chan_recv_task(ready, &sent, sizeof sent)};
    CHECK(block_on_first(tasks, 3) == 2);
    cc_task_intptr_drop(&tasks[2]);
    sent = 10 + i;
    CCTaskIntptr send = cc_chan_send_task(ch, &sent, sizeof sent);
    CHECK(look(&send) == (capacity == 0 ? CC_FUTURE_PENDING : CC_FUTURE_READY));
    if (capacity == 0) {
      /* It waits to be met: by a thread that polls it. */
      CCTaskIntptr with_send[2] = {tasks[1], send};
      CCTaskIntptr dropped = tasks[0];
      cc_task_intptr_drop(&dropped);
      (void)block_on_first(with_send, 2);
      send = with_send[1];
      tasks[1] = with_send[0];
    } else {
      cc_task_intptr_drop(&tasks[0]);
    }
    CHECK(cc_block_on_intptr(tasks[1], NULL) == 0 && values[1] == 10 + i);
    CHECK(cc_block_on_intptr(send, NULL) == 0);
  }
  /* A send that is dropped has not sent. */
  while (cc_chan_try_send(ch, &sent, sizeof sent) == 0) {
  }
  int not_sent = 99;
  CHECK(cc_chan_send(ready, &sent, sizeof sent) == 0);
  CCTaskIntptr tasks[2] = {cc_chan_send_task(ch, &not_sent, sizeof not_sent),
                           cc_chan_recv_task(ready, &sent, sizeof sent)};
  CHECK(block_on_first(tasks, 2) == 1);
  cc_task_intptr_drop(&tasks[0]);
  cc_task_intptr_drop(&tasks[1]);
  for (int value = 0; cc_chan_try_recv(ch, &value, sizeof value) == 0;) {
    CHECK(value != 99);
  }
  cc_chan_free(ch);
  cc_chan_free(ready);
}

static void* send_one(void* ch) {
  const int value = 42;
  CHECK(cc_chan_send(ch, &value, sizeof value) == 0);
  return NULL;
}

static void a_thread_blocks_on_a_task(size_t capacity) {
  CCChan* ch = cc_chan_create(capacity, sizeof(int));
  pthread_t thread;
  int value = 0;
  on_thread(&thread, send_one, ch);
  CHECK(cc_block_on_intptr(cc_chan_recv_task(ch, &value, sizeof value), NULL) == 0);
  CHECK(value == 42);
  pthread_join(thread, NULL);

  /* The task's own wait, for those who poll and wait by themselves. */
  value = 0;
  CCTaskIntptr task = cc_chan_recv_task(ch, &value, sizeof value);
  CHECK(look(&task) == CC_FUTURE_PENDING);
  on_thread(&thread, send_one, ch);
  CHECK(cc_task_intptr_wait(&task) == 0);
  CHECK(look(&task) == CC_FUTURE_READY && value == 42);
  cc_task_intptr_drop(&task);
  pthread_join(thread, NULL);
  cc_chan_free(ch);
}

/* Tasks that are not ours ------------------------------------------------- */

/* Over when somebody on another thread says so, who is told the waker. */
typedef struct said_elsewhere {
  pthread_mutex_t mutex;
  pthread_cond_t asked;
  CCWaker* waker;
  int said;
} said_elsewhere;

static CCFutureStatus poll_said(void* frame, intptr_t* out_val, int* out_err) {
  said_elsewhere* f = frame;
  (void)out_err;
  pthread_mutex_lock(&f->mutex);
  const int said = f->said;
  if (!said) {
    cc_waker_drop(f->waker);
    f->waker = cc_waker_current();
    pthread_cond_signal(&f->asked);
  }
  pthread_mutex_unlock(&f->mutex);
  *out_val = said;
  return said ? CC_FUTURE_READY : CC_FUTURE_PENDING;
}

static void* say(void* argument) {
  said_elsewhere* f = argument;
  pthread_mutex_lock(&f->mutex);
  while (f->waker == NULL) {
    pthread_cond_wait(&f->asked, &f->mutex);
  }
  cc_waker_wake(f->waker); /* for nothing: it is polled again, and keeps another */
  CCWaker* before = f->waker;
  f->waker = NULL;
  cc_waker_drop(before);
  while (f->waker == NULL) {
    pthread_cond_wait(&f->asked, &f->mutex);
  }
  f->said = 77;
  CCWaker* last = f->waker;
  f->waker = NULL;
  pthread_mutex_unlock(&f->mutex);
  cc_waker_wake(last);
  cc_waker_wake(last); /* where the poller is gone, nothing */
  cc_waker_drop(last);
  return NULL;
}

static void a_task_keeps_its_pollers_waker(int spawned) {
  said_elsewhere f = {.said = 0};
  pthread_mutex_init(&f.mutex, NULL);
  pthread_cond_init(&f.asked, NULL);
  pthread_t thread;
  on_thread(&thread, say, &f);
  CCTaskIntptr task = cc_task_intptr_make_poll(poll_said, &f, NULL);
  intptr_t result = 0;
  CHECK(cc_block_on_intptr(spawned ? cc_spawn_intptr(task) : task, &result) == 0);
  CHECK(result == 77);
  pthread_join(thread, NULL);
  pthread_cond_destroy(&f.asked);
  pthread_mutex_destroy(&f.mutex);
  CHECK(cc_waker_current() == NULL);
  cc_wake_current();
  cc_waker_drop(NULL);
}

static CCFutureStatus poll_countdown(void* frame, intptr_t* out_val, int* out_err) {
  (void)out_err;
  int* left = frame;
  if (*left == 0) {
    *out_val = 1;
    return CC_FUTURE_READY;
  }
  --*left;
  cc_wake_current();
  return CC_FUTURE_PENDING;
}

static CCFutureStatus poll_not_yet(void* frame, intptr_t* out_val, int* out_err) {
  (void)out_err;
  int* state = frame;
  *out_val = *state;
  return *state >= 2 ? CC_FUTURE_READY : CC_FUTURE_PENDING;
}

static int wait_until_it_is(void* frame) {
  ++*(int*)frame;
  return 0;
}

static void whoever_is_pending_says_how_it_goes_on(int spawned) {
  /* By waking itself. */
  int left = 1000;
  CCTaskIntptr task = cc_task_intptr_make_poll(poll_countdown, &left, NULL);
  intptr_t result = 0;
  CHECK(cc_block_on_intptr(spawned ? cc_spawn_intptr(task) : task, &result) == 0 && result == 1);
  CHECK(left == 0);
  /* By its wait. */
  int state = 0;
  task = cc_task_intptr_make_poll_ex(poll_not_yet, wait_until_it_is, &state, NULL);
  CHECK(cc_block_on_intptr(spawned ? cc_spawn_intptr(task) : task, &result) == 0 && result == 2);
  /* Not at all: it would never end. */
  state = 0;
  task = cc_task_intptr_make_poll(poll_not_yet, &state, NULL);
  CHECK(cc_block_on_intptr(spawned ? cc_spawn_intptr(task) : task, &result) == EDEADLK);
  CHECK(result == 0);
  CHECK(cc_task_intptr_wait(&task) == ENOSYS);
}

static CCFutureStatus poll_never(void* frame, intptr_t* out_val, int* out_err) {
  (void)frame;
  (void)out_val;
  (void)out_err;
  return CC_FUTURE_PENDING;
}

static int wait_that_fails(void* frame) {
  (void)frame;
  return EIO;
}

static CCFutureStatus poll_fails(void* frame, intptr_t* out_val, int* out_err) {
  (void)frame;
  *out_val = 9;
  *out_err = EXDEV;
  return CC_FUTURE_ERR;
}

static void errors_come_through(int spawned) {
  CCTaskIntptr task = cc_task_intptr_make_poll_ex(poll_never, wait_that_fails, NULL, NULL);
  CHECK(cc_block_on_intptr(spawned ? cc_spawn_intptr(task) : task, NULL) == EIO);
  task = cc_task_intptr_make_poll(poll_fails, NULL, NULL);
  intptr_t result = 1;
  CHECK(cc_block_on_intptr(spawned ? cc_spawn_intptr(task) : task, &result) == EXDEV);
  CHECK(result == 0);
}

/* What a lowering pass emits ---------------------------------------------- */

/* An await: polls the task in `slot`; pending, so is the function. */
#define AWAIT(slot, result)                                          \
  do {                                                               \
    int await_error = 0;                                             \
    switch (cc_task_intptr_poll(&(slot), &(result), &await_error)) { \
      case CC_FUTURE_PENDING: return CC_FUTURE_PENDING;              \
      case CC_FUTURE_ERR: (result) = await_error; break;             \
      case CC_FUTURE_READY: break;                                   \
    }                                                                \
    cc_task_intptr_drop(&(slot));                                    \
  } while (0)

/* @async int producer(CCChanTx tx, CCChanRx rx) {
 *   int rc = await tx.send(42);
 *   if (rc != 0) return -1;
 *   int val;
 *   rc = await rx.recv(&val);
 *   if (rc != 0) return -2;
 *   return val;
 * } */
typedef struct producer_frame {
  int state;
  CCChanTx tx;
  CCChanRx rx;
  int rc;
  int val;
  CCTaskIntptr task;
} producer_frame;

static CCFutureStatus producer_poll(void* frame, intptr_t* out_val, int* out_err) {
  producer_frame* f = frame;
  intptr_t result = 0;
  *out_err = 0;
  switch (f->state) {
    case 0:
      f->task = cc_chan_send_task(f->tx.raw, &(int){42}, sizeof(int));
      f->state = 1; /* fall through */
    case 1:
      AWAIT(f->task, result);
      f->rc = (int)result;
      if (f->rc != 0) {
        *out_val = -1;
        return CC_FUTURE_READY;
      }
      f->task = cc_chan_recv_task(f->rx.raw, &f->val, sizeof f->val);
      f->state = 2; /* fall through */
    default:
      AWAIT(f->task, result);
      f->rc = (int)result;
      *out_val = f->rc != 0 ? -2 : f->val;
      return CC_FUTURE_READY;
  }
}

static void producer_drop(void* frame) {
  producer_frame* f = frame;
  cc_task_intptr_drop(&f->task);
  free(f);
}

static CCTaskIntptr producer(CCChanTx tx, CCChanRx rx) {
  producer_frame* f = calloc(1, sizeof *f);
  f->tx = tx;
  f->rx = rx;
  return cc_task_intptr_make_poll(producer_poll, f, producer_drop);
}

/* @async int f(CCChanTx tx) { int x = 42; await tx.send(x); return 0; } */
typedef struct f_frame {
  int state;
  CCChanTx tx;
  int x;
  CCTaskIntptr task;
} f_frame;

static CCFutureStatus f_poll(void* frame, intptr_t* out_val, int* out_err) {
  f_frame* f = frame;
  intptr_t result = 0;
  *out_err = 0;
  if (f->state == 0) {
    f->x = 42;
    f->task = cc_chan_send_task(f->tx.raw, &f->x, sizeof f->x);
    f->state = 1;
  }
  AWAIT(f->task, result);
  *out_val = 0;
  return CC_FUTURE_READY;
}

static void f_drop(void* frame) {
  f_frame* f = frame;
  cc_task_intptr_drop(&f->task);
  free(f);
}

static CCTaskIntptr f_async(CCChanTx tx) {
  f_frame* f = calloc(1, sizeof *f);
  f->tx = tx;
  return cc_task_intptr_make_poll(f_poll, f, f_drop);
}

/* @async int forward(CCChanRx rx, CCChanTx tx) {
 *   long total = 0;
 *   int val;
 *   while (await rx.recv(&val) == 0) { total += val; if (await tx.send(val) != 0) break; }
 *   return total;
 * } */
typedef struct forward_frame {
  int state;
  CCChanRx rx;
  CCChanTx tx;
  long total;
  int val;
  CCTaskIntptr task;
} forward_frame;

static CCFutureStatus forward_poll(void* frame, intptr_t* out_val, int* out_err) {
  forward_frame* f = frame;
  *out_err = 0;
  for (;;) {
    intptr_t result = 0;
    switch (f->state) {
      case 0:
        f->task = cc_chan_recv_task(f->rx.raw, &f->val, sizeof f->val);
        f->state = 1; /* fall through */
      case 1:
        AWAIT(f->task, result);
        if (result != 0) {
          *out_val = f->total;
          return CC_FUTURE_READY;
        }
        f->total += f->val;
        f->task = cc_chan_send_task(f->tx.raw, &f->val, sizeof f->val);
        f->state = 2; /* fall through */
      default:
        AWAIT(f->task, result);
        if (result != 0) {
          *out_val = f->total;
          return CC_FUTURE_READY;
        }
        f->state = 0;
    }
  }
}

static void forward_drop(void* frame) {
  forward_frame* f = frame;
  cc_task_intptr_drop(&f->task);
  free(f);
}

static CCTaskIntptr forward(CCChan* from, CCChan* to) {
  forward_frame* f = calloc(1, sizeof *f);
  f->rx.raw = from;
  f->tx.raw = to;
  return cc_task_intptr_make_poll(forward_poll, f, forward_drop);
}

static void async_functions_run_on_this_thread(void) {
  CCChan* ch = cc_chan_create(1, sizeof(int));
  intptr_t result = 0;
  CHECK(cc_block_on_intptr(producer((CCChanTx){ch}, (CCChanRx){ch}), &result) == 0);
  CHECK(result == 42);
  CHECK(cc_block_on_intptr(f_async((CCChanTx){ch}), &result) == 0 && result == 0);
  int value = 0;
  CHECK(cc_chan_recv(ch, &value, sizeof value) == 0 && value == 42);
  cc_chan_close(ch);
  CHECK(cc_block_on_intptr(producer((CCChanTx){ch}, (CCChanRx){ch}), &result) == 0);
  CHECK(result == -1);
  cc_chan_free(ch);
}

/* Workers ----------------------------------------------------------------- */

static void async_functions_run_on_workers(size_t capacity) {
  enum { stages = 5 };
  CCChan* chans[stages + 1];
  CCTaskIntptr joins[stages];
  for (int i = 0; i <= stages; ++i) {
    chans[i] = cc_chan_create(capacity, sizeof(int));
  }
  for (int i = 0; i < stages; ++i) {
    joins[i] = cc_spawn_intptr(forward(chans[i], chans[i + 1]));
    CHECK(cc_task_intptr_is_valid(&joins[i]));
  }
  pthread_t thread;
  on_thread(&thread, send_values, chans[0]);
  long total = 0;
  for (int i = 0; i < values_each; ++i) {
    int value = 0;
    CHECK(cc_chan_recv(chans[stages], &value, sizeof value) == 0);
    CHECK(value == i + 1);
    total += value;
  }
  pthread_join(thread, NULL);
  for (int i = 0; i < stages; ++i) {
    intptr_t result = 0;
    cc_chan_close(chans[i]);
    CHECK(cc_block_on_intptr(joins[i], &result) == 0 && result == total);
  }
  for (int i = 0; i <= stages; ++i) {
    cc_chan_free(chans[i]);
  }
}

static void many_tasks_share_few_workers(void) {
  enum { tasks = 400 };
  CCChan* ch = cc_chan_create(3, sizeof(int));
  static CCTaskIntptr joins[tasks];
  for (int i = 0; i < tasks; ++i) {
    joins[i] = cc_spawn_intptr(i % 2 == 0 ? producer((CCChanTx){ch}, (CCChanRx){ch})
                                          : f_async((CCChanTx){ch}));
  }
  int received = 0; /* what each f sends remains, and is received here */
  for (; received < tasks / 2; ++received) {
    int value = 0;
    CHECK(cc_chan_recv(ch, &value, sizeof value) == 0 && value == 42);
  }
  for (int i = 0; i < tasks; ++i) {
    intptr_t result = -1;
    CHECK(cc_block_on_intptr(joins[i], &result) == 0);
    CHECK(result == (i % 2 == 0 ? 42 : 0));
  }
  int value = 0;
  CHECK(cc_chan_try_recv(ch, &value, sizeof value) == EAGAIN);
  cc_chan_free(ch);
}

/* Blocks in its poll function, as code that a compiler has not lowered does. */
typedef struct blocks_inside {
  CCChan* in;
  CCChan* out;
} blocks_inside;

static CCFutureStatus poll_blocking_inside(void* frame, intptr_t* out_val, int* out_err) {
  blocks_inside* f = frame;
  CCDeadlineScope scope;
  const CCDeadline end = cc_deadline_in(long_time);
  cc_deadline_push(&scope, end);
  int value = 0;
  *out_err = cc_chan_recv(f->in, &value, sizeof value);
  /* It may be another thread's now; what it has been given is with it. */
  CHECK(cc_current_deadline() != NULL && cc_current_deadline()->at == end.at);
  cc_deadline_pop(&scope);
  CCWaker* mine = cc_waker_current();
  CHECK(mine != NULL);
  cc_waker_drop(mine);
  CCTaskIntptr inner = cc_spawn_intptr(cc_chan_send_task(f->out, &value, sizeof value));
  CHECK(cc_block_on_intptr(inner, NULL) == 0);
  *out_val = value;
  return CC_FUTURE_READY;
}

static void tasks_that_block_do_not_keep_their_workers(void) {
  enum { tasks = 50 };
  CCChan* in = cc_chan_create(0, sizeof(int));
  CCChan* out = cc_chan_create(tasks, sizeof(int));
  blocks_inside f = {in, out};
  CCTaskIntptr joins[tasks];
  for (int i = 0; i < tasks; ++i) {
    joins[i] = cc_spawn_intptr(cc_task_intptr_make_poll(poll_blocking_inside, &f, NULL));
  }
  long sent = 0;
  for (int i = 0; i < tasks; ++i) {
    CHECK(cc_chan_send(in, &i, sizeof i) == 0);
    sent += i;
  }
  long returned = 0;
  long passed_on = 0;
  for (int i = 0; i < tasks; ++i) {
    intptr_t result = 0;
    int value = 0;
    CHECK(cc_block_on_intptr(joins[i], &result) == 0);
    CHECK(cc_chan_try_recv(out, &value, sizeof value) == 0);
    returned += result;
    passed_on += value;
  }
  CHECK(returned == sent && passed_on == sent);
  cc_chan_free(in);
  cc_chan_free(out);
}

/* Always ready: it lets others run all the same. */
static void a_busy_task_does_not_keep_its_worker(void) {
  CCChan* loop = cc_chan_create(2, sizeof(int));
  CCChan* ch = cc_chan_create(1, sizeof(int));
  const int value = 1;
  CHECK(cc_chan_send(loop, &value, sizeof value) == 0);
  enum { busy = 64 };
  CCTaskIntptr forever[busy];
  for (int i = 0; i < busy; ++i) {
    forever[i] = cc_spawn_intptr(forward(loop, loop));
  }
  for (int i = 0; i < 20; ++i) {
    CHECK(cc_block_on_intptr(cc_spawn_intptr(f_async((CCChanTx){ch})), NULL) == 0);
    int received = 0;
    CHECK(cc_chan_recv(ch, &received, sizeof received) == 0);
  }
  cc_chan_close(loop);
  for (int i = 0; i < busy; ++i) {
    CHECK(cc_block_on_intptr(forever[i], NULL) == 0);
  }
  cc_chan_free(loop);
  cc_chan_free(ch);
}

static CCChan* told;

static void forward_drop_and_tell(void* frame) {
  const int over = 1;
  forward_drop(frame);
  CHECK(cc_chan_send(told, &over, sizeof over) == 0);
}

static void a_spawned_task_is_cancelled_or_let_go(void) {
  CCChan* ch = cc_chan_create(1, sizeof(int));
  CCChan* out = cc_chan_create(1, sizeof(int));
  /* Cancelled where it waits, or before it begins. */
  CCTaskIntptr joins = cc_spawn_intptr(forward(ch, out));
  CHECK(cc_task_intptr_cancel(&joins) == 0);
  CHECK(cc_task_intptr_wait(&joins) == 0);
  int error = 0;
  CHECK(cc_task_intptr_poll(&joins, NULL, &error) == CC_FUTURE_ERR && error == ECANCELED);
  CHECK(cc_task_intptr_cancel(&joins) == 0);
  cc_task_intptr_drop(&joins);
  /* Over before. */
  joins = cc_spawn_intptr(f_async((CCChanTx){ch}));
  CHECK(cc_task_intptr_wait(&joins) == 0);
  CHECK(cc_task_intptr_cancel(&joins) == 0);
  CHECK(cc_block_on_intptr(joins, NULL) == 0);
  /* Dropped, it runs on, and is dropped when it is over. */
  told = cc_chan_create(1, sizeof(int));
  CCTaskIntptr detached = forward(ch, out);
  detached.drop = forward_drop_and_tell;
  joins = cc_spawn_intptr(detached);
  cc_task_intptr_drop(&joins);
  int value = 0;
  CHECK(cc_chan_recv(out, &value, sizeof value) == 0 && value == 42);
  cc_chan_close(ch);
  CHECK(cc_chan_recv(told, &value, sizeof value) == 0);
  cc_chan_free(told); /* the send may not have returned yet: it has the channel still */
  /* Others are nobody's to cancel. */
  CCTaskIntptr task = cc_chan_recv_task(ch, &value, sizeof value);
  CHECK(cc_task_intptr_cancel(&task) == EINVAL);
  cc_task_intptr_drop(&task);
  cc_chan_free(ch);
  cc_chan_free(out);
}

/* Blocking calls ---------------------------------------------------------- */

static int closures_dropped = 0;
static pthread_mutex_t closures_mutex = PTHREAD_MUTEX_INITIALIZER;

static void count_and_free(void* environment) {
  pthread_mutex_lock(&closures_mutex);
  ++closures_dropped;
  pthread_mutex_unlock(&closures_mutex);
  free(environment);
}

typedef struct send_call {
  CCChan* ch;
  int value;
} send_call;

static void* send_it(void* environment) {
  send_call* call = environment;
  return (void*)(intptr_t)cc_chan_send(call->ch, &call->value, sizeof call->value);
}

static CCTaskIntptr send_elsewhere(CCChan* ch, int value) {
  send_call* call = malloc(sizeof *call);
  *call = (send_call){ch, value};
  return cc_run_blocking_task_intptr((CCClosure0){send_it, call, count_and_free});
}

static void blocking_calls_have_threads_of_their_own(void) {
  enum { calls = 20 };
  CCChan* ch = cc_chan_create(0, sizeof(int));
  closures_dropped = 0;
  CCTaskIntptr tasks[calls];
  for (int i = 0; i < calls; ++i) {
    tasks[i] = send_elsewhere(ch, i);
    CHECK(cc_task_intptr_is_valid(&tasks[i]));
  }
  /* All of them wait at once, and a worker has time for this. */
  long sum = 0;
  for (int i = 0; i < calls; ++i) {
    int value = 0;
    CHECK(cc_block_on_intptr(cc_spawn_intptr(cc_chan_recv_task(ch, &value, sizeof value)), NULL) ==
          0);
    sum += value;
  }
  CHECK(sum == calls * (calls - 1) / 2);
  for (int i = 0; i < calls; ++i) {
    intptr_t result = -1;
    CHECK(cc_block_on_intptr(i % 2 == 0 ? tasks[i] : cc_spawn_intptr(tasks[i]), &result) == 0);
    CHECK(result == 0);
  }
  CHECK(closures_dropped == calls);
  cc_chan_close(ch);
  intptr_t result = 0;
  CHECK(cc_block_on_intptr(send_elsewhere(ch, 1), &result) == 0 && result == EPIPE);
  cc_chan_free(ch);
}

/* @match ------------------------------------------------------------------ */

static void a_match_does_one_case(void) {
  CCChan* a = cc_chan_create(1, sizeof(int));
  CCChan* b = cc_chan_create(1, sizeof(long));
  int from_a = 0;
  const long to_b = 5;
  const CCMatchCase cases[] = {{a, NULL, &from_a, sizeof from_a}, {b, &to_b, NULL, sizeof to_b}};
  size_t which = 9;
  CHECK(cc_match(cases, 2, &which) == 0 && which == 1);
  CHECK(cc_match_try(cases, 2, &which) == EAGAIN && which == CC_MATCH_NONE);
  const CCDeadline gone = past();
  CHECK(cc_match_timed(cases, 2, &gone, &which) == ETIMEDOUT && which == CC_MATCH_NONE);
  CCDeadlineScope scope;
  cc_deadline_push(&scope, cc_deadline_in(200000));
  CHECK(cc_match(cases, 2, &which) == ETIMEDOUT && which == CC_MATCH_NONE);
  cc_deadline_pop(&scope);
  const int to_a = 4;
  CHECK(cc_chan_send(a, &to_a, sizeof to_a) == 0);
  CHECK(cc_match_timed(cases, 2, NULL, &which) == 0 && which == 0 && from_a == 4);
  long from_b = 0;
  CHECK(cc_chan_recv(b, &from_b, sizeof from_b) == 0 && from_b == 5);
  CHECK(cc_match_try(cases, 2, &which) == 0 && which == 1);
  cc_chan_close(a);
  CHECK(cc_match_try(cases, 2, &which) == EPIPE && which == 0);
  cc_chan_free(a);
  cc_chan_free(b);
}

/* All cases can be done: each is, about as often. */
static void a_match_has_no_favourite(void) {
  enum { channels = 4, rounds = 4000 };
  CCChan* chans[channels];
  CCMatchCase cases[channels];
  int value = 0;
  int counts[channels] = {0};
  for (int i = 0; i < channels; ++i) {
    chans[i] = cc_chan_create(1, sizeof(int));
    cases[i] = (CCMatchCase){chans[i], NULL, &value, sizeof value};
  }
  for (int round = 0; round < rounds; ++round) {
    for (int i = 0; i < channels; ++i) {
      const int sent = i;
      (void)cc_chan_try_send(chans[i], &sent, sizeof sent);
    }
    size_t which = CC_MATCH_NONE;
    CHECK(cc_match(cases, channels, &which) == 0 && (size_t)value == which);
    ++counts[which % channels];
  }
  for (int i = 0; i < channels; ++i) {
    CHECK(counts[i] > rounds / channels / 2); /* by chance once in 10^100 */
    cc_chan_free(chans[i]);
  }
}

/* @async int gather(a, b) {
 *   for (;;) @match { case int v = await a.recv(): …; case long w = await b.recv(): …; }
 * } until both are closed; gives the sum. */
typedef struct gather_frame {
  CCChan* chans[2];
  int value;
  long sum;
  int open;
  CCTaskIntptr task;
} gather_frame;

static CCFutureStatus gather_poll(void* frame, intptr_t* out_val, int* out_err) {
  gather_frame* f = frame;
  for (;;) {
    if (!cc_task_intptr_is_valid(&f->task)) {
      if (f->open == 0) {
        *out_val = f->sum;
        return CC_FUTURE_READY;
      }
      CCMatchCase cases[2];
      size_t count = 0;
      for (int i = 0; i < 2; ++i) {
        if (f->chans[i] != NULL) {
          cases[count++] = (CCMatchCase){f->chans[i], NULL, &f->value, sizeof f->value};
        }
      }
      f->task = cc_match_task(cases, count);
    }
    intptr_t which = 0;
    int error = 0;
    if (cc_task_intptr_poll(&f->task, &which, &error) == CC_FUTURE_PENDING) {
      return CC_FUTURE_PENDING;
    }
    cc_task_intptr_drop(&f->task);
    if (error == 0) {
      f->sum += f->value;
    } else if (error == EPIPE) {
      f->chans[f->chans[0] == NULL ? 1 : which] = NULL;
      --f->open;
    } else {
      *out_err = error;
      return CC_FUTURE_ERR;
    }
  }
}

static void gather_drop(void* frame) {
  gather_frame* f = frame;
  cc_task_intptr_drop(&f->task);
  free(f);
}

static CCTaskIntptr gather(CCChan* a, CCChan* b) {
  gather_frame* f = calloc(1, sizeof *f);
  f->chans[0] = a;
  f->chans[1] = b;
  f->open = 2;
  return cc_task_intptr_make_poll(gather_poll, f, gather_drop);
}

/* Sends into either, whichever takes it. */
static void* scatter(void* argument) {
  CCChan** chans = argument;
  for (int i = 1; i <= values_each; ++i) {
    const CCMatchCase cases[] = {{chans[0], &i, NULL, sizeof i}, {chans[1], &i, NULL, sizeof i}};
    size_t which = CC_MATCH_NONE;
    CHECK(cc_match(cases, 2, &which) == 0 && which < 2);
  }
  return NULL;
}

/* Gathers as the task does, with matches that block, on this thread. */
static void* gather_here(void* argument) {
  CCChan** chans = argument;
  intptr_t sum = 0;
  for (int open[2] = {1, 1}; open[0] || open[1];) {
    int value = 0;
    CCMatchCase cases[2];
    int numbers[2];
    size_t count = 0;
    for (int i = 0; i < 2; ++i) {
      if (open[i]) {
        numbers[count] = i;
        cases[count++] = (CCMatchCase){chans[i], NULL, &value, sizeof value};
      }
    }
    size_t which = CC_MATCH_NONE;
    const CCDeadline far = cc_deadline_in(long_time);
    if (cc_match_timed(cases, count, &far, &which) == 0) {
      sum += value;
    } else {
      open[numbers[which]] = 0;
    }
  }
  return (void*)sum;
}

static void matches_meet_each_other(size_t capacity) {
  CCChan* chans[2] = {cc_chan_create(capacity, sizeof(int)), cc_chan_create(0, sizeof(int))};
  pthread_t senders[2];
  pthread_t receiver;
  on_thread(&senders[0], scatter, chans);
  on_thread(&senders[1], scatter, chans);
  /* Three compete, so that a match is called for what another takes. */
  CCTaskIntptr tasks[2] = {cc_spawn_intptr(gather(chans[1], chans[0])),
                           cc_spawn_intptr(gather(chans[0], chans[1]))};
  on_thread(&receiver, gather_here, chans);
  pthread_join(senders[0], NULL);
  pthread_join(senders[1], NULL);
  cc_chan_close(chans[0]);
  cc_chan_close(chans[1]);
  void* by_thread = NULL;
  pthread_join(receiver, &by_thread);
  intptr_t sum = (intptr_t)by_thread;
  for (int i = 0; i < 2; ++i) {
    intptr_t by_task = 0;
    CHECK(cc_block_on_intptr(tasks[i], &by_task) == 0);
    sum += by_task;
  }
  CHECK(sum == (intptr_t)values_each * (values_each + 1));
  cc_chan_free(chans[0]);
  cc_chan_free(chans[1]);
}

static void dropping_a_match_loses_nothing(void) {
  CCChan* meeting = cc_chan_create(0, sizeof(int));
  CCChan* ch = cc_chan_create(1, sizeof(int));
  CCChan* ready = cc_chan_create(1, sizeof(int));
  int values[2] = {0, 0};
  const int sent = 6;
  const CCMatchCase cases[] = {{meeting, NULL, &values[0], sizeof(int)},
                               {ch, NULL, &values[1], sizeof(int)}};
  for (int i = 0; i < 2; ++i) {
    CHECK(cc_chan_send(ready, &sent, sizeof sent) == 0);
    int ignored = 0;
    CCTaskIntptr tasks[3] = {cc_match_task(cases, 2), cc_match_task(cases, 2),
                             cc_chan_recv_task(ready, &ignored, sizeof ignored)};
    CHECK(block_on_first(tasks, 3) == 2); /* the others wait, with a poller that is gone */
    cc_task_intptr_drop(&tasks[2]);
    pthread_t thread;
    on_thread(&thread, send_one, i == 0 ? meeting : ch);
    if (i == 1) {
      pthread_join(thread, NULL);
    }
    cc_task_intptr_drop(&tasks[0]);
    intptr_t which = -1;
    CHECK(cc_block_on_intptr(tasks[1], &which) == 0 && which == i && values[i] == 42);
    if (i == 0) {
      pthread_join(thread, NULL);
    }
  }
  /* With a deadline, and sends of the match's own. */
  const CCMatchCase sends[] = {{meeting, &sent, NULL, sizeof sent}};
  const CCDeadline soon = cc_deadline_in(200000);
  intptr_t which = 0;
  CHECK(cc_block_on_intptr(cc_match_task_deadline(sends, 1, &soon), &which) == ETIMEDOUT);
  CHECK(which == -1);
  int value = 0;
  CHECK(cc_chan_try_recv(meeting, &value, sizeof value) == EAGAIN);
  cc_chan_free(meeting);
  cc_chan_free(ch);
  cc_chan_free(ready);
}

/* Misuse ------------------------------------------------------------------ */

static void pop_the_wrong_scope(void) {
  CCDeadlineScope outer;
  CCDeadlineScope inner;
  cc_deadline_push(&outer, cc_deadline_never());
  cc_deadline_push(&inner, cc_deadline_never());
  cc_deadline_pop(&outer);
}

static CCDeadlineScope left_open;

static CCFutureStatus poll_and_leave_open(void* frame, intptr_t* out_val, int* out_err) {
  (void)frame;
  (void)out_val;
  (void)out_err;
  cc_deadline_push(&left_open, cc_deadline_never());
  return CC_FUTURE_READY;
}

static void leave_a_scope_open(void) {
  cc_block_on_intptr(cc_task_intptr_make_poll(poll_and_leave_open, NULL, NULL), NULL);
}

static void wake_nobody(void) {
  cc_waker_wake(NULL);
}

static void push_nothing(void) {
  cc_deadline_push(NULL, cc_deadline_never());
}

static void misuse_stops_with_a_reason(void) {
  CHECK(stops(pop_the_wrong_scope, "cc_deadline_pop: this is not the innermost scope"));
  CHECK(stops(leave_a_scope_open, "cc_deadline_push: a task's poll function returned before"));
  CHECK(stops(wake_nobody, "cc_waker_wake: the waker is NULL"));
  CHECK(stops(push_nothing, "cc_deadline_push: the scope is NULL"));
}

/* The end ----------------------------------------------------------------- */

static CCFutureStatus poll_stop(void* frame, intptr_t* out_val, int* out_err) {
  (void)frame;
  (void)out_err;
  *out_val = cc_runtime_stop(NULL);
  return CC_FUTURE_READY;
}

static void* stop_elsewhere(void* environment) {
  (void)environment;
  return (void*)(intptr_t)cc_runtime_stop(NULL);
}

static void the_runtime_stops(CCChan* outlives) {
  intptr_t result = 0;
  CHECK(cc_block_on_intptr(cc_spawn_intptr(cc_task_intptr_make_poll(poll_stop, NULL, NULL)),
                           &result) == 0);
  CHECK(result == EDEADLK);
  CHECK(cc_block_on_intptr(cc_run_blocking_task_intptr((CCClosure0){stop_elsewhere, NULL, NULL}),
                           &result) == 0);
  CHECK(result == EDEADLK);

  /* One that waits for ever is cancelled at the deadline. */
  CCTaskIntptr joins = cc_spawn_intptr(forward(outlives, outlives));
  const CCDeadline soon = past();
  CHECK(cc_runtime_stop(&soon) == ETIMEDOUT);
  CHECK(cc_block_on_intptr(joins, NULL) == ECANCELED);
  CHECK(cc_runtime_stop(NULL) == EALREADY);
  CHECK(cc_runtime_start(1) == ESHUTDOWN);

  /* What is refused stays with its owner. */
  CCTaskIntptr task = f_async((CCChanTx){outlives});
  errno = 0;
  CCTaskIntptr none = cc_spawn_intptr(task);
  CHECK(!cc_task_intptr_is_valid(&none) && errno == ESHUTDOWN);
  CHECK(cc_block_on_intptr(task, NULL) == 0); /* on this thread it runs */
  int owned = 0;
  errno = 0;
  none = cc_run_blocking_task_intptr((CCClosure0){send_it, &owned, count_and_free});
  CHECK(!cc_task_intptr_is_valid(&none) && errno == ESHUTDOWN);
  /* Time goes on. */
  int value = 0;
  CHECK(cc_chan_recv(outlives, &value, sizeof value) == 0);
  const CCDeadline end = cc_deadline_in(200000);
  CHECK(cc_block_on_intptr(cc_chan_recv_task_deadline(outlives, &value, sizeof value, &end),
                           NULL) == ETIMEDOUT);
}

/* A program of its own for each way to end; exit status 0 where nothing is amiss. */
static int ends_well(void (*body)(void)) {
  fflush(NULL);
  const pid_t child = fork();
  if (child == 0) {
    failures = 0;
    body();
    exit(failures == 0 ? 0 : 1);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static void detach_some(void) {
  static CCChan* ch;
  ch = cc_chan_create(50, sizeof(int));
  for (int i = 0; i < 100; ++i) {
    CCTaskIntptr joins = cc_spawn_intptr(f_async((CCChanTx){ch}));
    cc_task_intptr_drop(&joins);
  }
  cc_chan_close(ch); /* those that wait end with EPIPE, and those that come */
}

static CCFutureStatus poll_exit(void* frame, intptr_t* out_val, int* out_err) {
  (void)frame;
  (void)out_val;
  (void)out_err;
  exit(0);
}

static void exit_from_a_task(void) {
  cc_block_on_intptr(cc_spawn_intptr(cc_task_intptr_make_poll(poll_exit, NULL, NULL)), NULL);
}

static void keep_a_pending_task(void) {
  CCChan* ch = cc_chan_create(1, sizeof(int));
  static int value;
  static CCTaskIntptr kept[2];
  const CCDeadline far = cc_deadline_in(long_time);
  kept[0] = cc_chan_recv_task_deadline(ch, &value, sizeof value, &far);
  CHECK(cc_chan_send(ch, &value, sizeof value) == 0);
  CCChan* other = cc_chan_create(1, sizeof(int));
  kept[1] = kept[0];
  kept[0] = cc_chan_recv_task_deadline(other, &value, sizeof value, &far);
  CHECK(block_on_first(kept, 2) == 1); /* the first waits on, with its alarm on */
  cc_task_intptr_drop(&kept[1]);
  cc_chan_free(ch);
  cc_chan_free(other);
}

static void start_by_hand(void) {
  CHECK(cc_runtime_start(3) == 0 && cc_runtime_start(3) == EALREADY);
  async_functions_run_on_workers(1);
}

static void stop_what_never_began(void) {
  CHECK(cc_runtime_stop(NULL) == 0);
}

int main(void) {
  /* Before there are threads, which a fork would lose. */
  misuse_stops_with_a_reason();
  CHECK(ends_well(detach_some));
  CHECK(ends_well(exit_from_a_task));
  CHECK(ends_well(keep_a_pending_task));
  CHECK(ends_well(start_by_hand));
  CHECK(ends_well(stop_what_never_began));

  deadlines_come_and_nest();
  channels_that_cannot_be_are_refused();
  wrong_arguments_are_invalid();
  each_form_says_how_it_went();
  values_keep_every_byte();
  threads_hand_over_everything(4);
  threads_hand_over_everything(0);
  freeing_a_channel_wakes_who_waits_in_it();

  a_task_says_again_what_came_of_it();
  deadlines_end_tasks();
  dropping_a_task_loses_nothing(1);
  dropping_a_task_loses_nothing(0);
  a_thread_blocks_on_a_task(1);
  a_thread_blocks_on_a_task(0);
  async_functions_run_on_this_thread();

  for (int spawned = 0; spawned < 2; ++spawned) {
    a_task_keeps_its_pollers_waker(spawned);
    whoever_is_pending_says_how_it_goes_on(spawned);
    errors_come_through(spawned);
  }
  async_functions_run_on_workers(2);
  async_functions_run_on_workers(0);
  many_tasks_share_few_workers();
  tasks_that_block_do_not_keep_their_workers();
  a_busy_task_does_not_keep_its_worker();
  a_spawned_task_is_cancelled_or_let_go();
  blocking_calls_have_threads_of_their_own();

  a_match_does_one_case();
  a_match_has_no_favourite();
  matches_meet_each_other(1);
  matches_meet_each_other(3);
  matches_meet_each_other(0);
  dropping_a_match_loses_nothing();

  CCChan* outlives = cc_chan_create(1, sizeof(int));
  the_runtime_stops(outlives);
  cc_chan_free(outlives);
  if (failures == 0) {
    puts("ccruntime: all held");
  }
  return failures;
}
