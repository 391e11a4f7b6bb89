/* history: the cells of all sessions, in an SQLite file; without a file that can be written, of this session alone. */
#ifndef OTO_HISTORY_H
#define OTO_HISTORY_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

struct history;

/* path NULL: $XDG_DATA_HOME/oto/history.sqlite (or below ~/.local/share). ":memory:" leaves nothing behind. NULL only
 * when memory ran out. The file is opened by the first use. May be used from several threads. */
struct history *history_open(const char *path);
void history_close(struct history *history);

/* Keeps one cell of this session, by its execution count. */
void history_add(struct history *history, int line, const char *source, size_t size);

/* Answers of the protocol: lists of [session, line, input], or with output of [session, line, [input, null]], oldest
 * first. session 0 is this one, -1 the one before it; stop is exclusive, negative or 0: to the end. A pattern has * and
 * ? as in file names. NULL when memory ran out. */
json_t *history_range(struct history *history, json_int_t session, json_int_t start, json_int_t stop, bool output);
json_t *history_tail(struct history *history, json_int_t count, bool output);
json_t *history_search(struct history *history, const char *pattern, json_int_t count, bool unique, bool output);

#endif
