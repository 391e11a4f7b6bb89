#include "lib/dsp/stft.h"
#include "lib/dsp/analysis.h"
#include "lib/dsp/transpose.h"
#include "lib/tensor/arithmetic.h"
#include "lib/tensor/error.h"
#include "lib/tensor/graph.h"
#include "lib/tensor/parallel.h"
#include "lib/tensor/simd.h"

#include <float.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

/* Frames are transformed in blocks of this many: a block's spectra stay in the cache while they are turned from frame
 * by frame into frequency by frequency. A thread takes PIECE blocks at a time. */
enum { BLOCK = 16, PIECE = 16 };

/* ---- analysis ---- */

struct analysis {
    const OtoAnalysis *of;
    float _Complex *S; /* (channels, frequency, time) */
    int64_t blocks_per_channel;
    atomic_bool no_memory;
};

/* Spectra one after another start aligned, as the plan expects. */
static long aligned(int bins) {
    return (bins + 3) / 4 * 4;
}

static void analyse_blocks(int64_t from, int64_t to, void *context) {
    struct analysis *analysis = context;
    const OtoAnalysis *of = analysis->of;
    long stride = aligned(of->bins);
    float *frame = oto_transform_reals_or_null(of->framing.n_fft);
    float _Complex *block = (float _Complex *)oto_transform_reals_or_null(2 * stride * BLOCK);
    if (!frame || !block) analysis->no_memory = true;
    for (int64_t b = from; b < to && frame && block && !oto_interrupt_pending(); b++) {
        int64_t channel = b / analysis->blocks_per_channel, first = b % analysis->blocks_per_channel * BLOCK;
        int64_t count = of->frames - first < BLOCK ? of->frames - first : BLOCK;
        for (int64_t i = 0; i < count; i++) oto_analysis_frame(of, channel, first + i, frame, block + i * stride);
        oto_transpose_complexes(block, stride, analysis->S + channel * of->bins * of->frames + first, of->frames, count,
                                of->bins);
    }
    oto_transform_release(frame);
    oto_transform_release(block);
}

/* How frames lie in a signal: what carries gradients from one to the other. */
struct framed {
    OtoFraming framing;
    OtoPad pad_mode;
    int64_t frames;
};

static void stft_backward(OtoNode *node, OtoTensor *gradient);
static void samples_backward(OtoNode *node, OtoTensor *gradient);

/* The spectra of x (..., time): (..., frequency, time). */
static OtoTensor *spectra_of(OtoTensor *x, const OtoAnalysis *a) {
    static const OtoOperation stft = {.name = "oto_stft", .backward = stft_backward};
    long long shape[OTO_RANK_MAX];
    for (int i = 0; i < x->rank - 1; i++) shape[i] = x->shape[i];
    shape[x->rank - 1] = a->bins;
    shape[x->rank] = a->frames;
    OtoTensor *S = oto_zeros_of(OTO_COMPLEX64, x->rank + 1, shape);
    for (int i = 0; i < x->rank - 1; i++) oto_axis_copy(S, i, x, i);
    struct analysis analysis = {.of = a, .S = S->data, .blocks_per_channel = (a->frames + BLOCK - 1) / BLOCK};
    oto_parallel(analysis.blocks_per_channel * a->channels, PIECE, analyse_blocks, &analysis);
    if (analysis.no_memory) oto_refuse(a->operation, "no memory for frames of n_fft = %d", a->framing.n_fft);
    struct framed framed = {.framing = a->framing, .pad_mode = a->pad_mode, .frames = a->frames};
    return oto_record(&stft, S, &framed, sizeof framed, x);
}

OtoTensor *(oto_stft)(OtoTensor *audio, OtoStft options) {
    OtoTensor *S = NULL;
    OtoFraming f;
    oto_scope {
        OtoAnalysis a = oto_analysis("oto_stft", audio, options);
        f = a.framing;
        S = oto_keep(spectra_of(audio, &a));
    }
    oto_name_axis(S, S->rank - 2, "frequency", .unit = "Hz", .step = audio->sample_rate / f.n_fft);
    oto_name_axis(S, S->rank - 1, "time", .unit = "s",
                  .start = audio->axes[audio->rank - 1].start + (f.center ? 0 : f.n_fft / 2 / audio->sample_rate),
                  .step = f.hop_length / audio->sample_rate);
    S->sample_rate = audio->sample_rate;
    S->framing = f;
    S->quantity = OTO_SPECTRUM;
    if (!S->node) oto_set_origin(S, "stft", audio);
    return S;
}

/* ---- synthesis ---- */

struct synthesis {
    const OtoFraming *framing;
    const OtoPlan *plan;
    const float *window; /* divided by n_fft, which the transform leaves to us */
    const float *weight; /* for every sample of x: one over the sum of squared windows; NULL: 1 */
    bool adjoint;        /* S is a gradient: each bin counts once, and not for the negative frequency too */
    const float _Complex *S;
    int64_t frames, length, skip; /* x begins at sample skip of the first frame */
    float *x;
    int64_t pieces_per_channel;
    atomic_bool no_memory;
};

OTO_VECTORISED static void add_windowed(float *restrict y, const float *restrict frame, const float *restrict window,
                                        int64_t n) {
    for (int64_t i = 0; i < n; i++) y[i] += frame[i] * window[i];
}
OTO_VECTORISED static void weigh(float *restrict y, const float *restrict weight, int64_t n) {
    for (int64_t i = 0; i < n; i++) y[i] *= weight[i];
}

/* The part of frame t, which starts at sample `start` of x, that lies in samples begin ... end - 1. */
static void add_frame(const struct synthesis *s, float *x, const float *frame, int64_t start, int64_t begin,
                      int64_t end) {
    int64_t from = start < begin ? begin : start,
            to = start + s->framing->n_fft < end ? start + s->framing->n_fft : end;
    if (from < to) add_windowed(x + from, frame + (from - start), s->window + (from - start), to - from);
}

/* The inverse transform of a half spectrum adds 2 Re G[k] e^(i w) for all bins but the first and the last; this makes
 * it Re G[k] e^(i w) for all. */
static void count_once(float _Complex *G, int64_t n_fft) {
    G[0] = crealf(G[0]);
    for (int64_t k = 1; 2 * k < n_fft; k++) G[k] *= 0.5f;
    if (n_fft % 2 == 0) G[n_fft / 2] = crealf(G[n_fft / 2]);
}

/* Samples begin ... end - 1 of a channel: the sum of all frames that reach into them, in order. */
static void synthesise(const struct synthesis *s, int64_t channel, int64_t begin, int64_t end, float _Complex *block,
                       float *frame) {
    int64_t hop = s->framing->hop_length, n_fft = s->framing->n_fft, bins = n_fft / 2 + 1;
    long stride = aligned((int)bins);
    const float _Complex *S = s->S + channel * bins * s->frames;
    float *x = s->x + channel * s->length;
    int64_t first = begin + s->skip - n_fft < 0 ? 0 : (begin + s->skip - n_fft) / hop + 1;
    int64_t last = (end - 1 + s->skip) / hop;
    if (last >= s->frames) last = s->frames - 1;
    for (int64_t t = first; t <= last && !oto_interrupt_pending(); t += BLOCK) {
        int64_t count = last + 1 - t < BLOCK ? last + 1 - t : BLOCK;
        oto_transpose_complexes(S + t, s->frames, block, stride, bins, count);
        for (int64_t i = 0; i < count; i++) {
            if (s->adjoint) count_once(block + i * stride, n_fft);
            oto_transform_execute(s->plan, block + i * stride, frame);
            add_frame(s, x, frame, (t + i) * hop - s->skip, begin, end);
        }
    }
    if (s->weight) weigh(x + begin, s->weight + begin, end - begin);
}

/* Each thread fills its own stretch of samples, which costs the frames at its ends twice; none is so short that this
 * would matter. */
static int64_t piece_length(const OtoFraming *f) {
    int64_t length = (int64_t)f->hop_length * BLOCK * PIECE;
    return length > 16 * (int64_t)f->n_fft ? length : 16 * (int64_t)f->n_fft;
}

static void synthesise_pieces(int64_t from, int64_t to, void *context) {
    struct synthesis *s = context;
    int n_fft = s->framing->n_fft;
    float _Complex *block = (float _Complex *)oto_transform_reals_or_null(2 * aligned(n_fft / 2 + 1) * BLOCK);
    float *frame = oto_transform_reals_or_null(n_fft);
    if (!block || !frame) s->no_memory = true;
    for (int64_t piece = from; piece < to && block && frame; piece++) {
        int64_t channel = piece / s->pieces_per_channel;
        int64_t begin = piece % s->pieces_per_channel * piece_length(s->framing),
                end = begin + piece_length(s->framing);
        synthesise(s, channel, begin, end < s->length ? end : s->length, block, frame);
    }
    oto_transform_release(block);
    oto_transform_release(frame);
}

static void synthesise_all(const char *operation, struct synthesis *s, int64_t channels) {
    s->plan = oto_transform_plan(operation, OTO_REAL_BACKWARD, s->framing->n_fft);
    s->pieces_per_channel = (s->length + piece_length(s->framing) - 1) / piece_length(s->framing);
    oto_parallel(s->pieces_per_channel * channels, 1, synthesise_pieces, s);
    if (s->no_memory) oto_refuse(operation, "no memory for frames of n_fft = %d", s->framing->n_fft);
}

/* One over the sum of the squared windows of all frames, at every sample of x; 1 where no window reaches. Away from
 * the ends it repeats every hop, so that one hop is summed and the others are copies. */
static OtoTensor *weights_of(const OtoFraming *f, const float *window, int64_t frames, int64_t skip, int64_t length) {
    OtoTensor *weights = oto_zeros(length);
    float *weight = weights->data;
    int64_t hop = f->hop_length, n_fft = f->n_fft, whole = frames * hop; /* from n_fft to whole, all frames are there */
    for (int64_t i = 0; i < length; i++) {
        int64_t at = i + skip;
        if (at - hop >= n_fft && at < whole && i >= hop) {
            weight[i] = weight[i - hop];
            continue;
        }
        float sum = 0;
        int64_t first = at < n_fft ? 0 : (at - n_fft) / hop + 1, last = at / hop < frames ? at / hop : frames - 1;
        for (int64_t t = first; t <= last; t++) sum += window[at - t * hop] * window[at - t * hop];
        weight[i] = sum > FLT_MIN ? 1 / sum : 1;
    }
    return weights;
}

/* Refuses what is no STFT. */
static void check_spectra(OtoTensor *S, OtoInverse options) {
    oto_need("oto_istft", "S", S);
    if (S->type != OTO_COMPLEX64)
        oto_refuse("oto_istft", "S is %s without phases; it takes the complex64 of oto_stft (see oto_polar)",
                   oto_type_name(S->type));
    const OtoFraming *f = &S->framing;
    if (S->rank < 2 || S->rank > 3 || f->hop_length < 1 || S->shape[S->rank - 2] != f->n_fft / 2 + 1)
        oto_refuse("oto_istft", "%s does not come from oto_stft: it needs (frequency 1 + n_fft / 2, time)",
                   oto_shape_quoted(S));
    oto_check_range("oto_istft", "length", (double)options.length, 0, 1e10);
    if (S->cols < 1) oto_refuse("oto_istft", "S has no frames: %s", oto_shape_quoted(S));
}

/* Zeros for the sound of these spectra. */
static OtoTensor *sound_of(OtoTensor *S, int64_t length) {
    OtoTensor *x = oto_zeros_of(OTO_FLOAT32, S->rank - 1,
                                S->rank == 3 ? (long long[]){S->shape[0], length} : (long long[]){length});
    if (S->rank == 3) oto_axis_copy(x, 0, S, 0);
    x->sample_rate = S->sample_rate;
    x->quantity = OTO_AMPLITUDE;
    oto_name_axis(x, x->rank - 1, "time", .unit = "s", .step = S->sample_rate > 0 ? 1 / S->sample_rate : 1);
    if (!oto_records(S)) oto_set_origin(x, "istft", S);
    return x;
}

static void istft_backward(OtoNode *node, OtoTensor *gradient);

OtoTensor *(oto_istft)(OtoTensor *S, OtoInverse options) {
    static const OtoOperation istft = {.name = "oto_istft", .backward = istft_backward};
    check_spectra(S, options);
    const OtoFraming *f = &S->framing;
    int64_t skip = f->center ? f->n_fft / 2 : 0, length = options.length ? options.length : f->samples;
    if (length == 0) length = (S->cols - 1) * f->hop_length + f->n_fft - 2 * skip;
    OtoTensor *x = NULL;
    oto_scope {
        x = oto_keep(sound_of(S, length));
        float *window = oto_framing_window("oto_istft", f)->data;
        OtoTensor *weights = weights_of(f, window, S->cols, skip, length);
        for (int i = 0; i < f->n_fft; i++) window[i] /= (float)f->n_fft;
        struct synthesis synthesis = {.framing = f,
                                      .window = window,
                                      .weight = weights->data,
                                      .S = S->data,
                                      .frames = S->cols,
                                      .length = length,
                                      .skip = skip,
                                      .x = x->data};
        synthesise_all("oto_istft", &synthesis, x->rows);
    }
    struct framed framed = {.framing = *f, .pad_mode = OTO_PAD_ZEROS, .frames = S->cols};
    framed.framing.samples = length;
    return oto_record(&istft, x, &framed, sizeof framed, S);
}

/* ---- gradients ---- */

/* A row x with `pad` numbers more on both sides, that stand for others of its n numbers: what these get. */
static void fold_row(float *to, const float *x, int64_t n, int64_t pad, OtoPad mode) {
    memcpy(to, x + pad, (size_t)n * sizeof *to);
    for (int64_t beyond = 1; beyond <= pad; beyond++) {
        int64_t left = oto_padded_place(-beyond, n, mode), right = oto_padded_place(n - 1 + beyond, n, mode);
        float share = 1;
        if (mode == OTO_PAD_LINEAR_RAMP) {
            left = 0, right = n - 1;
            share = (float)(pad - beyond) / (float)pad;
        }
        if (left >= 0) to[left] += share * x[pad - beyond];
        if (right >= 0) to[right] += share * x[pad + n - 1 + beyond];
    }
}

/* S = spectra of x. With G = dL/dS, each frame gets dL/dx[n] = window[n] Re sum over k of G[k] exp(+2 pi i k n /
 * n_fft), and a sample the sum over all frames that it is in. */
static OtoTensor *samples_of(OtoTensor *G, const struct framed *framed) {
    static const OtoOperation adjoint = {.name = "oto_stft_backward", .backward = samples_backward};
    const OtoFraming *f = &framed->framing;
    int64_t pad = f->center ? f->n_fft / 2 : 0, channels = G->size / (G->shape[G->rank - 2] * G->cols);
    long long shape[OTO_RANK_MAX];
    for (int i = 0; i < G->rank - 2; i++) shape[i] = G->shape[i];
    shape[G->rank - 2] = f->samples;
    OtoTensor *x = oto_tensor_new(OTO_FLOAT32, G->rank - 1, shape);
    oto_scope {
        int64_t length = f->samples + 2 * pad;
        OtoTensor *padded = oto_zeros(channels, length);
        struct synthesis synthesis = {.framing = f,
                                      .window = oto_framing_window("oto_stft", f)->data,
                                      .adjoint = true,
                                      .S = G->data,
                                      .frames = framed->frames,
                                      .length = length,
                                      .x = padded->data};
        synthesise_all("oto_stft", &synthesis, channels);
        for (int64_t channel = 0; channel < channels; channel++)
            fold_row((float *)x->data + channel * f->samples, (float *)padded->data + channel * length, f->samples, pad,
                     framed->pad_mode);
    }
    return oto_record(&adjoint, x, framed, sizeof *framed, G);
}

static void stft_backward(OtoNode *node, OtoTensor *gradient) {
    oto_give(node, 0, samples_of(gradient, oto_node_settings(node)));
}

static OtoTensor *framed_spectra(OtoTensor *x, const struct framed *framed) {
    OtoAnalysis a = oto_analysis_by("oto_stft", x, &framed->framing, framed->pad_mode, framed->frames);
    return spectra_of(x, &a);
}

/* samples_of is the transpose of spectra_of, and spectra_of that of samples_of */
static void samples_backward(OtoNode *node, OtoTensor *gradient) {
    oto_give(node, 0, framed_spectra(gradient, oto_node_settings(node)));
}

/* x = istft S: each bin k but the first and the last counts for the negative frequency too, so with g = weight dL/dx,
 * dL/dS[k, t] = 2 / n_fft (the spectra of g)[k, t], and half of that for these two. */
static void istft_backward(OtoNode *node, OtoTensor *gradient) {
    const struct framed *framed = oto_node_settings(node);
    const OtoFraming *f = &framed->framing;
    OtoTensor *window = oto_framing_window("oto_istft", f), *scale = oto_full(2.0 / f->n_fft, f->n_fft / 2 + 1, 1);
    float *scales = scale->data;
    scales[0] /= 2;
    if (f->n_fft % 2 == 0 && f->n_fft > 1) scales[f->n_fft / 2] /= 2;
    OtoTensor *weights = weights_of(f, window->data, framed->frames, f->center ? f->n_fft / 2 : 0, f->samples);
    oto_give(node, 0, oto_mul(framed_spectra(oto_mul(gradient, weights), framed), scale));
}
