#include "kernel/worker/report.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

enum { CAPACITY = 64 << 10, TEXT_MAX = 8 << 10 };

static unsigned char bytes[CAPACITY];
static size_t used;
static uint16_t fields;

void report_begin(int kind) {
    uint16_t word = (uint16_t)kind;
    memcpy(bytes + 4, &word, 2);
    used = 8;
    fields = 0;
}

static void add(const char *name, char type, const void *data, size_t size) {
    size_t name_length = strlen(name);
    if (name_length > 255 || size > CAPACITY || used + 1 + name_length + 1 + 4 + size > CAPACITY) return;
    uint32_t field_size = (uint32_t)size;
    bytes[used++] = (unsigned char)name_length;
    memcpy(bytes + used, name, name_length);
    used += name_length;
    bytes[used++] = (unsigned char)type;
    memcpy(bytes + used, &field_size, 4);
    used += 4;
    if (size) memcpy(bytes + used, data, size);
    used += size;
    fields++;
}

void report_text(const char *name, const char *text) {
    add(name, 's', text, strnlen(text, TEXT_MAX));
}
void report_integer(const char *name, int64_t value) {
    add(name, 'i', &value, sizeof value);
}
void report_bytes(const char *name, const void *data, size_t size) {
    add(name, 'b', data, size);
}

void report_send(void) {
    uint32_t length = (uint32_t)used - 4;
    memcpy(bytes, &length, 4);
    memcpy(bytes + 6, &fields, 2);
    for (size_t done = 0; done < used;) {
        ssize_t n = write(worker.records, bytes + done, used - done);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return;
        done += (size_t)n;
    }
}
