#include "lib/nn/initial.h"
#include "lib/tensor/error.h"
#include "lib/tensor/graph.h"
#include "lib/tensor/random.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static OtoTensor *fill_uniform(OtoTensor *x, double low, double high) {
    for (int64_t i = 0; i < x->size; i++) ((float *)x->data)[i] = (float)(low + (high - low) * oto_uniform());
    return x;
}
static OtoTensor *fill_normal(OtoTensor *x, double mean, double std) {
    for (int64_t i = 0; i < x->size; i++) ((float *)x->data)[i] = (float)(mean + std * oto_normal());
    return x;
}

static OtoTensor *empty(OtoLayer *layer, int rank, const long long shape[]) {
    return oto_tensor_new_for(oto_layer_maker(layer->kind), OTO_FLOAT32, rank, shape);
}

OtoTensor *oto_initial_uniform(OtoLayer *layer, double bound, int rank, const long long shape[]) {
    return fill_uniform(empty(layer, rank, shape), -bound, bound);
}
OtoTensor *oto_initial_normal(OtoLayer *layer, double standard_deviation, int rank, const long long shape[]) {
    return fill_normal(empty(layer, rank, shape), 0, standard_deviation);
}

/* ---- in place ---- */

/* x's numbers are about to change. */
static void take(const char *operation, OtoTensor *x) {
    oto_need_float(operation, "x", x);
    oto_changed(x);
}

OtoTensor *oto_init_constant(OtoTensor *x, double value) {
    take("oto_init_constant", x);
    for (int64_t i = 0; i < x->size; i++) ((float *)x->data)[i] = (float)value;
    return x;
}

OtoTensor *(oto_init_uniform)(OtoTensor *x, OtoInitUniform options) {
    if (!(options.low <= options.high))
        oto_refuse("oto_init_uniform", "low is %g and high %g; low must not be above high", options.low, options.high);
    take("oto_init_uniform", x);
    return fill_uniform(x, options.low, options.high);
}

OtoTensor *(oto_init_normal)(OtoTensor *x, OtoInitNormal options) {
    oto_check_range("oto_init_normal", "std", options.std, 0, INFINITY);
    take("oto_init_normal", x);
    return fill_normal(x, options.mean, options.std);
}

OtoTensor *(oto_init_truncated_normal)(OtoTensor *x, OtoInitNormal options) {
    const char *name = "oto_init_truncated_normal";
    oto_check_range(name, "std", options.std, 0, INFINITY);
    /* further away, nearly all numbers would be drawn again */
    if (!(options.low < options.high) || !(options.low <= options.mean + 2 * options.std) ||
        !(options.high >= options.mean - 2 * options.std))
        oto_refuse(name, "low is %g and high %g; low must be below high, and both near the mean %g", options.low,
                   options.high, options.mean);
    take(name, x);
    for (int64_t i = 0; i < x->size; i++) {
        double drawn;
        do drawn = options.mean + options.std * oto_normal();
        while (drawn < options.low || drawn > options.high);
        ((float *)x->data)[i] = (float)drawn;
    }
    return x;
}

/* ---- by the number of inputs and outputs ---- */

double oto_init_gain(const char *nonlinearity, double slope) {
    oto_check_text("oto_init_gain", "nonlinearity", nonlinearity);
    const struct {
        const char *name;
        double gain;
    } known[] = {{"linear", 1},     {"sigmoid", 1}, {"tanh", 5.0 / 3},
                 {"relu", sqrt(2)}, {"selu", 0.75}, {"leaky_relu", sqrt(2 / (1 + slope * slope))}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (!strcmp(known[i].name, nonlinearity)) return known[i].gain;
    oto_refuse("oto_init_gain", "nonlinearity is \"%s\"; it is one of linear, sigmoid, tanh, relu, leaky_relu, selu",
               nonlinearity);
}

struct fans {
    double in, out;
};
static struct fans fans_of(const char *operation, OtoTensor *x) {
    take(operation, x);
    if (x->rank < 2 || x->size == 0)
        oto_refuse(operation,
                   "x is %s, but must be a weight (out, in, ...): a bias has no inputs to count; take "
                   "oto_init_constant(x, 0)",
                   oto_shape_quoted(x));
    double kernel = (double)(x->size / (x->shape[0] * x->shape[1]));
    return (struct fans){.in = kernel * (double)x->shape[1], .out = kernel * (double)x->shape[0]};
}

static OtoTensor *fill_by_deviation(OtoTensor *x, double std, bool normal) {
    return normal ? fill_normal(x, 0, std) : fill_uniform(x, -sqrt(3) * std, sqrt(3) * std);
}

static OtoTensor *xavier(const char *name, OtoTensor *x, double gain, bool normal) {
    struct fans fans = fans_of(name, x);
    return fill_by_deviation(x, gain * sqrt(2 / (fans.in + fans.out)), normal);
}
OtoTensor *(oto_init_xavier_uniform)(OtoTensor *x, OtoInitGain options) {
    return xavier("oto_init_xavier_uniform", x, options.gain, false);
}
OtoTensor *(oto_init_xavier_normal)(OtoTensor *x, OtoInitGain options) {
    return xavier("oto_init_xavier_normal", x, options.gain, true);
}

static OtoTensor *kaiming(const char *name, OtoTensor *x, const OtoInitKaiming *options, bool normal) {
    struct fans fans = fans_of(name, x);
    double gain = oto_init_gain(options->nonlinearity, options->a);
    return fill_by_deviation(x, gain / sqrt(options->fan_out ? fans.out : fans.in), normal);
}
OtoTensor *(oto_init_kaiming_uniform)(OtoTensor *x, OtoInitKaiming options) {
    return kaiming("oto_init_kaiming_uniform", x, &options, false);
}
OtoTensor *(oto_init_kaiming_normal)(OtoTensor *x, OtoInitKaiming options) {
    return kaiming("oto_init_kaiming_normal", x, &options, true);
}

/* ---- orthogonal ---- */

/* Gram and Schmidt, twice, because once leaves what rounding has left. a: count vectors of this length. */
static void make_orthonormal(double *a, int64_t count, int64_t length) {
    for (int64_t i = 0; i < count; i++) {
        double *row = a + i * length;
        for (int again = 0; again < 2; again++) {
            for (int64_t j = 0; j < i; j++) {
                double along = 0;
                for (int64_t k = 0; k < length; k++) along += row[k] * a[j * length + k];
                for (int64_t k = 0; k < length; k++) row[k] -= along * a[j * length + k];
            }
            double square = 0;
            for (int64_t k = 0; k < length; k++) square += row[k] * row[k];
            for (int64_t k = 0; k < length; k++) row[k] /= sqrt(square);
        }
    }
}

OtoTensor *(oto_init_orthogonal)(OtoTensor *x, OtoInitGain options) {
    const char *name = "oto_init_orthogonal";
    fans_of(name, x);
    int64_t rows = x->shape[0], columns = x->size / rows;
    bool tall = rows > columns;
    int64_t count = tall ? columns : rows, length = tall ? rows : columns;
    double *a = malloc((size_t)x->size * sizeof *a);
    if (!a) oto_refuse(name, "no memory for %lld numbers", (long long)x->size);
    for (int64_t i = 0; i < x->size; i++) a[i] = oto_normal();
    make_orthonormal(a, count, length);
    for (int64_t i = 0; i < count; i++)
        for (int64_t k = 0; k < length; k++)
            ((float *)x->data)[tall ? k * columns + i : i * columns + k] = (float)(options.gain * a[i * length + k]);
    free(a);
    return x;
}

/* ---- sparse ---- */

OtoTensor *(oto_init_sparse)(OtoTensor *x, double sparsity, OtoInitSparse options) {
    const char *name = "oto_init_sparse";
    oto_check_range(name, "sparsity", sparsity, 0, 1);
    oto_check_range(name, "std", options.std, 0, INFINITY);
    take(name, x);
    if (x->rank != 2) oto_refuse(name, "x is %s, but must be a matrix", oto_shape_quoted(x));
    int64_t rows = x->shape[0], columns = x->shape[1], zeros = (int64_t)ceil(sparsity * (double)rows);
    int64_t *order = malloc((size_t)(rows ? rows : 1) * sizeof *order);
    if (!order) oto_refuse(name, "no memory for an order of %lld rows", (long long)rows);
    fill_normal(x, 0, options.std);
    for (int64_t c = 0; c < columns; c++) {
        for (int64_t r = 0; r < rows; r++) order[r] = r;
        oto_shuffle(order, rows);
        for (int64_t r = 0; r < zeros; r++) ((float *)x->data)[order[r] * columns + c] = 0;
    }
    free(order);
    return x;
}
