/* Draws, and sequences that a net continues. */
#include "golden.h"
#include "refusal.h"
#include "weights.h"

#include "lib/oto.h"

enum { DRAWS = 4000 };

/* How often each class of these logits is drawn. */
static void count_draws(OtoTensor *logits, OtoSampleOptions options, int counts[]) {
    for (int i = 0; i < DRAWS; i++) oto_scope counts[oto_int_at((oto_sample)(logits, options), 0)]++;
}

static OtoTensor *four_logits(void) { /* probabilities 0.1, 0.2, 0.3, 0.4 */
    return oto_add(oto_log(oto_reshape(oto_tensor(1, 2, 3, 4), 1, 4)), 5);
}

static void draws_are_as_likely_as_softmax_says(void **state) {
    int counts[4] = {};
    oto_seed(1);
    count_draws(four_logits(), (OtoSampleOptions){.temperature = 1, .top_p = 1}, counts);
    for (int i = 0; i < 4; i++) assert_float_equal(counts[i], DRAWS * (i + 1) / 10.0, 100);
}

static void a_low_temperature_prefers_the_likely(void **state) {
    int counts[4] = {};
    count_draws(four_logits(), (OtoSampleOptions){.temperature = 0.5, .top_p = 1}, counts); /* squares: 1, 4, 9, 16 */
    for (int i = 0; i < 4; i++) assert_float_equal(counts[i], DRAWS * (i + 1) * (i + 1) / 30.0, 120);
    assert_int_equal(oto_int_at(oto_sample(four_logits(), .temperature = 0), 0), 3);
}

static void only_the_k_likeliest_are_drawn(void **state) {
    int counts[4] = {};
    count_draws(four_logits(), (OtoSampleOptions){.temperature = 1, .top_k = 2, .top_p = 1}, counts);
    assert_int_equal(counts[0] + counts[1], 0);
    assert_float_equal(counts[3], DRAWS * 4 / 7.0, 120);
}

static void only_the_nucleus_is_drawn(void **state) {
    int counts[4] = {};
    count_draws(four_logits(), (OtoSampleOptions){.temperature = 1, .top_p = 0.75}, counts);
    assert_int_equal(counts[0], 0);
    assert_true(counts[1] > 0 && counts[2] > 0);
    int best[4] = {};
    count_draws(four_logits(), (OtoSampleOptions){.temperature = 1, .top_p = 0.1}, best);
    assert_int_equal(best[3], DRAWS);
}

static OtoLayer *small_net(void) {
    OtoLayer *net = oto_sequential(oto_nn_embedding(7, 8), oto_nn_positions(8, .max_length = 20),
                                   oto_nn_transformer_block(8, 2, .feed_forward = 12, .causal = true), oto_nn_gru(8, 6),
                                   oto_nn_linear(6, 7));
    fill_weights(net);
    return net;
}

static OtoTensor *prompt(void) {
    return oto_from(((int[]){1, 2, 3, 4, 5, 6}), 2, 3);
}

static void the_likeliest_continuation_is_that_of_the_whole_each_time(void **state) {
    OtoLayer *net = small_net();
    OtoTensor *y = oto_generate(net, prompt(), 6, .temperature = 0), *whole = prompt();
    for (int i = 0; i < 6; i++) {
        OtoTensor *logits = NULL;
        oto_evaluating(net) logits = oto_apply(net, whole);
        OtoTensor *last = oto_reshape(oto_slice(logits, 1, -1, OTO_END), 2, 7);
        whole = oto_cat(1, whole, oto_reshape(oto_sample(last, .temperature = 0), 2, 1));
    }
    assert_int_equal(y->cols, 9);
    assert_memory_equal(y->data, whole->data, (size_t)y->size * sizeof(int64_t));
    assert_true(net->training);
}

static void a_seed_gives_the_same_sequence(void **state) {
    OtoLayer *net = small_net();
    OtoTensor *y[3];
    for (int i = 0; i < 3; i++) {
        oto_seed(i < 2 ? 5 : 6);
        y[i] = oto_generate(net, prompt(), 17);
    }
    assert_memory_equal(y[0]->data, y[1]->data, (size_t)y[0]->size * sizeof(int64_t));
    assert_memory_not_equal(y[0]->data, y[2]->data, (size_t)y[0]->size * sizeof(int64_t));
}

/* Says always that the number after x comes next. */
typedef struct Counter {
    int classes;
} Counter;
static OtoTensor *count_on(OtoLayer *layer, OtoTensor *x) {
    OtoTensor *y = oto_zeros(x->shape[0], x->shape[1], oto_self(layer, Counter)->classes);
    for (int64_t i = 0; i < x->size; i++) oto_data(y)[i * y->cols + (oto_int_data(x)[i] + 1) % y->cols] = 50;
    return y;
}

static void a_sequence_that_is_over_is_filled_up(void **state) {
    OtoLayer *net = oto_layer(Counter, count_on, .classes = 10);
    OtoTensor *y = oto_generate(net, oto_from(((int[]){0, 3}), 2, 1), 100, .end = 5);
    const int64_t expected[] = {0, 1, 2, 3, 4, 5, 3, 4, 5, 5, 5, 5};
    assert_int_equal(y->cols, 6);
    assert_memory_equal(y->data, expected, sizeof expected);
}

static void what_cannot_be_continued_is_refused(void **state) {
    OtoLayer *net = small_net();
    assert_refused(oto_generate(net, oto_zeros(2, 3), 4), "prompt is float32 (2, 3), but must be int64 (batch, time)");
    assert_refused(oto_generate(net, prompt(), 30), "there are vectors for 20 places only");
    assert_refused(oto_generate(oto_nn_embedding(7, 8), prompt(), 4, .temperature = -1), "temperature is -1");
    assert_refused(oto_generate(oto_sequential(oto_nn_embedding(7, 8), oto_nn_flatten()), prompt(), 4),
                   "(flatten) looks at other time steps too");
    assert_refused(oto_generate(oto_sequential(oto_nn_embedding(7, 8), oto_nn_linear(9, 7)), prompt(), 4),
                   "net.1 (linear): oto_linear: x is (2, 3, 8)");
    assert_refused(oto_sample(oto_zeros(3)), "logits is (3), but must be (batch, classes)");
    assert_refused(oto_sample(oto_div(oto_zeros(2, 3), 0)), "logits have NaN in row 0");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(draws_are_as_likely_as_softmax_says),
        cmocka_unit_test(a_low_temperature_prefers_the_likely),
        cmocka_unit_test(only_the_k_likeliest_are_drawn),
        cmocka_unit_test(only_the_nucleus_is_drawn),
        cmocka_unit_test(the_likeliest_continuation_is_that_of_the_whole_each_time),
        cmocka_unit_test(a_seed_gives_the_same_sequence),
        cmocka_unit_test(a_sequence_that_is_over_is_filled_up),
        cmocka_unit_test(what_cannot_be_continued_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
