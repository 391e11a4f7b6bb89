/* Frames of a message: the input is cut at each byte 0xFF into frames, which are read unsigned and signed; what is
 * accepted must be answerable. Build: clang -fsanitize=fuzzer,address,undefined, with kernel/wire.c and
 * kernel/unicode.c. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/unicode.h"
#include "kernel/wire.h"

enum { FRAMES_MAX = WIRE_FRAMES_MAX + 8 };

static void check_positions(const uint8_t *data, size_t size) {
    size_t length, rest;
    char *text = unicode_repair((const char *)data, size, &length, &rest);
    if (text == NULL) return;
    json_t *value = json_stringn(text, length); /* NULL when the repaired text were not UTF-8 */
    if (value == NULL || rest > 3) abort();
    json_decref(value);
    if (unicode_offset(text, length, unicode_points(text, length)) != length) abort();
    free(text);
}

static void answer(struct wire *wire, const struct message *message) {
    json_t *content = json_pack("{s:O}", "echo", message->content);
    struct parcel *parcel = wire_compose(wire, CHANNEL_SHELL, NULL, message, "echo_reply", content, message->metadata);
    if (parcel == NULL) abort();
    struct message back;
    char why[200];
    /* One reason is left why our own answer could not be read: it is a level deeper than what came. */
    if (wire_read(wire, parcel->frames, parcel->count, &back, why, sizeof why) == 0)
        message_free(&back);
    else if (strstr(why, "deeper") == NULL && strstr(why, "frames") == NULL)
        abort();
    free(parcel);
    json_decref(content);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct wire *open, *keyed;
    if (open == NULL) {
        open = wire_new("", 0, "SHA256", "session", "user");
        keyed = wire_new("key", 3, "SHA256", "session", "user");
        if (open == NULL || keyed == NULL) abort();
    }
    check_positions(data, size);
    struct frame frames[FRAMES_MAX];
    size_t count = 0;
    for (size_t start = 0, end; start <= size && count < FRAMES_MAX; start = end + 1) {
        for (end = start; end < size && data[end] != 0xFF; end++) continue;
        frames[count++] = (struct frame){data + start, end - start};
    }
    struct message message;
    char why[200];
    if (wire_read(open, frames, count, &message, why, sizeof why) == 0) {
        answer(open, &message);
        message_free(&message);
    } else if (why[0] == '\0') {
        abort();
    }
    if (wire_read(keyed, frames, count, &message, why, sizeof why) == 0) abort(); /* nobody guesses a signature */
    return 0;
}
