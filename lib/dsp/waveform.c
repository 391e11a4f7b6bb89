#include "lib/dsp/waveform.h"
#include "lib/dsp/finite.h"
#include "lib/tensor/error.h"
#include "lib/tensor/parallel.h"
#include "lib/tensor/simd.h"

#include <inttypes.h>
#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { GRAIN = 256 /* frames */ };

/* Frames of a sound, of which the ends are continued. */
struct framing {
    const float *x; /* (channels, samples) */
    int64_t samples, frames, channels;
    int frame_length, hop_length;
    bool center;
    OtoPad pad_mode;
    OtoTensor *result; /* (channels, frames) */
};

static struct framing framing_of(const char *operation, OtoTensor *audio, int frame_length, int hop_length, bool center,
                                 OtoPad pad_mode) {
    oto_need_audio(operation, "audio", audio);
    oto_need_finite(operation, "audio", audio);
    oto_check_range(operation, "frame_length", frame_length, 1, 1 << 28);
    oto_check_range(operation, "hop_length", hop_length, 1, INT32_MAX);
    oto_check_pad(operation, "pad_mode", pad_mode);
    int64_t reach = audio->cols + (center ? 2 * (int64_t)(frame_length / 2) : 0);
    if (reach < frame_length)
        oto_refuse(operation, "audio has %" PRId64 " samples, fewer than one frame of frame_length = %d", audio->cols,
                   frame_length);
    return (struct framing){.x = audio->data,
                            .samples = audio->cols,
                            .frames = 1 + (reach - frame_length) / hop_length,
                            .channels = audio->rows,
                            .frame_length = frame_length,
                            .hop_length = hop_length,
                            .center = center,
                            .pad_mode = pad_mode};
}

/* Zeros for one number a frame. */
static OtoTensor *result_of(OtoTensor *audio, const struct framing *f, const char *origin) {
    OtoTensor *y = oto_zeros_of(OTO_FLOAT32, audio->rank,
                                audio->rank == 2 ? (long long[]){f->channels, f->frames} : (long long[]){f->frames});
    if (audio->rank == 2) oto_axis_copy(y, 0, audio, 0);
    oto_name_axis(y, y->rank - 1, "time", .unit = "s",
                  .start =
                      audio->axes[audio->rank - 1].start + (f->center ? 0 : f->frame_length / 2 / audio->sample_rate),
                  .step = f->hop_length / audio->sample_rate);
    y->sample_rate = audio->sample_rate;
    y->framing = (OtoFraming){.n_fft = f->frame_length,
                              .win_length = f->frame_length,
                              .hop_length = f->hop_length,
                              .center = f->center,
                              .samples = f->samples};
    oto_set_origin(y, origin, audio);
    return y;
}

static int64_t start_of(const struct framing *f, int64_t frame) {
    return frame * f->hop_length - (f->center ? f->frame_length / 2 : 0);
}

/* ---- RMS ---- */

OTO_VECTORISED static float sum_of_squares(const float *restrict x, int64_t count) {
    enum { SUMS = 32 };
    float sums[SUMS] = {}, total = 0;
    int64_t i = 0;
    for (; i + SUMS <= count; i += SUMS)
        for (int j = 0; j < SUMS; j++) sums[j] += x[i + j] * x[i + j];
    for (; i < count; i++) total += x[i] * x[i];
    for (int j = 0; j < SUMS; j++) total += sums[j];
    return total;
}

static float rms_of_frame(const struct framing *f, const float *x, int64_t first) {
    int64_t begin = first < 0 ? 0 : first, end = first + f->frame_length;
    if (end > f->samples) end = f->samples;
    double sum = begin < end ? (double)sum_of_squares(x + begin, end - begin) : 0;
    if (f->pad_mode != OTO_PAD_ZEROS)
        for (int64_t i = first; i < first + f->frame_length; i++) {
            if (i >= 0 && i < f->samples) continue;
            double sample = (double)oto_sample_at(x, f->samples, i, f->pad_mode, f->frame_length / 2);
            sum += sample * sample;
        }
    return (float)sqrt(sum / f->frame_length);
}

static void rms_of_frames(int64_t from, int64_t to, void *context) {
    const struct framing *f = context;
    for (int64_t i = from; i < to; i++)
        ((float *)f->result->data)[i] = rms_of_frame(f, f->x + i / f->frames * f->samples, start_of(f, i % f->frames));
}

/* By Parseval's theorem. */
static OtoTensor *rms_of_spectrogram(OtoTensor *S, int frame_length) {
    int64_t bins = S->shape[S->rank - 2], time = S->cols, channels = S->rows / bins;
    if (bins != frame_length / 2 + 1)
        oto_refuse("oto_frame_rms",
                   "x has %" PRId64 " frequencies, which a frame_length of %" PRId64 " or %" PRId64 " has, not %d",
                   bins, 2 * bins - 2, 2 * bins - 1, frame_length);
    if (S->quantity == OTO_DECIBEL || S->quantity == OTO_PHASE)
        oto_refuse("oto_frame_rms", "x holds %s, but must hold magnitudes", oto_quantity_name(S->quantity));
    OtoTensor *y =
        oto_zeros_of(OTO_FLOAT32, S->rank - 1, S->rank == 3 ? (long long[]){channels, time} : (long long[]){time});
    if (S->rank == 3) oto_axis_copy(y, 0, S, 0);
    oto_axis_copy(y, y->rank - 1, S, S->rank - 1);
    y->sample_rate = S->sample_rate;
    y->framing = S->framing;
    y->quantity = OTO_AMPLITUDE;
    oto_set_origin(y, "rms", S);
    float *to = y->data;
    for (int64_t row = 0; row < channels * bins; row++) {
        int64_t k = row % bins;
        float share = k == 0 || (frame_length % 2 == 0 && k == bins - 1) ? 0.5f : 1;
        for (int64_t t = 0; t < time; t++) {
            const float *z = (float *)S->data + (row * time + t) * (S->type == OTO_COMPLEX64 ? 2 : 1);
            float power = S->type == OTO_COMPLEX64   ? z[0] * z[0] + z[1] * z[1]
                          : S->quantity == OTO_POWER ? z[0]
                                                     : z[0] * z[0];
            to[row / bins * time + t] += share * power;
        }
    }
    for (int64_t i = 0; i < y->size; i++) to[i] = (float)(sqrt(2 * (double)to[i]) / frame_length);
    return y;
}

OtoTensor *(oto_frame_rms)(OtoTensor *x, OtoFrameRms options) {
    oto_need("oto_frame_rms", "x", x);
    if (x->rank >= 2 && x->rank <= 3 && x->type != OTO_INT64 && !strcmp(x->axes[x->rank - 2].name, "frequency"))
        return rms_of_spectrogram(x, options.frame_length);
    struct framing f =
        framing_of("oto_frame_rms", x, options.frame_length, options.hop_length, options.center, options.pad_mode);
    f.result = result_of(x, &f, "rms");
    f.result->quantity = OTO_AMPLITUDE;
    oto_parallel(f.channels * f.frames, GRAIN, rms_of_frames, &f);
    return f.result;
}

/* ---- zero crossings ---- */

/* 0 for a positive number, 1 for a negative one; with signs of their own, -1, 0, 1. */
static inline int sign_of(float x, float threshold, bool zero_pos) {
    if (!(fabsf(x) > threshold)) x = 0;
    return zero_pos ? x < 0 : (x > 0) - (x < 0);
}

OtoTensor *(oto_zero_crossings)(OtoTensor *x, OtoZeroCrossings options) {
    oto_need_float("oto_zero_crossings", "x", x);
    oto_check_range("oto_zero_crossings", "threshold", options.threshold, 0, 1e30);
    OtoTensor *y = oto_like(x, OTO_INT64, "zero crossings");
    y->quantity = OTO_PLAIN;
    float threshold = (float)options.threshold;
    for (int64_t row = 0; row < x->rows; row++) {
        const float *from = (float *)x->data + row * x->cols;
        int64_t *to = (int64_t *)y->data + row * x->cols;
        for (int64_t i = 0; i < x->cols; i++)
            to[i] = i == 0 ? options.pad
                           : sign_of(from[i], threshold, options.zero_pos) !=
                                 sign_of(from[i - 1], threshold, options.zero_pos);
    }
    return y;
}

enum { WORD = 32 /* samples, a bit each */ };

/* Where signs change, and how often in all words before: at[i / WORD] and before[i / WORD] for sample i. */
struct changes {
    uint32_t *at;
    int32_t *before;
    int32_t so_far;                    /* changes */
    uint32_t is_negative, is_positive; /* the signs of the word before */
};

/* A bit for each change of sign, when the sign before bit 0 was that of the last bit of the word before. */
static inline __attribute__((always_inline)) uint32_t changes_of(uint32_t sign, uint32_t sign_before) {
    return sign ^ (sign << 1 | sign_before >> (WORD - 1));
}

/* Of so many more words, with their WORD samples each. Positive and not positive, too, are two signs, unless zero
 * counts as positive. */
OTO_VECTORISED static void find_changes(struct changes *c, const float *restrict x, int64_t from, int64_t to,
                                        float threshold, bool zero_pos) {
    for (int64_t word = from; word < to; word++, x += WORD) {
        uint32_t negative = 0, positive = 0;
        for (int i = 0; i < WORD; i++) negative |= x[i] < -threshold ? 1u << i : 0;
        for (int i = 0; i < WORD && !zero_pos; i++) positive |= x[i] > threshold ? 1u << i : 0;
        c->at[word] = changes_of(negative, c->is_negative) | changes_of(positive, c->is_positive);
        c->before[word] = c->so_far;
        c->so_far += __builtin_popcount(c->at[word]);
        c->is_negative = negative;
        c->is_positive = positive;
    }
}

/* How many changes there are up to sample i. */
static int32_t changes_up_to(const struct changes *c, int64_t i) {
    return c->before[i / WORD] + __builtin_popcount(c->at[i / WORD] & (UINT32_MAX >> (WORD - 1 - i % WORD)));
}

/* Of a stretch that begins at sample `first`, which may lie before the sound. */
static void find_all_changes(struct changes *c, const float *x, int64_t samples, int64_t first, int64_t words,
                             const OtoZeroCrossingRate *options) {
    float threshold = (float)options->threshold;
    for (int64_t word = 0, next; word < words; word = next) {
        int64_t at = first + word * WORD, inside = at < 0 ? 0 : (samples - at) / WORD;
        if (inside > 0) {
            next = inside < words - word ? word + inside : words;
            find_changes(c, x + at, word, next, threshold, options->zero_pos);
        } else {
            float beyond[WORD];
            oto_samples_at(beyond, x, samples, at, WORD, OTO_PAD_EDGE, 0);
            next = word + 1;
            find_changes(c, beyond, word, next, threshold, options->zero_pos);
        }
    }
}

struct crossings {
    struct framing framing;
    OtoZeroCrossingRate options;
    atomic_bool no_memory;
};

/* Frames of one channel: their samples' crossings are counted once, however much the frames overlap. */
static void rates_of_stretch(struct crossings *c, int64_t channel, int64_t from, int64_t to) {
    const struct framing *f = &c->framing;
    int64_t words = ((to - from - 1) * f->hop_length + f->frame_length + WORD - 1) / WORD;
    struct changes changes = {.at = malloc((size_t)words * sizeof *changes.at),
                              .before = malloc((size_t)words * sizeof *changes.before)};
    if (changes.at && changes.before) {
        find_all_changes(&changes, f->x + channel * f->samples, f->samples, start_of(f, from), words, &c->options);
        for (int64_t t = from; t < to; t++) {
            int64_t first = (t - from) * f->hop_length, last = first + f->frame_length - 1;
            int32_t count = changes_up_to(&changes, last) - changes_up_to(&changes, first) + c->options.pad;
            ((float *)f->result->data)[channel * f->frames + t] = (float)((double)count / f->frame_length);
        }
    } else {
        c->no_memory = true;
    }
    free(changes.at);
    free(changes.before);
}

static void rates_of_frames(int64_t from, int64_t to, void *context) {
    struct crossings *c = context;
    int64_t frames = c->framing.frames;
    while (from < to) {
        int64_t channel = from / frames, begin = from % frames;
        int64_t end = begin + to - from < frames ? begin + to - from : frames;
        if (c->framing.hop_length > c->framing.frame_length) end = begin + 1; /* what lies between would be counted */
        rates_of_stretch(c, channel, begin, end);
        from += end - begin;
    }
}

OtoTensor *(oto_zero_crossing_rate)(OtoTensor *audio, OtoZeroCrossingRate options) {
    struct crossings c = {.framing = framing_of("oto_zero_crossing_rate", audio, options.frame_length,
                                                options.hop_length, options.center, OTO_PAD_EDGE),
                          .options = options};
    oto_check_range("oto_zero_crossing_rate", "threshold", options.threshold, 0, 1e30);
    OtoTensor *y = c.framing.result = result_of(audio, &c.framing, "zero crossing rate");
    oto_parallel(c.framing.channels * c.framing.frames, GRAIN, rates_of_frames, &c);
    if (c.no_memory)
        oto_refuse("oto_zero_crossing_rate", "no memory for %d frames of hop_length %d", GRAIN, options.hop_length);
    return y;
}
