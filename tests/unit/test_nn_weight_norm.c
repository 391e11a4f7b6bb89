/* Weight norm and spectral norm: agreement with PyTorch 2.13 (tests/golden/make_nn_weight_norm.py), and what they are
 * for. */
#include "golden.h"
#include "refusal.h"

#include "lib/oto.h"

static const double TOLERANCE = 2e-6;

static int by_name(const void *a, const void *b) {
    return strcmp(((const OtoLayerTensor *)a)->name, ((const OtoLayerTensor *)b)->name);
}
/* In the order of the names: number i is numbers(i + 1). */
static void fill(OtoLayer *layer) {
    OtoLayerTensor sorted[8];
    memcpy(sorted, layer->tensors, (size_t)layer->tensor_count * sizeof *sorted);
    qsort(sorted, (size_t)layer->tensor_count, sizeof *sorted, by_name);
    for (int i = 0; i < layer->tensor_count; i++) golden_fill(sorted[i].tensor, (uint32_t)i + 1);
}

static void agrees(const char *function, const char *name, const char *what, OtoTensor *x) {
    char entry[200];
    snprintf(entry, sizeof entry, "%s: %s", name, what);
    assert_agrees("nn_weight_norm", function, entry, x, TOLERANCE);
}

static void layer_agrees(const char *function, const char *name, OtoLayer *layer, OtoTensor *x) {
    fill(layer);
    golden_fill(x, 9);
    OtoTensor *y = oto_apply(layer, x);
    agrees(function, name, "y", y);
    oto_backward(oto_sum_all(oto_mul(y, y)));
    for (int i = 0; i < layer->tensor_count; i++) {
        char what[100];
        snprintf(what, sizeof what, "%s%s", layer->tensors[i].buffer ? "" : "gradient of ", layer->tensors[i].name);
        agrees(function, name, what,
               layer->tensors[i].buffer ? layer->tensors[i].tensor : oto_gradient(layer->tensors[i].tensor));
    }
    oto_evaluate(layer);
    if (layer->tensors[layer->tensor_count - 1].buffer) agrees(function, name, "y in evaluation", oto_apply(layer, x));
}

static void weight_norms_agree_with_pytorch(void **state) {
    const char *name = "oto_nn_weight_norm";
    layer_agrees(name, "linear", oto_nn_weight_norm(oto_nn_linear(5, 4)), oto_zeros(3, 5));
    layer_agrees(name, "conv1d", oto_nn_weight_norm(oto_nn_conv1d(3, 4, 3)), oto_zeros(2, 3, 8));
    layer_agrees(name, "conv_transpose2d", oto_nn_weight_norm(oto_nn_conv_transpose2d(3, 4, 2, .no_bias = true)),
                 oto_zeros(2, 3, 4, 5));
}

static void spectral_norms_agree_with_pytorch(void **state) {
    const char *name = "oto_nn_spectral_norm";
    layer_agrees(name, "linear", oto_nn_spectral_norm(oto_nn_linear(5, 4), .n_power_iterations = 2), oto_zeros(3, 5));
    layer_agrees(name, "conv1d", oto_nn_spectral_norm(oto_nn_conv1d(3, 4, 3), .n_power_iterations = 2),
                 oto_zeros(2, 3, 8));
    layer_agrees(name, "conv_transpose2d",
                 oto_nn_spectral_norm(oto_nn_conv_transpose2d(3, 4, 2, .no_bias = true), .n_power_iterations = 2),
                 oto_zeros(2, 3, 4, 5));
}

static double largest_difference(OtoTensor *a, OtoTensor *b) {
    OtoTensor *d = oto_abs(oto_sub(a, b));
    return oto_maximum(d);
}

static void weight_norm_computes_the_same_at_first(void **state) {
    OtoLayer *layer = oto_nn_conv2d(3, 4, 3);
    OtoTensor *x = golden_numbers_of(1, 2, 3, 6, 6), *before = oto_apply(layer, x);
    assert_true(largest_difference(oto_apply(oto_nn_weight_norm(layer), x), before) < 1e-6);
    assert_int_equal(oto_parameter_count(layer), 3 * 4 * 9 + 4 + 4);
}

static void a_spectral_norm_stretches_nothing_by_more_than_1(void **state) {
    OtoLayer *layer = oto_nn_linear(30, 20, .no_bias = true);
    OtoTensor *w = oto_layer_tensor(layer, "weight");
    for (int64_t i = 0; i < w->size; i++) oto_data(w)[i] *= 9;
    oto_nn_spectral_norm(layer);
    OtoTensor *x = golden_numbers_of(1, 1, 30);
    double largest = 0;
    for (int i = 0; i < 100; i++) { /* towards the direction that is stretched most: x = w^T w x */
        OtoTensor *leaf = oto_parameter(x), *y = oto_apply(layer, leaf);
        largest = sqrt((double)oto_item(oto_sum_all(oto_squared(y))) / (double)oto_item(oto_sum_all(oto_squared(x))));
        x = oto_grad(oto_div(oto_sum_all(oto_squared(y)), 2), leaf);
    }
    assert_float_equal(largest, 1, 1e-4);
}

static OtoLayer *checked;
static OtoTensor *through(OtoTensor *x) {
    return oto_tanh(oto_apply(checked, x));
}
static void a_penalty_of_gradients_goes_through_both(void **state) {
    checked = oto_nn_weight_norm(oto_nn_linear(4, 3));
    assert_true(oto_gradcheck_again(through, golden_numbers_of(1, 2, 4)).passed);
    checked = oto_nn_spectral_norm(oto_nn_linear(4, 3));
    oto_evaluate(checked);
    assert_true(oto_gradcheck_again(through, golden_numbers_of(1, 2, 4)).passed);
}

static void a_sequence_in_evaluation_computes_the_weight_too(void **state) {
    OtoLayer *conv = oto_nn_weight_norm(oto_nn_conv1d(2, 3, 3)), *net = oto_sequential(conv, oto_nn_relu());
    oto_init_constant(oto_layer_tensor(conv, "parametrizations.weight.original0"), 5);
    OtoTensor *x = golden_numbers_of(1, 2, 2, 8);
    oto_evaluating(net) assert_true(largest_difference(oto_apply(net, x), oto_relu(oto_apply(conv, x))) < 1e-6);
}

static void what_has_no_weight_is_refused(void **state) {
    assert_refused(oto_nn_weight_norm(oto_nn_relu()),
                   "oto_nn_weight_norm: layer is a relu, but must be a linear layer");
    assert_refused(oto_nn_spectral_norm(oto_nn_weight_norm(oto_nn_linear(2, 2))),
                   "oto_nn_spectral_norm: the layer has a weight_norm already");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(weight_norms_agree_with_pytorch),
        cmocka_unit_test(spectral_norms_agree_with_pytorch),
        cmocka_unit_test(weight_norm_computes_the_same_at_first),
        cmocka_unit_test(a_spectral_norm_stretches_nothing_by_more_than_1),
        cmocka_unit_test(a_penalty_of_gradients_goes_through_both),
        cmocka_unit_test(a_sequence_in_evaluation_computes_the_weight_too),
        cmocka_unit_test(what_has_no_weight_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
