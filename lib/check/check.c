/* The checks: each turns a value into an observation. What comes of it is decided in exercise.c. */
#include "lib/check/check.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/check/exercise.h"
#include "lib/check/observation.h"
#include "lib/tensor/error.h"

#undef oto_check_close
#undef oto_check_tensor
#undef oto_check_audio
#undef oto_check_shape

/* ASan's question, there when the program is linked with its runtime: the first poisoned byte, or NULL. */
extern void *__asan_region_is_poisoned(void *begin, size_t size) __attribute__((weak));

/* How many bytes of these may be read: an answer that is too short fails its check, and not the whole cell. */
static size_t readable(const void *data, size_t size) {
    if (!__asan_region_is_poisoned || size == 0) return size;
    const char *bad = __asan_region_is_poisoned((void *)(uintptr_t)data, size);
    return bad ? (size_t)(bad - (const char *)data) : size;
}

static void need_option(const char *operation, const char *option, double value, double unset) {
    if (value != unset && !(isfinite(value) && value >= 0))
        oto_refuse(operation, "%s is %g, but must be a number that is not negative", option, value);
}

/* What all checks have in common. Tolerances that were not given: none for whole numbers, numpy's for others. */
static struct oto_observed begin(const char *operation, enum oto_check_kind kind, const char *name,
                                 enum oto_observed_type type, const OtoCheck *options) {
    oto_check_text(operation, "name", name);
    if (!*name) oto_refuse(operation, "the name is empty; each check of a notebook has its own");
    if (strlen(name) > OTO_OBSERVATION_NAME_MAX)
        oto_refuse(operation, "the name is longer than %d bytes", OTO_OBSERVATION_NAME_MAX);
    if (options->hint) oto_check_text(operation, ".hint", options->hint);
    need_option(operation, ".rtol", options->rtol, OTO_UNSET);
    need_option(operation, ".atol", options->atol, OTO_UNSET);
    need_option(operation, ".snr_db", options->snr_db, 0);
    need_option(operation, ".align", options->align, 0);
    need_option(operation, ".weight", options->weight, 0);
    bool exact = oto_observed_is_integer(type);
    return (struct oto_observed){.kind = kind,
                                 .type = type,
                                 .name = name,
                                 .hint = options->hint,
                                 .rtol = options->rtol != OTO_UNSET ? options->rtol
                                         : exact                    ? 0
                                                                    : 1e-5,
                                 .atol = options->atol != OTO_UNSET ? options->atol
                                         : exact                    ? 0
                                                                    : 1e-8,
                                 .snr_db = options->snr_db,
                                 .align = options->align,
                                 .any_gain = options->any_gain,
                                 .weight = options->weight,
                                 .hidden = options->hidden};
}

static void finish(const struct oto_observed *observed) {
    struct oto_record record;
    oto_observation_write(&record, observed);
    oto_exercise_judge(&record);
    oto_record_free(&record);
}

void oto_check_close(const char *name, double value, OtoCheck options) {
    struct oto_observed observed = begin("oto_check_close", OTO_CHECK_CLOSE, name, OTO_OBSERVED_FLOAT64, &options);
    observed.data = &value;
    finish(&observed);
}

void oto_check_integer_equal(const char *name, int64_t value, OtoCheck options) {
    struct oto_observed observed = begin("oto_check_equal", OTO_CHECK_EQUAL, name, OTO_OBSERVED_INT64, &options);
    observed.data = &value;
    finish(&observed);
}

void oto_check_unsigned_equal(const char *name, uint64_t value, OtoCheck options) {
    enum oto_observed_type type = value > INT64_MAX ? OTO_OBSERVED_UINT64 : OTO_OBSERVED_INT64;
    struct oto_observed observed = begin("oto_check_equal", OTO_CHECK_EQUAL, name, type, &options);
    observed.data = &value;
    finish(&observed);
}

/* Length of a text, or -1 when no '\0' ends it inside its block. */
static int64_t length_of(const char *text) {
    for (int64_t i = 0;; i++) {
        if (readable(text + i, 1) == 0) return -1;
        if (!text[i]) return i;
    }
}

void oto_check_text_equal(const char *name, const char *value, OtoCheck options) {
    struct oto_observed observed = begin("oto_check_equal", OTO_CHECK_EQUAL, name, OTO_OBSERVED_TEXT, &options);
    int64_t length = value ? length_of(value) : 0;
    if (!value)
        observed.type = OTO_OBSERVED_NULL;
    else if (length < 0)
        observed.problem = "the text has no '\\0' at its end";
    else {
        observed.rank = 1;
        observed.shape = &length;
        observed.data = value;
    }
    finish(&observed);
}

static const struct {
    size_t size;
    enum oto_observed_type type;
} elements[] = {
    [OTO_ELEMENT_FLOAT] = {sizeof(float), OTO_OBSERVED_FLOAT32},
    [OTO_ELEMENT_DOUBLE] = {sizeof(double), OTO_OBSERVED_FLOAT64},
    [OTO_ELEMENT_INT] = {sizeof(int), OTO_OBSERVED_INT64},
    [OTO_ELEMENT_SHORT] = {sizeof(short), OTO_OBSERVED_INT64},
    [OTO_ELEMENT_INT64] = {sizeof(int64_t), OTO_OBSERVED_INT64},
    [OTO_ELEMENT_BYTE] = {1, OTO_OBSERVED_INT64},
    [OTO_ELEMENT_COMPLEX] = {2 * sizeof(float), OTO_OBSERVED_COMPLEX64},
};

/* Narrow integers as int64, malloc'd; NULL when memory ran out. */
static int64_t *widened(const void *array, int64_t count, OtoElement element) {
    int64_t *wide = malloc((size_t)count * sizeof *wide + 1);
    for (int64_t i = 0; wide && i < count; i++)
        wide[i] = element == OTO_ELEMENT_INT     ? ((const int *)array)[i]
                  : element == OTO_ELEMENT_SHORT ? ((const short *)array)[i]
                                                 : ((const unsigned char *)array)[i];
    return wide;
}

void oto_check_elements(const char *name, const void *array, int64_t count, OtoElement element, OtoCheck options) {
    size_t size = elements[element].size, bytes = 0;
    struct oto_observed observed = begin("oto_check_array", OTO_CHECK_ARRAY, name, elements[element].type, &options);
    int64_t *wide = NULL;
    char shorter[120];
    observed.rank = 1;
    observed.shape = &count;
    observed.data = array;
    if (!array && count != 0)
        observed.problem = "the array is NULL";
    else if (count < 0 || __builtin_mul_overflow((size_t)count, size, &bytes))
        observed.problem = "the number of elements cannot be";
    else if (bytes <= OTO_OBSERVATION_BYTES_MAX && readable(array, bytes) < bytes) {
        snprintf(shorter, sizeof shorter, "%lld elements are needed, but only %zu are there", (long long)count,
                 readable(array, bytes) / size);
        observed.problem = shorter;
    } else if (bytes <= OTO_OBSERVATION_BYTES_MAX && observed.type == OTO_OBSERVED_INT64 && size < sizeof *wide) {
        wide = widened(array, count, element);
        observed.data = wide;
        if (!wide) observed.problem = "no memory is left to look at it";
    }
    if (observed.problem) observed.rank = 0;
    finish(&observed);
    free(wide);
}

/* The axes' names joined by commas, malloc'd; NULL when none has a name. */
static char *axes_of(OtoTensor *x) {
    char *names = NULL;
    size_t size;
    bool named = false;
    FILE *out = open_memstream(&names, &size);
    if (!out) return NULL;
    for (int axis = 0; axis < x->rank; axis++) {
        const char *name = x->axes[axis].name ? x->axes[axis].name : "";
        fprintf(out, "%s%s", axis ? "," : "", name);
        named |= *name != '\0';
    }
    if (fclose(out) == 0 && named) return names;
    free(names);
    return NULL;
}

/* A tensor as it is, its data too unless only the shape counts. */
static void observe_tensor(struct oto_observed *observed, OtoTensor *x, bool with_data) {
    int64_t shape[OTO_RANK_MAX];
    char *axes = NULL;
    OtoKind kind = oto_kind(x);
    if (kind != OTO_TENSOR)
        observed->problem = !x                  ? "the tensor is NULL"
                            : kind == OTO_FREED ? "the tensor was freed"
                                                : "this is no tensor";
    else {
        for (int axis = 0; axis < x->rank; axis++) shape[axis] = x->shape[axis];
        observed->rank = (size_t)x->rank;
        observed->shape = shape;
        observed->axes = axes = axes_of(x);
        observed->sample_rate = x->sample_rate;
        if (with_data) observed->data = x->data;
    }
    finish(observed);
    free(axes);
}

static enum oto_observed_type type_of(OtoTensor *x) {
    if (oto_kind(x) != OTO_TENSOR || x->type == OTO_FLOAT32) return OTO_OBSERVED_FLOAT32;
    return x->type == OTO_COMPLEX64 ? OTO_OBSERVED_COMPLEX64 : OTO_OBSERVED_INT64;
}

void oto_check_tensor(const char *name, OtoTensor *x, OtoCheck options) {
    struct oto_observed observed = begin("oto_check_tensor", OTO_CHECK_ARRAY, name, type_of(x), &options);
    observe_tensor(&observed, x, true);
}

void oto_check_shape(const char *name, OtoTensor *x, OtoCheck options) {
    struct oto_observed observed = begin("oto_check_shape", OTO_CHECK_SHAPE, name, OTO_OBSERVED_NONE, &options);
    observe_tensor(&observed, x, false);
}

void oto_check_audio(const char *name, OtoTensor *sound, OtoCheck options) {
    struct oto_observed observed = begin("oto_check_audio", OTO_CHECK_AUDIO, name, OTO_OBSERVED_FLOAT32, &options);
    if (oto_kind(sound) == OTO_TENSOR && (sound->type != OTO_FLOAT32 || sound->rank < 1 || sound->rank > 2)) {
        observed.problem = "this is no sound: float32 (time) or (channels, time)";
        finish(&observed);
    } else
        observe_tensor(&observed, sound, true);
}
