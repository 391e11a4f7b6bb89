/* The learning-rate range test. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "interrupt.h"
#include "lib/nn/training.h"
#include "lib/oto.h"
#include "refusal.h"

static OtoExamples line(void) {
    OtoTensor *x = oto_zeros(64, 3), *y = oto_zeros(64, 1);
    oto_seed(1);
    for (int64_t i = 0; i < 64; i++) {
        for (int64_t k = 0; k < 3; k++) oto_at(x, i, k) = (float)oto_normal();
        oto_at(y, i, 0) = 2 * oto_at(x, i, 0) - oto_at(x, i, 2) + 1;
    }
    return oto_examples(x, y);
}

static OtoLayer *net_of(void) {
    oto_seed(2);
    return oto_sequential(oto_nn_linear(3, 16), oto_nn_batch_norm1d(16), oto_nn_relu(), oto_nn_linear(16, 1));
}

/* All numbers of a net one after the other. */
static OtoTensor *numbers_of(OtoLayer *net) {
    OtoTensor *all = oto_zeros(1000);
    oto_scope {
        OtoTensorList list = oto_layer_tensors(net);
        int64_t at = 0;
        for (int i = 0; i < list.count; i++)
            for (int64_t k = 0; k < list.items[i].tensor->size; k++)
                oto_at(all, at++) = ((float *)list.items[i].tensor->data)[k];
    }
    return all;
}

static void the_suggestion_learns_well(void **state) {
    double lr = oto_find_learning_rate(net_of(), line(), .loss = oto_mse_loss, .quiet = true);
    assert_true(lr > 1e-4 && lr < 1);
    OtoFit *good = oto_fit(net_of(), line(), .loss = oto_mse_loss, .lr = lr, .epochs = 10, .quiet = true);
    OtoFit *slow = oto_fit(net_of(), line(), .loss = oto_mse_loss, .lr = lr / 1000, .epochs = 10, .quiet = true);
    OtoFit *wild = oto_fit(net_of(), line(), .loss = oto_mse_loss, .lr = lr * 1000, .epochs = 10, .quiet = true);
    assert_true(good->history[9].loss < slow->history[9].loss / 2);
    assert_true(good->history[9].loss < wild->history[9].loss / 2);
}

static void net_optimizer_and_random_numbers_are_what_they_were(void **state) {
    OtoExamples train = line();
    OtoLayer *net = net_of();
    OtoOptimizer *adam = oto_adam(net, .lr = 0.02);
    oto_schedule_step(adam, 5);
    for (int i = 0; i < 7; i++) oto_scope oto_step(adam, oto_mse_loss(oto_apply(net, train.x), train.y));
    oto_evaluate(net);
    OtoTensor *before = numbers_of(net);
    float moment = adam->training->owned[0].states[0][1];
    OtoRandom random = oto_random_now();
    oto_find_learning_rate(net, train, .loss = oto_mse_loss, .optimizer = adam, .quiet = true);
    OtoRandom after = oto_random_now();
    assert_memory_equal(&random, &after, sizeof random);
    assert_memory_equal(before->data, numbers_of(net)->data, 1000 * sizeof(float));
    assert_true(adam->training->owned[0].states[0][1] == moment);
    assert_int_equal(adam->steps, 7);
    assert_float_equal(oto_lr(adam), 0.002, 1e-12);
    assert_true(!net->training && !net->children[1]->training);
    oto_train(net);
    oto_scope oto_step(adam, oto_mse_loss(oto_apply(net, train.x), train.y));
    assert_float_equal(oto_lr(adam), 0.002, 1e-12);
}

static void an_interrupt_puts_everything_back_too(void **state) {
    OtoExamples train = line();
    OtoLayer *net = net_of();
    OtoTensor *before = numbers_of(net);
    interrupt_after(60);
    assert_true(isnan(oto_find_learning_rate(net, train, .loss = oto_mse_loss, .quiet = true)));
    interrupt_never();
    assert_memory_equal(before->data, numbers_of(net)->data, 1000 * sizeof(float));
}

static void what_cannot_be_found_is_refused(void **state) {
    oto_scope {
        assert_refused(oto_find_learning_rate(net_of(), line()), "say what shall become smaller");
        assert_refused(oto_find_learning_rate(net_of(), line(), .loss = oto_mse_loss, .from = 1, .to = 0.1),
                       "to is 0.1");
        assert_refused(
            oto_find_learning_rate(net_of(), line(), .loss = oto_mse_loss, .from = 1e6, .to = 1e9, .quiet = true),
            "the loss fell at no learning rate from 1e+06 to 1e+09");
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_suggestion_learns_well),
        cmocka_unit_test(net_optimizer_and_random_numbers_are_what_they_were),
        cmocka_unit_test(an_interrupt_puts_everything_back_too),
        cmocka_unit_test(what_cannot_be_found_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
