#include "lib/nn/protobuf.h"

#include <stdlib.h>
#include <string.h>

enum wire_type { VARINT = 0, LENGTH = 2, FIXED32 = 5 };

static void append(struct oto_message *message, const void *bytes, size_t size) {
    if (message->failed || size == 0) return;
    if (size > message->capacity - message->size) {
        size_t capacity = 2 * message->capacity + size + 64;
        unsigned char *grown = realloc(message->bytes, capacity);
        if (!grown) {
            message->failed = true;
            return;
        }
        message->bytes = grown;
        message->capacity = capacity;
    }
    memcpy(message->bytes + message->size, bytes, size);
    message->size += size;
}

/* Seven bits a byte, the lowest first; the eighth says that more follow. */
static void append_varint(struct oto_message *message, uint64_t value) {
    unsigned char bytes[10];
    size_t size = 0;
    while (value >= 0x80) {
        bytes[size++] = (unsigned char)(value | 0x80);
        value >>= 7;
    }
    bytes[size++] = (unsigned char)value;
    append(message, bytes, size);
}

static void append_tag(struct oto_message *message, int field, enum wire_type type) {
    append_varint(message, (uint64_t)field << 3 | type);
}

void oto_put_integer(struct oto_message *message, int field, int64_t value) {
    append_tag(message, field, VARINT);
    append_varint(message, (uint64_t)value);
}

void oto_put_float(struct oto_message *message, int field, float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    const unsigned char bytes[] = {(unsigned char)bits, (unsigned char)(bits >> 8), (unsigned char)(bits >> 16),
                                   (unsigned char)(bits >> 24)};
    append_tag(message, field, FIXED32);
    append(message, bytes, sizeof bytes);
}

void oto_put_bytes(struct oto_message *message, int field, const void *bytes, size_t size) {
    append_tag(message, field, LENGTH);
    append_varint(message, size);
    append(message, bytes, size);
}

void oto_put_text(struct oto_message *message, int field, const char *text) {
    oto_put_bytes(message, field, text, strlen(text));
}

void oto_put_message(struct oto_message *message, int field, struct oto_message *part) {
    message->failed |= part->failed;
    oto_put_bytes(message, field, part->bytes, part->size);
    oto_message_free(part);
}

void oto_message_free(struct oto_message *message) {
    free(message->bytes);
    *message = (struct oto_message){};
}
