#include "lib/dsp/pcen.h"
#include "lib/tensor/elementary.h"
#include "lib/tensor/error.h"
#include "lib/tensor/parallel.h"
#include "lib/tensor/simd.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

struct pcen {
    const float *S, *reference; /* (channels, bands, time) */
    float *result;
    int64_t time;
    double b;
    float gain, bias, power, eps;
};

/* M of one band. */
static void smooth(float *restrict M, const float *restrict S, int64_t count, double b) {
    double state = 1 - b; /* the state in which a steady 1 leaves the filter */
    for (int64_t t = 0; t < count; t++) {
        double m = b * (double)S[t] + state;
        M[t] = (float)m;
        state = (1 - b) * m;
    }
}

/* result holds M when it is called. Where S (eps + M)^-gain is small against bias, the difference of two powers is
 * taken by its series, which keeps the digits that the subtraction would lose. */
OTO_VECTORISED static void compress(float *restrict result, const float *restrict S, int64_t count, float gain,
                                    float bias, float power, float eps) {
    float offset = bias > 0 ? oto_fast_exp2(power * oto_fast_log2(bias)) : 0;
    for (int64_t t = 0; t < count; t++) {
        float x = S[t] * oto_fast_exp2(-gain * oto_fast_log2(eps + result[t]));
        float u = bias > 0 ? x / bias : 0;
        float small = power * u * (1 + (power - 1) * u / 2 * (1 + (power - 2) * u / 3 * (1 + (power - 3) * u / 4)));
        float large = oto_fast_exp2(power * oto_fast_log2(1 + u)) - 1;
        float compressed = offset * (u < 0.02f ? small : large);
        float plain = x > 0 ? oto_fast_exp2(power * oto_fast_log2(x)) : 0;
        result[t] = bias > 0 ? compressed : plain;
    }
}

static void compress_logarithmically(float *restrict result, const float *restrict S, int64_t count, float gain,
                                     float eps) {
    for (int64_t t = 0; t < count; t++) result[t] = log1pf(S[t] * powf(eps + result[t], -gain));
}

static void normalise_bands(int64_t from, int64_t to, void *context) {
    const struct pcen *p = context;
    for (int64_t row = from; row < to; row++) {
        float *result = p->result + row * p->time;
        const float *S = p->S + row * p->time;
        smooth(result, p->reference + row * p->time, p->time, p->b);
        if (p->power == 0)
            compress_logarithmically(result, S, p->time, p->gain, p->eps);
        else
            compress(result, S, p->time, p->gain, p->bias, p->power, p->eps);
    }
}

/* The maximum over max_size bands around each; beyond the ends the bands are mirrored, the end one included. */
static OtoTensor *maximum_over_bands(OtoTensor *S, int max_size) {
    OtoTensor *y = oto_like(S, OTO_FLOAT32, NULL);
    int64_t bands = S->shape[S->rank - 2], time = S->cols;
    for (int64_t row = 0; row < S->rows; row++) {
        const float *channel = (float *)S->data + row / bands * bands * time;
        float *to = (float *)y->data + row * time;
        for (int64_t i = row % bands - max_size / 2, end = i + max_size, first = i; i < end; i++) {
            int64_t band = (i % (2 * bands) + 2 * bands) % (2 * bands);
            const float *from = channel + (band < bands ? band : 2 * bands - 1 - band) * time;
            for (int64_t t = 0; t < time; t++) to[t] = i == first || from[t] > to[t] ? from[t] : to[t];
        }
    }
    return y;
}

static void check(OtoTensor *S, OtoPcen o) {
    oto_need_float("oto_pcen", "S", S);
    if (S->rank < 2) oto_refuse("oto_pcen", "S is %s, but must be a spectrogram (band, time)", oto_shape_quoted(S));
    if (S->quantity == OTO_DECIBEL) oto_refuse("oto_pcen", "S is in dB; oto_db_to_power goes back");
    oto_check_range("oto_pcen", "gain", o.gain, 0, 1e6);
    oto_check_range("oto_pcen", "bias", o.bias, 0, 1e30);
    oto_check_range("oto_pcen", "power", o.power, 0, 1e6);
    if (!(o.eps > 0)) oto_refuse("oto_pcen", "eps is %g, but must be positive", o.eps);
    if (!(o.time_constant > 0)) oto_refuse("oto_pcen", "time_constant is %g s, but must be positive", o.time_constant);
    if (!isnan(o.b)) oto_check_range("oto_pcen", "b", o.b, 0, 1);
    oto_check_range("oto_pcen", "max_size", o.max_size, 1, 1e6);
    for (int64_t i = 0; i < S->size; i++)
        if (((float *)S->data)[i] < 0)
            oto_refuse("oto_pcen", "S has negative numbers, such as %g; powers and magnitudes have none",
                       (double)((float *)S->data)[i]);
}

OtoTensor *(oto_pcen)(OtoTensor *S, OtoPcen options) {
    enum { GRAIN = 4 };
    check(S, options);
    if (options.sample_rate == 0) options.sample_rate = S->sample_rate > 0 ? S->sample_rate : 22050;
    if (options.hop_length == OTO_DEFAULT) options.hop_length = S->framing.hop_length > 0 ? S->framing.hop_length : 512;
    oto_check_range("oto_pcen", "sample_rate", options.sample_rate, 1e-3, 1e9);
    oto_check_range("oto_pcen", "hop_length", options.hop_length, 1, INT32_MAX);
    double frames = options.time_constant * options.sample_rate / options.hop_length;
    if (isnan(options.b)) options.b = (sqrt(1 + 4 * frames * frames) - 1) / (2 * frames * frames);
    OtoTensor *y = oto_like(S, OTO_FLOAT32, "pcen");
    y->quantity = OTO_PLAIN;
    oto_scope {
        OtoTensor *reference = options.max_size > 1 ? maximum_over_bands(S, options.max_size) : S;
        struct pcen pcen = {.S = S->data,
                            .reference = reference->data,
                            .result = y->data,
                            .time = S->cols,
                            .b = options.b,
                            .gain = (float)options.gain,
                            .bias = (float)options.bias,
                            .power = (float)options.power,
                            .eps = (float)options.eps};
        oto_parallel(S->rows, GRAIN, normalise_bands, &pcen);
    }
    return y;
}
