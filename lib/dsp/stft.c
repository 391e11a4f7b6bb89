#include "lib/dsp/stft.h"
#include "lib/dsp/analysis.h"
#include "lib/dsp/transpose.h"
#include "lib/tensor/error.h"
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

/* Zeros for the spectra of a sound, with their axes. */
static OtoTensor *spectra_of(OtoTensor *audio, const OtoAnalysis *a) {
    int channel_axes = audio->rank - 1;
    OtoTensor *S =
        oto_zeros_of(OTO_COMPLEX64, channel_axes + 2,
                     channel_axes ? (long long[]){audio->rows, a->bins, a->frames} : (long long[]){a->bins, a->frames});
    if (channel_axes) oto_axis_copy(S, 0, audio, 0);
    const OtoFraming *f = &a->framing;
    oto_name_axis(S, channel_axes, "frequency", .unit = "Hz", .step = audio->sample_rate / f->n_fft);
    oto_name_axis(S, channel_axes + 1, "time", .unit = "s",
                  .start = audio->axes[channel_axes].start + (f->center ? 0 : f->n_fft / 2 / audio->sample_rate),
                  .step = f->hop_length / audio->sample_rate);
    S->sample_rate = audio->sample_rate;
    S->framing = *f;
    S->quantity = OTO_SPECTRUM;
    oto_set_origin(S, "stft", audio);
    return S;
}

OtoTensor *(oto_stft)(OtoTensor *audio, OtoStft options) {
    OtoTensor *S = NULL;
    oto_scope {
        OtoAnalysis a = oto_analysis("oto_stft", audio, options);
        S = oto_keep(spectra_of(audio, &a));
        struct analysis analysis = {
            .of = &a,
            .S = S->data,
            .blocks_per_channel = (a.frames + BLOCK - 1) / BLOCK,
        };
        oto_parallel(analysis.blocks_per_channel * a.channels, PIECE, analyse_blocks, &analysis);
        if (analysis.no_memory) oto_refuse("oto_stft", "no memory for frames of n_fft = %d", a.framing.n_fft);
    }
    return S;
}

/* ---- synthesis ---- */

struct synthesis {
    const OtoFraming *framing;
    const OtoPlan *plan;
    const float *window; /* divided by n_fft, which the transform leaves to us */
    const float *weight; /* one over the sum of squared windows, for every sample of x */
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
            oto_transform_execute(s->plan, block + i * stride, frame);
            add_frame(s, x, frame, (t + i) * hop - s->skip, begin, end);
        }
    }
    weigh(x + begin, s->weight + begin, end - begin);
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
    oto_set_origin(x, "istft", S);
    return x;
}

OtoTensor *(oto_istft)(OtoTensor *S, OtoInverse options) {
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
                                      .plan = oto_transform_plan("oto_istft", OTO_REAL_BACKWARD, f->n_fft),
                                      .window = window,
                                      .weight = weights->data,
                                      .S = S->data,
                                      .frames = S->cols,
                                      .length = length,
                                      .skip = skip,
                                      .x = x->data,
                                      .pieces_per_channel = (length + piece_length(f) - 1) / piece_length(f)};
        oto_parallel(synthesis.pieces_per_channel * x->rows, 1, synthesise_pieces, &synthesis);
        if (synthesis.no_memory) oto_refuse("oto_istft", "no memory for frames of n_fft = %d", f->n_fft);
    }
    return x;
}
