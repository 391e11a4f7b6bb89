#include "lib/nn/fusion.h"
#include "lib/nn/batch_norm.h"
#include "lib/nn/settings.h"
#include "lib/nn/windows.h"

#include <string.h>

/* ---- which parts go together ---- */

/* Part number i where it is a layer of the library of this type, else NULL. */
static OtoLayer *part_of_type(OtoLayer *sequence, int i, const char *type) {
    OtoLayer *part = i < sequence->child_count ? sequence->children[i] : NULL;
    return part && part->kind && !strcmp(part->type, type) ? part : NULL;
}

/* Below 0 an activation multiplies by this. */
static bool slope_of(OtoLayer *sequence, int i, double *slope) {
    OtoLayer *leaky = part_of_type(sequence, i, "leaky_relu");
    if (leaky)
        *slope = *oto_layer_settings(leaky, double);
    else if (part_of_type(sequence, i, "relu"))
        *slope = 0;
    else
        return false;
    return true;
}

static OtoTensor *tensor_of(OtoLayer *layer, int i) {
    return i < layer->tensor_count ? layer->tensors[i].tensor : NULL;
}

/* A batch norm for x of this rank: of its scale, shift, running mean and running variance. */
static OtoLayer *batch_norm_at(OtoLayer *sequence, int i, int rank) {
    OtoLayer *norm = part_of_type(sequence, i, rank == 4 ? "batch_norm2d" : "batch_norm1d");
    return norm && norm->tensor_count == 4 ? norm : NULL;
}

/* ---- batch norm and an activation ---- */

static OtoTensor *norm_and_activate(OtoLayer *norm, OtoTensor *x, double slope) {
    const OtoNnBatchNormOptions *options = oto_layer_settings(norm, OtoNnBatchNormOptions);
    OtoTensor *y = NULL;
    oto_inside(norm) y =
        oto_batch_norm(x, tensor_of(norm, 2), tensor_of(norm, 3), tensor_of(norm, 0), tensor_of(norm, 1),
                       .training = norm->training, .eps = options->eps, .momentum = options->momentum, .slope = slope);
    return y;
}

/* ---- a convolution and what comes after it ---- */

static bool norm_fits(OtoLayer *norm, int64_t channels) {
    bool fits = norm && !norm->training;
    for (int i = 0; fits && i < norm->tensor_count; i++)
        fits = tensor_of(norm, i)->size == channels && tensor_of(norm, i)->type == OTO_FLOAT32;
    return fits;
}

/* The rows of a max pool's windows where they are two wide and do not overlap; else 0. */
static int64_t window_rows_at(OtoLayer *sequence, int i, const struct convolution *shape, int rank) {
    OtoLayer *pool = part_of_type(sequence, i, rank == 4 ? "max_pool2d" : "max_pool1d");
    if (!pool) return 0;
    const struct oto_pool_settings *settings = oto_layer_settings(pool, struct oto_pool_settings);
    const OtoPoolOptions *o = &settings->options;
    int64_t window[2] = {1, 1};
    for (int axis = 4 - rank; axis < 2; axis++) {
        int one = rank == 3 ? 0 : axis;
        int64_t kernel = oto_of_axis(settings->kernel, o->kernels, one),
                stride = oto_of_axis(o->stride, o->strides, one);
        if (stride != 0 && stride != kernel) return 0;
        if (oto_of_axis(o->padding, o->paddings, one) || kernel > shape->axes[axis].out) return 0;
        window[axis] = kernel;
    }
    return window[1] == 2 && window[0] > 0 ? window[0] : 0;
}

static OtoTensor *convolve_and_finish(OtoLayer *sequence, int first, OtoTensor *x, int rank, int *count) {
    OtoLayer *conv = sequence->children[first];
    OtoTensor *w = tensor_of(conv, 0), *b = tensor_of(conv, 1), *y = NULL;
    OtoConvOptions options = oto_conv_options(oto_layer_settings(conv, OtoNnConvOptions));
    oto_inside(conv) {
        struct convolution shape = oto_conv_shape(rank, x, w, b, &options);
        struct convolution_finish finish = {.bias = b ? b->data : NULL, .slope = 1};
        int next = first + 1;
        OtoLayer *norm = batch_norm_at(sequence, next, rank);
        if (norm_fits(norm, shape.channels_out)) {
            float *lines = oto_tensor_new(OTO_FLOAT32, 2, (long long[]){2, shape.channels_out})->data;
            oto_batch_norm_lines(tensor_of(norm, 2), tensor_of(norm, 3), tensor_of(norm, 0), tensor_of(norm, 1),
                                 oto_layer_settings(norm, OtoNnBatchNormOptions)->eps, lines,
                                 lines + shape.channels_out);
            finish.scale = lines;
            finish.shift = lines + shape.channels_out;
            next++;
        }
        double slope;
        if (slope_of(sequence, next, &slope)) {
            finish.slope = (float)slope;
            next++;
        }
        finish.window_rows = window_rows_at(sequence, next, &shape, rank);
        if (finish.window_rows) next++;
        y = oto_conv_finished(&shape, x, w, &finish);
        *count = next - first;
    }
    return y;
}

OtoTensor *oto_apply_together(OtoLayer *sequence, int first, OtoTensor *x, int *count) {
    *count = 1;
    OtoLayer *part = sequence->children[first];
    if (oto_layers_watched() || !part->kind || part->weight_from) return oto_apply(part, x);
    int rank = part_of_type(sequence, first, "conv2d") ? 4 : part_of_type(sequence, first, "conv1d") ? 3 : 0;
    if (rank && !oto_records(x, tensor_of(part, 0), tensor_of(part, 1)))
        return convolve_and_finish(sequence, first, x, rank, count);
    double slope;
    if (batch_norm_at(sequence, first, x->rank) && slope_of(sequence, first + 1, &slope)) {
        *count = 2;
        return norm_and_activate(part, x, slope);
    }
    return oto_apply(part, x);
}
