/* Activations as PyTorch computes them, with first and second derivatives. */
#include "golden.h"
#include "refusal.h"

#include "lib/nn/activations.h"
#include "lib/tensor/arithmetic.h"
#include "lib/tensor/graph.h"

static const char topic[] = "nn_activations";

static OtoTensor *input(void) {
    return oto_parameter(oto_mul(golden_numbers_of(1, 2, 3, 37), 8));
}

/* y, the gradients of sum y v, and those of the squares of its gradient to x. */
static void check(const char *function, const char *name, OtoTensor *x, OtoTensor *w, OtoTensor *y) {
    char called[200];
    OtoTensor *wanted[] = {x, w};
    assert_agrees(topic, function, name, y, 1e-6);
    OtoTensor *loss = oto_sum_all(oto_mul(y, golden_fill(oto_like(y, OTO_FLOAT32, NULL), 2)));
    OtoTensor *gradient = oto_grad(loss, x, .again = true), *penalty = oto_sum_all(oto_mul(gradient, gradient));
    for (int i = 0; i < 2 && wanted[i]; i++) {
        snprintf(called, sizeof called, "%s: d/d%c", name, "xw"[i]);
        assert_agrees(topic, function, called, oto_grad(loss, wanted[i]), 2e-6);
        snprintf(called, sizeof called, "%s: d/d%c of |d/dx|^2", name, "xw"[i]);
        assert_agrees(topic, function, called, oto_grad(penalty, wanted[i]), 5e-6);
    }
}

#define CHECK(function, name, ...)                                                                                     \
    oto_scope {                                                                                                        \
        OtoTensor *x = input();                                                                                        \
        check(#function, name, x, NULL, function(x __VA_OPT__(, ) __VA_ARGS__));                                       \
    }

static void activations_agree_with_pytorch(void **state) {
    CHECK(oto_relu, "default");
    CHECK(oto_sigmoid, "default");
    CHECK(oto_tanh, "default");
    CHECK(oto_silu, "default");
    CHECK(oto_leaky_relu, "default");
    CHECK(oto_leaky_relu, "slope 0.2", .slope = 0.2);
    CHECK(oto_elu, "default");
    CHECK(oto_elu, "alpha 0.5", .alpha = 0.5);
    CHECK(oto_gelu, "default");
    CHECK(oto_gelu, "approximate", .approximate = true);
    CHECK(oto_softplus, "default");
    CHECK(oto_softplus, "beta 3, threshold 4", .beta = 3, .threshold = 4);
    CHECK(oto_hardtanh, "default");
    CHECK(oto_hardtanh, "0 to 6", .lowest = 0, .highest = 6);
}

static void softmax_agrees_with_pytorch(void **state) {
    CHECK(oto_softmax, "last axis", -1);
    CHECK(oto_softmax, "axis 1", 1);
    CHECK(oto_softmax, "axis 0", 0);
    CHECK(oto_log_softmax, "last axis", -1);
    CHECK(oto_log_softmax, "axis 1", 1);
}

static void prelu_agrees_with_pytorch(void **state) {
    oto_scope {
        OtoTensor *x = input(), *w = oto_parameter(golden_numbers_of(3, 1));
        check("oto_prelu", "one weight", x, w, oto_prelu(x, w));
    }
    oto_scope {
        OtoTensor *x = input(), *w = oto_parameter(golden_numbers_of(3, 3));
        check("oto_prelu", "a weight a channel", x, w, oto_prelu(x, w));
    }
}

/* Close to 0 the results are small, and are still right in their own size. */
static void small_values_keep_their_digits(void **state) {
    OtoTensor *x = oto_tensor(1e-4, -1e-6, 0.3);
    for (int i = 0; i < 3; i++) {
        double v = oto_at(x, i);
        assert_float_equal(oto_at(oto_tanh(x), i), tanh(v), 2e-7 * fabs(v));
        assert_float_equal(oto_at(oto_silu(x), i), v / (1 + exp(-v)), 2e-7 * fabs(v));
    }
    assert_float_equal(oto_item(oto_softplus(oto_tensor(-18))), log1p(exp(-18)), 5e-14);
}

static void large_values_do_not_overflow(void **state) {
    OtoTensor *x = oto_parameter(oto_tensor(-1000, -100, 100, 1000));
    OtoTensor *results[] = {oto_sigmoid(x),  oto_tanh(x), oto_silu(x),       oto_gelu(x),
                            oto_softplus(x), oto_elu(x),  oto_softmax(x, 0), oto_log_softmax(x, 0)};
    for (size_t i = 0; i < sizeof results / sizeof *results; i++) {
        OtoTensor *gradient = oto_grad(oto_sum_all(results[i]), x);
        for (int k = 0; k < 4; k++) {
            assert_true(isfinite(oto_at(results[i], k)));
            assert_true(isfinite(oto_at(gradient, k)));
        }
    }
}

static void a_nan_stays_one(void **state) {
    OtoTensor *x = oto_tensor(NAN);
    OtoTensor *results[] = {oto_relu(x), oto_sigmoid(x), oto_tanh(x),     oto_silu(x),     oto_leaky_relu(x),
                            oto_elu(x),  oto_gelu(x),    oto_softplus(x), oto_hardtanh(x), oto_softmax(x, 0)};
    for (size_t i = 0; i < sizeof results / sizeof *results; i++) assert_true(isnan(oto_item(results[i])));
}

static void softmax_of_nothing_is_nothing(void **state) {
    assert_int_equal(oto_softmax(oto_zeros(0, 3), 1)->size, 0);
    assert_int_equal(oto_softmax(oto_zeros(3, 0), 1)->size, 0);
}

static void a_third_derivative_is_refused(void **state) {
    OtoTensor *x = oto_parameter(oto_tensor(1, 2)), *first = oto_grad(oto_sum_all(oto_tanh(x)), x, .again = true),
              *second = oto_grad(oto_sum_all(first), x, .again = true);
    assert_refused(oto_grad(oto_sum_all(second), x, .again = true), "cannot be differentiated again");
}

static void wrong_arguments_are_refused(void **state) {
    OtoTensor *x = oto_zeros(2, 3);
    assert_refused(oto_relu(NULL), "oto_relu: x is NULL");
    assert_refused(oto_leaky_relu(x, .slope = -1), "slope");
    assert_refused(oto_softplus(x, .beta = 0), "beta is 0");
    assert_refused(oto_hardtanh(x, .lowest = 2), "lowest must be below highest");
    assert_refused(oto_prelu(x, oto_zeros(2)), "w is (2), but x is (2, 3)");
    assert_refused(oto_softmax(x, 2), "oto_softmax");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(activations_agree_with_pytorch), cmocka_unit_test(softmax_agrees_with_pytorch),
        cmocka_unit_test(prelu_agrees_with_pytorch),      cmocka_unit_test(small_values_keep_their_digits),
        cmocka_unit_test(large_values_do_not_overflow),   cmocka_unit_test(a_nan_stays_one),
        cmocka_unit_test(softmax_of_nothing_is_nothing),  cmocka_unit_test(a_third_derivative_is_refused),
        cmocka_unit_test(wrong_arguments_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
