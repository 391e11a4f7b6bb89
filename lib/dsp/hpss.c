#include "lib/dsp/hpss.h"
#include "lib/dsp/finite.h"
#include "lib/dsp/long_work.h"
#include "lib/dsp/masks.h"
#include "lib/dsp/running_median.h"
#include "lib/tensor/error.h"
#include "lib/tensor/parallel.h"
#include "lib/tensor/simd.h"

#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { GRAIN = 1 << 16 /* elements whose masks a thread makes at a time */, CHUNK = 1024 /* that stay in the cache */ };

/* Refuses options that cannot be meant, and fills in what the second of two leaves to the first. */
static void complete(OtoHpss *options) {
    for (int i = 0; i < 2; i++) {
        if (i == 1 && options->kernel_size[1] == 0) options->kernel_size[1] = options->kernel_size[0];
        if (i == 1 && options->margin[1] == 0) options->margin[1] = options->margin[0];
        oto_check_range("oto_hpss", "kernel_size", options->kernel_size[i], 1, 100000);
        if (!(options->margin[i] >= 1 && options->margin[i] < 1e9))
            oto_refuse("oto_hpss", "margin is %g, but must be at least 1; 1 to 10 is usual", options->margin[i]);
    }
    if (!(options->power > 0)) oto_refuse("oto_hpss", "power is %g, but must be positive", options->power);
}

OTO_VECTORISED static void magnitudes(float *restrict to, const float *restrict z, int64_t n) {
    for (int64_t i = 0; i < n; i++) to[i] = sqrtf(z[2 * i] * z[2 * i] + z[2 * i + 1] * z[2 * i + 1]);
}
OTO_VECTORISED static void scale_complex(float *restrict to, const float *restrict z, const float *restrict mask,
                                         int64_t n) {
    for (int64_t i = 0; i < n; i++) {
        to[2 * i] = z[2 * i] * mask[i];
        to[2 * i + 1] = z[2 * i + 1] * mask[i];
    }
}
OTO_VECTORISED static void scale_real(float *restrict to, const float *restrict x, const float *restrict mask,
                                      int64_t n) {
    for (int64_t i = 0; i < n; i++) to[i] = x[i] * mask[i];
}

/* Two medians of the same elements, and what is made of them. */
struct separation {
    const OtoHpss *options;
    OtoTensor *S;
    const float *harmonic, *percussive;
    OtoParts parts;
};

/* One part of elements from ... from + n - 1, of which there are at most CHUNK. */
static void share(const struct separation *s, OtoTensor *part, const float *own, const float *other, double margin,
                  int64_t from, int64_t n) {
    float mask[CHUNK];
    bool even = s->options->margin[0] == 1 && s->options->margin[1] == 1;
    oto_softmask_into(mask, own + from, other + from, (float)margin, n, s->options->power, even ? 0.5f : 0);
    float *to = part->data, *x = s->S->data;
    if (s->options->mask)
        memcpy(to + from, mask, (size_t)n * sizeof *mask);
    else if (s->S->type == OTO_COMPLEX64)
        scale_complex(to + 2 * from, x + 2 * from, mask, n);
    else
        scale_real(to + from, x + from, mask, n);
}

static void share_out(int64_t from, int64_t to, void *context) {
    const struct separation *s = context;
    for (int64_t i = from; i < to; i += CHUNK) {
        int64_t n = to - i < CHUNK ? to - i : CHUNK;
        share(s, s->parts.harmonic, s->harmonic, s->percussive, s->options->margin[0], i, n);
        share(s, s->parts.percussive, s->percussive, s->harmonic, s->options->margin[1], i, n);
    }
}

/* The magnitudes that medians are taken of. */
static OtoTensor *magnitudes_of(OtoTensor *S) {
    if (S->type != OTO_COMPLEX64) return S;
    OtoTensor *m = oto_like(S, OTO_FLOAT32, NULL);
    magnitudes(m->data, S->data, S->size);
    return m;
}

static OtoParts separate(OtoTensor *S, const OtoHpss *options) {
    OtoParts parts = {};
    OtoType type = options->mask ? OTO_FLOAT32 : S->type;
    parts.harmonic = oto_like(S, type, options->mask ? "harmonic mask" : "harmonic part");
    parts.percussive = oto_like(S, type, options->mask ? "percussive mask" : "percussive part");
    if (options->mask) parts.harmonic->quantity = parts.percussive->quantity = OTO_PLAIN;
    int64_t bins = S->shape[S->rank - 2], frames = S->cols, channel = bins * frames;
    oto_scope {
        OtoTensor *m = magnitudes_of(S), *over_time = oto_like(m, OTO_FLOAT32, NULL),
                  *over_frequency = oto_like(m, OTO_FLOAT32, NULL);
        OtoLongWork work = oto_long_work(2 * S->size / channel, "medians");
        for (int64_t first = 0; first < S->size && !oto_interrupt_pending(); first += channel)
            for (int way = 0; way < 2; way++) {
                float *medians = (float *)(way ? over_frequency : over_time)->data + first;
                if (!oto_running_median((float *)m->data + first, medians, bins, frames, options->kernel_size[way],
                                        way == 0))
                    oto_refuse("oto_hpss", "no memory for medians of %s", oto_shape_quoted(S));
                oto_long_work_step(&work);
            }
        oto_long_work_done(&work);
        struct separation separation = {.options = options,
                                        .S = S,
                                        .harmonic = over_time->data,
                                        .percussive = over_frequency->data,
                                        .parts = parts};
        oto_parallel(S->size, GRAIN, share_out, &separation);
    }
    return parts;
}

static void need_spectrogram(OtoTensor *S) {
    if (S->type == OTO_INT64) oto_need_float("oto_hpss", "x", S);
    if (S->quantity == OTO_DECIBEL) oto_refuse("oto_hpss", "x is in dB; shares are of magnitudes or powers");
    if (S->rank < 2 || S->rank > 3 || S->size == 0)
        oto_refuse("oto_hpss", "x is %s, but must be a sound or a spectrogram (frequency, time)", oto_shape_quoted(S));
    oto_need_finite("oto_hpss", "x", S);
}

OtoParts(oto_hpss)(OtoTensor *x, OtoHpss options) {
    oto_need("oto_hpss", "x", x);
    complete(&options);
    bool sound = !strcmp(x->axes[x->rank - 1].name, "time") &&
                 (x->rank == 1 || (x->rank == 2 && !strcmp(x->axes[0].name, "channels")));
    OtoParts parts = {};
    if (!sound) {
        need_spectrogram(x);
        return separate(x, &options);
    }
    oto_scope {
        oto_need_audio("oto_hpss", "x", x);
        oto_need_finite("oto_hpss", "x", x);
        parts = separate((oto_stft)(x, OTO_STFT_OF(options)), &options);
        if (!options.mask)
            parts = (OtoParts){.harmonic = oto_istft(parts.harmonic), .percussive = oto_istft(parts.percussive)};
        oto_keep(parts.harmonic);
        oto_keep(parts.percussive);
    }
    return parts;
}
