#include "lib/nn/safetensors.h"
#include "lib/tensor/error.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The package's own limit. */
enum { HEADER_MOST = 100000000, PREFIX = 8 };

static bool is_little_endian(void) {
    return *(const unsigned char *)&(uint16_t){1} == 1;
}

/* ---- types of numbers ---- */

/* bytes little-endian bytes as a number without sign. */
static uint64_t bits_of(const unsigned char *at, size_t bytes) {
    uint64_t bits = 0;
    for (size_t i = bytes; i-- > 0;) bits = bits << 8 | at[i];
    return bits;
}

static double read_f64(const unsigned char *at) {
    uint64_t bits = bits_of(at, 8);
    double number;
    memcpy(&number, &bits, sizeof number);
    return number;
}
static double of_f32_bits(uint32_t bits) {
    float number;
    memcpy(&number, &bits, sizeof number);
    return (double)number;
}
static double read_f32(const unsigned char *at) {
    return of_f32_bits((uint32_t)bits_of(at, 4));
}
/* The upper half of a float32. */
static double read_bf16(const unsigned char *at) {
    return of_f32_bits((uint32_t)bits_of(at, 2) << 16);
}
/* Sign, 5 bits of exponent, 10 of fraction. */
static double read_f16(const unsigned char *at) {
    uint64_t bits = bits_of(at, 2);
    int exponent = (int)(bits >> 10 & 31);
    double fraction = (double)(bits & 1023), size;
    if (exponent == 31)
        size = fraction != 0 ? (double)NAN : (double)INFINITY;
    else if (exponent == 0)
        size = ldexp(fraction, -24);
    else
        size = ldexp(1024 + fraction, exponent - 25);
    return bits >> 15 ? -size : size;
}

#define WHOLE(name, type, width)                                                                                       \
    static bool read_##name(const unsigned char *at, int64_t *number) {                                                \
        type value = (type)bits_of(at, width);                                                                         \
        *number = (int64_t)value;                                                                                      \
        return sizeof(type) < 8 || (type) - 1 < 0 || *number >= 0;                                                     \
    }
WHOLE(u8, uint8_t, 1)
WHOLE(i8, int8_t, 1)
WHOLE(u16, uint16_t, 2)
WHOLE(i16, int16_t, 2)
WHOLE(u32, uint32_t, 4)
WHOLE(i32, int32_t, 4)
WHOLE(u64, uint64_t, 8)
WHOLE(i64, int64_t, 8)

static const struct oto_dtype dtypes[] = {
    {"F32", 4, read_f32, NULL}, {"F64", 8, read_f64, NULL}, {"F16", 2, read_f16, NULL}, {"BF16", 2, read_bf16, NULL},
    {"I64", 8, NULL, read_i64}, {"I32", 4, NULL, read_i32}, {"I16", 2, NULL, read_i16}, {"I8", 1, NULL, read_i8},
    {"U64", 8, NULL, read_u64}, {"U32", 4, NULL, read_u32}, {"U16", 2, NULL, read_u16}, {"U8", 1, NULL, read_u8},
    {"BOOL", 1, NULL, read_u8},
};

static const struct oto_dtype *dtype_of(const char *name) {
    for (size_t i = 0; name && i < sizeof dtypes / sizeof *dtypes; i++)
        if (!strcmp(dtypes[i].name, name)) return &dtypes[i];
    return NULL;
}

/* ---- reading ---- */

struct reading {
    const char *operation, *file;
    const unsigned char *data;
    uint64_t size; /* of the data */
};

static void release_document(void *thing) {
    struct oto_safetensors *document = thing;
    json_decref(document->json);
    free(document->tensors);
    free(document);
}

/* A number of the header that counts something. */
static bool take_count(json_t *json, int64_t *count) {
    *count = json_is_integer(json) ? json_integer_value(json) : -1;
    return *count >= 0;
}

static void take_shape(const struct reading *r, struct oto_stored *stored, json_t *shape) {
    size_t rank = json_array_size(shape);
    if (!json_is_array(shape) || rank > OTO_SAFETENSORS_RANK)
        oto_refuse(r->operation, "%s: the shape of %s is not a list of at most %d lengths", r->file, stored->name,
                   OTO_SAFETENSORS_RANK);
    stored->rank = (int)rank;
    stored->size = 1;
    for (size_t i = 0; i < rank; i++) {
        if (!take_count(json_array_get(shape, i), &stored->shape[i]) ||
            __builtin_mul_overflow(stored->size, stored->shape[i], &stored->size))
            oto_refuse(r->operation, "%s: the shape of %s holds a length that cannot be", r->file, stored->name);
    }
}

static void take_data(const struct reading *r, struct oto_stored *stored, json_t *offsets) {
    int64_t begin, end, bytes;
    if (json_array_size(offsets) != 2 || !take_count(json_array_get(offsets, 0), &begin) ||
        !take_count(json_array_get(offsets, 1), &end) || end < begin)
        oto_refuse(r->operation, "%s: data_offsets of %s are not where something begins and ends", r->file,
                   stored->name);
    if ((uint64_t)end > r->size)
        oto_refuse(r->operation,
                   "%s: %s ends at byte %" PRId64 " of the data, but the file has only %" PRIu64
                   " there; was it cut off while it was copied?",
                   r->file, stored->name, end, r->size);
    if (__builtin_mul_overflow(stored->size, (int64_t)stored->type->bytes, &bytes) || bytes != end - begin)
        oto_refuse(r->operation, "%s: %s has %" PRId64 " bytes, which its shape and its type %s do not fill", r->file,
                   stored->name, end - begin, stored->type->name);
    stored->data = r->data + begin;
}

static void take_tensor(const struct reading *r, struct oto_stored *stored, const char *name, json_t *json) {
    stored->name = name;
    const char *type = json_string_value(json_object_get(json, "dtype"));
    if (!json_is_object(json) || !type) oto_refuse(r->operation, "%s: the entry of %s says no dtype", r->file, name);
    stored->type = dtype_of(type);
    if (!stored->type)
        oto_refuse(
            r->operation,
            "%s: the numbers of %s are %.20s, which is not read; F32, F16, BF16, F64, whole numbers and BOOL are",
            r->file, name, type);
    take_shape(r, stored, json_object_get(json, "shape"));
    take_data(r, stored, json_object_get(json, "data_offsets"));
}

static int by_place(const void *a, const void *b) {
    const struct oto_stored *x = a, *y = b;
    if (x->data != y->data) return x->data < y->data ? -1 : 1;
    return (x->size > y->size) - (x->size < y->size); /* empty ones first */
}

/* One after the other, from the first byte to the last. */
static void check_places(const struct reading *r, struct oto_safetensors *document) {
    qsort(document->tensors, (size_t)document->count, sizeof *document->tensors, by_place);
    const unsigned char *next = r->data;
    for (int i = 0; i < document->count; i++) {
        const struct oto_stored *stored = &document->tensors[i];
        if (stored->data != next)
            oto_refuse(r->operation, "%s: the data of %s %s", r->file, stored->name,
                       stored->data < next ? "overlaps that of another tensor"
                                           : "does not follow that of the one before");
        next += (size_t)stored->size * stored->type->bytes;
    }
    if (next != r->data + r->size)
        oto_refuse(r->operation, "%s: %zu bytes at the end belong to no tensor", r->file,
                   (size_t)(r->data + r->size - next));
}

static json_t *parse_header(const struct reading *r, const unsigned char *bytes, size_t size) {
    if (size == 0 || bytes[0] != '{') oto_refuse(r->operation, "%s: its header is not that of safetensors", r->file);
    json_error_t error;
    json_t *json = json_loadb((const char *)bytes, size, JSON_REJECT_DUPLICATES, &error);
    if (!json)
        oto_refuse(r->operation, "%s: its header cannot be read, at byte %d: %s", r->file, error.position, error.text);
    return json;
}

static bool is_of_texts(const json_t *metadata) {
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)metadata, key, value) if (!json_is_string(value)) return false;
    return json_is_object(metadata);
}

struct oto_safetensors *oto_safetensors_parse(const char *operation, const char *file, const unsigned char *bytes,
                                              size_t size) {
    struct reading r = {.operation = operation, .file = file};
    if (size < PREFIX) oto_refuse(operation, "%s: %zu bytes are too few for safetensors", file, size);
    uint64_t header = bits_of(bytes, PREFIX);
    if (header > HEADER_MOST || header > size - PREFIX)
        oto_refuse(operation,
                   "%s: its header should have %" PRIu64 " bytes, but the file has %zu; it is no safetensors file, or "
                   "was cut off",
                   file, header, size);
    r.data = bytes + PREFIX + header;
    r.size = size - PREFIX - header;
    struct oto_safetensors *document = calloc(1, sizeof *document);
    if (!document) oto_refuse(operation, "no memory for %s", file);
    oto_hold(document, release_document);
    document->json = parse_header(&r, bytes + PREFIX, (size_t)header);
    document->metadata = json_object_get(document->json, "__metadata__");
    if (document->metadata && !is_of_texts(document->metadata))
        oto_refuse(operation, "%s: its __metadata__ holds something else than texts", file);
    document->tensors = calloc(json_object_size(document->json) + 1, sizeof *document->tensors);
    if (!document->tensors) oto_refuse(operation, "no memory for the tensors of %s", file);
    const char *name;
    json_t *entry;
    json_object_foreach(document->json, name, entry) {
        if (entry == document->metadata) continue;
        take_tensor(&r, &document->tensors[document->count], name, entry);
        document->count++;
    }
    check_places(&r, document);
    return document;
}

const struct oto_stored *oto_safetensors_find(const struct oto_safetensors *document, const char *name) {
    for (int i = 0; i < document->count; i++)
        if (!strcmp(document->tensors[i].name, name)) return &document->tensors[i];
    return NULL;
}

/* ---- writing ---- */

static size_t width_of(OtoType type) {
    return type == OTO_FLOAT32 ? 4 : 8;
}

static int by_width_and_name(const void *a, const void *b) {
    const struct oto_named *x = a, *y = b;
    if (x->type != y->type) return x->type == OTO_FLOAT32 ? 1 : -1;
    return strcmp(x->name, y->name);
}

/* NULL when there is no memory. */
static char *header_of(const struct oto_named *tensors, size_t count, json_t *metadata) {
    json_t *json = json_object();
    bool good = json && (!metadata || json_object_set(json, "__metadata__", metadata) == 0);
    size_t at = 0;
    for (size_t i = 0; i < count && good; i++) {
        const struct oto_named *tensor = &tensors[i];
        size_t end = at + (size_t)tensor->size * width_of(tensor->type);
        json_t *shape = json_array();
        for (int axis = 0; axis < tensor->rank; axis++) json_array_append_new(shape, json_integer(tensor->shape[axis]));
        json_t *entry = json_pack("{s:s, s:o, s:[I,I]}", "dtype", tensor->type == OTO_FLOAT32 ? "F32" : "I64", "shape",
                                  shape, "data_offsets", (json_int_t)at, (json_int_t)end);
        good = entry && json_object_set_new(json, tensor->name, entry) == 0;
        at = end;
    }
    char *text = good ? json_dumps(json, JSON_COMPACT) : NULL;
    json_decref(json);
    return text;
}

static bool write_header(FILE *out, const char *header) {
    size_t length = strlen(header), padded = (length + PREFIX - 1) / PREFIX * PREFIX;
    unsigned char prefix[PREFIX];
    for (size_t i = 0; i < PREFIX; i++) prefix[i] = (unsigned char)((uint64_t)padded >> (8 * i));
    if (fwrite(prefix, 1, PREFIX, out) != PREFIX || fwrite(header, 1, length, out) != length) return false;
    for (size_t i = length; i < padded; i++)
        if (fputc(' ', out) == EOF) return false;
    return true;
}

bool oto_safetensors_write(FILE *out, struct oto_named *tensors, size_t count, json_t *metadata) {
    if (!is_little_endian()) {
        errno = ENOTSUP;
        return false;
    }
    qsort(tensors, count, sizeof *tensors, by_width_and_name);
    char *header = header_of(tensors, count, metadata);
    if (!header) {
        errno = ENOMEM;
        return false;
    }
    bool good = write_header(out, header);
    free(header);
    for (size_t i = 0; i < count && good; i++) {
        size_t bytes = (size_t)tensors[i].size * width_of(tensors[i].type);
        good = fwrite(tensors[i].data, 1, bytes, out) == bytes;
    }
    return good;
}
