/* queue: the requests that are not answered at once, in their order of arrival, and the two threads that answer them.
 *
 * Cells wait for the one session and run in the cell thread. Everything else is answered by the question thread, also
 * while a cell runs. Each shell's own requests are answered strictly in order: one is ready when none of the same shell
 * stands before it. Subshells (JEP 91) are names of such orders. */
#ifndef OTO_QUEUE_H
#define OTO_QUEUE_H

#include <jansson.h>
#include <stdbool.h>

#include "kernel/wire.h"

struct kernel;
struct queue;

/* The cell thread opens the kernel's session, and closes it when the queue is stopped. */
struct queue *queue_start(struct kernel *kernel);
/* Stops after the requests that are being answered; false when that takes longer than the given seconds (then a thread
 * is still there). What was waiting is dropped. */
bool queue_stop(struct queue *queue, double seconds);
void queue_free(struct queue *queue);

/* Interrupts the cell that runs, whatever it is at, or else the one that would be next. From any thread. */
void queue_interrupt(struct queue *queue);
/* A cell's code runs no more: from now on an interrupt is for the next one. To be called before the client hears of it.
 */
void queue_cell_over(struct queue *queue, const struct message *message);

/* All below: from the thread that owns the sockets, except queue_abort. */

/* Takes the message over. False when memory ran out (then it is not taken). */
bool queue_add(struct queue *queue, struct message *message, bool is_cell);
/* Requests of that shell (NULL: the main one) wait or are being answered. */
bool queue_has(struct queue *queue, const char *subshell);
/* A cell of any shell waits or runs. One that is over does not count: its client may know that by now. */
bool queue_has_cell(struct queue *queue);
/* Marks all waiting requests of the shell as aborted: a cell before them failed. */
void queue_abort(struct queue *queue, const char *subshell);

/* Subshells. create returns the new one's id as JSON text, remove false when there is none of that id. */
json_t *queue_subshell_create(struct queue *queue);
bool queue_subshell_remove(struct queue *queue, const char *subshell);
bool queue_subshell_exists(struct queue *queue, const char *subshell);
json_t *queue_subshell_list(struct queue *queue);

#endif
