#include "lib/metrics/events.h"
#include "lib/learn/matrix.h"
#include "lib/metrics/matching.h"
#include "lib/tensor/error.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

OtoMatchScore(oto_onset_score)(OtoTensor *reference, OtoTensor *estimated, OtoOnsetScoring options) {
    const char *me = "oto_onset_score";
    oto_check_range(me, "window", options.window, 0, 1e6);
    oto_need_events(me, "reference", reference);
    oto_need_events(me, "estimated", estimated);
    int64_t n = reference->size, m = estimated->size;
    double *r = oto_event_times(me, reference), *e = oto_event_times(me, estimated);
    OtoMatchScore score = oto_score_of(oto_count_within(r, n, e, m, options.window), n, m);
    free(r);
    free(e);
    return score;
}

OtoTempoScore oto_tempo_score(const double reference[2], double weight, const double estimated[2]) {
    const char *me = "oto_tempo_score";
    oto_check_buffer(me, "reference", reference, 2 * sizeof *reference);
    oto_check_buffer(me, "estimated", estimated, 2 * sizeof *estimated);
    oto_check_range(me, "weight", weight, 0, 1);
    bool found[2] = {false, false};
    for (int i = 0; i < 2; i++) {
        oto_check_range(me, "reference (BPM)", reference[i], 0, 1e6);
        for (int j = 0; j < 2; j++) {
            oto_check_range(me, "estimated (BPM)", estimated[j], 0, 1e6);
            found[i] |= reference[i] > 0 && fabs(reference[i] - estimated[j]) / reference[i] <= 0.08;
        }
    }
    return (OtoTempoScore){weight * found[0] + (1 - weight) * found[1], found[0] || found[1], found[0] && found[1]};
}

/* The density of a skewed normal distribution over what it is at most, both as fitted to listeners' answers. */
static double synchronous(double late) {
    const double skewness = 1.12244251, location = -0.22270315, scale = 0.29779424, most = 1.6857;
    double z = (late - location) / scale;
    double density = exp(-z * z / 2) / sqrt(2 * M_PI), below = erfc(-skewness * z / sqrt(2)) / 2;
    return 2 / scale * density * below / most;
}

OtoAlignmentScore oto_alignment_score(OtoTensor *reference, OtoTensor *estimated) {
    const char *me = "oto_alignment_score";
    oto_need_events(me, "reference", reference);
    oto_need_events(me, "estimated", estimated);
    int64_t n = reference->size, m = estimated->size;
    double *r = oto_event_times(me, reference), *e = oto_event_times(me, estimated);
    double length = n > 1 ? r[n - 1] - r[0] : 0;
    if (n != m || length <= 0) {
        free(r);
        free(e);
        if (n != m)
            oto_refuse(me, "reference has %" PRId64 " times and estimated %" PRId64 "; each needs its estimate", n, m);
        oto_refuse(me, "reference needs at least two different times");
    }
    OtoAlignmentScore score = {0};
    for (int64_t i = 0; i + 1 < n; i++) score.overlap += fmax(0, fmin(r[i + 1], e[i + 1]) - fmax(r[i], e[i])) / length;
    for (int64_t i = 0; i < n; i++) {
        score.perceptual += synchronous(e[i] - r[i]) / (double)n;
        r[i] = fabs(r[i] - e[i]);
        score.mean += r[i] / (double)n;
        score.correct += (r[i] <= 0.3) / (double)n;
    }
    score.median = oto_median(r, n);
    free(r);
    free(e);
    return score;
}

/* ---- beats ---- */

struct beats {
    double *times;
    int64_t count;
};

static int64_t nearest(const struct beats *beats, double time) {
    int64_t best = 0;
    for (int64_t i = 1; i < beats->count; i++)
        if (fabs(time - beats->times[i]) < fabs(time - beats->times[best])) best = i;
    return best;
}

static double cemgil(const struct beats *reference, const struct beats *estimated) {
    double sum = 0;
    for (int64_t i = 0; i < reference->count; i++) {
        double away = reference->times[i] - estimated->times[nearest(estimated, reference->times[i])];
        sum += exp(-away * away / (2 * 0.04 * 0.04));
    }
    return sum / (0.5 * (double)(reference->count + estimated->count));
}

/* The median distance of neighbours among `count` ascending whole numbers, repeats left out. */
static double median_gap(const int64_t *ticks, int64_t count) {
    double *gaps = oto_room("oto_beat_score", count, sizeof *gaps);
    int64_t n = 0;
    for (int64_t i = 1; i < count; i++)
        if (ticks[i] != ticks[i - 1]) gaps[n++] = (double)(ticks[i] - ticks[i - 1]);
    double median = n ? oto_median(gaps, n) : 0;
    free(gaps);
    return median;
}

/* Beats as hundredths of a second from `offset`, rounded up, allocated. */
static int64_t *ticks_of(const struct beats *beats, double offset) {
    int64_t *ticks = oto_room("oto_beat_score", beats->count, sizeof *ticks);
    for (int64_t i = 0; i < beats->count; i++) ticks[i] = (int64_t)ceil((beats->times[i] - offset) * 100);
    return ticks;
}

/* The correlation of the two trains of impulses, summed over the lags of the window: the pairs whose distance is in it.
 */
static double p_score(const struct beats *reference, const struct beats *estimated) {
    double offset = fmin(reference->times[0], estimated->times[0]);
    int64_t *r = ticks_of(reference, offset), *e = ticks_of(estimated, offset), pairs = 0;
    int64_t window = llrint(nearbyint(0.2 * median_gap(r, reference->count)));
    for (int64_t i = 0; i < reference->count; i++)
        for (int64_t j = 0; j < estimated->count; j++) {
            bool repeated = (i && r[i] == r[i - 1]) || (j && e[j] == e[j - 1]);
            pairs += !repeated && llabs(r[i] - e[j]) <= window;
        }
    free(r);
    free(e);
    int64_t longest = reference->count > estimated->count ? reference->count : estimated->count;
    return (double)pairs / (double)longest;
}

/* x / y, where 0 / 0 is `none`. */
static double relative(double x, double y, double none) {
    return y != 0 ? fabs(x / y) : x == 0 ? none : (double)INFINITY;
}

/* Whether beat m of the estimate is right: near enough to the reference's beat k, at nearly its tempo. The first beats
 * look forward, the others back. */
static bool is_right(const struct beats *reference, int64_t k, const struct beats *estimated, int64_t m) {
    const double *r = reference->times, *e = estimated->times;
    bool forward = m == 0 || k == 0;
    double interval = forward && k + 1 < reference->count ? r[k + 1] - r[k] : r[k] - r[k - 1];
    double spacing = forward && m + 1 < estimated->count ? e[m + 1] - e[m] : e[m] - e[m - 1];
    double phase = relative(e[m] - r[k], interval, 1);
    double period = interval != 0 ? fabs(1 - spacing / interval) : relative(spacing, interval, 0);
    return phase < 0.175 && period < 0.175;
}

/* The longest run of right beats, and all of them, as shares of the longer list. */
static void continuity(const struct beats *reference, const struct beats *estimated, double *longest, double *all) {
    *longest = *all = 0;
    if (reference->count < 2) return;
    bool *used = oto_room("oto_beat_score", reference->count, sizeof *used);
    int64_t run = 0, best = 0, right = 0;
    for (int64_t m = 0; m < estimated->count; m++) {
        int64_t k = nearest(reference, estimated->times[m]);
        bool success = !used[k] && is_right(reference, k, estimated, m);
        used[k] |= success;
        right += success;
        run = success ? run + 1 : 0;
        if (run > best) best = run;
    }
    free(used);
    double whole = (double)(reference->count > estimated->count ? reference->count : estimated->count);
    *longest = (double)best / whole;
    *all = (double)right / whole;
}

/* Entropy of where beats fall between the reference's, in 41 bins, of the most it can be. As much as can be where beats
 * of the reference share a time: between them is no place. */
static double error_entropy(const struct beats *reference, const struct beats *estimated) {
    enum { BINS = 41 };
    const double *r = reference->times;
    int64_t last = reference->count - 1, bins[BINS] = {0};
    for (int64_t i = 0; i < estimated->count; i++) {
        int64_t k = nearest(reference, estimated->times[i]);
        double error = estimated->times[i] - r[k];
        /* Before the first beat the interval is that from the last one to the first, which is negative: so it is in
         * mir_eval, whose numbers papers quote. */
        double interval = k == last || (error < 0 && k > 0) ? r[k] - r[k - 1]
                          : error < 0                       ? r[0] - r[last]
                                                            : r[k + 1] - r[k];
        if (interval == 0) return 1;
        double place = error / interval;
        place -= floor(place + 0.5); /* one beat is the whole circle */
        if (place <= -0.5) place = 0.5;
        int64_t bin = (int64_t)floor((place + 0.5) * BINS);
        bins[bin < BINS ? bin : BINS - 1]++;
    }
    double entropy = 0;
    for (int b = 0; b < BINS; b++) {
        double p = (double)bins[b] / (double)estimated->count;
        if (p > 0) entropy -= p * log2(p);
    }
    return entropy / log2(BINS);
}

/* The reference at other metrical levels: off the beat, double tempo, half tempo from the first and from the second. */
enum { LEVELS = 4 };
static void make_levels(const struct beats *reference, struct beats levels[LEVELS]) {
    int64_t n = reference->count;
    for (int level = 0; level < LEVELS; level++)
        levels[level] = (struct beats){.times = oto_room("oto_beat_score", 2 * n, sizeof(double))};
    for (int64_t i = 0; i < n; i++) {
        double beat = reference->times[i], between = i + 1 < n ? (beat + reference->times[i + 1]) / 2 : 0;
        levels[1].times[levels[1].count++] = beat;
        struct beats *half = &levels[i % 2 ? 3 : 2];
        half->times[half->count++] = beat;
        if (i + 1 == n) continue;
        levels[1].times[levels[1].count++] = between;
        levels[0].times[levels[0].count++] = between;
    }
}

/* Leaves out beats before `skip`. */
static struct beats beats_from(OtoTensor *times, double skip) {
    struct beats beats = {oto_event_times("oto_beat_score", times), times->size};
    int64_t kept = 0;
    for (int64_t i = 0; i < beats.count; i++)
        if (beats.times[i] >= skip) beats.times[kept++] = beats.times[i];
    beats.count = kept;
    return beats;
}

OtoBeatScore(oto_beat_score)(OtoTensor *reference, OtoTensor *estimated, OtoBeatScoring options) {
    oto_check_range("oto_beat_score", "skip", options.skip, 0, 1e6);
    oto_need_events("oto_beat_score", "reference", reference);
    oto_need_events("oto_beat_score", "estimated", estimated);
    struct beats r = beats_from(reference, options.skip), e = beats_from(estimated, options.skip);
    OtoBeatScore score = {0};
    if (r.count && e.count) {
        score.f = oto_score_of(oto_count_within(r.times, r.count, e.times, e.count, 0.07), r.count, e.count).f;
        score.cemgil = cemgil(&r, &e);
    }
    if (r.count > 1 && e.count > 1) {
        score.p_score = p_score(&r, &e);
        continuity(&r, &e, &score.cml_c, &score.cml_t);
        score.aml_c = score.cml_c;
        score.aml_t = score.cml_t;
        struct beats levels[LEVELS];
        make_levels(&r, levels);
        for (int level = 0; level < LEVELS; level++) {
            double longest, all;
            continuity(&levels[level], &e, &longest, &all);
            score.aml_c = fmax(score.aml_c, longest);
            score.aml_t = fmax(score.aml_t, all);
            free(levels[level].times);
        }
        score.information_gain = 1 - fmax(error_entropy(&r, &e), error_entropy(&e, &r));
    }
    free(r.times);
    free(e.times);
    return score;
}
