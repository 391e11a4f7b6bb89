/* queue: everything that needs the one session waits here, in order of arrival, for the one thread that works in it.
 * Subshells (JEP 91) are names: their cells share the queue, but one shell's requests never wait for another shell's
 * unless both need the session. */
#ifndef OTO_QUEUE_H
#define OTO_QUEUE_H

#include <jansson.h>
#include <stdbool.h>

#include "kernel/wire.h"

struct kernel;
struct queue;

/* The thread opens the kernel's session, runs requests, and closes the session when the queue is stopped. */
struct queue *queue_start(struct kernel *kernel);
/* Stops after the request that is running; false when that takes longer than the given seconds (then the thread is
 * still there). What was waiting is dropped. */
bool queue_stop(struct queue *queue, double seconds);
void queue_free(struct queue *queue);

/* All below: from the thread that owns the sockets, except queue_abort. */

/* Takes the message over. False when memory ran out (then it is not taken). */
bool queue_add(struct queue *queue, struct message *message);
/* A request is running or waits. */
bool queue_busy(struct queue *queue);
/* Requests of that shell (NULL: the main one) wait or run. */
bool queue_has(struct queue *queue, const char *subshell);
/* Marks all waiting requests of the shell as aborted: a cell before them failed. */
void queue_abort(struct queue *queue, const char *subshell);

/* Subshells. create returns the new one's id as JSON text, remove false when there is none of that id. */
json_t *queue_subshell_create(struct queue *queue);
bool queue_subshell_remove(struct queue *queue, const char *subshell);
bool queue_subshell_exists(struct queue *queue, const char *subshell);
json_t *queue_subshell_list(struct queue *queue);

#endif
