/* What all checks have in common: options with their defaults, values that are looked at with care. */
#include "lib/check/observe.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/check/exercise.h"
#include "lib/record/utf8.h"
#include "lib/tensor/error.h"

/* ASan's question, there when the program is linked with its runtime: the first poisoned byte, or NULL. */
extern void *__asan_region_is_poisoned(void *begin, size_t size) __attribute__((weak));

size_t oto_readable(const void *data, size_t size) {
    if (!__asan_region_is_poisoned || size == 0) return size;
    const char *bad = __asan_region_is_poisoned((void *)(uintptr_t)data, size);
    return bad ? (size_t)(bad - (const char *)data) : size;
}

/* What an option is when nobody gave it. */
struct defaults {
    double rtol, atol;
    double at_least, at_most; /* NaN: no default */
};
#define NONE ((double)NAN)

static struct defaults defaults_of(enum oto_check_kind kind, enum oto_observed_type type) {
    bool exact = oto_observed_is_integer(type);
    switch (kind) {
    case OTO_CHECK_PERMUTATION:
    case OTO_CHECK_DIRECTION:
        return (struct defaults){exact ? 0 : 1e-3, exact ? 0 : 1e-5, NONE, NONE};
    case OTO_CHECK_PROPERTY:
        return (struct defaults){1e-4, 1e-6, NONE, NONE};
    case OTO_CHECK_GRADIENT:
        return (struct defaults){1e-3, 1e-3, NONE, NONE};
    case OTO_CHECK_TRAJECTORY:
        return (struct defaults){1e-4, 1e-6, NONE, NONE};
    case OTO_CHECK_PATH:
        return (struct defaults){1e-6, 1e-9, NONE, NONE};
    case OTO_CHECK_ONSETS:
        return (struct defaults){0, 0, 0.9, NONE};
    case OTO_CHECK_BEATS:
    case OTO_CHECK_NOTES:
    case OTO_CHECK_CHORDS:
    case OTO_CHECK_MELODY:
        return (struct defaults){0, 0, 0.8, NONE};
    case OTO_CHECK_SPECTRUM:
        return (struct defaults){0, 0, NONE, 1};
    case OTO_CHECK_TIME:
        return (struct defaults){0, 0, NONE, 3};
    case OTO_CHECK_MEMORY:
        return (struct defaults){0, 0, NONE, 2};
    default:
        return (struct defaults){exact ? 0 : 1e-5, exact ? 0 : 1e-8, NONE, NONE};
    }
}

static void need_option(const char *operation, const char *option, double value) {
    if (value != OTO_UNSET && !(isfinite(value) && value >= 0))
        oto_refuse(operation, "%s is %g, but must be a number that is not negative", option, value);
}

static void need_threshold(const char *operation, const char *option, double value) {
    if (isinf(value)) oto_refuse(operation, "%s is %g, but must be a number", option, value);
}

/* Pages, tables and databases will hold it. */
static void need_text(const char *operation, const char *option, const char *text) {
    size_t size = strlen(text), length;
    for (size_t i = 0; i < size; i += length) {
        length = oto_utf8_length(text + i, size - i);
        if (length == 0) oto_refuse(operation, "%s is no text in UTF-8 at byte %zu", option, i);
    }
}

static void need_option_text(const char *operation, const char *option, const char *text) {
    if (!text) return;
    oto_check_text(operation, option, text);
    need_text(operation, option, text);
}

/* Names as C has them, with a * behind; any other would be met by nobody's answer. */
static void need_names(const char *operation, const char *option, const char *names) {
    static const char separators[] = " ,;\t\n";
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789";
    need_option_text(operation, option, names);
    for (const char *at = names; at && *(at += strspn(at, separators));) {
        size_t length = strcspn(at, separators), name = strspn(at, letters);
        if (name == 0 || name + (at[name] == '*') != length)
            oto_refuse(operation,
                       "%s has \"%.*s\", which is no name; a function is named without ( ), as oto_stft or oto_fft*",
                       option, (int)(length < 60 ? length : 60), at);
        at += length;
    }
}

static void need_options(const char *operation, const OtoCheck *options) {
    need_option_text(operation, ".hint", options->hint);
    need_option_text(operation, ".truth", options->truth);
    need_option_text(operation, ".metric", options->metric);
    need_names(operation, ".forbid", options->forbid);
    need_names(operation, ".require", options->require);
    need_option(operation, ".rtol", options->rtol);
    need_option(operation, ".atol", options->atol);
    need_option(operation, ".snr_db", options->snr_db);
    need_option(operation, ".align", options->align);
    need_option(operation, ".window", options->window);
    if (!(isfinite(options->weight) && options->weight >= 0))
        oto_refuse(operation, ".weight is %g, but must be a number that is not negative", options->weight);
    if (options->false_alarm != OTO_UNSET && !(options->false_alarm > 0 && options->false_alarm <= 1e-6))
        oto_refuse(operation, ".false_alarm is %g, but must be above 0 and at most 1e-6", options->false_alarm);
    need_threshold(operation, ".at_least", options->at_least);
    need_threshold(operation, ".at_most", options->at_most);
    need_threshold(operation, ".full_at", options->full_at);
    if (!isnan(options->at_least) && !isnan(options->at_most))
        oto_refuse(operation,
                   ".at_least and .at_most cannot both be given: a score is good when it is high, or when it is low");
    if (options->full_at < options->at_least || options->full_at > options->at_most)
        oto_refuse(operation, ".full_at is %g, on the wrong side of the threshold where points begin, %g",
                   options->full_at, isnan(options->at_least) ? options->at_most : options->at_least);
}

/* An option that the kind does not look at: whoever wrote it believes that it counts. */
static void need_meaning(const char *operation, enum oto_check_kind kind, const OtoCheck *options) {
    const struct {
        const char *option;
        bool given;
    } all[] = {{"rtol", options->rtol != OTO_UNSET},     {"atol", options->atol != OTO_UNSET},
               {"snr_db", options->snr_db != OTO_UNSET}, {"align", options->align != OTO_UNSET},
               {"window", options->window != OTO_UNSET}, {"false_alarm", options->false_alarm != OTO_UNSET},
               {"any_gain", options->any_gain},          {"at_least", !isnan(options->at_least)},
               {"at_most", !isnan(options->at_most)},    {"full_at", !isnan(options->full_at)},
               {"truth", options->truth != NULL},        {"metric", options->metric != NULL}};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (all[i].given && !oto_check_kind_takes(kind, all[i].option))
            oto_refuse(operation, ".%s has no meaning here: leave it out, or take a check that looks at it (check.h)",
                       all[i].option);
}

/* The thresholds that count: given ones, or the kind's. A full_at alone stands for the threshold itself. */
static void set_thresholds(const char *operation, struct oto_observed *observed, const OtoCheck *options,
                           const struct defaults *defaults) {
    bool less = !isnan(defaults->at_most);
    if ((less && !isnan(options->at_least)) || (!isnan(defaults->at_least) && !isnan(options->at_most)))
        oto_refuse(operation, "%s has no meaning here; use %s", less ? ".at_least" : ".at_most",
                   less ? ".at_most" : ".at_least");
    bool given = !isnan(options->at_least) || !isnan(options->at_most);
    observed->at_least = given ? options->at_least : defaults->at_least;
    observed->at_most = given ? options->at_most : defaults->at_most;
    observed->full_at = options->full_at;
    if (observed->full_at < observed->at_least) observed->at_least = observed->full_at;
    if (observed->full_at > observed->at_most) observed->at_most = observed->full_at;
}

static double given_or(double option, double otherwise) {
    return option == OTO_UNSET ? otherwise : option;
}

struct oto_observed oto_observe_begin(const char *operation, enum oto_check_kind kind, const char *name,
                                      enum oto_observed_type type, const OtoCheck *options) {
    oto_check_text(operation, "name", name);
    if (!*name) oto_refuse(operation, "the name is empty; each check of a notebook has its own");
    if (strlen(name) > OTO_OBSERVATION_NAME_MAX)
        oto_refuse(operation, "the name is longer than %d bytes", OTO_OBSERVATION_NAME_MAX);
    need_text(operation, "name", name);
    for (const char *at = name; *at; at++)
        if (iscntrl((unsigned char)*at))
            oto_refuse(operation, "name has a control character at byte %td; it must be one line", at - name);
    need_options(operation, options);
    need_meaning(operation, kind, options);
    struct defaults defaults = defaults_of(kind, type);
    struct oto_observed observed = {.kind = kind,
                                    .type = type,
                                    .name = name,
                                    .hint = options->hint,
                                    .rtol = given_or(options->rtol, defaults.rtol),
                                    .atol = given_or(options->atol, defaults.atol),
                                    .snr_db = given_or(options->snr_db, 60),
                                    .align = given_or(options->align, 0),
                                    .window = given_or(options->window, 0.05),
                                    .false_alarm = given_or(options->false_alarm, 1e-6),
                                    .metric = options->metric,
                                    .truth = options->truth,
                                    .forbid = options->forbid,
                                    .require = options->require,
                                    .any_gain = options->any_gain,
                                    .weight = options->weight,
                                    .hidden = options->hidden};
    set_thresholds(operation, &observed, options, &defaults);
    return observed;
}

void oto_observe_end(const struct oto_observed *observed) {
    struct oto_record record;
    oto_observation_write(&record, observed);
    oto_exercise_judge(&record);
    oto_record_free(&record);
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
    [OTO_ELEMENT_SIGNED_BYTE] = {1, OTO_OBSERVED_INT64},
    [OTO_ELEMENT_BOOL] = {sizeof(bool), OTO_OBSERVED_INT64},
    [OTO_ELEMENT_UNSIGNED_SHORT] = {sizeof(unsigned short), OTO_OBSERVED_INT64},
    [OTO_ELEMENT_UNSIGNED] = {sizeof(unsigned), OTO_OBSERVED_INT64},
    [OTO_ELEMENT_UINT64] = {sizeof(uint64_t), OTO_OBSERVED_UINT64},
    [OTO_ELEMENT_COMPLEX] = {2 * sizeof(float), OTO_OBSERVED_COMPLEX64},
};

enum oto_observed_type oto_element_type(OtoElement element) {
    return elements[element].type;
}

static int64_t whole(const void *array, int64_t i, OtoElement element) {
    switch (element) {
    case OTO_ELEMENT_INT:
        return ((const int *)array)[i];
    case OTO_ELEMENT_UNSIGNED:
        return ((const unsigned *)array)[i];
    case OTO_ELEMENT_SHORT:
        return ((const short *)array)[i];
    case OTO_ELEMENT_UNSIGNED_SHORT:
        return ((const unsigned short *)array)[i];
    case OTO_ELEMENT_SIGNED_BYTE:
        return ((const signed char *)array)[i];
    default:
        return ((const unsigned char *)array)[i];
    }
}

/* Narrow integers as int64, malloc'd; NULL when memory ran out. */
static int64_t *widened(const void *array, int64_t count, OtoElement element) {
    int64_t *wide = malloc((size_t)count * sizeof *wide + 1);
    for (int64_t i = 0; wide && i < count; i++) wide[i] = whole(array, i, element);
    return wide;
}

void oto_observe_elements(struct oto_observed *observed, const void *array, int64_t count, OtoElement element) {
    size_t size = elements[element].size, bytes = 0;
    int64_t *wide = NULL;
    char shorter[120];
    observed->rank = 1;
    observed->shape = &count;
    observed->data = array;
    if (!array && count != 0)
        observed->problem = "the array is NULL";
    else if (count < 0 || __builtin_mul_overflow((size_t)count, size, &bytes))
        observed->problem = "the number of elements cannot be";
    else if (bytes <= OTO_OBSERVATION_BYTES_MAX && oto_readable(array, bytes) < bytes) {
        snprintf(shorter, sizeof shorter, "%lld elements are needed, but only %zu are there", (long long)count,
                 oto_readable(array, bytes) / size);
        observed->problem = shorter;
    } else if (bytes <= OTO_OBSERVATION_BYTES_MAX && observed->type == OTO_OBSERVED_INT64 && size < sizeof *wide) {
        wide = widened(array, count, element);
        observed->data = wide;
        if (!wide) observed->problem = "no memory is left to look at it";
    }
    if (observed->problem) observed->rank = 0;
    oto_observe_end(observed);
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

void oto_observe_tensor(struct oto_observed *observed, OtoTensor *x, bool with_data) {
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
    oto_observe_end(observed);
    free(axes);
}

enum oto_observed_type oto_tensor_type(OtoTensor *x) {
    if (oto_kind(x) != OTO_TENSOR || x->type == OTO_FLOAT32) return OTO_OBSERVED_FLOAT32;
    return x->type == OTO_COMPLEX64 ? OTO_OBSERVED_COMPLEX64 : OTO_OBSERVED_INT64;
}
