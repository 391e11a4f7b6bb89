#include "kernel/engine/pack.h"

#include <string.h>

void pack_number(struct text *out, int64_t number) {
    text_add_n(out, (const char *)&number, sizeof number);
}

void pack_bytes(struct text *out, const char *bytes, size_t size) {
    pack_number(out, (int64_t)size);
    text_add_n(out, bytes, size);
}

void pack_string(struct text *out, const char *string) {
    if (string)
        pack_bytes(out, string, strlen(string));
    else
        pack_number(out, -1);
}

static size_t left(const struct packed *in) {
    return (size_t)(in->end - in->at);
}

int64_t unpack_number(struct packed *in) {
    int64_t number;
    if (in->broken || left(in) < sizeof number) {
        in->broken = true;
        return 0;
    }
    memcpy(&number, in->at, sizeof number);
    in->at += sizeof number;
    return number;
}

size_t unpack_count(struct packed *in, size_t least_bytes) {
    int64_t count = unpack_number(in);
    if (count < 0 || (uint64_t)count > left(in) / least_bytes) in->broken = true;
    return in->broken ? 0 : (size_t)count;
}

const char *unpack_bytes(struct packed *in, size_t *size) {
    const char *bytes;
    *size = unpack_count(in, 1);
    bytes = in->at;
    in->at += *size;
    return bytes;
}

char *unpack_string(struct packed *in) {
    int64_t size = unpack_number(in);
    if (in->broken || size == -1) return NULL;
    if (size < 0 || (uint64_t)size > left(in)) {
        in->broken = true;
        return NULL;
    }
    char *string = must_copy_n(in->at, (size_t)size);
    in->at += size;
    return string;
}
