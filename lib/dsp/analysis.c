#include "lib/dsp/analysis.h"
#include "lib/dsp/finite.h"
#include "lib/dsp/magnitude.h"
#include "lib/dsp/transpose.h"
#include "lib/tensor/error.h"
#include "lib/tensor/parallel.h"
#include "lib/tensor/simd.h"

#include <inttypes.h>
#include <math.h>
#include <stdatomic.h>
#include <string.h>

enum { FFT_MAX = 1 << 24, PIECE = 16 /* blocks that a thread takes at a time */ };

static OtoFraming framing_of(const char *operation, OtoStft options, int64_t samples) {
    int n_fft = options.n_fft, win_length = options.win_length ? options.win_length : n_fft;
    if (n_fft < 1 || n_fft > FFT_MAX)
        oto_refuse(operation, "n_fft is %d, but must lie within [1, %d]; 2048 is usual", n_fft, FFT_MAX);
    if (win_length < 1 || win_length > n_fft)
        oto_refuse(operation, "win_length is %d, but must lie within [1, n_fft = %d]", win_length, n_fft);
    int hop_length = options.hop_length != OTO_DEFAULT ? options.hop_length : win_length >= 4 ? win_length / 4 : 1;
    if (hop_length < 1) oto_refuse(operation, "hop_length is %d, but must be at least 1 sample", hop_length);
    return (OtoFraming){.n_fft = n_fft,
                        .win_length = win_length,
                        .hop_length = hop_length,
                        .center = options.center,
                        .window = (int)options.window,
                        .window_parameter = options.window_parameter,
                        .samples = samples};
}

OtoTensor *oto_framing_window(const char *operation, const OtoFraming *f) {
    OtoTensor *window = oto_zeros(f->n_fft);
    oto_scope {
        OtoTensor *inner = oto_window((OtoWindow)f->window, f->win_length, .parameter = f->window_parameter);
        memcpy((float *)window->data + (f->n_fft - f->win_length) / 2, inner->data,
               (size_t)f->win_length * sizeof(float));
    }
    return window;
}

OtoAnalysis oto_analysis_by(const char *operation, OtoTensor *x, const OtoFraming *framing, OtoPad pad_mode,
                            int64_t frames) {
    return (OtoAnalysis){.operation = operation,
                         .framing = *framing,
                         .pad_mode = pad_mode,
                         .bins = framing->n_fft / 2 + 1,
                         .frames = frames,
                         .channels = x->rows,
                         .samples = x->data,
                         .window = oto_framing_window(operation, framing)->data,
                         .plan = oto_transform_plan(operation, OTO_REAL_FORWARD, framing->n_fft)};
}

static OtoAnalysis analysis_of(const char *operation, const char *argument, OtoTensor *audio, OtoStft options) {
    oto_need_audio(operation, argument, audio);
    oto_need_finite(operation, argument, audio);
    oto_check_pad(operation, "pad_mode", options.pad_mode);
    if (options.pad_mode == OTO_PAD_WRAP)
        oto_refuse(operation, "pad_mode is OTO_PAD_WRAP, which would mix the end of the sound into its beginning; use "
                              "OTO_PAD_ZEROS or OTO_PAD_REFLECT");
    OtoFraming f = framing_of(operation, options, audio->cols);
    int64_t reach = audio->cols + (f.center ? 2 * (int64_t)(f.n_fft / 2) : 0);
    if (reach < f.n_fft)
        oto_refuse(operation, "%s has %" PRId64 " samples, fewer than one frame of n_fft = %d; use a smaller n_fft",
                   argument, audio->cols, f.n_fft);
    return oto_analysis_by(operation, audio, &f, options.pad_mode, 1 + (reach - f.n_fft) / f.hop_length);
}

OtoAnalysis oto_analysis(const char *operation, OtoTensor *audio, OtoStft options) {
    return analysis_of(operation, "audio", audio, options);
}

OTO_VECTORISED static void multiply(float *restrict y, const float *restrict x, const float *restrict window, int n) {
    for (int i = 0; i < n; i++) y[i] = x[i] * window[i];
}

void oto_analysis_frame(const OtoAnalysis *a, int64_t channel, int64_t t, float *frame, float _Complex *spectrum) {
    const OtoFraming *f = &a->framing;
    const float *x = a->samples + channel * f->samples;
    int64_t first = t * f->hop_length - (f->center ? f->n_fft / 2 : 0);
    if (first >= 0 && first + f->n_fft <= f->samples) {
        multiply(frame, x + first, a->window, f->n_fft);
    } else {
        oto_samples_at(frame, x, f->samples, first, f->n_fft, a->pad_mode, f->n_fft / 2);
        for (int i = 0; i < f->n_fft; i++) frame[i] *= a->window[i];
    }
    oto_transform_execute(a->plan, frame, spectrum);
}

/* ---- power or magnitude ---- */

OtoSource oto_source(const char *operation, const char *argument, OtoTensor *x, OtoStft options, int exponent) {
    oto_need(operation, argument, x);
    if (x->type == OTO_INT64) oto_need_float(operation, argument, x);
    OtoSource source = {.x = x, .exponent = (float)exponent, .channels = 1};
    bool framed = x->rank >= 2 && (x->type == OTO_COMPLEX64 || strcmp(x->axes[x->rank - 2].name, "channels"));
    source.is_sound = !framed;
    if (!framed) {
        source.analysis = analysis_of(operation, argument, x, options);
        source.bins = source.analysis.bins;
        source.frames = source.analysis.frames;
        source.channels = source.analysis.channels;
        return source;
    }
    if (x->rank > 3 || x->size == 0)
        oto_refuse(operation, "%s is %s, but must be a sound, or a spectrogram (frequency, time) with something in it",
                   argument, oto_shape_quoted(x));
    if (x->quantity == OTO_DECIBEL || x->quantity == OTO_PHASE)
        oto_refuse(operation, "%s holds %s; give it a sound, its STFT or a spectrogram of magnitudes or powers",
                   argument, oto_quantity_name(x->quantity));
    if (x->type == OTO_FLOAT32)
        for (int64_t i = 0; i < x->size; i++)
            if (((float *)x->data)[i] < 0)
                oto_refuse(operation, "%s has negative numbers, such as %g; magnitudes and powers have none", argument,
                           (double)((float *)x->data)[i]);
    if (x->type == OTO_FLOAT32) source.exponent = 0;
    source.bins = (int)x->shape[x->rank - 2];
    source.frames = x->cols;
    if (x->rank == 3) source.channels = x->shape[0];
    return source;
}

const float *oto_source_frequencies(const OtoSource *source) {
    float *hz = oto_zeros(source->bins)->data;
    OtoTensor *x = source->x;
    for (int k = 0; k < source->bins; k++)
        hz[k] = (float)(source->is_sound ? k * x->sample_rate / source->analysis.framing.n_fft
                                         : oto_axis_at(x, x->rank - 2, k));
    return hz;
}

OtoTensor *oto_source_result(const OtoSource *source, int64_t rows, const char *origin) {
    OtoTensor *x = source->x;
    bool many = source->is_sound ? x->rank == 2 : x->rank == 3;
    long long shape[3];
    int rank = 0;
    if (many) shape[rank++] = source->channels;
    if (rows > 0) shape[rank++] = rows;
    shape[rank++] = source->frames;
    OtoTensor *y = oto_zeros_of(OTO_FLOAT32, rank, shape);
    if (many) oto_axis_copy(y, 0, x, 0);
    if (rows > 0) oto_name_axis(y, rank - 2, "feature");
    y->sample_rate = x->sample_rate;
    if (source->is_sound) {
        const OtoFraming *f = &source->analysis.framing;
        oto_name_axis(y, rank - 1, "time", .unit = "s",
                      .start = x->axes[x->rank - 1].start + (f->center ? 0 : f->n_fft / 2 / x->sample_rate),
                      .step = f->hop_length / x->sample_rate);
        y->framing = *f;
    } else {
        oto_axis_copy(y, rank - 1, x, x->rank - 1);
        y->framing = x->framing;
    }
    oto_set_origin(y, origin, x);
    return y;
}

void oto_block_write(const OtoBlock *block, OtoTensor *result, int64_t rows, int64_t row, const OtoLanes *lanes) {
    memcpy((float *)result->data + (block->channel * rows + row) * result->cols + block->first, lanes,
           (size_t)block->count * sizeof(float));
}

/* The lanes of a block of a sound: its frames one after another in rows, then turned. */
static void lanes_of_sound(const OtoSource *source, const OtoBlock *block, float *lanes, float *rows, float *frame,
                           float _Complex *spectrum) {
    for (int i = 0; i < block->count; i++) {
        oto_analysis_frame(&source->analysis, block->channel, block->first + i, frame, spectrum);
        oto_squares_of(rows + (int64_t)i * source->bins, spectrum, source->bins);
    }
    memset(rows + (int64_t)block->count * source->bins, 0,
           (size_t)(OTO_LANES - block->count) * (size_t)source->bins * sizeof *rows);
    oto_transpose_floats(rows, source->bins, lanes, OTO_LANES, OTO_LANES, source->bins);
}

static void lanes_of_spectrogram(const OtoSource *source, const OtoBlock *block, float *lanes) {
    int64_t channel = block->channel * source->bins * source->frames;
    for (int k = 0; k < source->bins; k++) {
        int64_t at = channel + k * source->frames + block->first;
        float *to = lanes + (int64_t)k * OTO_LANES;
        if (source->exponent > 0)
            oto_squares_of(to, (float _Complex *)source->x->data + at, block->count);
        else
            memcpy(to, (float *)source->x->data + at, (size_t)block->count * sizeof *to);
        for (int i = block->count; i < OTO_LANES; i++) to[i] = 0;
    }
}

struct visiting {
    const OtoSource *source;
    void (*visit)(const OtoBlock *, void *);
    void *context;
    int64_t blocks_per_channel;
    atomic_bool no_memory;
};

static void visit_blocks(int64_t from, int64_t to, void *context) {
    struct visiting *v = context;
    const OtoSource *source = v->source;
    int64_t bins = source->bins, n_fft = source->is_sound ? source->analysis.framing.n_fft : 0;
    float *lanes = oto_transform_reals_or_null(bins * OTO_LANES);
    float *rows = oto_transform_reals_or_null(source->is_sound ? bins * OTO_LANES : 1);
    float *frame = oto_transform_reals_or_null(n_fft + 1);
    float _Complex *spectrum = (float _Complex *)oto_transform_reals_or_null(2 * bins);
    if (lanes && rows && frame && spectrum) {
        for (int64_t b = from; b < to && !oto_interrupt_pending(); b++) {
            OtoBlock block = {.channel = b / v->blocks_per_channel,
                              .first = b % v->blocks_per_channel * OTO_LANES,
                              .bins = source->bins,
                              .power = lanes};
            int64_t left = source->frames - block.first;
            block.count = left < OTO_LANES ? (int)left : OTO_LANES;
            if (source->is_sound)
                lanes_of_sound(source, &block, lanes, rows, frame, spectrum);
            else
                lanes_of_spectrogram(source, &block, lanes);
            if (source->exponent == 1) oto_roots_of(lanes, bins * OTO_LANES);
            v->visit(&block, v->context);
        }
    } else {
        v->no_memory = true;
    }
    oto_transform_release(lanes);
    oto_transform_release(rows);
    oto_transform_release(frame);
    oto_transform_release(spectrum);
}

void oto_source_visit(const OtoSource *source, void (*visit)(const OtoBlock *, void *), void *context) {
    struct visiting visiting = {.source = source,
                                .visit = visit,
                                .context = context,
                                .blocks_per_channel = (source->frames + OTO_LANES - 1) / OTO_LANES};
    oto_parallel(visiting.blocks_per_channel * source->channels, PIECE, visit_blocks, &visiting);
    if (visiting.no_memory)
        oto_refuse(source->is_sound ? source->analysis.operation : "oto_source_visit",
                   "no memory for %d frames of %d frequencies", OTO_LANES, source->bins);
}
