#include "lib/nn/pytorch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/nn/pytorch_attention.h"
#include "lib/nn/recurrence.h"
#include "lib/nn/settings.h"
#include "lib/nn/weight_norm.h"
#include "lib/nn/windows.h"
#include "lib/tensor/error.h"

static const char operation[] = "oto_to_pytorch";

enum { WRITTEN_MAX = 8 }; /* so many texts of classes there are, at most */

/* The program while it is written: classes stand before the net that is made of them. */
struct program {
    FILE *classes, *net;
    char *class_text, *net_text;
    size_t class_size, net_size;
    const char *written[WRITTEN_MAX]; /* classes of the library's layers that are there already */
    int written_count;
    int own_count; /* classes of layers of one's own */
};

static void write_layer(struct program *program, FILE *out, OtoLayer *layer, int indent);

/* ---- arguments ---- */

/* Numbers that differ from the default are named: ", padding=1"; of two axes that differ, ", padding=(1, 3)". */
static void write_each(FILE *out, const char *name, int axes, int both, const int each[2], int64_t standard) {
    int64_t a = oto_of_axis(both, each, 0), b = axes == 2 ? oto_of_axis(both, each, 1) : a;
    if (a == standard && b == standard) return;
    if (a == b)
        fprintf(out, ", %s=%lld", name, (long long)a);
    else
        fprintf(out, ", %s=(%lld, %lld)", name, (long long)a, (long long)b);
}

static void write_eps(FILE *out, double eps) {
    if (eps != 1e-5) fprintf(out, ", eps=%.15g", eps);
}

static int axes_of(const OtoLayer *layer) {
    return layer->type[strlen(layer->type) - 2] == '2' ? 2 : 1;
}

static OtoTensor *tensor(const OtoLayer *layer, int i) {
    return layer->tensors[i].tensor;
}

/* ---- torch's modules ---- */

static void write_linear(FILE *out, OtoLayer *layer) {
    fprintf(out, "nn.Linear(%lld, %lld%s)", (long long)tensor(layer, 0)->cols, (long long)tensor(layer, 0)->rows,
            oto_plain_tensors(layer) < 2 ? ", bias=False" : "");
}

static void write_conv(FILE *out, OtoLayer *layer) {
    const OtoNnConvOptions *o = oto_layer_settings(layer, OtoNnConvOptions);
    const OtoTensor *w = tensor(layer, 0);
    bool transposed = !strncmp(layer->type, "conv_transpose", strlen("conv_transpose"));
    int axes = w->rank - 2;
    long long first = w->shape[0], second = w->shape[1] * o->groups;
    fprintf(out, "nn.Conv%s%dd(%lld, %lld, ", transposed ? "Transpose" : "", axes, transposed ? first : second,
            transposed ? second : first);
    if (axes == 1 || w->shape[2] == w->shape[3])
        fprintf(out, "%lld", (long long)w->shape[2]);
    else
        fprintf(out, "(%lld, %lld)", (long long)w->shape[2], (long long)w->shape[3]);
    write_each(out, "stride", axes, o->stride, o->strides, 1);
    if (o->same)
        fputs(", padding=\"same\"", out);
    else
        write_each(out, "padding", axes, o->padding, o->paddings, 0);
    if (transposed) write_each(out, "output_padding", axes, o->output_padding, o->output_paddings, 0);
    write_each(out, "dilation", axes, o->dilation, o->dilations, 1);
    if (o->groups != 1) fprintf(out, ", groups=%d", o->groups);
    fprintf(out, "%s)", oto_plain_tensors(layer) < 2 ? ", bias=False" : "");
}

static void write_batch_norm(FILE *out, OtoLayer *layer) {
    const OtoNnBatchNormOptions *o = oto_layer_settings(layer, OtoNnBatchNormOptions);
    fprintf(out, "nn.BatchNorm%dd(%lld", axes_of(layer), (long long)tensor(layer, 0)->size);
    write_eps(out, o->eps);
    if (o->momentum != 0.1) fprintf(out, ", momentum=%.15g", o->momentum);
    fputc(')', out);
}

static void write_layer_norm(FILE *out, OtoLayer *layer) {
    fprintf(out, "nn.LayerNorm(%lld", (long long)tensor(layer, 0)->size);
    write_eps(out, oto_layer_settings(layer, OtoNnNormOptions)->eps);
    fputc(')', out);
}

static void write_group_norm(FILE *out, OtoLayer *layer) {
    const struct oto_group_norm_settings *settings = oto_layer_settings(layer, struct oto_group_norm_settings);
    fprintf(out, "nn.GroupNorm(%d, %lld", settings->groups, (long long)tensor(layer, 0)->size);
    write_eps(out, settings->eps);
    fputc(')', out);
}

static void write_instance_norm(FILE *out, OtoLayer *layer) {
    const struct oto_instance_norm_settings *settings = oto_layer_settings(layer, struct oto_instance_norm_settings);
    fprintf(out, "nn.InstanceNorm%dd(%d", axes_of(layer), settings->channels);
    write_eps(out, settings->eps);
    fputs(layer->tensor_count ? ", affine=True)" : ")", out);
}

static void write_pool(FILE *out, OtoLayer *layer) {
    const struct oto_pool_settings *settings = oto_layer_settings(layer, struct oto_pool_settings);
    const OtoPoolOptions *o = &settings->options;
    int axes = axes_of(layer);
    long long high = oto_of_axis(settings->kernel, o->kernels, 0), wide = oto_of_axis(settings->kernel, o->kernels, 1);
    fprintf(out, "nn.%sPool%dd(", layer->type[0] == 'a' ? "Avg" : "Max", axes);
    if (axes == 1 || high == wide)
        fprintf(out, "%lld", high);
    else
        fprintf(out, "(%lld, %lld)", high, wide);
    write_each(out, "stride", axes, o->stride, o->strides, 0);
    write_each(out, "padding", axes, o->padding, o->paddings, 0);
    fputc(')', out);
}

static void write_adaptive_pool(FILE *out, OtoLayer *layer) {
    fprintf(out, "nn.AdaptiveAvgPool%dd(%d)", axes_of(layer), *oto_layer_settings(layer, int));
}
static void write_leaky_relu(FILE *out, OtoLayer *layer) {
    fprintf(out, "nn.LeakyReLU(%.15g)", *oto_layer_settings(layer, double));
}
static void write_gelu(FILE *out, OtoLayer *layer) {
    fputs(oto_layer_settings(layer, OtoGeluOptions)->approximate ? "nn.GELU(approximate=\"tanh\")" : "nn.GELU()", out);
}
static void write_elu(FILE *out, OtoLayer *layer) {
    fprintf(out, "nn.ELU(%.15g)", oto_layer_settings(layer, OtoEluOptions)->alpha);
}
static void write_softplus(FILE *out, OtoLayer *layer) {
    const OtoSoftplusOptions *o = oto_layer_settings(layer, OtoSoftplusOptions);
    fprintf(out, "nn.Softplus(%.15g, %.15g)", o->beta, o->threshold);
}
static void write_hardtanh(FILE *out, OtoLayer *layer) {
    const OtoHardtanhOptions *o = oto_layer_settings(layer, OtoHardtanhOptions);
    fprintf(out, "nn.Hardtanh(%.15g, %.15g)", o->lowest, o->highest);
}
static void write_prelu(FILE *out, OtoLayer *layer) {
    fprintf(out, "nn.PReLU(%lld)", (long long)tensor(layer, 0)->size);
}
static void write_softmax(FILE *out, OtoLayer *layer) {
    const struct oto_axis_settings *axis = oto_layer_settings(layer, struct oto_axis_settings);
    if (*axis->name)
        oto_refuse(operation,
                   "a %s along \"%s\" cannot be written in PyTorch, where axes have numbers; make the layer "
                   "with the number",
                   layer->type, axis->name);
    fprintf(out, "nn.%s(dim=%lld)", layer->type[0] == 's' ? "Softmax" : "LogSoftmax", (long long)axis->number);
}
static void write_upsample(FILE *out, OtoLayer *layer) {
    const struct oto_upsample_settings *s = oto_layer_settings(layer, struct oto_upsample_settings);
    bool linear = s->options.mode == OTO_LINEAR;
    fprintf(out, "nn.Upsample(scale_factor=%d, mode=\"%s\"%s)", s->factor,
            !linear               ? "nearest"
            : axes_of(layer) == 2 ? "bilinear"
                                  : "linear",
            linear && s->options.align_corners ? ", align_corners=True" : "");
}
static void write_standardize(FILE *out, OtoLayer *layer) {
    fprintf(out, "Standardize(%lld, %d)", (long long)tensor(layer, 0)->size, *oto_layer_settings(layer, int));
}
static void write_unflatten(FILE *out, OtoLayer *layer) {
    fprintf(out, "nn.Unflatten(1, (%s,))", layer->settings_text);
}
static void write_dropout(FILE *out, OtoLayer *layer) {
    fprintf(out, "nn.Dropout%s(%.15g)", layer->type + strlen("dropout"), *oto_layer_settings(layer, double));
}
static void write_embedding(FILE *out, OtoLayer *layer) {
    fprintf(out, "nn.Embedding(%lld, %lld)", (long long)tensor(layer, 0)->rows, (long long)tensor(layer, 0)->cols);
}

static void write_recurrent(FILE *out, OtoLayer *layer) {
    const struct oto_recurrent_settings *r = oto_layer_settings(layer, struct oto_recurrent_settings);
    fprintf(out, "%s(%lld, %lld",
            r->has_c                   ? "Lstm"
            : r->cell == &oto_gru_cell ? "Gru"
                                       : "Rnn",
            (long long)r->features, (long long)r->hidden);
    if (r->layers > 1) fprintf(out, ", num_layers=%d", r->layers);
    if (r->cell == &oto_rnn_relu_cell) fputs(", nonlinearity=\"relu\"", out);
    if (!r->bias) fputs(", bias=False", out);
    fputs(", batch_first=True", out);
    if (r->dropout > 0) fprintf(out, ", dropout=%.15g", r->dropout);
    fputs(r->directions == 2 ? ", bidirectional=True)" : ")", out);
}

static void write_positions(FILE *out, OtoLayer *layer) {
    fprintf(out, "%sPositions(%lld, %lld)", layer->tensors[0].buffer ? "" : "Learned",
            (long long)tensor(layer, 0)->rows, (long long)tensor(layer, 0)->cols);
}

/* PyTorch's LSTM gives (y, state); the layers here give y. */
#define RECURRENT_CLASS(name, torch)                                                                                   \
    "class " name "(nn." torch "):\n"                                                                                  \
    "    def forward(self, x):\n"                                                                                      \
    "        return super().forward(x)[0]\n"
#define POSITIONS_CLASS(name, tensor, register)                                                                        \
    "class " name "(nn.Module):\n"                                                                                     \
    "    def __init__(self, max_length, features):\n"                                                                  \
    "        super().__init__()\n"                                                                                     \
    "        " register "\n\n"                                                                                         \
                        "    def forward(self, x):\n"                                                                  \
                        "        return x + self." tensor "[: x.shape[1]]\n"

/* Parts are called as in shortcut.c. */
static const char residual_class[] = "class Residual(nn.Module):\n"
                                     "    def __init__(self, layer, shortcut=None):\n"
                                     "        super().__init__()\n"
                                     "        self.layer = layer\n"
                                     "        self.shortcut = shortcut\n\n"
                                     "    def forward(self, x):\n"
                                     "        return (self.shortcut(x) if self.shortcut else x) + self.layer(x)\n";
static const char standardize_class[] = "class Standardize(nn.Module):\n"
                                        "    def __init__(self, length, axes_after):\n"
                                        "        super().__init__()\n"
                                        "        self.shape = (length,) + (1,) * axes_after\n"
                                        "        self.register_buffer(\"mean\", torch.zeros(length))\n"
                                        "        self.register_buffer(\"std\", torch.ones(length))\n\n"
                                        "    def forward(self, x):\n"
                                        "        return (x - self.mean.view(self.shape)) / self.std.view(self.shape)\n";
static const char skip_class[] = "class Skip(nn.Module):\n"
                                 "    def __init__(self, layer):\n"
                                 "        super().__init__()\n"
                                 "        self.layer = layer\n\n"
                                 "    def forward(self, x):\n"
                                 "        return torch.cat((x, self.layer(x)), 1)\n";

/* Layers that are put together of others. name: what stands before the parts; class_text: what must stand before it. */
static const struct {
    const char *type, *name, *class_text;
} wholes[] = {
    {"sequential", "nn.Sequential", NULL}, {"residual", "Residual", residual_class}, {"skip", "Skip", skip_class}};
enum { WHOLES = sizeof wholes / sizeof *wholes };

/* How a type of layer is written; plain text where it has no settings. */
static const struct writer {
    const char *type;
    void (*write)(FILE *out, OtoLayer *layer);
    const char *plain, *class_text; /* class_text: what must stand before it */
} writers[] = {
    {"linear", write_linear, NULL, NULL},
    {"conv1d", write_conv, NULL, NULL},
    {"conv2d", write_conv, NULL, NULL},
    {"conv_transpose1d", write_conv, NULL, NULL},
    {"conv_transpose2d", write_conv, NULL, NULL},
    {"batch_norm1d", write_batch_norm, NULL, NULL},
    {"batch_norm2d", write_batch_norm, NULL, NULL},
    {"layer_norm", write_layer_norm, NULL, NULL},
    {"group_norm", write_group_norm, NULL, NULL},
    {"instance_norm1d", write_instance_norm, NULL, NULL},
    {"instance_norm2d", write_instance_norm, NULL, NULL},
    {"max_pool1d", write_pool, NULL, NULL},
    {"max_pool2d", write_pool, NULL, NULL},
    {"avg_pool1d", write_pool, NULL, NULL},
    {"avg_pool2d", write_pool, NULL, NULL},
    {"adaptive_avg_pool1d", write_adaptive_pool, NULL, NULL},
    {"adaptive_avg_pool2d", write_adaptive_pool, NULL, NULL},
    {"relu", NULL, "nn.ReLU()", NULL},
    {"sigmoid", NULL, "nn.Sigmoid()", NULL},
    {"tanh", NULL, "nn.Tanh()", NULL},
    {"silu", NULL, "nn.SiLU()", NULL},
    {"gelu", write_gelu, NULL, NULL},
    {"elu", write_elu, NULL, NULL},
    {"softplus", write_softplus, NULL, NULL},
    {"hardtanh", write_hardtanh, NULL, NULL},
    {"prelu", write_prelu, NULL, NULL},
    {"softmax", write_softmax, NULL, NULL},
    {"log_softmax", write_softmax, NULL, NULL},
    {"leaky_relu", write_leaky_relu, NULL, NULL},
    {"flatten", NULL, "nn.Flatten()", NULL},
    {"unflatten", write_unflatten, NULL, NULL},
    {"upsample1d", write_upsample, NULL, NULL},
    {"upsample2d", write_upsample, NULL, NULL},
    {"standardize", write_standardize, NULL, standardize_class},
    {"identity", NULL, "nn.Identity()", NULL},
    {"dropout", write_dropout, NULL, NULL},
    {"dropout1d", write_dropout, NULL, NULL},
    {"dropout2d", write_dropout, NULL, NULL},
    {"embedding", write_embedding, NULL, NULL},
    {"positions", write_positions, NULL, NULL},
    {"multi_head_attention", oto_pytorch_attention, NULL, NULL},
    {"transformer_block", oto_pytorch_block, NULL, NULL},
    {"transformer_decoder_block", oto_pytorch_block, NULL, NULL},
    {"vector_quantizer", oto_pytorch_quantizer, NULL, NULL},
    {"lstm", write_recurrent, NULL, RECURRENT_CLASS("Lstm", "LSTM")},
    {"gru", write_recurrent, NULL, RECURRENT_CLASS("Gru", "GRU")},
    {"rnn", write_recurrent, NULL, RECURRENT_CLASS("Rnn", "RNN")},
};
enum { WRITERS = sizeof writers / sizeof *writers };

/* ---- classes ---- */

/* Once; text is a constant. */
static void write_class(struct program *program, const char *text) {
    for (int i = 0; i < program->written_count; i++)
        if (!strcmp(program->written[i], text)) return;
    if (program->written_count < WRITTEN_MAX) program->written[program->written_count++] = text;
    fprintf(program->classes, "%s\n\n", text);
}

static void write_positions_class(struct program *program, OtoLayer *layer) {
    write_class(program, layer->tensors[0].buffer
                             ? POSITIONS_CLASS("Positions", "sinusoids",
                                               "self.register_buffer(\"sinusoids\", torch.zeros(max_length, features))")
                             : POSITIONS_CLASS("LearnedPositions", "weight",
                                               "self.weight = nn.Parameter(torch.zeros(max_length, features))"));
}

static void write_tensor(FILE *out, const OtoLayerTensor *tensor) {
    fprintf(out, "        self.%s", tensor->name);
    fprintf(out, tensor->buffer ? " = nn.Buffer(torch.zeros(" : " = nn.Parameter(torch.zeros(");
    for (int i = 0; i < tensor->tensor->rank; i++)
        fprintf(out, "%s%lld", i ? ", " : "", (long long)tensor->tensor->shape[i]);
    fputs("))\n", out);
}

/* Parts called "blocks.0", "blocks.1" are those of one array. Returns how many stand in the list from here on. */
static int write_list(struct program *program, FILE *out, OtoLayer *layer, int from) {
    const char *name = layer->children[from]->name, *dot = strchr(name, '.');
    size_t length = (size_t)(dot - name) + 1;
    fprintf(out, "        self.%.*s = nn.ModuleList([\n", (int)length - 1, name);
    int count = 0;
    for (; from + count < layer->child_count && !strncmp(layer->children[from + count]->name, name, length); count++) {
        fprintf(out, "%*s", 12, "");
        write_layer(program, out, layer->children[from + count], 12);
        fputs(",\n", out);
    }
    fputs("        ])\n", out);
    return count;
}

/* A layer of one's own: its parts and tensors, and a forward that remains to be written. Layers of one type may have
 * different parts, so each has a class with a number, which is returned. */
static int write_own_class(struct program *program, OtoLayer *layer) {
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    if (!out) oto_refuse(operation, "no memory is left for a text");
    int number = ++program->own_count;
    fprintf(out, "class %s%d(nn.Module):\n    def __init__(self):\n        super().__init__()\n", layer->type, number);
    for (int i = 0; i < layer->tensor_count; i++) write_tensor(out, &layer->tensors[i]);
    for (int i = 0; i < layer->child_count;) {
        if (strchr(layer->children[i]->name, '.')) {
            i += write_list(program, out, layer, i);
            continue;
        }
        fprintf(out, "        self.%s = ", layer->children[i]->name);
        write_layer(program, out, layer->children[i++], 8);
        fputc('\n', out);
    }
    fprintf(out,
            "\n    def forward(self, x):\n"
            "        raise NotImplementedError(\"write here what the forward function of %s does\")\n\n\n",
            layer->type);
    if (fclose(out)) oto_refuse(operation, "no memory is left for a text");
    fputs(text, program->classes);
    free(text);
    return number;
}

/* ---- the net ---- */

static void write_weight_options(FILE *out, const struct oto_weight_from *from) {
    const OtoSpectralNormOptions *o = &from->options;
    if (o->n_power_iterations > 1) fprintf(out, ", n_power_iterations=%d", o->n_power_iterations);
    if (o->eps > 0 && o->eps != 1e-12) fprintf(out, ", eps=%.15g", o->eps);
    fputc(')', out);
}

static void write_layer(struct program *program, FILE *out, OtoLayer *layer, int indent) {
    if (!layer->kind) {
        int number = write_own_class(program, layer);
        fprintf(out, "%s%d()", layer->type, number);
        return;
    }
    for (int w = 0; w < WHOLES; w++) {
        if (strcmp(wholes[w].type, layer->type)) continue;
        if (wholes[w].class_text) write_class(program, wholes[w].class_text);
        fprintf(out, "%s(\n", wholes[w].name);
        for (int i = 0; i < layer->child_count; i++) {
            fprintf(out, "%*s", indent + 4, "");
            write_layer(program, out, layer->children[i], indent + 4);
            fputs(",\n", out);
        }
        fprintf(out, "%*s)", indent, "");
        return;
    }
    for (int i = 0; i < WRITERS; i++) {
        if (strcmp(writers[i].type, layer->type)) continue;
        if (writers[i].class_text) write_class(program, writers[i].class_text);
        if (!strcmp(layer->type, "positions")) write_positions_class(program, layer);
        if (oto_pytorch_class_of(layer)) write_class(program, oto_pytorch_class_of(layer));
        if (layer->weight_from) fprintf(out, "nn.utils.parametrizations.%s(", layer->weight_from->name);
        if (writers[i].write)
            writers[i].write(out, layer);
        else
            fputs(writers[i].plain, out);
        if (layer->weight_from) write_weight_options(out, layer->weight_from);
        return;
    }
    oto_refuse(operation, "a %s cannot be written in PyTorch yet; print its parts with oto_layer_print(net)",
               layer->type);
}

static void release_program(void *thing) {
    struct program *program = thing;
    if (program->classes) fclose(program->classes);
    if (program->net) fclose(program->net);
    free(program->class_text);
    free(program->net_text);
    free(program);
}

char *oto_to_pytorch_text(OtoLayer *net) {
    oto_need_layer(operation, net, NULL);
    char *text = NULL;
    oto_scope {
        struct program *program = calloc(1, sizeof *program);
        if (!program) oto_refuse(operation, "no memory is left for a text");
        oto_hold(program, release_program);
        program->classes = open_memstream(&program->class_text, &program->class_size);
        program->net = open_memstream(&program->net_text, &program->net_size);
        if (!program->classes || !program->net) oto_refuse(operation, "no memory is left for a text");
        write_layer(program, program->net, net, 0);
        if (fflush(program->classes) || fflush(program->net) ||
            asprintf(&text,
                     "import torch\nfrom torch import nn\nfrom safetensors.torch import load_file\n\n\n%snet = %s\n"
                     "net.load_state_dict(load_file(\"net.safetensors\"))  # of oto_save(net, \"net.safetensors\")\n"
                     "net.eval()\n",
                     program->class_text, program->net_text) < 0)
            oto_refuse(operation, "no memory is left for a text");
    }
    return text;
}

void oto_to_pytorch(OtoLayer *net) {
    char *text = oto_to_pytorch_text(net);
    fputs(text, stdout);
    free(text);
}
