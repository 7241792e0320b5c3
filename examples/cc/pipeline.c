/* numbers -> squares -> sum: a blocking call feeds an @async function on the workers, and main
 * blocks in plain receives. One channel of each kind: with room, and from hand to hand. */
#include <stdio.h>
#include <stdlib.h>

#include "lowered.h"

enum { last = 1000 };

/* An ordinary function with blocking channel operations, for cc_run_blocking_task_intptr. */
static void* numbers(void* environment) {
  CCChan* out = environment;
  for (long n = 1; n <= last; ++n) {
    if (cc_chan_send(out, &n, sizeof n) != 0) {
      break;
    }
  }
  cc_chan_close(out);
  return NULL;
}

/* @async int squares(CCChanRx rx, CCChanTx tx) {
 *   long n;
 *   while (await rx.recv(&n) == 0) {
 *     if (await tx.send(n * n) != 0) return -1;
 *   }
 *   tx.close();
 *   return 0;
 * } */
typedef struct squares_frame {
  int state;
  CCChanRx rx;
  CCChanTx tx;
  long n;
  CCTaskIntptr task;
} squares_frame;

static CCFutureStatus squares_poll(void* frame, intptr_t* out_val, int* out_err) {
  squares_frame* f = frame;
  int rc = 0;
  switch (f->state) {
    case 0:
      for (;;) {
        f->task = cc_chan_recv_task(f->rx.raw, &f->n, sizeof f->n);
        f->state = 1; /* fall through */
        case 1:
          AWAIT(f->task, rc);
          if (rc != 0) {
            break;
          }
          /* The literal is gone after this line; the task has copied it. */
          f->task = cc_chan_send_task(f->tx.raw, &(long){f->n * f->n}, sizeof(long));
          f->state = 2; /* fall through */
        case 2:
          AWAIT(f->task, rc);
          if (rc != 0) {
            RETURN(-1);
          }
      }
  }
  cc_chan_close(f->tx.raw);
  RETURN(0);
}

static void squares_drop(void* frame) {
  squares_frame* f = frame;
  cc_task_intptr_drop(&f->task);
  free(f);
}

static CCTaskIntptr squares(CCChanRx rx, CCChanTx tx) {
  squares_frame* f = calloc(1, sizeof *f);
  if (f == NULL) {
    return (CCTaskIntptr){0};
  }
  f->rx = rx;
  f->tx = tx;
  return cc_task_intptr_make_poll(squares_poll, f, squares_drop);
}

int main(void) {
  CCChan* plain = cc_chan_create(0, sizeof(long));
  CCChan* squared = cc_chan_create(16, sizeof(long));
  if (plain == NULL || squared == NULL) {
    return 1;
  }
  CCTaskIntptr feeding = cc_run_blocking_task_intptr((CCClosure0){numbers, plain, NULL});
  CCTaskIntptr squaring = cc_spawn_intptr(squares((CCChanRx){plain}, (CCChanTx){squared}));
  long sum = 0;
  long square = 0;
  while (cc_chan_recv(squared, &square, sizeof square) == 0) {
    sum += square;
  }
  intptr_t result = -1;
  if (cc_block_on_intptr(feeding, NULL) != 0 || cc_block_on_intptr(squaring, &result) != 0 ||
      result != 0) {
    return 1;
  }
  cc_chan_free(plain);
  cc_chan_free(squared);
  printf("squares of 1 to %d: %ld\n", last, sum);
  return 0;
}
