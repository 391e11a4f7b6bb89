/* Answers that are right when they keep an equation: gradients, properties; and losses that go down as the solution's.
 */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/check/compare.h"

/* Half `side` (0 or 1) of a value whose first axis is the two sides. */
static double side_of(const struct oto_observation *o, int side, size_t i) {
    return oto_observation_real(o, (size_t)side * (o->count / 2) + i);
}

/* The index without the first axis. */
static void write_place(FILE *out, const struct oto_observation *o, size_t i) {
    struct oto_observation half = *o;
    half.rank--;
    memmove(half.shape, o->shape + 1, half.rank * sizeof *half.shape);
    if (half.rank)
        oto_write_index(out, &half, i);
    else
        fputs("the value", out);
}

struct difference {
    size_t count, worst;
    double largest; /* in tolerances */
};

/* Where got differs from want; both are sides of values. */
static struct difference differences(const struct oto_observation *terms, const struct oto_observation *want,
                                     int want_side, const struct oto_observation *got, int got_side) {
    struct difference found = {0};
    for (size_t i = 0; i < terms->count / 2; i++) {
        double far = oto_tolerances(terms, side_of(want, want_side, i), 0, side_of(got, got_side, i), 0);
        found.count += !(far <= 1);
        if (far > found.largest) {
            found.largest = far;
            found.worst = i;
        }
    }
    return found;
}

static void write_difference(FILE *out, const struct difference *found, const struct oto_observation *want,
                             int want_side, const struct oto_observation *got, int got_side, const char *wanted) {
    fprintf(out, "%zu of %zu differ; worst at ", found->count, want->count / 2);
    write_place(out, want, found->worst);
    fprintf(out, ": %s ", wanted);
    oto_write_real(out, side_of(want, want_side, found->worst), 6);
    fputs(", got ", out);
    oto_write_real(out, side_of(got, got_side, found->worst), 6);
    if (isnan(side_of(got, got_side, found->worst))) fputs("; NaN equals nothing", out);
}

static bool is_zero(const struct oto_observation *o, int side) {
    for (size_t i = 0; i < o->count / 2; i++)
        if (side_of(o, side, i) != 0) return false;
    return true;
}

double oto_compare_property(FILE *out, const struct oto_observation *expected, const struct oto_observation *observed,
                            int64_t *worst) {
    if (!oto_same_shape(expected, observed)) return oto_compare_shape(out, expected, observed);
    bool against_solution = expected->metric && !strcmp(expected->metric, "reconstruction");
    struct oto_observation terms = *observed;
    terms.rtol = expected->rtol;
    terms.atol = expected->atol;
    if (is_zero(observed, 0) && !is_zero(expected, 0)) {
        fputs("it holds only because the answer is 0 everywhere", out);
        return 0;
    }
    const struct oto_observation *right = against_solution ? expected : observed;
    struct difference found = differences(&terms, right, 1, observed, 0);
    if (!found.count) {
        fprintf(out, "it holds for all %zu values", observed->count / 2);
        return 1;
    }
    *worst = (int64_t)found.worst;
    write_difference(out, &found, right, 1, observed, 0, "should be");
    return 0;
}

static double largest_of(const struct oto_observation *o, int side) {
    double largest = 0;
    for (size_t i = 0; i < o->count / 2; i++) largest = fmax(largest, fabs(side_of(o, side, i)));
    return largest;
}

double oto_compare_gradient(FILE *out, const struct oto_observation *expected, const struct oto_observation *observed,
                            int64_t *worst) {
    if (!oto_same_shape(expected, observed)) return oto_compare_shape(out, expected, observed);
    struct oto_observation terms = *expected;
    terms.atol *= largest_of(expected, 1);
    struct difference found = differences(&terms, expected, 1, observed, 0);
    if (!found.count) {
        fprintf(out, "all %zu components agree with the difference quotients", expected->count / 2);
        return 1;
    }
    *worst = (int64_t)found.worst;
    write_difference(out, &found, expected, 1, observed, 0, "the difference quotient is");
    if (!differences(&terms, observed, 1, observed, 0).count)
        fputs("; it is the gradient of your own function, which is not the expected one", out);
    else if (!differences(&terms, expected, 1, observed, 1).count)
        fputs("; your function itself is right", out);
    return 0;
}

double oto_compare_trajectory(FILE *out, const struct oto_observation *expected, const struct oto_observation *observed,
                              int64_t *worst) {
    if (!oto_same_shape(expected, observed)) {
        oto_compare_shape(out, expected, observed);
        if (expected->count == OTO_LOSSES_MOST || observed->count == OTO_LOSSES_MOST)
            fprintf(out, "; no more than the first %d are looked at", OTO_LOSSES_MOST);
        return 0;
    }
    struct oto_observation terms = *expected;
    for (size_t i = 0; i < expected->count; i++) {
        terms.rtol = expected->rtol * (double)(i + 1);
        if (oto_tolerances(&terms, oto_observation_real(expected, i), 0, oto_observation_real(observed, i), 0) <= 1)
            continue;
        *worst = (int64_t)i;
        fprintf(out, "step %zu is the first to differ: ", i);
        oto_write_pair(out, expected, observed, i);
        if (i == 0) fputs("; nothing was learnt by then: look at the initial weights and the loss itself", out);
        return 0;
    }
    fprintf(out, "all %zu steps agree", expected->count);
    return 1;
}
