#include "lib/dsp/beat.h"
#include "lib/dsp/envelope.h"
#include "lib/dsp/tempogram.h"
#include "lib/tensor/error.h"

#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* One run of the tracker; arrays have one element a frame, all in one allocation. */
struct tracker {
    int64_t frames;
    const double *period; /* frames a beat: one, or one for each frame */
    bool changing;        /* one for each */
    double tightness;
    double *score;      /* how good a beat here is in itself */
    double *cumulative; /* the best sum of a sequence that ends here */
    int64_t *before;    /* its beat before this one, or -1 */
    double *onset;      /* the envelope with standard deviation 1 */
};

static double period_at(const struct tracker *t, int64_t frame) {
    return t->period[t->changing ? frame : 0];
}

/* The envelope divided by its standard deviation (of n - 1 degrees of freedom). */
static void normalise(struct tracker *t, const float *envelope) {
    double sum = 0, squares = 0;
    for (int64_t i = 0; i < t->frames; i++) sum += (double)envelope[i];
    double mean = sum / (double)t->frames;
    for (int64_t i = 0; i < t->frames; i++) squares += ((double)envelope[i] - mean) * ((double)envelope[i] - mean);
    float deviation = (float)sqrt(squares / (double)(t->frames - 1)) + FLT_MIN;
    for (int64_t i = 0; i < t->frames; i++) t->onset[i] = (double)(envelope[i] / deviation);
}

/* A bell around each frame, a 32nd of the period wide, so that an onset just beside a beat counts too. It ends one
 * period away; the very first frame is left out there, as in the reference. */
static double bell(double distance, double period) {
    double x = distance * 32 / period;
    return exp(-0.5 * x * x);
}
static double smoothed(const struct tracker *t, const double *window, int64_t half, int64_t i) {
    double sum = 0;
    int64_t width = 2 * half + 1;
    int64_t from = i + half - t->frames + 1, to = i + half < width ? i + half : width;
    for (int64_t k = from > 0 ? from : 0; k < to; k++) sum += window[k] * t->onset[i + half - k];
    return sum;
}

static void score_frames(const char *operation, struct tracker *t) {
    double *window = NULL;
    int64_t half = -1;
    for (int64_t i = 0; i < t->frames; i++) {
        double period = period_at(t, i);
        if (half != (int64_t)period) {
            half = (int64_t)period;
            free(window);
            window = malloc((size_t)(2 * half + 1) * sizeof *window);
            if (!window) oto_refuse(operation, "no memory for a window of %" PRId64 " frames", 2 * half + 1);
            for (int64_t k = -half; k <= half; k++) window[k + half] = bell((double)k, period);
        }
        t->score[i] = smoothed(t, window, half, i);
    }
    free(window);
}

/* What an interval costs that is not the period. */
static double penalty(const struct tracker *t, int64_t interval, double period) {
    double ratio = log((double)interval) - log(period);
    return (double)(float)t->tightness * (ratio * ratio);
}

/* The penalties of all intervals that are tried: half the period to twice the period. */
static double *penalties_of(const char *operation, const struct tracker *t, double period) {
    int64_t from = llrint(period / 2), to = 2 * (int64_t)period;
    double *penalties = malloc((size_t)(to + 1) * sizeof *penalties);
    if (!penalties) oto_refuse(operation, "no memory for intervals of up to %" PRId64 " frames", to);
    for (int64_t interval = from > 0 ? from : 1; interval <= to; interval++)
        penalties[interval] = penalty(t, interval, period);
    return penalties;
}

/* Each frame gets the best sequence that ends in it. Frames before the first that scores at all start none. */
static void track(const char *operation, struct tracker *t) {
    double highest = -INFINITY;
    for (int64_t i = 0; i < t->frames; i++) highest = fmax(highest, t->score[i]);
    double *penalties = NULL, period = -1;
    bool first = true;
    for (int64_t i = 0; i < t->frames; i++) {
        if (period_at(t, i) != period) {
            period = period_at(t, i);
            free(penalties);
            penalties = penalties_of(operation, t, period);
        }
        int64_t best = -1, shortest = llrint(period / 2), longest = 2 * (int64_t)period;
        double best_sum = -INFINITY;
        if (shortest < 1) shortest = 1;
        for (int64_t interval = shortest; interval <= longest && interval <= i; interval++) {
            double sum = t->cumulative[i - interval] - penalties[interval];
            if (sum > best_sum) {
                best_sum = sum;
                best = i - interval;
            }
        }
        t->cumulative[i] = best >= 0 ? t->score[i] + best_sum : t->score[i];
        if (first && t->score[i] < 0.01 * highest) {
            t->before[i] = -1;
        } else {
            t->before[i] = best;
            first = false;
        }
    }
    free(penalties);
}

static int by_value(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static bool is_local_maximum(const double *x, int64_t count, int64_t i) {
    return i > 0 && x[i] > x[i - 1] && (i == count - 1 || x[i] >= x[i + 1]);
}

/* The last local maximum of the cumulative score that reaches half their median. room: one number a frame. */
static int64_t last_beat(const struct tracker *t, double *room) {
    int64_t count = 0;
    for (int64_t i = 0; i < t->frames; i++)
        if (is_local_maximum(t->cumulative, t->frames, i)) room[count++] = t->cumulative[i];
    if (count == 0) return t->frames - 1;
    qsort(room, (size_t)count, sizeof *room, by_value);
    double threshold = 0.5 * (count % 2 ? room[count / 2] : (room[count / 2 - 1] + room[count / 2]) / 2);
    for (int64_t i = t->frames - 1; i >= 0; i--)
        if (is_local_maximum(t->cumulative, t->frames, i) && t->cumulative[i] >= threshold) return i;
    return t->frames - 1;
}

/* Half the effective value of the scores at the beats, smoothed by (0, 1/2, 1, 1/2, 0). */
static double trimming_threshold(const struct tracker *t, const int64_t *beats, int64_t count) {
    double squares = 0;
    int64_t length = count + 2 < t->frames ? count + 2 : t->frames;
    for (int64_t i = 0; i < length; i++) {
        double smooth = 0;
        const double weights[] = {0.5, 1, 0.5};
        for (int64_t k = -1; k <= 1; k++)
            if (i + k >= 0 && i + k < count) smooth += weights[k + 1] * t->score[beats[i + k]];
        squares += smooth * smooth;
    }
    return 0.5 * sqrt(squares / (double)length);
}

/* Beats from the last one back, then in order, without the weak ones at both ends. How many are left. */
static int64_t collect(const struct tracker *t, int64_t tail, bool trim, int64_t *beats) {
    int64_t count = 0, kept = 0;
    for (int64_t i = tail; i >= 0; i = t->before[i]) count++;
    int64_t at = count;
    for (int64_t i = tail; i >= 0; i = t->before[i]) beats[--at] = i;
    double threshold = trim ? trimming_threshold(t, beats, count) : 0;
    int64_t first = 0, last = t->frames - 1;
    while (first < t->frames && t->score[first] <= threshold) first++;
    while (last >= 0 && t->score[last] <= threshold) last--;
    for (int64_t i = 0; i < count; i++)
        if (beats[i] >= first && beats[i] <= last) beats[kept++] = beats[i];
    return kept;
}

/* The tracker on one envelope; beats has room for its frames. How many. */
static int64_t run(const char *operation, const float *envelope, int64_t frames, const double *period, bool changing,
                   const OtoBeatTrack *options, int64_t *beats) {
    double *room = malloc((size_t)frames * 4 * sizeof *room);
    if (!room) oto_refuse(operation, "no memory for %" PRId64 " frames", frames);
    struct tracker t = {.frames = frames,
                        .period = period,
                        .changing = changing,
                        .tightness = options->tightness,
                        .score = room,
                        .cumulative = room + frames,
                        .onset = room + 2 * frames,
                        .before = (int64_t *)(room + 3 * frames)};
    normalise(&t, envelope);
    score_frames(operation, &t);
    track(operation, &t);
    int64_t count = collect(&t, last_beat(&t, t.onset), options->trim, beats);
    free(room);
    return count;
}

/* Frames a beat, rounded: one number, or as many as the envelope has frames. Allocated. */
static double *periods_of(const char *operation, const struct oto_envelope *e, OtoTensor *bpm, double tempo) {
    int64_t count = bpm ? bpm->size : 1;
    if (bpm && count != 1 && count != e->tensor->cols)
        oto_refuse(operation, "bpm is %s, but must be one number or one for each of the %" PRId64 " frames",
                   oto_shape_quoted(bpm), e->tensor->cols);
    double *periods = malloc((size_t)count * sizeof *periods);
    if (!periods) oto_refuse(operation, "no memory for %" PRId64 " tempi", count);
    for (int64_t i = 0; i < count; i++) {
        double value = bpm ? (double)((float *)bpm->data)[i] : tempo;
        periods[i] = rint(e->frame_rate * 60 / value);
        if (value > 0 && isfinite(value) && periods[i] >= 1 && periods[i] < 1e9) continue;
        free(periods);
        oto_refuse(operation, "bpm is %g, but must lie within [%.3g, %.5g]: a beat takes at least one frame", value,
                   e->frame_rate * 60e-9, e->frame_rate * 60);
    }
    return periods;
}

static bool sounds(OtoTensor *envelope) {
    for (int64_t i = 0; i < envelope->size; i++)
        if (((float *)envelope->data)[i] != 0) return true;
    return false;
}

static void check(const char *operation, const OtoBeatTrack *o) {
    if (!(o->tightness > 0)) oto_refuse(operation, "tightness is %g, but must be larger than 0", o->tightness);
    if (o->bpm) oto_need_float(operation, "bpm", o->bpm);
    if (o->bpm && o->bpm->size == 0) oto_refuse(operation, "bpm is empty; leave it out to have the tempo estimated");
    if (o->tempo) oto_check_buffer(operation, "tempo", o->tempo, sizeof *o->tempo);
    oto_check_units(operation, o->units);
}

OtoTensor *(oto_beat_track)(OtoTensor *x, OtoBeatTrack options) {
    const char *operation = "oto_beat_track";
    check(operation, &options);
    OtoTensor *result = NULL;
    oto_scope {
        struct oto_envelope e =
            oto_envelope_of(operation, x, options.sample_rate, options.hop_length, OTO_AGGREGATE_MEDIAN);
        oto_need_mono_envelope(operation, &e);
        double tempo = 0, *periods = NULL;
        if (e.tensor->cols > 1 && sounds(e.tensor)) {
            tempo =
                options.bpm
                    ? (double)((float *)options.bpm->data)[0]
                    : oto_tempo_of_envelope(operation, &e,
                                            OTO_TEMPO_ESTIMATE(.start_bpm = options.start_bpm, .prior = options.prior));
            periods = periods_of(operation, &e, options.bpm, tempo);
        }
        int64_t count = 0, *beats = malloc((size_t)e.tensor->cols * sizeof *beats);
        if (!beats) oto_refuse(operation, "no memory for %" PRId64 " frames", e.tensor->cols);
        if (periods)
            count = run(operation, e.tensor->data, e.tensor->cols, periods, options.bpm && options.bpm->size > 1,
                        &options, beats);
        free(periods);
        if (options.tempo) *options.tempo = tempo;
        result = oto_keep(oto_events_of("beat", beats, count, &e, options.units));
        free(beats);
    }
    return result;
}
