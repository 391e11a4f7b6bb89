/* Two lists of random numbers: are they of one distribution? A right answer fails with a probability that is known. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "lib/check/compare.h"

/* A right answer may be unlucky in one of a million runs, whatever an exercise says. */
static const double alarm_most = 1e-6;

static int ascending(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Sorted, malloc'd; NULL with a sentence when they cannot be sorted. */
static double *sorted(FILE *out, const struct oto_observation *o) {
    double *values = malloc(o->count * sizeof *values + 1);
    if (!values) fputs("no memory is left to compare", out);
    for (size_t i = 0; values && i < o->count; i++) {
        values[i] = oto_observation_real(o, i);
        if (!isnan(values[i])) continue;
        fprintf(out, "[%zu] is NaN", i);
        free(values);
        return NULL;
    }
    if (values) qsort(values, o->count, sizeof *values, ascending);
    return values;
}

struct gap {
    double value, expected, observed; /* the share of either list that is not above the value */
};

/* Where the shares differ most: the statistic of Kolmogorov and Smirnov. */
static struct gap widest(const double *e, size_t n, const double *g, size_t m) {
    struct gap found = {0};
    for (size_t i = 0, j = 0; i < n || j < m;) {
        double value = j == m || (i < n && e[i] <= g[j]) ? e[i] : g[j];
        while (i < n && e[i] <= value) i++;
        while (j < m && g[j] <= value) j++;
        struct gap here = {value, (double)i / (double)n, (double)j / (double)m};
        if (fabs(here.expected - here.observed) > fabs(found.expected - found.observed)) found = here;
    }
    return found;
}

double oto_compare_distribution(FILE *out, const struct oto_observation *expected,
                                const struct oto_observation *observed) {
    size_t n = expected->count, m = observed->count;
    if (m < n || n == 0) {
        fprintf(out, n ? "expected %zu samples, got %zu" : "%zu samples tell nothing: tell your instructor", n, m);
        return 0;
    }
    double *e = sorted(out, expected), *g = e ? sorted(out, observed) : NULL;
    double share = 0;
    if (e && g) {
        double alarm =
            expected->false_alarm > 0 && expected->false_alarm < alarm_most ? expected->false_alarm : alarm_most;
        double allowed = sqrt(log(4 / alarm) / (2 * (double)n)) + sqrt(log(4 / alarm) / (2 * (double)m));
        struct gap gap = widest(e, n, g, m);
        double distance = fabs(gap.expected - gap.observed);
        share = distance <= allowed;
        if (share)
            fprintf(out, "the same distribution, as far as %zu samples tell", m);
        else
            fprintf(
                out,
                "another distribution: %.3g %% of the samples are at most %.4g, expected %.3g %% (by chance up to %.2g "
                "apart, but for one run in %.0e)",
                100 * gap.observed, gap.value, 100 * gap.expected, 100 * allowed, 1 / alarm);
    }
    free(e);
    free(g);
    return share;
}
