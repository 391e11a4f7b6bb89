#include "lib/record/record.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

static int host = -1;
static int host_answers = -1;

void oto_host_attach(int fd) {
    host = fd;
}
int oto_host(void) {
    return host;
}
void oto_host_attach_answers(int fd) {
    host_answers = fd;
}
int oto_host_answers(void) {
    return host_answers;
}

static struct oto_record_memory memory = {realloc, free};

void oto_record_use_memory(const struct oto_record_memory *other) {
    memory = *other;
}

void oto_record_begin(struct oto_record *record, int kind) {
    memset(record, 0, sizeof *record);
    record->kind = kind;
}

void oto_record_free(struct oto_record *record) {
    memory.release(record->fields);
    memory.release(record->storage);
    memset(record, 0, sizeof *record);
}

/* Room for size more bytes of storage. Fields point into the storage, so they move with it. */
static char *reserve(struct oto_record *record, size_t size) {
    if (record->storage_size + size > record->storage_capacity) {
        size_t capacity = (record->storage_size + size) * 2 + 256;
        char *grown = memory.resize(record->storage, capacity);
        if (!grown) return NULL;
        for (size_t i = 0; i < record->count; i++) {
            struct oto_field *f = &record->fields[i];
            f->name = grown + (f->name - record->storage);
            f->data = grown + ((const char *)f->data - record->storage);
        }
        record->storage = grown;
        record->storage_capacity = capacity;
    }
    char *at = record->storage + record->storage_size;
    record->storage_size += size;
    return at;
}

static void add(struct oto_record *record, const char *name, char type, const void *data, size_t size) {
    size_t name_length = strlen(name);
    if (record->failed) return;
    if (name_length > 255 || record->count >= OTO_RECORD_FIELDS_MAX || size > OTO_RECORD_MAX) {
        record->failed = true;
        return;
    }
    if (record->count == record->fields_capacity) {
        size_t capacity = record->fields_capacity * 2 + 8;
        struct oto_field *grown = memory.resize(record->fields, capacity * sizeof *grown);
        if (!grown) {
            record->failed = true;
            return;
        }
        record->fields = grown;
        record->fields_capacity = capacity;
    }
    char *at = reserve(record, name_length + 1 + size + 1);
    if (!at) {
        record->failed = true;
        return;
    }
    memcpy(at, name, name_length + 1);
    if (size) memcpy(at + name_length + 1, data, size);
    at[name_length + 1 + size] = '\0';
    struct oto_field *field = &record->fields[record->count++];
    *field = (struct oto_field){.name = at, .type = type, .data = at + name_length + 1, .size = size};
    if (type == 'i') memcpy(&field->integer, data, sizeof field->integer);
    if (type == 'd') memcpy(&field->real, data, sizeof field->real);
}

void oto_record_text_n(struct oto_record *record, const char *name, const char *text, size_t length) {
    add(record, name, 's', text, length);
}
void oto_record_text(struct oto_record *record, const char *name, const char *text) {
    add(record, name, 's', text, strlen(text));
}
void oto_record_bytes(struct oto_record *record, const char *name, const void *data, size_t size) {
    add(record, name, 'b', data, size);
}
void oto_record_integer(struct oto_record *record, const char *name, int64_t value) {
    add(record, name, 'i', &value, sizeof value);
}
void oto_record_real(struct oto_record *record, const char *name, double value) {
    add(record, name, 'd', &value, sizeof value);
}

/* ---- bytes: little endian; supported machines are little endian, so a copy is enough ---- */

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "records are written as little endian");

static unsigned char *put(unsigned char *at, const void *data, size_t size) {
    if (size) memcpy(at, data, size);
    return at + size;
}

/* The size of the record's bytes; 0 when it cannot be written. */
static size_t packed_size(const struct oto_record *record) {
    size_t total = 8;
    for (size_t i = 0; i < record->count; i++)
        total += 1 + strlen(record->fields[i].name) + 1 + 4 + record->fields[i].size;
    return record->failed || total > OTO_RECORD_MAX ? 0 : total;
}

static void pack(const struct oto_record *record, unsigned char *bytes, size_t total) {
    uint32_t length = (uint32_t)total - 4;
    uint16_t head[2] = {(uint16_t)record->kind, (uint16_t)record->count};
    unsigned char *at = put(put(bytes, &length, 4), head, 4);
    for (size_t i = 0; i < record->count; i++) {
        const struct oto_field *field = &record->fields[i];
        uint8_t name_length = (uint8_t)strlen(field->name);
        uint32_t field_size = (uint32_t)field->size;
        at = put(put(at, &name_length, 1), field->name, name_length);
        at = put(put(put(at, &field->type, 1), &field_size, 4), field->data, field->size);
    }
}

unsigned char *oto_record_pack(const struct oto_record *record, size_t *size) {
    *size = packed_size(record);
    unsigned char *bytes = *size ? malloc(*size) : NULL;
    if (bytes) pack(record, bytes, *size);
    return bytes;
}

/* A record is written in pieces when the descriptor's buffer is full, so threads take turns; one lock serves all
 * descriptors, as there is one host. Signals wait until the record is out: a thread must not be stopped with the lock
 * in its hands, nor a handler send into the middle of a record. A child of fork starts with the lock open. */
static pthread_mutex_t sending = PTHREAD_MUTEX_INITIALIZER;

static void sending_begin(sigset_t *before) {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, before);
    pthread_mutex_lock(&sending);
}
static void sending_end(const sigset_t *before) {
    pthread_mutex_unlock(&sending);
    pthread_sigmask(SIG_SETMASK, before, NULL);
}
static void sending_open(void) {
    sending = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
}
__attribute__((constructor)) static void sending_open_in_children(void) {
    pthread_atfork(NULL, NULL, sending_open);
}

int oto_record_send(int fd, const struct oto_record *record) {
    size_t size = packed_size(record), done = 0;
    unsigned char *bytes = size ? memory.resize(NULL, size) : NULL;
    if (!bytes) {
        errno = size ? ENOMEM : EMSGSIZE;
        return -1;
    }
    pack(record, bytes, size);
    sigset_t before;
    sending_begin(&before);
    while (done < size) {
        ssize_t n = write(fd, bytes + done, size - done);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) break;
        done += (size_t)n;
    }
    sending_end(&before);
    memory.release(bytes);
    return done == size ? 0 : -1;
}

void oto_record_settle(int fd) {
    const struct timespec pause = {.tv_nsec = 20000};
    int waiting = 0;
    for (int i = 0; i < 20000; i++) { /* a pause takes 50 microseconds at least */
        if (ioctl(fd, FIONREAD, &waiting) != 0 || waiting == 0) return;
        nanosleep(&pause, NULL);
    }
}

long oto_record_parse(struct oto_record *record, const unsigned char *bytes, size_t size, const char **why) {
    uint32_t length;
    uint16_t head[2];
    if (size < 8) return 0;
    memcpy(&length, bytes, 4);
    memcpy(head, bytes + 4, 4);
    if (length < 4 || length > OTO_RECORD_MAX) {
        *why = "a record's length is out of range";
        return -1;
    }
    if (head[1] > OTO_RECORD_FIELDS_MAX) {
        *why = "a record has too many fields";
        return -1;
    }
    if (size - 4 < length) return 0;
    oto_record_begin(record, head[0]);
    const unsigned char *at = bytes + 8, *end = bytes + 4 + length;
    for (int i = 0; i < head[1]; i++) {
        char name[256], type;
        uint32_t field_size;
        if (at == end || end - at < 1 + at[0] + 5) goto truncated;
        memcpy(name, at + 1, at[0]);
        name[at[0]] = '\0';
        at += 1 + at[0];
        type = (char)*at++;
        memcpy(&field_size, at, 4);
        at += 4;
        if ((size_t)(end - at) < field_size) goto truncated;
        if (!strchr("sbid", type) || !type || ((type == 'i' || type == 'd') && field_size != 8)) {
            oto_record_free(record);
            *why = "a field's type is unknown";
            return -1;
        }
        add(record, name, type, at, field_size);
        at += field_size;
    }
    if (at != end || record->failed) {
        bool no_memory = record->failed;
        oto_record_free(record);
        *why = no_memory ? "no memory for a record" : "a record has bytes behind its last field";
        return -1;
    }
    return (long)length + 4;
truncated:
    oto_record_free(record);
    *why = "a field is longer than its record";
    return -1;
}

static int read_all(int fd, unsigned char *at, size_t size) {
    size_t done = 0;
    while (done < size) {
        ssize_t n = read(fd, at + done, size - done);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return -1;
        if (n == 0) return done ? (errno = EBADMSG, -1) : 0;
        done += (size_t)n;
    }
    return 1;
}

int oto_record_receive(int fd, struct oto_record *record) {
    unsigned char head[4];
    uint32_t length;
    int got = read_all(fd, head, 4);
    if (got <= 0) return got;
    memcpy(&length, head, 4);
    if (length < 4 || length > OTO_RECORD_MAX) return errno = EBADMSG, -1;
    unsigned char *bytes = memory.resize(NULL, (size_t)length + 4);
    if (!bytes) return -1;
    memcpy(bytes, head, 4);
    got = read_all(fd, bytes + 4, length);
    const char *why;
    long used = got == 1 ? oto_record_parse(record, bytes, (size_t)length + 4, &why) : -1;
    memory.release(bytes);
    if (used <= 0) return errno = EBADMSG, -1;
    return 1;
}

const struct oto_field *oto_record_find(const struct oto_record *record, const char *name) {
    for (size_t i = 0; i < record->count; i++)
        if (!strcmp(record->fields[i].name, name)) return &record->fields[i];
    return NULL;
}

static const struct oto_field *typed(const struct oto_record *record, const char *name, char type) {
    const struct oto_field *field = oto_record_find(record, name);
    return field && field->type == type ? field : NULL;
}

const char *oto_record_get_text(const struct oto_record *record, const char *name, const char *otherwise) {
    const struct oto_field *field = typed(record, name, 's');
    return field ? field->data : otherwise;
}
int64_t oto_record_get_integer(const struct oto_record *record, const char *name, int64_t otherwise) {
    const struct oto_field *field = typed(record, name, 'i');
    return field ? field->integer : otherwise;
}
double oto_record_get_real(const struct oto_record *record, const char *name, double otherwise) {
    const struct oto_field *field = typed(record, name, 'd');
    return field ? field->real : otherwise;
}
const void *oto_record_get_bytes(const struct oto_record *record, const char *name, size_t *size) {
    const struct oto_field *field = oto_record_find(record, name);
    if (!field || (field->type != 'b' && field->type != 's')) return NULL;
    *size = field->size;
    return field->data;
}
