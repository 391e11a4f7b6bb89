/* text: a growable string, always NUL-terminated, that never fails quietly: out of memory ends in text_failed(). */
#ifndef OTO_TEXT_H
#define OTO_TEXT_H

#include <stdarg.h>
#include <stddef.h>

struct text {
    char *data; /* NULL while empty; see text_c */
    size_t length, capacity;
};

void text_add_n(struct text *text, const char *bytes, size_t length);
void text_add(struct text *text, const char *string);
[[gnu::format(printf, 2, 3)]] void text_format(struct text *text, const char *format, ...);
void text_clear(struct text *text);
void text_free(struct text *text);
/* The string, "" while empty. */
const char *text_c(const struct text *text);
/* Hands the string over to the caller (free it) and empties the text. */
char *text_take(struct text *text);

/* Allocation that reports and ends the process when memory is exhausted: the engine cannot go on without it, and its
 * host restarts it. */
void *must_allocate(size_t size);
void *must_grow(void *block, size_t size);
char *must_copy(const char *string);
char *must_copy_n(const char *bytes, size_t length);
[[gnu::format(printf, 1, 2)]] char *must_format(const char *format, ...);

/* A growable array: makes room for one more element and returns its address, zeroed. */
#define ARRAY_ADD(array, count, capacity)                                                                              \
    (*(typeof(&(array)[0]))array_room((void **)&(array), &(count), &(capacity), sizeof *(array)))
void *array_room(void **array, size_t *count, size_t *capacity, size_t size);

#endif
