#include "lib/check/observation.h"

#include <math.h>
#include <string.h>

/* The terms that a kind has. Those of all kinds are hint, weight, hidden, forbid and require. */
enum {
    TOLERANCE = 1,  /* rtol, atol */
    SIGNAL = 2,     /* snr_db, align */
    GAIN = 4,       /* any_gain */
    THRESHOLDS = 8, /* at_least, at_most, full_at */
    TRUTH = 16,
    WINDOW = 32,
    METRIC = 64,
    ALARM = 128,
    COST = 256
};

static const struct {
    const char *name;
    unsigned terms;
} kinds[OTO_CHECK_KINDS] = {
    [OTO_CHECK_CLOSE] = {"close", TOLERANCE},
    [OTO_CHECK_EQUAL] = {"equal", 0},
    [OTO_CHECK_ARRAY] = {"array", TOLERANCE},
    [OTO_CHECK_AUDIO] = {"audio", SIGNAL | GAIN},
    [OTO_CHECK_SHAPE] = {"shape", 0},
    [OTO_CHECK_PERMUTATION] = {"permutation", TOLERANCE | GAIN},
    [OTO_CHECK_DIRECTION] = {"direction", TOLERANCE | GAIN},
    [OTO_CHECK_SPECTRUM] = {"spectrum", THRESHOLDS},
    [OTO_CHECK_ONSETS] = {"onsets", THRESHOLDS | TRUTH | WINDOW},
    [OTO_CHECK_BEATS] = {"beats", THRESHOLDS | TRUTH | METRIC},
    [OTO_CHECK_NOTES] = {"notes", THRESHOLDS | TRUTH | WINDOW | METRIC},
    [OTO_CHECK_CHORDS] = {"chords", THRESHOLDS | TRUTH | METRIC},
    [OTO_CHECK_MELODY] = {"melody", THRESHOLDS | TRUTH | METRIC},
    [OTO_CHECK_SEPARATION] = {"separation", THRESHOLDS | TRUTH},
    [OTO_CHECK_PREDICTIONS] = {"predictions", THRESHOLDS | TRUTH | METRIC},
    [OTO_CHECK_PATH] = {"path", TOLERANCE | COST},
    [OTO_CHECK_DISTRIBUTION] = {"distribution", ALARM},
    [OTO_CHECK_PROPERTY] = {"property", TOLERANCE | METRIC},
    [OTO_CHECK_GRADIENT] = {"gradient", TOLERANCE},
    [OTO_CHECK_TRAJECTORY] = {"trajectory", TOLERANCE},
    [OTO_CHECK_TIME] = {"time", THRESHOLDS},
    [OTO_CHECK_MEMORY] = {"memory", THRESHOLDS},
};

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
    return kinds[kind].name;
}
bool oto_check_kind_takes(enum oto_check_kind kind, const char *option) {
    static const struct {
        const char *option;
        unsigned term;
    } options[] = {{"rtol", TOLERANCE},     {"atol", TOLERANCE},     {"snr_db", SIGNAL}, {"align", SIGNAL},
                   {"window", WINDOW},      {"false_alarm", ALARM},  {"any_gain", GAIN}, {"at_least", THRESHOLDS},
                   {"at_most", THRESHOLDS}, {"full_at", THRESHOLDS}, {"truth", TRUTH},   {"metric", METRIC}};
    for (size_t i = 0; i < sizeof options / sizeof *options; i++)
        if (strcmp(option, options[i].option) == 0) return kinds[kind].terms & options[i].term;
    return false;
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

/* A threshold may be negative, as decibels are; NaN when it is absent. */
static double threshold_of(const struct oto_record *record, const char *name, bool *wrong) {
    const struct oto_field *field = only(record, name, 'd', wrong);
    if (!field) return (double)NAN;
    if (!isfinite(field->real)) *wrong = true;
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

/* Costs fill their shape exactly, or there are none. */
static bool read_cost(struct oto_observation *o, const struct oto_record *record, const char **why) {
    bool wrong = false;
    const struct oto_field *shape = only(record, "cost_shape", 'b', &wrong), *cost = only(record, "cost", 'b', &wrong);
    if (!wrong && !shape && !cost) return true;
    size_t count;
    if (wrong || !shape || !cost || shape->size != sizeof o->cost_shape) return refuse(why, "its costs are malformed");
    memcpy(o->cost_shape, shape->data, sizeof o->cost_shape);
    if (o->cost_shape[0] < 0 || o->cost_shape[1] < 0 ||
        __builtin_mul_overflow((size_t)o->cost_shape[0], (size_t)o->cost_shape[1], &count) ||
        __builtin_mul_overflow(count, sizeof(double), &count) || count != cost->size ||
        count > OTO_OBSERVATION_BYTES_MAX)
        return refuse(why, "its costs do not fill their shape");
    o->cost = cost->data;
    return true;
}

static bool type_suits_kind(const struct oto_observation *o) {
    enum oto_observed_type type = o->type;
    size_t rank = o->rank;
    bool number = type <= OTO_OBSERVED_COMPLEX64;
    bool real = type == OTO_OBSERVED_FLOAT32 || type == OTO_OBSERVED_FLOAT64, whole = type == OTO_OBSERVED_INT64;
    switch (o->kind) {
    case OTO_CHECK_CLOSE:
        return number && rank == 0;
    case OTO_CHECK_EQUAL:
        return (oto_observed_is_integer(type) && rank == 0) || (type == OTO_OBSERVED_TEXT && rank == 1) ||
               type == OTO_OBSERVED_NULL;
    case OTO_CHECK_ARRAY:
        return number;
    case OTO_CHECK_AUDIO:
    case OTO_CHECK_SEPARATION:
    case OTO_CHECK_DIRECTION:
        return real && (rank == 1 || rank == 2);
    case OTO_CHECK_SHAPE:
        return type == OTO_OBSERVED_NONE;
    case OTO_CHECK_PERMUTATION:
        return (real && rank == 2) || (whole && rank == 1);
    case OTO_CHECK_SPECTRUM:
        return (real || type == OTO_OBSERVED_COMPLEX64) && rank >= 1;
    case OTO_CHECK_ONSETS:
    case OTO_CHECK_BEATS:
    case OTO_CHECK_TRAJECTORY:
    case OTO_CHECK_TIME:
        return real && rank == 1;
    case OTO_CHECK_NOTES:
        return real && rank == 2 && o->shape[1] == 3;
    case OTO_CHECK_CHORDS:
        return type == OTO_OBSERVED_TEXT && rank == 1;
    case OTO_CHECK_MELODY:
        return real && rank == 2 && o->shape[1] == 2;
    case OTO_CHECK_PREDICTIONS:
        return (whole || real) && rank >= 1 && rank <= 4;
    case OTO_CHECK_PATH:
        return whole && (rank == 1 || (rank == 2 && o->shape[1] == 2));
    case OTO_CHECK_DISTRIBUTION:
        return (real || oto_observed_is_integer(type)) && rank == 1;
    case OTO_CHECK_PROPERTY:
    case OTO_CHECK_GRADIENT:
        return real && rank >= 1 && o->shape[0] == 2;
    case OTO_CHECK_MEMORY:
        return whole && rank == 1 && o->shape[0] == 2;
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
        if (!strcmp(kind, kinds[i].name)) o->kind = (enum oto_check_kind)i;
    if (wrong || o->kind == OTO_CHECK_KINDS) return refuse(why, "it is an unknown kind of check");
    const char *type = text_of(record, "dtype", OTO_OBSERVATION_NAME_MAX, &wrong);
    for (int i = 0; type && i < OTO_OBSERVED_TYPES; i++)
        if (!strcmp(type, types[i].name)) o->type = (enum oto_observed_type)i;
    if (wrong || o->type == OTO_OBSERVED_TYPES) return refuse(why, "its element type is unknown");

    o->hint = text_of(record, "hint", OTO_OBSERVATION_TEXT_MAX, &wrong);
    o->axes = text_of(record, "axes", OTO_OBSERVATION_TEXT_MAX, &wrong);
    o->problem = text_of(record, "problem", OTO_OBSERVATION_TEXT_MAX, &wrong);
    o->metric = text_of(record, "metric", OTO_OBSERVATION_NAME_MAX, &wrong);
    o->truth = text_of(record, "truth", OTO_OBSERVATION_NAME_MAX, &wrong);
    o->forbid = text_of(record, "forbid", OTO_OBSERVATION_TEXT_MAX, &wrong);
    o->require = text_of(record, "require", OTO_OBSERVATION_TEXT_MAX, &wrong);
    if (wrong) return refuse(why, "a text in it is malformed");
    o->rtol = real_of(record, "rtol", 0, &wrong);
    o->atol = real_of(record, "atol", 0, &wrong);
    o->snr_db = real_of(record, "snr_db", 60, &wrong);
    o->align = real_of(record, "align", 0, &wrong);
    o->window = real_of(record, "window", 0.05, &wrong);
    o->false_alarm = real_of(record, "false_alarm", 1e-6, &wrong);
    o->weight = real_of(record, "weight", 1, &wrong);
    o->at_least = threshold_of(record, "at_least", &wrong);
    o->at_most = threshold_of(record, "at_most", &wrong);
    o->full_at = threshold_of(record, "full_at", &wrong);
    o->sample_rate = real_of(record, "sample_rate", 0, &wrong);
    o->any_gain = flag_of(record, "any_gain", &wrong);
    o->hidden = flag_of(record, "hidden", &wrong);
    if (wrong) return refuse(why, "an option in it is malformed");

    if (!read_value(o, record, why) || !read_cost(o, record, why)) return false;
    if (!o->problem && !type_suits_kind(o))
        return refuse(why, "its element type or shape does not suit its kind of check");
    return true;
}

double oto_observation_whole(const struct oto_observation *o, size_t i) {
    if (o->type == OTO_OBSERVED_TEXT) return (double)((const unsigned char *)o->data)[i];
    int64_t bits = oto_observation_integer(o, i);
    return o->type == OTO_OBSERVED_UINT64 ? (double)(uint64_t)bits : (double)bits;
}

double oto_observation_imaginary(const struct oto_observation *o, size_t i) {
    if (o->type != OTO_OBSERVED_COMPLEX64) return 0;
    float value;
    memcpy(&value, (const char *)o->data + i * 8 + 4, sizeof value);
    return (double)value;
}

double oto_observation_cost(const struct oto_observation *o, int64_t i, int64_t j) {
    double value;
    memcpy(&value, (const char *)o->cost + (size_t)(i * o->cost_shape[1] + j) * sizeof value, sizeof value);
    return value;
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

static void write_threshold(struct oto_record *record, const char *name, double value) {
    if (isfinite(value)) oto_record_real(record, name, value);
}

static void write_terms(struct oto_record *record, const struct oto_observed *observed) {
    unsigned terms = kinds[observed->kind].terms;
    oto_record_real(record, "weight", observed->weight);
    oto_record_integer(record, "hidden", observed->hidden);
    if (terms & TOLERANCE) {
        oto_record_real(record, "rtol", observed->rtol);
        oto_record_real(record, "atol", observed->atol);
    }
    if (terms & SIGNAL) {
        oto_record_real(record, "snr_db", observed->snr_db);
        oto_record_real(record, "align", observed->align);
    }
    if (terms & GAIN) oto_record_integer(record, "any_gain", observed->any_gain);
    if (terms & THRESHOLDS) {
        write_threshold(record, "at_least", observed->at_least);
        write_threshold(record, "at_most", observed->at_most);
        write_threshold(record, "full_at", observed->full_at);
    }
    if (terms & WINDOW) oto_record_real(record, "window", observed->window);
    if (terms & ALARM) oto_record_real(record, "false_alarm", observed->false_alarm);
    if (terms & METRIC) write_text(record, "metric", observed->metric, OTO_OBSERVATION_NAME_MAX);
    if (terms & TRUTH) write_text(record, "truth", observed->truth, OTO_OBSERVATION_NAME_MAX);
    write_text(record, "forbid", observed->forbid, OTO_OBSERVATION_TEXT_MAX);
    write_text(record, "require", observed->require, OTO_OBSERVATION_TEXT_MAX);
}

/* Why costs cannot be sent, or NULL. */
static const char *write_cost(struct oto_record *record, const struct oto_observed *observed) {
    size_t bytes;
    if (!observed->cost || !(kinds[observed->kind].terms & COST)) return NULL;
    if (observed->cost_shape[0] < 0 || observed->cost_shape[1] < 0 ||
        __builtin_mul_overflow((size_t)observed->cost_shape[0], (size_t)observed->cost_shape[1], &bytes) ||
        __builtin_mul_overflow(bytes, sizeof(double), &bytes) || bytes > OTO_OBSERVATION_BYTES_MAX)
        return "its costs are more than 96 MiB, the most a check looks at";
    oto_record_bytes(record, "cost_shape", observed->cost_shape, sizeof observed->cost_shape);
    oto_record_bytes(record, "cost", observed->cost, bytes);
    return NULL;
}

void oto_observation_write(struct oto_record *record, const struct oto_observed *observed) {
    oto_record_begin(record, OTO_RECORD_OBSERVATION);
    oto_record_text(record, "check", kinds[observed->kind].name);
    write_text(record, "name", observed->name ? observed->name : "", OTO_OBSERVATION_NAME_MAX);
    oto_record_text(record, "dtype", types[observed->type].name);

    const char *problem = write_cost(record, observed);
    if (observed->problem) problem = observed->problem;
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
    write_terms(record, observed);
}
