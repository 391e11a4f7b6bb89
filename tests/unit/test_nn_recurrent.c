/* RNN, GRU, LSTM: agreement with PyTorch 2.13 (tests/golden/make_nn_recurrent.py), states, threads, refusals. */
#include "golden.h"
#include "refusal.h"

#include "lib/nn/recurrent.h"
#include "lib/tensor/arithmetic.h"
#include "lib/tensor/parallel.h"

enum { BATCH = 3, TIME = 5, FEATURES = 6, HIDDEN = 10 };
static const double TOLERANCE = 1e-5;

static OtoTensor *drawn(uint32_t seed, OtoTensor *like) {
    return oto_mul(golden_fill(oto_like(like, OTO_FLOAT32, NULL), seed), 0.5);
}

static OtoTensor *weighted(uint32_t seed, OtoTensor *y) {
    return oto_sum_all(oto_mul(y, drawn(seed, y)));
}

static void fill_parameters(OtoLayer *layer) {
    for (int i = 0; i < layer->tensor_count; i++) {
        OtoTensor *from = drawn((uint32_t)i, layer->tensors[i].tensor);
        memcpy(layer->tensors[i].tensor->data, from->data, (size_t)from->size * sizeof(float));
    }
}

static void agrees(const char *function, const char *name, const char *what, OtoTensor *x) {
    char entry[200];
    snprintf(entry, sizeof entry, "%s: %s", name, what);
    assert_agrees("nn_recurrent", function, entry, x, TOLERANCE);
}

static void layer_agrees(const char *function, const char *name, OtoLayer *layer, int rows, bool with_state) {
    fill_parameters(layer);
    OtoTensor *x = oto_parameter(drawn(100, oto_zeros(BATCH, TIME, FEATURES)));
    OtoTensor *h0 = oto_parameter(drawn(101, oto_zeros(rows, BATCH, HIDDEN)));
    OtoTensor *c0 = oto_parameter(drawn(102, oto_zeros(rows, BATCH, HIDDEN)));
    bool has_c = strstr(function, "lstm");
    OtoState state = {};
    if (with_state) state = (OtoState){.h = h0, .c = has_c ? c0 : NULL};
    OtoTensor *y = oto_apply_state(layer, x, &state);
    OtoTensor *loss = oto_add(weighted(103, y), weighted(104, state.h));
    if (has_c) loss = oto_add(loss, weighted(105, state.c));
    oto_backward(loss);
    agrees(function, name, "y", y);
    agrees(function, name, "h", state.h);
    if (has_c) agrees(function, name, "c", state.c);
    agrees(function, name, "gradient of x", oto_gradient(x));
    if (with_state) agrees(function, name, "gradient of h0", oto_gradient(h0));
    if (with_state && has_c) agrees(function, name, "gradient of c0", oto_gradient(c0));
    for (int i = 0; i < layer->tensor_count; i++) {
        char what[100];
        snprintf(what, sizeof what, "gradient of %s", layer->tensors[i].name);
        agrees(function, name, what, oto_gradient(layer->tensors[i].tensor));
    }
}

static void lstms_agree_with_pytorch(void **state) {
    layer_agrees("oto_nn_lstm", "one layer", oto_nn_lstm(FEATURES, HIDDEN), 1, false);
    layer_agrees("oto_nn_lstm", "two layers, both directions",
                 oto_nn_lstm(FEATURES, HIDDEN, .num_layers = 2, .bidirectional = true), 4, true);
    layer_agrees("oto_nn_lstm", "no bias", oto_nn_lstm(FEATURES, HIDDEN, .no_bias = true), 1, false);
}

static void grus_agree_with_pytorch(void **state) {
    layer_agrees("oto_nn_gru", "one layer", oto_nn_gru(FEATURES, HIDDEN), 1, false);
    layer_agrees("oto_nn_gru", "two layers, both directions",
                 oto_nn_gru(FEATURES, HIDDEN, .num_layers = 2, .bidirectional = true), 4, true);
}

static void rnns_agree_with_pytorch(void **state) {
    layer_agrees("oto_nn_rnn", "two layers, both directions",
                 oto_nn_rnn(FEATURES, HIDDEN, .num_layers = 2, .bidirectional = true), 4, true);
    layer_agrees("oto_nn_rnn", "relu", oto_nn_rnn(FEATURES, HIDDEN, .relu = true), 1, true);
}

static double largest_difference(OtoTensor *a, OtoTensor *b) {
    double largest = 0;
    for (int64_t i = 0; i < a->size; i++)
        largest = fmax(largest, fabs((double)((float *)a->data)[i] - (double)((float *)b->data)[i]));
    return largest;
}

static void a_sequence_in_two_parts_is_the_whole(void **state) {
    OtoLayer *lstm = oto_nn_lstm(FEATURES, HIDDEN, .num_layers = 2);
    OtoTensor *x = drawn(1, oto_zeros(BATCH, TIME, FEATURES)), *whole = oto_apply(lstm, x);
    OtoState memory = {};
    OtoTensor *first = oto_apply_state(lstm, oto_slice(x, 1, 0, 2), &memory);
    OtoTensor *second = oto_apply_state(lstm, oto_slice(x, 1, 2, TIME), &memory);
    assert_true(largest_difference(whole, oto_cat(1, first, second)) < 1e-6);
}

static void a_cell_is_one_step_of_the_layer(void **state) {
    OtoLayer *gru = oto_nn_gru(FEATURES, HIDDEN);
    OtoTensor *x = drawn(1, oto_zeros(BATCH, TIME, FEATURES)), *whole = oto_apply(gru, x), *h = NULL;
    OtoState memory = {};
    for (int t = 0; t < TIME; t++)
        h = oto_apply_cell(gru, oto_reshape(oto_slice(x, 1, t, t + 1), BATCH, FEATURES), &memory);
    assert_true(largest_difference(oto_reshape(oto_slice(whole, 1, TIME - 1, TIME), BATCH, HIDDEN), h) < 1e-6);
}

static OtoTensor *weight_gradient(OtoLayer *layer, OtoTensor *x) {
    oto_zero_gradient(layer->tensors[1].tensor);
    oto_backward(weighted(7, oto_apply(layer, x)));
    return oto_gradient(layer->tensors[1].tensor);
}

static void threads_do_not_show_in_the_bits(void **state) {
    OtoLayer *lstm = oto_nn_lstm(40, 48, .bidirectional = true);
    OtoTensor *x = drawn(1, oto_zeros(19, 30, 40));
    int before = oto_set_threads(1);
    OtoTensor *one = weight_gradient(lstm, x);
    oto_set_threads(2);
    OtoTensor *two = weight_gradient(lstm, x);
    oto_set_threads(before);
    assert_memory_equal(one->data, two->data, (size_t)one->size * sizeof(float));
}

static void dropout_acts_between_layers_in_training(void **state) {
    OtoLayer *plain = oto_nn_lstm(FEATURES, HIDDEN, .num_layers = 2);
    OtoLayer *all = oto_nn_lstm(FEATURES, HIDDEN, .num_layers = 2, .dropout = 1);
    fill_parameters(plain);
    fill_parameters(all);
    OtoTensor *x = drawn(1, oto_zeros(BATCH, TIME, FEATURES)), *other = drawn(2, x), *y = oto_apply(plain, x);
    size_t size = (size_t)y->size * sizeof(float);
    assert_memory_equal(oto_apply(all, x)->data, oto_apply(all, other)->data, size); /* nothing of x comes through */
    assert_memory_not_equal(oto_apply(all, x)->data, y->data, size);
    oto_evaluate(all);
    assert_memory_equal(oto_apply(all, x)->data, y->data, size);
    assert_refused(oto_nn_gru(FEATURES, HIDDEN, .dropout = 0.5), "dropout acts between layers, and there is one");
}

static void wrong_sequences_are_refused(void **state) {
    OtoLayer *lstm = oto_nn_lstm(FEATURES, HIDDEN);
    assert_refused(oto_apply(lstm, oto_zeros(2, 7, 5)),
                   "x is (2, 7, 5), that is 5 features a time step, but the layer was made for 6, its w_ih is (40, 6)");
    assert_refused(oto_apply(lstm, oto_zeros(2, FEATURES, 7)), "are these the features? then oto_permute(x, 0, 2, 1)");
    assert_refused(oto_apply(lstm, oto_zeros(7, FEATURES)), "for one sequence, oto_reshape(x, 1, 7, 6)");
    assert_refused(oto_apply(lstm, oto_zeros(2, 0, FEATURES)), "there is no time step in it");
    assert_refused(oto_apply(lstm, oto_name_axis(oto_zeros(7, 2, FEATURES), 0, "time")),
                   "time comes first, but must come second");
}

static void wrong_states_are_refused(void **state) {
    OtoLayer *lstm = oto_nn_lstm(FEATURES, HIDDEN, .num_layers = 2);
    OtoState memory = {.h = oto_zeros(1, 3, HIDDEN)};
    OtoTensor *x = oto_zeros(3, 4, FEATURES);
    assert_refused(oto_apply_state(lstm, x, &memory),
                   "state.h is (1, 3, 10), but must be (layers * directions 2, batch 3");
    assert_refused(oto_apply_state(lstm, x, NULL), "state is NULL; begin with OtoState state = {};");
    assert_refused(oto_nn_lstm(6, 0), "hidden");
}

static void second_derivatives_are_refused(void **state) {
    OtoLayer *lstm = oto_nn_lstm(FEATURES, HIDDEN);
    OtoTensor *x = oto_parameter(oto_zeros(2, 3, FEATURES));
    assert_refused(oto_grad(oto_sum_all(oto_apply(lstm, x)), x, .again = true),
                   "the gradient of oto_lstm cannot be differentiated again");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lstms_agree_with_pytorch),
        cmocka_unit_test(grus_agree_with_pytorch),
        cmocka_unit_test(rnns_agree_with_pytorch),
        cmocka_unit_test(a_sequence_in_two_parts_is_the_whole),
        cmocka_unit_test(a_cell_is_one_step_of_the_layer),
        cmocka_unit_test(threads_do_not_show_in_the_bits),
        cmocka_unit_test(wrong_sequences_are_refused),
        cmocka_unit_test(wrong_states_are_refused),
        cmocka_unit_test(dropout_acts_between_layers_in_training),
        cmocka_unit_test(second_derivatives_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
