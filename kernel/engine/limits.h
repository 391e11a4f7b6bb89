/* limits: what one cell may take, and how a user says so: a setting of %config, an argument of the kernel, a variable
 * of the environment. */
#ifndef OTO_LIMITS_H
#define OTO_LIMITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* 0: no limit. */
struct limits {
    int64_t memory;    /* bytes it may take beyond what the session had */
    int64_t time;      /* milliseconds by the clock */
    int64_t output;    /* bytes it may print */
    int64_t processes; /* processes and threads that are alive at once */
    int64_t file;      /* bytes that a file may grow to */
};

/* What holds when nobody says anything. */
extern const struct limits limits_default;

/* The name of a limit (memory_limit) and what it limits; NULL behind the last. */
const char *limits_name(size_t index);
const char *limits_meaning(size_t index);
/* A limit as text: 4G, 0.5 s, none. The caller frees it. */
char *limits_show(const struct limits *limits, size_t index);
/* Sets a limit from such text; 0 is none. NULL, or a malloc'd sentence that says what is wrong. */
char *limits_set(struct limits *limits, size_t index, const char *value);

/* Lowers those that are above what is given as the most; 0 there: nothing is too much. */
void limits_lower(struct limits *limits, const struct limits *most);

/* Sets those that OTO_MEMORY_LIMIT, OTO_TIME_LIMIT, OTO_OUTPUT_LIMIT, OTO_PROCESS_LIMIT and OTO_FILE_LIMIT name. NULL,
 * or what is wrong. */
char *limits_read_environment(struct limits *limits);

#endif
