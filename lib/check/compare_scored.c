/* Thresholds, and the comparators that need little else: spectra in dB, time, memory. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/check/compare.h"
#include "lib/tensor/error.h"
#include "lib/tensor/lifetime.h"

/* Has a score come to a threshold, but for what rounding does to a mean or a quotient? Not for NaN. */
static bool reaches(double value, double threshold, bool less_is_better) {
    double beyond = less_is_better ? threshold - value : value - threshold;
    return beyond >= -1e-9 * fmax(1, fabs(threshold)) || value == threshold;
}

/* Would the message say of a score that missed a threshold the same number as of the threshold? */
static bool reads_alike(double value, double threshold, const char *format) {
    char got[64], wanted[64];
    snprintf(got, sizeof got, format, value);
    snprintf(wanted, sizeof wanted, format, threshold);
    return !strcmp(got, wanted);
}

/* is_said: the message says the value, which may need more digits. */
static double earned(FILE *out, const struct oto_observation *expected, double value, const char *format,
                     bool is_said) {
    bool less_is_better = isnan(expected->at_least);
    double from = less_is_better ? expected->at_most : expected->at_least;
    double full = isnan(expected->full_at) ? from : expected->full_at;
    if (isnan(from)) {
        fputs("; the exercise names no threshold: tell your instructor", out);
        return 0;
    }
    if (reaches(value, full, less_is_better)) return 1;
    bool begun = reaches(value, from, less_is_better);
    double share = begun ? fmax(0, (value - from) / (full - from)) : 0, missed = begun ? full : from;
    fputs(", ", out);
    if (begun) fprintf(out, "%.0f %% of the points: all at ", floor(100 * share + 1e-6));
    fprintf(out, format, missed);
    if (!begun) fputs(less_is_better ? " allowed" : " needed", out);
    if (is_said && reads_alike(value, missed, format)) fprintf(out, "; with more digits it is %.9g", value);
    return share;
}

double oto_earned(FILE *out, const struct oto_observation *expected, double value, const char *format) {
    return earned(out, expected, value, format, true);
}

double oto_score(struct oto_scoring *scoring, void (*score)(void *scoring), const char *format) {
    char *refusal = NULL;
    oto_scope refusal = oto_refusal_of(score, scoring);
    if (!refusal) {
        double share = oto_earned(scoring->out, scoring->expected, scoring->score, format);
        if (scoring->remark) fprintf(scoring->out, "; %s", scoring->remark);
        return share;
    }
    fputs("it cannot be scored: ", scoring->out);
    oto_write_plainly(scoring->out, *refusal ? refusal : "no memory is left to compare", 300);
    free(refusal);
    return 0;
}

/* ---- spectra ---- */

enum { RANGE_DB = 80 };

static double magnitude(const struct oto_observation *o, size_t i) {
    return hypot(oto_observation_real(o, i), oto_observation_imaginary(o, i));
}

double oto_compare_spectrum(FILE *out, const struct oto_observation *expected, const struct oto_observation *observed,
                            int64_t *worst) {
    if (!oto_same_shape(expected, observed)) return oto_compare_shape(out, expected, observed);
    double peak = 0, sum = 0, largest = -1;
    size_t at = 0, heard = 0;
    for (size_t i = 0; i < expected->count; i++) {
        double e = magnitude(expected, i), g = magnitude(observed, i);
        if (!isfinite(e)) {
            fputs("the expected spectrum holds NaN or an infinity: tell your instructor", out);
            return 0;
        }
        if (!isfinite(g)) {
            *worst = (int64_t)i;
            oto_write_index(out, observed, i);
            fputs(" is ", out);
            oto_write_element(out, observed, i, 4);
            return 0;
        }
        peak = fmax(peak, e);
    }
    double floor = peak > 0 ? peak * pow(10, -RANGE_DB / 20.0) : 1e-10;
    for (size_t i = 0; i < expected->count; i++) {
        double e = fmax(magnitude(expected, i), floor), g = fmax(magnitude(observed, i), floor);
        double away = 20 * log10(g / e);
        heard += e > floor || g > floor;
        sum += away * away;
        if (fabs(away) > largest) {
            largest = fabs(away);
            at = i;
        }
    }
    double distance = heard ? sqrt(sum / (double)heard) : 0; /* silence around a few lines makes no error smaller */
    *worst = expected->count ? (int64_t)at : -1;
    fprintf(out, "%.3g dB from the expected spectrum", distance);
    double share = oto_earned(out, expected, distance, "%.3g dB");
    if (share < 1) {
        fputs("; worst at ", out);
        oto_write_index(out, expected, at);
        fputs(": ", out);
        oto_write_pair(out, expected, observed, at);
    }
    return share;
}

/* ---- what an answer takes ---- */

/* The least of the samples, or NaN when one is no time. */
static double least(const struct oto_observation *o) {
    double smallest = o->count ? (double)INFINITY : (double)NAN;
    for (size_t i = 0; i < o->count; i++) {
        double seconds = oto_observation_real(o, i);
        if (!(seconds >= 0 && isfinite(seconds))) return (double)NAN;
        smallest = fmin(smallest, seconds);
    }
    return smallest;
}

static void write_seconds(FILE *out, double seconds) {
    if (seconds < 1e-3)
        fprintf(out, "%.3g us", 1e6 * seconds);
    else if (seconds < 1)
        fprintf(out, "%.3g ms", 1e3 * seconds);
    else
        fprintf(out, "%.3g s", seconds);
}

char *oto_time_figures(const struct oto_observation *expected, const struct oto_observation *observed) {
    double want = least(expected), got = least(observed);
    char *text = NULL;
    size_t size;
    FILE *out = want > 0 && got > 0 ? open_memstream(&text, &size) : NULL;
    if (!out) return NULL;
    write_seconds(out, got);
    fputs(" of processor time, the solution takes ", out);
    write_seconds(out, want);
    fprintf(out, ": %.2f times as long", got / want);
    if (fclose(out) == 0) return text;
    free(text);
    return NULL;
}

/* Says the verdict and the limit, and no figure that another measurement would not give again. */
double oto_compare_time(FILE *out, const struct oto_observation *expected, const struct oto_observation *observed) {
    double want = least(expected), got = least(observed);
    if (!(want > 0)) {
        fputs("the solution's time was not measured: tell your instructor", out);
        return 0;
    }
    if (!(got > 0)) {
        fputs("no time was measured", out);
        return 0;
    }
    double full = isnan(expected->full_at) ? expected->at_most : expected->full_at;
    if (reaches(got / want, full, true))
        fprintf(out, "as fast as asked: at most %.3g times the solution's processor time", full);
    else
        fputs("slower than asked", out);
    return earned(out, expected, got / want, "%.3g times the solution's processor time", false);
}

static void write_bytes(FILE *out, double bytes) {
    if (bytes < 1 << 10)
        fprintf(out, "%.0f bytes", bytes);
    else if (bytes < 1 << 20)
        fprintf(out, "%.4g KiB", bytes / (1 << 10));
    else
        fprintf(out, "%.4g MiB", bytes / (1 << 20));
}

/* A solution that takes less than this is measured as if it took it: a ratio of a few bytes says nothing. */
enum { PEAK_LEAST = 4096 };

double oto_compare_memory(FILE *out, const struct oto_observation *expected, const struct oto_observation *observed) {
    int64_t want = oto_observation_integer(expected, 0), got = oto_observation_integer(observed, 0);
    int64_t left_by_solution = oto_observation_integer(expected, 1), left = oto_observation_integer(observed, 1);
    if (got < 0 || left < 0 || left > got) {
        fputs("no memory was measured", out);
        return 0;
    }
    if (left > left_by_solution) {
        write_bytes(out, (double)left);
        fputs(" are not freed, the solution leaves ", out);
        write_bytes(out, (double)left_by_solution);
        return 0;
    }
    double base = (double)(want > PEAK_LEAST ? want : PEAK_LEAST);
    double ratio = (double)(got > PEAK_LEAST ? got : PEAK_LEAST) / base;
    write_bytes(out, (double)got);
    fputs(" at most, the solution takes ", out);
    write_bytes(out, (double)want);
    return oto_earned(out, expected, ratio, "%.3g times that");
}
