/* pack: numbers and strings as bytes, for a process of this machine to read again. */
#ifndef OTO_PACK_H
#define OTO_PACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/engine/text.h"

void pack_number(struct text *out, int64_t number);
void pack_bytes(struct text *out, const char *bytes, size_t size);
/* string may be NULL, and is NULL again when it is read. */
void pack_string(struct text *out, const char *string);

/* What was packed, being read. After an error everything reads as 0 and NULL. */
struct packed {
    const char *at, *end;
    bool broken; /* it ended too early, or holds what cannot be */
};

int64_t unpack_number(struct packed *in);
/* How many elements follow, each at least least_bytes long: never more than there is room for. */
size_t unpack_count(struct packed *in, size_t least_bytes);
/* Points into what is read. */
const char *unpack_bytes(struct packed *in, size_t *size);
/* Malloc'd, or NULL. */
char *unpack_string(struct packed *in);

#endif
