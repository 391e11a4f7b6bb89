#include "lib/check/compare.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* "(channels 2, samples 441)", "(441)", or "a single value". */
static void write_shape(FILE *out, const struct oto_observation *o) {
    if (o->rank == 0) {
        fputs("a single value", out);
        return;
    }
    const char *name = o->axes;
    fputc('(', out);
    for (size_t axis = 0; axis < o->rank; axis++) {
        if (axis) fputs(", ", out);
        size_t length = name ? strcspn(name, ",") : 0;
        for (size_t i = 0; i < length && i < 40; i++) /* axis names are plain words; anything else is left out */
            if ((name[i] | 32) >= 'a' && (name[i] | 32) <= 'z') fputc(name[i], out);
        if (length) fputc(' ', out);
        if (name) name = name[length] ? name + length + 1 : NULL;
        fprintf(out, "%" PRId64, o->shape[axis]);
    }
    fputc(')', out);
}

bool oto_same_shape(const struct oto_observation *a, const struct oto_observation *b) {
    if (a->rank != b->rank) return false;
    for (size_t axis = 0; axis < a->rank; axis++)
        if (a->shape[axis] != b->shape[axis]) return false;
    return true;
}

bool oto_compare_shape(FILE *out, const struct oto_observation *expected, const struct oto_observation *observed) {
    if (oto_same_shape(expected, observed)) {
        write_shape(out, observed);
        return true;
    }
    if (expected->rank == 1 && observed->rank == 1)
        fprintf(out, "expected %" PRId64 " elements, got %" PRId64, expected->shape[0], observed->shape[0]);
    else {
        fputs("expected the shape ", out);
        write_shape(out, expected);
        fputs(", got ", out);
        write_shape(out, observed);
    }
    return false;
}

static bool same_integer(const struct oto_observation *a, const struct oto_observation *b, size_t i) {
    int64_t x = oto_observation_integer(a, i), y = oto_observation_integer(b, i);
    return x == y && (a->type == b->type || x >= 0); /* the same bits mean two numbers when the top one is set */
}

double oto_tolerances(const struct oto_observation *expected, double er, double ei, double gr, double gi) {
    if (er == gr && ei == gi) return 0;
    double tolerance = expected->atol + expected->rtol * hypot(er, ei);
    double distance = hypot(gr - er, gi - ei);
    if (isnan(er) || isnan(ei) || isnan(gr) || isnan(gi) || !isfinite(distance)) return (double)INFINITY;
    if (distance <= tolerance) return distance / tolerance;
    return tolerance > 0 ? distance / tolerance : 2 + distance;
}

double oto_badness(const struct oto_observation *expected, const struct oto_observation *observed, size_t i) {
    if (oto_observed_is_integer(expected->type) && oto_observed_is_integer(observed->type) && expected->rtol == 0 &&
        expected->atol == 0) {
        if (same_integer(expected, observed, i)) return 0;
        double distance = fabs(oto_observation_real(expected, i) - oto_observation_real(observed, i));
        return 2 + distance;
    }
    return oto_tolerances(expected, oto_observation_real(expected, i), oto_observation_imaginary(expected, i),
                          oto_observation_real(observed, i), oto_observation_imaginary(observed, i));
}

static void write_tolerance(FILE *out, const struct oto_observation *expected, size_t i) {
    double size = hypot(oto_observation_real(expected, i), oto_observation_imaginary(expected, i));
    double tolerance = expected->atol + expected->rtol * size;
    if (tolerance > 0 && isfinite(tolerance)) fprintf(out, " (within %.2g)", tolerance);
}

static bool compare_numbers(FILE *out, const struct oto_observation *expected, const struct oto_observation *observed,
                            int64_t *worst) {
    if (!oto_same_shape(expected, observed)) return oto_compare_shape(out, expected, observed);
    if (expected->type != OTO_OBSERVED_COMPLEX64 && observed->type == OTO_OBSERVED_COMPLEX64) {
        fputs("expected real numbers, got complex ones", out);
        return false;
    }
    double largest = 0;
    size_t different = 0, at = 0;
    for (size_t i = 0; i < expected->count; i++) {
        double far = oto_badness(expected, observed, i);
        different += !(far <= 1);
        if (far > largest) {
            largest = far;
            at = i;
        }
    }
    *worst = expected->count ? (int64_t)at : -1;
    if (different == 0) {
        if (expected->rank)
            fprintf(out, "all %zu elements agree", expected->count);
        else {
            fputs("got ", out);
            oto_write_element(out, observed, 0, 6);
        }
        return true;
    }
    if (isnan(oto_observation_real(expected, at)) || isnan(oto_observation_imaginary(expected, at))) {
        fputs("the expected value is NaN, which equals nothing: this check cannot be passed, tell your instructor",
              out);
        return false;
    }
    if (expected->rank == 0) {
        oto_write_pair(out, expected, observed, 0);
        write_tolerance(out, expected, 0);
    } else {
        fprintf(out, "%zu of %zu element%s differ%s; worst at ", different, expected->count,
                expected->count == 1 ? "" : "s", different == 1 ? "s" : "");
        oto_write_index(out, expected, at);
        fputs(": ", out);
        oto_write_pair(out, expected, observed, at);
        write_tolerance(out, expected, at);
    }
    oto_diagnose_array(out, expected, observed);
    return false;
}

static void write_value(FILE *out, const struct oto_observation *o) {
    if (o->type == OTO_OBSERVED_NULL)
        fputs("NULL", out);
    else if (o->type == OTO_OBSERVED_TEXT)
        oto_quote(out, o->data, o->count, 200);
    else
        oto_write_element(out, o, 0, 17);
}

static bool compare_equal(FILE *out, const struct oto_observation *expected, const struct oto_observation *observed) {
    bool same;
    size_t first = 0;
    bool texts = expected->type == OTO_OBSERVED_TEXT && observed->type == OTO_OBSERVED_TEXT;
    if (texts) {
        const char *a = expected->data, *b = observed->data;
        while (first < expected->count && first < observed->count && a[first] == b[first]) first++;
        same = first == expected->count && first == observed->count;
    } else if (oto_observed_is_integer(expected->type) && oto_observed_is_integer(observed->type))
        same = same_integer(expected, observed, 0);
    else
        same = expected->type == OTO_OBSERVED_NULL && observed->type == OTO_OBSERVED_NULL;
    if (same) {
        fputs("got ", out);
        write_value(out, observed);
        return true;
    }
    fputs("expected ", out);
    write_value(out, expected);
    fputs(", got ", out);
    write_value(out, observed);
    if (texts && expected->count > 20) fprintf(out, "; the first difference is at [%zu]", first);
    return false;
}

static double compare_views(FILE *out, const struct oto_observation *expected, const struct oto_observation *observed,
                            int64_t *worst) {
    if (observed->kind != expected->kind) {
        fprintf(out, "this is a check of kind %s, but %s was observed", oto_check_kind_name(expected->kind),
                oto_check_kind_name(observed->kind));
        return 0;
    }
    if (observed->problem) {
        fputs("nothing to compare: ", out);
        oto_write_plainly(out, observed->problem, 300); /* ours says plain words; anything else is replaced */
        return 0;
    }
    switch (expected->kind) {
    case OTO_CHECK_CLOSE:
    case OTO_CHECK_ARRAY:
        return compare_numbers(out, expected, observed, worst);
    case OTO_CHECK_EQUAL:
        return compare_equal(out, expected, observed);
    case OTO_CHECK_AUDIO:
        return oto_compare_audio(out, expected, observed, worst);
    case OTO_CHECK_SHAPE:
        return oto_compare_shape(out, expected, observed);
    case OTO_CHECK_PERMUTATION:
        return oto_compare_permutation(out, expected, observed, worst);
    case OTO_CHECK_DIRECTION:
        return oto_compare_direction(out, expected, observed, worst);
    case OTO_CHECK_SPECTRUM:
        return oto_compare_spectrum(out, expected, observed, worst);
    case OTO_CHECK_ONSETS:
    case OTO_CHECK_BEATS:
    case OTO_CHECK_NOTES:
    case OTO_CHECK_CHORDS:
    case OTO_CHECK_MELODY:
        return oto_compare_music(out, expected, observed);
    case OTO_CHECK_SEPARATION:
        return oto_compare_separation(out, expected, observed);
    case OTO_CHECK_PREDICTIONS:
        return oto_compare_predictions(out, expected, observed);
    case OTO_CHECK_PATH:
        return oto_compare_path(out, expected, observed, worst);
    case OTO_CHECK_DISTRIBUTION:
        return oto_compare_distribution(out, expected, observed);
    case OTO_CHECK_PROPERTY:
        return oto_compare_property(out, expected, observed, worst);
    case OTO_CHECK_GRADIENT:
        return oto_compare_gradient(out, expected, observed, worst);
    case OTO_CHECK_TRAJECTORY:
        return oto_compare_trajectory(out, expected, observed, worst);
    case OTO_CHECK_TIME:
        return oto_compare_time(out, expected, observed);
    case OTO_CHECK_MEMORY:
        return oto_compare_memory(out, expected, observed);
    default:
        return 0;
    }
}

static struct oto_verdict verdict(const struct oto_record *expected_record, const struct oto_record *observed_record,
                                  const char *instead) {
    struct oto_verdict result = {.worst = -1};
    size_t size = 0;
    FILE *out = open_memstream(&result.message, &size);
    if (!out) return result;
    struct oto_observation expected, observed;
    const char *why = NULL;
    if (!oto_observation_read(&expected, expected_record, &why) || expected.problem) {
        fprintf(out, "the exercise expects something unreadable (%s): tell your instructor", why ? why : "no value");
        result.broken = true;
    } else if (instead)
        fputs(instead, out);
    else if (!oto_observation_read(&observed, observed_record, &why))
        fprintf(out, "what was observed is unreadable: %s", why);
    else if (strcmp(expected.name, observed.name))
        fputs("what was observed belongs to another check", out);
    else {
        result.score = compare_views(out, &expected, &observed, &result.worst);
        bool timed = expected.kind == OTO_CHECK_TIME && observed.kind == OTO_CHECK_TIME && !observed.problem;
        if (timed) result.figures = oto_time_figures(&expected, &observed);
    }
    if (fclose(out)) {
        free(result.message);
        result.message = NULL;
    }
    result.passed = result.score >= 1;
    return result;
}

struct oto_verdict oto_compare(const struct oto_record *expected, const struct oto_record *observed) {
    return verdict(expected, observed, observed ? NULL : "this check did not run");
}

struct oto_verdict oto_compare_among(const struct oto_record *expected, const struct oto_record *observed,
                                     size_t count) {
    const char *name = oto_record_get_text(expected, "name", "");
    const struct oto_record *found = NULL;
    for (size_t i = 0; i < count; i++) {
        if (observed[i].kind != OTO_RECORD_OBSERVATION) continue;
        if (strcmp(oto_record_get_text(&observed[i], "name", ""), name)) continue;
        if (found) return verdict(expected, NULL, "this check ran more than once");
        found = &observed[i];
    }
    return oto_compare(expected, found);
}

void oto_verdict_free(struct oto_verdict *result) {
    free(result->message);
    free(result->figures);
    *result = (struct oto_verdict){.worst = -1};
}

double oto_cell_points(double points, double weight_passed, double weight_total) {
    return weight_total > 0 ? points * (weight_passed / weight_total) : 0;
}
