"""oto_save_onnx: onnxruntime computes from the file what oto_apply does, for every type of layer that can be saved."""

import numpy
import onnxruntime
import pytest

SOUNDS = "noise(oto_zeros(5, 3, 12))"
IMAGES = "noise(oto_zeros(4, 3, 12, 16))"
SEQUENCES = "noise(oto_zeros(3, 7, 6))"
NETS = {
    "linear": ("oto_nn_linear(6, 4)", "noise(oto_zeros(5, 6))"),
    "linear without bias": ("oto_nn_linear(6, 4, .no_bias = true)", "noise(oto_zeros(5, 6))"),
    "linear of sequences": ("oto_nn_linear(6, 4)", SEQUENCES),
    "linear of sequences without bias": ("oto_nn_linear(6, 4, .no_bias = true)", SEQUENCES),
    "conv1d": ("oto_nn_conv1d(3, 6, 5, .stride = 2, .padding = 3, .groups = 3)", SOUNDS),
    "conv1d as long as x": ("oto_nn_conv1d(3, 6, 4, .same = true, .dilation = 2)", SOUNDS),
    "conv2d": ("oto_nn_conv2d(3, 8, 3, .strides = {2, 1}, .paddings = {1, 2}, .dilation = 2)", IMAGES),
    "conv2d of another kernel": ("oto_nn_conv2d(3, 8, 1, .kernels = {1, 7}, .no_bias = true)", IMAGES),
    "conv_transpose1d": ("oto_nn_conv_transpose1d(3, 4, 4, .stride = 2, .padding = 1)", SOUNDS),
    "conv_transpose2d": (
        "oto_nn_conv_transpose2d(3, 4, 3, .stride = 2, .padding = 1, .output_padding = 1)",
        IMAGES,
    ),
    "batch_norm1d": ("oto_nn_batch_norm1d(3)", SOUNDS),
    "batch_norm2d": ("oto_nn_batch_norm2d(3, .eps = 1e-3)", IMAGES),
    "layer_norm": ("oto_nn_layer_norm(6, .eps = 1e-3)", SEQUENCES),
    "group_norm": ("oto_sequential(oto_nn_conv1d(3, 6, 1), oto_nn_group_norm(2, 6))", SOUNDS),
    "max_pool1d": ("oto_nn_max_pool1d(3, .stride = 2, .padding = 1)", SOUNDS),
    "max_pool2d": ("oto_nn_max_pool2d(2, .kernels = {2, 4})", IMAGES),
    "avg_pool1d": ("oto_nn_avg_pool1d(4, .stride = 2, .padding = 2)", SOUNDS),
    "avg_pool2d": ("oto_nn_avg_pool2d(2)", IMAGES),
    "adaptive_avg_pool1d": ("oto_nn_adaptive_avg_pool1d(4)", SOUNDS),
    "adaptive_avg_pool2d": ("oto_nn_adaptive_avg_pool2d(1)", IMAGES),
    "relu": ("oto_nn_relu()", SOUNDS),
    "sigmoid": ("oto_nn_sigmoid()", SOUNDS),
    "tanh": ("oto_nn_tanh()", SOUNDS),
    "silu": ("oto_nn_silu()", SOUNDS),
    "gelu": ("oto_nn_gelu()", SOUNDS),
    "leaky_relu": ("oto_nn_leaky_relu(0.2)", SOUNDS),
    "gelu by tanh": ("oto_nn_gelu(.approximate = true)", SOUNDS),
    "elu": ("oto_nn_elu(.alpha = 0.5)", SOUNDS),
    "softplus": ("oto_nn_softplus(.beta = 2)", SOUNDS),
    "hardtanh": ("oto_nn_hardtanh(.lowest = -0.5)", SOUNDS),
    "prelu": ("oto_nn_prelu()", SOUNDS),
    "prelu of channels": ("oto_nn_prelu(.channels = 3)", IMAGES),
    "softmax": ("oto_nn_softmax(1)", SOUNDS),
    "log_softmax": ("oto_nn_log_softmax(-1)", SOUNDS),
    "instance_norm1d": ("oto_nn_instance_norm1d(3)", SOUNDS),
    "instance_norm2d": ("oto_nn_instance_norm2d(3, .affine = true, .eps = 1e-3)", IMAGES),
    "dropout": ("oto_sequential(oto_nn_dropout(0.5), oto_nn_dropout2d(0.5))", IMAGES),
    "flatten": ("oto_nn_flatten()", IMAGES),
    "unflatten": ("oto_sequential(oto_nn_flatten(), oto_nn_unflatten(6, 2, 3))", SOUNDS),
    "upsample1d": ("oto_nn_upsample1d(3)", SOUNDS),
    "upsample2d": ("oto_nn_upsample2d(2, .mode = OTO_LINEAR)", IMAGES),
    "upsample2d with corners": ("oto_nn_upsample2d(2, .mode = OTO_LINEAR, .align_corners = true)", IMAGES),
    "standardize": ("oto_nn_standardize(noise(oto_zeros(9, 3, 12)), 1)", SOUNDS),
    "identity": ("oto_nn_identity()", SOUNDS),
    "weight norm": ("oto_nn_weight_norm(oto_nn_conv1d(3, 4, 3, .no_bias = true))", SOUNDS),
    "spectral norm": ("oto_nn_spectral_norm(oto_nn_linear(6, 4))", SEQUENCES),
    "residual": ("oto_nn_residual(oto_nn_conv1d(3, 3, 3, .padding = 1))", SOUNDS),
    "residual with shortcut": (
        "oto_nn_residual(oto_sequential(oto_nn_conv1d(3, 5, 3, .padding = 1), oto_nn_relu()),"
        " .shortcut = oto_nn_conv1d(3, 5, 1))",
        SOUNDS,
    ),
    "skips as in a U-Net": (
        "oto_nn_skip(oto_sequential(oto_nn_conv2d(3, 4, 3, .stride = 2, .padding = 1),"
        " oto_nn_skip(oto_nn_conv2d(4, 4, 3, .padding = 1)), oto_nn_conv_transpose2d(8, 5, 2, .stride = 2)))",
        IMAGES,
    ),
    "embedding and positions": (
        "oto_sequential(oto_nn_embedding(20, 6), oto_nn_positions(6, .max_length = 50), oto_nn_linear(6, 5))",
        "tokens()",
    ),
    "learned positions": ("oto_nn_positions(6, .max_length = 50, .learned = true)", SEQUENCES),
    "vector_quantizer": ("oto_nn_vector_quantizer(5, 6)", SEQUENCES),
    "attention": ("oto_nn_multi_head_attention(6, 2)", SEQUENCES),
    "attention without bias": ("oto_nn_multi_head_attention(6, 3, .no_bias = true)", SEQUENCES),
    "causal attention": ("oto_nn_multi_head_attention(6, 2, .causal = true)", SEQUENCES),
    "relative attention": ("oto_nn_multi_head_attention(6, 2, .causal = true, .relative = 9)", SEQUENCES),
    "transformer block": ("oto_nn_transformer_block(6, 2, .feed_forward = 8)", SEQUENCES),
    "music transformer": (
        "oto_sequential(oto_nn_embedding(20, 6), oto_nn_positions(6, .max_length = 50, .learned = true),"
        " oto_nn_transformer_block(6, 2, .causal = true, .relative = 50, .norm_first = true,"
        " .activation = oto_nn_gelu()), oto_nn_layer_norm(6), oto_nn_linear(6, 20))",
        "tokens()",
    ),
    "lstm": ("oto_nn_lstm(6, 5)", SEQUENCES),
    "lstm both ways": ("oto_nn_lstm(6, 5, .num_layers = 2, .bidirectional = true)", SEQUENCES),
    "gru": ("oto_nn_gru(6, 5, .num_layers = 2)", SEQUENCES),
    "gru without bias": ("oto_nn_gru(6, 5, .bidirectional = true, .no_bias = true)", SEQUENCES),
    "rnn": ("oto_nn_rnn(6, 5)", SEQUENCES),
    "rnn of relu": ("oto_nn_rnn(6, 5, .relu = true, .bidirectional = true)", SEQUENCES),
    "tagger": (
        "oto_sequential(oto_sequential(oto_nn_conv2d(3, 8, 3, .padding = 1), oto_nn_batch_norm2d(8), oto_nn_relu(),"
        " oto_nn_max_pool2d(2)), oto_nn_adaptive_avg_pool2d(1), oto_nn_flatten(), oto_nn_linear(8, 10))",
        IMAGES,
    ),
}

# Two forwards in training mode first, so that running statistics are not those of a new layer.
SAVE = r"""OtoTensor *noise(OtoTensor *x) {
    for (int64_t i = 0; i < x->size; i++) oto_data(x)[i] = (float)oto_normal();
    return x;
}
OtoTensor *tokens(void) {
    const int numbers[] = {0, 3, 19, 7, 3, 1, 2, 0};
    return oto_reshape(oto_from(numbers, 8), 2, 4);
}
void save(OtoLayer *net, OtoTensor *x, const char *folder) {
    if (x->type == OTO_FLOAT32) for (int i = 0; i < 2; i++) oto_apply(net, oto_add(oto_mul(x, 2), 1));
    char path[500];
    OtoTensor *y = NULL;
    oto_evaluating(net) y = oto_apply(net, x);
    OtoTensor *both[] = {x, y};
    for (int i = 0; i < 2; i++) {
        snprintf(path, sizeof path, "%s/%c", folder, "xy"[i]);
        FILE *file = fopen(path, "wb");
        fwrite(both[i]->data, both[i]->type == OTO_INT64 ? 8 : 4, (size_t)both[i]->size, file);
        fclose(file);
    }
    printf("%s %s", oto_shape_quoted(x), oto_shape_quoted(y));
    snprintf(path, sizeof path, "%s/net.onnx", folder);
    oto_save_onnx(net, x, path);
}"""


def output(published):
    return "".join(m["content"].get("text", "") for m in published if m["msg_type"] == "stream")


def numbers(shape):
    return [int(part.split()[-1]) for part in shape.strip("() ").split(",")]


@pytest.fixture(scope="module")
def saving(kernel):
    reply, _ = kernel.run(SAVE)
    assert reply["content"]["status"] == "ok", reply["content"]
    return kernel


@pytest.mark.parametrize("name", NETS)
def test_onnxruntime_agrees(saving, tmp_path, name):
    net, x = NETS[name]
    reply, published = saving.run(f'oto_seed(7);\noto_scope {{ save({net}, {x}, "{tmp_path}"); }}')
    assert reply["content"]["status"] == "ok", reply["content"]
    x_shape, y_shape = (numbers(shape) for shape in output(published).split(") ("))
    session = onnxruntime.InferenceSession(tmp_path / "net.onnx", providers=["CPUExecutionProvider"])
    whole = session.get_inputs()[0].type == "tensor(int64)"
    x = numpy.fromfile(tmp_path / "x", numpy.int64 if whole else numpy.float32).reshape(x_shape)
    y = numpy.fromfile(tmp_path / "y", numpy.float32).reshape(y_shape)
    (found,) = session.run(["y"], {"x": x})
    assert found.shape == y.shape
    numpy.testing.assert_allclose(found, y, rtol=1e-5, atol=1e-5)
    # The batch may have another length than the example had.
    (first,) = session.run(["y"], {"x": x[:1]})
    numpy.testing.assert_allclose(first, y[:1], rtol=1e-5, atol=1e-5)


def test_a_layer_of_ones_own_is_refused_with_its_path(saving, tmp_path):
    reply, _ = saving.run(
        "typedef struct { OtoLayer *inner; } Mine;\n"
        "OtoTensor *mine(OtoLayer *l, OtoTensor *x) { return oto_apply(oto_self(l, Mine)->inner, x); }\n"
        "OtoLayer *own = oto_sequential(oto_nn_relu(), oto_layer(Mine, mine, .inner = oto_nn_relu()));\n"
        f'oto_save_onnx(own, oto_zeros(2, 3), "{tmp_path}/net.onnx");'
    )
    assert reply["content"]["ename"] == "OtoError"
    assert "1 (Mine) is a layer of your own" in reply["content"]["evalue"]
    assert not list(tmp_path.iterdir())


def test_windows_of_different_lengths_are_refused(saving, tmp_path):
    reply, _ = saving.run(f'oto_save_onnx(oto_nn_adaptive_avg_pool1d(5), oto_zeros(2, 3, 12), "{tmp_path}/net.onnx");')
    assert "choose a size that divides the length" in reply["content"]["evalue"]


def test_a_folder_that_is_not_there_is_refused(saving):
    reply, _ = saving.run('oto_save_onnx(oto_nn_relu(), oto_zeros(2, 3), "/nowhere/net.onnx");')
    assert "/nowhere/net.onnx cannot be written: No such file" in reply["content"]["evalue"]
