/* request: what the kernel is asked, as a table from message type to handler, and what every handler works with. */
#ifndef OTO_REQUEST_H
#define OTO_REQUEST_H

#include <jansson.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "kernel/connection.h"
#include "kernel/engine/cell.h"
#include "kernel/history.h"
#include "kernel/input.h"
#include "kernel/outbox.h"
#include "kernel/queue.h"
#include "kernel/stream.h"
#include "kernel/wire.h"

struct kernel {
    const struct connection *connection;
    struct wire *wire;
    struct outbox *outbox;
    struct queue *queue;
    struct input *input;
    struct stream *stream;
    struct history *history;
    struct debugger *debugger;
    char *topic; /* prefix of the topics on iopub */
    struct limits limits;

    /* Of the cell thread, which opens the session. */
    _Atomic(struct session *) session;
    char *session_problem; /* why there is no session */
    atomic_int execution_count;
    struct message last_cell; /* as a parent of what its children print later; empty: that is for nobody */

    /* Of the thread that owns the sockets. */
    bool stopping; /* a shutdown_request, SIGTERM or the parent's death asked for the end */
};

struct request {
    struct kernel *kernel;
    const struct message *message;
    struct session *session; /* NULL: not to be had, or not needed; the answer must do without */
    char started[WIRE_DATE_SIZE];
    char problem[160]; /* set by the request_... functions below when the content is wrong */
};

/* Takes a message from the thread that owns the sockets: answers it, queues it or drops it with a log line. The message
 * is taken over. */
void request_arrive(struct kernel *kernel, struct message *message);
/* Answers a message that had been queued; on one of the queue's threads. */
void request_run(struct kernel *kernel, struct message *message, bool aborted);

/* Around an answer that another thread gives: busy; the reply and idle. content is taken over. */
void request_began(struct kernel *kernel, const struct message *message);
void request_done(struct kernel *kernel, const struct message *message, const char *type, json_t *content);

/* Sends on iopub, or answers the message on its own channel. content and metadata are taken over. */
void kernel_publish(struct kernel *kernel, const struct message *parent, const char *type, json_t *content,
                    json_t *metadata);
void kernel_reply(struct kernel *kernel, const struct message *message, const char *type, json_t *content,
                  json_t *metadata);

/* Fields of the content. When the field has another type, or is missing though it must not be: false, and problem says
 * so. text lives as long as the message. */
bool request_text(struct request *request, const char *name, const char **text, size_t *size);
bool request_flag(struct request *request, const char *name, bool otherwise, bool *flag);
bool request_integer(struct request *request, const char *name, json_int_t otherwise, json_int_t *integer);

/* The handlers that have a file of their own. Each returns the reply's content, or NULL with problem set.
 * execute_answer finds the outbox held, with `busy` in it, and releases it. */
json_t *execute_answer(struct request *request);
json_t *complete_answer(struct request *request);
json_t *is_complete_answer(struct request *request);
json_t *inspect_answer(struct request *request);
json_t *history_answer(struct request *request);

#endif
