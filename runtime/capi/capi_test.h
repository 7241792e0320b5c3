/* What the C ABIs' tests share: a check that prints its line, and whether misuse stops a process.
 * Included by one file of each program, after _POSIX_C_SOURCE is defined. */
#ifndef HANDFAST_CAPI_CAPI_TEST_H
#define HANDFAST_CAPI_CAPI_TEST_H

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static int failures = 0;

#define CHECK(condition)                                              \
  do {                                                                \
    if (!(condition)) {                                               \
      fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition); \
      ++failures;                                                     \
    }                                                                 \
  } while (0)

struct outcome {
  int status;
  char text[512]; /* what it printed, on stdout and stderr */
};

/* Of a copy of this process that does `body`, and then leaves that way. */
static struct outcome outcome_of(void (*body)(void), void (*leave)(int)) {
  struct outcome its = {0};
  int ends[2];
  if (pipe(ends) != 0) {
    return its;
  }
  const pid_t child = fork();
  if (child == 0) {
    dup2(ends[1], STDOUT_FILENO);
    dup2(ends[1], STDERR_FILENO);
    close(ends[0]);
    close(ends[1]);
    body();
    leave(0);
  }
  close(ends[1]);
  size_t size = 0;
  for (ssize_t got = 1; got > 0 && size < sizeof its.text - 1; size += (size_t)got) {
    got = read(ends[0], its.text + size, sizeof its.text - 1 - size);
    if (got <= 0) {
      break;
    }
  }
  close(ends[0]);
  waitpid(child, &its.status, 0);
  return its;
}

/* Whether `misuse` stops its process with one line that says `what`. */
static int stops(void (*misuse)(void), const char* what) {
  const struct outcome its = outcome_of(misuse, _exit);
  return WIFSIGNALED(its.status) && WTERMSIG(its.status) == SIGABRT &&
         strstr(its.text, what) != NULL;
}

#endif /* HANDFAST_CAPI_CAPI_TEST_H */
