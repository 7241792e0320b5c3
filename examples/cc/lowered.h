/* What a lowering pass emits for each await, as a macro so that the examples can be read. */
#ifndef LOWERED_H
#define LOWERED_H

#include <handfast/capi/ccruntime.h>

/* `result = await slot`, in a poll function: pending, so is the function. Whoever polls it is
 * woken when `slot` can go on, and polls it again. A task that failed gives its errno value, as a
 * channel operation does. */
#define AWAIT(slot, result)                                                                       \
  do {                                                                                            \
    intptr_t await_value = 0;                                                                     \
    int await_error = 0;                                                                          \
    const CCFutureStatus await_status = cc_task_intptr_poll(&(slot), &await_value, &await_error); \
    if (await_status == CC_FUTURE_PENDING) {                                                      \
      return CC_FUTURE_PENDING;                                                                   \
    }                                                                                             \
    cc_task_intptr_drop(&(slot));                                                                 \
    (result) = await_status == CC_FUTURE_READY ? (int)await_value : await_error;                  \
  } while (0)

/* `return value;` in an @async function. */
#define RETURN(value)       \
  do {                      \
    *out_val = (value);     \
    *out_err = 0;           \
    return CC_FUTURE_READY; \
  } while (0)

#endif /* LOWERED_H */
