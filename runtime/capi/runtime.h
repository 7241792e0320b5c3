/* csruntime: the Coolscript runtime (seed document 001), for generated code.
 *
 * Memory, tasks, channels and printed strings. The names and signatures of the
 * document are kept to the letter; what it lacks and compiled programs need
 * (clones of senders, destroying a channel, a send that says what came of it) is
 * added and marked so.
 *
 * A task runs on a pool of worker threads, to its end, and is never interrupted.
 * Where it waits in a channel it steps aside with its stack, and its worker goes
 * on with other tasks: any number of tasks may wait. It may come back on another
 * thread: after a call that waits, errno and thread-local variables may be
 * another thread's. Whatever else stops a thread (reading a file, a lock) stops a
 * worker.
 *
 * The pool starts by itself at the first cs_spawn, with as many workers as the
 * machine has cores, or CS_WORKERS of them. When the process exits (main returns,
 * or exit is called outside tasks) all tasks run to their end first. Tasks that
 * wait by then for what nobody will do are left, and one line on stderr says how
 * many. exit called by a task waits for no other task.
 *
 * Misuse that a call has no way to report stops the program with one line on
 * stderr that names the call. Nothing is thrown.
 *
 * Not together with cschannel.h and its library, which have the channel of seed
 * document 000 under the same names with other signatures: a program includes one
 * of the two and links one.
 */
#ifndef HANDFAST_CAPI_RUNTIME_H
#define HANDFAST_CAPI_RUNTIME_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#pragma GCC visibility push(default)

/* --- Memory ---------------------------------------------------------------- */

/* `size` bytes, aligned for any type, whose contents are not set; the caller's,
 * and the caller's to move. Size 0 is memory too, of its own address, to be freed.
 * NULL with errno ENOMEM where there is none. Does not wait. */
void* cs_alloc(size_t size);

/* Gives back what cs_alloc gave, from any thread. NULL: nothing. Memory that is
 * not from cs_alloc, or was freed before, stops the program where that shows. */
void cs_free(void* ptr);

/* --- Tasks ----------------------------------------------------------------- */

typedef void (*cs_task_fn)(void*);

/* Has func(data) run on the pool. `data` is moved to the task: whoever spawns
 * touches it no more, the task frees it. What was done before happens before the
 * task. Any thread may spawn, and so may tasks. Does not wait for the task, nor
 * for a worker. Stops the program where there is no memory for another task, or
 * no thread for a worker. A task returns: an exception that leaves it stops the
 * program. */
void cs_spawn(cs_task_fn func, void* data);

/* --- Channels -------------------------------------------------------------- */

/* A bounded queue of elements of one size, copied in and out. Any thread or task
 * may send and receive, several at once. Elements leave in the order in which they
 * came. All that a sender did before a send happens before all that the receiver
 * of that element does after. */
typedef struct cs_channel cs_channel_t;

/* A channel for `capacity` elements of `element_size` bytes, with one sender
 * counted. Capacity 0 is a rendezvous: a send waits until a receiver has the
 * element. Element size 0 is a channel of signals. NULL with errno EOVERFLOW (no
 * such size) or ENOMEM. Does not wait. */
cs_channel_t* cs_chan_create(size_t capacity, size_t element_size);

/* Moves the element at `data` into the channel: copies its bytes, after which
 * they are the channel's and those at `data` worth nothing. Waits for room as long
 * as it takes. On a closed channel the element is dropped (cs_chan_set_drop) and
 * errno set to EPIPE; otherwise errno is left alone. */
void cs_chan_send(cs_channel_t* chan, void* data);

/* Moves the oldest element out, to `out_data`, and returns 1; waits for one as
 * long as it takes. 0 once the channel is closed and nothing is left; then
 * `out_data` is not touched. */
int cs_chan_receive(cs_channel_t* chan, void* out_data);

/* Closes the channel to sends and wakes all that wait; what it holds can still be
 * received. Again on a closed channel: nothing. Does not wait. */
void cs_chan_close(cs_channel_t* chan);

/* --- Channels: added to the document --------------------------------------- */

/* As cs_chan_send, and says what came of it: 1, the element is the channel's; 0,
 * the channel is closed and the element still the caller's. */
int cs_chan_offer(cs_channel_t* chan, void* data);

/* How elements that nobody received are destroyed: `drop` gets the address of a
 * copy, and frees what the element owns, not the address. NULL, and until this is
 * called: elements own nothing. Call it before the channel is shared. */
void cs_chan_set_drop(cs_channel_t* chan, void (*drop)(void* element));

/* One sender more; one fewer. The channel closes when the last is dropped. A
 * program may count none and close instead. Neither waits. */
void cs_chan_clone_sender(cs_channel_t* chan);
void cs_chan_drop_sender(cs_channel_t* chan);

/* Ends the channel, however many senders are counted: closes it and drops the
 * elements in it. No call may begin after that. Calls under way come to their end
 * as on a closed channel, and the last of them frees it: so the receiver of the
 * last element may destroy the channel while its sender is still about to return.
 * NULL: nothing. Does not wait. */
void cs_chan_destroy(cs_channel_t* chan);

/* --- Strings --------------------------------------------------------------- */

/* `len` bytes at `ptr`, with a zero behind them that is not counted. Immutable. */
typedef struct {
  char* ptr;
  int64_t len;
} cs_string_t;

/* Writes the bytes to stdout, in one piece, and nothing behind them: a line's end
 * is in the string. The string remains its owner's. Waits as stdout does. */
void cs_print_str(cs_string_t s);

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif

#endif /* HANDFAST_CAPI_RUNTIME_H */
