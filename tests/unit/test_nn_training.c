/* Optimizers, schedules, clipping and averages of weights as PyTorch 2.13 has them. */
#include "golden.h"
#include "lib/nn/training.h"
#include "lib/oto.h"

static OtoTensor *parameter(void) {
    return oto_parameter(golden_tensor("nn_training", "start"));
}

static OtoTensor *loss_of(OtoTensor *p) {
    OtoTensor *away = oto_sub(p, golden_tensor("nn_training", "target"));
    return oto_sum_all(oto_mul(golden_tensor("nn_training", "weight"), oto_mul(away, away)));
}

static void train(OtoOptimizer *optimizer, OtoTensor *p, OtoClip clip) {
    for (int i = 0; i < 10; i++) oto_scope(oto_step)(optimizer, loss_of(p), clip);
}

static void assert_states(const char *name, OtoOptimizer *optimizer, OtoTensor *p) {
    assert_agrees("nn_training", "oto_step", name, p, 2e-6);
    struct owned *owned = &optimizer->training->owned[0];
    for (int i = 0; i < optimizer->training->type->states; i++) {
        const char *state = optimizer->training->type->state_names[i];
        if (!strcmp(state, "momentum_buffer") && optimizer->groups[0].momentum == 0) continue;
        if (!strcmp(state, "grad_avg") && !optimizer->groups[0].centered) continue;
        assert_agrees("nn_training", state, name, oto_from(owned->states[i], p->size), 2e-6);
    }
}

static void optimizers_agree_after_ten_steps(void **state) {
    OtoTensor *p[8];
    for (int i = 0; i < 8; i++) p[i] = parameter();
    struct {
        const char *name;
        OtoOptimizer *optimizer;
    } cases[] = {
        {"sgd", oto_sgd(p[0], .lr = 0.01)},
        {"sgd momentum", oto_sgd(p[1], .lr = 0.01, .momentum = 0.9, .dampening = 0.1, .weight_decay = 0.05)},
        {"sgd nesterov", oto_sgd(p[2], .lr = 0.01, .momentum = 0.9, .nesterov = true)},
        {"adam", oto_adam(p[3], .lr = 0.1)},
        {"adam decay", oto_adam(p[4], .lr = 0.1, .beta1 = 0.8, .beta2 = 0.95, .eps = 1e-3, .weight_decay = 0.1)},
        {"adamw", oto_adamw(p[5], .lr = 0.1, .weight_decay = 0.2)},
        {"rmsprop", oto_rmsprop(p[6], .lr = 0.01)},
        {"rmsprop centered",
         oto_rmsprop(p[7], .lr = 0.01, .alpha = 0.9, .momentum = 0.5, .centered = true, .weight_decay = 0.1)},
    };
    for (int i = 0; i < 8; i++) {
        train(cases[i].optimizer, p[i], (OtoClip){});
        assert_states(cases[i].name, cases[i].optimizer, p[i]);
    }
}

static void clipping_agrees(void **state) {
    static const struct {
        const char *name;
        OtoClip clip;
    } cases[] = {{"clip_norm", {.clip_norm = 1}},
                 {"clip_value", {.clip_value = 0.5}},
                 {"both", {.clip_norm = 1, .clip_value = 0.5}}};
    for (int i = 0; i < 3; i++) {
        OtoTensor *p = parameter();
        train(oto_sgd(p, .lr = 0.01, .momentum = 0.9, .dampening = 0.1, .weight_decay = 0.05), p, cases[i].clip);
        assert_agrees("nn_training", "oto_step", cases[i].name, p, 2e-6);
    }
}

static void the_average_of_weights_agrees(void **state) {
    OtoTensor *p = parameter();
    OtoOptimizer *adam = oto_adam(p, .lr = 0.1);
    oto_ema(adam, 0.9);
    train(adam, p, (OtoClip){});
    oto_with_ema(adam) assert_agrees("nn_training", "oto_ema", "adam", p, 2e-6);
    assert_agrees("nn_training", "oto_step", "adam", p, 2e-6);
}

/* The learning rates (and momenta) that count updates use, against those of a case. */
static void assert_rates(OtoOptimizer *optimizer, OtoTensor *p, const char *function, const char *lr_case,
                         const char *momentum_case, OtoTensor *told) {
    float lrs[32], momenta[32];
    struct golden_entry entry = golden_of("nn_training", function, lr_case);
    int count = (int)entry.count;
    golden_free(&entry);
    for (int t = 0; t < count; t++) {
        oto_scope oto_step(optimizer, oto_sum_all(oto_mul(p, 0)));
        lrs[t] = (float)oto_lr(optimizer);
        const OtoGroup *group = &optimizer->groups[0];
        momenta[t] = (float)(group->beta2 > 0 ? group->beta1 : group->momentum);
        if (told) oto_plateau(optimizer, oto_at(told, t));
    }
    assert_agrees("nn_training", function, lr_case, oto_from(lrs, count), 1e-6);
    if (momentum_case) assert_agrees("nn_training", function, momentum_case, oto_from(momenta, count), 1e-6);
}

static void schedules_agree(void **state) {
    OtoTensor *p = parameter();
    OtoOptimizer *sgd = oto_sgd(p, .lr = 0.5, .momentum = 0.9);
    oto_schedule_step(sgd, 3, .gamma = 0.2);
    assert_rates(sgd, p, "oto_schedule_step", "lr", NULL, NULL);
    sgd = oto_sgd(p, .lr = 0.5);
    oto_schedule_cosine(sgd, 20, .warmup = 4, .minimum = 0.1);
    assert_rates(sgd, p, "oto_schedule_cosine", "lr", NULL, NULL);
    sgd = oto_sgd(p, .lr = 0.5, .momentum = 0.9);
    oto_schedule_one_cycle(sgd, 20);
    assert_rates(sgd, p, "oto_schedule_one_cycle", "sgd lr", "sgd momentum", NULL);
    OtoOptimizer *adam = oto_adam(p, .lr = 0.5);
    oto_schedule_one_cycle(adam, 20);
    assert_rates(adam, p, "oto_schedule_one_cycle", "adam lr", "adam momentum", NULL);
    sgd = oto_sgd(p, .lr = 0.5);
    oto_schedule_plateau(sgd, .factor = 0.5, .patience = 2, .cooldown = 1);
    assert_rates(sgd, p, "oto_schedule_plateau", "lr", NULL, golden_tensor("nn_training", "metric"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(optimizers_agree_after_ten_steps),
        cmocka_unit_test(clipping_agrees),
        cmocka_unit_test(the_average_of_weights_agrees),
        cmocka_unit_test(schedules_agree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
