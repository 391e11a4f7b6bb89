/* First values of parameters: their spread, and what else torch.nn.init promises of them. */
#include "golden.h"
#include "refusal.h"

#include "lib/oto.h"

static double mean_of(OtoTensor *x) {
    double sum = 0;
    for (int64_t i = 0; i < x->size; i++) sum += (double)oto_data(x)[i];
    return sum / (double)x->size;
}
static double deviation_of(OtoTensor *x) {
    double sum = 0, mean = mean_of(x);
    for (int64_t i = 0; i < x->size; i++) sum += pow((double)oto_data(x)[i] - mean, 2);
    return sqrt(sum / (double)x->size);
}

/* Of 40,000 numbers: the mean within 5 standard errors, the deviation within 3 %. */
static void assert_spread(OtoTensor *x, double mean, double deviation) {
    assert_float_equal(mean_of(x), mean, 5 * deviation / sqrt((double)x->size));
    assert_float_equal(deviation_of(x), deviation, 0.03 * deviation);
}
static void assert_within(OtoTensor *x, double low, double high) {
    assert_true(oto_minimum(x) >= low && oto_maximum(x) <= high);
}
static double share_within_one_deviation(OtoTensor *x) {
    int64_t count = 0;
    double deviation = deviation_of(x);
    for (int64_t i = 0; i < x->size; i++) count += fabs((double)oto_data(x)[i]) < deviation;
    return (double)count / (double)x->size;
}
static const double SHARE_UNIFORM = 0.5774, SHARE_NORMAL = 0.6827;

static void uniform_and_normal_have_their_spread(void **state) {
    OtoTensor *x = oto_zeros(200, 200);
    assert_spread(oto_init_uniform(x), 0.5, sqrt(1 / 12.0));
    assert_spread(oto_init_uniform(x, .low = -3, .high = 1), -1, 4 / sqrt(12));
    assert_within(x, -3, 1);
    assert_spread(oto_init_normal(x, .mean = 2, .std = 0.1), 2, 0.1);
    assert_float_equal(mean_of(oto_init_constant(x, 0.25)), 0.25, 0);
}

static void a_truncated_normal_ends_at_its_bounds(void **state) {
    OtoTensor *x = oto_init_truncated_normal(oto_zeros(200, 200));
    assert_within(x, -2, 2);
    assert_spread(x, 0, 0.8796); /* of a normal cut off at two deviations */
    assert_refused(oto_init_truncated_normal(x, .low = 50, .high = 60), "both near the mean 0");
}

static void xavier_counts_inputs_and_outputs(void **state) {
    OtoTensor *x = oto_zeros(100, 400), *kernels = oto_zeros(40, 20, 5, 10);
    assert_spread(oto_init_xavier_uniform(x), 0, sqrt(2.0 / 500));
    assert_within(x, -sqrt(6.0 / 500), sqrt(6.0 / 500));
    assert_float_equal(share_within_one_deviation(x), SHARE_UNIFORM, 0.02);
    assert_spread(oto_init_xavier_normal(kernels, .gain = 2), 0, 2 * sqrt(2.0 / (50 * 60)));
    assert_float_equal(share_within_one_deviation(kernels), SHARE_NORMAL, 0.02);
}

static void kaiming_counts_one_of_them_and_knows_the_nonlinearity(void **state) {
    OtoTensor *x = oto_zeros(100, 400);
    assert_spread(oto_init_kaiming_normal(x), 0, sqrt(2.0 / 400));
    assert_spread(oto_init_kaiming_normal(x, .fan_out = true, .nonlinearity = "tanh"), 0, 5 / 3.0 / sqrt(100));
    assert_spread(oto_init_kaiming_uniform(x, .a = sqrt(5)), 0, sqrt(1 / 3.0 / 400));
    assert_within(x, -1 / sqrt(400), 1 / sqrt(400));
}

static void the_gains_are_those_of_pytorch(void **state) {
    assert_float_equal(oto_init_gain("linear", 0), 1, 0);
    assert_float_equal(oto_init_gain("sigmoid", 0), 1, 0);
    assert_float_equal(oto_init_gain("tanh", 0), 5 / 3.0, 1e-15);
    assert_float_equal(oto_init_gain("relu", 0), sqrt(2), 1e-15);
    assert_float_equal(oto_init_gain("leaky_relu", 0.01), sqrt(2 / 1.0001), 1e-15);
    assert_float_equal(oto_init_gain("selu", 0), 0.75, 0);
    assert_refused(oto_init_gain("swish", 0), "nonlinearity is \"swish\"; it is one of linear, sigmoid");
}

/* rows times their transposes: gain^2 where they meet themselves, else 0 */
static void assert_orthogonal(OtoTensor *rows, double gain) {
    for (int64_t i = 0; i < rows->rows; i++)
        for (int64_t j = 0; j < rows->rows; j++) {
            double sum = 0;
            for (int64_t k = 0; k < rows->cols; k++) sum += (double)oto_at(rows, i, k) * (double)oto_at(rows, j, k);
            assert_float_equal(sum, i == j ? gain * gain : 0, 1e-5);
        }
}
static void orthogonal_rows_or_columns_are_so(void **state) {
    OtoTensor *wide = oto_init_orthogonal(oto_zeros(20, 5, 10), .gain = 2);
    assert_orthogonal(oto_reshape(wide, 20, 50), 2);
    assert_orthogonal(oto_transpose(oto_init_orthogonal(oto_zeros(50, 20))), 1);
}

static void a_sparse_matrix_has_as_many_zeros_in_each_column(void **state) {
    OtoTensor *x = oto_init_sparse(oto_zeros(50, 60), 0.11, .std = 3);
    for (int c = 0; c < 60; c++) {
        int zeros = 0;
        for (int r = 0; r < 50; r++) zeros += oto_at(x, r, c) == 0;
        assert_int_equal(zeros, 6);
    }
    assert_float_equal(deviation_of(x), 3 * sqrt(0.88), 0.15);
}

static void the_seed_decides(void **state) {
    oto_seed(4);
    OtoTensor *a = oto_init_orthogonal(oto_zeros(5, 6));
    oto_seed(4);
    OtoTensor *b = oto_init_orthogonal(oto_zeros(5, 6));
    assert_memory_equal(a->data, b->data, 30 * sizeof(float));
}

static void a_layer_takes_other_values_and_a_loss_before_them_has_no_gradient_any_more(void **state) {
    OtoLayer *layer = oto_nn_linear(6, 4);
    OtoTensor *w = oto_layer_tensor(layer, "weight"), *x = oto_parameter(golden_numbers_of(1, 2, 6));
    OtoTensor *loss = oto_sum_all(oto_apply(layer, x));
    assert_ptr_equal(oto_init_xavier_normal(w), w);
    assert_true(oto_wants_gradient(w));
    assert_refused(oto_backward(loss), "changed");
}

static void a_bias_has_no_fan(void **state) {
    assert_refused(oto_init_kaiming_normal(oto_zeros(5)), "x is (5), but must be a weight (out, in, ...)");
    assert_refused(oto_init_sparse(oto_zeros(5), 0.5), "must be a matrix");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(uniform_and_normal_have_their_spread),
        cmocka_unit_test(a_truncated_normal_ends_at_its_bounds),
        cmocka_unit_test(xavier_counts_inputs_and_outputs),
        cmocka_unit_test(kaiming_counts_one_of_them_and_knows_the_nonlinearity),
        cmocka_unit_test(the_gains_are_those_of_pytorch),
        cmocka_unit_test(orthogonal_rows_or_columns_are_so),
        cmocka_unit_test(a_sparse_matrix_has_as_many_zeros_in_each_column),
        cmocka_unit_test(the_seed_decides),
        cmocka_unit_test(a_layer_takes_other_values_and_a_loss_before_them_has_no_gradient_any_more),
        cmocka_unit_test(a_bias_has_no_fan),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
