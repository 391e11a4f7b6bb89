#include "lib/dsp/onset.h"
#include "lib/dsp/envelope.h"
#include "lib/tensor/error.h"

#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- peaks ---- */

static bool is_maximum(const float *x, int64_t count, int64_t n, const OtoPeakPick *o) {
    int64_t from = n > o->pre_max ? n - o->pre_max : 0, to = o->post_max < count - n ? n + o->post_max : count;
    for (int64_t i = from; i < to; i++)
        if (x[i] > x[n]) return false;
    return true;
}

/* Added up in float, in order, as the reference does: what lies just at the threshold is decided alike. */
static bool is_above_average(const float *x, int64_t count, int64_t n, const OtoPeakPick *o) {
    int64_t from = n > o->pre_avg ? n - o->pre_avg : 0, to = o->post_avg < count - n ? n + o->post_avg : count;
    float sum = 0;
    for (int64_t i = from; i < to; i++) sum += x[i];
    return (double)x[n] >= (double)sum / (double)(to - from) + (double)(float)o->delta;
}

/* The peaks of x into frames, which has room for count; how many. */
static int64_t pick(const float *x, int64_t count, const OtoPeakPick *options, int64_t *frames) {
    int64_t peaks = 0;
    for (int64_t n = 0; n < count;) {
        if (is_maximum(x, count, n, options) && is_above_average(x, count, n, options)) {
            frames[peaks++] = n;
            if (options->wait >= count - n) break;
            n += options->wait;
        }
        n++;
    }
    return peaks;
}

static void check_lengths(const char *operation, const OtoPeakPick *o) {
    oto_check_range(operation, "pre_max", (double)o->pre_max, 0, 1e15);
    oto_check_range(operation, "post_max", (double)o->post_max, 1, 1e15);
    oto_check_range(operation, "pre_avg", (double)o->pre_avg, 0, 1e15);
    oto_check_range(operation, "post_avg", (double)o->post_avg, 1, 1e15);
    oto_check_range(operation, "wait", (double)o->wait, 0, 1e15);
    oto_check_range(operation, "delta", o->delta, 0, FLT_MAX);
}

static int64_t *room_for(const char *operation, int64_t count) {
    int64_t *frames = malloc((size_t)(count + 1) * sizeof *frames);
    if (!frames) oto_refuse(operation, "no memory for %" PRId64 " frame numbers", count);
    return frames;
}

OtoTensor *(oto_peak_pick)(OtoTensor *x, OtoPeakPick options) {
    oto_need_float("oto_peak_pick", "x", x);
    check_lengths("oto_peak_pick", &options);
    if (x->rank != 1) oto_refuse("oto_peak_pick", "x is %s, but must be (n); oto_row cuts a row", oto_shape_quoted(x));
    oto_need_no_nan("oto_peak_pick", "x", x);
    int64_t *frames = room_for("oto_peak_pick", x->size), count = pick(x->data, x->size, &options, frames);
    OtoTensor *peaks = oto_zeros_of(OTO_INT64, 1, (long long[]){count});
    memcpy(peaks->data, frames, (size_t)count * sizeof *frames);
    free(frames);
    oto_name_axis(peaks, 0, "peak");
    peaks->sample_rate = x->sample_rate;
    peaks->framing = x->framing;
    oto_set_origin(peaks, "peaks", x);
    return peaks;
}

/* ---- backtracking ---- */

/* Moves each frame back to the last minimum of energy: no larger than its left, smaller than its right neighbour. */
static void backtrack(int64_t *frames, int64_t count, OtoTensor *energy) {
    const float *e = energy->data;
    for (int64_t i = 0; i < count; i++) {
        int64_t n = frames[i] < energy->size - 2 ? frames[i] : energy->size - 2;
        while (n > 0 && !(e[n] <= e[n - 1] && e[n] < e[n + 1])) n--;
        frames[i] = n > 0 ? n : 0;
    }
}

static void need_energy(const char *operation, OtoTensor *energy) {
    oto_need_float(operation, "energy", energy);
    if (energy->rank != 1)
        oto_refuse(operation, "energy is %s, but must be (time): one value a frame", oto_shape_quoted(energy));
    oto_need_no_nan(operation, "energy", energy);
}

OtoTensor *oto_onset_backtrack(OtoTensor *events, OtoTensor *energy) {
    need_energy("oto_onset_backtrack", energy);
    int64_t count, *frames = oto_indices_of("oto_onset_backtrack", "events", events, &count);
    backtrack(frames, count, energy);
    OtoTensor *moved = oto_like(events, OTO_INT64, "backtracked");
    moved->quantity = OTO_FRAMES;
    memcpy(moved->data, frames, (size_t)count * sizeof *frames);
    free(frames);
    return moved;
}

/* ---- onsets ---- */

/* To [0, 1]. False when the envelope is flat: no onset in it. */
static bool scale_to_one(float *x, int64_t count) {
    float lowest = x[0], highest = x[0];
    for (int64_t i = 1; i < count; i++) {
        lowest = x[i] < lowest ? x[i] : lowest;
        highest = x[i] > highest ? x[i] : highest;
    }
    float range = highest - lowest + FLT_MIN;
    for (int64_t i = 0; i < count; i++) x[i] = (x[i] - lowest) / range;
    return highest > lowest;
}

static bool any(const float *x, int64_t count) {
    for (int64_t i = 0; i < count; i++)
        if (x[i] != 0) return true;
    return false;
}

/* Lengths that were left out, in whole frames, as a large-scale search found them to be best. */
static OtoPeakPick lengths_of(const OtoOnsetDetect *o, double sample_rate, int hop_length) {
    int64_t ms30 = (int64_t)floor(0.03 * sample_rate / hop_length);
    int64_t ms100 = (int64_t)floor(0.10 * sample_rate / hop_length);
    return (OtoPeakPick){.pre_max = o->pre_max != -1 ? o->pre_max : ms30,
                         .post_max = o->post_max != -1 ? o->post_max : 1,
                         .pre_avg = o->pre_avg != -1 ? o->pre_avg : ms100,
                         .post_avg = o->post_avg != -1 ? o->post_avg : ms100 + 1,
                         .wait = o->wait != -1 ? o->wait : ms30,
                         .delta = o->delta};
}

OtoTensor *(oto_onset_detect)(OtoTensor *x, OtoOnsetDetect options) {
    const char *operation = "oto_onset_detect";
    OtoTensor *result = NULL;
    oto_check_units(operation, options.units);
    oto_scope {
        struct oto_envelope e =
            oto_envelope_of(operation, x, options.sample_rate, options.hop_length, OTO_AGGREGATE_MEAN);
        oto_need_mono_envelope(operation, &e);
        OtoPeakPick lengths = lengths_of(&options, e.sample_rate, e.hop_length);
        check_lengths(operation, &lengths);
        OtoTensor *envelope = oto_copy(e.tensor), *energy = options.energy ? options.energy : envelope;
        if (options.energy) need_energy(operation, energy);
        bool sounding =
            options.normalize ? scale_to_one(envelope->data, envelope->size) : any(envelope->data, envelope->size);
        int64_t *frames = room_for(operation, envelope->size);
        int64_t count = sounding ? pick(envelope->data, envelope->size, &lengths, frames) : 0;
        if (options.backtrack) backtrack(frames, count, energy);
        result = oto_keep(oto_events_of("onset", frames, count, &e, options.units));
        free(frames);
    }
    return result;
}
