/* A producer and a consumer that pass ownership of strings, as the code that a
 * Coolscript compiler emits does. */
#include <handfast/capi/cschannel.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { count = 100 };

static void* produce(void* chan) {
  for (int i = 0; i < count; ++i) {
    char* text = malloc(32);
    snprintf(text, 32, "message %d", i);
    cs_chan_send(chan, text); /* the channel owns it now */
  }
  cs_chan_drop_sender(chan); /* the last sender: the channel closes */
  return NULL;
}

int main(void) {
  cs_channel_t* chan = cs_chan_create(8);
  pthread_t producer;
  if (chan == NULL || pthread_create(&producer, NULL, produce, chan) != 0) {
    return 1;
  }
  int received = 0;
  for (char* text; (text = cs_chan_receive(chan)) != NULL; free(text)) {
    char expected[32];
    snprintf(expected, sizeof expected, "message %d", received);
    received += strcmp(text, expected) == 0;
  }
  pthread_join(producer, NULL);
  cs_chan_destroy(chan);
  printf("%d messages, in order\n", received);
  return received == count ? 0 : 1;
}
