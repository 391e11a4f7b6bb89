/* What a sequence computes in one pass is what its parts compute one after the other. */
#include "golden.h"
#include "refusal.h"

#include "lib/nn/activations.h"
#include "lib/nn/layers.h"
#include "lib/tensor/arithmetic.h"
#include "lib/tensor/parallel.h"

#include <math.h>
#include <string.h>

static void assert_same(OtoTensor *a, OtoTensor *b) {
    assert_int_equal(a->rank, b->rank);
    for (int i = 0; i < a->rank; i++) assert_int_equal(a->shape[i], b->shape[i]);
    assert_memory_equal(a->data, b->data, (size_t)a->size * sizeof(float));
}

static OtoTensor *part_by_part(OtoLayer *net, OtoTensor *x) {
    for (int i = 0; i < net->child_count; i++) x = oto_apply(net->children[i], x);
    return x;
}

/* Running averages and weights that are not those of a new layer. */
static void learn(OtoLayer *net, OtoTensor *x) {
    oto_train(net);
    for (int i = 0; i < 3; i++) oto_apply(net, x);
    OtoTensorList list = oto_layer_tensors(net);
    for (int i = 0; i < list.count; i++)
        for (int64_t j = 0; j < list.items[i].tensor->size; j++)
            oto_data(list.items[i].tensor)[j] *= 0.75f + 0.03125f * (float)(j % 16);
}

static void assert_evaluation_is_that_of_the_parts(OtoLayer *net, OtoTensor *x) {
    learn(net, x);
    oto_evaluating(net) assert_same(oto_apply(net, x), part_by_part(net, x));
}

static void a_convolution_with_all_that_follows_is_its_parts(void **state) {
    assert_evaluation_is_that_of_the_parts(oto_sequential(oto_nn_conv2d(3, 5, 3, .padding = 1), oto_nn_batch_norm2d(5),
                                                          oto_nn_relu(), oto_nn_max_pool2d(2)),
                                           golden_numbers_of(1, 2, 3, 37, 45));
}

static void windows_of_one_row_or_three_and_groups_are_their_parts(void **state) {
    OtoTensor *x = golden_numbers_of(2, 3, 4, 50, 31);
    assert_evaluation_is_that_of_the_parts(oto_sequential(oto_nn_conv2d(4, 6, 3, .groups = 2), oto_nn_batch_norm2d(6),
                                                          oto_nn_max_pool2d(2, .kernels = {1, 2})),
                                           x);
    assert_evaluation_is_that_of_the_parts(oto_sequential(oto_nn_conv2d(4, 6, 5, .stride = 2), oto_nn_leaky_relu(0.2),
                                                          oto_nn_max_pool2d(2, .kernels = {3, 2})),
                                           x);
}

static void convolutions_along_time_are_their_parts(void **state) {
    OtoTensor *x = golden_numbers_of(3, 2, 3, 211);
    assert_evaluation_is_that_of_the_parts(oto_sequential(oto_nn_conv1d(3, 7, 5, .padding = 2), oto_nn_batch_norm1d(7),
                                                          oto_nn_leaky_relu(0.1), oto_nn_max_pool1d(2)),
                                           x);
    assert_evaluation_is_that_of_the_parts(
        oto_sequential(oto_nn_conv1d(3, 2, 3), oto_nn_relu(), oto_nn_max_pool1d(2, .stride = 1)), x);
}

static void a_pool_of_other_windows_goes_alone(void **state) {
    OtoTensor *x = golden_numbers_of(4, 1, 2, 20, 21);
    assert_evaluation_is_that_of_the_parts(oto_sequential(oto_nn_conv2d(2, 3, 3), oto_nn_relu(), oto_nn_max_pool2d(3)),
                                           x);
    assert_evaluation_is_that_of_the_parts(
        oto_sequential(oto_nn_conv2d(2, 3, 3), oto_nn_relu(), oto_nn_max_pool2d(2, .padding = 1)), x);
}

static void one_thread_and_two_give_the_same_bits(void **state) {
    OtoLayer *net = oto_sequential(oto_nn_conv2d(1, 16, 3, .padding = 1), oto_nn_batch_norm2d(16), oto_nn_relu(),
                                   oto_nn_max_pool2d(2));
    OtoTensor *x = golden_numbers_of(5, 1, 1, 128, 128);
    int before = oto_set_threads(1);
    oto_evaluating(net) {
        OtoTensor *y = oto_apply(net, x);
        oto_set_threads(2);
        assert_same(oto_apply(net, x), y);
    }
    oto_set_threads(before);
}

static void relu_makes_minus_infinity_0(void **state) {
    OtoLayer *net = oto_sequential(oto_nn_conv2d(1, 1, 1), oto_nn_relu());
    oto_at(oto_layer_tensor(net, "0.weight"), 0, 0, 0, 0) = 1;
    OtoTensor *x = oto_add(golden_numbers_of(6, 1, 1, 3, 9), -INFINITY), *zeros = oto_zeros(1, 1, 3, 9);
    oto_evaluating(net) assert_same(oto_apply(net, x), zeros);
}

/* Batch norm and its activation in training: values, gradients and running averages. */
static void batch_norm_with_an_activation_trains_as_its_parts_do(void **state) {
    OtoLayer *activations[] = {oto_nn_relu(), oto_nn_leaky_relu(0.3)};
    for (int i = 0; i < 2; i++) {
        OtoLayer *net = oto_sequential(oto_nn_batch_norm2d(3), activations[i]);
        OtoTensor *x = golden_numbers_of(7, 4, 3, 5, 9), *g = golden_numbers_of(8, 4, 3, 5, 9);
        learn(net, x);
        OtoTensor *mean = oto_layer_tensor(net, "0.running_mean"), *before = oto_copy(mean);
        OtoTensor *x1 = oto_parameter(x), *x2 = oto_parameter(x), *y1 = oto_apply(net, x1), *after = oto_copy(mean);
        memcpy(mean->data, before->data, (size_t)mean->size * sizeof(float));
        OtoTensor *y2 = part_by_part(net, x2);
        assert_same(y1, y2);
        assert_same(mean, after);
        oto_backward(oto_sum_all(oto_mul(y1, g)));
        OtoTensor *dw = oto_gradient(oto_layer_tensor(net, "0.weight"));
        oto_zero_gradient(oto_layer_tensor(net, "0.weight"));
        oto_zero_gradient(oto_layer_tensor(net, "0.bias"));
        oto_backward(oto_sum_all(oto_mul(y2, g)));
        assert_same(oto_gradient(oto_layer_tensor(net, "0.weight")), dw);
        assert_same(oto_gradient(x1), oto_gradient(x2));
    }
}

static void count_part(OtoLayer *layer, OtoTensor *x, OtoTensor *y, void *context) {
    ++*(int *)context;
}

static void who_watches_sees_each_part(void **state) {
    OtoLayer *net = oto_sequential(oto_nn_conv2d(1, 2, 3), oto_nn_batch_norm2d(2), oto_nn_relu(), oto_nn_max_pool2d(2));
    int seen = 0;
    OtoLayerWatch *before = oto_watch_layers(count_part, &seen);
    oto_evaluating(net) oto_apply(net, golden_numbers_of(9, 1, 1, 8, 8));
    oto_watch_layers(before, NULL);
    assert_int_equal(seen, 5);
}

static void a_refusal_names_the_part_that_it_came_from(void **state) {
    OtoLayer *net = oto_sequential(oto_nn_conv2d(1, 2, 3), oto_nn_batch_norm2d(3), oto_nn_relu());
    oto_evaluating(net) {
        assert_refused(oto_apply(net, oto_zeros(1, 2, 8, 8)), "net.0 (conv2d): oto_conv2d: x is (1, 2, 8, 8)");
        assert_refused(oto_apply(net, oto_zeros(1, 1, 8, 8)), "net.1 (batch_norm2d): oto_batch_norm: ");
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_convolution_with_all_that_follows_is_its_parts),
        cmocka_unit_test(windows_of_one_row_or_three_and_groups_are_their_parts),
        cmocka_unit_test(convolutions_along_time_are_their_parts),
        cmocka_unit_test(a_pool_of_other_windows_goes_alone),
        cmocka_unit_test(one_thread_and_two_give_the_same_bits),
        cmocka_unit_test(relu_makes_minus_infinity_0),
        cmocka_unit_test(batch_norm_with_an_activation_trains_as_its_parts_do),
        cmocka_unit_test(who_watches_sees_each_part),
        cmocka_unit_test(a_refusal_names_the_part_that_it_came_from),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
