#include "lib/check/observation.h"

#include <math.h>
#include <string.h>

static const char *const kind_names[OTO_CHECK_KINDS] = {"close", "equal", "array", "audio", "shape"};

static const struct {
    const char *name;
    size_t size;
} types[OTO_OBSERVED_TYPES] = {
    [OTO_OBSERVED_FLOAT32] = {"float32", 4},     [OTO_OBSERVED_FLOAT64] = {"float64", 8},
    [OTO_OBSERVED_INT64] = {"int64", 8},         [OTO_OBSERVED_UINT64] = {"uint64", 8},
    [OTO_OBSERVED_COMPLEX64] = {"complex64", 8}, [OTO_OBSERVED_TEXT] = {"text", 1},
    [OTO_OBSERVED_NULL] = {"null", 0},           [OTO_OBSERVED_NONE] = {"none", 0},
};

const char *oto_check_kind_name(enum oto_check_kind kind) {
    return kind_names[kind];
}
const char *oto_observed_type_name(enum oto_observed_type type) {
    return types[type].name;
}
size_t oto_observed_type_size(enum oto_observed_type type) {
    return types[type].size;
}
bool oto_observed_is_integer(enum oto_observed_type type) {
    return type == OTO_OBSERVED_INT64 || type == OTO_OBSERVED_UINT64;
}

static bool refuse(const char **why, const char *because) {
    *why = because;
    return false;
}

/* The only field of that name, or NULL when it is missing, appears twice or has another type. */
static const struct oto_field *only(const struct oto_record *record, const char *name, char type, bool *wrong) {
    const struct oto_field *found = NULL;
    for (size_t i = 0; i < record->count; i++) {
        if (strcmp(record->fields[i].name, name)) continue;
        if (found || record->fields[i].type != type) {
            *wrong = true;
            return NULL;
        }
        found = &record->fields[i];
    }
    return found;
}

/* Text of at most limit bytes without a NUL inside; NULL when absent. */
static const char *text_of(const struct oto_record *record, const char *name, size_t limit, bool *wrong) {
    const struct oto_field *field = only(record, name, 's', wrong);
    if (!field) return NULL;
    if (field->size > limit || memchr(field->data, '\0', field->size)) {
        *wrong = true;
        return NULL;
    }
    return field->data;
}

static double real_of(const struct oto_record *record, const char *name, double otherwise, bool *wrong) {
    const struct oto_field *field = only(record, name, 'd', wrong);
    if (!field) return otherwise;
    if (!isfinite(field->real) || field->real < 0) *wrong = true;
    return field->real;
}

static bool flag_of(const struct oto_record *record, const char *name, bool *wrong) {
    const struct oto_field *field = only(record, name, 'i', wrong);
    return field && field->integer != 0;
}

/* Reads the shape and the data that must fill it exactly. */
static bool read_value(struct oto_observation *o, const struct oto_record *record, const char **why) {
    bool wrong = false;
    const struct oto_field *shape = only(record, "shape", 'b', &wrong);
    if (wrong || !shape) return refuse(why, "it has no shape");
    if (shape->size % 8 || shape->size / 8 > OTO_OBSERVATION_RANK_MAX) return refuse(why, "its shape is malformed");
    o->rank = shape->size / 8;
    if (o->rank) memcpy(o->shape, shape->data, shape->size);
    size_t count = 1;
    for (size_t axis = 0; axis < o->rank; axis++) {
        if (o->shape[axis] < 0) return refuse(why, "its shape has a negative length");
        if (__builtin_mul_overflow(count, (size_t)o->shape[axis], &count))
            return refuse(why, "its shape has more elements than can exist");
    }
    const struct oto_field *data = only(record, "data", 'b', &wrong);
    if (wrong) return refuse(why, "its data are malformed");
    if (o->problem || o->type == OTO_OBSERVED_NONE || o->type == OTO_OBSERVED_NULL) {
        if (data && data->size) return refuse(why, "it has data where none belong");
        return true;
    }
    size_t bytes;
    if (!data || __builtin_mul_overflow(count, types[o->type].size, &bytes) || bytes != data->size)
        return refuse(why, "its data do not fill its shape");
    if (bytes > OTO_OBSERVATION_BYTES_MAX) return refuse(why, "it has too many elements");
    o->count = count;
    o->data = data->data;
    return true;
}

static bool type_suits_kind(enum oto_check_kind kind, enum oto_observed_type type, size_t rank) {
    bool number = type <= OTO_OBSERVED_COMPLEX64;
    switch (kind) {
    case OTO_CHECK_CLOSE:
        return number && rank == 0;
    case OTO_CHECK_EQUAL:
        return (oto_observed_is_integer(type) && rank == 0) || (type == OTO_OBSERVED_TEXT && rank == 1) ||
               type == OTO_OBSERVED_NULL;
    case OTO_CHECK_ARRAY:
        return number;
    case OTO_CHECK_AUDIO:
        return (type == OTO_OBSERVED_FLOAT32 || type == OTO_OBSERVED_FLOAT64) && (rank == 1 || rank == 2);
    case OTO_CHECK_SHAPE:
        return type == OTO_OBSERVED_NONE;
    default:
        return false;
    }
}

bool oto_observation_read(struct oto_observation *o, const struct oto_record *record, const char **why) {
    *o = (struct oto_observation){.kind = OTO_CHECK_KINDS, .type = OTO_OBSERVED_TYPES};
    if (record->kind != OTO_RECORD_OBSERVATION) return refuse(why, "it is another kind of record");
    bool wrong = false;
    o->name = text_of(record, "name", OTO_OBSERVATION_NAME_MAX, &wrong);
    if (wrong || !o->name) return refuse(why, "it has no name");
    const char *kind = text_of(record, "check", OTO_OBSERVATION_NAME_MAX, &wrong);
    for (int i = 0; kind && i < OTO_CHECK_KINDS; i++)
        if (!strcmp(kind, kind_names[i])) o->kind = (enum oto_check_kind)i;
    if (wrong || o->kind == OTO_CHECK_KINDS) return refuse(why, "it is an unknown kind of check");
    const char *type = text_of(record, "dtype", OTO_OBSERVATION_NAME_MAX, &wrong);
    for (int i = 0; type && i < OTO_OBSERVED_TYPES; i++)
        if (!strcmp(type, types[i].name)) o->type = (enum oto_observed_type)i;
    if (wrong || o->type == OTO_OBSERVED_TYPES) return refuse(why, "its element type is unknown");

    o->hint = text_of(record, "hint", OTO_OBSERVATION_TEXT_MAX, &wrong);
    o->axes = text_of(record, "axes", OTO_OBSERVATION_TEXT_MAX, &wrong);
    o->problem = text_of(record, "problem", OTO_OBSERVATION_TEXT_MAX, &wrong);
    if (wrong) return refuse(why, "a text in it is malformed");
    o->rtol = real_of(record, "rtol", 0, &wrong);
    o->atol = real_of(record, "atol", 0, &wrong);
    o->snr_db = real_of(record, "snr_db", 60, &wrong);
    o->align = real_of(record, "align", 0, &wrong);
    o->weight = real_of(record, "weight", 1, &wrong);
    o->sample_rate = real_of(record, "sample_rate", 0, &wrong);
    o->any_gain = flag_of(record, "any_gain", &wrong);
    o->hidden = flag_of(record, "hidden", &wrong);
    if (wrong) return refuse(why, "an option in it is malformed");

    if (!read_value(o, record, why)) return false;
    if (!o->problem && !type_suits_kind(o->kind, o->type, o->rank))
        return refuse(why, "its element type or shape does not suit its kind of check");
    return true;
}

double oto_observation_real(const struct oto_observation *o, size_t i) {
    const char *at = (const char *)o->data + i * types[o->type].size;
    if (o->type == OTO_OBSERVED_FLOAT32 || o->type == OTO_OBSERVED_COMPLEX64) {
        float value;
        memcpy(&value, at, sizeof value);
        return (double)value;
    }
    if (o->type == OTO_OBSERVED_FLOAT64) {
        double value;
        memcpy(&value, at, sizeof value);
        return value;
    }
    if (o->type == OTO_OBSERVED_TEXT) return (double)*(const unsigned char *)at;
    int64_t bits = oto_observation_integer(o, i);
    return o->type == OTO_OBSERVED_UINT64 ? (double)(uint64_t)bits : (double)bits;
}

double oto_observation_imaginary(const struct oto_observation *o, size_t i) {
    if (o->type != OTO_OBSERVED_COMPLEX64) return 0;
    float value;
    memcpy(&value, (const char *)o->data + i * 8 + 4, sizeof value);
    return (double)value;
}

int64_t oto_observation_integer(const struct oto_observation *o, size_t i) {
    int64_t bits;
    memcpy(&bits, (const char *)o->data + i * 8, sizeof bits);
    return bits;
}

/* Length of text when at most limit bytes may stay, cut between characters of UTF-8. */
static size_t cut(const char *text, size_t limit) {
    size_t length = strnlen(text, limit + 1);
    if (length <= limit) return length;
    length = limit;
    while (length > 0 && ((unsigned char)text[length] & 0xC0) == 0x80) length--;
    return length;
}

static void write_text(struct oto_record *record, const char *name, const char *text, size_t limit) {
    if (text) oto_record_text_n(record, name, text, cut(text, limit));
}

void oto_observation_write(struct oto_record *record, const struct oto_observed *observed) {
    oto_record_begin(record, OTO_RECORD_OBSERVATION);
    oto_record_text(record, "check", kind_names[observed->kind]);
    write_text(record, "name", observed->name ? observed->name : "", OTO_OBSERVATION_NAME_MAX);
    oto_record_text(record, "dtype", types[observed->type].name);

    const char *problem = observed->problem;
    size_t rank = observed->rank, bytes = types[observed->type].size;
    if (rank > OTO_OBSERVATION_RANK_MAX) {
        problem = "it has more than 8 axes";
        rank = 0;
    }
    for (size_t axis = 0; axis < rank; axis++) {
        if (observed->shape[axis] < 0) {
            problem = "it has a negative number of elements";
            rank = 0;
        } else if (__builtin_mul_overflow(bytes, (size_t)observed->shape[axis], &bytes)) {
            problem = "it has more elements than can exist";
            rank = 0;
        }
    }
    if (!problem && bytes > OTO_OBSERVATION_BYTES_MAX) problem = "it is larger than 96 MiB, the most a check looks at";
    oto_record_bytes(record, "shape", observed->shape, rank * sizeof *observed->shape);
    if (problem)
        write_text(record, "problem", problem, OTO_OBSERVATION_TEXT_MAX);
    else if (types[observed->type].size)
        oto_record_bytes(record, "data", observed->data, bytes);
    write_text(record, "axes", observed->axes, OTO_OBSERVATION_TEXT_MAX);
    if (observed->sample_rate > 0) oto_record_real(record, "sample_rate", observed->sample_rate);
    write_text(record, "hint", observed->hint, OTO_OBSERVATION_TEXT_MAX);
    oto_record_real(record, "weight", observed->weight);
    oto_record_integer(record, "hidden", observed->hidden);
    if (observed->kind == OTO_CHECK_CLOSE || observed->kind == OTO_CHECK_ARRAY) {
        oto_record_real(record, "rtol", observed->rtol);
        oto_record_real(record, "atol", observed->atol);
    }
    if (observed->kind == OTO_CHECK_AUDIO) {
        oto_record_real(record, "snr_db", observed->snr_db);
        oto_record_real(record, "align", observed->align);
        oto_record_integer(record, "any_gain", observed->any_gain);
    }
}
