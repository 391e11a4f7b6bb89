/* hash: whether two blocks of bytes are the same, told by 64 bits. For the files of this folder. */
#ifndef OTO_NN_HASH_H
#define OTO_NN_HASH_H

#include <stddef.h>
#include <stdint.h>

static const uint64_t OTO_HASH_START = 0xcbf29ce484222325u;

/* As Fowler, Noll and Vo's, of 8 bytes at a time. hash: OTO_HASH_START, or that of what comes before. */
uint64_t oto_hash(uint64_t hash, const void *data, size_t size);

#endif
