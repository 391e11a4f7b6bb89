/* stream: what a program prints becomes stream messages: UTF-8, few and large rather than many and small, prompt,
 *
 * The first bytes go out at once; what follows within STREAM_INTERVAL is gathered. A sequence of UTF-8 that arrives in
 * two parts is kept together.
 */
#ifndef OTO_STREAM_H
#define OTO_STREAM_H

#include <stddef.h>

struct kernel;
struct message;
struct stream;

enum {
    STREAM_INTERVAL = 10,      /* milliseconds between two messages of a program that prints little by little */
    STREAM_MESSAGE = 256 << 10 /* bytes that are worth a message at once */
};

/* Starts the thread that sends what was gathered. NULL when that fails. */
struct stream *stream_start(struct kernel *kernel);
void stream_stop(struct stream *stream);

/* A cell begins (parent is its execute_request, which must live until stream_end; NULL: its output is dropped). */
void stream_begin(struct stream *stream, const struct message *parent);
/* which: 1 stdout, 2 stderr. */
void stream_write(struct stream *stream, int which, const char *bytes, size_t size);
/* Sends what was gathered; before anything else of the cell is published, so that the order stays. */
void stream_flush(struct stream *stream);
/* The cell is over: sends everything, and half a character at the end as U+FFFD. */
void stream_end(struct stream *stream);

#endif
