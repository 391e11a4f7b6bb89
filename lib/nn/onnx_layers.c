/* The layers that are one operator of ONNX, or a few: linear, convolutions, norms, pooling, shapes, tables. */
#include <stdlib.h>
#include <string.h>

#include "lib/nn/onnx_part.h"
#include "lib/nn/settings.h"
#include "lib/nn/windows.h"
#include "lib/tensor/arithmetic.h"

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

static const struct oto_onnx_writer writers[] = {
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
};

bool oto_onnx_layer(const struct part *part) {
    return put_by(writers, sizeof writers / sizeof *writers, part);
}
