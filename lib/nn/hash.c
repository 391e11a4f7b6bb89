#include "lib/nn/hash.h"

#include <string.h>

static const uint64_t prime = 0x100000001b3u;

uint64_t oto_hash(uint64_t hash, const void *data, size_t size) {
    const unsigned char *at = data;
    for (; size >= 8; at += 8, size -= 8) {
        uint64_t word;
        memcpy(&word, at, 8);
        hash = (hash ^ word) * prime;
        hash ^= hash >> 29; /* the product moves upper bits only up */
    }
    for (; size > 0; at++, size--) hash = (hash ^ *at) * prime;
    return hash;
}
