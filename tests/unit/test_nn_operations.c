/* Operations that choose, order, pad and reduce: agreement with PyTorch, edges, refusals. */
#include "golden.h"
#include "gradients.h"
#include "lib/oto.h"
#include "refusal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const char topic[] = "nn_operations";
#define agrees(function, name, y, ...)                                                                                 \
    assert_gradients_agree(topic, 2e-6, function, name, true, y, OTO_TENSORS(__VA_ARGS__))
/* Where second derivatives are refused, or there are none. */
#define agrees_once(function, name, y, ...)                                                                            \
    assert_gradients_agree(topic, 2e-6, function, name, false, y, OTO_TENSORS(__VA_ARGS__))
#define made_of(seed, ...) oto_parameter(golden_numbers_of(seed, __VA_ARGS__))

static OtoTensor *index_of_golden(void) {
    int64_t index[] = {0, 4, 2, 0, 1, 2, 3, 3, 3, 3, 0, 1};
    return oto_from(index, 2, 2, 3);
}

static void chosen_elements_agree_with_torch(void **state) {
    OtoTensor *x = made_of(1, 2, 5, 3), *y = made_of(2, 2, 2, 3), *square = oto_squared(x), *index = index_of_golden();
    agrees("oto_gather", "axis 1", oto_gather(square, 1, index), x);
    int64_t shorter[] = {0, 1, 0, 1, 0, 0, 0, 0};
    agrees("oto_gather", "axis 2, shorter", oto_gather(square, 2, oto_from(shorter, 2, 2, 2)), x);
    agrees("oto_scatter_add", "axis 1", oto_scatter_add(square, 1, index, oto_squared(y)), x, y);
    OtoTensor *first = oto_slice(square, 0, 0, 1), *zeros = oto_zeros_of(OTO_INT64, 3, (long long[]){2, 2, 3});
    agrees("oto_scatter_add", "axis 0", oto_scatter_add(first, 0, zeros, oto_squared(y)), x, y);
    agrees("oto_index_select", "axis 1", oto_index_select(square, 1, oto_tensor(4, 0, 0)), x);
    assert_agrees(topic, "oto_one_hot", "5 classes", oto_one_hot(oto_row(index, 0), 5), 0);
}

static void rearranged_elements_agree_with_torch(void **state) {
    OtoTensor *x = made_of(1, 2, 5, 3), *square = oto_squared(x), *parts[2];
    agrees("oto_flip", "axis 1", oto_flip(square, 1), x);
    agrees("oto_roll", "axis 1 by 7", oto_roll(square, 1, 7), x);
    agrees("oto_roll", "axis 2 by -1", oto_roll(square, 2, -1), x);
    agrees("oto_tile", "axis 1", oto_tile(square, 1, 2), x);
    agrees("oto_repeat", "axis 1", oto_repeat(square, 1, 2), x);
    agrees("oto_tril", "diagonal 0", oto_tril(square), x);
    agrees("oto_triu", "diagonal -1", oto_triu(square, .diagonal = -1), x);
    oto_chunk(square, 1, 2, parts);
    agrees("oto_chunk", "part 0", parts[0], x);
    agrees("oto_chunk", "part 1", parts[1], x);
    oto_chunks_of(square, 1, 2, ((int64_t[]){1, 4}), parts);
    agrees("oto_chunks_of", "part 1", parts[1], x);
}

static void longer_axes_agree_with_torch(void **state) {
    OtoTensor *x = made_of(1, 2, 5, 3), *square = oto_squared(x);
    agrees("oto_pad", "constant", oto_pad(square, -1, 2, 1, .value = 0.5), x);
    agrees("oto_pad", "reflect", oto_pad(square, -1, 2, 1, .mode = OTO_PAD_REFLECT), x);
    agrees("oto_pad", "replicate", oto_pad(square, -1, 2, 1, .mode = OTO_PAD_EDGE), x);
    agrees("oto_pad", "circular", oto_pad(square, -1, 2, 1, .mode = OTO_PAD_WRAP), x);
    agrees("oto_interpolate", "nearest, longer", oto_interpolate(square, -1, 7), x);
    agrees("oto_interpolate", "nearest, shorter", oto_interpolate(square, -1, 2), x);
    for (int size = 7; size >= 2; size -= 5)
        for (int corners = 0; corners < 2; corners++) {
            char name[60];
            snprintf(name, sizeof name, "linear to %d, align_corners %s", size, corners ? "true" : "false");
            agrees("oto_interpolate", name,
                   oto_interpolate(square, -1, size, .mode = OTO_LINEAR, .align_corners = corners), x);
        }
    OtoTensor *higher = oto_interpolate(square, 1, 8, .mode = OTO_LINEAR);
    agrees("oto_interpolate", "bilinear", oto_interpolate(higher, 2, 2, .mode = OTO_LINEAR), x);
}

static void running_sums_and_products_agree_with_torch(void **state) {
    OtoTensor *x = made_of(1, 2, 5, 3), *square = oto_squared(x);
    agrees("oto_cumsum", "axis 1", oto_cumsum(square, 1), x);
    agrees("oto_cumsum", "last axis", oto_cumsum(square, -1), x);
    agrees_once("oto_cumprod", "axis 1", oto_cumprod(x, 1), x);
    OtoTensor *with_zeros = oto_mul(x, oto_greater(oto_abs(oto_detach(x)), 0.3));
    agrees_once("oto_cumprod", "zeros", oto_cumprod(with_zeros, 1), x);
    agrees_once("oto_product_over", "axis 1", oto_product_over(x, 1), x);
}

static void orders_agree_with_torch(void **state) {
    OtoTensor *x = made_of(1, 2, 5, 3), *square = oto_squared(x);
    OtoSorted sorted = oto_sort(square, 1), largest = oto_topk(square, 1, 2);
    agrees("oto_sort", "ascending", sorted.values, x);
    assert_agrees(topic, "oto_sort", "ascending, indices", sorted.indices, 0);
    assert_agrees(topic, "oto_sort", "ascending, indices", oto_argsort(square, 1), 0);
    agrees("oto_topk", "2 of axis 1", largest.values, x);
    assert_agrees(topic, "oto_topk", "2 of axis 1, indices", largest.indices, 0);
    agrees("oto_topk", "2 smallest of the last", oto_topk(square, -1, 2, .smallest = true).values, x);
    OtoTensor *rough = oto_reshape(oto_tensor(1, 0, NAN, -0.0, 1, -INFINITY, NAN, INFINITY), 1, 8);
    OtoSorted up = oto_sort(rough, 1), down = oto_sort(rough, 1, .descending = true);
    assert_agrees(topic, "oto_sort", "special numbers, ascending, values", up.values, 0);
    assert_agrees(topic, "oto_sort", "special numbers, ascending, indices", up.indices, 0);
    assert_agrees(topic, "oto_sort", "special numbers, descending, values", down.values, 0);
    assert_agrees(topic, "oto_sort", "special numbers, descending, indices", down.indices, 0);
}

static float rounded(float x) {
    return rintf(2 * x);
}
static void reductions_agree_with_torch(void **state) {
    OtoTensor *x = made_of(1, 2, 5, 3), *square = oto_squared(x), *five = oto_mul(x, 5);
    agrees("oto_max_over", "axis 1", oto_max_over(square, 1), x);
    agrees("oto_min_over", "axes 0 and 2, kept", oto_min_over(square, OTO_AXES(0, 2), .keep = true), x);
    OtoTensor *level = oto_add(oto_sub(x, oto_detach(x)), oto_map(oto_detach(x), rounded));
    agrees("oto_max_over", "ties", oto_max_over(oto_squared(level), OTO_AXES(1, 2)), x);
    assert_agrees(topic, "oto_argmax_over", "axis 1", oto_argmax_over(square, 1), 0);
    assert_agrees(topic, "oto_argmin_over", "last axis, kept", oto_argmin_over(square, -1, .keep = true), 0);
    agrees("oto_sum_over", "axes 0 and 2", oto_sum_over(square, OTO_AXES(0, 2)), x);
    agrees("oto_mean_over", "axes 1 and 2, kept", oto_mean_over(square, OTO_AXES(1, 2), .keep = true), x);
    agrees("oto_var_over", "axis 1", oto_var_over(x, 1), x);
    agrees("oto_var_over", "axes 0 and 2, correction 0", oto_var_over(x, OTO_AXES(0, 2), .correction = 0), x);
    agrees("oto_std_over", "axis 1, kept", oto_std_over(square, 1, .keep = true), x);
    agrees("oto_logsumexp", "axis 1", oto_logsumexp(five, 1), x);
    agrees("oto_logsumexp", "axes 0 and 2", oto_logsumexp(five, OTO_AXES(0, 2)), x);
}

/* ---- edges ---- */

static void axes_keep_their_names_and_seconds(void **state) {
    OtoTensor *x = oto_name_axis(oto_name_axis(oto_zeros(3, 4), 0, "mel"), 1, "time", .unit = "s", .step = 0.5);
    OtoTensor *padded = oto_pad(x, "time", 2, 1), *finer = oto_interpolate(x, "time", 8);
    assert_float_equal(oto_axis_at(padded, 1, 2), 0, 0);
    assert_float_equal(oto_axis_at(padded, 1, 0), -1, 0);
    assert_float_equal(oto_axis_at(finer, 1, 4), 1, 0);
    assert_string_equal(oto_shape_quoted(oto_std_over(x, "time")), "(mel 3)");
    assert_string_equal(oto_shape_quoted(oto_max_over(x, OTO_AXES("mel", "time"), .keep = true)), "(mel 1, time 1)");
    assert_string_equal(oto_shape_quoted(oto_sort(x, "time").indices), "(mel 3, time 4)");
    assert_string_equal(oto_shape_quoted(oto_one_hot(oto_argmax_over(x, "mel"), 3)), "(time 4, classes 3)");
}

static void empty_tensors_pass_where_they_can(void **state) {
    OtoTensor *none = oto_zeros(0, 3), *indices = oto_zeros_of(OTO_INT64, 2, (long long[]){0, 3});
    assert_int_equal(oto_gather(none, 1, indices)->size, 0);
    assert_int_equal(oto_index_select(oto_zeros(2, 3), 0, oto_zeros(0))->shape[0], 0);
    assert_int_equal(oto_flip(none, 0)->size, 0);
    assert_int_equal(oto_roll(none, 0, 3)->size, 0);
    assert_int_equal(oto_cumsum(none, 0)->size, 0);
    assert_int_equal(oto_sort(none, 0).values->size, 0);
    assert_int_equal(oto_topk(oto_tensor(1, 2), 0, 0).values->size, 0);
    assert_int_equal(oto_pad(none, 0, 1, 1, .value = 2)->shape[0], 2);
    assert_int_equal(oto_tile(oto_zeros(2), 0, 0)->size, 0);
    assert_float_equal(oto_at(oto_product_over(none, 0), 1), 1, 0);
    assert_int_equal(oto_random_normal(0, 4)->size, 0);
    assert_int_equal(oto_random_permutation(0)->size, 0);
    assert_refused(oto_max_over(none, 0), "oto_max_over: axis 0 of (0, 3) is empty");
    assert_refused(oto_pad(none, 0, 1, 1, .mode = OTO_PAD_WRAP), "there is nothing to go on with");
}

static void one_element_is_a_tensor_like_others(void **state) {
    OtoTensor *x = oto_parameter(oto_tensor(3));
    assert_float_equal(oto_item(oto_logsumexp(x, 0)), 3, 0);
    assert_float_equal(oto_item(oto_sort(x, 0).values), 3, 0);
    assert_float_equal(oto_item(oto_interpolate(x, 0, 1, .mode = OTO_LINEAR, .align_corners = true)), 3, 0);
    assert_float_equal(oto_item(oto_var_over(x, 0, .correction = 0)), 0, 0);
    assert_float_equal(oto_item(oto_grad(oto_std_over(x, 0, .correction = 0), x)), 0, 0);
    assert_refused(oto_var_over(x, 0), "each variance is of 1 number of (1), which is too few for .correction = 1");
}

static void logsumexp_stands_infinite_numbers(void **state) {
    OtoTensor *x = oto_parameter(oto_tensor(-INFINITY, -INFINITY)), *y = oto_logsumexp(x, 0);
    assert_true(isinf(oto_item(y)) && oto_item(y) < 0);
    assert_float_equal(oto_maximum(oto_grad(y, x)), 0, 0);
    assert_true(isinf(oto_item(oto_logsumexp(oto_tensor(INFINITY, 1), 0))));
    assert_float_equal(oto_item(oto_logsumexp(oto_tensor(1000, 1000), 0)), 1000 + log(2), 1e-4);
}

static void nan_is_found_as_the_largest(void **state) {
    OtoTensor *x = oto_tensor(1, NAN, 3);
    assert_true(isnan(oto_item(oto_max_over(x, 0))) && isnan(oto_item(oto_min_over(x, 0))));
    assert_int_equal(oto_int_at(oto_argmax_over(x, 0), 0), 1);
    assert_int_equal(oto_int_at(oto_argmin_over(x, 0), 0), 1);
}

static void wrong_indices_are_refused_with_axis_and_range(void **state) {
    OtoTensor *x = oto_name_axis(oto_zeros(2, 5), 1, "time");
    assert_refused(oto_gather(x, "time", oto_full(5, 2, 2)),
                   "oto_gather: element 0 of index is 5, but axis 1 (time) of x (2, time 5) has the numbers 0 to 4");
    assert_refused(oto_gather(x, 1, oto_full(-1, 2, 2)), "element 0 of index is -1");
    assert_refused(oto_gather(x, 1, oto_full(0.5, 2, 2)), "is 0.5, but must be a whole number");
    assert_refused(oto_gather(x, 1, oto_zeros(3, 2)),
                   "index is (3, 2) and x is (2, time 5): both need as many axes, and but for axis 1 (time)");
    assert_refused(oto_scatter_add(x, 1, oto_zeros(2, 3), oto_zeros(2, 2)), "source is (2, 2) and index (2, 3)");
    assert_refused(oto_index_select(x, 0, oto_tensor(0, 2)), "axis 0 of x (2, time 5) has the numbers 0 to 1");
    assert_refused(oto_one_hot(oto_tensor(1, 3), 3), "element 1 of numbers is 3");
    assert_refused(oto_topk(x, "time", 6), "k is 6, but axis 1 (time) of (2, time 5) has 5 numbers");
    assert_refused(oto_sum_over(x, OTO_AXES(1, "time")), "axis 1 (time) of (2, time 5) comes twice");
    OtoTensor *parts[2];
    assert_refused((oto_chunks_of(x, 1, 2, ((int64_t[]){2, 2}), parts), 0), "the lengths add up to 4, but axis 1");
}

static void indices_that_come_twice_are_added_up(void **state) {
    OtoTensor *z = oto_scatter_add(oto_zeros(3), 0, oto_tensor(1, 1, 1), oto_tensor(1, 2, 4));
    assert_float_equal(oto_at(z, 1), 7, 0);
}

/* ---- random ---- */

static OtoTensor *draws_with(int threads) {
    int before = oto_set_threads(threads);
    oto_seed(7);
    OtoTensor *all = oto_concatenate(oto_random_normal(30000), oto_random_uniform(30000),
                                     oto_mul(oto_random_integers(-5, 5, 30000), 1.0),
                                     oto_bernoulli(oto_full(0.3, 30000)), oto_mul(oto_random_permutation(30000), 1.0),
                                     oto_mul(oto_multinomial(oto_tensor(1, 0, 3), 30000, .replacement = true), 1.0));
    oto_set_threads(before);
    return all;
}
static void draws_are_the_same_with_any_number_of_threads(void **state) {
    OtoTensor *one = draws_with(1), *two = draws_with(2);
    assert_memory_equal(one->data, two->data, (size_t)one->size * sizeof(float));
    assert_float_not_equal(oto_at(one, 0), oto_at(oto_random_normal(1), 0), 0);
}

static void draws_are_distributed_as_they_should(void **state) {
    OtoTensor *all = draws_with(2), *parts[6];
    oto_chunk(all, 0, 6, parts);
    assert_float_equal(oto_mean(parts[0]), 0, 0.02);
    assert_float_equal(oto_item(oto_std_over(parts[0], 0)), 1, 0.02);
    assert_float_equal(oto_mean(parts[1]), 0.5, 0.01);
    assert_true(oto_minimum(parts[1]) >= 0 && oto_maximum(parts[1]) < 1);
    assert_true(oto_minimum(parts[2]) == -5 && oto_maximum(parts[2]) == 4);
    assert_float_equal(oto_mean(parts[3]), 0.3, 0.01);
    OtoTensor *order = oto_sort(parts[4], 0).values;
    for (int64_t i = 0; i < order->size; i++) assert_float_equal(oto_data(order)[i], i, 0);
    assert_float_equal(oto_mean(parts[5]), 1.5, 0.02);
    assert_float_equal(oto_mean(oto_equal(parts[5], 1)), 0, 0);
}

static void classes_are_drawn_once_without_replacement(void **state) {
    OtoTensor *drawn = oto_multinomial(oto_reshape(oto_tensor(1, 0, 3, 2, 5, 5, 0, 5), 2, 4), 3);
    assert_string_equal(oto_shape_quoted(drawn), "(2, 3)");
    assert_float_equal(oto_item(oto_sum_over(oto_one_hot(drawn, 4), OTO_AXES(0, 1, 2))), 6, 0);
    assert_float_equal(oto_maximum(oto_sum_over(oto_one_hot(drawn, 4), 1)), 1, 0);
    assert_refused(oto_multinomial(oto_tensor(1, 0, 3), 3), "count is 3, but row 0 has 2 weights above 0");
    assert_refused(oto_multinomial(oto_tensor(1, -1), 1), "weights has -1 in row 0, column 1");
    assert_refused(oto_multinomial(oto_tensor(0, 0), 1), "all weights of row 0 are 0");
    assert_refused(oto_bernoulli(oto_tensor(0.5, 1.5)), "element 1 of p (2) is 1.5");
    assert_refused(oto_random_integers(3, 3, 2), "low is 3 and high 3");
}

static void plain_tensors_are_made(void **state) {
    assert_float_equal(oto_sum(oto_ones(2, 3)), 6, 0);
    assert_float_equal(oto_at(oto_full(0.5, 2), 1), 0.5, 0);
    OtoTensor *eye = oto_eye(3);
    assert_float_equal(oto_at(eye, 1, 1), 1, 0);
    assert_float_equal(oto_sum(eye), 3, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(chosen_elements_agree_with_torch),
        cmocka_unit_test(rearranged_elements_agree_with_torch),
        cmocka_unit_test(longer_axes_agree_with_torch),
        cmocka_unit_test(running_sums_and_products_agree_with_torch),
        cmocka_unit_test(orders_agree_with_torch),
        cmocka_unit_test(reductions_agree_with_torch),
        cmocka_unit_test(axes_keep_their_names_and_seconds),
        cmocka_unit_test(empty_tensors_pass_where_they_can),
        cmocka_unit_test(one_element_is_a_tensor_like_others),
        cmocka_unit_test(logsumexp_stands_infinite_numbers),
        cmocka_unit_test(nan_is_found_as_the_largest),
        cmocka_unit_test(wrong_indices_are_refused_with_axis_and_range),
        cmocka_unit_test(indices_that_come_twice_are_added_up),
        cmocka_unit_test(draws_are_the_same_with_any_number_of_threads),
        cmocka_unit_test(draws_are_distributed_as_they_should),
        cmocka_unit_test(classes_are_drawn_once_without_replacement),
        cmocka_unit_test(plain_tensors_are_made),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
