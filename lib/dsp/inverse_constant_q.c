#include "lib/dsp/constant_q.h"
#include "lib/dsp/constant_q_filters.h"
#include "lib/dsp/rate.h"
#include "lib/dsp/transform.h"
#include "lib/tensor/error.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

/* The options that C was made with, from its axes. */
static OtoCqt options_of(OtoTensor *C, OtoInverseCqt options) {
    oto_need("oto_icqt", "C", C);
    if (C->type != OTO_COMPLEX64)
        oto_refuse("oto_icqt", "C is %s without phases; it takes the complex64 of oto_cqt (see oto_polar)",
                   oto_type_name(C->type));
    if (C->rank < 2 || C->rank > 3 || !C->axes[C->rank - 2].values || C->framing.hop_length < 1 || C->size == 0)
        oto_refuse("oto_icqt", "%s does not come from oto_cqt: it needs (frequency in Hz, time)", oto_shape_quoted(C));
    if (options.length < 0) oto_refuse("oto_icqt", "length is %" PRId64 ", but must be at least 0", options.length);
    const double *hz = C->axes[C->rank - 2].values;
    int n_bins = (int)C->shape[C->rank - 2];
    return (OtoCqt){.hop_length = C->framing.hop_length,
                    .fmin = hz[0],
                    .n_bins = n_bins,
                    .bins_per_octave = n_bins > 1 ? (int)lround(1 / log2(hz[1] / hz[0])) : 12,
                    .filter_scale = options.filter_scale,
                    .norm = options.norm,
                    .sparsity = options.sparsity,
                    .window = options.window,
                    .window_parameter = options.window_parameter,
                    .scale = options.scale};
}

/* What the inverse of one octave works on: bins from ... of a channel's C (bins, frames), of which `frames` are used.
 */
struct octave {
    const float _Complex *C;
    int64_t row_length, frames;
    int hop_length;
};

/* Each bin's weight: the forward transform divided by the root of the window's length, and a filter's answer to its own
 * tone is the power of its spectrum. */
static float gain_of(const struct constant_q_filters *filters, int i, double length, bool scale) {
    double power = 0;
    for (int e = filters->offset[i]; e < filters->offset[i + 1]; e++)
        power += (double)(crealf(filters->weight[e]) * crealf(filters->weight[e]) +
                          cimagf(filters->weight[e]) * cimagf(filters->weight[e]));
    return (float)((scale ? sqrt(length) : 1) * filters->n_fft / length / power);
}

/* The octave's sound at its own rate: overlap-add of the frames, divided by how many of them overlap: hop_length *
 * (frames - 1) samples, at the middle of the first frame to the middle of the last. */
static void synthesise(const struct octave *octave, const struct constant_q_filters *filters, const float *gains,
                       float *to) {
    int n_fft = filters->n_fft, half = n_fft / 2 + 1, hop_length = octave->hop_length;
    int64_t reach = n_fft + (octave->frames - 1) * hop_length, length = (octave->frames - 1) * hop_length;
    float _Complex *spectrum = oto_transform_complexes("oto_icqt", half);
    float *frame = oto_transform_reals("oto_icqt", n_fft);
    float *sum = oto_transform_reals("oto_icqt", reach), *overlap = oto_transform_reals("oto_icqt", reach);
    memset(sum, 0, (size_t)reach * sizeof *sum);
    memset(overlap, 0, (size_t)reach * sizeof *overlap);
    for (int64_t t = 0; t < octave->frames && !oto_interrupt_pending(); t++) {
        memset(spectrum, 0, (size_t)half * sizeof *spectrum);
        for (int i = 0; i < filters->count; i++) {
            float _Complex c = octave->C[i * octave->row_length + t] * gains[i];
            for (int e = filters->offset[i]; e < filters->offset[i + 1]; e++)
                spectrum[filters->index[e]] += conjf(filters->weight[e]) * c;
        }
        oto_transform_run("oto_icqt", OTO_REAL_BACKWARD, n_fft, spectrum, frame);
        for (int j = 0; j < n_fft; j++) {
            sum[t * hop_length + j] += frame[j] / (float)n_fft;
            overlap[t * hop_length + j]++;
        }
    }
    for (int64_t i = 0; i < length; i++) {
        float frames = overlap[i + n_fft / 2];
        to[i] = frames > 0 ? sum[i + n_fft / 2] / frames : 0;
    }
    oto_transform_release(spectrum);
    oto_transform_release(frame);
    oto_transform_release(sum);
    oto_transform_release(overlap);
}

/* One octave of one channel, back at the full rate, added to the sound. */
static void add_octave(const struct octave *octave, int from, int count, double sample_rate, int factor,
                       const OtoCqt *options, float *x, int64_t samples) {
    struct constant_q_filters filters = constant_q_filters("oto_icqt", from, count, sample_rate / factor, options);
    int64_t length = (octave->frames - 1) * octave->hop_length, full = length * factor;
    float *gains = oto_transform_reals("oto_icqt", count);
    for (int i = 0; i < count; i++)
        gains[i] = gain_of(&filters, i, constant_q_length(from + i, sample_rate, options), options->scale);
    float *slow = oto_transform_reals("oto_icqt", length + 1), *fast = oto_transform_reals("oto_icqt", full + 1);
    synthesise(octave, &filters, gains, slow);
    if (length > 0) oto_change_rate("oto_icqt", factor, slow, length, fast, full, 1);
    for (int64_t i = 0; i < full && i < samples; i++) x[i] += fast[i];
    oto_transform_release(gains);
    oto_transform_release(slow);
    oto_transform_release(fast);
    constant_q_filters_release(&filters);
}

static void invert_channel(OtoTensor *C, int64_t channel, int64_t frames, const OtoCqt *options, OtoTensor *x) {
    int width = options->bins_per_octave, factor = 1, hop_length = options->hop_length;
    for (int octave = (options->n_bins - 1) / width; octave >= 0 && !oto_interrupt_pending(); octave--) {
        int from = octave * width, count = options->n_bins - from < width ? options->n_bins - from : width;
        struct octave part = {.C = (float _Complex *)C->data + (channel * options->n_bins + from) * C->cols,
                              .row_length = C->cols,
                              .frames = frames,
                              .hop_length = hop_length};
        add_octave(&part, from, count, C->sample_rate, factor, options, (float *)x->data + channel * x->cols, x->cols);
        if (hop_length % 2) continue;
        hop_length /= 2;
        factor *= 2;
    }
}

OtoTensor *(oto_icqt)(OtoTensor *C, OtoInverseCqt options) {
    OtoCqt made_with = options_of(C, options);
    constant_q_check("oto_icqt", C->sample_rate, &made_with);
    int64_t length = options.length ? options.length : C->framing.samples, frames = C->cols;
    /* Frames that begin behind the end tell nothing. */
    double longest = constant_q_length(0, C->sample_rate, &made_with);
    int64_t needed = (int64_t)ceil(((double)length + longest) / made_with.hop_length);
    if (frames > needed) frames = needed;
    OtoTensor *x = oto_zeros_of(OTO_FLOAT32, C->rank - 1,
                                C->rank == 3 ? (long long[]){C->shape[0], length} : (long long[]){length});
    if (C->rank == 3) oto_axis_copy(x, 0, C, 0);
    oto_name_axis(x, x->rank - 1, "time", .unit = "s", .step = 1 / C->sample_rate);
    x->sample_rate = C->sample_rate;
    x->quantity = OTO_AMPLITUDE;
    oto_set_origin(x, "icqt", C);
    for (int64_t channel = 0; channel < x->rows; channel++) invert_channel(C, channel, frames, &made_with, x);
    return x;
}
