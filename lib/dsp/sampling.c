#include "lib/dsp/sampling.h"
#include "lib/tensor/error.h"
#include "lib/tensor/random.h"

#include <math.h>
#include <string.h>

OtoTensor *(oto_quantise)(OtoTensor *audio, int bits, OtoQuantise options) {
    oto_need_float("oto_quantise", "audio", audio);
    oto_check_range("oto_quantise", "bits", bits, 1, 24);
    OtoTensor *y = oto_like(audio, OTO_FLOAT32, "quantised");
    float step = ldexpf(1, 1 - bits), *to = y->data;
    const float *from = audio->data;
    for (int64_t i = 0; i < y->size; i++) {
        float dither = options.dither ? (float)(oto_uniform() - oto_uniform()) : 0;
        float level = rintf(from[i] / step + dither) * step;
        to[i] = fminf(fmaxf(level, -1), 1 - step);
    }
    return y;
}

OtoTensor *oto_decimate(OtoTensor *audio, int factor) {
    oto_need_audio("oto_decimate", "audio", audio);
    if (factor < 1 || factor > audio->cols)
        oto_refuse("oto_decimate", "factor is %d, but must lie within [1, %lld], the number of samples", factor,
                   (long long)audio->cols);
    int64_t length = (audio->cols + factor - 1) / factor;
    OtoTensor *y = oto_zeros_of(OTO_FLOAT32, audio->rank,
                                audio->rank == 2 ? (long long[]){audio->rows, length} : (long long[]){length});
    for (int64_t channel = 0; channel < audio->rows; channel++)
        for (int64_t i = 0; i < length; i++)
            ((float *)y->data)[channel * length + i] = ((float *)audio->data)[channel * audio->cols + i * factor];
    if (audio->rank == 2) oto_axis_copy(y, 0, audio, 0);
    oto_axis_copy(y, audio->rank - 1, audio, audio->rank - 1);
    y->axes[audio->rank - 1].step *= factor;
    y->sample_rate = audio->sample_rate / factor;
    y->quantity = audio->quantity;
    oto_set_origin(y, "decimated", audio);
    return y;
}

double oto_snr(OtoTensor *x, OtoTensor *y) {
    oto_need_float("oto_snr", "x", x);
    oto_need_float("oto_snr", "y", y);
    if (x->rank != y->rank || memcmp(x->shape, y->shape, sizeof x->shape))
        oto_refuse("oto_snr", "x is %s and y is %s; cut them to one shape", oto_shape_quoted(x), oto_shape_quoted(y));
    double signal = 0, noise = 0;
    for (int64_t i = 0; i < x->size; i++) {
        double a = (double)((float *)x->data)[i], d = a - (double)((float *)y->data)[i];
        signal += a * a;
        noise += d * d;
    }
    return 10 * log10(signal / noise);
}
