#include "lib/dsp/decibel.h"
#include "lib/dsp/magnitude.h"
#include "lib/tensor/elementary.h"
#include "lib/tensor/elementwise.h"
#include "lib/tensor/error.h"
#include "lib/tensor/graph.h"
#include "lib/tensor/over.h"
#include "lib/tensor/parallel.h"
#include "lib/tensor/simd.h"

#include <math.h>
#include <stdlib.h>

enum { GRAIN = 1 << 16 };

double oto_decibels(double amplitude_ratio) {
    return 20 * log10(fabs(amplitude_ratio));
}
double oto_ratio(double decibels) {
    return pow(10, decibels / 20);
}

/* factor * log10(size of x, at least smallest) for `count` numbers; what is smaller than `highest` was, or the new
 * highest. Complex numbers are measured by their power, so theirs is half the factor and smallest squared. */
OTO_VECTORISED static float levels_of(float *restrict to, const float *restrict from, int64_t count, bool is_complex,
                                      float factor, float smallest) {
    float highest = -INFINITY, per_octave = factor * 0.30103f;
    if (is_complex)
        for (int64_t i = 0; i < count; i++) to[i] = from[2 * i] * from[2 * i] + from[2 * i + 1] * from[2 * i + 1];
    else
        for (int64_t i = 0; i < count; i++) to[i] = fabsf(from[i]);
    for (int64_t i = 0; i < count; i++) to[i] = per_octave * oto_fast_log2(to[i] < smallest ? smallest : to[i]);
    for (int64_t i = 0; i < count; i++) highest = to[i] > highest ? to[i] : highest;
    return highest;
}

OTO_VECTORISED static void floor_and_shift(float *restrict x, int64_t count, float floor, float shift) {
    for (int64_t i = 0; i < count; i++) x[i] = (x[i] < floor ? floor : x[i]) - shift;
}

OTO_VECTORISED static void ratios_of(float *restrict to, const float *restrict from, int64_t count, float octaves) {
    for (int64_t i = 0; i < count; i++) to[i] = oto_fast_exp2(from[i] * octaves);
}
OTO_VECTORISED static void scale(float *restrict x, int64_t count, float factor) {
    for (int64_t i = 0; i < count; i++) x[i] *= factor;
}

struct work {
    const float *from;
    float *to, *highest; /* of each piece */
    bool is_complex;
    float factor, smallest, floor, shift;
};

static void levels(int64_t from, int64_t to, void *context) {
    struct work *w = context;
    w->highest[from / GRAIN] = levels_of(w->to + from, w->from + from * (w->is_complex ? 2 : 1), to - from,
                                         w->is_complex, w->factor, w->smallest);
}
static void shifts(int64_t from, int64_t to, void *context) {
    struct work *w = context;
    floor_and_shift(w->to + from, to - from, w->floor, w->shift);
}
static void ratios(int64_t from, int64_t to, void *context) {
    struct work *w = context;
    ratios_of(w->to + from, w->from + from, to - from, w->factor);
    if (w->shift != 1) scale(w->to + from, to - from, w->shift);
}

/* The same with operations that write themselves down. */
static OtoTensor *levels_with_gradient(OtoTensor *x, OtoDb options, double amin, double factor) {
    OtoTensor *y = NULL;
    oto_scope {
        OtoTensor *size = x->quantity == OTO_POWER ? x : oto_magnitude(x);
        OtoAxes all = {.count = x->rank};
        for (int i = 0; i < x->rank; i++) all.axis[i] = oto_axis_numbered(i);
        y = oto_mul(oto_log(oto_larger(size, amin)), factor / log(10));
        bool empty = x->size == 0;
        OtoTensor *top = empty ? oto_number(0) : oto_max_over_axes(y, all, (OtoOverOptions){});
        if (options.top_db > 0) y = oto_larger(y, oto_sub(top, options.top_db));
        if (options.ref == OTO_MAX)
            y = oto_sub(y, top);
        else
            y = oto_sub(y, factor * log10(fmax(amin, options.ref)));
        oto_keep(y);
    }
    y->framing = x->framing;
    y->sample_rate = x->sample_rate;
    y->quantity = OTO_DECIBEL;
    return y;
}

OtoTensor *(oto_db)(OtoTensor *x, OtoDb options) {
    oto_need("oto_db", "x", x);
    if (x->quantity == OTO_DECIBEL) oto_refuse("oto_db", "x is in dB already");
    if (x->quantity == OTO_PHASE) oto_refuse("oto_db", "x holds phases in rad; dB are for amplitudes and powers");
    if (x->type == OTO_INT64) oto_need_float("oto_db", "x", x);
    if (!(options.top_db >= 0)) oto_refuse("oto_db", "top_db is %g, but must be at least 0", options.top_db);
    bool amin_given = options.amin != OTO_DEFAULT;
    if (amin_given && !(options.amin > 0)) oto_refuse("oto_db", "amin is %g, but must be positive", options.amin);
    if (options.ref != OTO_MAX && !(options.ref > 0))
        oto_refuse("oto_db", "ref is %g, but must be positive, or OTO_MAX for the largest value", options.ref);
    bool power = x->quantity == OTO_POWER, is_complex = x->type == OTO_COMPLEX64;
    double amin = amin_given ? options.amin : power ? 1e-10 : 1e-5, factor = power ? 10 : 20;

    if (oto_records(x)) return levels_with_gradient(x, options, amin, factor);
    OtoTensor *y = oto_like(x, OTO_FLOAT32, NULL);
    oto_scope {
        OtoTensor *highest = oto_zeros(x->size / GRAIN + 1);
        struct work work = {.from = x->data,
                            .to = y->data,
                            .highest = highest->data,
                            .is_complex = is_complex,
                            .factor = (float)(is_complex ? factor / 2 : factor),
                            .smallest = (float)(is_complex ? amin * amin : amin)};
        oto_parallel(x->size, GRAIN, levels, &work);
        float top = -INFINITY;
        for (int64_t i = 0; i * GRAIN < x->size; i++) top = fmaxf(top, work.highest[i]);
        work.shift = options.ref == OTO_MAX ? top : (float)(factor * log10(fmax(amin, options.ref)));
        work.floor = options.top_db > 0 ? top - (float)options.top_db : -INFINITY;
        oto_parallel(x->size, GRAIN, shifts, &work);
    }
    y->quantity = OTO_DECIBEL;
    return y;
}

/* y = ref 10^(x / divisor):  dL/dx = ln 10 / divisor y dL/dy */
static void back_backward(OtoNode *node, OtoTensor *gradient) {
    double per_decibel = *(const double *)oto_node_settings(node);
    oto_give(node, 0, oto_mul(oto_mul(gradient, per_decibel), oto_node_output(node)));
}

static OtoTensor *back(const char *operation, OtoTensor *x, double divisor, double ref, OtoQuantity quantity) {
    oto_need_float(operation, "decibels", x);
    if (x->quantity != OTO_DECIBEL && x->quantity != OTO_PLAIN)
        oto_refuse(operation, "decibels holds %s, not dB", oto_quantity_name(x->quantity));
    if (!(ref > 0)) oto_refuse(operation, "ref is %g, but must be positive", ref);
    OtoTensor *y = oto_like(x, OTO_FLOAT32, NULL);
    struct work work = {.from = x->data, .to = y->data, .factor = (float)(log2(10) / divisor), .shift = (float)ref};
    oto_parallel(x->size, GRAIN, ratios, &work);
    y->quantity = quantity;
    static const OtoOperation from_decibels = {"oto_db_to_power", back_backward, OTO_SAVES_OUTPUT};
    double per_decibel = log(10) / divisor;
    return oto_record(&from_decibels, y, &per_decibel, sizeof per_decibel, x);
}

OtoTensor *(oto_db_to_power)(OtoTensor *decibels, OtoDbReference options) {
    return back("oto_db_to_power", decibels, 10, options.ref, OTO_POWER);
}
OtoTensor *(oto_db_to_amplitude)(OtoTensor *decibels, OtoDbReference options) {
    return back("oto_db_to_amplitude", decibels, 20, options.ref, OTO_AMPLITUDE);
}
