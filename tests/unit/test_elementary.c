#include "lib/tensor/elementary.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* The largest relative error between lowest and highest. */
static double largest_error(float (*fast)(float), double (*exact)(double), float lowest, float highest) {
    double largest = 0;
    for (int i = 0; i <= 200000; i++) {
        float x = lowest + (highest - lowest) * ((float)i / 200000);
        double y = exact(x);
        if (y != 0) largest = fmax(largest, fabs(fast(x) - y) / fabs(y));
    }
    return largest;
}

static float fast_exp(float x) {
    return oto_fast_exp(x);
}
static float fast_sigmoid(float x) {
    return oto_fast_sigmoid(x);
}
static float fast_tanh(float x) {
    return oto_fast_tanh(x);
}
static double sigmoid(double x) {
    return 1 / (1 + exp(-x));
}

static void errors_are_as_stated(void **state) {
    assert_true(largest_error(fast_exp, exp, -86, 88.5f) < 3e-7);
    assert_true(largest_error(fast_sigmoid, sigmoid, -86, 88) < 3e-7);
    assert_true(largest_error(fast_tanh, tanh, -20, 20) < 4e-7);
    assert_true(largest_error(fast_tanh, tanh, -1e-3f, 1e-3f) < 4e-7);
}

static void a_sine_is_right_at_the_first_turns_and_at_late_ones(void **state) {
    double largest = 0;
    for (int i = -200000; i <= 200000; i++) {
        double few = i / 65536.0, many = few + 0x1p48;
        largest = fmax(largest, fabs(oto_fast_sine(few) - sin(2 * M_PI * few)));
        largest = fmax(largest, fabs(oto_fast_sine(many) - sin(2 * M_PI * (many - floor(many)))));
    }
    assert_true(largest < 1e-9);
}

static void far_arguments_have_their_limits(void **state) {
    assert_true(oto_fast_exp(-INFINITY) == 0);
    assert_true(oto_fast_exp(INFINITY) == INFINITY);
    assert_true(oto_fast_sigmoid(-INFINITY) == 0);
    assert_true(oto_fast_sigmoid(INFINITY) == 1);
    assert_float_equal(oto_fast_tanh(INFINITY), 1, 1e-6);
    assert_float_equal(oto_fast_tanh(-INFINITY), -1, 1e-6);
}

static void nan_stays_nan(void **state) {
    assert_true(isnan(oto_fast_exp(NAN)));
    assert_true(isnan(oto_fast_sigmoid(NAN)));
    assert_true(isnan(oto_fast_tanh(NAN)));
    assert_true(isnan(oto_fast_sine(NAN)));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(errors_are_as_stated),
        cmocka_unit_test(a_sine_is_right_at_the_first_turns_and_at_late_ones),
        cmocka_unit_test(far_arguments_have_their_limits),
        cmocka_unit_test(nan_stays_nan),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
