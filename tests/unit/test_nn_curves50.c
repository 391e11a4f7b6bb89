/* The seven models of bench/nn learn as they do in PyTorch 2.13: the losses of 50 steps of Adam from the same weights
 * on the same data (tests/golden/make_nn_curves50.py, which says how both sides draw them). The models have the
 * benchmark's widths; batches, images and sequences are smaller. */
#include "golden.h"

#include "bench/nn/models.h"

enum { STEPS = 50 };

static uint32_t hash_of(const char *path) { /* FNV-1a */
    uint32_t value = 2166136261u;
    for (; *path; path++) value = (value ^ (unsigned char)*path) * 16777619u;
    return value;
}

static void draw_weights(OtoLayer *net) {
    OtoTensorList list = oto_layer_tensors(net);
    for (int i = 0; i < list.count; i++) {
        OtoTensor *x = list.items[i].tensor;
        if (list.items[i].buffer) continue;
        oto_seed(hash_of(list.items[i].path));
        double bound = x->shape[0] ? 1 / sqrt((double)(x->size / x->shape[0])) : 0;
        bool norm = strstr(list.items[i].path, "weight");
        for (int64_t k = 0; k < x->size; k++)
            oto_data(x)[k] = x->rank < 2 ? norm : (float)(bound * (2 * oto_uniform() - 1));
    }
}

/* The first ten steps agree to 1e-6 of the largest loss; all 50 to the tolerance. Rounding differs from PyTorch's in
 * the last bits, and where a relu bends, or where Adam divides a gradient near 0 by its own size, they decide; so
 * PyTorch differs from itself by up to 1.5e-4 (mlp), 1.9e-5 (lstm) and 3.6e-3 (unet) when its first weights are moved
 * by 1e-7.
 */
static void assert_follows(const char *name, struct model shapes, double tolerance) {
    struct model model = {};
    for (int i = 0; i < MODELS; i++)
        if (!strcmp(models[i].name, name)) model = models[i];
    memcpy(model.x, shapes.x, sizeof model.x);
    memcpy(model.y, shapes.y, sizeof model.y);
    oto_scope {
        OtoLayer *net = model.make();
        draw_weights(net);
        oto_seed(1);
        OtoTensor *x = model_x(&model), *y = model_y(&model), *curve = oto_zeros(STEPS);
        oto_seed(2);
        OtoOptimizer *adam = oto_adam(net, .lr = 1e-3);
        for (int i = 0; i < STEPS; i++) {
            oto_scope oto_step(adam, model.loss(oto_apply(net, x), y));
            oto_data(curve)[i] = (float)adam->loss;
        }
        char text[40];
        snprintf(text, sizeof text, "%s: 10 steps", name);
        assert_agrees("nn_curves50", "oto_step", text, oto_slice(curve, 0, 0, 10), 1e-6);
        snprintf(text, sizeof text, "%s: 50 steps", name);
        assert_agrees("nn_curves50", "oto_step", text, curve, tolerance);
    }
}

static void the_mlp_follows_pytorch(void **state) {
    assert_follows("mlp", (struct model){.x = {64, 40}, .y = {64}}, 5e-4);
}
static void the_cnn_follows_pytorch(void **state) {
    assert_follows("cnn", (struct model){.x = {4, 1, 32, 32}, .y = {4}}, 1e-6);
}
static void the_crnn_follows_pytorch(void **state) {
    assert_follows("crnn", (struct model){.x = {2, 8, 229}, .y = {2, 8, 88}}, 1e-5);
}
static void the_unet_follows_pytorch(void **state) {
    assert_follows("unet", (struct model){.x = {2, 1, 128, 64}, .y = {2, 1, 128, 64}}, 1e-2);
}
static void the_lstm_follows_pytorch(void **state) {
    assert_follows("lstm", (struct model){.x = {4, 12}, .y = {4, 12}}, 5e-5);
}
static void the_gpt_follows_pytorch(void **state) {
    assert_follows("gpt", (struct model){.x = {2, 24}, .y = {2, 24}}, 1e-6);
}
static void the_vae_follows_pytorch(void **state) {
    assert_follows("vae", (struct model){.x = {16, 1024}, .y = {16, 1024}}, 1e-6);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_mlp_follows_pytorch),  cmocka_unit_test(the_cnn_follows_pytorch),
        cmocka_unit_test(the_crnn_follows_pytorch), cmocka_unit_test(the_unet_follows_pytorch),
        cmocka_unit_test(the_lstm_follows_pytorch), cmocka_unit_test(the_gpt_follows_pytorch),
        cmocka_unit_test(the_vae_follows_pytorch),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
