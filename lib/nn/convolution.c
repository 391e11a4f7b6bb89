/* Convolutions and their gradients. With the trilinear form  T(w, x, y) = sum over n, o, c, i, k of
 * w[o, c, k] x[n, c, stride i + dilation k - padding] y[n, o, i]  there are three operations, each T with one argument
 * missing, and the backward of each is made of the other two:
 *
 *     convolve(x, w)         = dT/dy      dL/dx = spread(gradient, w)      dL/dw = correlate(x, gradient)
 *     spread(y, w)           = dT/dx      dL/dy = convolve(gradient, w)    dL/dw = correlate(gradient, y)
 *     correlate(x, y)        = dT/dw      dL/dx = spread(y, gradient)      dL/dy = convolve(x, gradient)
 *
 * So they can be differentiated as often as one likes. A transposed convolution is `spread`.
 */
#include "lib/nn/convolution.h"
#include "lib/nn/fusion.h"
#include "lib/nn/windows.h"
#include "lib/tensor/error.h"
#include "lib/tensor/graph.h"
#include "lib/tensor/sum.h"

#include <stdio.h>

static OtoTensor *convolve(const OtoOperation *operation, const struct convolution *shape, OtoTensor *x, OtoTensor *w,
                           OtoTensor *b);
static OtoTensor *spread(const OtoOperation *operation, const struct convolution *shape, OtoTensor *y, OtoTensor *w,
                         OtoTensor *b);
static OtoTensor *correlate(const struct convolution *shape, OtoTensor *x, OtoTensor *y);

/* db[o] = sum over n, i of gradient[n, o, i] */
static void give_bias(OtoNode *node, OtoTensor *gradient) {
    if (oto_node_inputs(node) < 3 || !oto_node_wants(node, 2)) return;
    unsigned all_but_channels = ((1u << gradient->rank) - 1) & ~2u;
    oto_give(node, 2, oto_sum_axes(gradient, all_but_channels, 1, 1, (long long[]){gradient->shape[1]}));
}

static void convolve_backward(OtoNode *node, OtoTensor *gradient);
static void spread_backward(OtoNode *node, OtoTensor *gradient);
static void correlate_backward(OtoNode *node, OtoTensor *gradient);

#define OPERATION(called, goes_back)                                                                                   \
    {.name = called, .backward = goes_back, .saves = OTO_SAVES_INPUT(0) | OTO_SAVES_INPUT(1)}
static const OtoOperation conv1d = OPERATION("oto_conv1d", convolve_backward),
                          conv2d = OPERATION("oto_conv2d", convolve_backward),
                          conv_transpose1d = OPERATION("oto_conv_transpose1d", spread_backward),
                          conv_transpose2d = OPERATION("oto_conv_transpose2d", spread_backward),
                          conv_weight = OPERATION("the weight gradient of a convolution", correlate_backward);

static void convolve_backward(OtoNode *node, OtoTensor *gradient) {
    const struct convolution *shape = oto_node_settings(node);
    OtoTensor *x = oto_node_input(node, 0), *w = oto_node_input(node, 1);
    if (oto_node_wants(node, 0))
        oto_give(node, 0, spread(x->rank == 3 ? &conv_transpose1d : &conv_transpose2d, shape, gradient, w, NULL));
    if (oto_node_wants(node, 1)) oto_give(node, 1, correlate(shape, x, gradient));
    give_bias(node, gradient);
}

static void spread_backward(OtoNode *node, OtoTensor *gradient) {
    const struct convolution *shape = oto_node_settings(node);
    OtoTensor *y = oto_node_input(node, 0), *w = oto_node_input(node, 1);
    if (oto_node_wants(node, 0))
        oto_give(node, 0, convolve(y->rank == 3 ? &conv1d : &conv2d, shape, gradient, w, NULL));
    if (oto_node_wants(node, 1)) oto_give(node, 1, correlate(shape, gradient, y));
    give_bias(node, gradient);
}

static void correlate_backward(OtoNode *node, OtoTensor *gradient) {
    const struct convolution *shape = oto_node_settings(node);
    OtoTensor *x = oto_node_input(node, 0), *y = oto_node_input(node, 1);
    if (oto_node_wants(node, 0))
        oto_give(node, 0, spread(x->rank == 3 ? &conv_transpose1d : &conv_transpose2d, shape, y, gradient, NULL));
    if (oto_node_wants(node, 1))
        oto_give(node, 1, convolve(x->rank == 3 ? &conv1d : &conv2d, shape, x, gradient, NULL));
}

/* ---- the three operations ---- */

/* The axes that a convolution along a time axis (rank 3) or along height and width (rank 4) has. */
static int first_axis(int rank) {
    return 4 - rank;
}

static void check_memory(const char *operation, bool enough) {
    if (!enough) oto_refuse(operation, "no memory to work in; smaller batches need less");
}

/* (batch, channels, ...): lengths as x's in the shape, or as y's, where windows of so many rows by two columns (0:
 * none) have become one number. */
static OtoTensor *new_images(const struct convolution *shape, int rank, bool out, int64_t window_rows,
                             OtoTensor *named) {
    long long lengths[4] = {shape->batch, out ? shape->channels_out : shape->channels_in};
    for (int i = 2; i < rank; i++) {
        const struct convolution_axis *axis = &shape->axes[first_axis(rank) + i - 2];
        lengths[i] = out ? axis->out : axis->in;
        if (window_rows) lengths[i] /= i == rank - 1 ? 2 : window_rows;
    }
    OtoTensor *images = oto_tensor_new(OTO_FLOAT32, rank, lengths);
    for (int i = 0; i < rank; i++) images->axes[i].name = named->axes[i].name;
    return images;
}

static OtoTensor *convolve(const OtoOperation *operation, const struct convolution *shape, OtoTensor *x, OtoTensor *w,
                           OtoTensor *b) {
    OtoTensor *y = new_images(shape, x->rank, true, 0, x);
    check_memory(operation->name, oto_convolve_forward(shape, x->data, w->data, b ? b->data : NULL, y->data));
    return oto_record(operation, y, shape, sizeof *shape, x, w, b);
}

OtoTensor *oto_conv_finished(const struct convolution *shape, OtoTensor *x, OtoTensor *w,
                             const struct convolution_finish *finish) {
    OtoTensor *y = new_images(shape, x->rank, true, finish->window_rows, x);
    check_memory((x->rank == 3 ? &conv1d : &conv2d)->name,
                 oto_convolve_finished(shape, x->data, w->data, finish, y->data));
    return y;
}

static OtoTensor *spread(const OtoOperation *operation, const struct convolution *shape, OtoTensor *y, OtoTensor *w,
                         OtoTensor *b) {
    OtoTensor *x = new_images(shape, y->rank, false, 0, y);
    check_memory(operation->name, oto_convolve_back(shape, y->data, w->data, b ? b->data : NULL, x->data));
    return oto_record(operation, x, shape, sizeof *shape, y, w, b);
}

static OtoTensor *correlate(const struct convolution *shape, OtoTensor *x, OtoTensor *y) {
    long long lengths[4] = {shape->channels_out, shape->channels_in / shape->groups};
    for (int i = 2; i < x->rank; i++) lengths[i] = shape->axes[first_axis(x->rank) + i - 2].kernel;
    OtoTensor *w = oto_tensor_new(OTO_FLOAT32, x->rank, lengths);
    check_memory(conv_weight.name, oto_convolve_weight(shape, x->data, y->data, w->data));
    return oto_record(&conv_weight, w, shape, sizeof *shape, x, y);
}

/* ---- arguments ---- */

static const char *axes_of(int rank) {
    return rank == 3 ? "time" : "height, width";
}

static void check_rank(const char *operation, OtoTensor *x, OtoTensor *w, int rank, bool transposed) {
    oto_need_float(operation, "x", x);
    oto_need_float(operation, "w", w);
    if (x->rank == rank - 1) {
        long long a = x->shape[0], b = x->shape[1], c = x->shape[rank - 2];
        char inner[50];
        snprintf(inner, sizeof inner, rank == 3 ? "%lld" : "%lld, %lld", b, c);
        oto_refuse(operation,
                   "x is %s, but must be (batch, channels, %s); an axis is missing: oto_reshape(x, %lld, 1, %s) where "
                   "each has one channel, oto_reshape(x, 1, %lld, %s) where it is a batch of one",
                   oto_shape_quoted(x), axes_of(rank), a, inner, a, inner);
    }
    if (x->rank != rank)
        oto_refuse(operation, "x is %s, but must be (batch, channels, %s); see oto_reshape", oto_shape_quoted(x),
                   axes_of(rank));
    if (w->rank != rank)
        oto_refuse(operation, "w is %s, but must be (%s, %s)", oto_shape_quoted(w),
                   transposed ? "channels of x, channels out / groups" : "channels out, channels of x / groups",
                   rank == 3 ? "kernel" : "kernel height, kernel width");
    if (w->size == 0) oto_refuse(operation, "w is %s, so there is nothing to sum", oto_shape_quoted(w));
}

static void check_bias(const char *operation, OtoTensor *b, int64_t channels) {
    if (!b) return;
    oto_need_float(operation, "b", b);
    if (b->size != channels || b->rank != 1)
        oto_refuse(operation, "b is %s, but w makes %lld channels; it must be (%lld), or NULL", oto_shape_quoted(b),
                   (long long)channels, (long long)channels);
}

static void check_axis(const char *operation, int64_t stride, int64_t padding, int64_t dilation) {
    oto_check_range(operation, "stride", (double)stride, 1, 1 << 20);
    oto_check_range(operation, "padding", (double)padding, 0, 1 << 30);
    oto_check_range(operation, "dilation", (double)dilation, 1, 1 << 30);
}

void oto_conv_check(const char *operation, int axes, const OtoConvOptions *options) {
    oto_check_range(operation, "groups", options->groups, 1, 1 << 20);
    for (int i = 0; i < axes; i++) {
        int64_t stride = oto_of_axis(options->stride, options->strides, i);
        check_axis(operation, stride, oto_of_axis(options->padding, options->paddings, i),
                   oto_of_axis(options->dilation, options->dilations, i));
        if (options->same && stride != 1)
            oto_refuse(operation, ".same = true is for stride 1, not %lld; write .padding = half the kernel instead",
                       (long long)stride);
    }
}

void oto_conv_transpose_check(const char *operation, int axes, const OtoConvTransposeOptions *options) {
    oto_check_range(operation, "groups", options->groups, 1, 1 << 20);
    for (int i = 0; i < axes; i++) {
        int64_t stride = oto_of_axis(options->stride, options->strides, i),
                dilation = oto_of_axis(options->dilation, options->dilations, i);
        check_axis(operation, stride, oto_of_axis(options->padding, options->paddings, i), dilation);
        oto_check_range(operation, "output_padding",
                        (double)oto_of_axis(options->output_padding, options->output_paddings, i), 0,
                        (double)((stride > dilation ? stride : dilation) - 1));
    }
}

static const char *axis_name(int rank, int i) {
    return rank == 3 ? "time" : i == 0 ? "height" : "width";
}

struct convolution oto_conv_shape(int rank, OtoTensor *x, OtoTensor *w, OtoTensor *b, const OtoConvOptions *options) {
    const char *name = (rank == 3 ? &conv1d : &conv2d)->name;
    check_rank(name, x, w, rank, false);
    check_bias(name, b, w->shape[0]);
    oto_conv_check(name, rank - 2, options);
    struct convolution shape = {.batch = x->shape[0],
                                .groups = options->groups,
                                .channels_in = x->shape[1],
                                .channels_out = w->shape[0],
                                .axes[0] = {.in = 1, .out = 1, .kernel = 1, .stride = 1, .dilation = 1}};
    if (x->shape[1] % options->groups || w->shape[0] % options->groups)
        oto_refuse(name, "%d groups do not divide %lld channels of x and %lld of the result", options->groups,
                   (long long)x->shape[1], (long long)w->shape[0]);
    if (w->shape[1] * options->groups != x->shape[1])
        oto_refuse(name, "x is %s, so it has %lld channels, but w is %s, made for %lld%s%s", oto_shape_quoted(x),
                   (long long)x->shape[1], oto_shape_quoted(w), (long long)(w->shape[1] * options->groups),
                   options->groups > 1 ? " in its groups" : "", oto_channels_hint(x, w->shape[1] * options->groups));
    for (int i = first_axis(rank); i < 2; i++) {
        struct convolution_axis *axis = &shape.axes[i];
        int one = rank == 3 ? 0 : i; /* .strides of a time axis are its first */
        *axis = (struct convolution_axis){.in = x->shape[rank - 2 + i],
                                          .kernel = w->shape[rank - 2 + i],
                                          .stride = oto_of_axis(options->stride, options->strides, one),
                                          .padding = oto_of_axis(options->padding, options->paddings, one),
                                          .dilation = oto_of_axis(options->dilation, options->dilations, one)};
        int64_t reach = axis->dilation * (axis->kernel - 1) + 1, padded = axis->in + 2 * axis->padding;
        if (options->same) {
            axis->padding = (reach - 1) / 2; /* of an even kernel, the one more is behind */
            axis->out = axis->in;
            continue;
        }
        if (reach > padded)
            oto_refuse(name,
                       "the kernel reaches over %lld along %s, but x %s has only %lld there, padding included; take a "
                       "smaller kernel, or .padding = %lld",
                       (long long)reach, axis_name(rank, i), oto_shape_quoted(x), (long long)padded,
                       (long long)(reach / 2));
        axis->out = (padded - reach) / axis->stride + 1;
    }
    return shape;
}

static OtoTensor *run_transposed(const OtoOperation *operation, int rank, OtoTensor *x, OtoTensor *w, OtoTensor *b,
                                 const OtoConvTransposeOptions *options) {
    const char *name = operation->name;
    check_rank(name, x, w, rank, true);
    oto_conv_transpose_check(name, rank - 2, options);
    check_bias(name, b, w->shape[1] * options->groups);
    /* As a convolution seen from behind: x is its y. */
    struct convolution shape = {.batch = x->shape[0],
                                .groups = options->groups,
                                .channels_out = x->shape[1],
                                .channels_in = w->shape[1] * options->groups,
                                .axes[0] = {.in = 1, .out = 1, .kernel = 1, .stride = 1, .dilation = 1}};
    if (x->shape[1] % options->groups)
        oto_refuse(name, "%d groups do not divide the %lld channels of x", options->groups, (long long)x->shape[1]);
    if (w->shape[0] != x->shape[1])
        oto_refuse(name, "x is %s, so it has %lld channels, but w is %s, made for %lld%s", oto_shape_quoted(x),
                   (long long)x->shape[1], oto_shape_quoted(w), (long long)w->shape[0],
                   oto_channels_hint(x, w->shape[0]));
    for (int i = first_axis(rank); i < 2; i++) {
        struct convolution_axis *axis = &shape.axes[i];
        int one = rank == 3 ? 0 : i;
        *axis = (struct convolution_axis){.out = x->shape[rank - 2 + i],
                                          .kernel = w->shape[rank - 2 + i],
                                          .stride = oto_of_axis(options->stride, options->strides, one),
                                          .padding = oto_of_axis(options->padding, options->paddings, one),
                                          .dilation = oto_of_axis(options->dilation, options->dilations, one)};
        int64_t more = oto_of_axis(options->output_padding, options->output_paddings, one);
        axis->in = (axis->out - 1) * axis->stride - 2 * axis->padding + axis->dilation * (axis->kernel - 1) + more + 1;
        if (axis->out < 1 || axis->in < 1)
            oto_refuse(name, "x is %s, and with padding %lld nothing would be left of its %s", oto_shape_quoted(x),
                       (long long)axis->padding, axis_name(rank, i));
    }
    return spread(operation, &shape, x, w, b);
}

OtoTensor *(oto_conv1d)(OtoTensor *x, OtoTensor *w, OtoTensor *b, OtoConvOptions options) {
    struct convolution shape = oto_conv_shape(3, x, w, b, &options);
    return convolve(&conv1d, &shape, x, w, b);
}
OtoTensor *(oto_conv2d)(OtoTensor *x, OtoTensor *w, OtoTensor *b, OtoConvOptions options) {
    struct convolution shape = oto_conv_shape(4, x, w, b, &options);
    return convolve(&conv2d, &shape, x, w, b);
}
OtoTensor *(oto_conv_transpose1d)(OtoTensor *x, OtoTensor *w, OtoTensor *b, OtoConvTransposeOptions options) {
    return run_transposed(&conv_transpose1d, 3, x, w, b, &options);
}
OtoTensor *(oto_conv_transpose2d)(OtoTensor *x, OtoTensor *w, OtoTensor *b, OtoConvTransposeOptions options) {
    return run_transposed(&conv_transpose2d, 4, x, w, b, &options);
}
