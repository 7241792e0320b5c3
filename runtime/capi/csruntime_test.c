/* The Coolscript runtime's C ABI, from C. Each check prints its line when it
 * fails; the exit status is the number of failures. What a process does when it
 * exits is tried in copies of this one, made before it has a pool. */
#define _POSIX_C_SOURCE 200809L

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdalign.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <handfast/capi/runtime.h>

#include "capi_test.h"

/* There where a leak detector is: it takes what a task left behind has for lost. */
extern void __lsan_disable(void) __attribute__((weak));

static void let_tasks_be_left(void) {
  if (__lsan_disable != NULL) {
    __lsan_disable();
  }
}

/* --- In a copy of this process ---------------------------------------------- */

/* Whether `body` exits with that status, having printed `text` and nothing else. */
static int exits(void (*body)(void), int status, const char* text) {
  const struct outcome its = outcome_of(body, exit);
  const int as_said =
      WIFEXITED(its.status) && WEXITSTATUS(its.status) == status && strcmp(its.text, text) == 0;
  if (!as_said) {
    fprintf(stderr, "status %d (%s), printed:\n%s\n", WEXITSTATUS(its.status),
            WIFEXITED(its.status) ? "exited" : "signalled", its.text);
  }
  return as_said;
}

static void do_nothing(void* data) {
  (void)data;
}

static void send_to_nobody(void) {
  cs_chan_send(NULL, &failures);
}
static void send_nothing(void) {
  cs_chan_send(cs_chan_create(1, 4), NULL);
}
static void offer_to_nobody(void) {
  cs_chan_offer(NULL, &failures);
}
static void offer_nothing(void) {
  cs_chan_offer(cs_chan_create(1, 4), NULL);
}
static void receive_from_nobody(void) {
  cs_chan_receive(NULL, &failures);
}
static void receive_nowhere(void) {
  cs_chan_receive(cs_chan_create(1, 4), NULL);
}
static void close_nothing(void) {
  cs_chan_close(NULL);
}
static void set_drop_of_nothing(void) {
  cs_chan_set_drop(NULL, do_nothing);
}
static void clone_of_nothing(void) {
  cs_chan_clone_sender(NULL);
}
static void clone_too_late(void) {
  cs_channel_t* chan = cs_chan_create(1, 4);
  cs_chan_drop_sender(chan);
  cs_chan_clone_sender(chan);
}
static void drop_of_nothing(void) {
  cs_chan_drop_sender(NULL);
}
static void drop_too_often(void) {
  cs_channel_t* chan = cs_chan_create(1, 4);
  cs_chan_drop_sender(chan);
  cs_chan_drop_sender(chan);
}
static void spawn_nothing(void) {
  cs_spawn(NULL, NULL);
}
static void free_what_is_not_ours(void) {
  static max_align_t space[8];
  cs_free(&space[4]);
}
static void print_less_than_nothing(void) {
  cs_print_str((cs_string_t){"", -1});
}
static void print_no_string(void) {
  cs_print_str((cs_string_t){NULL, 1});
}

static void misuse_stops_with_a_reason(void) {
  CHECK(stops(send_to_nobody, "cs_chan_send: the channel is NULL"));
  CHECK(stops(send_nothing, "cs_chan_send: the element is NULL"));
  CHECK(stops(offer_to_nobody, "cs_chan_offer: the channel is NULL"));
  CHECK(stops(offer_nothing, "cs_chan_offer: the element is NULL"));
  CHECK(stops(receive_from_nobody, "cs_chan_receive: the channel is NULL"));
  CHECK(stops(receive_nowhere, "cs_chan_receive: there is no place"));
  CHECK(stops(close_nothing, "cs_chan_close: the channel is NULL"));
  CHECK(stops(set_drop_of_nothing, "cs_chan_set_drop: the channel is NULL"));
  CHECK(stops(clone_of_nothing, "cs_chan_clone_sender: the channel is NULL"));
  CHECK(stops(clone_too_late, "cs_chan_clone_sender: no sender is left"));
  CHECK(stops(drop_of_nothing, "cs_chan_drop_sender: the channel is NULL"));
  CHECK(stops(drop_too_often, "cs_chan_drop_sender: more senders were dropped"));
  CHECK(stops(spawn_nothing, "cs_spawn: the function is NULL"));
  CHECK(stops(free_what_is_not_ours, "cs_free: the memory is not from cs_alloc"));
  CHECK(stops(print_less_than_nothing, "cs_print_str: the length is negative"));
  CHECK(stops(print_no_string, "cs_print_str: the string is NULL"));
}

/* --- What happens at the exit ------------------------------------------------ */

static void print(const char* text) {
  char copy[64];
  strcpy(copy, text);
  cs_print_str((cs_string_t){copy, (int64_t)strlen(copy)});
}

static void print_a_line(void* data) {
  (void)data;
  print("ran\n");
}
static void leave_three_to_run(void) {
  for (int i = 0; i < 3; ++i) {
    cs_spawn(print_a_line, NULL);
  }
}
static void go_on_spawning(void* data) {
  int* left = data;
  if (*left == 0) {
    cs_free(left);
    print("done\n");
    return;
  }
  --*left;
  cs_spawn(go_on_spawning, left);
}
static void leave_one_that_spawns(void) {
  int* left = cs_alloc(sizeof *left);
  *left = 1000;
  cs_spawn(go_on_spawning, left);
}

static cs_channel_t* shared = NULL;

static void wait_for_a_signal(void* data) {
  (void)data;
  (void)cs_chan_receive(shared, NULL);
}
static void leave_three_that_wait_in_vain(void) {
  let_tasks_be_left();
  shared = cs_chan_create(1, 0);
  for (int i = 0; i < 3; ++i) {
    cs_spawn(wait_for_a_signal, NULL);
  }
  for (int i = 0; i < 100; ++i) {
    cs_spawn(do_nothing, NULL);
  }
  exit(5);
}
static void leave_one_that_waits_in_vain(void) {
  let_tasks_be_left();
  shared = cs_chan_create(0, 0);
  cs_spawn(wait_for_a_signal, NULL);
  exit(0);
}
static void leave_some_that_are_woken_late(void) {
  shared = cs_chan_create(8, 0);
  for (int i = 0; i < 8; ++i) {
    cs_spawn(wait_for_a_signal, NULL);
  }
  for (int i = 0; i < 8; ++i) {
    cs_chan_send(shared, NULL);
  }
}

static void exit_with_seven(void* data) {
  (void)data;
  exit(7);
}
static void exit_in_a_task(void) {
  let_tasks_be_left();
  shared = cs_chan_create(1, 0);
  for (int i = 0; i < 3; ++i) {
    cs_spawn(wait_for_a_signal, NULL);
  }
  cs_spawn(exit_with_seven, NULL);
  (void)cs_chan_receive(shared, NULL); /* for ever, unless the task ends the process */
}

static void spawn_one_more(void) {
  cs_spawn(print_a_line, NULL);
}
static void spawn_when_all_is_over(void) {
  atexit(spawn_one_more); /* after the pool's own, which comes later and so goes first */
  cs_spawn(print_a_line, NULL);
}
static void spawn_when_some_are_left(void) {
  let_tasks_be_left();
  atexit(spawn_one_more);
  shared = cs_chan_create(1, 0);
  cs_spawn(wait_for_a_signal, NULL);
}

static void ask_for(const char* workers) {
  setenv("CS_WORKERS", workers, 1);
  cs_spawn(print_a_line, NULL);
}
static void ask_for_one_worker(void) {
  ask_for("1");
}
static void ask_for_no_worker(void) {
  ask_for("0");
}
static void ask_for_words(void) {
  ask_for("4x");
}
static void ask_for_too_many(void) {
  ask_for("1025");
}
static void ask_for_the_default(void) {
  ask_for("");
}

static void the_exit_waits_for_what_can_run(void) {
  CHECK(exits(leave_three_to_run, 0, "ran\nran\nran\n"));
  CHECK(exits(leave_one_that_spawns, 0, "done\n"));
  CHECK(exits(leave_some_that_are_woken_late, 0, ""));
  CHECK(exits(leave_three_that_wait_in_vain, 5,
              "handfast: exit: 3 tasks wait for what nobody will do, and are left\n"));
  CHECK(exits(leave_one_that_waits_in_vain, 0,
              "handfast: exit: 1 task waits for what nobody will do, and is left\n"));
  CHECK(exits(exit_in_a_task, 7, ""));
  CHECK(exits(spawn_when_all_is_over, 0, "ran\nran\n"));
  struct outcome its = outcome_of(spawn_when_some_are_left, exit);
  CHECK(WIFEXITED(its.status) && WEXITSTATUS(its.status) == 0);
  CHECK(strstr(its.text, "1 task waits") != NULL && strstr(its.text, "ran\n") != NULL);
}

static void the_environment_says_how_many_workers(void) {
  CHECK(exits(ask_for_one_worker, 0, "ran\n"));
  CHECK(exits(ask_for_the_default, 0, "ran\n"));
  CHECK(exits(ask_for_no_worker, 0,
              "handfast: CS_WORKERS is \"0\", not a number from 1 to 1024: one a core\nran\n"));
  CHECK(exits(ask_for_words, 0,
              "handfast: CS_WORKERS is \"4x\", not a number from 1 to 1024: one a core\nran\n"));
  CHECK(exits(ask_for_too_many, 0,
              "handfast: CS_WORKERS is \"1025\", not a number from 1 to 1024: one a core\nran\n"));
}

/* --- Memory and strings ------------------------------------------------------- */

static void memory_is_aligned_and_has_an_address_of_its_own(void) {
  void* pieces[64];
  for (size_t i = 0; i < 64; ++i) {
    pieces[i] = cs_alloc(i);
    CHECK(pieces[i] != NULL && (uintptr_t)pieces[i] % alignof(max_align_t) == 0);
    memset(pieces[i], (int)i, i);
  }
  void* second_of_none = cs_alloc(0);
  CHECK(second_of_none != pieces[0]);
  cs_free(second_of_none);
  for (size_t i = 0; i < 64; ++i) {
    CHECK(i == 0 ||
          (((unsigned char*)pieces[i])[0] == i && ((unsigned char*)pieces[i])[i - 1] == i));
    cs_free(pieces[i]);
  }
  cs_free(NULL);
}

static void memory_that_cannot_be_is_refused(void) {
  errno = 0;
  CHECK(cs_alloc(SIZE_MAX) == NULL && errno == ENOMEM);
  errno = 0;
  CHECK(cs_alloc(SIZE_MAX / 2) == NULL && errno == ENOMEM);
}

static void print_zero_bytes_too(void) {
  cs_print_str((cs_string_t){NULL, 0});
  char text[] = "one\ntwo";
  cs_print_str((cs_string_t){text, 4});
}

/* --- Channels, in one thread -------------------------------------------------- */

static void sizes_that_cannot_be_are_refused(void) {
  errno = 0;
  CHECK(cs_chan_create(SIZE_MAX, 8) == NULL && errno == EOVERFLOW);
  errno = 0;
  CHECK(cs_chan_create(1, SIZE_MAX) == NULL && errno == EOVERFLOW);
}

enum { largest_element = 1000 };

static void fill(unsigned char* element, size_t size, int with) {
  for (size_t i = 0; i < size; ++i) {
    element[i] = (unsigned char)((int)i * 7 + with);
  }
}

static void elements_of_any_size_leave_in_their_order(void) {
  static const size_t sizes[] = {0, 1, 3, 8, 9, 16, 24, 32, 33, 63, 64, 65, 200, largest_element};
  for (size_t each = 0; each < sizeof sizes / sizeof *sizes; ++each) {
    const size_t size = sizes[each];
    cs_channel_t* chan = cs_chan_create(3, size);
    unsigned char sent[largest_element];
    unsigned char expected[largest_element + 1];
    unsigned char received[largest_element + 1];
    errno = 0;
    for (int lap = 0; lap < 4; ++lap) {
      for (int i = 0; i < 3; ++i) {
        fill(sent, size, lap + i);
        cs_chan_send(chan, sent);
        memset(sent, 0, size); /* the channel has its own */
      }
      for (int i = 0; i < 3; ++i) {
        memset(expected, 0xEE, sizeof expected);
        fill(expected, size, lap + i);
        memset(received, 0xEE, sizeof received);
        CHECK(cs_chan_receive(chan, received) == 1);
        CHECK(memcmp(received, expected, size + 1) == 0);
      }
    }
    CHECK(errno == 0);
    fill(sent, size, 1);
    cs_chan_send(chan, sent); /* and one is left behind */
    cs_chan_destroy(chan);
  }
  cs_chan_destroy(NULL);
}

static void a_closed_channel_still_yields_what_it_has(void) {
  cs_channel_t* chan = cs_chan_create(2, sizeof(int));
  int number = 1;
  cs_chan_send(chan, &number);
  cs_chan_close(chan);
  cs_chan_close(chan);
  number = 5;
  CHECK(cs_chan_receive(chan, &number) == 1 && number == 1);
  number = 5;
  CHECK(cs_chan_receive(chan, &number) == 0 && number == 5);
  CHECK(cs_chan_receive(chan, &number) == 0);
  cs_chan_destroy(chan);
}

static int dropped_sum = 0;

static void count_and_free(void* element) {
  int* owned = *(int**)element;
  dropped_sum += *owned;
  cs_free(owned);
}

static int* owned_number(int value) {
  int* number = cs_alloc(sizeof *number);
  *number = value;
  return number;
}

static void what_nobody_receives_is_dropped_once(void) {
  cs_channel_t* chan = cs_chan_create(3, sizeof(int*));
  cs_chan_set_drop(chan, count_and_free);
  int* number = owned_number(3);
  cs_chan_send(chan, &number);
  number = owned_number(4);
  CHECK(cs_chan_offer(chan, &number) == 1);
  dropped_sum = 0;
  cs_chan_destroy(chan);
  CHECK(dropped_sum == 7);
}

static void a_send_on_a_closed_channel_drops_and_an_offer_does_not(void) {
  cs_channel_t* chan = cs_chan_create(1, sizeof(int*));
  cs_chan_set_drop(chan, count_and_free);
  cs_chan_close(chan);
  dropped_sum = 0;
  int* number = owned_number(5);
  errno = 0;
  CHECK(cs_chan_offer(chan, &number) == 0 && errno == 0);
  CHECK(dropped_sum == 0 && *number == 5);
  cs_chan_send(chan, &number);
  CHECK(errno == EPIPE && dropped_sum == 5);
  cs_chan_destroy(chan);
  CHECK(dropped_sum == 5);

  cs_channel_t* met = cs_chan_create(0, 200);
  char large[200] = {0};
  cs_chan_close(met);
  CHECK(cs_chan_offer(met, large) == 0);
  cs_chan_destroy(met);
}

static void the_last_sender_closes(void) {
  cs_channel_t* chan = cs_chan_create(2, sizeof(int));
  int number = 1;
  cs_chan_clone_sender(chan);
  cs_chan_drop_sender(chan);
  cs_chan_send(chan, &number);
  cs_chan_drop_sender(chan);
  CHECK(cs_chan_receive(chan, &number) == 1 && number == 1);
  CHECK(cs_chan_receive(chan, &number) == 0);
  cs_chan_destroy(chan);
}

/* --- Tasks -------------------------------------------------------------------- */

/* A list that a task comes to own, and where its sum goes. */
struct list {
  cs_channel_t* sums;
  size_t size;
  long numbers[];
};

static void sum_a_list(void* data) {
  struct list* mine = data;
  long sum = 0;
  for (size_t i = 0; i < mine->size; ++i) {
    sum += mine->numbers[i];
  }
  cs_channel_t* sums = mine->sums;
  cs_free(mine);
  cs_chan_send(sums, &sum);
  cs_chan_drop_sender(sums);
}

static void lists_fan_out_and_sums_fan_in(void) {
  enum { lists = 200, numbers_each = 50 };
  cs_channel_t* sums = cs_chan_create(4, sizeof(long));
  for (long i = 0; i < lists; ++i) {
    struct list* next = cs_alloc(sizeof *next + numbers_each * sizeof(long));
    next->sums = sums;
    next->size = numbers_each;
    for (long j = 0; j < numbers_each; ++j) {
      next->numbers[j] = i * numbers_each + j;
    }
    cs_chan_clone_sender(sums);
    cs_spawn(sum_a_list, next);
  }
  cs_chan_drop_sender(sums);
  long total = 0;
  int received = 0;
  for (long sum = 0; cs_chan_receive(sums, &sum) != 0; ++received) {
    total += sum;
  }
  const long all = (long)lists * numbers_each;
  CHECK(received == lists && total == all * (all - 1) / 2);
  cs_chan_destroy(sums);
}

/* What a task waits for, and where it says that it came. */
struct wait {
  cs_channel_t* starts;
  cs_channel_t* ends;
};

static void wait_and_go_on(void* data) {
  struct wait mine = *(struct wait*)data;
  cs_free(data);
  long number = 0;
  if (cs_chan_receive(mine.starts, &number) == 1) {
    cs_chan_send(mine.ends, &number);
  }
  cs_chan_drop_sender(mine.ends);
}

static void more_tasks_wait_than_there_are_workers(size_t capacity) {
  enum { tasks = 300 };
  cs_channel_t* starts = cs_chan_create(capacity, sizeof(long));
  cs_channel_t* ends = cs_chan_create(capacity, sizeof(long));
  for (int i = 0; i < tasks; ++i) {
    struct wait* next = cs_alloc(sizeof *next);
    *next = (struct wait){starts, ends};
    cs_chan_clone_sender(ends);
    cs_spawn(wait_and_go_on, next);
  }
  cs_chan_drop_sender(ends);
  /* Runs though all of them wait: a task that does not. */
  lists_fan_out_and_sums_fan_in();
  long total = 0;
  for (long i = 0; i < tasks; ++i) {
    cs_chan_send(starts, &i);
    if (i >= tasks / 2) { /* half of them wait for a receiver by then */
      long number = 0;
      CHECK(cs_chan_receive(ends, &number) == 1);
      total += number;
    }
  }
  int received = 0;
  for (long number = 0; cs_chan_receive(ends, &number) != 0; ++received) {
    total += number;
  }
  CHECK(received == tasks / 2 && total == (long)tasks * (tasks - 1) / 2);
  cs_chan_destroy(starts);
  cs_chan_destroy(ends);
}

static void tasks_that_wait_do_not_starve_the_pool(void) {
  more_tasks_wait_than_there_are_workers(1);
  more_tasks_wait_than_there_are_workers(0);
  more_tasks_wait_than_there_are_workers(64);
}

static void tasks_wait_with_one_worker(void) {
  setenv("CS_WORKERS", "1", 1);
  tasks_that_wait_do_not_starve_the_pool();
  if (failures == 0) {
    print("held\n");
  }
}

enum { producers = 16, numbers_each = 2000 };

static void produce(void* chan) {
  for (int i = 1; i <= numbers_each; ++i) {
    cs_chan_send(chan, &i);
  }
  cs_chan_drop_sender(chan);
}

static void all_that_producers_send_comes(void) {
  cs_channel_t* chan = cs_chan_create(8, sizeof(int));
  for (int i = 0; i < producers; ++i) {
    cs_chan_clone_sender(chan);
    cs_spawn(produce, chan);
  }
  cs_chan_drop_sender(chan);
  long total = 0;
  for (int number = 0; cs_chan_receive(chan, &number) != 0;) {
    total += number;
  }
  CHECK(total == (long)producers * numbers_each * (numbers_each + 1) / 2);
  cs_chan_destroy(chan);
}

/* From one channel to the next, a number more. */
static void pass_on(void* data) {
  struct wait mine = *(struct wait*)data;
  cs_free(data);
  long number = 0;
  while (cs_chan_receive(mine.starts, &number) == 1) {
    ++number;
    cs_chan_send(mine.ends, &number);
  }
  cs_chan_destroy(mine.starts);
  cs_chan_drop_sender(mine.ends);
}

static void a_chain_of_rendezvous_passes_all_on(void) {
  enum { stages = 40, numbers = 200 };
  cs_channel_t* first = cs_chan_create(0, sizeof(long));
  cs_channel_t* last = first;
  for (int i = 0; i < stages; ++i) {
    struct wait* next = cs_alloc(sizeof *next);
    *next = (struct wait){last, cs_chan_create(0, sizeof(long))};
    last = next->ends;
    cs_spawn(pass_on, next);
  }
  for (long i = 0; i < numbers; ++i) {
    long number = i;
    cs_chan_send(first, &number);
    CHECK(cs_chan_receive(last, &number) == 1 && number == i + stages);
  }
  cs_chan_drop_sender(first);
  long number = 0;
  CHECK(cs_chan_receive(last, &number) == 0);
  cs_chan_destroy(last);
}

static void send_once(void* chan) {
  const char text[80] = "the last thing that this task does";
  cs_chan_send(chan, (void*)text);
}

static void the_receiver_may_destroy_while_the_sender_returns(void) {
  for (int i = 0; i < 2000; ++i) {
    cs_channel_t* chan = cs_chan_create((size_t)i % 2, 80);
    cs_spawn(send_once, chan);
    char text[80];
    CHECK(cs_chan_receive(chan, text) == 1);
    CHECK(strcmp(text, "the last thing that this task does") == 0);
    cs_chan_destroy(chan);
  }
}

static int depth_of(int left, cs_channel_t* chan, volatile char* above) {
  volatile char here[16] = {(char)left};
  if (left == 0) {
    int number = 0;
    (void)cs_chan_receive(chan, &number); /* the whole of it goes aside */
    return number - above[0];
  }
  return depth_of(left - 1, chan, here) + 1 + here[1];
}

struct dive {
  cs_channel_t* starts;
  cs_channel_t* depths;
};

static void dive_and_say_how_deep(void* data) {
  struct dive mine = *(struct dive*)data;
  cs_free(data);
  volatile char top = 0;
  int depth = depth_of(500, mine.starts, &top);
  cs_chan_send(mine.depths, &depth);
}

static void a_task_waits_deep_inside(void) {
  cs_channel_t* starts = cs_chan_create(1, sizeof(int));
  cs_channel_t* depths = cs_chan_create(1, sizeof(int));
  enum { divers = 20 };
  for (int i = 0; i < divers; ++i) {
    struct dive* next = cs_alloc(sizeof *next);
    *next = (struct dive){starts, depths};
    cs_spawn(dive_and_say_how_deep, next);
  }
  for (int i = 0; i < divers; ++i) {
    int number = 1; /* as the last char above the deepest call is */
    cs_chan_send(starts, &number);
    CHECK(cs_chan_receive(depths, &number) == 1 && number == 500);
  }
  cs_chan_destroy(starts);
  cs_chan_destroy(depths);
}

/* A tree of tasks, each of which spawns two, down to the leaves. */
struct node {
  int height;
  cs_channel_t* leaves;
};

static void grow(void* data) {
  struct node mine = *(struct node*)data;
  cs_free(data);
  if (mine.height == 0) {
    cs_chan_send(mine.leaves, NULL);
    cs_chan_drop_sender(mine.leaves);
    return;
  }
  for (int i = 0; i < 2; ++i) {
    struct node* next = cs_alloc(sizeof *next);
    *next = (struct node){mine.height - 1, mine.leaves};
    cs_chan_clone_sender(mine.leaves);
    cs_spawn(grow, next);
  }
  cs_chan_drop_sender(mine.leaves);
}

static void tasks_spawn_tasks(void) {
  struct node* root = cs_alloc(sizeof *root);
  cs_channel_t* leaves = cs_chan_create(16, 0);
  *root = (struct node){10, leaves};
  cs_spawn(grow, root);
  int count = 0;
  while (cs_chan_receive(leaves, NULL) != 0) {
    ++count;
  }
  CHECK(count == 1 << 10);
  cs_chan_destroy(leaves);
}

static void* spawn_from_a_thread(void* chan) {
  for (int i = 0; i < 100; ++i) {
    cs_chan_clone_sender(chan);
    cs_spawn(produce, chan);
  }
  cs_chan_drop_sender(chan);
  return NULL;
}

static void any_thread_spawns(void) {
  enum { threads = 3 };
  cs_channel_t* chan = cs_chan_create(64, sizeof(int));
  pthread_t each[threads];
  for (int i = 0; i < threads; ++i) {
    cs_chan_clone_sender(chan);
    pthread_create(&each[i], NULL, spawn_from_a_thread, chan);
  }
  cs_chan_drop_sender(chan);
  int received = 0;
  for (int number = 0; cs_chan_receive(chan, &number) != 0;) {
    ++received;
  }
  CHECK(received == threads * 100 * numbers_each);
  for (int i = 0; i < threads; ++i) {
    pthread_join(each[i], NULL);
  }
  cs_chan_destroy(chan);
}

int main(void) {
  misuse_stops_with_a_reason();
  the_exit_waits_for_what_can_run();
  the_environment_says_how_many_workers();
  CHECK(exits(print_zero_bytes_too, 0, "one\n"));
  CHECK(exits(tasks_wait_with_one_worker, 0, "held\n"));

  memory_is_aligned_and_has_an_address_of_its_own();
  memory_that_cannot_be_is_refused();
  sizes_that_cannot_be_are_refused();
  elements_of_any_size_leave_in_their_order();
  a_closed_channel_still_yields_what_it_has();
  what_nobody_receives_is_dropped_once();
  a_send_on_a_closed_channel_drops_and_an_offer_does_not();
  the_last_sender_closes();

  lists_fan_out_and_sums_fan_in();
  tasks_that_wait_do_not_starve_the_pool();
  all_that_producers_send_comes();
  a_chain_of_rendezvous_passes_all_on();
  the_receiver_may_destroy_while_the_sender_returns();
  a_task_waits_deep_inside();
  tasks_spawn_tasks();
  any_thread_spawns();
  if (failures == 0) {
    puts("csruntime: all held");
  }
  return failures;
}
