#include "lib/metrics/separation.h"
#include "lib/dsp/long_work.h"
#include "lib/learn/matrix.h"
#include "lib/metrics/filtered_sources.h"
#include "lib/metrics/sources.h"
#include "lib/tensor/error.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

enum { SOURCES_MAX = 8, TAPS_MAX = 4096 /* of all sources together: the equations are a matrix of 128 MB */ };

static double decibels(double ratio) {
    return 10 * log10(ratio);
}

/* ---- BSS Eval ---- */

/* The order of estimates whose ratios in dB, [source][estimate], have the largest sum; of equal ones the first. */
struct order {
    int count, estimate_of[SOURCES_MAX], best_of[SOURCES_MAX];
    double db[SOURCES_MAX][SOURCES_MAX], best;
};

static void try_orders(struct order *order, int source, unsigned taken, double sum) {
    if (source == order->count && sum > order->best) {
        order->best = sum;
        for (int j = 0; j < order->count; j++) order->best_of[j] = order->estimate_of[j];
    }
    for (int e = 0; source < order->count && e < order->count; e++) {
        if (taken & 1u << e) continue;
        order->estimate_of[source] = e;
        try_orders(order, source + 1, taken | 1u << e, sum + order->db[source][e]);
    }
}

/* best_of: the estimate of each source. */
static void choose_order(const OtoFilteredSources *filtered, bool permute, struct order *order) {
    for (int j = 0; j < order->count; j++) order->best_of[j] = j;
    if (!permute || order->count == 1) return;
    order->best = -(double)INFINITY;
    for (int j = 0; j < order->count; j++)
        for (int e = 0; e < order->count; e++)
            order->db[j][e] = fmax(decibels(oto_interference_ratio(filtered, j, e)), -1000);
    try_orders(order, 0, 0, 0);
}

static void one_step(void *work) {
    oto_long_work_step(work);
}

/* Where the numbers of a piece go: source j's at [j * columns]. */
struct column {
    float *sdr, *sir, *sar;
    int64_t *permutation, columns;
};

static void score_piece(const OtoSources *sources, bool permute, OtoLongWork *work, const struct column *to) {
    struct order order = {.count = sources->count};
    OtoEnergies energies[SOURCES_MAX];
    OtoFilteredSources *filtered = oto_filtered_sources_new("oto_separation_score", sources, one_step, work);
    choose_order(filtered, permute, &order);
    oto_filtered_energies(filtered, order.best_of, energies);
    oto_filtered_sources_free(filtered);
    oto_long_work_step(work);
    for (int j = 0; j < sources->count; j++) {
        const OtoEnergies *e = &energies[j];
        to->sdr[j * to->columns] = (float)decibels(e->own / e->distortion);
        to->sir[j * to->columns] = (float)decibels(e->own / e->others);
        to->sar[j * to->columns] = (float)decibels(e->all / e->rest);
        to->permutation[j * to->columns] = order.best_of[j];
    }
}

static void leave_out(int count, const struct column *to) {
    for (int j = 0; j < count; j++) {
        to->sdr[j * to->columns] = to->sir[j * to->columns] = to->sar[j * to->columns] = NAN;
        to->permutation[j * to->columns] = -1;
    }
}

static bool any_silent(const OtoSources *s) {
    bool silent = false;
    for (int i = 0; i < s->count; i++)
        silent |= oto_is_silent(s->reference + i * s->stride, s->samples) ||
                  oto_is_silent(s->estimated + i * s->stride, s->samples);
    return silent;
}

static OtoTensor *table(OtoType type, int64_t sources, int64_t frames, OtoSeparationScoring options, OtoTensor *from,
                        const char *what) {
    OtoTensor *x = oto_zeros_of(type, options.frame_length ? 2 : 1, (long long[]){sources, frames});
    oto_name_axis(x, 0, "source");
    if (type == OTO_FLOAT32) x->quantity = OTO_DECIBEL;
    double rate = from->sample_rate;
    if (options.frame_length && rate > 0)
        oto_name_axis(x, 1, "time", .unit = "s", .step = (double)options.hop_length / rate);
    else if (options.frame_length)
        oto_name_axis(x, 1, "time", .unit = "samples", .step = (double)options.hop_length);
    oto_set_origin(x, what, from);
    return x;
}

OtoSeparationScore(oto_separation_score)(OtoTensor *reference, OtoTensor *estimated, OtoSeparationScoring options) {
    const char *me = "oto_separation_score";
    oto_need_sources(me, reference, estimated);
    int64_t count = reference->rows, samples = reference->cols;
    if (count > SOURCES_MAX)
        oto_refuse(me, "reference is %s; there can be at most %d sources", oto_shape_quoted(reference), SOURCES_MAX);
    oto_check_range(me, "filter_length", options.filter_length, 1, fmin((double)samples, (double)(TAPS_MAX / count)));
    if (options.frame_length)
        oto_check_range(me, "frame_length", (double)options.frame_length, options.filter_length, 1e15);
    if (options.hop_length == OTO_DEFAULT) options.hop_length = options.frame_length / 2 ? options.frame_length / 2 : 1;
    oto_check_range(me, "hop_length", (double)options.hop_length, 1, 1e15);
    int64_t length = options.frame_length ? options.frame_length : samples;
    int64_t frames = samples < length ? 0 : (samples - length) / options.hop_length + 1;
    if (frames < 2) length = samples, frames = 1;
    OtoSeparationScore score = {.sdr = table(OTO_FLOAT32, count, frames, options, reference, "SDR"),
                                .sir = table(OTO_FLOAT32, count, frames, options, reference, "SIR"),
                                .sar = table(OTO_FLOAT32, count, frames, options, reference, "SAR"),
                                .permutation = table(OTO_INT64, count, frames, options, reference, "permutation")};
    OtoLongWork work = oto_long_work(frames * (count + 3), "BSS Eval");
    for (int64_t frame = 0; frame < frames && !oto_interrupt_pending(); frame++) {
        int64_t from = frame * options.hop_length;
        OtoSources sources = {.reference = (float *)reference->data + from,
                              .estimated = (float *)estimated->data + from,
                              .count = (int)count,
                              .taps = options.filter_length,
                              .samples = length,
                              .stride = samples};
        struct column to = {(float *)score.sdr->data + frame, (float *)score.sir->data + frame,
                            (float *)score.sar->data + frame, (int64_t *)score.permutation->data + frame, frames};
        if (any_silent(&sources))
            leave_out((int)count, &to);
        else
            score_piece(&sources, options.permute, &work, &to);
    }
    oto_long_work_done(&work);
    return score;
}
