/* history: the cells of all sessions, in an SQLite file that several kernels share. Lines are written behind the cells,
 * by a thread. A file that another process keeps locked is tried again with each line; one that cannot be opened or
 * written (read-only, damaged, disk full) is said so once on stderr, and this session's history goes on in memory. */
#ifndef OTO_HISTORY_H
#define OTO_HISTORY_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

struct history;

/* path NULL: $XDG_DATA_HOME/oto/history.sqlite (or below ~/.local/share). ":memory:" leaves nothing behind. NULL only
 * when there is no memory or thread. The file is opened by the first use. May be used from several threads. */
struct history *history_open(const char *path);
/* Writes what is left. */
void history_close(struct history *history);

/* Keeps one cell of this session, by its execution count. Never waits for the file. */
void history_add(struct history *history, int number, const char *source, size_t size);

/* Answers of the protocol: lists of [session, line, input], or with output of [session, line, [input, null]], oldest
 * first. session 0 is this one, -1 the one before it; stop is exclusive, negative or 0: to the end. A pattern has * and
 * ? as in file names. NULL when memory ran out. */
json_t *history_range(struct history *history, json_int_t session, json_int_t start, json_int_t stop, bool output);
json_t *history_tail(struct history *history, json_int_t count, bool output);
json_t *history_search(struct history *history, const char *pattern, json_int_t count, bool unique, bool output);

#endif
