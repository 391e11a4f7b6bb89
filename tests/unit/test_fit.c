/* Trainings from beginning to end: oto_fit, and evaluation. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "interrupt.h"
#include "lib/oto.h"
#include "refusal.h"
#include "same_numbers.h"

enum { EXAMPLES = 60, FEATURES = 4 };

/* Two clouds that overlap a little; each pair of neighbours is a group. */
static OtoExamples clouds(uint64_t seed, int64_t first_group) {
    OtoTensor *x = oto_zeros(EXAMPLES, FEATURES), *y = oto_zeros_of(OTO_INT64, 1, (long long[]){EXAMPLES}),
              *groups = oto_zeros_of(OTO_INT64, 1, (long long[]){EXAMPLES});
    oto_seed(seed);
    for (int64_t i = 0; i < EXAMPLES; i++) {
        oto_int_at(y, i) = i % 2;
        oto_int_at(groups, i) = first_group + i / 2;
        for (int64_t k = 0; k < FEATURES; k++) oto_at(x, i, k) = (float)(oto_normal() + (double)(i % 2) * 1.5);
    }
    oto_seed(7);
    return oto_examples(x, y, .groups = groups);
}

static OtoLayer *net_of(uint64_t seed) {
    oto_seed(seed);
    OtoLayer *net =
        oto_sequential(oto_nn_linear(FEATURES, 8), oto_nn_batch_norm1d(8), oto_nn_relu(), oto_nn_linear(8, 2));
    oto_seed(7);
    return net;
}

static void a_training_learns_and_keeps_its_best_epoch(void **state) {
    OtoExamples train = clouds(1, 0), valid = clouds(2, 100);
    OtoLayer *net = net_of(3);
    OtoFit *fit = oto_fit(net, train, .validate = valid, .loss = oto_cross_entropy, .metric = oto_accuracy,
                          .epochs = 12, .batch_size = 16, .lr = 0.02, .quiet = true);
    assert_int_equal(fit->epochs, 12);
    assert_int_equal(fit->steps, 48);
    assert_string_equal(fit->stopped, "all 12 epochs are made");
    assert_true(fit->history[11].loss < fit->history[0].loss);
    for (int i = 0; i < 12; i++) assert_true(fit->history[i].metric <= fit->best.metric);
    OtoEvaluation now = oto_evaluation(net, valid, .loss = oto_cross_entropy, .metric = oto_accuracy);
    assert_float_equal(now.loss, fit->best.validation, 1e-5);
    assert_float_equal(now.metric, fit->best.metric, 0);
    assert_true(net->training && net->children[1]->training);
}

static void it_ends_when_nothing_gets_better(void **state) {
    OtoFit *fit = oto_fit(net_of(3), clouds(1, 0), .validate = clouds(2, 100), .loss = oto_cross_entropy, .epochs = 500,
                          .patience = 3, .lr = 0.05, .quiet = true);
    assert_int_equal(fit->epochs, fit->best_epoch + 3);
    assert_string_equal(fit->stopped, "3 epochs in a row brought nothing better (.patience)");
    assert_true(fit->restored);
}

static void it_ends_in_time(void **state) {
    OtoFit *fit = oto_fit(net_of(3), clouds(1, 0), .loss = oto_cross_entropy, .epochs = 1000000, .max_seconds = 0.05,
                          .quiet = true);
    assert_string_equal(fit->stopped, "0.05 s are over (.max_seconds)");
    assert_true(fit->steps > 0);
}

static void the_same_seed_is_the_same_training_with_any_number_of_threads(void **state) {
    OtoLayer *nets[2];
    for (int i = 0; i < 2; i++) {
        int before = oto_set_threads(i + 1);
        OtoExamples train = clouds(1, 0);
        nets[i] = net_of(3);
        oto_fit(nets[i], train, .loss = oto_cross_entropy, .epochs = 3, .quiet = true);
        oto_set_threads(before);
    }
    assert_same_numbers(nets[0], nets[1]);
}

static void validation_does_not_change_what_is_learned(void **state) {
    OtoLayer *nets[2];
    for (int i = 0; i < 2; i++) {
        OtoExamples train = clouds(1, 0), valid = i ? clouds(2, 100) : (OtoExamples){};
        nets[i] = net_of(3);
        oto_fit(nets[i], train, .validate = valid, .loss = oto_cross_entropy, .epochs = 3, .restore_best = false,
                .quiet = true);
    }
    assert_same_numbers(nets[0], nets[1]);
}

static void several_batches_can_make_one_step(void **state) {
    OtoLayer *nets[2];
    for (int i = 0; i < 2; i++) {
        OtoExamples train = clouds(1, 0);
        oto_seed(3);
        nets[i] = oto_sequential(oto_nn_linear(FEATURES, 2));
        oto_seed(7);
        OtoFit *fit = oto_fit(nets[i], train, .loss = oto_cross_entropy, .epochs = 4, .batch_size = i ? 10 : 20,
                              .accumulate = i ? 2 : 1, .quiet = true);
        assert_int_equal(fit->steps, 12);
    }
    OtoTensor *a = oto_layer_tensor(nets[0], "0.weight"), *b = oto_layer_tensor(nets[1], "0.weight");
    for (int64_t i = 0; i < a->size; i++) assert_float_equal(((float *)a->data)[i], ((float *)b->data)[i], 1e-5);
}

struct interrupted {
    OtoLayer *net;
    OtoExamples train, valid;
};
/* A training that may be interrupted: what stumbles over what an interrupt has left out ends it too, as in a host. */
static void train_interrupted(void *context) {
    struct interrupted *i = context;
    oto_fit(i->net, i->train, .validate = i->valid, .loss = oto_cross_entropy, .epochs = 4, .batch_size = 16,
            .quiet = true);
}

static void an_interrupted_training_goes_on_as_if_nothing_had_been(void **state) {
    OtoExamples train = clouds(1, 0), valid = clouds(2, 100);
    OtoLayer *whole = net_of(3);
    OtoFit *fit = oto_fit(whole, train, .validate = valid, .loss = oto_cross_entropy, .epochs = 4, .batch_size = 16,
                          .quiet = true);
    for (int questions = 1; questions < 2000; questions = questions * 3 / 2 + 1) {
        OtoLayer *net = net_of(3);
        interrupt_after(questions);
        char *refusal = oto_refusal_of(train_interrupted, &(struct interrupted){net, train, valid});
        bool interrupted = oto_interrupt_pending();
        interrupt_never();
        assert_true(!refusal || interrupted);
        free(refusal);
        oto_left_by_jump();
        if (!interrupted) break;
        oto_seed(99); /* whatever else was drawn meanwhile */
        OtoFit *rest = oto_fit(net, train, .validate = valid, .loss = oto_cross_entropy, .epochs = 4, .batch_size = 16,
                               .quiet = true, .resume = true);
        assert_int_equal(rest->steps, 16);
        assert_int_equal(rest->epochs, 4);
        assert_int_equal(rest->best_epoch, fit->best_epoch);
        for (int i = 0; i < 4; i++) assert_true(rest->history[i].loss == fit->history[i].loss);
        assert_same_numbers(net, whole);
    }
}

static void a_training_that_has_ended_goes_on_with_more_epochs(void **state) {
    OtoExamples train = clouds(1, 0), valid = clouds(2, 100);
    OtoLayer *nets[2] = {net_of(3), net_of(3)};
    oto_seed(7);
    oto_fit(nets[0], train, .validate = valid, .loss = oto_cross_entropy, .epochs = 30, .lr = 0.1, .quiet = true);
    oto_seed(7);
    oto_fit(nets[1], train, .validate = valid, .loss = oto_cross_entropy, .epochs = 20, .lr = 0.1, .quiet = true);
    OtoFit *fit = oto_fit(nets[1], train, .validate = valid, .loss = oto_cross_entropy, .epochs = 30, .lr = 0.1,
                          .quiet = true, .resume = true);
    assert_int_equal(fit->epochs, 30);
    assert_same_numbers(nets[0], nets[1]);
}

/* The first batch is the rehearsal's, the second the first that is learned from. */
static int calls;
static OtoTensor *refuses_later(OtoTensor *output, OtoTensor *targets) {
    if (++calls == 2) oto_refuse("my_loss", "enough");
    return oto_cross_entropy(output, targets);
}

static void a_refusal_in_the_middle_puts_modes_and_buffers_back(void **state) {
    OtoExamples train = clouds(1, 0);
    OtoLayer *net = net_of(3), *twin = net_of(3);
    oto_evaluate(net->children[3]);
    calls = 0;
    oto_scope assert_refused(oto_fit(net, train, .loss = refuses_later, .quiet = true), "my_loss: enough");
    assert_int_equal(calls, 2);
    assert_true(net->training && net->children[1]->training && !net->children[3]->training);
    assert_same_numbers(net, twin);
}

static OtoTensor *jitter(OtoTensor *x) {
    return oto_add(x, oto_normal());
}

static void one_batch_can_be_learned_by_heart(void **state) {
    OtoFit *fit = oto_fit(net_of(3), clouds(1, 0), .loss = oto_cross_entropy, .overfit_batches = 1, .batch_size = 8,
                          .augment = jitter, .epochs = 300, .lr = 0.05, .quiet = true);
    assert_int_equal(fit->steps, 300);
    assert_true(fit->history[299].loss < 0.01);
}

static void a_dry_run_changes_nothing_and_says_the_shapes(void **state) {
    OtoExamples train = clouds(1, 0), valid = clouds(2, 100);
    OtoLayer *net = net_of(3), *twin = net_of(3);
    OtoRandom before = oto_random_now();
    OtoFit *fit =
        oto_fit(net, train, .validate = valid, .loss = oto_cross_entropy, .metric = oto_accuracy, .dry_run = true);
    assert_non_null(strstr(fit->stopped, "dry run: x (batch 28, 4) gives (batch 28, 2), loss "));
    assert_non_null(strstr(fit->stopped, "; validation: loss "));
    assert_non_null(strstr(fit->stopped, ", accuracy"));
    assert_int_equal(fit->steps, 0);
    OtoRandom after = oto_random_now();
    assert_memory_equal(&before, &after, sizeof before);
    assert_same_numbers(net, twin);
}

static double needs_three_columns(OtoTensor *targets, OtoTensor *outputs) {
    if (outputs->shape[1] != 3) oto_refuse("my_metric", "not three");
    return 0;
}

static void mistakes_are_said_before_anything_is_learned(void **state) {
    OtoExamples train = clouds(1, 0), valid = clouds(2, 100);
    OtoLayer *net = net_of(3), *twin = net_of(3);
    oto_scope assert_refused(oto_fit(net, train), "say what shall become smaller: .loss = oto_cross_entropy");
    oto_scope assert_refused(oto_fit(net, train, .loss = oto_mse_loss, .quiet = true), "oto_mse_loss");
    oto_scope assert_refused(oto_fit(net, train, .loss = oto_cross_entropy, .metric = oto_accuracy), "give .validate");
    oto_scope assert_refused(oto_fit(net, train, .loss = oto_cross_entropy, .validate = train), "those to learn from");
    oto_scope assert_refused(oto_fit(net, train, .loss = oto_cross_entropy, .validate = clouds(2, 10)),
                             "group 10 stands on both sides");
    oto_scope assert_refused(
        oto_fit(net, train, .loss = oto_cross_entropy, .validate = valid, .metric = needs_three_columns),
        "my_metric: not three");
    oto_scope assert_refused(oto_fit(net, train, .loss = oto_cross_entropy, .batch_size = 59, .quiet = true),
                             "oto_batch_norm");
    oto_scope assert_refused(
        oto_fit(net, oto_examples(oto_zeros(4, 3), oto_zeros(4)), .loss = oto_cross_entropy, .quiet = true),
        "net.0 (linear)");
    assert_same_numbers(net, twin);
}

static void a_nan_names_its_operation_and_step(void **state) {
    OtoExamples train = clouds(1, 0);
    oto_at(train.x, 11, 2) = NAN;
    oto_scope assert_refused(oto_fit(oto_sequential(oto_nn_linear(FEATURES, 2)), train, .loss = oto_cross_entropy,
                                     .batch_size = 60, .quiet = true),
                             "oto_fit: the loss is NaN in step 1: the data that goes into oto_linear holds NaN");
}

static OtoTensor *reconstruction(OtoLayer *net, OtoTensor *x, OtoTensor *y) {
    assert_null(y);
    return oto_mse_loss(oto_apply(net, x), x);
}

static void examples_without_y_are_their_own_targets(void **state) {
    OtoLayer *nets[2];
    for (int i = 0; i < 2; i++) {
        OtoExamples train = oto_examples(clouds(1, 0).x, NULL);
        oto_seed(3);
        nets[i] = oto_sequential(oto_nn_linear(FEATURES, 2), oto_nn_linear(2, FEATURES));
        OtoFit *fit = i ? oto_fit(nets[i], train, .objective = reconstruction, .quiet = true)
                        : oto_fit(nets[i], train, .loss = oto_mse_loss, .quiet = true);
        assert_true(fit->history[9].loss < fit->history[0].loss);
    }
    assert_same_numbers(nets[0], nets[1]);
}

static void learning_rates_follow_the_schedule(void **state) {
    OtoExamples train = clouds(1, 0);
    OtoFit *cosine = oto_fit(net_of(3), train, .loss = oto_cross_entropy, .epochs = 20, .lr = 0.01,
                             .schedule = OTO_LR_COSINE, .quiet = true);
    assert_float_equal(cosine->history[1].lr, 0.01, 1e-9);
    assert_true(cosine->history[19].lr < 1e-4);
    OtoFit *plateau = oto_fit(net_of(3), oto_examples(oto_zeros(8, FEATURES), oto_zeros(8)), .loss = oto_cross_entropy,
                              .epochs = 8, .lr = 0, .schedule = OTO_LR_PLATEAU, .quiet = true);
    assert_int_equal(plateau->epochs, 8);
}

static void its_text_tells_the_epochs_and_the_end(void **state) {
    OtoFit *fit = oto_fit(net_of(3), clouds(1, 0), .validate = clouds(2, 100), .loss = oto_cross_entropy,
                          .metric = oto_macro_f1, .epochs = 2, .quiet = true);
    char *text = oto_fit_text(fit);
    assert_non_null(strstr(text, "training of 2 epochs, 4 steps, "));
    assert_non_null(strstr(text, "all 2 epochs are made\nbest: epoch "));
    assert_non_null(strstr(text, "macro F1 0."));
    free(text);
}

static void memory_is_flat(void **state) {
    OtoExamples train = clouds(1, 0);
    int64_t values = oto_values_alive(), bytes = oto_bytes_alive();
    oto_scope oto_fit(net_of(3), train, .validate = clouds(2, 100), .loss = oto_cross_entropy, .metric = oto_accuracy,
                      .epochs = 20, .quiet = true);
    assert_int_equal(oto_values_alive(), values);
    assert_int_equal(oto_bytes_alive(), bytes);
}

static void predictions_are_those_of_evaluation_mode_in_order(void **state) {
    OtoExamples train = clouds(1, 0);
    OtoLayer *net = net_of(3);
    oto_fit(net, train, .loss = oto_cross_entropy, .epochs = 2, .quiet = true);
    OtoTensor *predicted = oto_predictions(net, train, .batch_size = 7), *whole = NULL;
    oto_evaluating(net) whole = oto_apply(net, train.x);
    assert_int_equal(predicted->shape[0], EXAMPLES);
    for (int64_t i = 0; i < whole->size; i++)
        assert_float_equal(((float *)predicted->data)[i], ((float *)whole->data)[i], 1e-5);
    OtoEvaluation found = oto_evaluation(net, train, .metric = oto_accuracy, .batch_size = 7);
    assert_true(isnan(found.loss) && found.metric == oto_accuracy(train.y, whole));
    assert_refused(oto_evaluation(net, train), "there is nothing to find out");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_training_learns_and_keeps_its_best_epoch),
        cmocka_unit_test(it_ends_when_nothing_gets_better),
        cmocka_unit_test(it_ends_in_time),
        cmocka_unit_test(the_same_seed_is_the_same_training_with_any_number_of_threads),
        cmocka_unit_test(validation_does_not_change_what_is_learned),
        cmocka_unit_test(several_batches_can_make_one_step),
        cmocka_unit_test(an_interrupted_training_goes_on_as_if_nothing_had_been),
        cmocka_unit_test(a_training_that_has_ended_goes_on_with_more_epochs),
        cmocka_unit_test(a_refusal_in_the_middle_puts_modes_and_buffers_back),
        cmocka_unit_test(one_batch_can_be_learned_by_heart),
        cmocka_unit_test(a_dry_run_changes_nothing_and_says_the_shapes),
        cmocka_unit_test(mistakes_are_said_before_anything_is_learned),
        cmocka_unit_test(a_nan_names_its_operation_and_step),
        cmocka_unit_test(examples_without_y_are_their_own_targets),
        cmocka_unit_test(learning_rates_follow_the_schedule),
        cmocka_unit_test(its_text_tells_the_epochs_and_the_end),
        cmocka_unit_test(memory_is_flat),
        cmocka_unit_test(predictions_are_those_of_evaluation_mode_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
