#include "lib/dsp/convolution.h"
#include "lib/dsp/finite.h"
#include "lib/tensor/arithmetic.h"
#include "lib/tensor/arrange.h"
#include "lib/tensor/error.h"
#include "lib/tensor/graph.h"
#include "lib/tensor/place.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static void check(const char *operation, OtoTensor *in1, OtoTensor *in2, OtoConvolve options) {
    oto_need_float(operation, "in1", in1);
    oto_need_float(operation, "in2", in2);
    if (in1->size == 0) oto_refuse(operation, "in1 is empty: %s", oto_shape_quoted(in1));
    if (in2->size == 0) oto_refuse(operation, "in2 is empty: %s", oto_shape_quoted(in2));
    if (in2->rows != 1 && in2->rows != in1->rows)
        oto_refuse(operation, "in1 is %s and in2 %s; in2 must be one row, or as many as in1", oto_shape_quoted(in1),
                   oto_shape_quoted(in2));
    if (in1->sample_rate > 0 && in2->sample_rate > 0 && in1->sample_rate != in2->sample_rate)
        oto_refuse(operation, "in1 has %g Hz and in2 %g Hz; oto_resample one of them", in1->sample_rate,
                   in2->sample_rate);
    if ((unsigned)options.mode > OTO_VALID)
        oto_refuse(operation, "mode is %d; use OTO_FULL, OTO_SAME or OTO_VALID", (int)options.mode);
    if ((unsigned)options.method > OTO_FIR_FFT)
        oto_refuse(operation, "method is %d; use OTO_FIR_AUTO, OTO_FIR_DIRECT or OTO_FIR_FFT", (int)options.method);
    oto_need_finite(operation, "in1", in1);
    oto_need_finite(operation, "in2", in2);
}

/* Which of the full results are wanted. */
struct part {
    int64_t first, count;
};
static struct part part_of(OtoConvolveMode mode, int64_t n1, int64_t n2) {
    int64_t shorter = n1 < n2 ? n1 : n2, longer = n1 < n2 ? n2 : n1;
    switch (mode) {
    case OTO_FULL:
        return (struct part){0, n1 + n2 - 1};
    case OTO_SAME:
        return (struct part){(n2 - 1) / 2, n1};
    default:
        return (struct part){shorter - 1, longer - shorter + 1};
    }
}

/* That part of one row: the longer one between zeros, weighted with the shorter one. `room` holds the second one
 * and the first between zeros: n1 + 2 n2 + 2 min(n1, n2) numbers. */
static void convolve_row(const char *operation, const float *x, int64_t n1, const float *h, int64_t n2, bool reversed,
                         struct part part, float *to, float *room, OtoFirMethod method) {
    float *second = room, *padded = room + n2;
    for (int64_t i = 0; i < n2; i++) second[i] = h[reversed ? n2 - 1 - i : i];
    bool swapped = n2 > n1;
    const float *longer = swapped ? second : x, *shorter = swapped ? x : second;
    int64_t n = swapped ? n2 : n1, taps = swapped ? n1 : n2;
    /* Full result i is made of the samples i - taps + 1 ... i of the longer. */
    int64_t first = part.first - taps + 1, count = part.count + taps - 1, skip = first < 0 ? -first : 0;
    int64_t from = first > 0 ? first : 0, here = n - from < count - skip ? n - from : count - skip;
    memset(padded, 0, (size_t)count * sizeof *padded);
    memcpy(padded + skip, longer + from, (size_t)here * sizeof *padded);
    oto_fir(operation, padded, count, shorter, taps, to, method);
}

struct convolved {
    OtoConvolve options;
    bool reversed;
};

/* x (..., n) as (rows, n). */
static OtoTensor *as_rows(OtoTensor *x) {
    return oto_shaped(x, 2, (const long long[]){x->rows, x->cols});
}
static OtoTensor *in_shape_of(OtoTensor *x, OtoTensor *like) {
    long long shape[OTO_RANK_MAX];
    for (int i = 0; i < like->rank; i++) shape[i] = like->shape[i];
    return oto_shaped(x, like->rank, shape);
}

/* y[n] = sum over k of a[k] b[n - k]:
 *     dL/da[k] = sum over n of b[n - k] dL/dy[n]      the full convolution with b turned around, from its sample n2 - 1
 *     dL/db[k] = sum over n of a[n - k] dL/dy[n]      with a turned around, from n1 - 1
 * where dL/dy is 0 at results that were not taken. b is in2, or for a correlation in2 turned around. */
static void convolve_backward(OtoNode *node, OtoTensor *gradient) {
    const struct convolved *c = oto_node_settings(node);
    OtoTensor *in1 = oto_node_input(node, 0), *in2 = oto_node_input(node, 1);
    int64_t n1 = in1->cols, n2 = in2->cols;
    OtoTensor *full = oto_place(as_rows(gradient), 1, part_of(c->options.mode, n1, n2).first, n1 + n2 - 1);
    OtoTensor *a = as_rows(in1), *b = as_rows(in2);
    OtoConvolve how = {.mode = OTO_FULL, .method = c->options.method};
    if (oto_node_wants(node, 0)) {
        OtoTensor *turned = c->reversed ? b : oto_flip(b, 1);
        oto_give(node, 0, in_shape_of(oto_part((oto_convolve)(full, turned, how), 1, n2 - 1, n1), in1));
    }
    if (!oto_node_wants(node, 1)) return;
    OtoTensor *weights = oto_part((oto_convolve)(full, oto_flip(a, 1), how), 1, n1 - 1, n2);
    if (b->rows == 1 && weights->rows > 1) weights = oto_sum_over(weights, 0, .keep = true);
    oto_give(node, 1, in_shape_of(c->reversed ? oto_flip(weights, 1) : weights, in2));
}

/* Convolves all rows; in2 turned around in time for a correlation. */
static OtoTensor *convolve(const char *operation, const char *origin, OtoTensor *in1, OtoTensor *in2, bool reversed,
                           OtoConvolve options) {
    static const OtoOperation convolution = {"oto_convolve", convolve_backward, OTO_SAVES_INPUTS},
                              correlation = {"oto_correlate", convolve_backward, OTO_SAVES_INPUTS};
    check(operation, in1, in2, options);
    int64_t n1 = in1->cols, n2 = in2->cols;
    struct part part = part_of(options.mode, n1, n2);
    long long shape[OTO_RANK_MAX];
    for (int i = 0; i < in1->rank; i++) shape[i] = i < in1->rank - 1 ? in1->shape[i] : part.count;
    OtoTensor *y = oto_zeros_of(OTO_FLOAT32, in1->rank, shape);
    for (int i = 0; i < in1->rank - 1; i++) oto_axis_copy(y, i, in1, i);
    y->sample_rate = in1->sample_rate;
    const OtoAxis *time = &in1->axes[in1->rank - 1];
    if (reversed) {
        oto_name_axis(y, y->rank - 1, "lag", .unit = time->unit, .step = time->step,
                      .start = (double)(part.first - (n2 - 1)) * time->step);
    } else {
        y->quantity = in1->quantity;
        int64_t later = options.mode == OTO_SAME ? 0 : part.first;
        oto_name_axis(y, y->rank - 1, time->name, .unit = time->unit, .step = time->step,
                      .start = time->start + (double)later * time->step);
    }
    if (!oto_records(in1, in2)) oto_set_origin(y, origin, in1);
    oto_scope {
        size_t room_size = (size_t)(n1 + n2 + 2 * (n1 < n2 ? n1 : n2) + n2);
        float *room = malloc(room_size * sizeof *room);
        if (!room) oto_refuse(operation, "no memory for %zu numbers", room_size);
        oto_hold(room, free);
        for (int64_t row = 0; row < in1->rows && !oto_interrupt_pending(); row++)
            convolve_row(operation, (float *)in1->data + row * n1, n1,
                         (float *)in2->data + (in2->rows == 1 ? 0 : row * n2), n2, reversed, part,
                         (float *)y->data + row * part.count, room, options.method);
    }
    const OtoOperation *operation_of = reversed ? &correlation : &convolution;
    struct convolved settings = {.options = options, .reversed = reversed};
    return oto_record(operation_of, y, &settings, sizeof settings, in1, in2);
}

OtoTensor *(oto_convolve)(OtoTensor *in1, OtoTensor *in2, OtoConvolve options) {
    return convolve("oto_convolve", "convolution", in1, in2, false, options);
}

OtoTensor *(oto_correlate)(OtoTensor *in1, OtoTensor *in2, OtoConvolve options) {
    return convolve("oto_correlate", "correlation", in1, in2, true, options);
}
