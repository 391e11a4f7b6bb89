/* outbox: messages on their way from any thread to the one that owns the sockets. */
#ifndef OTO_OUTBOX_H
#define OTO_OUTBOX_H

#include "kernel/wire.h"

enum { OUTBOX_BYTES_MAX = 8 << 20 }; /* more than this waits in the thread that posts */

struct outbox;

/* Made by the thread that will take parcels out. That thread never waits when it posts, and must take parcels out
 * before it waits for the descriptor. */
struct outbox *outbox_new(void);
void outbox_free(struct outbox *outbox);

/* Takes the parcel over (NULL is a message that found no memory: nothing happens but a log line). Waits while the
 * outbox is full, so that a program that prints faster than sockets carry does not fill the memory. */
void outbox_post(struct outbox *outbox, struct parcel *parcel);

/* Between these two, what is posted may stay until the release: messages that follow each other closely wake the owner
 * once. Nothing that takes time may happen in between. */
void outbox_hold(struct outbox *outbox);
void outbox_release(struct outbox *outbox);

/* Nobody takes parcels out any more: posting neither waits nor keeps anything. */
void outbox_close(struct outbox *outbox);

/* A descriptor that is readable when there may be parcels, and all of them as a list in their order, or NULL. */
int outbox_descriptor(const struct outbox *outbox);
struct parcel *outbox_take(struct outbox *outbox);

#endif
