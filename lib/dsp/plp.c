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

/* Keeps of each column of S (tempo, time) only the strongest tempo within the limits, and of that only the phase. */
static void keep_peaks(OtoTensor *S, int64_t channel, const double *prior, const OtoPlp *o) {
    int64_t bins = S->shape[S->rank - 2], frames = S->cols;
    float _Complex *X = (float _Complex *)S->data + channel * bins * frames;
    for (int64_t t = 0; t < frames; t++) {
        int64_t best = -1;
        double highest = -INFINITY;
        for (int64_t k = 0; k < bins; k++) {
            double score = log1p(1e6 * (double)cabsf(X[k * frames + t])) + prior[k];
            if (score > highest) {
                highest = score;
                best = k;
            }
        }
        for (int64_t k = 0; k < bins; k++)
            X[k * frames + t] = k == best ? X[k * frames + t] / divisor(X[k * frames + t], o->equal) : 0;
    }
}

/* -INFINITY outside the limits. Allocated. */
static double *prior_of(int64_t bins, double bpm_step, const OtoPlp *o) {
    double *prior = malloc((size_t)bins * sizeof *prior);
    if (!prior) oto_refuse("oto_plp", "no memory for %" PRId64 " tempi", bins);
    for (int64_t k = 0; k < bins; k++) {
        double bpm = (double)k * bpm_step;
        bool inside = bpm >= o->tempo_min && bpm <= o->tempo_max;
        prior[k] = !inside ? -INFINITY : o->prior ? o->prior(bpm) : 0;
    }
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
        double *prior = prior_of(bins, 60 * e.frame_rate / options.win_length, &options);
        for (int64_t channel = 0; channel < channels && !oto_interrupt_pending(); channel++)
            keep_peaks(S, channel, prior, &options);
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
