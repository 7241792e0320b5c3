/* cschannel: the Coolscript channel (seed document 000), for generated code.
 *
 * A bounded channel of owned pointers. Any thread may send and receive, several
 * at once. An item belongs to exactly one of: the sender, the channel, the
 * receiver; a call that fails leaves it with its caller. All that a sender did
 * before a send happens before all that the receiver of that item does after.
 *
 * Misuse that a call has no way to report (a null channel, a null item, more
 * drops than senders, destroying a channel that threads wait in) stops the
 * program with one line on stderr that names the call. Nothing is thrown.
 */
#ifndef HANDFAST_CAPI_CSCHANNEL_H
#define HANDFAST_CAPI_CSCHANNEL_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct cs_channel cs_channel_t;

/* What the try and timed forms answer. */
typedef enum cs_chan_status {
  CS_CHAN_OK = 0,
  CS_CHAN_FULL = 1,      /* try_send: no room now; the item is still yours */
  CS_CHAN_EMPTY = 2,     /* try_receive: nothing there now */
  CS_CHAN_CLOSED = 3,    /* send: closed, the item is still yours; receive: closed and drained */
  CS_CHAN_TIMED_OUT = 4, /* the time passed; an item to send is still yours */
  CS_CHAN_INVALID = 5    /* a null channel, item or out pointer; nothing was done */
} cs_chan_status_t;

/* A channel for `capacity` items, with one sender counted. NULL with errno
 * EINVAL (capacity 0), EOVERFLOW (no such size) or ENOMEM. */
cs_channel_t* cs_chan_create(size_t capacity);

/* How items that nobody received are destroyed: once each, by cs_chan_destroy.
 * `free` until this is called; NULL says that items are not owned. Call it
 * before the channel is shared. */
void cs_chan_set_drop(cs_channel_t* chan, void (*drop)(void* item));

/* Moves `data` into the channel; waits for room as long as it takes. On a closed
 * channel it sets errno to EPIPE, and `data` is still yours; otherwise errno is
 * left alone, and `data` is the channel's. */
void cs_chan_send(cs_channel_t* chan, void* data);

/* Moves the oldest item out; waits for one as long as it takes. NULL once the
 * channel is closed and nothing is left (Coolscript's None). */
void* cs_chan_receive(cs_channel_t* chan);

/* As above, without waiting for room or items. */
cs_chan_status_t cs_chan_try_send(cs_channel_t* chan, void* data);
cs_chan_status_t cs_chan_try_receive(cs_channel_t* chan, void** out);

/* As above, waiting for `nanoseconds` at most. */
cs_chan_status_t cs_chan_send_timed(cs_channel_t* chan, void* data, uint64_t nanoseconds);
cs_chan_status_t cs_chan_receive_timed(cs_channel_t* chan, void** out, uint64_t nanoseconds);

/* One sender more; one fewer. The channel closes when the last is dropped. */
void cs_chan_clone_sender(cs_channel_t* chan);
void cs_chan_drop_sender(cs_channel_t* chan);

/* Closes the channel to sends and wakes every waiter; what it holds can still be
 * received. Again on a closed channel: nothing. */
void cs_chan_close(cs_channel_t* chan);

/* Ends the channel, however many senders are counted, and destroys the items in
 * it. Like pthread_mutex_destroy it needs the channel for itself: no call may be
 * under way, and none may follow. NULL: nothing. */
void cs_chan_destroy(cs_channel_t* chan);

#ifdef __cplusplus
}
#endif

#endif /* HANDFAST_CAPI_CSCHANNEL_H */
