/* Vector quantisation: agreement with PyTorch 2.13 (tests/golden/make_nn_quantizer.py), codes that come to life. */
#include "golden.h"
#include "refusal.h"

#include "lib/oto.h"

static const char topic[] = "nn_quantizer", function[] = "oto_nn_vector_quantizer";
enum { CODES = 6, FEATURES = 4 };

static void a_learned_codebook_agrees_with_pytorch(void **state) {
    OtoLayer *layer = oto_nn_vector_quantizer(CODES, FEATURES, .decay = 0);
    golden_fill(oto_layer_tensor(layer, "weight"), 2);
    OtoTensor *x = oto_parameter(golden_numbers_of(1, 3, 7, FEATURES));
    OtoQuantised q = oto_apply_quantizer(layer, x);
    oto_backward(oto_add(oto_sum_all(oto_mul(q.y, golden_numbers_of(3, 3, 7, FEATURES))), q.loss));
    assert_agrees(topic, function, "learned: y", q.y, 1e-6);
    assert_agrees(topic, function, "learned: loss", q.loss, 1e-6);
    assert_agrees(topic, function, "learned: gradient of x", oto_gradient(x), 1e-5);
    assert_agrees(topic, function, "learned: gradient of weight", oto_gradient(oto_layer_tensor(layer, "weight")),
                  1e-5);
}

static void running_means_agree_with_pytorch(void **state) {
    OtoLayer *layer = oto_nn_vector_quantizer(CODES, FEATURES, .decay = 0.9, .revive = 0);
    float *weight = golden_fill(oto_layer_tensor(layer, "weight"), 2)->data;
    float *usage = oto_layer_tensor(layer, "usage")->data, *sums = oto_layer_tensor(layer, "sums")->data;
    for (int i = 0; i < CODES; i++) usage[i] = 3;
    for (int i = 0; i < CODES * FEATURES; i++) sums[i] = 3 * weight[i];
    OtoQuantised q = {};
    for (int step = 0; step < 3; step++)
        q = oto_apply_quantizer(layer, golden_numbers_of(10 + (uint32_t)step, 3, 7, FEATURES));
    assert_agrees(topic, function, "running means: weight", oto_layer_tensor(layer, "weight"), 1e-5);
    assert_agrees(topic, function, "running means: usage", oto_layer_tensor(layer, "usage"), 1e-6);
    assert_agrees(topic, function, "running means: loss of the last", q.loss, 1e-5);
}

/* Whether some row of x is v. */
static bool among(OtoTensor *x, const float *v) {
    for (int64_t i = 0; i < x->rows; i++)
        if (!memcmp(oto_data(x) + i * x->cols, v, (size_t)x->cols * sizeof *v)) return true;
    return false;
}

static void a_new_codebook_begins_with_vectors_of_the_first_batch(void **state) {
    OtoLayer *layer = oto_nn_vector_quantizer(CODES, FEATURES);
    OtoTensor *x = oto_add(golden_numbers_of(1, 5, 9, FEATURES), 100);
    OtoQuantised q = oto_apply_quantizer(layer, x);
    for (int64_t i = 0; i < q.y->rows; i++) {
        float rounded[FEATURES]; /* y = x + (code - x) */
        const float *y = oto_data(q.y) + i * FEATURES;
        OtoTensor *near = oto_sub(x, oto_from(y, FEATURES));
        for (int j = 0; j < FEATURES; j++) rounded[j] = 0;
        OtoTensor *small = oto_mul(near, oto_greater(oto_abs(near), 1e-4));
        assert_true(among(small, rounded));
    }
    assert_true(q.perplexity > 2 && q.perplexity <= CODES);
}

static void a_code_that_nobody_is_near_to_is_revived(void **state) {
    OtoLayer *layer = oto_nn_vector_quantizer(2, 1, .decay = 0.5, .revive = 0.1);
    float *weight = oto_layer_tensor(layer, "weight")->data, *usage = oto_layer_tensor(layer, "usage")->data;
    float *sums = oto_layer_tensor(layer, "sums")->data;
    for (int k = 0; k < 2; k++) {
        weight[k] = k ? 50 : 0;
        usage[k] = 2;
        sums[k] = 2 * weight[k];
    }
    OtoTensor *x = oto_reshape(oto_tensor(-1, -1, 1, 1), 4, 1);
    int steps = 0;
    while (weight[1] > 25 && steps++ < 20) oto_apply_quantizer(layer, x);
    assert_true(steps > 2 && steps < 10);
    for (int i = 0; i < 20; i++) oto_apply_quantizer(layer, x);
    OtoQuantised q = oto_apply_quantizer(layer, x);
    assert_float_equal(fabs((double)weight[1]), 1, 0.5);
    assert_true(q.perplexity <= 2);
}

static void in_evaluation_nothing_is_learned(void **state) {
    OtoLayer *layer = oto_nn_vector_quantizer(CODES, FEATURES);
    OtoTensor *x = golden_numbers_of(1, 5, 9, FEATURES), *weight = oto_layer_tensor(layer, "weight");
    oto_apply_quantizer(layer, x);
    OtoTensor *before = oto_copy(weight);
    oto_evaluate(layer);
    OtoQuantised q = oto_apply_quantizer(layer, x);
    assert_memory_equal(before->data, weight->data, (size_t)weight->size * sizeof(float));
    OtoTensor *y = oto_apply(layer, x), *vectors = oto_quantizer_vectors(layer, q.codes);
    for (int64_t i = 0; i < y->size; i++) {
        assert_float_equal(oto_data(y)[i], oto_data(vectors)[i], 1e-5);
        assert_float_equal(oto_data(y)[i], oto_data(q.y)[i], 0);
    }
}

static void what_would_go_wrong_is_refused(void **state) {
    OtoLayer *layer = oto_nn_vector_quantizer(CODES, FEATURES);
    assert_refused(oto_apply(layer, oto_parameter(oto_zeros(2, FEATURES))), "its loss would be lost");
    assert_refused(oto_apply_quantizer(layer, oto_zeros(2, FEATURES, 8)), "oto_permute puts channels last");
    assert_refused(oto_nn_vector_quantizer(CODES, FEATURES, .decay = 1), "decay is 1");
    assert_refused(oto_quantizer_vectors(layer, oto_from(((int[]){6}), 1)), "the numbers 0 to 5");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_learned_codebook_agrees_with_pytorch),
        cmocka_unit_test(running_means_agree_with_pytorch),
        cmocka_unit_test(a_new_codebook_begins_with_vectors_of_the_first_batch),
        cmocka_unit_test(a_code_that_nobody_is_near_to_is_revived),
        cmocka_unit_test(in_evaluation_nothing_is_learned),
        cmocka_unit_test(what_would_go_wrong_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
