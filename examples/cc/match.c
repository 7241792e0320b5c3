/* @match over two channels in an @async function; and one that blocks, with a default and a
 * deadline, in main. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "lowered.h"

enum { each = 300 };

typedef struct counts {
  int requests;
  int ticks;
} counts;

/* @async int serve(CCChanRx requests, CCChanRx ticks, counts* seen) {
 *   for (;;) @match {
 *     case int n = await requests.recv(): ++seen->requests;
 *     case long t = await ticks.recv():   ++seen->ticks;
 *     closed: return 0;
 *   }
 * } */
typedef struct serve_frame {
  int state;
  CCChanRx requests;
  CCChanRx ticks;
  counts* seen;
  int n;
  long t;
  CCTaskIntptr task;
} serve_frame;

static CCFutureStatus serve_poll(void* frame, intptr_t* out_val, int* out_err) {
  serve_frame* f = frame;
  for (;;) {
    if (f->state == 0) {
      /* The cases are copied; what they receive into is in the frame. */
      const CCMatchCase cases[] = {{f->requests.raw, NULL, &f->n, sizeof f->n},
                                   {f->ticks.raw, NULL, &f->t, sizeof f->t}};
      f->task = cc_match_task(cases, 2);
      f->state = 1;
    }
    intptr_t which = -1;
    int rc = 0;
    if (cc_task_intptr_poll(&f->task, &which, &rc) == CC_FUTURE_PENDING) {
      return CC_FUTURE_PENDING;
    }
    cc_task_intptr_drop(&f->task);
    f->state = 0;
    if (rc != 0) {
      RETURN(rc == EPIPE ? 0 : -1);
    }
    if (which == 0) {
      ++f->seen->requests;
    } else {
      ++f->seen->ticks;
    }
  }
}

static void serve_drop(void* frame) {
  serve_frame* f = frame;
  cc_task_intptr_drop(&f->task);
  free(f);
}

static CCTaskIntptr serve(CCChanRx requests, CCChanRx ticks, counts* seen) {
  serve_frame* f = calloc(1, sizeof *f);
  if (f == NULL) {
    return (CCTaskIntptr){0};
  }
  f->requests = requests;
  f->ticks = ticks;
  f->seen = seen;
  return cc_task_intptr_make_poll(serve_poll, f, serve_drop);
}

int main(void) {
  CCChan* requests = cc_chan_create(0, sizeof(int)); /* a sent request is a served one */
  CCChan* ticks = cc_chan_create(0, sizeof(long));
  if (requests == NULL || ticks == NULL) {
    return 1;
  }
  counts seen = {0, 0};
  CCTaskIntptr serving = cc_spawn_intptr(serve((CCChanRx){requests}, (CCChanRx){ticks}, &seen));
  counts sent = {0, 0};
  while (sent.requests < each || sent.ticks < each) {
    const int n = sent.requests;
    const long t = sent.ticks;
    CCMatchCase cases[2];
    size_t count = 0;
    if (sent.requests < each) {
      cases[count++] = (CCMatchCase){requests, &n, NULL, sizeof n};
    }
    if (sent.ticks < each) {
      cases[count++] = (CCMatchCase){ticks, &t, NULL, sizeof t};
    }
    size_t which = CC_MATCH_NONE;
    int rc = cc_match_try(cases, count, &which); /* @match with a default: do not wait */
    if (rc == EAGAIN) {
      const CCDeadline end = cc_deadline_in(UINT64_C(10000000000));
      rc = cc_match_timed(cases, count, &end, &which);
    }
    if (rc != 0) {
      return 1;
    }
    if (cases[which].ch == requests) {
      ++sent.requests;
    } else {
      ++sent.ticks;
    }
  }
  cc_chan_close(requests);
  if (cc_block_on_intptr(serving, NULL) != 0) {
    return 1;
  }
  cc_chan_free(requests);
  cc_chan_free(ticks);
  printf("%d requests and %d ticks, then the end\n", seen.requests, seen.ticks);
  return 0;
}
