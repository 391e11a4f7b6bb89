/* The text of oto_to_pytorch, and that PyTorch computes from two such texts what oto_apply does. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "golden.h"
#include "lib/oto.h"
#include "refusal.h"
#include "weights.h"

/* The layer must be written so, between "net = " and the next line. */
#define assert_written(layer, text)                                                                                    \
    oto_scope {                                                                                                        \
        char *source = oto_to_pytorch_text(layer);                                                                     \
        const char *found = strstr(source, "\nnet = ");                                                                \
        assert_non_null(found);                                                                                        \
        if (strncmp(found + 7, text "\n", sizeof(text)) != 0) fail_msg("%s, not %s", found + 7, text);                 \
        free(source);                                                                                                  \
    }

static void layers_are_those_of_torch(void **state) {
    assert_written(oto_nn_linear(6, 4), "nn.Linear(6, 4)");
    assert_written(oto_nn_linear(6, 4, .no_bias = true), "nn.Linear(6, 4, bias=False)");
    assert_written(oto_nn_conv1d(4, 8, 3, .stride = 2, .groups = 2), "nn.Conv1d(4, 8, 3, stride=2, groups=2)");
    assert_written(oto_nn_conv2d(1, 8, 3, .same = true, .no_bias = true),
                   "nn.Conv2d(1, 8, 3, padding=\"same\", bias=False)");
    assert_written(oto_nn_conv2d(1, 8, 1, .kernels = {1, 7}, .paddings = {0, 3}),
                   "nn.Conv2d(1, 8, (1, 7), padding=(0, 3))");
    assert_written(oto_nn_conv_transpose2d(8, 4, 3, .stride = 2, .output_padding = 1),
                   "nn.ConvTranspose2d(8, 4, 3, stride=2, output_padding=1)");
    assert_written(oto_nn_batch_norm1d(8), "nn.BatchNorm1d(8)");
    assert_written(oto_nn_batch_norm2d(8, .eps = 0.5, .momentum = 0.25), "nn.BatchNorm2d(8, eps=0.5, momentum=0.25)");
    assert_written(oto_nn_layer_norm(8), "nn.LayerNorm(8)");
    assert_written(oto_nn_group_norm(2, 8), "nn.GroupNorm(2, 8)");
    assert_written(oto_nn_max_pool2d(2), "nn.MaxPool2d(2)");
    assert_written(oto_nn_avg_pool1d(4, .stride = 2, .padding = 1), "nn.AvgPool1d(4, stride=2, padding=1)");
    assert_written(oto_nn_max_pool2d(2, .kernels = {1, 2}), "nn.MaxPool2d((1, 2))");
    assert_written(oto_nn_adaptive_avg_pool2d(1), "nn.AdaptiveAvgPool2d(1)");
    assert_written(oto_nn_leaky_relu(0.25), "nn.LeakyReLU(0.25)");
    assert_written(oto_nn_gelu(), "nn.GELU()");
    assert_written(oto_nn_gelu(.approximate = true), "nn.GELU(approximate=\"tanh\")");
    assert_written(oto_nn_elu(.alpha = 0.5), "nn.ELU(0.5)");
    assert_written(oto_nn_softplus(.beta = 2), "nn.Softplus(2, 20)");
    assert_written(oto_nn_hardtanh(.highest = 6), "nn.Hardtanh(-1, 6)");
    assert_written(oto_nn_prelu(.channels = 3), "nn.PReLU(3)");
    assert_written(oto_nn_softmax(1), "nn.Softmax(dim=1)");
    assert_written(oto_nn_log_softmax(-1), "nn.LogSoftmax(dim=-1)");
    assert_written(oto_nn_instance_norm2d(3, .affine = true), "nn.InstanceNorm2d(3, affine=True)");
    assert_written(oto_nn_unflatten(4, 5), "nn.Unflatten(1, (4, 5,))");
    assert_written(oto_nn_weight_norm(oto_nn_linear(2, 3, .no_bias = true)),
                   "nn.utils.parametrizations.weight_norm(nn.Linear(2, 3, bias=False))");
    assert_written(oto_nn_spectral_norm(oto_nn_linear(2, 3), .n_power_iterations = 2),
                   "nn.utils.parametrizations.spectral_norm(nn.Linear(2, 3), n_power_iterations=2)");
    assert_written(oto_nn_upsample2d(2), "nn.Upsample(scale_factor=2, mode=\"nearest\")");
    assert_written(oto_nn_upsample1d(3, .mode = OTO_LINEAR, .align_corners = true),
                   "nn.Upsample(scale_factor=3, mode=\"linear\", align_corners=True)");
    assert_written(oto_nn_standardize(oto_zeros(2, 3, 4), 1), "Standardize(3, 1)");
    assert_written(oto_nn_identity(), "nn.Identity()");
    assert_written(oto_nn_residual(oto_nn_linear(2, 2)), "Residual(\n    nn.Linear(2, 2),\n)");
    assert_written(oto_nn_skip(oto_nn_linear(2, 2)), "Skip(\n    nn.Linear(2, 2),\n)");
    assert_written(oto_nn_dropout(0.25), "nn.Dropout(0.25)");
    assert_written(oto_nn_dropout2d(0.5), "nn.Dropout2d(0.5)");
    assert_written(oto_nn_embedding(20, 6), "nn.Embedding(20, 6)");
    assert_written(oto_nn_lstm(6, 5, .num_layers = 2, .bidirectional = true),
                   "Lstm(6, 5, num_layers=2, batch_first=True, bidirectional=True)");
    assert_written(oto_nn_rnn(6, 5, .relu = true), "Rnn(6, 5, nonlinearity=\"relu\", batch_first=True)");
    assert_written(oto_nn_gru(6, 5, .num_layers = 2, .dropout = 0.1),
                   "Gru(6, 5, num_layers=2, batch_first=True, dropout=0.1)");
    assert_written(oto_nn_positions(6), "Positions(1024, 6)");
    assert_written(oto_nn_multi_head_attention(6, 2, .no_bias = true),
                   "SelfAttention(6, 2, bias=False, batch_first=True)");
    assert_written(oto_nn_transformer_block(6, 2, .eps = 0.5, .activation = oto_nn_gelu()),
                   "nn.TransformerEncoderLayer(6, 2, dim_feedforward=2048, dropout=0.1, activation=\"gelu\", "
                   "layer_norm_eps=0.5, batch_first=True)");
    assert_written(oto_nn_transformer_decoder_block(6, 2, .norm_first = true),
                   "nn.TransformerDecoderLayer(6, 2, dim_feedforward=2048, dropout=0.1, batch_first=True, "
                   "norm_first=True)");
    assert_written(oto_nn_vector_quantizer(8, 6), "VectorQuantizer(8, 6)");
    assert_refused(oto_to_pytorch_text(oto_nn_multi_head_attention(6, 2, .causal = true, .relative = 8)),
                   "with .relative cannot be written in PyTorch");
}

static void a_sequence_is_a_program_that_loads_its_weights(void **state) {
    oto_scope {
        char *source = oto_to_pytorch_text(oto_sequential(
            oto_sequential(oto_nn_conv2d(1, 16, 3, .padding = 1), oto_nn_relu()), oto_nn_gru(4, 3), oto_nn_gru(3, 2)));
        assert_string_equal(source, "import torch\n"
                                    "from torch import nn\n"
                                    "from safetensors.torch import load_file\n"
                                    "\n"
                                    "\n"
                                    "class Gru(nn.GRU):\n"
                                    "    def forward(self, x):\n"
                                    "        return super().forward(x)[0]\n"
                                    "\n"
                                    "\n"
                                    "net = nn.Sequential(\n"
                                    "    nn.Sequential(\n"
                                    "        nn.Conv2d(1, 16, 3, padding=1),\n"
                                    "        nn.ReLU(),\n"
                                    "    ),\n"
                                    "    Gru(4, 3, batch_first=True),\n"
                                    "    Gru(3, 2, batch_first=True),\n"
                                    ")\n"
                                    "net.load_state_dict(load_file(\"net.safetensors\"))  # of oto_save(net, "
                                    "\"net.safetensors\")\n"
                                    "net.eval()\n");
        free(source);
    }
}

typedef struct Residual {
    OtoLayer *conv;
    OtoLayer *blocks[2];
    OtoTensor *scale;
} Residual;
static OtoTensor *residual(OtoLayer *layer, OtoTensor *x) {
    return oto_apply(oto_self(layer, Residual)->conv, x);
}

static void a_layer_of_ones_own_is_a_class_with_the_same_paths(void **state) {
    oto_scope {
        OtoLayer *own =
            oto_layer(Residual, residual, .conv = oto_nn_conv1d(4, 4, 1),
                      .blocks = {oto_nn_relu(), oto_nn_linear(2, 2)}, .scale = oto_parameter(oto_tensor(1)));
        char *source = oto_to_pytorch_text(oto_sequential(own));
        assert_non_null(strstr(source, "class Residual1(nn.Module):\n"
                                       "    def __init__(self):\n"
                                       "        super().__init__()\n"
                                       "        self.scale = nn.Parameter(torch.zeros(1))\n"
                                       "        self.conv = nn.Conv1d(4, 4, 1)\n"
                                       "        self.blocks = nn.ModuleList([\n"
                                       "            nn.ReLU(),\n"
                                       "            nn.Linear(2, 2),\n"
                                       "        ])\n"
                                       "\n"
                                       "    def forward(self, x):\n"
                                       "        raise NotImplementedError("));
        assert_non_null(strstr(source, "net = nn.Sequential(\n    Residual1(),\n)\n"));
        free(source);
    }
}

/* The text is that of the file, from which PyTorch made its result. */
static void assert_pytorch_agrees(const char *name, OtoLayer *net, OtoTensor *x) {
    char path[100], *expected = NULL, *source = oto_to_pytorch_text(net);
    size_t room = 0;
    snprintf(path, sizeof path, "tests/golden/nn_pytorch_%s.txt", name);
    FILE *file = fopen(path, "r");
    if (!file) fail_msg("%s cannot be read", path);
    if (getdelim(&expected, &room, '\0', file) < 0) fail_msg("%s is empty", path);
    fclose(file);
    assert_string_equal(source, expected);
    free(source);
    free(expected);
    fill_weights(net);
    oto_evaluating(net) assert_agrees("nn_pytorch", "oto_to_pytorch", name, oto_apply(net, x), 1e-5);
}

static void pytorch_computes_the_same_of_images(void **state) {
    oto_scope {
        OtoLayer *net =
            oto_sequential(oto_nn_conv2d(1, 6, 3, .padding = 1), oto_nn_batch_norm2d(6), oto_nn_leaky_relu(0.1),
                           oto_nn_max_pool2d(2), oto_nn_conv2d(6, 4, 1, .kernels = {3, 1}, .strides = {2, 1}),
                           oto_nn_group_norm(2, 4, .eps = 0.001), oto_nn_silu(), oto_nn_avg_pool2d(2, .padding = 1),
                           oto_nn_conv_transpose2d(4, 4, 2, .stride = 2, .groups = 2), oto_nn_gelu(),
                           oto_nn_adaptive_avg_pool2d(2), oto_nn_flatten(), oto_nn_linear(16, 10));
        assert_pytorch_agrees("tagger", net, golden_fill(oto_zeros(2, 1, 16, 12), 7));
    }
}

static void pytorch_computes_the_same_of_sequences(void **state) {
    const int tokens[] = {0, 3, 19, 7, 3, 1, 2, 0, 11, 4};
    oto_scope {
        OtoLayer *net =
            oto_sequential(oto_nn_embedding(20, 6), oto_nn_positions(6, .max_length = 8, .learned = true),
                           oto_nn_positions(6, .max_length = 9),
                           oto_nn_lstm(6, 5, .num_layers = 2, .bidirectional = true), oto_nn_layer_norm(10),
                           oto_nn_gru(10, 7, .no_bias = true), oto_nn_rnn(7, 4, .relu = true), oto_nn_linear(4, 3));
        assert_pytorch_agrees("sequence", net, oto_reshape(oto_from(tokens, 10), 2, 5));
    }
}

static void pytorch_computes_the_same_of_transformers(void **state) {
    const int tokens[] = {0, 3, 19, 7, 3, 1, 2, 0, 11, 4};
    oto_scope {
        OtoLayer *net = oto_sequential(oto_nn_embedding(20, 6), oto_nn_vector_quantizer(9, 6),
                                       oto_nn_positions(6, .max_length = 8), oto_nn_multi_head_attention(6, 2),
                                       oto_nn_multi_head_attention(6, 3, .causal = true, .no_bias = true),
                                       oto_nn_transformer_block(6, 2, .feed_forward = 9, .causal = true,
                                                                .norm_first = true, .activation = oto_nn_gelu()),
                                       oto_nn_transformer_block(6, 2, .feed_forward = 7), oto_nn_linear(6, 5));
        assert_pytorch_agrees("transformer", net, oto_reshape(oto_from(tokens, 10), 2, 5));
    }
}

static void pytorch_computes_the_same_of_blocks(void **state) {
    oto_scope {
        OtoLayer *net = oto_sequential(
            oto_nn_standardize(oto_zeros(2, 6, 8), 1), oto_nn_weight_norm(oto_nn_conv1d(6, 4, 3, .padding = 1)),
            oto_nn_elu(.alpha = 0.5), oto_nn_residual(oto_nn_spectral_norm(oto_nn_conv1d(4, 4, 1))),
            oto_nn_residual(oto_nn_conv1d(4, 6, 1), .shortcut = oto_nn_conv1d(4, 6, 1, .no_bias = true)),
            oto_nn_skip(oto_sequential(oto_nn_max_pool1d(2), oto_nn_upsample1d(2, .mode = OTO_LINEAR))),
            oto_nn_instance_norm1d(12, .affine = true), oto_nn_prelu(.channels = 12), oto_nn_softplus(.beta = 2),
            oto_nn_hardtanh(.lowest = 0.2), oto_nn_flatten(), oto_nn_unflatten(4, 24), oto_nn_log_softmax(1));
        assert_pytorch_agrees("blocks", net, golden_fill(oto_zeros(2, 6, 8), 7));
    }
}

static void what_is_no_layer_is_refused(void **state) {
    assert_refused(oto_to_pytorch_text(NULL), "oto_to_pytorch");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(layers_are_those_of_torch),
        cmocka_unit_test(a_sequence_is_a_program_that_loads_its_weights),
        cmocka_unit_test(a_layer_of_ones_own_is_a_class_with_the_same_paths),
        cmocka_unit_test(pytorch_computes_the_same_of_images),
        cmocka_unit_test(pytorch_computes_the_same_of_sequences),
        cmocka_unit_test(pytorch_computes_the_same_of_transformers),
        cmocka_unit_test(pytorch_computes_the_same_of_blocks),
        cmocka_unit_test(what_is_no_layer_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
