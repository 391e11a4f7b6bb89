#include "lib/dsp/constant_q.h"
#include "lib/dsp/constant_q_filters.h"
#include "lib/dsp/finite.h"
#include "lib/dsp/magnitude.h"
#include "lib/dsp/rate.h"
#include "lib/dsp/transform.h"
#include "lib/tensor/error.h"
#include "lib/tensor/parallel.h"
#include "lib/tensor/simd.h"

#include <inttypes.h>
#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

/* Frames are taken in blocks: their spectra are turned from frame by frame into frequency by frequency, so that a
 * filter works on all of them at once. A thread takes GRAIN frames at a time. */
enum { BLOCK = 16, GRAIN = 8 * BLOCK };

/* One octave of one channel: what the threads share. */
struct octave {
    const float *padded; /* frame t begins at padded + t * hop_length */
    int64_t hop_length;
    const struct constant_q_filters *filters;
    const float *gains; /* of each filter */
    const OtoPlan *plan;
    int low, high;      /* the frequencies that filters use: low <= k < high */
    float _Complex *to; /* row i: the bins of filter i */
    int64_t frames;     /* in a row */
    atomic_bool no_memory;
};

static void range_of(const struct constant_q_filters *filters, int *low, int *high) {
    *low = filters->n_fft;
    *high = 0;
    for (int e = 0; e < filters->offset[filters->count]; e++) {
        if (filters->index[e] < *low) *low = filters->index[e];
        if (filters->index[e] >= *high) *high = filters->index[e] + 1;
    }
}

/* The weighted sum of the spectra of a block: entries weights at the given rows of planes (real parts, imaginary
 * parts). */
OTO_VECTORISED static void apply_filter(const int *restrict index, const float *restrict weight, int entries,
                                        float gain, const float (*restrict planes)[2][BLOCK], int low,
                                        float *restrict sum) {
    float real[BLOCK] = {}, imaginary[BLOCK] = {};
    for (int e = 0; e < entries; e++) {
        const float *re = planes[index[e] - low][0], *im = planes[index[e] - low][1];
        float a = weight[2 * e], b = weight[2 * e + 1];
        for (int t = 0; t < BLOCK; t++) real[t] += a * re[t] - b * im[t];
        for (int t = 0; t < BLOCK; t++) imaginary[t] += a * im[t] + b * re[t];
    }
    for (int t = 0; t < BLOCK; t++) {
        sum[2 * t] = gain * real[t];
        sum[2 * t + 1] = gain * imaginary[t];
    }
}

static void analyse(int64_t from, int64_t to, void *context) {
    struct octave *octave = context;
    const struct constant_q_filters *filters = octave->filters;
    int n_fft = filters->n_fft, low = octave->low, used = octave->high - low;
    float *frame = oto_transform_reals_or_null(n_fft);
    float _Complex *spectrum = (float _Complex *)oto_transform_reals_or_null(n_fft + 2);
    float(*planes)[2][BLOCK] = calloc((size_t)used, sizeof *planes);
    if (!frame || !spectrum || !planes) {
        octave->no_memory = true;
        to = from;
    }
    for (int64_t t = from; t < to && !oto_interrupt_pending(); t += BLOCK) {
        int count = to - t < BLOCK ? (int)(to - t) : BLOCK;
        for (int b = 0; b < count; b++) {
            memcpy(frame, octave->padded + (t + b) * octave->hop_length, (size_t)n_fft * sizeof *frame);
            oto_transform_execute(octave->plan, frame, spectrum);
            for (int k = 0; k < used; k++) {
                planes[k][0][b] = crealf(spectrum[low + k]);
                planes[k][1][b] = cimagf(spectrum[low + k]);
            }
        }
        for (int i = 0; i < filters->count; i++) {
            float _Complex sum[BLOCK];
            int first = filters->offset[i];
            apply_filter(filters->index + first, (const float *)(filters->weight + first),
                         filters->offset[i + 1] - first, octave->gains[i], planes, low, (float *)sum);
            memcpy(octave->to + i * octave->frames + t, sum, (size_t)count * sizeof *sum);
        }
    }
    oto_transform_release(frame);
    oto_transform_release(spectrum);
    free(planes);
}

/* One level of the way down: the sound at some rate, and how far apart its frames are. */
struct level {
    float *samples, *spare; /* room for the sound at its full rate in both */
    float *padded;          /* NULL, or room for so many: */
    int64_t room;
    int64_t count;
    double sample_rate;
    int hop_length;
};

static void pad(const char *operation, struct level *level, int64_t margin, OtoPad pad_mode) {
    int64_t reach = level->count + 2 * margin;
    if (reach > level->room) {
        oto_transform_release(level->padded);
        level->padded = oto_transform_reals(operation, reach);
        level->room = reach;
    }
    oto_samples_at(level->padded, level->samples, level->count, -margin, reach, pad_mode, margin);
}

/* The bins of one octave at a level: the filters' rows of C. */
static void add_octave(const char *operation, struct level *level, const struct constant_q_filters *filters,
                       const float *gains, OtoPad pad_mode, float _Complex *to, int64_t frames) {
    pad(operation, level, filters->n_fft / 2, pad_mode);
    struct octave octave = {.padded = level->padded,
                            .hop_length = level->hop_length,
                            .filters = filters,
                            .gains = gains,
                            .plan = oto_transform_plan(operation, OTO_REAL_FORWARD, filters->n_fft),
                            .to = to,
                            .frames = frames};
    range_of(filters, &octave.low, &octave.high);
    oto_parallel(frames, GRAIN, analyse, &octave);
    if (octave.no_memory) oto_refuse(operation, "no memory for spectra of %d points", filters->n_fft);
}

/* The level `factor` times slower; its amplitudes are raised as the windows of the filters are shortened. */
static void descend(const char *operation, struct level *level, int factor) {
    int64_t count = (level->count + factor - 1) / factor;
    float *slower = level->spare;
    oto_change_rate(operation, 1.0 / factor, level->samples, level->count, slower, count, sqrtf((float)factor));
    level->spare = level->samples;
    level->samples = slower;
    level->count = count;
    level->sample_rate /= factor;
    level->hop_length /= factor;
}

/* How often the sound may be halved in rate before anything is computed: no bin may come near half the new rate, and
 * the hop must still be halved for every octave. */
static int early_halvings(double highest, double nyquist, int hop_length, int octaves) {
    int by_frequency = (int)ceil(log2(nyquist / highest)) - 2, by_hop = 1 - octaves;
    for (int hop = hop_length; hop % 2 == 0; hop /= 2) by_hop++;
    int halvings = by_frequency < by_hop ? by_frequency : by_hop;
    return halvings > 0 ? halvings : 0;
}

/* What is common to all channels. */
struct plan {
    const char *operation;
    OtoCqt options;
    int octaves, halvings;
    int64_t frames;
};

/* Frames at one rate after the other: the octave with the fewest decides. */
static int64_t frames_of(const struct plan *plan, int64_t count) {
    int hop_length = plan->options.hop_length >> plan->halvings;
    count = (count + (1 << plan->halvings) - 1) >> plan->halvings;
    int64_t fewest = INT64_MAX;
    for (int octave = 0; octave < plan->octaves; octave++) {
        int64_t frames = 1 + count / hop_length;
        if (frames < fewest) fewest = frames;
        if (hop_length % 2) break;
        hop_length /= 2;
        count = (count + 1) / 2;
    }
    return fewest;
}

/* Filter by filter: divided by the root of the window's length at the rate of the top octave, or made up for the rate
 * at which that begins; and for the octave's own, slower rate. */
static void find_gains(const struct plan *plan, int from, int count, double top_rate, double sample_rate,
                       float *gains) {
    for (int i = 0; i < count; i++) {
        double gain = plan->options.scale ? 1 / sqrt(constant_q_length(from + i, top_rate, &plan->options))
                                          : sqrt((double)(1 << plan->halvings));
        gains[i] = (float)(gain * sqrt(top_rate / sample_rate));
    }
}

static void transform_channel(const struct plan *plan, const float *x, int64_t count, double sample_rate,
                              float _Complex *C) {
    const char *operation = plan->operation;
    struct level level = {.samples = oto_transform_reals(operation, count),
                          .spare = oto_transform_reals(operation, count),
                          .count = count,
                          .sample_rate = sample_rate,
                          .hop_length = plan->options.hop_length};
    memcpy(level.samples, x, (size_t)count * sizeof *x);
    if (plan->halvings > 0) descend(operation, &level, 1 << plan->halvings);
    double top_rate = level.sample_rate;
    int width = plan->options.bins_per_octave, end = plan->options.n_bins;
    struct constant_q_filters filters = {};
    float *gains = oto_transform_reals(operation, width);
    bool halved = false;
    for (; end > 0 && !oto_interrupt_pending(); end -= width) {
        int from = end > width ? end - width : 0;
        /* At half the rate, an octave lower, the filters are the same samples; but for bandwidths that are not in
         * proportion to the frequency. */
        if (!halved || filters.count != end - from || plan->options.gamma != 0) {
            constant_q_filters_release(&filters);
            filters = constant_q_filters(operation, from, end - from, level.sample_rate, &plan->options);
        }
        find_gains(plan, from, end - from, top_rate, level.sample_rate, gains);
        add_octave(operation, &level, &filters, gains, plan->options.pad_mode, C + from * plan->frames, plan->frames);
        halved = level.hop_length % 2 == 0;
        if (halved && end > width) descend(operation, &level, 2);
    }
    constant_q_filters_release(&filters);
    oto_transform_release(gains);
    oto_transform_release(level.samples);
    oto_transform_release(level.spare);
    oto_transform_release(level.padded);
}

static const double C1 = 32.703195662574829; /* Hz */

/* Options with everything that "0: chosen" stands for. */
static OtoCqt completed(const char *operation, OtoTensor *audio, OtoCqt options) {
    oto_need_audio(operation, "audio", audio);
    oto_need_finite(operation, "audio", audio);
    oto_check_pad(operation, "pad_mode", options.pad_mode);
    if (options.fmin == 0) options.fmin = C1;
    if (isnan(options.tuning)) options.tuning = oto_estimate_tuning(audio, .bins_per_octave = options.bins_per_octave);
    return options;
}

static struct plan plan_of(const char *operation, OtoTensor *audio, OtoCqt options) {
    struct plan plan = {.operation = operation, .options = completed(operation, audio, options)};
    constant_q_check(operation, audio->sample_rate, &plan.options);
    plan.octaves = (options.n_bins + options.bins_per_octave - 1) / options.bins_per_octave;
    plan.halvings =
        early_halvings(constant_q_highest(&plan.options), audio->sample_rate / 2, options.hop_length, plan.octaves);
    if (audio->cols < 1 << plan.halvings)
        oto_refuse(operation, "audio has %" PRId64 " samples, too few for %d octaves", audio->cols, plan.octaves);
    plan.frames = frames_of(&plan, audio->cols);
    return plan;
}

/* The axis of bins, in Hz. */
static void name_bins(OtoTensor *C, int axis, const struct plan *plan) {
    double *hz = malloc((size_t)plan->options.n_bins * sizeof *hz);
    if (!hz) oto_refuse(plan->operation, "no memory for %d bins", plan->options.n_bins);
    for (int k = 0; k < plan->options.n_bins; k++) hz[k] = constant_q_hz(k, &plan->options);
    oto_name_axis(C, axis, "frequency", .unit = "Hz");
    oto_axis_place(C, axis, hz);
    free(hz);
}

static OtoTensor *transform(const char *operation, const char *origin, OtoTensor *audio, OtoCqt options) {
    struct plan plan = plan_of(operation, audio, options);
    int channel_axes = audio->rank - 1;
    OtoTensor *C = oto_zeros_of(OTO_COMPLEX64, channel_axes + 2,
                                channel_axes ? (long long[]){audio->rows, options.n_bins, plan.frames}
                                             : (long long[]){options.n_bins, plan.frames});
    if (channel_axes) oto_axis_copy(C, 0, audio, 0);
    name_bins(C, channel_axes, &plan);
    oto_name_axis(C, channel_axes + 1, "time", .unit = "s", .start = audio->axes[channel_axes].start,
                  .step = options.hop_length / audio->sample_rate);
    C->sample_rate = audio->sample_rate;
    C->quantity = OTO_SPECTRUM;
    C->framing = (OtoFraming){
        .hop_length = options.hop_length, .center = true, .window = (int)options.window, .samples = audio->cols};
    oto_set_origin(C, origin, audio);
    for (int64_t channel = 0; channel < audio->rows && !oto_interrupt_pending(); channel++)
        transform_channel(&plan, (float *)audio->data + channel * audio->cols, audio->cols, audio->sample_rate,
                          (float _Complex *)C->data + channel * options.n_bins * plan.frames);
    return C;
}

OtoTensor *(oto_cqt)(OtoTensor *audio, OtoCqt options) {
    return transform("oto_cqt", "cqt", audio, options);
}
OtoTensor *(oto_vqt)(OtoTensor *audio, OtoCqt options) {
    return transform("oto_vqt", "vqt", audio, options);
}

OtoTensor *(oto_hcqt)(OtoTensor *audio, OtoTensor *harmonics, OtoCqt options) {
    oto_need_float("oto_hcqt", "harmonics", harmonics);
    options = completed("oto_hcqt", audio, options);
    if (audio->rank != 1)
        oto_refuse("oto_hcqt", "audio is %s; oto_mono or oto_row makes it (time)", oto_shape_quoted(audio));
    if (harmonics->rank != 1 || harmonics->size < 1)
        oto_refuse("oto_hcqt", "harmonics is %s, but must be a list such as oto_tensor(0.5, 1, 2, 3)",
                   oto_shape_quoted(harmonics));
    double fmin = options.fmin;
    OtoTensor *H = NULL;
    for (int64_t h = 0; h < harmonics->size && !oto_interrupt_pending(); h++) {
        double harmonic = (double)((float *)harmonics->data)[h];
        oto_check_range("oto_hcqt", "each of harmonics", harmonic, 1e-3, 1e3);
        options.fmin = fmin * harmonic;
        oto_scope {
            OtoTensor *C = oto_magnitude(transform("oto_hcqt", "hcqt", audio, options));
            if (!H) {
                H = oto_zeros(harmonics->size, C->rows, C->cols);
                oto_name_axis(H, 0, "harmonic");
                oto_axis_copy(H, 1, C, 0);
                oto_axis_copy(H, 2, C, 1);
                H->sample_rate = C->sample_rate;
                H->framing = C->framing;
                H->quantity = OTO_AMPLITUDE;
                oto_set_origin(H, "hcqt", audio);
                H = oto_keep(H);
            }
            int64_t frames = C->cols < H->cols ? C->cols : H->cols;
            for (int64_t k = 0; k < C->rows; k++)
                memcpy((float *)H->data + (h * C->rows + k) * H->cols, (float *)C->data + k * C->cols,
                       (size_t)frames * sizeof(float));
        }
    }
    return H;
}
