#include "golden.h"
#include "lib/oto.h"
#include "refusal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const char topic[] = "nn_losses";
enum { INPUTS_MAX = 3 };

/* tensor(seed, ...) of make_nn_losses.py */
#define made_of(seed, ...) oto_parameter(oto_mul(golden_numbers_of(seed, __VA_ARGS__), 3))

/* int64 */
#define classes_of(...)                                                                                                \
    oto_from_ints((const int[]){__VA_ARGS__}, 1, (const long long[]){(long long)OTO_COUNT(__VA_ARGS__)})

/* The loss, and the gradients of a weighted sum of it, as entry() in make_nn_losses.py. */
static void agrees(const char *function, const char *name, OtoTensor *loss, int count, OtoTensor *inputs[]) {
    assert_agrees(topic, function, name, loss, 2e-6);
    OtoTensor *weights = oto_like(loss, OTO_FLOAT32, NULL);
    if (loss->size > 1)
        golden_fill(weights, 9);
    else
        oto_data(weights)[0] = 1;
    OtoTensor *sum = oto_sum_all(oto_mul(loss, weights));
    for (int i = 0; i < count; i++) {
        char text[100];
        snprintf(text, sizeof text, "%s: d/d%c", name, 'a' + i);
        assert_agrees(topic, function, text, oto_grad(sum, inputs[i]), 1e-5);
    }
}
#define assert_loss(function, name, loss, ...) agrees(function, name, loss, OTO_TENSORS(__VA_ARGS__))

static void cross_entropy_agrees_with_torch(void **state) {
    OtoTensor *x = made_of(1, 6, 5), *y = classes_of(0, 4, 2, 2, -100, 1);
    OtoTensor *w = oto_tensor(0.5, 1, 2, 0, 3), *p = oto_exp(oto_mul(golden_numbers_of(2, 6, 5), 3));
    p = oto_div(p, oto_sum_over(p, 1, .keep = true));
    static const char f[] = "oto_cross_entropy";
    assert_loss(f, "mean", oto_cross_entropy(x, y), x);
    assert_loss(f, "sum", oto_cross_entropy(x, y, .reduction = OTO_SUM), x);
    assert_loss(f, "none", oto_cross_entropy(x, y, .reduction = OTO_NONE), x);
    assert_loss(f, "label_smoothing 0.1", oto_cross_entropy(x, y, .label_smoothing = 0.1), x);
    assert_loss(f, "weight", oto_cross_entropy(x, y, .weight = w), x);
    assert_loss(f, "weight, label_smoothing 0.2", oto_cross_entropy(x, y, .weight = w, .label_smoothing = 0.2), x);
    assert_loss(f, "probabilities, mean", oto_cross_entropy(x, p), x);
    assert_loss(f, "probabilities, sum", oto_cross_entropy(x, p, .reduction = OTO_SUM), x);
    assert_loss(f, "probabilities, none", oto_cross_entropy(x, p, .reduction = OTO_NONE), x);
    assert_loss(f, "probabilities, label_smoothing 0.1", oto_cross_entropy(x, p, .label_smoothing = 0.1), x);
    assert_loss(f, "probabilities, weight", oto_cross_entropy(x, p, .weight = w), x);
    assert_loss(f, "probabilities, weight, label_smoothing 0.2",
                oto_cross_entropy(x, p, .weight = w, .label_smoothing = 0.2), x);
    OtoTensor *deep = made_of(3, 2, 5, 4), *many = oto_reshape(classes_of(0, 1, 2, 3, 4, 4, -100, 0), 2, 4);
    assert_loss(f, "axis 1", oto_cross_entropy(deep, many, .axis = 1), deep);
    oto_name_axis(deep, 1, "classes");
    assert_loss(f, "axis 1", oto_cross_entropy(deep, many), deep);
}

static void binary_cross_entropy_agrees_with_torch(void **state) {
    OtoTensor *x = made_of(4, 4, 3), *t = oto_div(oto_add(golden_numbers_of(5, 4, 3), 1), 2);
    static const char f[] = "oto_binary_cross_entropy";
    assert_loss(f, "mean", oto_binary_cross_entropy(x, t), x);
    assert_loss(f, "none", oto_binary_cross_entropy(x, t, .reduction = OTO_NONE), x);
    assert_loss(f, "pos_weight", oto_binary_cross_entropy(x, t, .pos_weight = oto_tensor(0.5, 1, 4)), x);
}

static void distances_agree_with_torch(void **state) {
    OtoTensor *a = made_of(6, 4, 3), *b = made_of(7, 4, 3);
    static const char *const names[] = {"mean", "sum", "none"};
    for (OtoReduction r = OTO_MEAN; r <= OTO_NONE; r++) {
        assert_loss("oto_mse_loss", names[r], oto_mse_loss(a, b, .reduction = r), a, b);
        assert_loss("oto_l1_loss", names[r], oto_l1_loss(a, b, .reduction = r), a, b);
        assert_loss("oto_huber_loss", names[r], oto_huber_loss(a, b, .reduction = r), a, b);
    }
    assert_loss("oto_huber_loss", "delta 0.5", oto_huber_loss(a, b, .delta = 0.5), a, b);
}

static void composed_losses_agree_with_torch(void **state) {
    OtoTensor *a = made_of(6, 4, 3), *b = made_of(7, 4, 3), *c = made_of(8, 4, 3);
    OtoTensor *log_q = oto_parameter(golden_tensor(topic, "log_q"));
    assert_loss("oto_kl_loss", "mean", oto_kl_loss(log_q, golden_tensor(topic, "p")), log_q);
    assert_loss("oto_kl_normal_loss", "mean", oto_kl_normal_loss(a, b), a, b);
    assert_loss("oto_triplet_loss", "margin 1", oto_triplet_loss(a, b, c), a, b, c);
    assert_loss("oto_contrastive_loss", "temperature 0.07", oto_contrastive_loss(a, b), a, b);
}

static OtoTensor *tanh_of(OtoTensor *x) { /* 1 - 2 / (e^2x + 1) */
    return oto_add(oto_mul(oto_reciprocal(oto_add(oto_exp(oto_mul(x, 2)), 1)), -2), 1);
}
static void a_gradient_penalty_agrees_with_torch(void **state) {
    OtoTensor *a = made_of(6, 4, 3), *first = made_of(10, 3, 5), *second = made_of(11, 5, 1);
    OtoTensor *y = oto_matmul(tanh_of(oto_matmul(a, first)), second);
    OtoTensor *slope = oto_grad(y, a, .again = true);
    OtoTensor *length = oto_sqrt(oto_sum_over(oto_squared(slope), 1));
    assert_loss("oto_grad", "penalty", oto_mul(oto_mean_all(oto_squared(oto_sub(length, 1))), 10), a, first, second);
}

typedef struct Critic {
    OtoTensor *weight;
} Critic;
static OtoTensor *criticise(OtoLayer *layer, OtoTensor *x) {
    return oto_matmul(x, oto_self(layer, Critic)->weight);
}
static void a_penalty_measures_the_slope_of_a_critic(void **state) {
    OtoTensor *weight = oto_parameter(oto_reshape(oto_tensor(3, 4), 2, 1));
    OtoLayer *critic = oto_layer(Critic, criticise, .weight = weight);
    OtoTensor *x = golden_numbers_of(1, 8, 2), *penalty = oto_gradient_penalty(critic, x, oto_mul(x, 2), .weight = 1);
    assert_float_equal(oto_item(penalty), 16, 1e-4); /* (|(3, 4)| - 1)^2 */
    OtoTensor *own = oto_self(critic, Critic)->weight;
    oto_backward(penalty); /* d (|w| - 1)^2 = 2 (|w| - 1) w / |w| */
    assert_float_equal(oto_data(oto_gradient(own))[0], 8 * 0.6, 1e-4);
    assert_float_equal(oto_data(oto_gradient(own))[1], 8 * 0.8, 1e-4);
}

static void adversaries_pull_apart(void **state) {
    OtoTensor *real = oto_tensor(2, 0.5), *fake = oto_tensor(-1, 3);
    assert_float_equal(oto_item(oto_discriminator_loss(real, fake, .kind = OTO_GAN_WASSERSTEIN)), 1 - 1.25, 1e-6);
    assert_float_equal(oto_item(oto_discriminator_loss(real, fake, .kind = OTO_GAN_HINGE)), 0.25 + 2, 1e-6);
    assert_float_equal(oto_item(oto_discriminator_loss(real, fake)),
                       (log1p(exp(-2)) + log1p(exp(-0.5)) + log1p(exp(-1)) + log1p(exp(3))) / 2, 1e-6);
    assert_float_equal(oto_item(oto_generator_loss(fake)), (log1p(exp(1)) + log1p(exp(-3))) / 2, 1e-6);
    assert_float_equal(oto_item(oto_generator_loss(fake, .kind = OTO_GAN_HINGE)), -1, 1e-6);
}

static OtoTensor *mse_of(OtoTensor *x, OtoTensor *t) {
    return oto_mse_loss(x, t);
}
static OtoTensor *huber_of(OtoTensor *x, OtoTensor *t) {
    return oto_huber_loss(x, t);
}
static void distances_have_second_derivatives(void **state) {
    OtoTensor *a = made_of(6, 4, 3), *b = made_of(7, 4, 3);
    assert_true(oto_gradcheck_again(mse_of, a, b).passed);
    assert_true(oto_gradcheck_again(huber_of, a, b).passed);
    assert_refused(oto_grad(oto_cross_entropy(a, oto_tensor(0, 1, 2, 0)), a, .again = true),
                   "the gradient of oto_cross_entropy cannot be differentiated again");
}

static void large_logits_stay_finite(void **state) {
    OtoTensor *x = oto_parameter(oto_reshape(oto_tensor(1000, -1000, 0, -INFINITY, 0, 1), 2, 3));
    OtoTensor *loss = oto_cross_entropy(x, oto_tensor(0, 2));
    assert_float_equal(oto_item(loss), log1p(exp(-1)) / 2, 1e-6);
    oto_backward(loss);
    assert_int_equal(oto_count_nan(oto_gradient(x)), 0);
    assert_float_equal(oto_item(oto_binary_cross_entropy(oto_tensor(1000, -1000), oto_tensor(0, 0))), 500, 0);
}

static void threads_do_not_show(void **state) {
    OtoTensor *x = oto_parameter(golden_numbers_of(1, 300, 388)), *y = oto_zeros_of(OTO_INT64, 1, (long long[]){300});
    for (int i = 0; i < 300; i++) oto_int_data(y)[i] = i;
    OtoTensor *gradients[2], *losses[2];
    for (int i = 0; i < 2; i++) {
        oto_set_threads(i + 1);
        losses[i] = oto_cross_entropy(x, y);
        gradients[i] = oto_grad(losses[i], x);
    }
    oto_set_threads(0);
    assert_true(oto_item(losses[0]) == oto_item(losses[1]));
    assert_memory_equal(oto_data(gradients[0]), oto_data(gradients[1]), 300 * 388 * sizeof(float));
}

static void a_loss_does_not_repeat_an_operand(void **state) {
    assert_refused(oto_mse_loss(oto_zeros(64, 1), oto_zeros(64)),
                   "oto_mse_loss: x is (64, 1) and targets is (64); a loss does not repeat or turn its operands. They "
                   "have as many numbers: oto_reshape(targets, 64, 1)");
    assert_refused(oto_l1_loss(oto_zeros(8, 2), oto_zeros(8, 3)), "they must have one shape");
    OtoTensor *x = oto_name_axis(oto_zeros(5, 5), 0, "time"), *t = oto_name_axis(oto_zeros(5, 5), 0, "mel");
    assert_refused(oto_mse_loss(x, t), "axis 0 is \"time\" in x (time 5, 5), and \"mel\" in targets");
    assert_refused(oto_mse_loss(oto_zeros(0, 3), oto_zeros(0, 3)), "x is empty");
}

static void class_numbers_are_checked(void **state) {
    OtoTensor *x = golden_numbers_of(1, 3, 4);
    assert_refused(oto_cross_entropy(x, classes_of(0, 4, 1)),
                   "oto_cross_entropy: targets has class 4 at (1), but logits have 4 classes, 0 to 3; do your classes "
                   "begin with 1?");
    assert_refused(oto_cross_entropy(x, classes_of(0, -1, 1)), "class -1 at (1)");
    assert_refused(oto_cross_entropy(x, oto_tensor(0, 1.5, 1)), "targets has 1.5 at (1), which is no class number");
    assert_refused(oto_cross_entropy(x, oto_tensor(0, NAN, 1)), "targets has nan at (1)");
    assert_refused(oto_cross_entropy(x, oto_tensor(-100, -100, -100)), "every target is ignore_index (-100)");
    assert_refused(oto_mse_loss(oto_zeros(3), classes_of(0, 4, 1)),
                   "targets is int64. Are they the numbers of classes?");
}

static void a_wrong_axis_of_classes_is_named(void **state) {
    OtoTensor *x = golden_numbers_of(1, 2, 10, 7);
    assert_refused(oto_cross_entropy(x, oto_zeros(2, 7)),
                   "targets (2, 7) fit when classes are axis 1: write .axis = 1");
    assert_refused(oto_cross_entropy(x, oto_zeros(2)), "so targets need 2 axes");
    assert_refused(oto_cross_entropy(oto_zeros(8, 3), oto_zeros(8, 1)), "oto_reshape(targets, 8) if their order");
    assert_refused(oto_cross_entropy(x, oto_zeros(2, 10), .weight = oto_zeros(10)), "weight is (10), but there are 7");
}

static void a_mean_of_which_nothing_counts_is_refused(void **state) {
    OtoTensor *x = golden_numbers_of(1, 2, 3), *weight = oto_tensor(0, 1, 0), *y = oto_tensor(0, 2);
    assert_refused(oto_cross_entropy(x, y, .weight = weight), "weight has the sum 0 over the classes of targets");
    assert_refused(oto_cross_entropy(x, y, .weight = weight, .label_smoothing = 0.1), "weight has the sum 0");
    assert_float_equal(oto_item(oto_cross_entropy(x, y, .weight = weight, .reduction = OTO_SUM)), 0, 0);
    assert_true(isfinite(oto_item(oto_cross_entropy(x, oto_tensor(0, 1), .weight = weight))));
}

static void probabilities_in_the_place_of_logits_are_told(void **state) {
    OtoTensor *p = oto_reshape(oto_tensor(0.2, 0.8, 0.5, 0.5), 2, 2);
    assert_refused(oto_cross_entropy(p, oto_tensor(0, 1)), "logits (2, 2) are probabilities already");
    assert_true(oto_item(oto_cross_entropy(oto_zeros(2, 2), oto_tensor(0, 1))) > 0);
    assert_refused(oto_kl_loss(p, p), "log_q has 0.2 at (0, 0), but the logarithm of a probability is not above 0");
}

static void targets_that_are_no_data_are_refused(void **state) {
    OtoTensor *x = oto_zeros(2, 2), *t = oto_zeros(2, 2);
    oto_at(t, 1, 0) = NAN;
    assert_refused(oto_mse_loss(x, t), "targets has NaN at (1, 0)");
    oto_at(t, 1, 0) = 2;
    assert_refused(oto_binary_cross_entropy(x, t), "targets has 2 at (1, 0), but must lie between 0 (no) and 1 (yes)");
    assert_refused(oto_contrastive_loss(oto_zeros(1, 2), oto_zeros(1, 2)), "the batch has one pair");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cross_entropy_agrees_with_torch),
        cmocka_unit_test(binary_cross_entropy_agrees_with_torch),
        cmocka_unit_test(distances_agree_with_torch),
        cmocka_unit_test(composed_losses_agree_with_torch),
        cmocka_unit_test(a_gradient_penalty_agrees_with_torch),
        cmocka_unit_test(a_penalty_measures_the_slope_of_a_critic),
        cmocka_unit_test(adversaries_pull_apart),
        cmocka_unit_test(distances_have_second_derivatives),
        cmocka_unit_test(large_logits_stay_finite),
        cmocka_unit_test(threads_do_not_show),
        cmocka_unit_test(a_loss_does_not_repeat_an_operand),
        cmocka_unit_test(class_numbers_are_checked),
        cmocka_unit_test(a_wrong_axis_of_classes_is_named),
        cmocka_unit_test(probabilities_in_the_place_of_logits_are_told),
        cmocka_unit_test(a_mean_of_which_nothing_counts_is_refused),
        cmocka_unit_test(targets_that_are_no_data_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
