#include "lib/dsp/long_work.h"
#include "lib/dsp/periods.h"
#include "lib/dsp/pitch_path.h"
#include "lib/dsp/yin.h"
#include "lib/tensor/error.h"
#include "lib/tensor/parallel.h"

#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

/* Candidates are found for CHUNK frames at a time, GRAIN on a thread, before the path is led through them. */
enum { CHUNK = 256, GRAIN = 16 };

/* ---- the prior of thresholds ---- */

/* The continued fraction of the incomplete beta function, by Lentz's method (Press et al., "Numerical Recipes"). */
static double beta_fraction(double x, double a, double b) {
    double c = 1, d = 1 / (1 - (a + b) * x / (a + 1)), fraction = d;
    for (int m = 1; m <= 500; m++) {
        double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
        double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
        d = 1 / (1 + even * d);
        c = 1 + even / c;
        fraction *= d * c;
        d = 1 / (1 + odd * d);
        c = 1 + odd / c;
        fraction *= d * c;
        if (fabs(d * c - 1) < 1e-16) break;
    }
    return fraction;
}

/* The share of a beta distribution below x. */
static double beta_below(double x, double a, double b) {
    if (x <= 0) return 0;
    if (x >= 1) return 1;
    double front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x));
    return x < (a + 1) / (a + b + 2) ? front * beta_fraction(x, a, b) / a : 1 - front * beta_fraction(1 - x, b, a) / b;
}

/* ---- the candidates of a frame ---- */

struct candidate {
    int bin;
    double probability;
};

struct track {
    struct periods periods;
    OtoPyin options;
    double fmin;
    int bins, bins_per_semitone, room; /* candidates that a frame can have */
    double *weights;                   /* of thresholds (i + 1) / n_thresholds */
    double *decay;                     /* exp(-boltzmann_parameter k) of the k-th trough */
    const float *samples;
    int64_t length, first;        /* of the channel; the chunk's first frame */
    struct candidate *candidates; /* [frame of the chunk][room] */
    int *counts;
    atomic_bool no_memory;
};

struct trough {
    int index; /* of a period */
    double height, probability;
};

/* The probability that each of n troughs is chosen: for each threshold, those below it share its weight, the first, of
 * the shortest period, getting the most; where there is none below, the deepest gets a little. */
static void share_out(const struct track *track, struct trough *troughs, int n) {
    double lambda = track->options.boltzmann_parameter;
    int thresholds = track->options.n_thresholds, deepest = 0;
    for (int i = 1; i < n; i++)
        if (troughs[i].height < troughs[deepest].height) deepest = i;
    for (int s = 0; s < thresholds; s++) {
        double threshold = (double)(s + 1) / thresholds;
        if (!(troughs[deepest].height < threshold)) {
            troughs[deepest].probability += track->options.no_trough_prob * track->weights[s];
            continue;
        }
        int below = 0, position = 0;
        for (int i = 0; i < n; i++) below += troughs[i].height < threshold;
        double share = track->weights[s] * (1 - exp(-lambda)) / (1 - exp(-lambda * below));
        for (int i = 0; i < n; i++)
            if (troughs[i].height < threshold) troughs[i].probability += share * track->decay[position++];
    }
}

/* The bin of a frequency, or track->bins when it lies above all. */
static int bin_of(const struct track *track, double hz) {
    double bin = rint(12 * track->bins_per_semitone * log2(hz / track->fmin));
    return (int)fmin(fmax(bin, 0), track->bins);
}

/* The candidates of a frame, by ascending period: of two in one bin, the later one counts. */
static int find_candidates(const struct track *track, const struct difference *d, struct trough *troughs,
                           struct candidate *candidates) {
    const struct periods *periods = &track->periods;
    int n = 0, count = 0;
    for (int i = 0; i < periods->count; i++)
        if (is_trough(d, periods->count, i)) troughs[n++] = (struct trough){.index = i, .height = d->normalised[i]};
    if (n == 0) return 0;
    share_out(track, troughs, n);
    for (int i = 0; i < n; i++) {
        if (troughs[i].probability == 0) continue;
        double period = periods->shortest + troughs[i].index + d->shift[troughs[i].index];
        candidates[count++] = (struct candidate){.bin = bin_of(track, periods->sample_rate / period),
                                                 .probability = troughs[i].probability};
    }
    return count;
}

static void find_in_frames(int64_t from, int64_t to, void *context) {
    struct track *track = context;
    struct difference *d = difference_new(&track->periods);
    struct trough *troughs = malloc((size_t)track->room * sizeof *troughs);
    if (!d || !troughs) track->no_memory = true;
    for (int64_t i = from; d && troughs && i < to && !oto_interrupt_pending(); i++) {
        difference_of_frame(&track->periods, track->samples, track->length, track->first + i, d);
        track->counts[i] = find_candidates(track, d, troughs, track->candidates + i * track->room);
    }
    free(troughs);
    difference_free(d);
}

/* ---- the track ---- */

/* Leads the path through one frame; returns the probability that it is voiced. */
static double add_frame(struct track *track, struct pitch_path *path, int64_t i, double *observed) {
    const struct candidate *candidates = track->candidates + i * track->room;
    double sum = 0;
    memset(observed, 0, (size_t)(track->bins + 1) * sizeof *observed);
    for (int c = 0; c < track->counts[i]; c++) observed[candidates[c].bin] = candidates[c].probability;
    for (int bin = 0; bin < track->bins; bin++) sum += observed[bin];
    double voiced = sum < 1 ? sum : 1;
    pitch_path_add(path, observed, (1 - voiced) / track->bins);
    return voiced;
}

static void track_channel(struct track *track, const struct pitch_model *model, int64_t channel,
                          OtoPitchTrack *result) {
    int64_t frames = track->periods.frames, at = channel * frames;
    struct pitch_path *path = pitch_path_new("oto_pyin", model, frames);
    int *states = calloc((size_t)frames, sizeof *states);
    double *observed = malloc((size_t)(track->bins + 1) * sizeof *observed);
    if (!states || !observed) oto_refuse("oto_pyin", "no memory for %lld frames", (long long)frames);
    OtoLongWork work = oto_long_work((frames + CHUNK - 1) / CHUNK, "pYIN");
    for (track->first = 0; track->first < frames && !oto_interrupt_pending(); track->first += CHUNK) {
        int64_t left = frames - track->first, count = left < CHUNK ? left : CHUNK;
        oto_parallel(count, GRAIN, find_in_frames, track);
        if (track->no_memory) oto_refuse("oto_pyin", "no memory for frames of %d samples", track->periods.frame_length);
        for (int64_t i = 0; i < count && !oto_interrupt_pending(); i++)
            ((float *)result->probability->data)[at + track->first + i] = (float)add_frame(track, path, i, observed);
        oto_long_work_step(&work);
    }
    oto_long_work_done(&work);
    pitch_path_trace(path, states);
    for (int64_t t = 0; t < frames; t++) {
        bool voiced = states[t] < track->bins;
        double f0 = track->fmin * exp2((double)(states[t] % track->bins) / (12 * track->bins_per_semitone));
        ((int64_t *)result->voiced->data)[at + t] = voiced;
        ((float *)result->f0->data)[at + t] =
            (float)(voiced || isnan(track->options.fill_na) ? (voiced ? f0 : NAN) : track->options.fill_na);
    }
    free(observed);
    free(states);
    pitch_path_free(path);
}

static void check(OtoPyin options) {
    const char *operation = "oto_pyin";
    oto_check_range(operation, "n_thresholds", options.n_thresholds, 1, 1e6);
    oto_check_range(operation, "beta_a", options.beta_a, 1e-6, 1e6);
    oto_check_range(operation, "beta_b", options.beta_b, 1e-6, 1e6);
    oto_check_range(operation, "boltzmann_parameter", options.boltzmann_parameter, 1e-9, 1e3);
    oto_check_range(operation, "resolution", options.resolution, 1e-3, 1);
    oto_check_range(operation, "max_transition_rate", options.max_transition_rate, 0, 1e6);
    oto_check_range(operation, "switch_prob", options.switch_prob, 0, 1);
    oto_check_range(operation, "no_trough_prob", options.no_trough_prob, 0, 1);
}

OtoPitchTrack(oto_pyin)(OtoTensor *audio, double fmin, double fmax, OtoPyin options) {
    check(options);
    struct track track = {.periods = periods_of("oto_pyin", audio, fmin, fmax, options.frame_length, options.hop_length,
                                                options.center, options.pad_mode),
                          .options = options,
                          .fmin = fmin,
                          .bins_per_semitone = (int)ceil(1 / options.resolution)};
    double bins = floor(12 * track.bins_per_semitone * log2(fmax / fmin)) + 1;
    if (bins < 2 || bins > UINT16_MAX / 2)
        oto_refuse("oto_pyin",
                   "from fmin = %g to fmax = %g Hz in steps of resolution = %g semitones there are %g "
                   "pitches; 2 to %d can be told apart",
                   fmin, fmax, options.resolution, bins, UINT16_MAX / 2);
    track.bins = (int)bins;
    track.room = track.periods.count / 2 + 1;
    int semitones = (int)rint(options.max_transition_rate * 12 * track.periods.hop_length / audio->sample_rate);
    int width = semitones * track.bins_per_semitone + 1;
    if (width > 2 * track.bins - 1) width = 2 * track.bins - 1;
    struct pitch_model *model = pitch_model_new("oto_pyin", track.bins, width, options.switch_prob);
    track.weights = malloc((size_t)options.n_thresholds * sizeof *track.weights);
    track.decay = malloc((size_t)track.room * sizeof *track.decay);
    track.candidates = malloc(CHUNK * (size_t)track.room * sizeof *track.candidates);
    track.counts = malloc(CHUNK * sizeof *track.counts);
    if (!track.weights || !track.decay || !track.candidates || !track.counts)
        oto_refuse("oto_pyin", "no memory for %d candidates a frame", track.room);
    for (int i = 0; i < options.n_thresholds; i++)
        track.weights[i] = beta_below((double)(i + 1) / options.n_thresholds, options.beta_a, options.beta_b) -
                           beta_below((double)i / options.n_thresholds, options.beta_a, options.beta_b);
    for (int k = 0; k < track.room; k++) track.decay[k] = exp(-options.boltzmann_parameter * k);
    OtoPitchTrack result = {.f0 = periods_result(&track.periods, audio, OTO_FLOAT32, "pyin"),
                            .voiced = periods_result(&track.periods, audio, OTO_INT64, "voiced by pyin"),
                            .probability = periods_result(&track.periods, audio, OTO_FLOAT32, "voicing by pyin")};
    result.f0->quantity = OTO_FREQUENCY;
    for (int64_t channel = 0; channel < audio->rows && !oto_interrupt_pending(); channel++) {
        track.samples = (float *)audio->data + channel * audio->cols;
        track.length = audio->cols;
        track_channel(&track, model, channel, &result);
    }
    pitch_model_free(model);
    free(track.weights);
    free(track.decay);
    free(track.candidates);
    free(track.counts);
    return result;
}
