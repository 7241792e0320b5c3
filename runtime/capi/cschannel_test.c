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

#include <handfast/capi/cschannel.h>

#include "capi_test.h"

static int* boxed(int value) {
  int* box = malloc(sizeof *box);
  *box = value;
  return box;
}

static int unboxed(void* box) {
  const int value = *(int*)box;
  free(box);
  return value;
}

static int dropped_sum = 0;

static void count_and_free(void* item) {
  dropped_sum += *(int*)item;
  free(item);
}

static void capacities_that_cannot_be_are_refused(void) {
  errno = 0;
  CHECK(cs_chan_create(0) == NULL && errno == EINVAL);
  errno = 0;
  CHECK(cs_chan_create(SIZE_MAX) == NULL && errno == EOVERFLOW);
}

static void items_leave_in_the_order_in_which_they_came(void) {
  cs_channel_t* chan = cs_chan_create(3);
  errno = 0;
  for (int i = 1; i <= 3; ++i) {
    cs_chan_send(chan, boxed(i));
  }
  CHECK(errno == 0);
  for (int i = 1; i <= 3; ++i) {
    CHECK(unboxed(cs_chan_receive(chan)) == i);
  }
  cs_chan_destroy(chan);
}

static void try_and_timed_forms_say_why(void) {
  cs_channel_t* chan = cs_chan_create(1);
  int* item = boxed(1);
  void* out = NULL;
  CHECK(cs_chan_try_receive(chan, &out) == CS_CHAN_EMPTY);
  CHECK(cs_chan_receive_timed(chan, &out, 1000) == CS_CHAN_TIMED_OUT);
  CHECK(cs_chan_try_send(chan, item) == CS_CHAN_OK);
  int* second = boxed(2);
  CHECK(cs_chan_try_send(chan, second) == CS_CHAN_FULL);
  CHECK(cs_chan_send_timed(chan, second, 1000) == CS_CHAN_TIMED_OUT);
  CHECK(cs_chan_receive_timed(chan, &out, UINT64_MAX) == CS_CHAN_OK && out == item);
  CHECK(cs_chan_send_timed(chan, second, UINT64_MAX) == CS_CHAN_OK);
  cs_chan_close(chan);
  CHECK(cs_chan_try_send(chan, item) == CS_CHAN_CLOSED);
  CHECK(cs_chan_try_receive(chan, &out) == CS_CHAN_OK && out == second);
  CHECK(cs_chan_try_receive(chan, &out) == CS_CHAN_CLOSED);
  CHECK(cs_chan_receive_timed(chan, &out, 0) == CS_CHAN_CLOSED);
  CHECK(cs_chan_try_send(NULL, item) == CS_CHAN_INVALID);
  CHECK(cs_chan_try_send(chan, NULL) == CS_CHAN_INVALID);
  CHECK(cs_chan_send_timed(NULL, item, 0) == CS_CHAN_INVALID);
  CHECK(cs_chan_try_receive(chan, NULL) == CS_CHAN_INVALID);
  CHECK(cs_chan_receive_timed(NULL, &out, 0) == CS_CHAN_INVALID);
  free(item);
  free(second);
  cs_chan_destroy(chan);
}

static void a_failed_send_leaves_the_item_with_its_caller(void) {
  cs_channel_t* chan = cs_chan_create(1);
  cs_chan_close(chan);
  cs_chan_close(chan);
  int* item = boxed(7);
  errno = 0;
  cs_chan_send(chan, item);
  CHECK(errno == EPIPE);
  CHECK(unboxed(item) == 7);
  CHECK(cs_chan_receive(chan) == NULL);
  cs_chan_destroy(chan);
}

static void the_last_sender_closes(void) {
  cs_channel_t* chan = cs_chan_create(2);
  cs_chan_clone_sender(chan);
  cs_chan_drop_sender(chan);
  cs_chan_send(chan, boxed(1));
  cs_chan_drop_sender(chan);
  CHECK(unboxed(cs_chan_receive(chan)) == 1);
  CHECK(cs_chan_receive(chan) == NULL);
  cs_chan_destroy(chan);
}

static void items_left_behind_are_destroyed_once(void) {
  cs_channel_t* by_free = cs_chan_create(2);
  cs_chan_send(by_free, boxed(1));
  cs_chan_destroy(by_free);

  cs_channel_t* by_drop = cs_chan_create(2);
  cs_chan_set_drop(by_drop, count_and_free);
  cs_chan_send(by_drop, boxed(3));
  cs_chan_send(by_drop, boxed(4));
  cs_chan_destroy(by_drop);
  CHECK(dropped_sum == 7);

  static int not_owned = 5;
  cs_channel_t* borrowed = cs_chan_create(1);
  cs_chan_set_drop(borrowed, NULL);
  cs_chan_send(borrowed, &not_owned);
  cs_chan_destroy(borrowed);
  cs_chan_destroy(NULL);
}

enum { senders = 3, items_each = 2000 };

static void* send_items(void* argument) {
  cs_channel_t* chan = argument;
  for (int i = 1; i <= items_each; ++i) {
    cs_chan_send(chan, boxed(i));
  }
  cs_chan_drop_sender(chan);
  return NULL;
}

static void* sum_items(void* argument) {
  cs_channel_t* chan = argument;
  long* sum = calloc(1, sizeof *sum);
  for (void* item = cs_chan_receive(chan); item != NULL; item = cs_chan_receive(chan)) {
    *sum += unboxed(item);
  }
  return sum;
}

static void threads_hand_over_everything(void) {
  cs_channel_t* chan = cs_chan_create(4);
  pthread_t threads[senders + 2];
  for (int i = 0; i < senders; ++i) {
    if (i > 0) {
      cs_chan_clone_sender(chan);
    }
  }
  for (int i = 0; i < senders + 2; ++i) {
    pthread_create(&threads[i], NULL, i < senders ? send_items : sum_items, chan);
  }
  long total = 0;
  for (int i = 0; i < senders + 2; ++i) {
    void* result = NULL;
    pthread_join(threads[i], &result);
    if (result != NULL) {
      total += *(long*)result;
      free(result);
    }
  }
  CHECK(total == (long)senders * items_each * (items_each + 1) / 2);
  cs_chan_destroy(chan);
}

static void send_to_nobody(void) {
  cs_chan_send(NULL, &failures);
}
static void receive_from_nobody(void) {
  cs_chan_receive(NULL);
}
static void send_nothing(void) {
  cs_chan_send(cs_chan_create(1), NULL);
}
static void drop_too_often(void) {
  cs_channel_t* chan = cs_chan_create(1);
  cs_chan_drop_sender(chan);
  cs_chan_drop_sender(chan);
}
static void* wait_for_an_item(void* chan) {
  return cs_chan_receive(chan);
}
static void destroy_in_use(void) {
  cs_channel_t* chan = cs_chan_create(1);
  pthread_t thread;
  pthread_create(&thread, NULL, wait_for_an_item, chan);
  /* Nothing tells when the thread is inside its call. A copy of this process
   * finds out: it stops if the call was under way when it was made. */
  for (;;) {
    const pid_t probe = fork();
    if (probe == 0) {
      cs_chan_destroy(chan);
      _exit(0);
    }
    int status = 0;
    waitpid(probe, &status, 0);
    if (WIFSIGNALED(status)) {
      abort();
    }
  }
}

static void misuse_stops_with_a_reason(void) {
  CHECK(stops(send_to_nobody, "cs_chan_send: the channel is NULL"));
  CHECK(stops(receive_from_nobody, "cs_chan_receive: the channel is NULL"));
  CHECK(stops(send_nothing, "cs_chan_send: the item is NULL"));
  CHECK(stops(drop_too_often, "cs_chan_drop_sender: more senders were dropped"));
  CHECK(stops(destroy_in_use, "cs_chan_destroy: a call on this channel is still under way"));
}

int main(void) {
  misuse_stops_with_a_reason();
  capacities_that_cannot_be_are_refused();
  items_leave_in_the_order_in_which_they_came();
  try_and_timed_forms_say_why();
  a_failed_send_leaves_the_item_with_its_caller();
  the_last_sender_closes();
  items_left_behind_are_destroyed_once();
  threads_hand_over_everything();
  if (failures == 0) {
    puts("cschannel: all held");
  }
  return failures;
}
