/* How a training step is protected from mistakes. */
#include "lib/oto.h"
#include "refusal.h"

#include <fcntl.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

static OtoTensor *square(OtoTensor *x) {
    return oto_sum_all(oto_mul(x, x));
}

/* What is said on stderr meanwhile. */
static char said[2000];
static int said_stderr, said_file;
static void listen(void) {
    char name[] = "/tmp/oto-said-XXXXXX";
    fflush(stderr);
    said_stderr = dup(STDERR_FILENO);
    said_file = mkstemp(name);
    unlink(name);
    dup2(said_file, STDERR_FILENO);
}
static void listened(void) {
    fflush(stderr);
    dup2(said_stderr, STDERR_FILENO);
    close(said_stderr);
    ssize_t size = pread(said_file, said, sizeof said - 1, 0);
    said[size > 0 ? size : 0] = '\0';
    close(said_file);
}
static void assert_said(const char *text) {
    if (!strstr(said, text)) fail_msg("said \"%s\", not \"%s\"", said, text);
}

typedef struct {
    OtoTensor *w, *b;
} Affine;
static OtoTensor *affine(OtoLayer *l, OtoTensor *x) {
    Affine *a = oto_self(l, Affine);
    return oto_add(oto_mul(a->w, x), a->b);
}
static OtoLayer *new_affine(void) {
    return oto_layer(Affine, affine, .w = oto_parameter(oto_tensor(1)), .b = oto_parameter(oto_tensor(0)));
}

static void a_loss_falls(void **state) {
    OtoLayer *net = new_affine();
    OtoOptimizer *sgd = oto_sgd(net, .lr = 0.1);
    for (int i = 0; i < 200; i++)
        oto_step(sgd, square(oto_sub(oto_apply(net, oto_tensor(0, 1)), oto_tensor(3, 5)))); /* 2 x + 3 */
    assert_float_equal(oto_item(oto_layer_tensor(net, "w")), 2, 1e-3);
    assert_float_equal(oto_item(oto_layer_tensor(net, "b")), 3, 1e-3);
    assert_true(sgd->loss < 1e-5);
    assert_int_equal(sgd->steps, 200);
}

static void a_long_plain_loop_takes_constant_memory(void **state) {
    OtoTensor *w = oto_parameter(oto_tensor(1, 2, 3));
    OtoOptimizer *adam = oto_adam(w);
    int64_t bytes = 0, values = 0;
    for (int i = 0; i < 10000; i++) {
        oto_step(adam, square(w));
        if (i == 10) bytes = oto_bytes_alive(), values = oto_values_alive();
    }
    assert_int_equal(oto_bytes_alive(), bytes);
    assert_int_equal(oto_values_alive(), values);
}

static void what_is_kept_outlives_the_steps(void **state) {
    OtoTensor *w = oto_parameter(oto_tensor(1, 2)), *first = NULL;
    OtoOptimizer *sgd = oto_sgd(w, .lr = 0.1);
    for (int i = 0; i < 5; i++) {
        OtoTensor *loss = square(w);
        if (i == 2) first = oto_keep(loss);
        oto_step(sgd, loss);
    }
    assert_true(oto_item(first) > 0);
}

static void an_update_needs_a_backward_since_the_last(void **state) {
    OtoTensor *w = oto_parameter(oto_tensor(1, 2));
    OtoOptimizer *sgd = oto_sgd(w);
    assert_refused(oto_update(sgd), "oto_update: no parameter of this sgd has a gradient");
    oto_backward(square(w));
    oto_update(sgd);
    assert_refused(oto_update(sgd), "oto_update: there was no oto_backward since the last update");
}

static void gradients_that_were_used_are_not_added_to(void **state) {
    OtoTensor *w = oto_parameter(oto_tensor(1, 2));
    OtoOptimizer *sgd = oto_sgd(w);
    oto_backward(square(w));
    oto_backward(square(w)); /* meant: two losses for one update */
    oto_update(sgd);
    assert_refused(oto_backward(square(w)), "oto_backward: the gradients that the last oto_update has used are still");
    oto_zero_grad(sgd);
    oto_backward(square(w));
    oto_update(sgd);
}

static void a_loss_of_before_the_update_is_refused(void **state) {
    OtoTensor *w = oto_parameter(oto_tensor(1, 2)), *early = square(w);
    OtoOptimizer *sgd = oto_sgd(w);
    oto_step(sgd, square(w));
    assert_refused(oto_step(sgd, early), "was changed in place (by oto_update or oto_step)");
}

static float log_of(float x) {
    return logf(x);
}
static void my_log_backward(OtoNode *node, OtoTensor *gradient) {
    oto_give(node, 0, oto_div(gradient, oto_node_input(node, 0)));
}
static OtoTensor *my_log(OtoTensor *x) {
    return oto_op(oto_map(oto_detach(x), log_of), my_log_backward, x);
}
static float root_of(float x) {
    return sqrtf(x);
}
static void my_root_backward(OtoNode *node, OtoTensor *gradient) {
    oto_give(node, 0, oto_div(gradient, oto_mul(oto_node_output(node), 2)));
}
static OtoTensor *my_root(OtoTensor *x) {
    return oto_op(oto_map(oto_detach(x), root_of), my_root_backward, x);
}

static void a_nan_in_the_loss_names_its_operation_and_leaves_the_parameters(void **state) {
    OtoTensor *w = oto_parameter(oto_tensor(1, -2));
    OtoOptimizer *sgd = oto_sgd(w);
    assert_refused(
        oto_step(sgd, oto_sum_all(oto_mul(my_log(oto_mul(w, 1)), 3))),
        "oto_step: the loss is NaN in step 1: the first operation with a result that is not finite is my_log");
    assert_float_equal(oto_at(w, 0), 1, 0);
    assert_refused(oto_step(sgd, oto_sum_all(oto_mul(w, oto_tensor(NAN, 1)))),
                   "the data that goes into oto_mul holds NaN or infinite numbers");
}

static void an_infinite_gradient_names_its_operation_and_leaves_the_parameters(void **state) {
    OtoTensor *w = oto_parameter(oto_tensor(0, 4));
    OtoOptimizer *sgd = oto_sgd(w);
    assert_refused(oto_step(sgd, oto_sum_all(my_root(oto_mul(w, 1)))),
                   "in step 1, though the loss is: the first operation whose backward made it so is my_root");
    assert_float_equal(oto_at(w, 1), 4, 0);
    assert_int_equal(sgd->steps, 0);
    oto_step(sgd, square(w)); /* and the training can go on */
}

static void an_optimizer_differentiates_only_what_it_owns(void **state) {
    OtoTensor *mine = oto_parameter(oto_tensor(1)), *others = oto_parameter(oto_tensor(2));
    OtoOptimizer *sgd = oto_sgd(mine, .lr = 0.1);
    oto_sgd(others);
    oto_step(sgd, square(oto_mul(mine, others)));
    assert_false(oto_has_gradient(others));
    assert_float_equal(oto_item(others), 2, 0);
    assert_float_equal(oto_item(mine), 1 - 0.1 * 8, 1e-6);
}

static void a_parameter_that_is_left_out_is_said_once(void **state) {
    OtoTensor *stray = oto_parameter(oto_tensor(2));
    OtoLayer *net = new_affine();
    OtoOptimizer *sgd = oto_sgd(net);
    listen();
    oto_step(sgd, square(oto_mul(oto_layer_tensor(net, "w"), stray)));
    listened();
    assert_said("oto_step: 1 parameter of this sgd got no gradient and will not be learned: b.");
    assert_said("this loss comes from 1 parameter that no optimizer has, so it will not be learned");
    listen();
    oto_step(sgd, square(oto_mul(oto_layer_tensor(net, "w"), stray)));
    listened();
    assert_string_equal(said, "");
}

static void the_loss_of_another_net_is_refused(void **state) {
    OtoOptimizer *sgd = oto_sgd(new_affine());
    OtoLayer *anew = new_affine();
    assert_refused(oto_step(sgd, square(oto_apply(anew, oto_tensor(1)))),
                   "oto_step: this loss comes from parameters, but from none that this sgd has. Was the net made anew");
    assert_int_equal(sgd->steps, 0);
}

static void a_net_in_the_place_of_its_optimizer_is_refused(void **state) {
    OtoLayer *net = new_affine();
    assert_refused(oto_step((void *)net, oto_tensor(1)), "oto_step: the first argument is a layer (a Affine)");
}

static void a_place_that_a_slope_is_asked_at_is_no_parameter_that_was_left_out(void **state) {
    OtoLayer *net = new_affine();
    OtoTensor *between = oto_parameter(oto_tensor(2)); /* as a gradient penalty takes it */
    OtoTensor *slope = oto_grad(square(oto_apply(net, between)), between, .again = true);
    OtoOptimizer *sgd = oto_sgd(net);
    listen();
    oto_step(sgd, square(slope));
    listened();
    assert_string_equal(said, "");
}

static void a_step_in_evaluation_mode_is_said(void **state) {
    OtoLayer *net = new_affine();
    OtoOptimizer *sgd = oto_sgd(net);
    oto_evaluate(net);
    listen();
    oto_step(sgd, square(oto_apply(net, oto_tensor(1))));
    listened();
    assert_said("oto_step: the Affine is in evaluation mode");
}

static void a_loss_that_explodes_is_said(void **state) {
    OtoTensor *w = oto_parameter(oto_tensor(1, 2));
    OtoOptimizer *sgd = oto_sgd(w, .lr = 5);
    listen();
    for (int i = 0; i < 5; i++) oto_step(sgd, square(w));
    listened();
    assert_said("the loss has grown from 5 to 3.28e+04 in 2 steps: the learning rate of 5 is probably too large");
}

static void frozen_parameters_stay(void **state) {
    OtoLayer *net = new_affine();
    OtoOptimizer *sgd = oto_sgd(net, .lr = 0.1, .weight_decay = 0.1);
    oto_want_gradient(oto_layer_tensor(net, "w"), false);
    oto_step(sgd, square(oto_apply(net, oto_tensor(1))));
    assert_float_equal(oto_item(oto_layer_tensor(net, "w")), 1, 0);
    assert_float_equal(oto_item(oto_layer_tensor(net, "b")), -0.2, 1e-6);
    oto_freeze(net);
    assert_refused(oto_step(sgd, square(oto_parameter(oto_tensor(1)))), "all parameters of this sgd are frozen");
}

static void groups_have_their_own_numbers(void **state) {
    OtoLayer *net = oto_sequential(new_affine(), new_affine());
    OtoOptimizer *sgd = oto_sgd(net, .lr = 0.1);
    assert_int_equal(oto_group(sgd, oto_layer_at(net, "0"), .lr = 0), 1);
    oto_step(sgd, square(oto_apply(net, oto_tensor(1))));
    assert_float_equal(oto_item(oto_layer_tensor(net, "0.w")), 1, 0);
    assert_float_equal(oto_item(oto_layer_tensor(net, "1.w")), 0.8, 1e-6);
    char *text = oto_optimizer_text(sgd);
    assert_string_equal(text, "sgd: lr 0.1, momentum 0, weight_decay 0; 2 tensors, 2 numbers; 1 steps\n"
                              "sgd: lr 0, momentum 0, weight_decay 0; 2 tensors, 2 numbers; 1 steps\n");
    free(text);
}

static void a_schedule_is_a_line_of_its_optimizer(void **state) {
    OtoOptimizer *sgd = oto_sgd(new_affine(), .lr = 0.1);
    oto_schedule_cosine(sgd, 100, .warmup = 10);
    char *text = oto_optimizer_text(sgd);
    assert_non_null(strstr(text, "schedule: cosine over 100 updates, 10 of them warmup \u2582"));
    assert_non_null(strstr(text, "\u2588"));
    assert_non_null(strstr(text, "\u2581 now 0.1 times lr 0.1\n"));
    free(text);
    oto_schedule_plateau(sgd, .patience = 2);
    text = oto_optimizer_text(sgd);
    assert_non_null(strstr(text, "schedule: lr * 0.1 after more than 2 values of oto_plateau that are no better\n"));
    free(text);
}

static void bad_numbers_and_freed_layers_are_refused(void **state) {
    OtoLayer *net = new_affine();
    assert_refused(oto_adam(net, .beta1 = 1), "oto_adam: beta1 is 1, but must lie within [0, 1]");
    assert_refused(oto_sgd(net, .lr = -1), "oto_sgd: lr is -1");
    assert_refused(oto_sgd(net, .nesterov = true), "nesterov needs a momentum above 0");
    assert_refused(oto_adam(oto_tensor(1)), "is no parameter");
    assert_refused(oto_adam(oto_sequential()), "has no parameters");
    OtoOptimizer *sgd = oto_sgd(net);
    oto_free(net);
    assert_refused(oto_step(sgd, oto_tensor(1)), "the parameter w of this sgd has been freed");
}

static void threads_do_not_change_the_bits(void **state) {
    double results[2];
    for (int threads = 1; threads <= 2; threads++) {
        int before = oto_set_threads(threads);
        OtoTensor *w = oto_parameter(oto_linspace(-1, 1, 100000));
        OtoOptimizer *adam = oto_adam(w, .lr = 0.1);
        for (int i = 0; i < 3; i++) oto_scope oto_step(adam, square(w), .clip_norm = 1);
        results[threads - 1] = oto_item(oto_sum_all(w)) + adam->gradient_norm;
        oto_set_threads(before);
    }
    assert_true(results[0] == results[1]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_loss_falls),
        cmocka_unit_test(a_long_plain_loop_takes_constant_memory),
        cmocka_unit_test(what_is_kept_outlives_the_steps),
        cmocka_unit_test(an_update_needs_a_backward_since_the_last),
        cmocka_unit_test(gradients_that_were_used_are_not_added_to),
        cmocka_unit_test(a_loss_of_before_the_update_is_refused),
        cmocka_unit_test(a_nan_in_the_loss_names_its_operation_and_leaves_the_parameters),
        cmocka_unit_test(an_infinite_gradient_names_its_operation_and_leaves_the_parameters),
        cmocka_unit_test(an_optimizer_differentiates_only_what_it_owns),
        cmocka_unit_test(a_parameter_that_is_left_out_is_said_once),
        cmocka_unit_test(the_loss_of_another_net_is_refused),
        cmocka_unit_test(a_net_in_the_place_of_its_optimizer_is_refused),
        cmocka_unit_test(a_place_that_a_slope_is_asked_at_is_no_parameter_that_was_left_out),
        cmocka_unit_test(a_step_in_evaluation_mode_is_said),
        cmocka_unit_test(a_loss_that_explodes_is_said),
        cmocka_unit_test(frozen_parameters_stay),
        cmocka_unit_test(groups_have_their_own_numbers),
        cmocka_unit_test(a_schedule_is_a_line_of_its_optimizer),
        cmocka_unit_test(bad_numbers_and_freed_layers_are_refused),
        cmocka_unit_test(threads_do_not_change_the_bits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
