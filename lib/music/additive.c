#include "lib/music/synthesis.h"
#include "lib/music/new_sound.h"
#include "lib/tensor/error.h"
#include "lib/tensor/graph.h"
#include "lib/tensor/parallel.h"

#include <math.h>

/* ---- backwards ---- */

/* Cosine or sine bank in the other direction, partial by partial:
 *     y[n] = sum over k of a_k[n] sin(p_k[n]),  p_k[n] = 2 pi (f_k[0] + ... + f_k[n - 1]) / sample_rate + phase_k
 *     dL/da_k[n] = sin(p_k[n]) dL/dy[n]
 *     dL/df_k[m] = 2 pi / sample_rate times the sum over n > m of a_k[n] cos(p_k[n]) dL/dy[n]
 *     dL/dphase_k = the sum over all n of the same products
 * and of constant f and a, the sums over n (and m). Silent samples give nothing. */
struct partials {
    const float *gradient, *f, *a, *phases; /* phases may be NULL; so may be what is not asked for: */
    float *to_f, *to_a, *to_phases;
    int64_t samples;
    bool per_sample;
    double rate;
};

static void partials_back(int64_t from, int64_t to, void *context) {
    const struct partials *p = context;
    int64_t stride = p->per_sample ? p->samples : 1;
    for (int64_t k = from; k < to; k++) {
        const float *f = p->f + k * stride, *a = p->a + k * stride;
        float *to_f = p->to_f ? p->to_f + k * stride : NULL, *to_a = p->to_a ? p->to_a + k * stride : NULL;
        double turns = (p->phases ? (double)p->phases[k] : 0) / (2 * M_PI), of_a = 0, of_phase = 0, of_f = 0;
        for (int64_t n = 0; n < p->samples; n++) {
            double hz = (double)f[p->per_sample ? n : 0], g = (double)p->gradient[n], angle = 2 * M_PI * turns;
            bool sounds = fabs(hz) < p->rate / 2;
            double by_amplitude = sounds ? g * sin(angle) : 0;
            double by_phase = sounds ? g * (double)a[p->per_sample ? n : 0] * cos(angle) : 0;
            of_a += by_amplitude;
            of_phase += by_phase;
            of_f += (double)n * by_phase;
            if (p->per_sample && to_a) to_a[n] = (float)by_amplitude;
            if (p->per_sample && to_f) to_f[n] = (float)by_phase;
            turns += hz / p->rate;
            turns -= floor(turns);
        }
        if (!p->per_sample && to_a) *to_a = (float)of_a;
        if (!p->per_sample && to_f) *to_f = (float)(of_f * 2 * M_PI / p->rate);
        if (p->to_phases) p->to_phases[k] = (float)of_phase;
        if (!p->per_sample || !to_f) continue;
        double later = 0;
        for (int64_t m = p->samples - 1; m >= 0; m--) {
            double here = (double)to_f[m];
            to_f[m] = (float)(later * 2 * M_PI / p->rate);
            later += here;
        }
    }
}

static void additive_backward(OtoNode *node, OtoTensor *gradient) {
    OtoTensor *f = oto_node_input(node, 0), *a = oto_node_input(node, 1), *to[3] = {};
    OtoTensor *phases = *(const bool *)oto_node_settings(node) ? oto_node_input(node, 2) : NULL;
    OtoTensor *inputs[] = {f, a, phases};
    for (int i = 0; i < 3; i++)
        if (inputs[i] && oto_node_wants(node, i)) to[i] = oto_like_new(inputs[i], OTO_FLOAT32, NULL);
    struct partials p = {.gradient = gradient->data,
                         .f = f->data,
                         .a = a->data,
                         .phases = phases ? phases->data : NULL,
                         .to_f = to[0] ? to[0]->data : NULL,
                         .to_a = to[1] ? to[1]->data : NULL,
                         .to_phases = to[2] ? to[2]->data : NULL,
                         .samples = gradient->size,
                         .per_sample = f->rank == 2,
                         .rate = oto_node_output(node)->sample_rate};
    oto_parallel(f->shape[0], 1, partials_back, &p);
    for (int i = 0; i < 3; i++)
        if (to[i]) oto_give(node, i, to[i]);
}

/* ---- forwards ---- */

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
    static const OtoOperation additive = {
        .name = "oto_additive", .backward = additive_backward, .saves = OTO_SAVES_INPUTS, .once = true};
    bool has_phases = options.phases;
    return oto_record(&additive, sound, &has_phases, sizeof has_phases, frequencies, amplitudes, options.phases);
}
