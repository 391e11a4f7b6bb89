#include "lib/oto.h"
#include "refusal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static OtoTensor *weighted(OtoTensor *y) { /* a sum that tells the elements apart */
    oto_scope {
        OtoTensor *weights = oto_linspace(1, (double)y->size, y->size);
        long long shape[OTO_RANK_MAX];
        for (int i = 0; i < y->rank; i++) shape[i] = y->shape[i];
        return oto_keep(oto_sum_all(oto_mul(y, oto_reshape_to(weights, y->rank, shape))));
    }
    return NULL;
}

static void assert_numbers(OtoTensor *x, int count, const double expected[]) {
    assert_int_equal(x->size, count);
    for (int i = 0; i < count; i++) assert_float_equal(oto_data(x)[i], expected[i], 1e-5);
}
#define assert_holds(x, ...) assert_numbers(x, (int)OTO_COUNT(__VA_ARGS__), (const double[]){__VA_ARGS__})

static OtoTensor *matrix(void) {
    return oto_parameter(oto_reshape(oto_tensor(1, 2, 3, 4, 5, 6), 2, 3));
}

static void an_operand_that_repeats_gets_the_sum(void **state) {
    OtoTensor *x = matrix(), *row = oto_parameter(oto_tensor(1, 2, 3)), *number = oto_parameter(oto_tensor(2));
    oto_backward(weighted(oto_add(x, row)));
    assert_holds(oto_gradient(x), 1, 2, 3, 4, 5, 6);
    assert_holds(oto_gradient(row), 5, 7, 9);
    oto_backward(weighted(oto_mul(x, number)));
    assert_holds(oto_gradient(number), 1 + 4 + 9 + 16 + 25 + 36);
    OtoTensor *column = oto_parameter(oto_reshape(oto_tensor(2, 4), 2, 1));
    oto_backward(weighted(oto_sub(x, column)));
    assert_holds(oto_gradient(column), -6, -15);
    oto_zero_gradient(x);
    oto_backward(weighted(oto_div(x, column)));
    assert_holds(oto_gradient(x), 0.5, 1, 1.5, 1, 1.25, 1.5);
    assert_holds(oto_gradient(column), -6 - 14 / 4.0, -15 - 77 / 16.0);
}

static void numbers_shift_and_scale(void **state) {
    OtoTensor *x = matrix();
    oto_backward(weighted(oto_div(oto_mul(oto_sub(oto_add(x, 1), 2), 6), 2)));
    assert_holds(oto_gradient(x), 3, 6, 9, 12, 15, 18);
}

static void sums_and_means_go_back_to_every_element(void **state) {
    OtoTensor *x = oto_name_axis(oto_name_axis(matrix(), 0, "batch"), 1, "time");
    oto_backward(weighted(oto_sum_over(x, 0)));
    assert_holds(oto_gradient(x), 1, 2, 3, 1, 2, 3);
    oto_zero_gradient(x);
    oto_backward(weighted(oto_mean_over(x, "time", .keep = true)));
    assert_holds(oto_gradient(x), 1 / 3.0, 1 / 3.0, 1 / 3.0, 2 / 3.0, 2 / 3.0, 2 / 3.0);
    oto_zero_gradient(x);
    oto_backward(oto_mean_all(oto_mul(x, x)));
    assert_holds(oto_gradient(x), 1 / 3.0, 2 / 3.0, 1, 4 / 3.0, 5 / 3.0, 2);
    assert_string_equal(oto_gradient(x)->axes[1].name, "time");
}

static void parts_go_back_to_their_places(void **state) {
    OtoTensor *x = oto_name_axis(matrix(), 1, "time");
    oto_backward(weighted(oto_slice(x, "time", 1, OTO_END)));
    assert_holds(oto_gradient(x), 0, 1, 2, 0, 3, 4);
    oto_zero_gradient(x);
    oto_backward(weighted(oto_row(x, 1)));
    assert_holds(oto_gradient(x), 0, 0, 0, 1, 2, 3);
    oto_zero_gradient(x);
    oto_backward(weighted(oto_transpose(x)));
    assert_holds(oto_gradient(x), 1, 3, 5, 2, 4, 6);
    oto_zero_gradient(x);
    oto_backward(weighted(oto_reshape(oto_mul(x, 1), 3, -1)));
    assert_holds(oto_gradient(x), 1, 2, 3, 4, 5, 6);
}

static void what_was_put_together_is_taken_apart(void **state) {
    OtoTensor *x = matrix(), *y = matrix();
    oto_backward(weighted(oto_concatenate(x, y)));
    assert_holds(oto_gradient(x), 1, 2, 3, 7, 8, 9);
    assert_holds(oto_gradient(y), 4, 5, 6, 10, 11, 12);
    oto_zero_gradient(y);
    oto_backward(weighted(oto_cat(0, x, y)));
    assert_holds(oto_gradient(y), 7, 8, 9, 10, 11, 12);
    oto_zero_gradient(y);
    oto_backward(weighted(oto_stack(x, y)));
    assert_holds(oto_gradient(y), 7, 8, 9, 10, 11, 12);
}

static void products_have_second_derivatives(void **state) {
    OtoTensor *x = oto_parameter(oto_tensor(2, 3));
    OtoTensor *slope = oto_grad(oto_sum_all(oto_mul(oto_mul(x, x), x)), x, .again = true);
    assert_holds(slope, 12, 27);
    oto_backward(oto_sum_all(oto_mul(slope, slope))); /* d (3 x^2)^2 = 36 x^3 */
    assert_holds(oto_gradient(x), 288, 972);
    oto_zero_gradient(x);
    OtoTensor *ratio = oto_grad(oto_sum_all(oto_div(oto_tensor(6, 9), x)), x, .again = true); /* -c / x^2 */
    oto_backward(oto_sum_all(ratio));                                                         /* 2 c / x^3 */
    assert_holds(oto_gradient(x), 12 / 8.0, 18 / 27.0);
}

static void large_sums_are_exact_and_the_same_for_any_number_of_threads(void **state) {
    OtoTensor *x = oto_zeros(1 << 20);
    for (int64_t i = 0; i < x->size; i++) oto_data(x)[i] = (float)(i % 1000) * 0.1f;
    double sums[2], columns[2];
    for (int threads = 1; threads <= 2; threads++) {
        oto_set_threads(threads);
        sums[threads - 1] = oto_item(oto_sum_all(x));
        columns[threads - 1] = oto_data(oto_sum_over(oto_reshape(x, -1, 4), 0))[3];
    }
    oto_set_threads(0);
    assert_true(sums[0] == sums[1] && columns[0] == columns[1]);
    assert_float_equal(sums[0] / oto_sum(x), 1, 1e-6);
}

static void axes_that_are_not_there_are_refused(void **state) {
    OtoTensor *x = matrix();
    assert_refused(oto_sum_over(x, 2), "oto_sum_over: there is no axis 2 in (2, 3)");
    assert_refused(oto_mean_over(x, "time"), "no axis is called \"time\" in (2, 3)");
    assert_refused(oto_permute(x, 0, 0), "oto_permute: axis 0 comes twice");
    assert_refused(oto_cat(0, x, oto_zeros(2, 4)), "oto_cat: part 0 is (2, 3) and part 1 is (2, 4)");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_operand_that_repeats_gets_the_sum),
        cmocka_unit_test(numbers_shift_and_scale),
        cmocka_unit_test(sums_and_means_go_back_to_every_element),
        cmocka_unit_test(parts_go_back_to_their_places),
        cmocka_unit_test(what_was_put_together_is_taken_apart),
        cmocka_unit_test(products_have_second_derivatives),
        cmocka_unit_test(large_sums_are_exact_and_the_same_for_any_number_of_threads),
        cmocka_unit_test(axes_that_are_not_there_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
