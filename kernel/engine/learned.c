#include "kernel/engine/learned.h"

void learned_add(struct learned *learned, enum learned_kind kind, struct content_key key, const void *bytes,
                 size_t size) {
    if (!learned || !learned->wanted) return;
    pack_number(&learned->bytes, kind);
    pack_number(&learned->bytes, (int64_t)key.words[0]);
    pack_number(&learned->bytes, (int64_t)key.words[1]);
    pack_bytes(&learned->bytes, bytes, size);
}

bool learned_next(struct packed *in, enum learned_kind *kind, struct content_key *key, const char **bytes,
                  size_t *size) {
    if (in->at == in->end) return false;
    *kind = (enum learned_kind)unpack_number(in);
    key->words[0] = (unsigned long long)unpack_number(in);
    key->words[1] = (unsigned long long)unpack_number(in);
    *bytes = unpack_bytes(in, size);
    return !in->broken;
}
