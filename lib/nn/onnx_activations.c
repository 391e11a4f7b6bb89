/* Activation functions in ONNX's operators. */
#include "lib/nn/onnx_part.h"
#include "lib/nn/settings.h"

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
/* x sigmoid(x) */
static void put_silu(const struct part *part) {
    begin(part, "Sigmoid");
    oto_onnx_end(part->file, name(part, "sigmoid"));
    begin(part, "Mul");
    oto_onnx_input(part->file, name(part, "sigmoid"));
    end(part);
}

static const struct oto_onnx_writer writers[] = {
    {"relu", NULL, "Relu"},           {"sigmoid", NULL, "Sigmoid"},
    {"tanh", NULL, "Tanh"},           {"leaky_relu", put_leaky_relu, NULL},
    {"silu", put_silu, NULL},         {"gelu", put_gelu, NULL},
    {"elu", put_elu, NULL},           {"softplus", put_softplus, NULL},
    {"hardtanh", put_hardtanh, NULL}, {"prelu", put_prelu, NULL},
    {"softmax", put_softmax, NULL},   {"log_softmax", put_softmax, NULL},
};

bool oto_onnx_activation(const struct part *part) {
    return put_by(writers, sizeof writers / sizeof *writers, part);
}
