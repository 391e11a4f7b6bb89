/* Second derivatives (oto_grad with .again) of every operation that has them, against quotients of differences; those
 * of activations, convolutions and norms are compared with PyTorch's too, in the tests of their names. */
#include "golden.h"
#include "refusal.h"

#include "lib/oto.h"

/* f must be curved for a second derivative to say anything: linear operations are seen through a square or a product.
 */
#define TWICE(f, ...)                                                                                                  \
    oto_scope {                                                                                                        \
        OtoGradcheck check = oto_gradcheck_again(f, __VA_ARGS__);                                                      \
        if (!check.passed) {                                                                                           \
            oto_gradcheck_print(check);                                                                                \
            fail_msg("the second derivative of %s", #f);                                                               \
        }                                                                                                              \
        assert_true(check.checked > 0);                                                                                \
    }

#define OF_ONE(name, result)                                                                                           \
    static OtoTensor *name(OtoTensor *x) {                                                                             \
        return result;                                                                                                 \
    }
#define OF_TWO(name, result)                                                                                           \
    static OtoTensor *name(OtoTensor *x, OtoTensor *y) {                                                               \
        return result;                                                                                                 \
    }
#define OF_THREE(name, result)                                                                                         \
    static OtoTensor *name(OtoTensor *x, OtoTensor *w, OtoTensor *b) {                                                 \
        return result;                                                                                                 \
    }

/* In [from, to], none twice. */
static OtoTensor *between(double from, double to, long long rows, long long cols) {
    OtoTensor *x = golden_numbers_of(3, rows, cols);
    return oto_add(oto_mul(x, (to - from) / 2), (to + from) / 2);
}

OF_TWO(sum, oto_squared(oto_add(x, y)))
OF_TWO(difference, oto_squared(oto_sub(x, y)))
OF_TWO(product, oto_mul(x, oto_mul(x, y)))
OF_TWO(quotient, oto_div(x, y))
OF_ONE(by_numbers, oto_squared(oto_div(oto_sub(oto_mul(oto_add(x, 1), 3), 2), 4)))

static void arithmetic_can_be_differentiated_twice(void **state) {
    OtoTensor *x = between(-1, 1, 3, 4), *row = between(0.5, 1.5, 1, 4), *column = between(0.5, 1.5, 3, 1);
    OtoTensor *y = between(0.5, 2, 3, 4);
    TWICE(sum, x, row);
    TWICE(difference, x, column);
    TWICE(product, x, y);
    TWICE(product, column, row);
    TWICE(quotient, x, y);
    TWICE(quotient, x, row);
    TWICE(by_numbers, x);
}

OF_ONE(cubed, oto_raised(x, 3))
OF_ONE(clamped, oto_squared(oto_clamp(x, -0.5, 0.5)))
OF_ONE(positive, oto_squared(oto_abs(x)))
OF_TWO(larger, oto_squared(oto_larger(x, y)))
OF_TWO(smaller, oto_squared(oto_smaller(x, y)))
OF_ONE(chosen, oto_where(oto_greater(x, 0), oto_squared(x), oto_mul(x, 2)))
OF_ONE(filled, oto_squared(oto_masked_fill(x, oto_less(x, -0.2), 3)))

static void elementwise_functions_can_be_differentiated_twice(void **state) {
    OtoTensor *x = between(-1, 1, 3, 4), *above = between(0.5, 2, 3, 4);
    TWICE(oto_exp, x);
    TWICE(oto_log, above);
    TWICE(oto_sqrt, above);
    TWICE(oto_squared, x);
    TWICE(oto_sin, x);
    TWICE(oto_cos, x);
    TWICE(oto_reciprocal, above);
    TWICE(cubed, x);
    TWICE(clamped, x);
    TWICE(positive, x);
    TWICE(larger, x, oto_transpose(between(-1, 1, 4, 3)));
    TWICE(smaller, x, oto_transpose(between(-1, 1, 4, 3)));
    TWICE(chosen, x);
    TWICE(filled, x);
}

OF_TWO(matrices, oto_matmul(x, y))
OF_TWO(batches, oto_matmul(oto_reshape(x, 2, 2, 3), oto_reshape(y, 2, 3, 2)))
OF_TWO(summed_products, oto_einsum("ij,kj->ik", x, oto_squared(y)))
OF_THREE(linear, oto_linear(oto_squared(x), w, b))

static void products_can_be_differentiated_twice(void **state) {
    TWICE(matrices, between(-1, 1, 3, 4), between(-1, 1, 4, 2));
    TWICE(batches, between(-1, 1, 4, 3), between(-1, 1, 6, 2));
    TWICE(summed_products, between(-1, 1, 3, 4), between(-1, 1, 2, 4));
    TWICE(linear, between(-1, 1, 3, 4), between(-1, 1, 2, 4), golden_numbers_of(5, 2));
}

OF_THREE(conv1d, oto_conv1d(oto_squared(x), w, b, .stride = 2, .padding = 1))
OF_THREE(conv2d, oto_conv2d(oto_squared(x), w, b, .padding = 1, .dilation = 2))
OF_THREE(conv2d_groups, oto_conv2d(oto_squared(x), w, b, .groups = 2))
OF_THREE(conv_transpose1d, oto_conv_transpose1d(oto_squared(x), w, b, .stride = 2, .output_padding = 1))
OF_THREE(conv_transpose2d, oto_conv_transpose2d(oto_squared(x), w, b, .stride = 2, .padding = 1))

static void convolutions_can_be_differentiated_twice(void **state) {
    OtoTensor *b = golden_numbers_of(5, 2), *sound = golden_numbers_of(1, 2, 2, 7),
              *image = golden_numbers_of(1, 1, 2, 5, 4);
    TWICE(conv1d, sound, golden_numbers_of(2, 2, 2, 3), b);
    TWICE(conv2d, image, golden_numbers_of(2, 2, 2, 3, 2), b);
    TWICE(conv2d_groups, image, golden_numbers_of(2, 2, 1, 2, 2), b);
    TWICE(conv_transpose1d, sound, golden_numbers_of(2, 2, 2, 3), b);
    TWICE(conv_transpose2d, image, golden_numbers_of(2, 2, 2, 3, 3), b);
}

OF_ONE(relu, oto_squared(oto_relu(x)))
OF_ONE(leaky_relu, oto_squared(oto_leaky_relu(x)))
OF_ONE(elu, oto_elu(x))
OF_ONE(gelu, oto_gelu(x))
OF_ONE(gelu_by_tanh, oto_gelu(x, .approximate = true))
OF_ONE(softplus, oto_softplus(x, .beta = 2))
OF_ONE(hardtanh, oto_squared(oto_hardtanh(x, .highest = 0.4)))
OF_TWO(prelu, oto_prelu(x, y))
OF_ONE(softmax, oto_softmax(x, -1))
OF_ONE(softmax_first, oto_softmax(x, 0))
OF_ONE(log_softmax, oto_log_softmax(x, 1))

static void activations_can_be_differentiated_twice(void **state) {
    OtoTensor *x = between(-1, 1, 3, 4);
    TWICE(relu, x);
    TWICE(leaky_relu, x);
    TWICE(elu, x);
    TWICE(oto_sigmoid, x);
    TWICE(oto_tanh, x);
    TWICE(oto_silu, x);
    TWICE(gelu, x);
    TWICE(gelu_by_tanh, x);
    TWICE(softplus, x);
    TWICE(hardtanh, x);
    TWICE(prelu, x, golden_numbers_of(5, 4));
    TWICE(softmax, x);
    TWICE(softmax_first, x);
    TWICE(log_softmax, x);
}

OF_ONE(square_of_sum, oto_squared(oto_sum_all(x)))
OF_ONE(square_of_mean, oto_squared(oto_mean_all(x)))
OF_ONE(squares_of_sums, oto_squared(oto_sum_over(x, 0)))
OF_ONE(squares_of_means, oto_squared(oto_mean_over(x, 1, .keep = true)))

static void reductions_can_be_differentiated_twice(void **state) {
    OtoTensor *x = between(-1, 1, 3, 4);
    TWICE(square_of_sum, x);
    TWICE(square_of_mean, x);
    TWICE(squares_of_sums, x);
    TWICE(squares_of_means, x);
}

OF_ONE(reshaped, oto_squared(oto_reshape(x, 2, 6)))
OF_ONE(transposed, oto_squared(oto_transpose(x)))
OF_ONE(permuted, oto_squared(oto_permute(oto_reshape(x, 3, 2, 2), 2, 0, 1)))
OF_ONE(sliced, oto_squared(oto_slice(x, 1, 1, 3)))
OF_ONE(row, oto_squared(oto_row(x, 1)))
OF_TWO(joined, oto_squared(oto_cat(1, x, y)))
OF_TWO(stacked, oto_squared(oto_stack(x, y)))

static void changes_of_shape_can_be_differentiated_twice(void **state) {
    OtoTensor *x = between(-1, 1, 3, 4);
    TWICE(reshaped, x);
    TWICE(transposed, x);
    TWICE(permuted, x);
    TWICE(sliced, x);
    TWICE(row, x);
    TWICE(joined, x, between(-1, 1, 3, 2));
    TWICE(stacked, x, between(0, 1, 3, 4));
}

OF_THREE(layer_norm, oto_layer_norm(x, w, b))
OF_THREE(instance_norm, oto_instance_norm(x, w, b))
OF_THREE(group_norm, oto_group_norm(x, 2, w, b))
OF_ONE(avg_pool, oto_squared(oto_avg_pool1d(x, 2)))
OF_ONE(adaptive_avg_pool, oto_squared(oto_adaptive_avg_pool1d(x, 2)))

static void norms_and_means_of_windows_can_be_differentiated_twice(void **state) {
    OtoTensor *x = golden_numbers_of(1, 2, 4, 5);
    TWICE(layer_norm, between(-1, 1, 3, 5), golden_numbers_of(4, 5), golden_numbers_of(5, 5));
    TWICE(instance_norm, x, golden_numbers_of(4, 4), golden_numbers_of(5, 4));
    TWICE(group_norm, x, golden_numbers_of(4, 4), golden_numbers_of(5, 4));
    TWICE(avg_pool, x);
    TWICE(adaptive_avg_pool, x);
}

/* What cannot says so, and what to take instead where there is something. */
static void what_cannot_be_differentiated_twice_says_so(void **state) {
    OtoTensor *x = oto_parameter(golden_numbers_of(1, 2, 4, 6));
    assert_refused(oto_grad(oto_sum_all(oto_max_pool1d(x, 2)), x, .again = true),
                   "the gradient of oto_max_pool1d cannot be differentiated again");
    assert_refused(oto_grad(oto_sum_all(oto_batch_norm(x, NULL, NULL, NULL, NULL, .training = true)), x, .again = true),
                   "the gradient of oto_batch_norm cannot be differentiated again");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arithmetic_can_be_differentiated_twice),
        cmocka_unit_test(elementwise_functions_can_be_differentiated_twice),
        cmocka_unit_test(products_can_be_differentiated_twice),
        cmocka_unit_test(convolutions_can_be_differentiated_twice),
        cmocka_unit_test(activations_can_be_differentiated_twice),
        cmocka_unit_test(reductions_can_be_differentiated_twice),
        cmocka_unit_test(changes_of_shape_can_be_differentiated_twice),
        cmocka_unit_test(norms_and_means_of_windows_can_be_differentiated_twice),
        cmocka_unit_test(what_cannot_be_differentiated_twice_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
