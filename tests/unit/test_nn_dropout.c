/* Dropout: what it sets to 0, how often, and when. */
#include "golden.h"
#include "refusal.h"

#include "lib/oto.h"

static OtoTensor *ones(long long rows, long long cols) {
    return oto_add(oto_zeros(rows, cols), 1);
}

static int64_t zeros_in(OtoTensor *x) {
    int64_t count = 0;
    for (int64_t i = 0; i < x->size; i++) count += oto_data(x)[i] == 0;
    return count;
}

static void assert_same(OtoTensor *a, OtoTensor *b) {
    assert_int_equal(a->size, b->size);
    assert_memory_equal(a->data, b->data, (size_t)a->size * sizeof(float));
}

/* Of 100,000 drawings with probability p: within five standard deviations. */
static void assert_share(int64_t count, double p) {
    assert_float_equal((double)count / 1e5, p, 5 * sqrt(p * (1 - p) / 1e5));
}

static void a_share_p_is_dropped_and_the_rest_grows(void **state) {
    for (double p = 0.1; p < 0.95; p += 0.2) oto_scope {
            OtoTensor *y = oto_dropout(ones(100, 1000), .p = p);
            assert_share(zeros_in(y), p);
            for (int64_t i = 0; i < y->size; i++)
                if (oto_data(y)[i] != 0) assert_float_equal(oto_data(y)[i], 1 / (1 - p), 1e-6);
        }
    assert_int_equal(zeros_in(oto_dropout(ones(10, 10), .p = 1)), 100);
    assert_int_equal(zeros_in(oto_dropout(ones(10, 10), .p = 0)), 0);
}

/* How many numbers are dropped in both: at the same place of a and b, or (b NULL) at a place and `lag` places on. */
static int64_t both_dropped(OtoTensor *a, OtoTensor *b, int64_t lag) {
    int64_t count = 0;
    const float *x = oto_data(a), *y = oto_data(b);
    for (int64_t i = 0; i < a->size; i++) count += x[i] == 0 && y[(i + lag) % a->size] == 0;
    return count;
}

static void places_and_calls_do_not_depend_on_one_another(void **state) {
    OtoTensor *a = oto_dropout(ones(100, 1000), .p = 0.4), *b = oto_dropout(ones(100, 1000), .p = 0.4);
    assert_share(both_dropped(a, b, 0), 0.16);
    for (int64_t lag = 1; lag < 2000; lag *= 2) assert_share(both_dropped(a, a, lag), 0.16);
}

static void the_seed_decides_and_the_threads_do_not(void **state) {
    OtoTensor *x = golden_numbers_of(1, 300, 400);
    oto_seed(7);
    int before = oto_set_threads(1);
    OtoTensor *one = oto_dropout(x);
    oto_seed(7);
    oto_set_threads(2);
    assert_same(one, oto_dropout(x));
    oto_set_threads(before);
}

static void gradients_go_where_numbers_have_come_through(void **state) {
    OtoTensor *x = oto_parameter(golden_numbers_of(1, 30, 40)), *y = oto_dropout(x, .p = 0.3);
    oto_backward(oto_sum_all(oto_mul(y, y)));
    OtoTensor *g = oto_gradient(x);
    for (int64_t i = 0; i < x->size; i++) assert_float_equal(oto_data(g)[i], 2 / 0.7 * (double)oto_data(y)[i], 1e-5);
}

static OtoTensor *dropped_alike(OtoTensor *x) {
    oto_seed(3);
    return oto_dropout(oto_mul(x, x), .p = 0.4);
}
static void second_gradients_are_those_of_the_definition(void **state) {
    assert_true(oto_gradcheck_again(dropped_alike, golden_numbers_of(1, 3, 5)).passed);
}

static void whole_channels_are_dropped(void **state) {
    OtoTensor *y = oto_dropout2d(oto_add(oto_zeros(40, 50, 3, 4), 1), .p = 0.25);
    int64_t dropped = 0;
    for (int64_t c = 0; c < 40 * 50; c++) {
        float first = oto_data(y)[c * 12];
        for (int i = 1; i < 12; i++) assert_float_equal(oto_data(y)[c * 12 + i], first, 0);
        dropped += first == 0;
    }
    assert_float_equal((double)dropped / 2000, 0.25, 5 * sqrt(0.25 * 0.75 / 2000));
    assert_int_equal(oto_dropout1d(oto_zeros(2, 3, 4))->rank, 3);
}

static void a_layer_acts_in_training_only(void **state) {
    OtoLayer *net = oto_sequential(oto_nn_dropout(0.5));
    OtoTensor *x = ones(10, 10);
    assert_true(zeros_in(oto_apply(net, x)) > 0);
    oto_evaluating(net) assert_same(oto_apply(net, x), x);
    assert_true(zeros_in(oto_apply(net, x)) > 0);
    oto_evaluate(net);
    assert_same(oto_apply(net, x), x);
}

typedef struct {
    OtoLayer *linear;
} Own;
static OtoTensor *own_forward(OtoLayer *l, OtoTensor *x) {
    return oto_dropout(oto_apply(oto_self(l, Own)->linear, x));
}
static void the_operation_follows_the_mode_of_the_layer_that_calls_it(void **state) {
    OtoLayer *own = oto_layer(Own, own_forward, .linear = oto_nn_linear(8, 64));
    OtoTensor *x = golden_numbers_of(1, 4, 8);
    assert_true(zeros_in(oto_apply(own, x)) > 0);
    oto_evaluate(own);
    assert_int_equal(zeros_in(oto_apply(own, x)), 0);
    assert_true(zeros_in(oto_dropout(ones(10, 10))) > 0); /* outside any layer */
}

static void a_probability_outside_0_to_1_is_refused(void **state) {
    assert_refused(oto_nn_dropout(1.5), "oto_nn_dropout: p is 1.5, but must lie within [0, 1]");
    assert_refused(oto_dropout(ones(2, 2), .p = -0.1), "oto_dropout: p is -0.1");
    assert_refused(oto_dropout2d(ones(2, 2)),
                   "oto_dropout2d: x is (2, 2), but must be (batch, channels, height, width)");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_share_p_is_dropped_and_the_rest_grows),
        cmocka_unit_test(places_and_calls_do_not_depend_on_one_another),
        cmocka_unit_test(the_seed_decides_and_the_threads_do_not),
        cmocka_unit_test(gradients_go_where_numbers_have_come_through),
        cmocka_unit_test(second_gradients_are_those_of_the_definition),
        cmocka_unit_test(whole_channels_are_dropped),
        cmocka_unit_test(a_layer_acts_in_training_only),
        cmocka_unit_test(the_operation_follows_the_mode_of_the_layer_that_calls_it),
        cmocka_unit_test(a_probability_outside_0_to_1_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
