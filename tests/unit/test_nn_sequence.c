/* CTC, embeddings, places and codes: agreement with PyTorch 2.13 (tests/golden/make_nn_sequence.py), and refusals. */
#include "golden.h"
#include "refusal.h"

#include "lib/nn/ctc.h"
#include "lib/nn/embedding.h"
#include "lib/nn/vector_quantizer.h"
#include "lib/tensor/arithmetic.h"

static const double TOLERANCE = 1e-5;

static OtoTensor *four(int a, int b, int c, int d) {
    return oto_from(((int[]){a, b, c, d}), 4);
}
static OtoTensor *labels(void) {
    return oto_from(((int[]){1, 2, 2, 5, 3, 3, 3, 3, 4, 1, 0, 0, 0, 0, 0, 0}), 4, 4);
}

static void ctc_agrees(const char *name, OtoTensor *inputs, bool zero_infinity) {
    OtoTensor *x = oto_parameter(oto_mul(golden_numbers_of(1, 4, 12, 6), 3)), *lengths = four(4, 4, 2, 0);
    OtoTensor *each =
        oto_ctc_losses(x, labels(), .input_lengths = inputs, .label_lengths = lengths, .zero_infinity = zero_infinity);
    OtoTensor *loss =
        oto_ctc_loss(x, labels(), .input_lengths = inputs, .label_lengths = lengths, .zero_infinity = zero_infinity);
    oto_backward(loss);
    char entry[100];
    snprintf(entry, sizeof entry, "%s: each", name);
    assert_agrees("nn_sequence", "oto_ctc_loss", entry, each, TOLERANCE);
    snprintf(entry, sizeof entry, "%s: mean", name);
    assert_agrees("nn_sequence", "oto_ctc_loss", entry, loss, TOLERANCE);
    snprintf(entry, sizeof entry, "%s: gradient", name);
    assert_agrees("nn_sequence", "oto_ctc_loss", entry, oto_gradient(x), TOLERANCE);
}

static void ctc_agrees_with_pytorch(void **state) {
    ctc_agrees("repeated and empty labels", four(12, 9, 5, 7), false);
    ctc_agrees("an impossible one as zero", four(12, 6, 5, 7), true);
}

static void impossible_labels_have_an_infinite_loss(void **state) {
    OtoTensor *x = oto_zeros(1, 3, 4), *three = oto_from(((int[]){1, 1, 2}), 1, 3);
    assert_true(isinf(oto_item(oto_ctc_loss(x, three))));
    assert_true(oto_item(oto_ctc_loss(x, three, .zero_infinity = true)) == 0);
}

static void logarithms_of_probabilities_are_scores_too(void **state) {
    OtoTensor *x = oto_zeros(1, 2, 4), *one = oto_from(((int[]){1}), 1, 1);
    double direct = oto_item(oto_ctc_loss(x, one)), logs = oto_item(oto_ctc_loss(oto_add(x, -log(4)), one));
    assert_float_equal(direct, -log(3.0 / 16), 1e-5); /* 1 1, 1 blank, blank 1 of 16 */
    assert_float_equal(logs, direct, 1e-6);
}

static void wrong_labels_are_refused(void **state) {
    OtoTensor *x = oto_zeros(1, 3, 4);
    assert_refused(oto_ctc_loss(x, oto_from(((int[]){1, 4}), 1, 2)),
                   "labels[0, 1] is 4, but there are the classes 0 to 3");
    assert_refused(oto_ctc_loss(x, oto_from(((int[]){1, 0}), 1, 2)), "labels[0, 1] is 0, which is the blank");
    assert_refused(oto_ctc_loss(x, oto_from(((int[]){1, 2}), 2, 1)), "labels must be int64 (batch, length)");
    assert_refused(oto_ctc_loss(x, oto_from(((int[]){1}), 1, 1), .input_lengths = oto_from(((int[]){4}), 1)),
                   "input_lengths[0] is 4, but must be in [1, 3]");
}

static void embeddings_agree_with_pytorch(void **state) {
    OtoTensor *table = oto_parameter(golden_numbers_of(2, 7, 5));
    OtoTensor *y = oto_embedding(table, oto_from(((int[]){1, 6, 1, 0, 1, 3}), 2, 3));
    oto_backward(oto_sum_all(oto_mul(y, golden_numbers_of(3, 2, 3, 5))));
    assert_agrees("nn_sequence", "oto_embedding", "y", y, 1e-7);
    assert_agrees("nn_sequence", "oto_embedding", "gradient of table", oto_gradient(table), TOLERANCE);
}

static void numbers_outside_the_vocabulary_are_refused(void **state) {
    OtoLayer *layer = oto_nn_embedding(10, 4);
    assert_refused(oto_apply(layer, oto_from(((int[]){3, 10}), 1, 2)),
                   "element 1 of x (1, 2) is 10, but the vocabulary has the numbers 0 to 9");
    assert_refused(oto_apply(layer, oto_zeros(2, 3)), "x is float32 (2, 3), but holds numbers of rows");
}

static void each_place_gets_its_sinusoids(void **state) {
    OtoTensor *y = oto_apply(oto_nn_positions(4), oto_zeros(2, 3, 4));
    assert_float_equal(oto_at(y, 1, 2, 0), sin(2), 1e-6);
    assert_float_equal(oto_at(y, 1, 2, 1), cos(2), 1e-6);
    assert_float_equal(oto_at(y, 0, 2, 2), sin(0.02), 1e-6);
    assert_refused(oto_apply(oto_nn_positions(4, .max_length = 2), oto_zeros(2, 3, 4)), "for 2 places only");
}

static void learned_places_get_a_gradient(void **state) {
    OtoLayer *layer = oto_nn_positions(4, .max_length = 5, .learned = true);
    oto_backward(oto_sum_all(oto_apply(layer, oto_zeros(2, 3, 4))));
    OtoTensor *gradient = oto_gradient(layer->tensors[0].tensor);
    assert_float_equal(oto_at(gradient, 2, 1), 2, 0);
    assert_float_equal(oto_at(gradient, 3, 1), 0, 0);
}

static void vectors_become_the_nearest_code_and_gradients_pass(void **state) {
    OtoTensor *x = oto_parameter(oto_from(((float[]){0.9f, 0, 0.1f, 1.2f}), 2, 2));
    OtoTensor *codebook = oto_parameter(oto_from(((float[]){0, 1, 1, 0, 5, 5}), 3, 2));
    OtoQuantised q = oto_quantise_vectors(x, codebook, 0.25);
    assert_int_equal(oto_int_at(q.codes, 0), 1);
    assert_int_equal(oto_int_at(q.codes, 1), 0);
    assert_float_equal(oto_at(q.y, 0, 0), 1, 1e-6);
    assert_float_equal(oto_item(q.loss), 1.25 * (0.01 + 0.01 + 0.04) / 4, 1e-6);
    assert_float_equal(oto_at(oto_grad(oto_sum_all(q.y), x), 1, 1), 1, 0);
    oto_backward(q.loss);
    assert_float_equal(oto_at(oto_gradient(codebook), 0, 1), 2 * (1 - 1.2) / 4, 1e-6);
    assert_float_equal(oto_at(oto_gradient(codebook), 2, 0), 0, 0);
    assert_float_equal(oto_at(oto_gradient(x), 1, 1), 0.25 * 2 * (1.2 - 1) / 4, 1e-6);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ctc_agrees_with_pytorch),
        cmocka_unit_test(impossible_labels_have_an_infinite_loss),
        cmocka_unit_test(logarithms_of_probabilities_are_scores_too),
        cmocka_unit_test(wrong_labels_are_refused),
        cmocka_unit_test(embeddings_agree_with_pytorch),
        cmocka_unit_test(numbers_outside_the_vocabulary_are_refused),
        cmocka_unit_test(each_place_gets_its_sinusoids),
        cmocka_unit_test(learned_places_get_a_gradient),
        cmocka_unit_test(vectors_become_the_nearest_code_and_gradients_pass),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
