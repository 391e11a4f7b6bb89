/* store: bytes that are looked at seldom, kept in a file without a name instead of in memory.
 *
 * Where no file can be made, or the disk is full, they stay in memory: a store never fails. */
#ifndef OTO_STORE_H
#define OTO_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct store {
    int file;    /* -1: none could be made */
    int64_t end; /* of what is used of it */
};

struct stored {
    size_t size;
    int64_t offset;       /* in the file */
    unsigned char *bytes; /* in memory instead, or NULL */
};

/* The file lies in $TMPDIR, or in /tmp. */
struct store store_open(void);
void store_close(struct store *store);

/* Keeps a copy of the bytes. */
struct stored store_put(struct store *store, const void *bytes, size_t size);
/* Fills size bytes; false when the file cannot be read. */
bool store_get(const struct store *store, const struct stored *stored, void *bytes);
void store_drop(struct store *store, struct stored *stored);

#endif
