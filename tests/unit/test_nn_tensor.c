#include "golden.h"
#include "gradients.h"
#include "lib/oto.h"
#include "refusal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const char topic[] = "nn_tensor";

#define agrees(...) assert_gradients_agree(topic, 2e-6, __VA_ARGS__)
#define assert_function(function, name, y, ...) agrees(function, name, true, y, OTO_TENSORS(__VA_ARGS__))
#define made_of(seed, ...) oto_parameter(golden_numbers_of(seed, __VA_ARGS__))

static void functions_of_each_number_agree_with_torch(void **state) {
    OtoTensor *a = made_of(1, 4, 3), *b = made_of(2, 4, 3), *square = oto_squared(a);
    assert_function("oto_exp", "exp", oto_exp(a), a);
    assert_function("oto_squared", "square", oto_squared(a), a);
    assert_function("oto_sin", "sin", oto_sin(a), a);
    assert_function("oto_cos", "cos", oto_cos(a), a);
    assert_function("oto_reciprocal", "reciprocal", oto_reciprocal(a), a);
    assert_function("oto_log", "log(a^2 + 1)", oto_log(oto_add(square, 1)), a);
    assert_function("oto_sqrt", "sqrt(a^2 + 1)", oto_sqrt(oto_add(square, 1)), a);
    assert_function("oto_raised", "a^3", oto_raised(a, 3), a);
    assert_function("oto_clamp", "clamp(a^2, 0.1, 0.5)", oto_clamp(square, 0.1, 0.5), a);
    agrees("oto_abs", "abs", false, oto_abs(a), OTO_TENSORS(a));
    assert_function("oto_larger", "maximum(a^2, b)", oto_larger(square, b), a, b);
    assert_function("oto_where", "where(b < 0, a^2, b^3)", oto_where(oto_less(b, 0), square, oto_raised(b, 3)), a, b);
}

static void products_agree_with_torch(void **state) {
    OtoTensor *a = made_of(1, 4, 3), *row = made_of(3, 3);
    assert_function("oto_div", "a / row", oto_div(a, row), a, row);
    assert_function("oto_mul", "a row", oto_mul(a, row), a, row);
    OtoTensor *x = made_of(4, 2, 4, 3), *y = made_of(5, 2, 3, 5), *w = made_of(6, 3, 5);
    assert_function("oto_matmul", "one matrix for all", oto_matmul(x, w), x, w);
    assert_function("oto_matmul", "batched", oto_matmul(x, y), x, y);
    agrees("oto_matmul", "transposed", false, oto_matmul(x, golden_numbers_of(7, 2, 5, 3), .transpose_y = true),
           OTO_TENSORS(x));
    assert_function("oto_matmul", "vector", oto_matmul(x, row), x, row);
    assert_function("oto_einsum", "bmk,bkn->mbn", oto_einsum("bmk,bkn->mbn", x, y), x, y);
    assert_function("oto_einsum", "bmk,kn->n", oto_einsum("bmk,kn->n", x, w), x, w);
    assert_function("oto_einsum", "bmk,bkn,kn->bn", oto_einsum("bmk,bkn,kn->bn", x, y, w), x, y, w);
}

static OtoTensor *by_x(OtoTensor *x, OtoTensor *y) {
    return oto_matmul(x, y, .transpose_x = true);
}
static OtoTensor *by_both(OtoTensor *x, OtoTensor *y) {
    return oto_matmul(x, y, .transpose_x = true, .transpose_y = true);
}
static void transposed_products_go_back(void **state) {
    OtoTensor *x = golden_numbers_of(1, 2, 3, 4), *y = golden_numbers_of(2, 3, 5), *z = golden_numbers_of(3, 5, 3);
    OtoTensor *many = golden_numbers_of(4, 2, 3, 5);
    assert_true(oto_gradcheck(by_x, x, y).passed && oto_gradcheck(by_both, x, z).passed);
    assert_true(oto_gradcheck(by_x, x, many).passed && oto_gradcheck_again(by_x, x, many).passed);
    assert_refused(oto_matmul(oto_zeros(8, 40), oto_zeros(10, 40)),
                   "oto_matmul: x is (8, 40) and y is (10, 40): each row of x has 40 numbers and each column of y 10");
}

static void special_numbers_stay_special(void **state) {
    OtoTensor *x = oto_log(oto_tensor(0, -1, 1, 1e-42, INFINITY, NAN));
    const float *y = oto_data(x);
    assert_true(isinf(y[0]) && y[0] < 0 && isnan(y[1]) && y[2] == 0 && isinf(y[4]) && isnan(y[5]));
    assert_float_equal(y[3], log(1e-42), 1e-2);
    assert_true(isinf(oto_data(oto_exp(oto_tensor(1000)))[0]) && oto_data(oto_exp(oto_tensor(-1000)))[0] == 0);
    assert_float_equal(oto_item(oto_sum_all(oto_equal(oto_tensor(1, NAN), oto_tensor(1, NAN)))), 1, 0);
}

static OtoTensor *wrong(OtoTensor *x);
static void wrong_backward(OtoNode *node, OtoTensor *gradient) {
    OtoTensor *x = oto_copy(oto_mul(gradient, 2));
    oto_data(x)[1] *= 1.1f;
    oto_give(node, 0, x);
}
static OtoTensor *wrong(OtoTensor *x) {
    return oto_op(oto_mul(oto_detach(x), 2), wrong_backward, x);
}
static void gradcheck_finds_the_wrong_element(void **state) {
    OtoTensor *x = oto_tensor(1, 2, 3);
    OtoGradcheck check = oto_gradcheck(wrong, x);
    assert_false(check.passed);
    assert_int_equal(check.checked, 3);
    assert_int_equal(check.wrong, 1);
    assert_int_equal(check.worst[0].index[0], 1);
    assert_float_equal(check.worst[0].backward / check.worst[0].difference, 1.1, 1e-3);
    assert_true(oto_gradcheck(oto_exp, x).passed);
    assert_true(oto_gradcheck_again(oto_exp, x).passed);
    assert_int_equal(oto_gradcheck(oto_abs, oto_tensor(1, 0)).kinks, 0);
}

static OtoTensor *cut_off(OtoTensor *x) {
    return oto_map(x, expf);
}
static OtoTensor *restless(OtoTensor *x) {
    return oto_mul(x, oto_normal());
}
static void gradcheck_tells_what_cannot_be_checked(void **state) {
    assert_refused(oto_gradcheck(cut_off, oto_tensor(1)), "no input leads to f's result");
    assert_refused(oto_gradcheck(restless, oto_tensor(1)), "f gives another result for the same numbers");
}

static void equations_are_read_with_care(void **state) {
    OtoTensor *x = oto_zeros(2, 3);
    assert_refused(oto_einsum("ij,kj", x, x), "does not say what the result is");
    assert_refused(oto_einsum("ij,jk->ik", x, x), "j is 3 in one operand and 2 in operand 1, (2, 3)");
    assert_refused(oto_einsum("ii->i", x), "the letter i comes twice");
    assert_refused(oto_einsum("ij->k", x), "k of the result is in no operand");
    assert_refused(oto_einsum("ijk->i", x), "names 3 axes of operand 0, which is (2, 3)");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(functions_of_each_number_agree_with_torch),
        cmocka_unit_test(products_agree_with_torch),
        cmocka_unit_test(transposed_products_go_back),
        cmocka_unit_test(special_numbers_stay_special),
        cmocka_unit_test(gradcheck_finds_the_wrong_element),
        cmocka_unit_test(gradcheck_tells_what_cannot_be_checked),
        cmocka_unit_test(equations_are_read_with_care),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
