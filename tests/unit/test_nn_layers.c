/* Layers: what they own, and that they are the operations of the same names. */
#include "golden.h"
#include "refusal.h"

#include "lib/nn/batch_norm.h"
#include "lib/nn/layers.h"
#include "lib/nn/linear.h"
#include "lib/nn/norm.h"
#include "lib/nn/shortcut.h"
#include "lib/tensor/arithmetic.h"
#include "lib/tensor/random.h"

static void assert_same(OtoTensor *a, OtoTensor *b) {
    assert_int_equal(a->size, b->size);
    assert_memory_equal(a->data, b->data, (size_t)a->size * sizeof(float));
}

static void a_convolution_layer_is_its_operation(void **state) {
    OtoLayer *layer = oto_nn_conv2d(3, 4, 3, .padding = 1, .stride = 2);
    OtoTensor *x = golden_numbers_of(1, 2, 3, 9, 8);
    assert_same(oto_apply(layer, x), oto_conv2d(x, oto_layer_tensor(layer, "weight"), oto_layer_tensor(layer, "bias"),
                                                .padding = 1, .stride = 2));
    OtoLayer *up = oto_nn_conv_transpose2d(3, 4, 5, .stride = 2, .padding = 2, .output_padding = 1);
    assert_int_equal(oto_apply(up, x)->shape[2], 18);
    OtoLayer *wide = oto_nn_conv1d(3, 6, 0, .kernels = {5}, .groups = 3, .no_bias = true, .same = true);
    assert_int_equal(oto_parameter_count(wide), 6 * 1 * 5);
    assert_int_equal(oto_apply(wide, oto_zeros(2, 3, 40))->shape[2], 40);
}

static void options_that_are_wrong_for_every_x_are_refused_when_the_layer_is_made(void **state) {
    assert_refused(oto_nn_conv2d(1, 4, 3, .stride = 0), "oto_nn_conv2d: stride is 0, but must lie within [1, 1048576]");
    assert_refused(oto_nn_conv2d(1, 4, 3, .strides = {2}), "oto_nn_conv2d: stride is 0");
    assert_refused(oto_nn_conv1d(1, 4, 3, .dilation = 0), "oto_nn_conv1d: dilation is 0");
    assert_refused(oto_nn_conv1d(1, 4, 3, .padding = -1), "oto_nn_conv1d: padding is -1");
    assert_refused(oto_nn_conv1d(1, 4, 3, .stride = 2, .same = true),
                   "oto_nn_conv1d: .same = true is for stride 1, not 2; write .padding = half the kernel instead");
    assert_refused(oto_nn_conv1d(1, 4, 3, .stride = 2, .output_padding = 1),
                   "oto_nn_conv1d: .output_padding is for transposed convolutions");
    assert_refused(oto_nn_conv_transpose1d(1, 4, 3, .stride = 0), "oto_nn_conv_transpose1d: stride is 0");
    assert_refused(oto_nn_conv_transpose2d(1, 4, 3, .stride = 2, .output_padding = 2),
                   "oto_nn_conv_transpose2d: output_padding is 2, but must lie within [0, 1]");
    assert_refused(oto_nn_conv_transpose1d(1, 4, 3, .same = true), "for convolutions that are not transposed");
    assert_refused(oto_nn_max_pool2d(2, .stride = -1), "oto_nn_max_pool2d: stride is -1");
    assert_refused(oto_nn_avg_pool1d(4, .padding = 3), "oto_nn_avg_pool1d: padding is 3, but must lie within [0, 2]");
    assert_refused(oto_nn_max_pool2d(2, .kernels = {3}), "oto_nn_max_pool2d: kernel is 0");
    assert_refused(oto_nn_batch_norm1d(4, .eps = -1), "oto_nn_batch_norm1d: eps is -1");
    assert_refused(oto_nn_batch_norm2d(4, .momentum = 2), "oto_nn_batch_norm2d: momentum is 2");
    assert_refused(oto_nn_layer_norm(4, .eps = NAN), "oto_nn_layer_norm: eps is nan");
}

static void a_layer_that_memory_is_too_small_for_says_which(void **state) {
    assert_refused(oto_nn_linear(1 << 28, 1 << 28), "oto_nn_linear: no memory for 72057594037927936 elements");
    assert_refused(oto_nn_conv1d(1 << 24, 1 << 24, 64), "oto_nn_conv1d: no memory");
}

static void first_weights_are_uniform_below_the_bound_and_follow_the_seed(void **state) {
    oto_seed(3);
    OtoTensor *w = oto_layer_tensor(oto_nn_linear(100, 50), "weight");
    assert_true(oto_maximum(w) <= 0.1 && oto_maximum(w) > 0.099);
    assert_true(oto_minimum(w) >= -0.1 && oto_minimum(w) < -0.099);
    oto_seed(3);
    assert_same(w, oto_layer_tensor(oto_nn_linear(100, 50), "weight"));
}

static void batch_norm_learns_its_statistics_in_training_only(void **state) {
    OtoLayer *layer = oto_nn_batch_norm2d(3);
    OtoTensor *x = oto_add(golden_numbers_of(1, 4, 3, 5, 5), 2), *mean = oto_layer_tensor(layer, "running_mean");
    oto_apply(layer, x);
    float learned = oto_at(mean, 0);
    assert_true(learned > 0.1f);
    oto_evaluate(layer);
    OtoTensor *y = oto_apply(layer, x);
    assert_float_equal(oto_at(mean, 0), learned, 0);
    assert_same(y, oto_batch_norm(x, mean, oto_layer_tensor(layer, "running_var"), NULL, NULL));
}

static void a_network_is_put_together_and_gets_gradients(void **state) {
    OtoLayer *net = oto_sequential(oto_nn_conv2d(1, 8, 3, .padding = 1), oto_nn_batch_norm2d(8), oto_nn_relu(),
                                   oto_nn_max_pool2d(2), oto_nn_conv2d(8, 6, 3), oto_nn_group_norm(2, 6),
                                   oto_nn_leaky_relu(0.2), oto_nn_avg_pool2d(2), oto_nn_adaptive_avg_pool2d(1),
                                   oto_nn_flatten(), oto_nn_linear(6, 10), oto_nn_layer_norm(10), oto_nn_gelu());
    OtoTensor *y = oto_apply(net, golden_numbers_of(1, 3, 1, 16, 16));
    assert_int_equal(y->rank, 2);
    assert_int_equal(y->shape[1], 10);
    oto_backward(oto_sum_all(oto_mul(y, y)));
    OtoTensorList list = oto_layer_tensors(net);
    for (int i = 0; i < list.count; i++)
        if (!list.items[i].buffer) assert_true(oto_has_gradient(list.items[i].tensor));
}

static void layers_without_weights_are_their_operations(void **state) {
    OtoTensor *x = golden_numbers_of(1, 2, 3, 4, 5);
    assert_same(oto_apply(oto_nn_elu(.alpha = 0.5), x), oto_elu(x, .alpha = 0.5));
    assert_same(oto_apply(oto_nn_softplus(.beta = 2), x), oto_softplus(x, .beta = 2));
    assert_same(oto_apply(oto_nn_hardtanh(.highest = 0.5), x), oto_hardtanh(x, .highest = 0.5));
    assert_same(oto_apply(oto_nn_gelu(.approximate = true), x), oto_gelu(x, .approximate = true));
    assert_same(oto_apply(oto_nn_softmax(1), x), oto_softmax(x, 1));
    assert_same(oto_apply(oto_nn_log_softmax(-1), x), oto_log_softmax(x, -1));
    assert_same(oto_apply(oto_nn_softmax("mel"), oto_name_axis(oto_copy(x), 2, "mel")), oto_softmax(x, 2));
    assert_same(oto_apply(oto_nn_instance_norm2d(3), x), oto_instance_norm(x, NULL, NULL));
    assert_same(oto_apply(oto_nn_identity(), x), x);
    assert_same(oto_apply(oto_nn_upsample2d(2, .mode = OTO_LINEAR), x),
                oto_interpolate(oto_interpolate(x, 2, 8, .mode = OTO_LINEAR), 3, 10, .mode = OTO_LINEAR));
    OtoTensor *flat = oto_apply(oto_nn_flatten(), x), *again = oto_apply(oto_nn_unflatten(3, 4, 5), flat);
    assert_int_equal(flat->rank, 2);
    assert_int_equal(again->rank, 4);
    assert_same(again, x);
}

static void prelu_learns_its_slopes(void **state) {
    OtoLayer *prelu = oto_nn_prelu(.channels = 3);
    OtoTensor *x = golden_numbers_of(1, 2, 3, 4), *w = oto_layer_tensor(prelu, "weight");
    assert_int_equal(w->size, 3);
    assert_float_equal(oto_at(w, 1), 0.25, 0);
    assert_same(oto_apply(prelu, x), oto_prelu(x, w));
    oto_backward(oto_sum_all(oto_apply(prelu, x)));
    double below = 0;
    for (int b = 0; b < 2; b++)
        for (int t = 0; t < 4; t++) below += fmin(0, oto_data(x)[b * 12 + 4 + t]);
    assert_float_equal(oto_at(oto_gradient(w), 1), below, 1e-6);
}

static void instance_norm_owns_scales_when_it_is_affine(void **state) {
    assert_int_equal(oto_parameter_count(oto_nn_instance_norm1d(3)), 0);
    assert_int_equal(oto_parameter_count(oto_nn_instance_norm1d(3, .affine = true)), 6);
    assert_refused(oto_apply(oto_nn_instance_norm1d(4), oto_zeros(2, 3, 5)),
                   "x is (2, 3, 5), that is 3 channels, but the layer was made for 4");
    assert_refused(oto_apply(oto_nn_instance_norm2d(4), oto_zeros(2, 4, 5)),
                   "must be (batch, channels, height, width)");
}

static void a_residual_adds_x_or_what_the_shortcut_makes_of_it(void **state) {
    OtoTensor *x = golden_numbers_of(1, 2, 4);
    OtoLayer *inner = oto_nn_linear(4, 4), *block = oto_nn_residual(inner);
    assert_same(oto_apply(block, x), oto_add(x, oto_apply(inner, x)));
    OtoLayer *wide = oto_nn_linear(4, 6), *shortcut = oto_nn_linear(4, 6);
    assert_same(oto_apply(oto_nn_residual(wide, .shortcut = shortcut), x),
                oto_add(oto_apply(shortcut, x), oto_apply(wide, x)));
    assert_non_null(oto_layer_tensor(block, "layer.weight"));
    OtoLayer *lost = oto_sequential(oto_nn_residual(oto_nn_linear(4, 6)));
    assert_refused(oto_apply(lost, x), "lost.0 (residual): oto_nn_residual: x is (2, 4), but the layer has made (2, 6) "
                                       "of it, and only like can be added to like; give a .shortcut");
}

static void a_skip_puts_x_before_what_the_layer_makes(void **state) {
    OtoTensor *x = golden_numbers_of(1, 2, 3, 8);
    OtoLayer *inner = oto_nn_conv1d(3, 5, 3, .padding = 1);
    assert_same(oto_apply(oto_nn_skip(inner), x), oto_cat(1, x, oto_apply(inner, x)));
    assert_refused(oto_apply(oto_nn_skip(oto_nn_max_pool1d(2)), x),
                   "x is (2, 3, 8), but the layer has made (2, 3, 4) of it");
}

static void a_refusal_tells_the_path(void **state) {
    OtoLayer *net = oto_sequential(oto_nn_conv2d(1, 8, 3), oto_nn_conv2d(4, 8, 3));
    assert_refused(oto_apply(net, oto_zeros(2, 1, 9, 9)), "net.1 (conv2d): oto_conv2d: x is (2, 8, 7, 7)");
    assert_refused(oto_apply(oto_nn_batch_norm2d(3), oto_zeros(2, 3)), "must be (batch, channels, height, width)");
    assert_refused(oto_nn_conv2d(3, 4, 3, .groups = 2), "2 groups do not divide 3 channels in and 4 out");
    assert_refused(oto_nn_group_norm(4, 6), "4 groups do not divide 6 channels");
    assert_refused(oto_nn_linear(0, 6), "in");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_convolution_layer_is_its_operation),
        cmocka_unit_test(options_that_are_wrong_for_every_x_are_refused_when_the_layer_is_made),
        cmocka_unit_test(a_layer_that_memory_is_too_small_for_says_which),
        cmocka_unit_test(first_weights_are_uniform_below_the_bound_and_follow_the_seed),
        cmocka_unit_test(batch_norm_learns_its_statistics_in_training_only),
        cmocka_unit_test(a_network_is_put_together_and_gets_gradients),
        cmocka_unit_test(layers_without_weights_are_their_operations),
        cmocka_unit_test(prelu_learns_its_slopes),
        cmocka_unit_test(instance_norm_owns_scales_when_it_is_affine),
        cmocka_unit_test(a_residual_adds_x_or_what_the_shortcut_makes_of_it),
        cmocka_unit_test(a_skip_puts_x_before_what_the_layer_makes),
        cmocka_unit_test(a_refusal_tells_the_path),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
