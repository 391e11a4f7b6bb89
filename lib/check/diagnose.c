/* When an array is wrong in one simple way, that says more to a learner than its worst element. */
#include <inttypes.h>
#include <math.h>

#include "lib/check/compare.h"

enum { FEWEST = 3 }; /* elements that must agree before a pattern is more than chance */

static double tolerance_of(const struct oto_observation *expected, double size) {
    double tolerance = expected->atol + expected->rtol * fabs(size);
    return tolerance > 1e-6 * fabs(size) ? tolerance : 1e-6 * fabs(size);
}

/* The factor k with observed = k expected, or NaN. */
static double factor(const struct oto_observation *expected, const struct oto_observation *observed) {
    double energy = 0, together = 0;
    size_t nonzero = 0;
    for (size_t i = 0; i < expected->count; i++) {
        double e = oto_observation_real(expected, i), g = oto_observation_real(observed, i);
        energy += e * e;
        together += e * g;
        nonzero += e != 0;
    }
    if (nonzero < FEWEST || !isfinite(together) || together == 0) return NAN;
    double k = together / energy;
    for (size_t i = 0; i < expected->count; i++) {
        double e = k * oto_observation_real(expected, i), g = oto_observation_real(observed, i);
        if (!(fabs(g - e) <= tolerance_of(expected, e))) return NAN;
    }
    return k;
}

/* Does observed[i + shift] agree with expected[i] wherever both exist, and do these vary at all? */
static bool shifted(const struct oto_observation *expected, const struct oto_observation *observed, int shift) {
    bool varies = false;
    size_t first = shift < 0 ? 1 : 0, last = expected->count - (shift > 0 ? 1 : 0);
    for (size_t i = first; i < last; i++) {
        double e = oto_observation_real(expected, i);
        if (!(fabs(oto_observation_real(observed, i + (size_t)shift) - e) <= tolerance_of(expected, e))) return false;
        varies |= e != oto_observation_real(expected, first);
    }
    return varies;
}

static bool reversed(const struct oto_observation *expected, const struct oto_observation *observed) {
    for (size_t i = 0; i < expected->count; i++) {
        double e = oto_observation_real(expected, i);
        if (!(fabs(oto_observation_real(observed, expected->count - 1 - i) - e) <= tolerance_of(expected, e)))
            return false;
    }
    return true;
}

void oto_diagnose_array(FILE *out, const struct oto_observation *expected, const struct oto_observation *observed) {
    if (expected->type == OTO_OBSERVED_COMPLEX64 || observed->type == OTO_OBSERVED_COMPLEX64) return;
    if (expected->rank == 0) {
        double e = oto_observation_real(expected, 0), g = oto_observation_real(observed, 0);
        if (e != 0 && fabs(g + e) <= tolerance_of(expected, e)) fputs("; the sign is the other way round", out);
        return;
    }
    if (expected->count < FEWEST) return;
    double k = factor(expected, observed);
    if (!isnan(k)) {
        if (fabs(k + 1) < 1e-6)
            fputs("; all signs are the other way round", out);
        else
            fprintf(out, "; yours is %.4g times the expected", k);
    } else if (expected->rank == 1 && shifted(expected, observed, 1))
        fputs("; yours is the expected, one place too late", out);
    else if (expected->rank == 1 && shifted(expected, observed, -1))
        fputs("; yours is the expected, one place too early", out);
    else if (expected->rank == 1 && reversed(expected, observed))
        fputs("; yours is the expected in reverse", out);
}
