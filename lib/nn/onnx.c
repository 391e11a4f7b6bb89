#include "lib/nn/onnx.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/nn/onnx_part.h"
#include "lib/nn/recurrence.h"
#include "lib/nn/settings.h"
#include "lib/nn/weight_norm.h"
#include "lib/nn/windows.h"
#include "lib/tensor/arithmetic.h"
#include "lib/tensor/error.h"

/* ---- layers ---- */

/* y = x w^T + b. Gemm is for matrices; of more axes it is a product and a sum. */
static void put_linear(const struct part *part) {
    if (part->stop->x.rank == 2) {
        begin(part, "Gemm");
        give_tensor(part, 0);
        give_tensor(part, 1);
        oto_onnx_integer(part->file, "transB", 1);
        end(part);
        return;
    }
    bool biased = oto_plain_tensors(part->layer) > 1;
    oto_scope oto_evaluating(part->layer) put_constant(part, "weight", oto_layer_weight(part->layer));
    put_transpose(part, name(part, "weight"), name(part, "weight.T"), 2, (const int64_t[]){1, 0});
    begin(part, "MatMul");
    oto_onnx_input(part->file, name(part, "weight.T"));
    oto_onnx_end(part->file, biased ? name(part, "product") : part->y);
    if (!biased) return;
    oto_onnx_begin(part->file, "Add", name(part, "sum"));
    oto_onnx_input(part->file, name(part, "product"));
    give_tensor(part, 1);
    end(part);
}

static void put_windows(const struct part *part, int axes, const int64_t kernel[], const int64_t stride[],
                        const int64_t pads[]) {
    oto_onnx_integers(part->file, "kernel_shape", axes, kernel);
    oto_onnx_integers(part->file, "strides", axes, stride);
    oto_onnx_integers(part->file, "pads", 2 * axes, pads);
}

static void put_conv(const struct part *part) {
    const OtoNnConvOptions *o = oto_layer_settings(part->layer, OtoNnConvOptions);
    const OtoTensor *w = part->layer->tensors[0].tensor;
    bool transposed = !strncmp(part->layer->type, "conv_transpose", strlen("conv_transpose"));
    int axes = w->rank - 2;
    int64_t stride[2], dilation[2], pads[4], more[2];
    for (int i = 0; i < axes; i++) {
        stride[i] = oto_of_axis(o->stride, o->strides, i);
        dilation[i] = oto_of_axis(o->dilation, o->dilations, i);
        more[i] = oto_of_axis(o->output_padding, o->output_paddings, i);
        int64_t reach = dilation[i] * (w->shape[2 + i] - 1);
        pads[i] = o->same ? reach / 2 : oto_of_axis(o->padding, o->paddings, i);
        pads[axes + i] = o->same ? reach - reach / 2 : pads[i];
    }
    begin(part, transposed ? "ConvTranspose" : "Conv");
    give_tensor(part, 0);
    give_tensor(part, 1);
    put_windows(part, axes, w->shape + 2, stride, pads);
    oto_onnx_integers(part->file, "dilations", axes, dilation);
    if (transposed) oto_onnx_integers(part->file, "output_padding", axes, more);
    oto_onnx_integer(part->file, "group", o->groups);
    end(part);
}

static void put_batch_norm(const struct part *part) {
    begin(part, "BatchNormalization");
    for (int i = 0; i < 4; i++) give_tensor(part, i);
    oto_onnx_float(part->file, "epsilon", oto_layer_settings(part->layer, OtoNnBatchNormOptions)->eps);
    end(part);
}

static void put_layer_norm(const struct part *part) {
    begin(part, "LayerNormalization");
    give_tensor(part, 0);
    give_tensor(part, 1);
    oto_onnx_integer(part->file, "axis", -1);
    oto_onnx_float(part->file, "epsilon", oto_layer_settings(part->layer, OtoNnNormOptions)->eps);
    end(part);
}

static void put_group_norm(const struct part *part) {
    const struct oto_group_norm_settings *settings = oto_layer_settings(part->layer, struct oto_group_norm_settings);
    begin(part, "GroupNormalization");
    give_tensor(part, 0);
    give_tensor(part, 1);
    oto_onnx_integer(part->file, "num_groups", settings->groups);
    oto_onnx_float(part->file, "epsilon", settings->eps);
    end(part);
}

/* ONNX always has a scale and a shift: 1 and 0. */
static void put_instance_norm(const struct part *part) {
    const struct oto_instance_norm_settings *settings =
        oto_layer_settings(part->layer, struct oto_instance_norm_settings);
    begin(part, "InstanceNormalization");
    for (int i = 0; i < 2; i++) {
        if (part->layer->tensor_count) {
            give_tensor(part, i);
            continue;
        }
        const char *what = i ? "zeros" : "ones";
        oto_scope put_constant(part, what, oto_add(oto_zeros(settings->channels), 1 - i));
        oto_onnx_input(part->file, name(part, what));
    }
    oto_onnx_float(part->file, "epsilon", settings->eps);
    end(part);
}

static void put_pool(const struct part *part) {
    const struct oto_pool_settings *settings = oto_layer_settings(part->layer, struct oto_pool_settings);
    const OtoPoolOptions *o = &settings->options;
    int axes = part->stop->x.rank - 2;
    int64_t kernel[2], stride[2], pads[4];
    for (int i = 0; i < axes; i++) {
        kernel[i] = oto_of_axis(settings->kernel, o->kernels, i);
        stride[i] = oto_of_axis(o->stride, o->strides, i);
        if (stride[i] == 0) stride[i] = kernel[i];
        pads[i] = pads[axes + i] = oto_of_axis(o->padding, o->paddings, i);
    }
    bool mean = part->layer->type[0] == 'a';
    begin(part, mean ? "AveragePool" : "MaxPool");
    put_windows(part, axes, kernel, stride, pads);
    if (mean) oto_onnx_integer(part->file, "count_include_pad", 1);
    end(part);
}

/* ONNX has means over everything and over windows that are all alike. */
static void put_adaptive_pool(const struct part *part) {
    int size = *oto_layer_settings(part->layer, int), axes = part->stop->x.rank - 2;
    if (size == 1) {
        begin(part, "GlobalAveragePool");
        end(part);
        return;
    }
    int64_t kernel[2];
    for (int i = 0; i < axes; i++) {
        kernel[i] = part->stop->x.shape[2 + i] / size;
        if (part->stop->x.shape[2 + i] % size)
            refuse(part,
                   "takes means of windows that are not alike, which ONNX has no operator for; choose a size that "
                   "divides the length of its input");
    }
    begin(part, "AveragePool");
    put_windows(part, axes, kernel, kernel, (const int64_t[4]){});
    end(part);
}

static void put_leaky_relu(const struct part *part) {
    begin(part, "LeakyRelu");
    oto_onnx_float(part->file, "alpha", *oto_layer_settings(part->layer, double));
    end(part);
}
static void put_elu(const struct part *part) {
    begin(part, "Elu");
    oto_onnx_float(part->file, "alpha", oto_layer_settings(part->layer, OtoEluOptions)->alpha);
    end(part);
}
static void put_gelu(const struct part *part) {
    begin(part, "Gelu");
    if (oto_layer_settings(part->layer, OtoGeluOptions)->approximate) oto_onnx_text(part->file, "approximate", "tanh");
    end(part);
}
static void give_number(const struct part *part, const char *what, double number) {
    oto_onnx_constant(part->file, name(part, what), OTO_FLOAT32, 0, NULL, (const float[]){(float)number});
    oto_onnx_input(part->file, name(part, what));
}
/* log(1 + exp(beta x)) / beta */
static void put_softplus(const struct part *part) {
    double beta = oto_layer_settings(part->layer, OtoSoftplusOptions)->beta;
    begin(part, "Mul");
    give_number(part, "beta", beta);
    oto_onnx_end(part->file, name(part, "scaled"));
    oto_onnx_begin(part->file, "Softplus", name(part, "softplus"));
    oto_onnx_input(part->file, name(part, "scaled"));
    oto_onnx_end(part->file, name(part, "softplus"));
    oto_onnx_begin(part->file, "Mul", name(part, "quotient"));
    oto_onnx_input(part->file, name(part, "softplus"));
    give_number(part, "1/beta", 1 / beta);
    end(part);
}
static void put_hardtanh(const struct part *part) {
    const OtoHardtanhOptions *o = oto_layer_settings(part->layer, OtoHardtanhOptions);
    begin(part, "Clip");
    give_number(part, "lowest", o->lowest);
    give_number(part, "highest", o->highest);
    end(part);
}
/* The slopes of channels stand so that they meet axis 1 from the right. */
static void put_prelu(const struct part *part) {
    const OtoTensor *w = part->layer->tensors[0].tensor;
    int64_t shape[OTO_RANK_MAX] = {w->size};
    int rank = w->size > 1 ? part->stop->x.rank - 1 : 1;
    for (int i = 1; i < rank; i++) shape[i] = 1;
    begin(part, "PRelu");
    oto_onnx_constant(part->file, name(part, "weight"), OTO_FLOAT32, rank, shape, w->data);
    oto_onnx_input(part->file, name(part, "weight"));
    end(part);
}
static void put_softmax(const struct part *part) {
    const struct oto_axis_settings *axis = oto_layer_settings(part->layer, struct oto_axis_settings);
    if (*axis->name) refuse(part, "names its axis, and axes have numbers in ONNX; make the layer with the number");
    begin(part, part->layer->type[0] == 's' ? "Softmax" : "LogSoftmax");
    oto_onnx_integer(part->file, "axis", axis->number);
    end(part);
}
static void put_unflatten(const struct part *part) {
    const struct oto_unflatten_settings *settings = oto_layer_settings(part->layer, struct oto_unflatten_settings);
    int64_t shape[OTO_RANK_MAX] = {0}, rank = 1 + settings->rank; /* 0: as it is */
    memcpy(shape + 1, settings->shape, (size_t)settings->rank * sizeof *shape);
    begin(part, "Reshape");
    oto_onnx_constant(part->file, name(part, "shape"), OTO_INT64, 1, (const int64_t[]){rank}, shape);
    oto_onnx_input(part->file, name(part, "shape"));
    end(part);
}
/* Batch and channels stay. */
static void put_upsample(const struct part *part) {
    const struct oto_upsample_settings *settings = oto_layer_settings(part->layer, struct oto_upsample_settings);
    float scales[OTO_RANK_MAX] = {1, 1};
    for (int i = 2; i < part->stop->x.rank; i++) scales[i] = (float)settings->factor;
    bool linear = settings->options.mode == OTO_LINEAR;
    begin(part, "Resize");
    oto_onnx_input(part->file, ""); /* a region, which is not meant */
    oto_onnx_constant(part->file, name(part, "scales"), OTO_FLOAT32, 1, (const int64_t[]){part->stop->x.rank}, scales);
    oto_onnx_input(part->file, name(part, "scales"));
    oto_onnx_text(part->file, "mode", linear ? "linear" : "nearest");
    oto_onnx_text(part->file, "coordinate_transformation_mode",
                  !linear                           ? "asymmetric"
                  : settings->options.align_corners ? "align_corners"
                                                    : "half_pixel");
    if (!linear) oto_onnx_text(part->file, "nearest_mode", "floor");
    end(part);
}
/* (x - mean) / std, both standing so that they meet their axis from the right. */
static void put_standardize(const struct part *part) {
    int after = *oto_layer_settings(part->layer, int);
    int64_t shape[OTO_RANK_MAX] = {part->layer->tensors[0].tensor->size};
    for (int i = 1; i <= after; i++) shape[i] = 1;
    for (int i = 0; i < 2; i++) {
        const OtoLayerTensor *statistic = &part->layer->tensors[i];
        oto_onnx_begin(part->file, i ? "Div" : "Sub", name(part, i ? "quotient" : "difference"));
        oto_onnx_input(part->file, i ? name(part, "centred") : part->x);
        oto_onnx_constant(part->file, name(part, statistic->name), OTO_FLOAT32, 1 + after, shape,
                          statistic->tensor->data);
        oto_onnx_input(part->file, name(part, statistic->name));
        oto_onnx_end(part->file, i ? part->y : name(part, "centred"));
    }
}
/* x sigmoid(x) */
static void put_silu(const struct part *part) {
    begin(part, "Sigmoid");
    oto_onnx_end(part->file, name(part, "sigmoid"));
    begin(part, "Mul");
    oto_onnx_input(part->file, name(part, "sigmoid"));
    end(part);
}
static void put_flatten(const struct part *part) {
    begin(part, "Flatten");
    oto_onnx_integer(part->file, "axis", 1);
    end(part);
}

static void put_embedding(const struct part *part) {
    put_constant(part, "weight", part->layer->tensors[0].tensor);
    oto_onnx_begin(part->file, "Gather", part->path);
    oto_onnx_input(part->file, name(part, "weight"));
    oto_onnx_input(part->file, part->x);
    oto_onnx_integer(part->file, "axis", 0);
    end(part);
}

/* The vectors of as many places as x has. */
static void put_positions(const struct part *part) {
    const OtoTensor *table = part->layer->tensors[0].tensor;
    const int64_t shape[] = {part->stop->x.shape[1], table->shape[1]};
    oto_onnx_constant(part->file, name(part, "places"), OTO_FLOAT32, 2, shape, table->data);
    begin(part, "Add");
    oto_onnx_input(part->file, name(part, "places"));
    end(part);
}

/* The row of the smallest |c|^2 - 2 x c. */
static void put_quantizer(const struct part *part) {
    const OtoTensor *codebook = part->layer->tensors[0].tensor;
    float *squares = calloc((size_t)codebook->rows, sizeof *squares);
    if (!squares) oto_refuse(oto_onnx_operation, "no memory for the codes of %s", part->path);
    for (int64_t i = 0; i < codebook->size; i++) {
        float c = ((float *)codebook->data)[i];
        squares[i / codebook->cols] += c * c;
    }
    oto_onnx_constant(part->file, name(part, "squares"), OTO_FLOAT32, 1, &codebook->rows, squares);
    free(squares);
    put_constant(part, "weight", part->layer->tensors[0].tensor);
    put_transpose(part, name(part, "weight"), name(part, "weight.T"), 2, (const int64_t[]){1, 0});
    begin(part, "MatMul");
    oto_onnx_input(part->file, name(part, "weight.T"));
    oto_onnx_end(part->file, name(part, "products"));
    oto_onnx_begin(part->file, "Mul", name(part, "twice"));
    oto_onnx_input(part->file, name(part, "products"));
    give_number(part, "two", 2);
    oto_onnx_end(part->file, name(part, "twice"));
    oto_onnx_begin(part->file, "Sub", name(part, "distances"));
    oto_onnx_input(part->file, name(part, "squares"));
    oto_onnx_input(part->file, name(part, "twice"));
    oto_onnx_end(part->file, name(part, "distances"));
    oto_onnx_begin(part->file, "ArgMin", name(part, "codes"));
    oto_onnx_input(part->file, name(part, "distances"));
    oto_onnx_integer(part->file, "axis", -1);
    oto_onnx_integer(part->file, "keepdims", 0);
    oto_onnx_end(part->file, name(part, "codes"));
    oto_onnx_begin(part->file, "Gather", part->y);
    oto_onnx_input(part->file, name(part, "weight"));
    oto_onnx_input(part->file, name(part, "codes"));
    oto_onnx_integer(part->file, "axis", 0);
    end(part);
}

/* ---- recurrent layers ---- */

/* How ONNX orders the gates that PyTorch (and this library) has as i f g o and r z n. */
static const int lstm_order[] = {0, 3, 1, 2}, gru_order[] = {1, 0, 2}, rnn_order[] = {0};

struct recurrent_part {
    const struct part *part;
    const struct oto_recurrent_settings *settings;
    const int *order;
};

/* Copies the blocks of rows of one tensor in ONNX's order. */
static float *reordered(float *to, const struct recurrent_part *recurrent, const OtoTensor *from) {
    int gates = recurrent->settings->cell->gates;
    int64_t block = from->size / gates;
    for (int g = 0; g < gates; g++)
        memcpy(to + g * block, (const float *)from->data + recurrent->order[g] * block, (size_t)block * sizeof *to);
    return to + from->size;
}

/* The i-th and, where `also` is not 0, the (i + also)-th tensor of both directions of a layer, as one constant. */
static void put_weights(const struct recurrent_part *recurrent, const char *what, int level, int i, int also) {
    const struct oto_recurrent_settings *r = recurrent->settings;
    const struct part *part = recurrent->part;
    int each = r->bias ? 4 : 2;
    const OtoLayerTensor *tensors = part->layer->tensors + (ptrdiff_t)level * r->directions * each;
    const OtoTensor *first = tensors[i].tensor;
    int64_t columns = first->rank == 2 ? first->shape[1] : first->shape[0] * 2;
    int64_t shape[] = {r->directions, first->rank == 2 ? first->shape[0] : columns, columns};
    float *data = malloc((size_t)(r->directions * first->size * (also ? 2 : 1)) * sizeof *data), *at = data;
    if (!data) oto_refuse(oto_onnx_operation, "no memory for the weights of %s", part->path);
    for (int d = 0; d < r->directions; d++) {
        at = reordered(at, recurrent, tensors[d * each + i].tensor);
        if (also) at = reordered(at, recurrent, tensors[d * each + i + also].tensor);
    }
    oto_onnx_constant(part->file, name(part, what), OTO_FLOAT32, first->rank == 2 ? 3 : 2, shape, data);
    free(data);
    oto_onnx_input(part->file, name(part, what));
}

/* One layer of x (time, batch, features) -> (time, direction, batch, hidden) -> (time, batch, direction * hidden). */
static void put_recurrent_level(const struct recurrent_part *recurrent, int level, const char *from, const char *to) {
    const struct oto_recurrent_settings *r = recurrent->settings;
    const struct part *part = recurrent->part;
    char what[3][40], states[40];
    for (int i = 0; i < 3; i++) snprintf(what[i], sizeof what[i], "%c_l%d", "WRB"[i], level);
    snprintf(states, sizeof states, "states_l%d", level);
    oto_onnx_begin(part->file, r->has_c ? "LSTM" : r->cell == &oto_gru_cell ? "GRU" : "RNN", name(part, states));
    oto_onnx_input(part->file, from);
    put_weights(recurrent, what[0], level, 0, 0);
    put_weights(recurrent, what[1], level, 1, 0);
    if (r->bias) put_weights(recurrent, what[2], level, 2, 1);
    oto_onnx_integer(part->file, "hidden_size", r->hidden);
    oto_onnx_text(part->file, "direction", r->directions == 2 ? "bidirectional" : "forward");
    if (r->cell == &oto_gru_cell) oto_onnx_integer(part->file, "linear_before_reset", 1);
    if (r->cell == &oto_rnn_relu_cell) oto_onnx_texts(part->file, "activations", r->directions, "Relu");
    oto_onnx_end(part->file, name(part, states));
    char ordered[60], shape[60];
    snprintf(ordered, sizeof ordered, "ordered_l%d", level);
    snprintf(shape, sizeof shape, "shape_l%d", level);
    put_transpose(part, name(part, states), name(part, ordered), 4, (const int64_t[]){0, 2, 1, 3});
    oto_onnx_constant(part->file, name(part, shape), OTO_INT64, 1, (const int64_t[]){3}, (const int64_t[]){0, 0, -1});
    oto_onnx_begin(part->file, "Reshape", to);
    oto_onnx_input(part->file, name(part, ordered));
    oto_onnx_input(part->file, name(part, shape));
    oto_onnx_end(part->file, to);
}

static void put_recurrent(const struct part *part) {
    const struct oto_recurrent_settings *r = oto_layer_settings(part->layer, struct oto_recurrent_settings);
    struct recurrent_part recurrent = {part, r,
                                       r->has_c                   ? lstm_order
                                       : r->cell == &oto_gru_cell ? gru_order
                                                                  : rnn_order};
    char from[NAME_SIZE], to[NAME_SIZE];
    snprintf(from, sizeof from, "%s", name(part, "by_time"));
    put_transpose(part, part->x, from, 3, (const int64_t[]){1, 0, 2});
    for (int level = 0; level < r->layers; level++) {
        char what[40];
        snprintf(what, sizeof what, "y_l%d", level);
        snprintf(to, sizeof to, "%s", name(part, what));
        put_recurrent_level(&recurrent, level, from, to);
        memcpy(from, to, sizeof from);
    }
    put_transpose(part, from, part->y, 3, (const int64_t[]){1, 0, 2});
}

/* ---- the net ---- */

/* How a type of layer is written; plain is the operator where there is nothing more to say. */
static const struct {
    const char *type;
    void (*put)(const struct part *part);
    const char *plain;
} writers[] = {
    {"linear", put_linear, NULL},
    {"conv1d", put_conv, NULL},
    {"conv2d", put_conv, NULL},
    {"conv_transpose1d", put_conv, NULL},
    {"conv_transpose2d", put_conv, NULL},
    {"batch_norm1d", put_batch_norm, NULL},
    {"batch_norm2d", put_batch_norm, NULL},
    {"layer_norm", put_layer_norm, NULL},
    {"group_norm", put_group_norm, NULL},
    {"instance_norm1d", put_instance_norm, NULL},
    {"instance_norm2d", put_instance_norm, NULL},
    {"max_pool1d", put_pool, NULL},
    {"max_pool2d", put_pool, NULL},
    {"avg_pool1d", put_pool, NULL},
    {"avg_pool2d", put_pool, NULL},
    {"adaptive_avg_pool1d", put_adaptive_pool, NULL},
    {"adaptive_avg_pool2d", put_adaptive_pool, NULL},
    {"relu", NULL, "Relu"},
    {"sigmoid", NULL, "Sigmoid"},
    {"tanh", NULL, "Tanh"},
    {"silu", put_silu, NULL},
    {"gelu", put_gelu, NULL},
    {"elu", put_elu, NULL},
    {"softplus", put_softplus, NULL},
    {"hardtanh", put_hardtanh, NULL},
    {"prelu", put_prelu, NULL},
    {"softmax", put_softmax, NULL},
    {"log_softmax", put_softmax, NULL},
    {"leaky_relu", put_leaky_relu, NULL},
    {"flatten", put_flatten, NULL},
    {"unflatten", put_unflatten, NULL},
    {"upsample1d", put_upsample, NULL},
    {"upsample2d", put_upsample, NULL},
    {"standardize", put_standardize, NULL},
    {"identity", NULL, "Identity"},
    {"dropout", NULL, "Identity"}, /* in evaluation */
    {"dropout1d", NULL, "Identity"},
    {"dropout2d", NULL, "Identity"},
    {"embedding", put_embedding, NULL},
    {"positions", put_positions, NULL},
    {"vector_quantizer", put_quantizer, NULL},
    {"lstm", put_recurrent, NULL},
    {"gru", put_recurrent, NULL},
    {"rnn", put_recurrent, NULL},
};
enum { WRITERS = sizeof writers / sizeof *writers };

static void put_layer(const struct part *part) {
    if (!part->layer->kind)
        refuse(part, "is a layer of your own, and what its C function computes cannot be written as ONNX; put the net "
                     "together of the library's layers in oto_sequential, or save it with oto_save");
    for (int i = 0; i < WRITERS; i++)
        if (!strcmp(writers[i].type, part->layer->type)) {
            if (writers[i].put) {
                writers[i].put(part);
            } else {
                begin(part, writers[i].plain);
                end(part);
            }
            return;
        }
    refuse(part, "has no operator in ONNX; save the parts before and after it, each as a file of its own");
}

/* A layer from x, which is the name of what comes in, and becomes that of what comes out. */
static void put_net(struct oto_onnx *file, const struct oto_passage *passage, OtoLayer *layer, const char *path,
                    char x[static NAME_SIZE]);

static void put_child(const struct part *part, const struct oto_passage *passage, int i, char x[static NAME_SIZE]) {
    char below[NAME_SIZE];
    snprintf(below, sizeof below, "%s", name(part, part->layer->children[i]->name));
    put_net(part->file, passage, part->layer->children[i], below, x);
}

/* The shortcut's result (or x) and the layer's, added or behind one another in the channels. */
static void put_shortcut(const struct part *part, const struct oto_passage *passage) {
    char through[NAME_SIZE], past[NAME_SIZE];
    snprintf(through, sizeof through, "%s", part->x);
    snprintf(past, sizeof past, "%s", part->x);
    put_child(part, passage, 0, through);
    if (part->layer->child_count > 1) put_child(part, passage, 1, past);
    bool sum = !strcmp(part->layer->type, "residual");
    oto_onnx_begin(part->file, sum ? "Add" : "Concat", name(part, "both"));
    oto_onnx_input(part->file, past);
    oto_onnx_input(part->file, through);
    if (!sum) oto_onnx_integer(part->file, "axis", 1);
    end(part);
}

static void put_same(const struct part *part, const char *x) {
    oto_onnx_begin(part->file, "Identity", part->y);
    oto_onnx_input(part->file, x);
    end(part);
}

static void put_attention(const struct part *part, const struct oto_passage *passage) {
    char x[NAME_SIZE];
    snprintf(x, sizeof x, "%s", name(part, "heads"));
    oto_onnx_heads(part, x);
    put_child(part, passage, 0, x);
    put_same(part, x);
}

/* The number of a part among the children. */
static int child_at(const struct part *part, const OtoLayer *child) {
    int i = 0;
    while (part->layer->children[i] != child) i++;
    return i;
}

/* x through the two parts of a block, and past each. */
static void put_block(const struct part *part, const struct oto_passage *passage) {
    const struct oto_transformer_settings *s = oto_layer_settings(part->layer, struct oto_transformer_settings);
    OtoLayer *const ways[2][3] = {{s->self_attention}, {s->linear[0], s->activation, s->linear[1]}};
    char past[NAME_SIZE], through[NAME_SIZE];
    snprintf(past, sizeof past, "%s", part->x);
    for (int i = 0; i < 2; i++) {
        memcpy(through, past, sizeof through);
        if (s->norm_first) put_child(part, passage, child_at(part, s->norm[i]), through);
        for (int k = 0; k < 3 && ways[i][k]; k++) put_child(part, passage, child_at(part, ways[i][k]), through);
        oto_onnx_begin(part->file, "Add", name(part, i ? "sum2" : "sum1"));
        oto_onnx_input(part->file, past);
        oto_onnx_input(part->file, through);
        oto_onnx_end(part->file, name(part, i ? "sum2" : "sum1"));
        snprintf(past, sizeof past, "%s", name(part, i ? "sum2" : "sum1"));
        if (!s->norm_first) put_child(part, passage, child_at(part, s->norm[i]), past);
    }
    put_same(part, past);
}

/* Layers that are made of others; those are written too. */
static const struct {
    const char *type;
    void (*put)(const struct part *part, const struct oto_passage *passage);
} wholes[] = {
    {"residual", put_shortcut},
    {"skip", put_shortcut},
    {"multi_head_attention", put_attention},
    {"transformer_block", put_block},
};
enum { WHOLES = sizeof wholes / sizeof *wholes };

static void put_net(struct oto_onnx *file, const struct oto_passage *passage, OtoLayer *layer, const char *path,
                    char x[static NAME_SIZE]) {
    struct part part = {.file = file, .layer = layer, .stop = oto_stop_of(passage, layer), .path = path, .x = x};
    if (layer->kind && !strcmp(layer->type, "sequential")) {
        for (int i = 0; i < layer->child_count; i++) put_child(&part, passage, i, x);
        return;
    }
    char y[NAME_SIZE];
    snprintf(y, sizeof y, "%s", name(&part, "y"));
    if (!*path) snprintf(y, sizeof y, "net.y"); /* "y" is the result's name */
    part.y = y;
    int whole = 0;
    while (whole < WHOLES && (!layer->kind || strcmp(wholes[whole].type, layer->type))) whole++;
    if (whole < WHOLES)
        wholes[whole].put(&part, passage);
    else
        put_layer(&part);
    memcpy(x, y, NAME_SIZE);
}

/* Under another name first: an interrupted writing leaves the old file as it was. */
static void write_file(const char *path, const struct oto_message *model) {
    char *other;
    if (asprintf(&other, "%s.part", path) < 0) oto_refuse(oto_onnx_operation, "no memory is left for a name");
    FILE *file = fopen(other, "wbe");
    bool written = file && fwrite(model->bytes, 1, model->size, file) == model->size;
    if (file && fclose(file)) written = false;
    if (written && rename(other, path)) written = false;
    int error = errno;
    if (!written) unlink(other);
    free(other);
    if (!written) oto_refuse(oto_onnx_operation, "%s cannot be written: %s", path, strerror(error));
}

static void release_file(void *thing) {
    oto_onnx_free(thing);
    free(thing);
}
static void release_message(void *thing) {
    oto_message_free(thing);
    free(thing);
}

static void *new_held(size_t size, void (*release)(void *thing)) {
    void *thing = calloc(1, size);
    if (!thing) oto_refuse(oto_onnx_operation, "no memory is left for a model");
    return oto_hold(thing, release);
}

void oto_save_onnx(OtoLayer *net, OtoTensor *x, const char *path) {
    oto_check_text(oto_onnx_operation, "path", path);
    oto_scope {
        struct oto_passage *passage = oto_pass(oto_onnx_operation, net, x);
        struct oto_onnx *file = new_held(sizeof *file, release_file);
        struct oto_message *model = new_held(sizeof *model, release_message);
        const struct oto_form *in = &passage->stops[0].x, *out = &passage->stops[0].y;
        char last[NAME_SIZE] = "x";
        oto_onnx_argument(file, "x", in->type, in->rank, in->shape);
        put_net(file, passage, net, "", last);
        oto_onnx_begin(file, "Identity", "y");
        oto_onnx_input(file, last);
        oto_onnx_end(file, "y");
        oto_onnx_result(file, "y", out->type, out->rank, out->shape);
        *model = oto_onnx_finish(file, "oto");
        if (model->failed) oto_refuse(oto_onnx_operation, "no memory is left for a model of this size");
        if (model->size >= INT32_MAX)
            oto_refuse(oto_onnx_operation, "the model has %zu bytes, but an ONNX file holds at most 2 GB", model->size);
        write_file(path, model);
    }
}
