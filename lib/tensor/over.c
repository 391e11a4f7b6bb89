#include "lib/tensor/over.h"
#include "lib/tensor/elementwise.h"
#include "lib/tensor/error.h"
#include "lib/tensor/graph.h"
#include "lib/tensor/parallel.h"
#include "lib/tensor/place.h"
#include "lib/tensor/scan.h"
#include "lib/tensor/simd.h"
#include "lib/tensor/sum.h"

#include <inttypes.h>
#include <math.h>

enum { PIECE = 1 << 15 }; /* elements that are worth a thread */

/* A gradient or a result in x's rank again: with ones for the axes that have gone. */
static OtoTensor *kept_shape(OtoTensor *y, OtoTensor *x, unsigned axes) {
    long long shape[OTO_RANK_MAX];
    int rank = oto_shape_without(x, axes, true, shape);
    return oto_shaped(y, rank, shape);
}
/* And without them. */
static OtoTensor *without(OtoTensor *y, OtoTensor *x, unsigned axes) {
    long long shape[OTO_RANK_MAX];
    int rank = oto_shape_without(x, axes, false, shape);
    return oto_shaped(y, rank, shape);
}

/* ---- the largest ---- */

struct extreme {
    const float *x;
    float *y;
    int64_t *places; /* of the first largest; or NULL */
    OtoAround around;
    float sign; /* -1: the smallest */
};

/* A NaN stays once it is there: nothing is larger, and it is not equal to itself. */
OTO_VECTORISED static void larger_of(float *restrict y, const float *restrict x, int64_t count, float sign) {
    for (int64_t i = 0; i < count; i++) y[i] = y[i] != y[i] || sign * y[i] >= sign * x[i] ? y[i] : x[i];
}

static void extremes(int64_t from, int64_t to, void *context) {
    const struct extreme *e = context;
    int64_t length = e->around.length, inner = e->around.inner;
    for (int64_t outer = from; outer < to; outer++) {
        const float *x = e->x + outer * length * inner;
        float *y = e->y + outer * inner;
        for (int64_t i = 0; i < inner; i++) y[i] = x[i];
        for (int64_t k = 1; k < length; k++) larger_of(y, x + k * inner, inner, e->sign);
    }
}

static void places_of_extremes(int64_t from, int64_t to, void *context) {
    const struct extreme *e = context;
    int64_t length = e->around.length, inner = e->around.inner;
    for (int64_t at = from; at < to; at++) { /* over (outer, inner) */
        const float *x = e->x + at / inner * length * inner + at % inner;
        int64_t best = 0;
        for (int64_t k = 1; k < length && !isnan(x[best * inner]); k++)
            if (isnan(x[k * inner]) || e->sign * x[k * inner] > e->sign * x[best * inner]) best = k;
        e->places[at] = best;
    }
}

struct reduction {
    unsigned axes;
    float sign;
};

/* y = max x:  dL/dx = dL/dy at the largest; where several are equal, a share for each */
static void extreme_backward(OtoNode *node, OtoTensor *gradient) {
    const struct reduction *r = oto_node_settings(node);
    OtoTensor *x = oto_node_input(node, 0), *y = kept_shape(oto_node_output(node), x, r->axes);
    OtoTensor *among = oto_equal(x, y), *share = NULL;
    long long shape[OTO_RANK_MAX];
    int rank = oto_shape_without(x, r->axes, true, shape);
    share = oto_div(among, oto_sum_axes(among, r->axes, 1, rank, shape));
    oto_give(node, 0, oto_mul(share, kept_shape(gradient, x, r->axes)));
}

static OtoTensor *extreme_over(const OtoOperation *operation, OtoTensor *x, OtoAxes which, OtoOverOptions options,
                               struct reduction r, const char *origin) {
    oto_need_float(operation->name, "x", x);
    r.axes = oto_which_axes(operation->name, x, which);
    oto_reduced_count(operation->name, x, r.axes);
    long long shape[OTO_RANK_MAX];
    for (int k = 0; k < x->rank; k++) shape[k] = x->shape[k];
    OtoTensor *y = NULL;
    oto_scope {
        OtoTensor *narrow = x;
        for (int axis = x->rank - 1; axis >= 0; axis--) {
            if (!(r.axes >> axis & 1)) continue;
            shape[axis] = 1;
            OtoTensor *next = oto_tensor_new(OTO_FLOAT32, x->rank, shape);
            struct extreme e = {.x = narrow->data, .y = next->data, .around = oto_around(narrow, axis), .sign = r.sign};
            if (next->size > 0)
                oto_parallel(e.around.outer, PIECE / (e.around.length * e.around.inner) + 1, extremes, &e);
            narrow = next;
        }
        y = oto_keep(options.keep ? narrow : without(narrow, x, r.axes));
    }
    return oto_reduced(oto_record(operation, y, &r, sizeof r, x), x, r.axes, options.keep, origin);
}

OtoTensor *oto_max_over_axes(OtoTensor *x, OtoAxes axes, OtoOverOptions options) {
    static const OtoOperation operation = {"oto_max_over", extreme_backward, OTO_SAVES_INPUT(0) | OTO_SAVES_OUTPUT};
    return extreme_over(&operation, x, axes, options, (struct reduction){.sign = 1}, "maximum");
}
OtoTensor *oto_min_over_axes(OtoTensor *x, OtoAxes axes, OtoOverOptions options) {
    static const OtoOperation operation = {"oto_min_over", extreme_backward, OTO_SAVES_INPUT(0) | OTO_SAVES_OUTPUT};
    return extreme_over(&operation, x, axes, options, (struct reduction){.sign = -1}, "minimum");
}

static OtoTensor *place_over(const char *operation, OtoTensor *x, OtoWhichAxis which, OtoOverOptions options,
                             float sign) {
    oto_need_float(operation, "x", x);
    int axis = oto_which_axis(operation, x, which);
    oto_reduced_count(operation, x, 1u << axis);
    long long shape[OTO_RANK_MAX];
    int rank = oto_shape_without(x, 1u << axis, options.keep, shape);
    OtoTensor *y = oto_tensor_new(OTO_INT64, rank, shape);
    oto_axes_without(y, x, 1u << axis, options.keep);
    struct extreme e = {.x = x->data, .places = y->data, .around = oto_around(x, axis), .sign = sign};
    if (y->size > 0) oto_parallel(y->size, PIECE / e.around.length + 1, places_of_extremes, &e);
    return y;
}
OtoTensor *oto_argmax_over_axis(OtoTensor *x, OtoWhichAxis axis, OtoOverOptions options) {
    return place_over("oto_argmax_over", x, axis, options, 1);
}
OtoTensor *oto_argmin_over_axis(OtoTensor *x, OtoWhichAxis axis, OtoOverOptions options) {
    return place_over("oto_argmin_over", x, axis, options, -1);
}

/* ---- how far from the mean ---- */

/* With the axes kept. */
static OtoTensor *variance(const char *operation, OtoTensor *x, unsigned axes, double correction) {
    int64_t count = oto_reduced_count(operation, x, axes);
    double divisor = (double)count - correction;
    if (!(divisor > 0))
        oto_refuse(operation, "each variance is of %" PRId64 " number%s of %s, which is too few for .correction = %g",
                   count, count == 1 ? "" : "s", oto_shape_quoted(x), correction);
    long long shape[OTO_RANK_MAX];
    int rank = oto_shape_without(x, axes, true, shape);
    OtoTensor *away = oto_sub(x, oto_sum_axes(x, axes, 1 / (double)count, rank, shape));
    return oto_sum_axes(oto_squared(away), axes, 1 / divisor, rank, shape);
}

static OtoTensor *spread_over(const char *operation, OtoTensor *x, OtoAxes which, OtoVarianceOptions options,
                              bool root) {
    oto_need_float(operation, "x", x);
    unsigned axes = oto_which_axes(operation, x, which);
    OtoTensor *y = NULL;
    oto_scope {
        y = variance(operation, x, axes, options.correction);
        if (root) { /* at 0, the root has no slope */
            OtoTensor *none = oto_equal(y, 0);
            y = oto_masked_fill(oto_sqrt(oto_masked_fill(y, none, 1)), none, 0);
        }
        y = oto_keep(options.keep ? y : without(y, x, axes));
    }
    oto_reduced(y, x, axes, options.keep, root ? "standard deviation" : "variance");
    if (!root) y->quantity = OTO_PLAIN;
    return y;
}
OtoTensor *oto_var_over_axes(OtoTensor *x, OtoAxes axes, OtoVarianceOptions options) {
    return spread_over("oto_var_over", x, axes, options, false);
}
OtoTensor *oto_std_over_axes(OtoTensor *x, OtoAxes axes, OtoVarianceOptions options) {
    return spread_over("oto_std_over", x, axes, options, true);
}

/* ---- products ---- */

OtoTensor *oto_product_over_axes(OtoTensor *x, OtoAxes which, OtoOverOptions options) {
    oto_need_float("oto_product_over", "x", x);
    unsigned axes = oto_which_axes("oto_product_over", x, which);
    OtoTensor *y = NULL;
    oto_scope {
        y = x;
        for (int axis = 0; axis < x->rank; axis++) {
            if (!(axes >> axis & 1)) continue;
            int64_t length = y->shape[axis];
            /* the last of the running products; of none it is 1 */
            if (length == 0)
                y = oto_add(oto_sum_over(y, axis, .keep = true), 1);
            else
                y = oto_part(oto_cumprod(y, axis), axis, length - 1, 1);
        }
        y = oto_keep(without(y, x, options.keep ? 0 : axes));
    }
    oto_reduced(y, x, axes, options.keep, "product");
    y->quantity = OTO_PLAIN;
    return y;
}

/* ---- logarithm of a sum of exponentials ---- */

/* y = ln sum e^x:  dL/dx = e^(x - y) dL/dy */
static void logsumexp_backward(OtoNode *node, OtoTensor *gradient) {
    unsigned axes = ((const struct reduction *)oto_node_settings(node))->axes;
    OtoTensor *x = oto_node_input(node, 0), *y = kept_shape(oto_node_output(node), x, axes);
    OtoTensor *nothing = oto_equal(y, -INFINITY); /* a sum of zeros: e^x is 0 whatever it is divided by */
    OtoTensor *share = oto_exp(oto_sub(x, oto_masked_fill(y, nothing, 0)));
    oto_give(node, 0, oto_mul(share, kept_shape(gradient, x, axes)));
}

OtoTensor *oto_logsumexp_axes(OtoTensor *x, OtoAxes which, OtoOverOptions options) {
    static const OtoOperation logsumexp = {"oto_logsumexp", logsumexp_backward, OTO_SAVES_INPUT(0) | OTO_SAVES_OUTPUT};
    oto_need_float("oto_logsumexp", "x", x);
    struct reduction r = {.axes = oto_which_axes("oto_logsumexp", x, which)};
    oto_reduced_count("oto_logsumexp", x, r.axes);
    OtoTensor *y = NULL;
    oto_scope oto_no_grad {
        long long shape[OTO_RANK_MAX];
        int rank = oto_shape_without(x, r.axes, true, shape);
        OtoTensor *largest = oto_max_over_axes(x, which, (OtoOverOptions){.keep = true});
        largest = oto_masked_fill(largest, oto_equal(oto_abs(largest), INFINITY), 0);
        OtoTensor *sum = oto_sum_axes(oto_exp(oto_sub(x, largest)), r.axes, 1, rank, shape);
        y = oto_add(oto_log(sum), largest);
        y = oto_keep(options.keep ? y : without(y, x, r.axes));
    }
    oto_record(&logsumexp, y, &r, sizeof r, x);
    return oto_reduced(y, x, r.axes, options.keep, "logsumexp");
}
