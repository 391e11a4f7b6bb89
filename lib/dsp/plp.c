#include "lib/dsp/envelope.h"
#include "lib/dsp/stft.h"
#include "lib/dsp/tempogram.h"
#include "lib/dsp/tempogram_frames.h"
#include "lib/tensor/error.h"

#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

static void check(const OtoPlp *o) {
    oto_check_range("oto_plp", "tempo_min", o->tempo_min, 0, 1e9);
    if (!(o->tempo_max > o->tempo_min))
        oto_refuse("oto_plp", "tempo_max is %g BPM, but must be larger than tempo_min = %g BPM", o->tempo_max,
                   o->tempo_min);
}

/* What a peak is divided by. As the reference takes the largest of all complex bins for it, where a real part counts
 * first and all other bins are 0, a peak with a negative real part is divided by (nearly) nothing. */
static float divisor(float _Complex peak, bool equal) {
    return sqrtf(FLT_MIN) + (equal || crealf(peak) > 0 ? cabsf(peak) : 0);
}

/* The strongest tempo of each frame so far. */
struct peaks {
    double *score; /* room for the frames */
    int64_t *bin;
};

/* Scores of bin k: without a prior the squared magnitude, which is largest where log(1 + 10^6 magnitude) is. */
static void raise_peaks(struct peaks *peaks, const float _Complex *X, int64_t frames, int64_t k, const double *prior) {
    for (int64_t t = 0; t < frames; t++) {
        double re = (double)crealf(X[t]), im = (double)cimagf(X[t]), score = re * re + im * im;
        if (prior) score = log1p(1e6 * sqrt(score)) + prior[k];
        peaks->bin[t] = score > peaks->score[t] ? k : peaks->bin[t];
        peaks->score[t] = score > peaks->score[t] ? score : peaks->score[t];
    }
}

/* Keeps of each column of S (tempo, time) only the strongest tempo from bin low to high, and of that only the phase. */
static void keep_peaks(OtoTensor *S, int64_t channel, int64_t low, int64_t high, const double *prior,
                       struct peaks *peaks, bool equal) {
    int64_t bins = S->shape[S->rank - 2], frames = S->cols;
    float _Complex *X = (float _Complex *)S->data + channel * bins * frames;
    for (int64_t t = 0; t < frames; t++) {
        peaks->score[t] = -INFINITY;
        peaks->bin[t] = -1;
    }
    for (int64_t k = low; k <= high; k++) raise_peaks(peaks, X + k * frames, frames, k, prior);
    for (int64_t k = 0; k < bins; k++)
        for (int64_t t = 0; t < frames; t++) {
            float _Complex *x = &X[k * frames + t];
            *x = peaks->bin[t] == k ? *x / divisor(*x, equal) : 0;
        }
}

/* The prior of each bin; allocated. NULL when there is none. */
static double *prior_of(int64_t bins, double bpm_step, const OtoPlp *o) {
    if (!o->prior) return NULL;
    double *prior = malloc((size_t)bins * sizeof *prior);
    if (!prior) oto_refuse("oto_plp", "no memory for %" PRId64 " tempi", bins);
    for (int64_t k = 0; k < bins; k++) prior[k] = k ? o->prior((double)k * bpm_step) : -INFINITY;
    return prior;
}

static void rectify_and_scale(float *pulse, int64_t count) {
    float largest = 0;
    for (int64_t t = 0; t < count; t++) {
        pulse[t] = pulse[t] > 0 ? pulse[t] : 0;
        largest = pulse[t] > largest ? pulse[t] : largest;
    }
    for (int64_t t = 0; t < count && largest >= FLT_MIN; t++) pulse[t] /= largest;
}

OtoTensor *(oto_plp)(OtoTensor *x, OtoPlp options) {
    check(&options);
    OtoTensor *result = NULL;
    oto_scope {
        struct oto_envelope e =
            oto_envelope_of("oto_plp", x, options.sample_rate, options.hop_length, OTO_AGGREGATE_MEDIAN);
        oto_tempogram_check("oto_plp", e.tensor, options.win_length, true, 0);
        OtoTensor *S = oto_envelope_spectrum(&e, options.win_length, OTO_HANN, true);
        int64_t bins = S->shape[S->rank - 2], channels = S->rows / bins;
        double bpm_step = 60 * e.frame_rate / options.win_length;
        double lowest = ceil(options.tempo_min / bpm_step), highest = floor(options.tempo_max / bpm_step);
        int64_t low = (int64_t)fmin(lowest, (double)bins), high = (int64_t)fmin(highest, (double)(bins - 1));
        double *prior = prior_of(bins, bpm_step, &options);
        struct peaks peaks = {.score = malloc((size_t)S->cols * sizeof *peaks.score),
                              .bin = malloc((size_t)S->cols * sizeof *peaks.bin)};
        if (!peaks.score || !peaks.bin) oto_refuse("oto_plp", "no memory for %" PRId64 " frames", S->cols);
        for (int64_t channel = 0; channel < channels && !oto_interrupt_pending(); channel++)
            keep_peaks(S, channel, low, high, prior, &peaks, options.equal);
        free(peaks.score);
        free(peaks.bin);
        free(prior);
        OtoTensor *pulse = oto_istft(S, .length = e.tensor->cols);
        for (int64_t channel = 0; channel < channels; channel++)
            rectify_and_scale((float *)pulse->data + channel * pulse->cols, pulse->cols);
        oto_envelope_time_axis(pulse, pulse->rank - 1, &e);
        pulse->quantity = OTO_PLAIN;
        oto_set_origin(pulse, "pulse", e.tensor);
        result = oto_keep(pulse);
    }
    return result;
}
