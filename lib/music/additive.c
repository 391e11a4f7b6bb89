#include "lib/music/synthesis.h"
#include "lib/music/new_sound.h"
#include "lib/tensor/error.h"

#include <math.h>

/* Adds partial k to the sound; per_sample says whether f and a hold a value for each sample, or one. */
static void add_partial(OtoTensor *sound, const float *f, const float *a, bool per_sample, double phase) {
    double turns = phase / (2 * M_PI), rate = sound->sample_rate;
    float *to = sound->data;
    for (int64_t n = 0; n < sound->size; n++) {
        double hz = (double)f[per_sample ? n : 0];
        if (fabs(hz) < rate / 2) to[n] += (float)((double)a[per_sample ? n : 0] * sin(2 * M_PI * turns));
        turns += hz / rate;
        turns -= floor(turns);
    }
}

static void check(OtoTensor *frequencies, OtoTensor *amplitudes, OtoTensor *phases) {
    oto_need_float("oto_additive", "frequencies", frequencies);
    oto_need_float("oto_additive", "amplitudes", amplitudes);
    if (frequencies->rank < 1 || frequencies->rank > 2)
        oto_refuse("oto_additive", "frequencies is %s, but must be (partial) or (partial, time)",
                   oto_shape_quoted(frequencies));
    bool same = amplitudes->rank == frequencies->rank && amplitudes->shape[0] == frequencies->shape[0] &&
                (frequencies->rank == 1 || amplitudes->shape[1] == frequencies->shape[1]);
    if (!same)
        oto_refuse("oto_additive", "frequencies is %s and amplitudes %s; each partial needs both, in the same shape",
                   oto_shape_quoted(frequencies), oto_shape_quoted(amplitudes));
    for (int64_t i = 0; i < frequencies->size; i++)
        if (!isfinite(((float *)frequencies->data)[i]) || !isfinite(((float *)amplitudes->data)[i]))
            oto_refuse("oto_additive", "value %lld is %g Hz with amplitude %g; both must be finite", (long long)i,
                       (double)((float *)frequencies->data)[i], (double)((float *)amplitudes->data)[i]);
    if (!phases) return;
    oto_need_float("oto_additive", "phases", phases);
    if (phases->rank != 1 || phases->size != frequencies->shape[0])
        oto_refuse("oto_additive", "phases is %s, but there are %lld partials", oto_shape_quoted(phases),
                   (long long)frequencies->shape[0]);
}

OtoTensor *(oto_additive)(OtoTensor *frequencies, OtoTensor *amplitudes, OtoAdditive options) {
    check(frequencies, amplitudes, options.phases);
    bool per_sample = frequencies->rank == 2;
    double rate = frequencies->sample_rate > 0 ? frequencies->sample_rate : options.sample_rate;
    oto_check_range("oto_additive", "sample_rate", rate, 100, 1e6);
    OtoTensor *sound =
        oto_new_sound("oto_additive", per_sample ? (double)frequencies->cols / rate : options.seconds, rate);
    oto_set_origin(sound, "additive", NULL);
    int64_t stride = per_sample ? frequencies->cols : 1;
    for (int64_t k = 0; k < frequencies->shape[0] && !oto_interrupt_pending(); k++)
        add_partial(sound, (float *)frequencies->data + k * stride, (float *)amplitudes->data + k * stride, per_sample,
                    options.phases ? (double)((float *)options.phases->data)[k] : 0);
    return sound;
}
