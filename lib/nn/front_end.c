#include "lib/nn/front_end.h"
#include "lib/dsp/mel.h"
#include "lib/nn/settings.h"
#include "lib/tensor/arithmetic.h"
#include "lib/tensor/elementwise.h"
#include "lib/tensor/error.h"

#include <math.h>

/* ---- mel ---- */

/* Places in the buffer "settings". */
enum { SAMPLE_RATE, N_FFT, HOP_LENGTH, N_MELS, FMIN, FMAX, OFFSET, HTK, CHANNEL, SETTINGS };

/* x as a sound of the layer's sample rate, gradients and all. */
static OtoTensor *as_sound(OtoTensor *x, double sample_rate) {
    if (x->rank != 2) oto_refuse("oto_nn_mel", "x is %s, but must be sounds (batch, time)", oto_shape_quoted(x));
    if (x->sample_rate > 0 && x->sample_rate != sample_rate)
        oto_refuse("oto_nn_mel",
                   "x has %g samples a second, but this net was made for %g, and would hear all at another pitch; "
                   "oto_resample(x, %g) first",
                   x->sample_rate, sample_rate, sample_rate);
    OtoTensor *sound = oto_reshape(x, x->shape[0], x->shape[1]);
    sound->sample_rate = sample_rate;
    oto_name_axis(sound, 0, "channels");
    return oto_name_axis(sound, 1, "time", .unit = "s", .step = 1 / sample_rate);
}

static OtoTensor *mel_forward(OtoLayer *layer, OtoTensor *x) {
    const float *s = layer->tensors[0].tensor->data;
    OtoMel options = OTO_MEL(.n_fft = (int)s[N_FFT], .hop_length = (int)s[HOP_LENGTH], .n_mels = (int)s[N_MELS],
                             .fmin = (double)s[FMIN], .fmax = (double)s[FMAX], .htk = s[HTK] != 0);
    OtoTensor *mel = (oto_mel)(as_sound(x, (double)s[SAMPLE_RATE]), options);
    OtoTensor *y = oto_log(oto_add(mel, (double)s[OFFSET]));
    if (s[CHANNEL] != 0) {
        y = oto_reshape(y, y->shape[0], 1, y->shape[1], y->shape[2]);
        oto_name_axis(y, 1, "channels");
        oto_name_axis(y, 2, "mel");
        oto_name_axis(y, 3, "time");
    }
    return oto_name_axis(y, 0, "batch");
}

OtoLayer *(oto_nn_mel)(double sample_rate, OtoNnMel options) {
    static const OtoLayerType type = {.name = "mel", .forward = mel_forward};
    const char *name = "oto_nn_mel";
    oto_check_range(name, "sample_rate", sample_rate, 1, 1e7);
    oto_check_range(name, "n_fft", options.n_fft, 1, 1 << 24);
    oto_check_range(name, "hop_length", options.hop_length, 1, 1 << 24);
    oto_check_range(name, "n_mels", options.n_mels, 1, 1 << 24);
    if (!(options.offset > 0))
        oto_refuse(name, "offset is %g, but must be above 0: 0 has no logarithm", options.offset);
    OtoLayer *layer = oto_layer_new(&type, NULL, 0);
    oto_layer_say(layer, "%g Hz, n_fft %d, hop_length %d, n_mels %d", sample_rate, options.n_fft, options.hop_length,
                  options.n_mels);
    oto_scope {
        OtoTensor *settings = oto_zeros(SETTINGS);
        float *s = settings->data;
        s[SAMPLE_RATE] = (float)sample_rate;
        s[N_FFT] = (float)options.n_fft;
        s[HOP_LENGTH] = (float)options.hop_length;
        s[N_MELS] = (float)options.n_mels;
        s[FMIN] = (float)options.fmin;
        s[FMAX] = (float)options.fmax;
        s[OFFSET] = (float)options.offset;
        s[HTK] = options.htk;
        s[CHANNEL] = options.channel;
        oto_add_buffer(layer, "settings", settings);
    }
    return layer;
}

/* ---- standardize ---- */

static OtoTensor *along(OtoTensor *statistic, int axes_after) {
    long long shape[OTO_RANK_MAX] = {statistic->size};
    for (int i = 1; i <= axes_after; i++) shape[i] = 1;
    return oto_reshape_to(statistic, 1 + axes_after, shape);
}

static OtoTensor *standardize_forward(OtoLayer *layer, OtoTensor *x) {
    int after = *oto_layer_settings(layer, int);
    OtoTensor *mean = layer->tensors[0].tensor, *deviation = layer->tensors[1].tensor;
    oto_need_float("oto_nn_standardize", "x", x);
    if (x->rank <= after || x->shape[x->rank - 1 - after] != mean->size)
        oto_refuse(
            "oto_nn_standardize",
            "x is %s, but the statistics are %lld, for the axis that has %d more behind it; features must be made "
            "as those of the training were",
            oto_shape_quoted(x), (long long)mean->size, after);
    return oto_div(oto_sub(x, along(mean, after)), along(deviation, after));
}

/* Mean and standard deviation at each index of the axis. */
static void measure(OtoTensor *examples, int axis, float *mean, float *deviation) {
    OtoAround around = oto_around(examples, axis);
    const float *data = examples->data;
    double count = (double)(around.outer * around.inner);
    for (int64_t i = 0; i < around.length; i++) {
        double sum = 0, squares = 0;
        for (int64_t o = 0; o < around.outer; o++)
            for (int64_t k = 0; k < around.inner; k++) sum += (double)data[(o * around.length + i) * around.inner + k];
        for (int64_t o = 0; o < around.outer; o++)
            for (int64_t k = 0; k < around.inner; k++)
                squares += pow((double)data[(o * around.length + i) * around.inner + k] - sum / count, 2);
        mean[i] = (float)(sum / count);
        deviation[i] = squares > 0 ? (float)sqrt(squares / count) : 1;
    }
}

OtoLayer *oto_nn_standardize_axis(OtoTensor *examples, OtoWhichAxis which) {
    static const OtoLayerType type = {.name = "standardize", .forward = standardize_forward};
    oto_need_float("oto_nn_standardize", "examples", examples);
    int axis = oto_which_axis("oto_nn_standardize", examples, which), after = examples->rank - 1 - axis;
    if (examples->size == 0) oto_refuse("oto_nn_standardize", "examples are empty: %s", oto_shape_quoted(examples));
    OtoLayer *layer = oto_layer_new(&type, &after, sizeof after);
    oto_scope {
        OtoTensor *mean = oto_zeros(examples->shape[axis]), *deviation = oto_zeros(examples->shape[axis]);
        measure(examples, axis, mean->data, deviation->data);
        for (int64_t i = 0; i < mean->size; i++)
            if (!isfinite(oto_data(mean)[i]))
                oto_refuse("oto_nn_standardize",
                           "the examples %s hold NaN or infinite numbers at index %lld of axis %d",
                           oto_shape_quoted(examples), (long long)i, axis);
        oto_add_buffer(layer, "mean", mean);
        oto_add_buffer(layer, "std", deviation);
    }
    oto_layer_say(layer, "%lld", (long long)examples->shape[axis]);
    return layer;
}
