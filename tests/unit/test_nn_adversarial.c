/* Losses of adversaries, contrastive ones and gradient penalties: agreement with PyTorch 2.13
 * (tests/golden/make_nn_adversarial.py). */
#include "golden.h"
#include "refusal.h"
#include "weights.h"

#include "lib/oto.h"

static const char topic[] = "nn_adversarial";
static const double TOLERANCE = 1e-5;

static void loss_agrees(const char *function, const char *name, OtoTensor *loss, int count, OtoTensor *inputs[]) {
    oto_backward(loss);
    assert_agrees(topic, function, name, loss, TOLERANCE);
    for (int i = 0; i < count; i++) {
        char entry[100];
        snprintf(entry, sizeof entry, "%s: d/d%c", name, "ab"[i]);
        assert_agrees(topic, function, entry, oto_gradient(inputs[i]), TOLERANCE);
        oto_zero_gradient(inputs[i]);
    }
}

static void losses_of_adversaries_agree_with_pytorch(void **state) {
    static const char *const names[] = {[OTO_GAN_LOGISTIC] = "logistic",
                                        [OTO_GAN_HINGE] = "hinge",
                                        [OTO_GAN_WASSERSTEIN] = "wasserstein",
                                        [OTO_GAN_LEAST_SQUARES] = "least squares"};
    for (int kind = 0; kind < 4; kind++) {
        OtoTensor *real = oto_parameter(oto_mul(golden_numbers_of(1, 6, 1), 2));
        OtoTensor *fake = oto_parameter(oto_mul(golden_numbers_of(2, 6, 1), 2));
        loss_agrees("oto_discriminator_loss", names[kind], oto_discriminator_loss(real, fake, .kind = (OtoGanKind)kind),
                    2, (OtoTensor *[]){real, fake});
        loss_agrees("oto_generator_loss", names[kind], oto_generator_loss(fake, .kind = (OtoGanKind)kind), 1, &fake);
    }
    assert_refused(oto_generator_loss(oto_zeros(2), .kind = (OtoGanKind)7), "kind is 7");
}

static void all_pairs_agree_with_pytorch(void **state) {
    OtoTensor *a = oto_parameter(golden_numbers_of(3, 5, 4)), *b = oto_parameter(golden_numbers_of(4, 5, 4));
    loss_agrees("oto_contrastive_loss", "all pairs", oto_contrastive_loss(a, b, .temperature = 0.5, .all_pairs = true),
                2, (OtoTensor *[]){a, b});
}

/* The penalty of a batch and itself. Shifts (the biases behind the last bend) have no part in a slope, and no gradient.
 */
static void penalty_agrees(const char *name, OtoLayer *critic, OtoTensor *x) {
    fill_weights(critic);
    OtoTensor *penalty = oto_gradient_penalty(critic, x, x);
    oto_backward(penalty);
    assert_agrees(topic, "oto_gradient_penalty", name, penalty, TOLERANCE);
    OtoTensorList list = oto_layer_tensors(critic);
    int compared = 0;
    for (int i = 0; i < list.count; i++) {
        char entry[200];
        if (!oto_has_gradient(list.items[i].tensor)) continue;
        OtoTensor *gradient = oto_gradient(list.items[i].tensor);
        if (oto_maximum(gradient) == 0 && oto_minimum(gradient) == 0) continue;
        snprintf(entry, sizeof entry, "%s: gradient of %s", name, list.items[i].path);
        assert_agrees(topic, "oto_gradient_penalty", entry, gradient, TOLERANCE);
        compared++;
    }
    assert_true(compared >= 2);
}

static void penalties_of_dense_critics_agree_with_pytorch(void **state) {
    OtoTensor *x = golden_numbers_of(5, 4, 6);
    penalty_agrees("linear, leaky relu",
                   oto_sequential(oto_nn_linear(6, 5), oto_nn_leaky_relu(0.2), oto_nn_linear(5, 1)), x);
    penalty_agrees("layer norm, tanh",
                   oto_sequential(oto_nn_linear(6, 5), oto_nn_layer_norm(5), oto_nn_tanh(), oto_nn_linear(5, 1)), x);
}

static void penalties_of_convolutions_agree_with_pytorch(void **state) {
    penalty_agrees("conv1d",
                   oto_sequential(oto_nn_conv1d(2, 4, 3, .stride = 2, .padding = 1), oto_nn_leaky_relu(0.2),
                                  oto_nn_conv1d(4, 3, 3, .dilation = 2), oto_nn_silu(), oto_nn_flatten(),
                                  oto_nn_linear(6, 1)),
                   golden_numbers_of(5, 3, 2, 12));
    penalty_agrees("conv2d",
                   oto_sequential(oto_nn_conv2d(1, 4, 3, .padding = 1), oto_nn_leaky_relu(0.2), oto_nn_avg_pool2d(2),
                                  oto_nn_conv2d(4, 4, 3, .stride = 2, .groups = 2), oto_nn_gelu(), oto_nn_flatten(),
                                  oto_nn_linear(8, 1)),
                   golden_numbers_of(5, 3, 1, 6, 10));
    penalty_agrees("conv_transpose1d, group norm",
                   oto_sequential(oto_nn_conv_transpose1d(2, 4, 3, .stride = 2), oto_nn_group_norm(2, 4),
                                  oto_nn_sigmoid(), oto_nn_flatten(), oto_nn_linear(44, 1)),
                   golden_numbers_of(5, 3, 2, 5));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(losses_of_adversaries_agree_with_pytorch),
        cmocka_unit_test(all_pairs_agree_with_pytorch),
        cmocka_unit_test(penalties_of_dense_critics_agree_with_pytorch),
        cmocka_unit_test(penalties_of_convolutions_agree_with_pytorch),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
