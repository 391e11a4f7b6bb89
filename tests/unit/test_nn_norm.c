/* Norms and pooling as PyTorch computes them, with their gradients, and what they refuse. */
#include "golden.h"
#include "refusal.h"

#include "lib/nn/batch_norm.h"
#include "lib/nn/norm.h"
#include "lib/nn/pooling.h"
#include "lib/tensor/arithmetic.h"
#include "lib/tensor/graph.h"
#include "lib/tensor/parallel.h"

static const char topic[] = "nn_norm";

/* y, the gradients of sum y^2 v, and, where twice, those of the squares of its gradient to x. */
static void check(const char *function, const char *name, OtoTensor *wanted[3], OtoTensor *y, bool twice) {
    char called[200];
    assert_agrees(topic, function, name, y, 2e-6);
    OtoTensor *v = golden_fill(oto_like(y, OTO_FLOAT32, NULL), 4), *loss = oto_sum_all(oto_mul(oto_mul(y, y), v));
    for (int i = 0; i < 3 && wanted[i]; i++) {
        snprintf(called, sizeof called, "%s: d/d%c", name, "xwb"[i]);
        assert_agrees(topic, function, called, oto_grad(loss, wanted[i]), 5e-6);
    }
    if (!twice) return;
    OtoTensor *gradient = oto_grad(loss, wanted[0], .again = true);
    OtoTensor *penalty = oto_sum_all(oto_mul(gradient, gradient));
    for (int i = 0; i < 3; i++) {
        snprintf(called, sizeof called, "%s: d/d%c of |d/dx|^2", name, "xwb"[i]);
        assert_agrees(topic, function, called, oto_grad(penalty, wanted[i]), 2e-5);
    }
}

#define NORM_INPUTS(x_shape, w_shape)                                                                                  \
    OtoTensor *x = oto_parameter(golden_fill(oto_zeros x_shape, 1)),                                                   \
              *w = oto_parameter(golden_fill(oto_zeros w_shape, 2)),                                                   \
              *b = oto_parameter(golden_fill(oto_zeros w_shape, 3)), *wanted[] = {x, w, b}

#define CHECK_BATCH_NORM(name, x_shape, ...)                                                                           \
    oto_scope {                                                                                                        \
        NORM_INPUTS(x_shape, (4));                                                                                     \
        OtoTensor *mean = golden_numbers_of(5, 4), *variance = oto_add(golden_numbers_of(6, 4), 2);                    \
        check("oto_batch_norm", name, wanted, oto_batch_norm(x, mean, variance, w, b, __VA_ARGS__), false);            \
        assert_agrees(topic, "oto_batch_norm", name ": running mean", mean, 1e-6);                                     \
        assert_agrees(topic, "oto_batch_norm", name ": running variance", variance, 1e-6);                             \
    }

static void batch_norm_agrees_with_pytorch(void **state) {
    CHECK_BATCH_NORM("training", (3, 4, 5, 7), .training = true);
    CHECK_BATCH_NORM("evaluation", (3, 4, 5, 7), .training = false);
    CHECK_BATCH_NORM("training, features", (6, 4), .training = true);
    CHECK_BATCH_NORM("leaky relu", (2, 4, 50), .training = true, .slope = 0.2);
}

static void norms_of_examples_agree_with_pytorch(void **state) {
    oto_scope {
        NORM_INPUTS((3, 5, 23), (23));
        check("oto_layer_norm", "features", wanted, oto_layer_norm(x, w, b), true);
    }
    oto_scope {
        NORM_INPUTS((3, 5, 7), (5, 7));
        check("oto_layer_norm", "two axes", wanted, oto_layer_norm(x, w, b), true);
    }
    oto_scope {
        NORM_INPUTS((3, 6, 5, 4), (6));
        check("oto_group_norm", "2 groups", wanted, oto_group_norm(x, 2, w, b), true);
    }
    oto_scope {
        NORM_INPUTS((2, 3, 5, 6), (3));
        check("oto_instance_norm", "height, width", wanted, oto_instance_norm(x, w, b), true);
    }
    oto_scope {
        NORM_INPUTS((2, 3, 19), (3));
        check("oto_instance_norm", "time", wanted, oto_instance_norm(x, w, b), true);
    }
}

#define CHECK_POOL(function, name, x_shape, ...)                                                                       \
    oto_scope {                                                                                                        \
        OtoTensor *x = oto_parameter(golden_fill(oto_zeros x_shape, 1)), *wanted[3] = {x};                             \
        check(#function, name, wanted, function(x, __VA_ARGS__), false);                                               \
    }

static void pooling_agrees_with_pytorch(void **state) {
    CHECK_POOL(oto_max_pool2d, "2", (2, 3, 8, 11), 2);
    CHECK_POOL(oto_max_pool2d, "1 by 2", (2, 3, 5, 9), 2, .kernels = {1, 2});
    CHECK_POOL(oto_max_pool2d, "3, stride 2, padding 1", (2, 2, 7, 9), 3, .stride = 2, .padding = 1);
    CHECK_POOL(oto_max_pool1d, "3", (2, 3, 10), 3);
    CHECK_POOL(oto_avg_pool2d, "3, stride 2, padding 1", (2, 2, 7, 9), 3, .stride = 2, .padding = 1);
    CHECK_POOL(oto_avg_pool1d, "4", (2, 2, 13), 4);
    CHECK_POOL(oto_adaptive_avg_pool2d, "1 by 1", (2, 3, 5, 7), 1, 1);
    CHECK_POOL(oto_adaptive_avg_pool2d, "3 by 4", (2, 2, 7, 6), 3, 4);
    CHECK_POOL(oto_adaptive_avg_pool1d, "5", (2, 2, 12), 5);
    oto_scope {
        OtoTensor *x = oto_parameter(golden_numbers_of(1, 2, 2, 6, 7)), *wanted[3] = {x}, *indices = NULL;
        OtoTensor *pooled = oto_max_pool2d(x, 2, .indices = &indices);
        check("oto_max_unpool2d", "2", wanted, oto_max_unpool2d(pooled, indices, 6, 7), false);
    }
}

static void the_threads_do_not_show(void **state) {
    OtoTensor *results[2][2];
    for (int threads = 1; threads <= 2; threads++) {
        int before = oto_set_threads(threads);
        OtoTensor *x = oto_parameter(golden_numbers_of(1, 5, 8, 60, 61)), *w = oto_parameter(golden_numbers_of(2, 8)),
                  *b = oto_parameter(golden_numbers_of(3, 8));
        OtoTensor *y = oto_group_norm(oto_batch_norm(x, NULL, NULL, w, b, .training = true), 2, w, b);
        OtoTensor *loss = oto_sum_all(oto_mul(oto_max_pool2d(y, 2), 3));
        results[threads - 1][0] = oto_grad(loss, x);
        results[threads - 1][1] = oto_grad(loss, w);
        oto_set_threads(before);
    }
    for (int i = 0; i < 2; i++)
        assert_memory_equal(results[0][i]->data, results[1][i]->data, (size_t)results[0][i]->size * sizeof(float));
}

static void wrong_shapes_are_refused(void **state) {
    OtoTensor *x = oto_zeros(2, 3, 8, 8), *three = oto_zeros(3), *four = oto_zeros(4);
    assert_refused(oto_batch_norm(NULL, three, three, three, three), "x is NULL");
    assert_refused(oto_batch_norm(x, three, three, four, three), "w is (4), but x is (2, 3, 8, 8), with 3 channels");
    assert_refused(oto_batch_norm(oto_zeros(1, 3), NULL, NULL, three, three, .training = true),
                   "take a batch of two or more");
    assert_refused(oto_batch_norm(x, NULL, NULL, three, three), "in evaluation the running mean");
    assert_refused(oto_layer_norm(x, three, three), "must have the lengths of x's last axes");
    assert_refused(oto_group_norm(x, 2, three, three), "2 groups do not divide the 3 channels");
    assert_refused(oto_instance_norm(oto_zeros(2, 3), three, three), "must be (batch, channels, time)");
    assert_refused(oto_max_pool2d(oto_zeros(3, 8, 8), 2), "must be (batch, channels, height, width)");
    assert_refused(oto_max_pool2d(x, 9), "a window of 9 along height is longer than x (2, 3, 8, 8)");
    assert_refused(oto_max_pool2d(x, 2, .padding = 2), "padding");
    assert_refused(oto_max_unpool2d(x, x, 16, 16), "must be int64 (2, 3, 8, 8)");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(batch_norm_agrees_with_pytorch), cmocka_unit_test(norms_of_examples_agree_with_pytorch),
        cmocka_unit_test(pooling_agrees_with_pytorch),    cmocka_unit_test(the_threads_do_not_show),
        cmocka_unit_test(wrong_shapes_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
