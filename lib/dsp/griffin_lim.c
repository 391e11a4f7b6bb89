#include "lib/dsp/griffin_lim.h"
#include "lib/dsp/analysis.h"
#include "lib/dsp/finite.h"
#include "lib/dsp/long_work.h"
#include "lib/dsp/transform.h"
#include "lib/dsp/transpose.h"
#include "lib/tensor/arithmetic.h"
#include "lib/tensor/error.h"
#include "lib/tensor/parallel.h"
#include "lib/tensor/random.h"
#include "lib/tensor/simd.h"

#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

/* A thread takes this many frames at a time, from spectra to sound and back, without anything leaving its cache. */
enum { FRAMES = 64 };

/* One channel. Spectra are kept frame after frame, `stride` apart. Sample 0 is the first of frame 0, so that frame t
 * covers samples t * hop_length ... + n_fft - 1. */
struct estimate {
    OtoFraming framing;
    int64_t frames, stride, bins;
    float *magnitudes;                   /* what is wanted */
    float _Complex *now, *before, *next; /* STFT of the last sound, and of the one before; the one to be made */
    float momentum;
    const float *window; /* n_fft */
    const float *weight; /* one over the sum of squared windows and over n_fft, for every sample */
    int64_t begin, end;  /* the sound lies in samples begin ... end - 1; 0 around it */
    const OtoPlan *forward, *backward;
    float *sound; /* NULL, or room for it: then nothing goes back to spectra */
    atomic_bool no_memory;
};

/* The guess for one frame: the wanted magnitudes, with the phases of now - momentum * before. */
OTO_VECTORISED static void guess(float *restrict spectrum, const float *restrict magnitudes, const float *restrict now,
                                 const float *restrict before, float momentum, int64_t bins) {
    for (int64_t k = 0; k < bins; k++) {
        float re = now[2 * k] - momentum * before[2 * k], im = now[2 * k + 1] - momentum * before[2 * k + 1];
        float scale = magnitudes[k] / (sqrtf(re * re + im * im) + FLT_MIN);
        spectrum[2 * k] = re * scale;
        spectrum[2 * k + 1] = im * scale;
    }
}
OTO_VECTORISED static void add_windowed(float *restrict y, const float *restrict frame, const float *restrict window,
                                        int64_t n) {
    for (int64_t i = 0; i < n; i++) y[i] += frame[i] * window[i];
}
OTO_VECTORISED static void multiply(float *restrict to, const float *restrict x, const float *restrict y, int64_t n) {
    for (int64_t i = 0; i < n; i++) to[i] = x[i] * y[i];
}

/* The sound under frames from ... to - 1, into y, whose first sample is that of frame `from`: all frames that reach
 * into it, overlapped. */
static void synthesise(const struct estimate *e, int64_t from, int64_t to, float *y, float *frame,
                       float _Complex *spectrum) {
    int64_t n_fft = e->framing.n_fft, hop = e->framing.hop_length, first_sample = from * hop;
    int64_t count = (to - 1 - from) * hop + n_fft, overlap = (n_fft - 1) / hop;
    memset(y, 0, (size_t)count * sizeof *y);
    for (int64_t t = from > overlap ? from - overlap : 0; t < to + overlap && t < e->frames; t++) {
        int64_t at = t * hop - first_sample, low = at < 0 ? -at : 0, high = at + n_fft > count ? count - at : n_fft;
        if (low >= high) continue;
        guess((float *)spectrum, e->magnitudes + t * e->stride, (float *)(e->now + t * e->stride),
              (float *)(e->before + t * e->stride), e->momentum, e->bins);
        oto_transform_execute(e->backward, spectrum, frame);
        add_windowed(y + at + low, frame + low, e->window + low, high - low);
    }
    multiply(y, y, e->weight + first_sample, count);
    for (int64_t i = 0; i < e->begin - first_sample && i < count; i++) y[i] = 0;
    for (int64_t i = count - 1; i >= 0 && i >= e->end - first_sample; i--) y[i] = 0;
}

static void analyse(const struct estimate *e, int64_t from, int64_t to, const float *y, float *frame) {
    for (int64_t t = from; t < to; t++) {
        multiply(frame, y + (t - from) * e->framing.hop_length, e->window, e->framing.n_fft);
        oto_transform_execute(e->forward, frame, e->next + t * e->stride);
    }
}

static void improve(int64_t from, int64_t to, void *context) {
    struct estimate *e = context;
    int64_t n_fft = e->framing.n_fft, hop = e->framing.hop_length;
    float *y = oto_transform_reals_or_null((to - from - 1) * hop + n_fft), *frame = oto_transform_reals_or_null(n_fft);
    float _Complex *spectrum = (float _Complex *)oto_transform_reals_or_null(2 * e->stride);
    if (y && frame && spectrum) {
        synthesise(e, from, to, y, frame, spectrum);
        if (e->sound) /* Each piece keeps what no later one begins with. */
            memcpy(e->sound + from * hop, y,
                   (size_t)(to == e->frames ? (to - from - 1) * hop + n_fft : (to - from) * hop) * sizeof *y);
        else
            analyse(e, from, to, y, frame);
    } else {
        e->no_memory = true;
    }
    oto_transform_release(y);
    oto_transform_release(frame);
    oto_transform_release(spectrum);
}

/* ---- what options mean ---- */

static OtoFraming framing_of(OtoTensor *S, OtoGriffinLim options) {
    int64_t bins = S->shape[S->rank - 2];
    OtoFraming f = S->framing;
    if (f.hop_length < 1 || f.n_fft / 2 + 1 != bins)
        f = (OtoFraming){.n_fft = (int)(2 * (bins - 1)),
                         .center = options.center,
                         .window = (int)options.window,
                         .window_parameter = options.window_parameter};
    if (options.win_length) f.win_length = options.win_length;
    if (!f.win_length) f.win_length = f.n_fft;
    if (f.win_length < 1 || f.win_length > f.n_fft)
        oto_refuse("oto_griffin_lim", "win_length is %d, but must lie within [1, n_fft = %d]", f.win_length, f.n_fft);
    if (options.hop_length != OTO_DEFAULT)
        f.hop_length = options.hop_length;
    else if (!f.hop_length)
        f.hop_length = f.win_length >= 4 ? f.win_length / 4 : 1;
    if (f.hop_length < 1 || f.hop_length > f.n_fft)
        oto_refuse("oto_griffin_lim", "hop_length is %d, but must lie within [1, n_fft = %d]", f.hop_length, f.n_fft);
    int64_t whole = (S->cols - 1) * f.hop_length + (f.center ? f.n_fft % 2 : f.n_fft);
    int64_t length = options.length ? options.length : f.samples ? f.samples : whole;
    int64_t frames = 1 + (length - (f.center ? f.n_fft % 2 : f.n_fft)) / f.hop_length;
    if (length < 0 || (!f.center && length < f.n_fft) || frames != S->cols)
        oto_refuse("oto_griffin_lim",
                   "length is %" PRId64 ", which does not have the %" PRId64 " frames of S; %" PRId64 " to %" PRId64
                   " have",
                   length, S->cols, whole, whole + f.hop_length - 1);
    f.samples = length;
    return f;
}

static void check(OtoTensor *S, OtoGriffinLim options) {
    const char *operation = "oto_griffin_lim";
    oto_need(operation, "S", S);
    if (S->type == OTO_COMPLEX64) oto_refuse(operation, "S has phases already; oto_istft is its inverse");
    oto_need_float(operation, "S", S);
    if (S->quantity == OTO_DECIBEL || S->quantity == OTO_POWER)
        oto_refuse(operation, "S holds %s, not magnitudes; %s", oto_quantity_name(S->quantity),
                   S->quantity == OTO_POWER ? "oto_sqrt(S) gives them" : "oto_db_to_amplitude gives them");
    if (S->rank < 2 || S->rank > 3 || S->shape[S->rank - 2] < 2 || S->cols < 1)
        oto_refuse(operation, "S is %s, but must be (frequency 1 + n_fft / 2, time)", oto_shape_quoted(S));
    oto_need_finite(operation, "S", S);
    oto_check_range(operation, "n_iter", options.n_iter, 0, 1e6);
    oto_check_range(operation, "momentum", options.momentum, 0, 1e6);
    if (options.init != OTO_INIT_RANDOM && options.init != OTO_INIT_ZERO)
        oto_refuse(operation, "init is %d; use OTO_INIT_RANDOM or OTO_INIT_ZERO", (int)options.init);
}

/* ---- one channel ---- */

/* One over the sum of squared windows and over n_fft, which the transform leaves to us; where no window reaches, 1
 * over n_fft. */
static void find_weights(const OtoFraming *f, const float *window, int64_t frames, float *weight, int64_t count) {
    memset(weight, 0, (size_t)count * sizeof *weight);
    for (int64_t t = 0; t < frames; t++)
        for (int64_t i = 0; i < f->n_fft; i++) weight[t * f->hop_length + i] += window[i] * window[i];
    for (int64_t i = 0; i < count; i++) weight[i] = 1 / ((weight[i] > FLT_MIN ? weight[i] : 1) * (float)f->n_fft);
}

static void begin(struct estimate *e, const float *S, OtoPhaseInit init) {
    oto_transpose_floats(S, e->frames, e->magnitudes, e->stride, e->bins, e->frames);
    memset(e->before, 0, (size_t)(e->frames * e->stride) * sizeof *e->before);
    for (int64_t t = 0; t < e->frames; t++)
        for (int64_t k = 0; k < e->bins; k++) {
            float *z = (float *)(e->now + t * e->stride + k);
            double phase = init == OTO_INIT_RANDOM ? 2 * M_PI * oto_uniform() : 0;
            z[0] = cosf((float)phase);
            z[1] = sinf((float)phase);
        }
}

/* Improvement number i; number 0 starts from phases, not from an STFT, so that the next one has none before it. */
static void improve_all(struct estimate *e, int i, float step) {
    e->momentum = i < 2 ? 0 : step;
    oto_parallel(e->frames, FRAMES, improve, e);
}

/* n_iter improvements, and then the sound. */
static void iterate(struct estimate *e, int n_iter, float step, float *to, float *sound, OtoLongWork *work) {
    for (int i = 0; i < n_iter && !oto_interrupt_pending(); i++) {
        improve_all(e, i, step);
        float _Complex *oldest = e->before;
        e->before = e->now;
        e->now = e->next;
        e->next = oldest;
        oto_long_work_step(work);
    }
    e->sound = sound;
    improve_all(e, n_iter, step);
    e->sound = NULL;
    for (int64_t i = 0; i < e->framing.samples; i++) to[i] = e->begin + i < e->end ? sound[e->begin + i] : 0;
}

static OtoTensor *sound_of(OtoTensor *S, const OtoFraming *f) {
    OtoTensor *x = oto_zeros_of(OTO_FLOAT32, S->rank - 1,
                                S->rank == 3 ? (long long[]){S->shape[0], f->samples} : (long long[]){f->samples});
    if (S->rank == 3) oto_axis_copy(x, 0, S, 0);
    x->sample_rate = S->sample_rate;
    x->quantity = OTO_AMPLITUDE;
    oto_name_axis(x, x->rank - 1, "time", .unit = "s", .step = S->sample_rate > 0 ? 1 / S->sample_rate : 1);
    oto_set_origin(x, "griffin_lim", S);
    return x;
}

OtoTensor *(oto_griffin_lim)(OtoTensor *S, OtoGriffinLim options) {
    const char *operation = "oto_griffin_lim";
    check(S, options);
    OtoFraming f = framing_of(S, options);
    OtoTensor *x = sound_of(S, &f);
    int64_t bins = f.n_fft / 2 + 1, stride = (bins + 7) / 8 * 8, frames = S->cols;
    int64_t reach = (frames - 1) * f.hop_length + f.n_fft, skip = f.center ? f.n_fft / 2 : 0;
    struct estimate e = {.framing = f,
                         .frames = frames,
                         .stride = stride,
                         .bins = bins,
                         .magnitudes = oto_transform_reals(operation, frames * stride),
                         .now = oto_transform_complexes(operation, frames * stride),
                         .before = oto_transform_complexes(operation, frames * stride),
                         .next = oto_transform_complexes(operation, frames * stride),
                         .begin = skip,
                         .end = skip + f.samples < reach ? skip + f.samples : reach,
                         .forward = oto_transform_plan(operation, OTO_REAL_FORWARD, f.n_fft),
                         .backward = oto_transform_plan(operation, OTO_REAL_BACKWARD, f.n_fft)};
    float *weight = oto_transform_reals(operation, reach), *sound = oto_transform_reals(operation, reach);
    OtoLongWork work = oto_long_work(options.n_iter * x->rows, "Griffin-Lim");
    oto_scope {
        e.window = oto_framing_window(operation, &f)->data;
        find_weights(&f, e.window, frames, weight, reach);
        e.weight = weight;
        for (int64_t channel = 0; channel < x->rows && !oto_interrupt_pending(); channel++) {
            begin(&e, (float *)S->data + channel * bins * frames, options.init);
            iterate(&e, options.n_iter, (float)(options.momentum / (1 + options.momentum)),
                    (float *)x->data + channel * f.samples, sound, &work);
        }
    }
    oto_long_work_done(&work);
    oto_transform_release(e.magnitudes);
    oto_transform_release(e.now);
    oto_transform_release(e.before);
    oto_transform_release(e.next);
    oto_transform_release(weight);
    oto_transform_release(sound);
    if (e.no_memory) oto_refuse(operation, "no memory for frames of n_fft = %d", f.n_fft);
    return x;
}
