/* protobuf: writes messages in the wire format of Protocol Buffers (protobuf.dev/programming-guides/encoding): each
 * field is its number and wire type as a varint, then the value. For the library's own files.
 */
#ifndef OTO_NN_PROTOBUF_H
#define OTO_NN_PROTOBUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A message in the making; {} is an empty one. */
struct oto_message {
    unsigned char *bytes;
    size_t size, capacity;
    bool failed; /* memory ran out: what was put in since is missing */
};

void oto_put_integer(struct oto_message *message, int field, int64_t value);
void oto_put_float(struct oto_message *message, int field, float value);
void oto_put_text(struct oto_message *message, int field, const char *text);
void oto_put_bytes(struct oto_message *message, int field, const void *bytes, size_t size);
/* A message in a message; part is taken over and empty afterwards. */
void oto_put_message(struct oto_message *message, int field, struct oto_message *part);
void oto_message_free(struct oto_message *message);

#endif
