/* record: how a process that runs student code tells its host of results, pictures, progress and observations.
 *
 * A record is a kind and a list of named fields. On the wire (little endian, whatever the machine):
 *
 *     u32 length      bytes that follow this word
 *     u16 kind        enum oto_record_kind
 *     u16 count       number of fields
 *     count times:    u8 name_length, name bytes, u8 type, u32 size, size bytes
 *
 * A field's type is 's' (UTF-8 text), 'b' (bytes), 'i' (int64) or 'd' (double). Whoever reads a record treats it as
 * hostile input: oto_record_parse checks every length, and no field is trusted to exist or to have the right type.
 */
#ifndef OTO_RECORD_H
#define OTO_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum oto_record_kind {
    OTO_RECORD_RESULT = 1,      /* the value of a cell: one field per MIME type (text 's' or bytes 'b') */
    OTO_RECORD_DISPLAY = 2,     /* a display: one field per MIME type; "display_id" s, "update" i (1: replaces);
                                 * fields OTO_RECORD_STOPPED MIME type: what replaces it when the cell ends next */
    OTO_RECORD_CLEAR = 3,       /* clear the cell's output: "wait" i */
    OTO_RECORD_OBSERVATION = 4, /* a check observed something: lib/check/observation.h */
    OTO_RECORD_INPUT = 5,       /* the cell wants a line: "prompt" s, "secret" i; answered by OTO_RECORD_ANSWER */
    OTO_RECORD_ANSWER = 6,      /* host -> worker: "line" s with its newline; without the field: end of file */
    OTO_RECORD_REFUSAL = 7,     /* the library refused (OtoError): "message" s; ends the cell */
    OTO_RECORD_MEASURE = 8,     /* a check stands before or behind calls that the host measures: "check" s, "name" s;
                                 * answered by OTO_RECORD_ANSWER "calls" i: as many calls until the next, 0: no more */
    OTO_RECORD_WORKER = 64      /* this and above: between engine and worker, see kernel/worker/protocol.h */
};

#define OTO_RECORD_STOPPED "stopped:"

enum {
    OTO_RECORD_MAX = 256 << 20, /* largest record accepted, in bytes */
    OTO_RECORD_FIELDS_MAX = 4096
};

struct oto_field {
    const char *name; /* NUL-terminated */
    char type;        /* 's', 'b', 'i', 'd' */
    const void *data; /* text is NUL-terminated behind its size bytes */
    size_t size;
    int64_t integer; /* valid for 'i' */
    double real;     /* valid for 'd' */
};

/* A record being written or one that was read. Zero-initialise to write; release with oto_record_free. */
struct oto_record {
    int kind;
    size_t count;
    struct oto_field *fields;
    char *storage; /* owns names and data */
    size_t storage_size, storage_capacity, fields_capacity;
    bool failed; /* memory ran out while it was written: oto_record_send refuses it */
};

/* Where records take their memory from: realloc and free, until a process names others, before its first record. */
struct oto_record_memory {
    void *(*resize)(void *block, size_t size); /* like realloc */
    void (*release)(void *block);              /* like free */
};
void oto_record_use_memory(const struct oto_record_memory *memory);

/* Writing: start one, add fields (copied), send it. */
void oto_record_begin(struct oto_record *record, int kind);
void oto_record_text(struct oto_record *record, const char *name, const char *text);
void oto_record_bytes(struct oto_record *record, const char *name, const void *data, size_t size);
void oto_record_integer(struct oto_record *record, const char *name, int64_t value);
void oto_record_real(struct oto_record *record, const char *name, double value);
/* Like oto_record_bytes, but of type 's': text of a known length (need not end in NUL). */
void oto_record_text_n(struct oto_record *record, const char *name, const char *text, size_t length);

/* Serialises into freshly allocated bytes (malloc'd: the caller frees them). NULL when memory ran out. */
unsigned char *oto_record_pack(const struct oto_record *record, size_t *size);
/* Writes the whole record to a blocking descriptor; returns 0, or -1 with errno. Several threads may send at once. */
int oto_record_send(int fd, const struct oto_record *record);
/* Waits until the host has taken all that was sent, so that what the process prints next is shown after it; a second
 * or so at most. */
void oto_record_settle(int fd);

/* Parses one record from size bytes. Returns the bytes consumed, 0 when more are needed, -1 when they are not a
 * record (then *why says what is wrong). On success *record owns its storage. */
long oto_record_parse(struct oto_record *record, const unsigned char *bytes, size_t size, const char **why);
/* Reads exactly one record from a blocking descriptor: 1 read, 0 end of file, -1 error (errno, or EBADMSG). */
int oto_record_receive(int fd, struct oto_record *record);

/* Looking up: the first field of that name (and type), or the default. Pointers live as long as the record. */
const struct oto_field *oto_record_find(const struct oto_record *record, const char *name);
const char *oto_record_get_text(const struct oto_record *record, const char *name, const char *otherwise);
int64_t oto_record_get_integer(const struct oto_record *record, const char *name, int64_t otherwise);
double oto_record_get_real(const struct oto_record *record, const char *name, double otherwise);
const void *oto_record_get_bytes(const struct oto_record *record, const char *name, size_t *size);

void oto_record_free(struct oto_record *record);

/* The host that this process reports to: the descriptor set by the worker at its start, or -1 when there is none
 * (a plain C program: lib/show then writes files, lib/check prints lines). */
void oto_host_attach(int fd);
int oto_host(void);
/* Where the host's answers (OTO_RECORD_ANSWER) arrive, or -1. */
void oto_host_attach_answers(int fd);
int oto_host_answers(void);

#endif
