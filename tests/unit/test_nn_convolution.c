/* Convolutions and linear layers as PyTorch computes them, with all gradients, and what they refuse. */
#include "golden.h"
#include "refusal.h"

#include "lib/nn/convolution.h"
#include "lib/nn/linear.h"
#include "lib/tensor/arithmetic.h"
#include "lib/tensor/graph.h"
#include "lib/tensor/parallel.h"

static const char topic[] = "nn_convolution";

/* The inputs of a case of make_nn_convolution.py; y comes from them by a function of these three. */
struct inputs {
    OtoTensor *x, *w, *b;
};

static struct inputs inputs_of(OtoTensor *x, OtoTensor *w, int64_t bias) {
    return (struct inputs){.x = oto_parameter(golden_fill(x, 1)),
                           .w = oto_parameter(golden_fill(w, 2)),
                           .b = bias ? oto_parameter(golden_numbers_of(3, bias)) : NULL};
}

/* y, the gradients of sum y^2 v, and the gradients of the squares of its gradient to x. */
static void check(const char *function, const char *name, struct inputs in, OtoTensor *y) {
    char called[200];
    OtoTensor *wanted[] = {in.x, in.w, in.b};
    assert_agrees(topic, function, name, y, 2e-6);
    OtoTensor *v = golden_fill(oto_like(y, OTO_FLOAT32, NULL), 4), *loss = oto_sum_all(oto_mul(oto_mul(y, y), v));
    for (int i = 0; i < 3 && wanted[i]; i++) {
        snprintf(called, sizeof called, "%s: d/d%c", name, "xwb"[i]);
        assert_agrees(topic, function, called, oto_grad(loss, wanted[i]), 3e-6);
    }
    OtoTensor *gradient = oto_grad(loss, in.x, .again = true), *penalty = oto_sum_all(oto_mul(gradient, gradient));
    for (int i = 0; i < 3 && wanted[i]; i++) {
        snprintf(called, sizeof called, "%s: d/d%c of |d/dx|^2", name, "xwb"[i]);
        assert_agrees(topic, function, called, oto_grad(penalty, wanted[i]), 5e-6);
    }
}

#define CHECK(function, name, x_shape, w_shape, bias, ...)                                                             \
    oto_scope {                                                                                                        \
        struct inputs in = inputs_of(oto_zeros x_shape, oto_zeros w_shape, bias);                                      \
        check(#function, name, in, function(in.x, in.w, in.b __VA_OPT__(, ) __VA_ARGS__));                             \
    }

static void convolutions_agree_with_pytorch(void **state) {
    CHECK(oto_conv1d, "3 over time", (2, 3, 17), (4, 3, 3), 4);
    CHECK(oto_conv1d, "stride 2, padding 3", (2, 3, 18), (5, 3, 7), 5, .stride = 2, .padding = 3);
    CHECK(oto_conv1d, "dilation 4, depthwise", (1, 6, 40), (6, 1, 3), 0, .dilation = 4, .padding = 4, .groups = 6);
    CHECK(oto_conv1d, "same, even kernel", (2, 2, 15), (3, 2, 4), 3, .same = true);
    CHECK(oto_conv2d, "3x3, padding 1", (2, 3, 9, 11), (5, 3, 3, 3), 5, .padding = 1);
    CHECK(oto_conv2d, "one channel", (2, 1, 8, 50), (4, 1, 3, 3), 4, .padding = 1);
    CHECK(oto_conv2d, "5x5, stride 2", (2, 3, 13, 16), (4, 3, 5, 5), 4, .stride = 2, .padding = 2);
    CHECK(oto_conv2d, "1x1", (2, 6, 5, 7), (3, 6, 1, 1), 3);
    CHECK(oto_conv2d, "groups, no bias", (2, 6, 8, 9), (4, 3, 3, 3), 0, .groups = 2);
    CHECK(oto_conv2d, "dilation 2", (1, 2, 12, 13), (3, 2, 3, 3), 3, .dilation = 2, .padding = 2);
    CHECK(oto_conv2d, "axes apart", (2, 2, 11, 19), (3, 2, 2, 5), 3, .strides = {2, 3}, .paddings = {0, 2},
          .dilations = {3, 1});
    CHECK(oto_conv2d, "same", (1, 2, 7, 10), (2, 2, 5, 2), 2, .same = true, .dilations = {1, 3});
}

static void transposed_convolutions_agree_with_pytorch(void **state) {
    CHECK(oto_conv_transpose1d, "stride 4", (2, 3, 9), (3, 4, 8), 4, .stride = 4, .padding = 2);
    CHECK(oto_conv_transpose1d, "stride above the kernel", (1, 2, 6), (2, 3, 2), 3, .stride = 3);
    CHECK(oto_conv_transpose2d, "5x5, stride 2", (2, 4, 6, 7), (4, 3, 5, 5), 3, .stride = 2, .padding = 2,
          .output_padding = 1);
    CHECK(oto_conv_transpose2d, "to one channel", (1, 5, 4, 8), (5, 1, 5, 5), 1, .stride = 2, .padding = 2,
          .output_padding = 1);
    CHECK(oto_conv_transpose2d, "groups, dilation", (2, 4, 5, 6), (4, 3, 3, 3), 0, .groups = 2, .dilation = 2,
          .padding = 1);
    CHECK(oto_conv_transpose2d, "stride 1", (2, 3, 8, 9), (3, 4, 3, 3), 4, .padding = 1);
}

static void linear_layers_agree_with_pytorch(void **state) {
    CHECK(oto_linear, "a batch", (5, 7), (3, 7), 3);
    CHECK(oto_linear, "three axes", (2, 4, 6), (5, 6), 5);
    CHECK(oto_linear, "no bias", (3, 40), (33, 40), 0);
}

/* Large enough for several tiles along every axis and several pieces of sums. */
static void the_threads_do_not_show(void **state) {
    OtoTensor *results[2][3];
    for (int threads = 1; threads <= 2; threads++) {
        int before = oto_set_threads(threads);
        OtoTensor *x = oto_parameter(golden_numbers_of(1, 3, 24, 65, 90)),
                  *w = oto_parameter(golden_numbers_of(2, 10, 24, 3, 3)), *y = oto_conv2d(x, w, NULL, .padding = 1);
        OtoTensor *loss = oto_sum_all(oto_mul(y, y));
        results[threads - 1][0] = y;
        results[threads - 1][1] = oto_grad(loss, x);
        results[threads - 1][2] = oto_grad(loss, w);
        oto_set_threads(before);
    }
    for (int i = 0; i < 3; i++)
        assert_memory_equal(results[0][i]->data, results[1][i]->data, (size_t)results[0][i]->size * sizeof(float));
}

static void an_empty_batch_gives_an_empty_batch(void **state) {
    OtoTensor *x = oto_zeros(0, 2, 5, 5), *w = oto_parameter(golden_numbers_of(2, 3, 2, 3, 3));
    OtoTensor *y = oto_conv2d(x, w, NULL);
    assert_int_equal(y->shape[0], 0);
    assert_int_equal(y->shape[2], 3);
    assert_float_equal(oto_sum(oto_grad(oto_sum_all(y), w)), 0, 0);
}

static void wrong_shapes_are_refused(void **state) {
    OtoTensor *x = oto_zeros(2, 3, 8, 8), *w = oto_zeros(4, 3, 3, 3), *sound = oto_zeros(3, 100);
    assert_refused(oto_conv2d(NULL, w, NULL), "x is NULL");
    assert_refused(oto_conv2d(x, NULL, NULL), "w is NULL");
    assert_refused(oto_conv2d(oto_zeros(3, 8, 8), w, NULL), "must be (batch, channels, height, width)");
    assert_refused(oto_conv1d(sound, oto_zeros(4, 3, 3), NULL), "must be (batch, channels, time)");
    assert_refused(oto_conv2d(x, oto_zeros(4, 3, 3), NULL), "must be (channels out, channels of x / groups");
    assert_refused(oto_conv2d(oto_zeros(3, 8, 9), w, NULL),
                   "oto_reshape(x, 3, 1, 8, 9) where each has one channel, oto_reshape(x, 1, 3, 8, 9) where it is a");
    assert_refused(oto_conv1d(oto_zeros(3, 8), oto_zeros(4, 3, 3), NULL), "oto_reshape(x, 3, 1, 8) where each");
    assert_refused(oto_conv2d(oto_zeros(2, 1, 8, 8), w, NULL), "has 1 channels, but w is (4, 3, 3, 3), made for 3");
    assert_refused(oto_conv2d(x, w, NULL, .groups = 2), "2 groups do not divide 3 channels");
    assert_refused(oto_conv2d(x, oto_zeros(4, 3, 9, 3), NULL), "reaches over 9 along height, but x (2, 3, 8, 8)");
    assert_refused(oto_conv2d(x, w, oto_zeros(3)), "b is (3), but w makes 4 channels");
    assert_refused(oto_conv2d(x, w, NULL, .stride = 0), "stride");
    assert_refused(oto_conv2d(x, w, NULL, .same = true, .stride = 2), "for stride 1");
    assert_refused(oto_conv_transpose2d(x, w, NULL), "has 3 channels, but w is (4, 3, 3, 3), made for 4");
    assert_refused(oto_conv_transpose2d(x, oto_zeros(3, 4, 3, 3), NULL, .stride = 2, .output_padding = 2),
                   "output_padding");
    assert_refused(oto_linear(oto_zeros(8, 41), oto_zeros(10, 40), NULL), "last axis has 41, but w is (10, 40)");
    assert_refused(oto_linear(oto_zeros(8, 40), oto_zeros(10, 40), oto_zeros(9)), "b is (9), but w makes 10");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(convolutions_agree_with_pytorch),
        cmocka_unit_test(transposed_convolutions_agree_with_pytorch),
        cmocka_unit_test(linear_layers_agree_with_pytorch),
        cmocka_unit_test(the_threads_do_not_show),
        cmocka_unit_test(an_empty_batch_gives_an_empty_batch),
        cmocka_unit_test(wrong_shapes_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
