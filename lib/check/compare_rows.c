/* Answers that are right in more than one way: rows in any order (NMF), labels by any name (k-means), directions of any
 * sign (PCA). */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "lib/check/compare.h"
#include "lib/metrics/matching.h"
#include "lib/tensor/error.h"

enum { ROWS_MAX = 512, WORK_MAX = 1 << 30 };

static int64_t rows_of(const struct oto_observation *o) {
    return o->rank == 2 ? o->shape[0] : 1;
}
static int64_t columns_of(const struct oto_observation *o) {
    return o->shape[o->rank - 1];
}

/* What row j of observed is multiplied by to come nearest to row i of expected. */
static double gain_of(const struct oto_observation *expected, int64_t i, const struct oto_observation *observed,
                      int64_t j) {
    int64_t columns = columns_of(expected);
    double together = 0, energy = 0;
    for (int64_t c = 0; c < columns; c++) {
        double e = oto_observation_real(expected, (size_t)(i * columns + c));
        double g = oto_observation_real(observed, (size_t)(j * columns + c));
        together += e * g;
        energy += g * g;
    }
    return energy > 0 ? together / energy : 1;
}

/* The most tolerances by which the two rows differ, and where. */
static double distance(const struct oto_observation *expected, int64_t i, const struct oto_observation *observed,
                       int64_t j, double gain, int64_t *column) {
    int64_t columns = columns_of(expected);
    double largest = 0;
    for (int64_t c = 0; c < columns; c++) {
        double e = oto_observation_real(expected, (size_t)(i * columns + c));
        double far =
            oto_tolerances(expected, e, 0, gain * oto_observation_real(observed, (size_t)(j * columns + c)), 0);
        if (far > largest) {
            largest = far;
            *column = c;
        }
    }
    return largest;
}

/* ---- rows in any order ---- */

struct rows {
    const struct oto_observation *expected, *observed;
    bool *alike; /* [expected row][observed row] */
    int64_t count, matched, *partner;
};

static bool may_pair(int64_t i, int64_t j, const void *context) {
    const struct rows *rows = context;
    return rows->alike[i * rows->count + j];
}

static void match_rows(void *context) {
    struct rows *rows = context;
    rows->partner = oto_match("a check", rows->count, rows->count, may_pair, rows, &rows->matched);
}

static void compare_all(struct rows *rows) {
    int64_t column;
    for (int64_t i = 0; i < rows->count; i++)
        for (int64_t j = 0; j < rows->count; j++) {
            double gain = rows->expected->any_gain ? gain_of(rows->expected, i, rows->observed, j) : 1;
            rows->alike[i * rows->count + j] =
                gain > 0 && distance(rows->expected, i, rows->observed, j, gain, &column) <= 1;
        }
}

static double compare_order(FILE *out, const struct oto_observation *expected, const struct oto_observation *observed,
                            int64_t *worst) {
    int64_t count = rows_of(expected), columns = columns_of(expected);
    if (count > ROWS_MAX || (double)count * (double)count * (double)columns > WORK_MAX) {
        fputs("there are too many rows to compare in any order: tell your instructor", out);
        return 0;
    }
    struct rows rows = {.expected = expected, .observed = observed, .count = count};
    rows.alike = calloc((size_t)(count * count) + 1, sizeof *rows.alike);
    if (rows.alike) compare_all(&rows);
    char *refusal = rows.alike ? oto_refusal_of(match_rows, &rows) : NULL;
    free(refusal);
    if (!rows.partner) {
        fputs("no memory is left to compare", out);
        free(rows.alike);
        return 0;
    }
    bool passed = rows.matched == count;
    if (passed)
        fprintf(out, "all %" PRId64 " rows agree, in some order", count);
    else {
        int64_t lost = 0;
        while (rows.partner[lost] >= 0) lost++;
        *worst = lost * columns;
        fprintf(out,
                "%" PRId64 " of %" PRId64
                " rows have no counterpart in yours, whatever the order; the first is [%" PRId64 "]",
                count - rows.matched, count, lost);
    }
    free(rows.partner);
    free(rows.alike);
    return passed;
}

/* ---- clusters by any name ---- */

struct labelled {
    int64_t expected, observed;
    size_t place;
};

static int by_expected(const void *a, const void *b) {
    const struct labelled *x = a, *y = b;
    if (x->expected != y->expected) return x->expected < y->expected ? -1 : 1;
    return (x->place > y->place) - (x->place < y->place);
}
static int by_observed(const void *a, const void *b) {
    const struct labelled *x = a, *y = b;
    if (x->observed != y->observed) return x->observed < y->observed ? -1 : 1;
    return (x->place > y->place) - (x->place < y->place);
}

/* The first neighbours of a sorted list that are together on one side and apart on the other, as the index of the
 * later; 0 when there are none. */
static size_t first_parted(const struct labelled *list, size_t count, bool by_expectation) {
    for (size_t i = 1; i < count; i++) {
        bool expected = list[i].expected == list[i - 1].expected, observed = list[i].observed == list[i - 1].observed;
        if (by_expectation ? expected && !observed : observed && !expected) return i;
    }
    return 0;
}

static double compare_clusters(FILE *out, const struct oto_observation *expected,
                               const struct oto_observation *observed, int64_t *worst) {
    struct labelled *list = malloc(expected->count * sizeof *list + 1);
    if (!list) {
        fputs("no memory is left to compare", out);
        return 0;
    }
    for (size_t i = 0; i < expected->count; i++)
        list[i] = (struct labelled){oto_observation_integer(expected, i), oto_observation_integer(observed, i), i};
    qsort(list, expected->count, sizeof *list, by_expected);
    size_t apart = first_parted(list, expected->count, true), together = 0;
    if (!apart) {
        qsort(list, expected->count, sizeof *list, by_observed);
        together = first_parted(list, expected->count, false);
    }
    size_t at = apart ? apart : together;
    if (at) {
        *worst = (int64_t)list[at].place;
        fprintf(out, "[%zu] and [%zu] belong %s, but are %s in yours", list[at - 1].place, list[at].place,
                apart ? "to one cluster" : "to two clusters", apart ? "apart" : "together");
    } else
        fprintf(out, "the same clusters of %zu elements", expected->count);
    free(list);
    return at == 0;
}

double oto_compare_permutation(FILE *out, const struct oto_observation *expected,
                               const struct oto_observation *observed, int64_t *worst) {
    if (!oto_same_shape(expected, observed)) return oto_compare_shape(out, expected, observed);
    if (oto_observed_is_integer(expected->type) != oto_observed_is_integer(observed->type)) {
        fprintf(out, "expected %s, got %s", oto_observed_type_name(expected->type),
                oto_observed_type_name(observed->type));
        return 0;
    }
    return expected->rank == 1 ? compare_clusters(out, expected, observed, worst)
                               : compare_order(out, expected, observed, worst);
}

/* ---- directions ---- */

double oto_compare_direction(FILE *out, const struct oto_observation *expected, const struct oto_observation *observed,
                             int64_t *worst) {
    if (!oto_same_shape(expected, observed)) return oto_compare_shape(out, expected, observed);
    int64_t columns = columns_of(expected), different = 0, row = 0, at = 0;
    double largest = 0;
    for (int64_t i = 0; i < rows_of(expected); i++) {
        int64_t column = 0;
        double gain = gain_of(expected, i, observed, i);
        if (!expected->any_gain) gain = gain < 0 ? -1 : 1;
        double far = distance(expected, i, observed, i, gain, &column);
        different += !(far <= 1);
        if (far > largest) {
            largest = far;
            row = i;
            at = i * columns + column;
        }
    }
    const char *forgiven = expected->any_gain ? "but for a factor" : "but for the sign";
    if (!different) {
        fprintf(out, "the same direction%s, %s", rows_of(expected) > 1 ? "s" : "", forgiven);
        return 1;
    }
    *worst = at;
    double gain = gain_of(expected, row, observed, row);
    if (!expected->any_gain) gain = gain < 0 ? -1 : 1;
    fprintf(out, "%" PRId64 " of %" PRId64 " directions differ, %s; worst at ", different, rows_of(expected), forgiven);
    oto_write_index(out, expected, (size_t)at);
    fputs(": expected ", out);
    oto_write_real(out, oto_observation_real(expected, (size_t)at), 4);
    fputs(", got ", out);
    oto_write_real(out, oto_observation_real(observed, (size_t)at), 4);
    if (gain != 1 && !isnan(gain)) fprintf(out, " times %.4g", gain);
    return 0;
}
