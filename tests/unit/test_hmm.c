/* Hidden Markov models: agreement with librosa 0.11.0 (tests/golden/make_hmm.py), and what must hold by definition. */
#include "golden.h"
#include "refusal.h"

#include "lib/dsp/hmm.h"
#include "lib/tensor/arithmetic.h"

static void agrees(const char *function, const char *name, OtoTensor *x, double tolerance) {
    assert_agrees("hmm", function, name, x, tolerance);
}
static OtoTensor *input(const char *name) {
    return golden_tensor("hmm", name);
}

static void transitions_agree_with_librosa(void **state) {
    OtoTensor *each = input("each");
    agrees("oto_transition_uniform", "5", oto_transition_uniform(5), 1e-7);
    agrees("oto_transition_loop", "one", oto_transition_loop(5, 0.7), 1e-7);
    agrees("oto_transition_loop", "each", oto_transition_loop(5, each), 1e-7);
    agrees("oto_transition_cycle", "one", oto_transition_cycle(5, 0.7), 1e-7);
    agrees("oto_transition_cycle", "each", oto_transition_cycle(5, each), 1e-7);
    const char *f = "oto_transition_local";
    agrees(f, "odd width", oto_transition_local(12, 5), 1e-7);
    agrees(f, "even width, wrapped", oto_transition_local(12, 4, .wrap = true), 1e-7);
    agrees(f, "even width", oto_transition_local(11, 6), 1e-7);
    agrees(f, "ones", oto_transition_local(12, 7, .window = OTO_RECTANGULAR, .wrap = true), 1e-7);
    agrees(f, "each", oto_transition_local(5, 0, .widths = oto_tensor(1, 2, 3, 3, 5)), 1e-7);
}

/* The states exactly, and the logarithms of their probabilities. */
#define ASSERT_STATES(function, name, ...)                                                                             \
    do {                                                                                                               \
        double logp[6];                                                                                                \
        OtoTensor *states = function(__VA_ARGS__, .logp = logp);                                                       \
        agrees(#function, name, states, 0);                                                                            \
        OtoTensor *values = oto_from(logp, states->rank == 1 ? 1 : states->shape[0]);                                  \
        agrees(#function, name ": logp", values, 1e-6);                                                                \
    } while (0)

static void paths_are_those_of_librosa(void **state) {
    OtoTensor *prob = input("prob"), *loop = oto_transition_loop(6, 0.8);
    ASSERT_STATES(oto_viterbi, "loop", prob, loop);
    ASSERT_STATES(oto_viterbi, "dense, p_init", prob, input("dense"), .p_init = input("p6"));
    ASSERT_STATES(oto_viterbi, "local, most transitions impossible", input("many"), oto_transition_local(40, 5));
    ASSERT_STATES(oto_viterbi, "cycle", prob, oto_transition_cycle(6, 0.8));
    ASSERT_STATES(oto_viterbi, "all alike", oto_add(oto_zeros(6, 30), 0.25), loop);
}

static OtoTensor *upside_down(OtoTensor *x) {
    OtoTensor *y = oto_copy(x);
    for (int64_t i = 0; i < x->rows; i++)
        for (int64_t j = 0; j < x->cols; j++) oto_at(y, i, j) = oto_at(x, x->rows - 1 - i, j);
    return y;
}

static void channels_are_decoded_one_by_one(void **state) {
    OtoTensor *prob = input("prob"), *both = oto_stack(prob, upside_down(prob));
    ASSERT_STATES(oto_viterbi, "two channels", both, oto_transition_loop(6, 0.8));
}

static void paths_of_classifiers_are_those_of_librosa(void **state) {
    OtoTensor *prob = input("prob"), *p = input("p6");
    OtoTensor *q = oto_reshape(upside_down(oto_reshape(p, 6, 1)), 6);
    ASSERT_STATES(oto_viterbi_discriminative, "loop", prob, oto_transition_loop(6, 0.8));
    ASSERT_STATES(oto_viterbi_discriminative, "p_state, p_init", prob, input("dense"), .p_state = p, .p_init = q);
}

static void binary_paths_are_those_of_librosa(void **state) {
    OtoTensor *prob = input("prob"), *p = input("p6");
    OtoTensor *q = oto_reshape(upside_down(oto_reshape(p, 6, 1)), 6), *loops[6];
    ASSERT_STATES(oto_viterbi_binary, "one transition", oto_mul(prob, 0.8),
                  oto_transition_loop(2, oto_tensor(0.7, 0.9)));
    for (int i = 0; i < 6; i++) loops[i] = oto_transition_loop(2, 0.5 + 0.07 * i);
    ASSERT_STATES(oto_viterbi_binary, "one transition each, p_state, p_init", prob, oto_stack_all(6, loops),
                  .p_state = p, .p_init = q);
}

static void posteriors_are_those_of_the_definition(void **state) {
    double likelihood;
    OtoTensor *expected, *gamma = oto_forward_backward(input("prob"), input("dense"), .p_init = input("p6"),
                                                       .log_likelihood = &likelihood, .transitions = &expected);
    agrees("oto_forward_backward", "posterior", gamma, 1e-6);
    agrees("oto_forward_backward", "transitions", expected, 1e-6);
    assert_agrees_number("hmm", "oto_forward_backward", "log likelihood", likelihood, 1e-7);
}

/* ---- by definition ---- */

static void sparse_and_dense_transitions_give_the_same_path(void **state) {
    OtoTensor *many = input("many"), *sparse = oto_transition_local(40, 5), *dense = oto_copy(sparse);
    /* as good as impossible, but possible: the dense way is taken */
    for (int64_t i = 0; i < dense->size; i++)
        if (oto_data(dense)[i] == 0) oto_data(dense)[i] = 1e-38f;
    OtoTensor *a = oto_viterbi(many, sparse), *b = oto_viterbi(many, dense);
    assert_memory_equal(a->data, b->data, (size_t)a->size * sizeof(int64_t));
}

static void one_frame_and_one_state_are_decoded(void **state) {
    assert_int_equal(oto_int_at(oto_viterbi(oto_reshape(oto_tensor(0.1, 0.9), 2, 1), oto_transition_uniform(2)), 0), 1);
    OtoTensor *one = oto_viterbi(oto_add(oto_zeros(1, 4), 1), oto_transition_uniform(1));
    assert_int_equal(one->size, 4);
    assert_float_equal(oto_at(oto_forward_backward(oto_add(oto_zeros(1, 4), 1), oto_transition_uniform(1)), 0, 3), 1,
                       0);
}

static void posteriors_of_a_long_recording_do_not_underflow(void **state) {
    OtoTensor *prob = oto_add(oto_zeros(3, 20000), 1e-6);
    OtoTensor *gamma = oto_forward_backward(prob, oto_transition_loop(3, 0.9));
    assert_int_equal(oto_count_nan(gamma), 0);
    assert_float_equal(oto_at(gamma, 1, 10000), 1.0 / 3, 1e-6);
}

static void wrong_parameters_are_named(void **state) {
    OtoTensor *prob = input("prob"), *loop = oto_transition_loop(6, 0.8);
    assert_refused(oto_transition_uniform(0), "n_states is 0");
    assert_refused(oto_transition_loop(1, 0.5), "n_states is 1, but must lie within [2");
    assert_refused(oto_transition_loop(3, 1.5), "prob is 1.5, but must lie within [0, 1]");
    assert_refused(oto_transition_loop(3, oto_tensor(1, 0)), "one number for each of the 3 states");
    assert_refused(oto_transition_cycle(3, oto_tensor(1, 0, -1)), "has the value -1");
    assert_refused(oto_transition_local(5, 0), "width is 0");
    assert_refused(oto_transition_local(5, 6), "width is 6, but must lie within [1, 5]");
    assert_refused(oto_viterbi(prob, oto_transition_uniform(5)), "must be (from 6, to 6)");
    assert_refused(oto_viterbi(prob, oto_mul(loop, 0.5)), "row number 0 of transition (from 6, to 6) sums to 0.5");
    assert_refused(oto_viterbi(oto_mul(prob, 9), loop), "probabilities lie within [0, 1]");
    assert_refused(oto_viterbi(prob, loop, .p_init = oto_tensor(1, 0)), "p_init is (2)");
    assert_refused(oto_viterbi(prob, loop, .p_init = oto_tensor(1, 1, 0, 0, 0, 0)), "p_init (6) sums to 2");
    assert_refused(oto_viterbi(oto_zeros(6, 0), loop), "not empty");
    assert_refused(oto_viterbi_discriminative(oto_mul(prob, 0.5), loop), "column number 0 of prob (6, 80) sums to 0.5");
    assert_refused(oto_viterbi_binary(prob, loop), "must be (2, 2) or (label 6, 2, 2)");
    assert_refused(oto_viterbi_binary(prob, oto_transition_uniform(2), .p_state = oto_tensor(1)), "p_state is (1)");
    assert_refused(oto_forward_backward(oto_zeros(6, 3), loop), "the observations are impossible");
    assert_refused(oto_forward_backward(prob, oto_zeros(2, 2)), "transition is (2, 2)");
    assert_refused(oto_forward_backward(oto_mul(prob, NAN), loop), "has the value nan");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(transitions_agree_with_librosa),
        cmocka_unit_test(paths_are_those_of_librosa),
        cmocka_unit_test(channels_are_decoded_one_by_one),
        cmocka_unit_test(paths_of_classifiers_are_those_of_librosa),
        cmocka_unit_test(binary_paths_are_those_of_librosa),
        cmocka_unit_test(posteriors_are_those_of_the_definition),
        cmocka_unit_test(sparse_and_dense_transitions_give_the_same_path),
        cmocka_unit_test(one_frame_and_one_state_are_decoded),
        cmocka_unit_test(posteriors_of_a_long_recording_do_not_underflow),
        cmocka_unit_test(wrong_parameters_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
