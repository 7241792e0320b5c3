/* Two @async functions on the runtime's workers, as a CC compiler lowers them: locals that live
 * across an await are fields of a frame, and each await is a state to come back to. */
#include <stdio.h>
#include <stdlib.h>

#include "lowered.h"

enum { count = 100 };

/* @async int producer(CCChanTx tx) {
 *   int i;
 *   for (i = 1; i <= count; ++i) {
 *     int rc = await tx.send(i);
 *     if (rc != 0) break;
 *   }
 *   return i - 1;
 * } */
typedef struct producer_frame {
  int state;
  CCChanTx tx;
  int i;
  CCTaskIntptr task;
} producer_frame;

static CCFutureStatus producer_poll(void* frame, intptr_t* out_val, int* out_err) {
  producer_frame* f = frame;
  int rc = 0;
  switch (f->state) {
    case 0:
      for (f->i = 1; f->i <= count; ++f->i) {
        f->task = cc_chan_send_task(f->tx.raw, &f->i, sizeof f->i);
        f->state = 1; /* fall through */
        case 1:
          AWAIT(f->task, rc);
          if (rc != 0) {
            break;
          }
      }
  }
  RETURN(f->i - 1);
}

static void producer_drop(void* frame) {
  producer_frame* f = frame;
  cc_task_intptr_drop(&f->task);
  free(f);
}

static CCTaskIntptr producer(CCChanTx tx) {
  producer_frame* f = calloc(1, sizeof *f);
  if (f == NULL) {
    return (CCTaskIntptr){0};
  }
  f->tx = tx;
  return cc_task_intptr_make_poll(producer_poll, f, producer_drop);
}

/* @async int consumer(CCChanRx rx, int* sum) {
 *   int n = 0, val;
 *   while (await rx.recv(&val) == 0) { *sum += val; ++n; }
 *   return n;
 * } */
typedef struct consumer_frame {
  int state;
  CCChanRx rx;
  int* sum;
  int n;
  int val;
  CCTaskIntptr task;
} consumer_frame;

static CCFutureStatus consumer_poll(void* frame, intptr_t* out_val, int* out_err) {
  consumer_frame* f = frame;
  int rc = 0;
  switch (f->state) {
    case 0:
      for (;;) {
        f->task = cc_chan_recv_task(f->rx.raw, &f->val, sizeof f->val);
        f->state = 1; /* fall through */
        case 1:
          AWAIT(f->task, rc);
          if (rc != 0) {
            break;
          }
          *f->sum += f->val;
          ++f->n;
      }
  }
  RETURN(f->n);
}

static void consumer_drop(void* frame) {
  consumer_frame* f = frame;
  cc_task_intptr_drop(&f->task);
  free(f);
}

static CCTaskIntptr consumer(CCChanRx rx, int* sum) {
  consumer_frame* f = calloc(1, sizeof *f);
  if (f == NULL) {
    return (CCTaskIntptr){0};
  }
  f->rx = rx;
  f->sum = sum;
  return cc_task_intptr_make_poll(consumer_poll, f, consumer_drop);
}

int main(void) {
  CCChan* ch = cc_chan_create(4, sizeof(int));
  if (ch == NULL) {
    return 1;
  }
  int sum = 0;
  intptr_t produced = 0;
  intptr_t consumed = 0;
  CCTaskIntptr producing = cc_spawn_intptr(producer((CCChanTx){ch}));
  CCTaskIntptr consuming = cc_spawn_intptr(consumer((CCChanRx){ch}, &sum));
  if (cc_block_on_intptr(producing, &produced) != 0) {
    return 1;
  }
  cc_chan_close(ch); /* what is in it is still consumed */
  if (cc_block_on_intptr(consuming, &consumed) != 0) {
    return 1;
  }
  cc_chan_free(ch);
  printf("produced %d, consumed %d, sum %d\n", (int)produced, (int)consumed, sum);
  return 0;
}
