/* The traps that cost beginners days, each with the whole message that the library has for it: as lib/nn/TRAPS.md lists
 * them. What a trap is made of is tested where it stands; here is that it is caught on the way that a beginner takes.
 */
#include "golden.h"
#include "refusal.h"

#include "lib/oto.h"

#include <fcntl.h>
#include <unistd.h>

static void read_traps(char *page, size_t size) {
    FILE *file = fopen("lib/nn/TRAPS.md", "r");
    if (!file) fail_msg("lib/nn/TRAPS.md cannot be read");
    page[fread(page, 1, size - 1, file)] = '\0';
    fclose(file);
}

/* The page must have this message, word for word. */
static void assert_listed(const char *message) {
    static char page[40000];
    if (!*page) read_traps(page, sizeof page);
    if (!strstr(page, message)) fail_msg("lib/nn/TRAPS.md does not have: %s", message);
}
#define assert_trap(expression)                                                                                        \
    do {                                                                                                               \
        assert_refused(expression, "");                                                                                \
        assert_listed(refusal_text);                                                                                   \
    } while (0)

/* What the statement says on stderr must be listed, a line for each thing said. */
static int hear(void) {
    char name[] = "/tmp/oto-said-XXXXXX";
    fflush(stderr);
    int to = mkstemp(name);
    unlink(name);
    return to;
}
#define assert_said(statement)                                                                                         \
    do {                                                                                                               \
        int heard = hear(), before = dup(STDERR_FILENO);                                                               \
        dup2(heard, STDERR_FILENO);                                                                                    \
        statement;                                                                                                     \
        fflush(stderr);                                                                                                \
        dup2(before, STDERR_FILENO);                                                                                   \
        close(before);                                                                                                 \
        char said[2000];                                                                                               \
        ssize_t size = pread(heard, said, sizeof said - 1, 0);                                                         \
        close(heard);                                                                                                  \
        said[size > 0 ? size : 0] = '\0';                                                                              \
        said[strcspn(said, "\n")] = '\0';                                                                              \
        if (!*said) fail_msg("nothing was said");                                                                      \
        assert_listed(said);                                                                                           \
    } while (0)

static OtoTensor *numbers(long long rows, long long cols) {
    return golden_numbers_of(1, rows, cols);
}
static OtoTensor *classes_of(int count, int below) {
    OtoTensor *y = oto_zeros_of(OTO_INT64, 1, (const long long[]){count});
    for (int i = 0; i < count; i++) oto_int_data(y)[i] = i % below;
    return y;
}
static OtoTensor *loss_of(OtoLayer *net) {
    return oto_cross_entropy(oto_apply(net, numbers(8, 4)), classes_of(8, 3));
}

static void stale_gradients(void **state) {
    OtoLayer *net = oto_nn_linear(4, 3);
    OtoOptimizer *adam = oto_adam(net);
    oto_backward(loss_of(net));
    oto_update(adam);
    assert_trap(oto_update(adam));
    assert_trap(oto_backward(loss_of(net)));
}

static void backward_twice(void **state) {
    OtoLayer *net = oto_nn_linear(4, 3);
    OtoTensor *loss = loss_of(net);
    oto_backward(loss);
    assert_trap(oto_backward(loss));
}

static void a_loss_from_before_the_step(void **state) {
    OtoLayer *net = oto_sequential(oto_nn_linear(4, 3), oto_nn_linear(3, 3));
    OtoOptimizer *adam = oto_adam(net);
    OtoTensor *early = loss_of(net);
    oto_step(adam, loss_of(net));
    assert_trap(oto_step(adam, early));
}

static void a_mode_that_was_forgotten(void **state) {
    OtoLayer *net = oto_sequential(oto_nn_linear(4, 3), oto_nn_dropout(0.5));
    OtoOptimizer *adam = oto_adam(net);
    oto_evaluate(net);
    assert_said(oto_step(adam, loss_of(net)));
    oto_train(net);
    assert_said(oto_no_grad oto_apply(net, numbers(8, 4)));
}

static void a_silent_broadcast_in_a_loss(void **state) {
    assert_trap(oto_mse_loss(numbers(8, 1), golden_numbers_of(2, 8)));
}

static void softmax_before_cross_entropy(void **state) {
    OtoLayer *net = oto_sequential(oto_nn_linear(4, 3), oto_nn_softmax(-1));
    assert_trap(loss_of(net));
    OtoTensor *p = oto_detach(oto_softmax(numbers(8, 3), -1));
    assert_trap(oto_cross_entropy(p, classes_of(8, 3)));
}

static void a_wrong_axis(void **state) {
    OtoTensor *x = oto_name_axis(oto_name_axis(numbers(5, 5), 0, "time"), 1, "mel");
    OtoTensor *t = oto_name_axis(oto_name_axis(numbers(5, 5), 0, "mel"), 1, "time");
    assert_trap(oto_mse_loss(x, t));
    assert_trap(
        oto_cross_entropy(golden_numbers_of(1, 2, 7, 10), oto_zeros_of(OTO_INT64, 2, (const long long[]){2, 10})));
}

static void time_and_batch_in_the_wrong_order(void **state) {
    OtoLayer *net = oto_sequential(oto_nn_lstm(6, 10));
    OtoTensor *x = oto_name_axis(oto_name_axis(golden_numbers_of(1, 7, 2, 6), 0, "time"), 1, "batch");
    assert_trap(oto_apply(net, x));
    assert_trap(oto_apply(net, golden_numbers_of(1, 2, 6, 7)));
}

static void sizes_that_do_not_fit(void **state) {
    OtoLayer *net = oto_sequential(oto_nn_conv2d(1, 8, 3), oto_nn_flatten(), oto_nn_linear(100, 10));
    assert_trap(oto_apply(net, golden_numbers_of(1, 2, 1, 9, 9)));
}

static OtoTensor *minus_one(OtoTensor *x) {
    return oto_sub(x, 1);
}
static void the_first_operation_that_made_a_nan(void **state) {
    OtoTensor *w = oto_parameter(oto_tensor(0.5, 0.25));
    OtoOptimizer *sgd = oto_sgd(w);
    assert_trap(oto_step(sgd, oto_sum_all(oto_mul(oto_log(minus_one(w)), 3))));
}

static void nan_in_the_data(void **state) {
    OtoTensor *x = numbers(8, 4), *t = numbers(8, 4);
    oto_at(t, 1, 2) = NAN;
    assert_trap(oto_mse_loss(x, t));
}

static void a_split_that_leaks(void **state) {
    OtoExamples all =
        oto_examples(numbers(6, 2), classes_of(6, 2), .groups = oto_from(((int64_t[]){1, 1, 2, 2, 3, 3}), 6));
    assert_trap(oto_check_split(oto_examples_at(all, oto_from(((int64_t[]){0, 1, 2}), 3)),
                                oto_examples_at(all, oto_from(((int64_t[]){3, 4, 5}), 3))));
}

static void integers_as_values(void **state) {
    assert_trap(oto_mse_loss(golden_numbers_of(1, 8), classes_of(8, 3)));
    assert_trap(oto_apply(oto_nn_relu(), classes_of(8, 3)));
}

static void features_that_differ_between_training_and_use(void **state) {
    OtoLayer *net = oto_sequential(oto_nn_mel(22050), oto_nn_flatten());
    assert_trap(oto_apply(net, oto_as_audio(oto_zeros(2, 4000), 44100)));
    OtoLayer *standard = oto_nn_standardize(golden_numbers_of(1, 6, 64, 10), 1);
    assert_trap(oto_apply(standard, golden_numbers_of(1, 6, 128, 10)));
}

static void a_forgotten_shuffle(void **state) {
    OtoTensor *y = classes_of(60, 3);
    for (int i = 0; i < 60; i++) oto_int_data(y)[i] = i / 20;
    OtoExamples train = oto_examples(numbers(60, 4), y);
    OtoLayer *net = oto_nn_linear(4, 3);
    OtoOptimizer *adam = oto_adam(net);
    assert_said(for (OtoBatches b = oto_batches(train, .batch_size = 10, .quiet = true); oto_next(&b);)
                    oto_step(adam, oto_cross_entropy(oto_apply(net, b.x), b.y)));
}

static void a_learning_rate_off_by_orders(void **state) {
    OtoTensor *w = oto_parameter(oto_tensor(1));
    OtoOptimizer *sgd = oto_sgd(w, .lr = 5);
    assert_said(for (int i = 0; i < 3; i++) oto_step(sgd, oto_sum_all(oto_mul(oto_mul(w, w), 5))));
}

typedef struct {
    OtoLayer *used, *forgotten;
} Half;
static OtoTensor *half(OtoLayer *layer, OtoTensor *x) {
    return oto_apply(oto_self(layer, Half)->used, x);
}
static void a_loop_without_a_scope_that_fills_the_memory(void **state) {
    OtoTensor *w = oto_parameter(oto_tensor(1));
    OtoOptimizer *sgd = oto_sgd(w);
    assert_said(for (int i = 0; i < 302; i++) {
        oto_zeros(100000);
        oto_step(sgd, oto_sum_all(oto_mul(w, w)));
    });
}

static void a_parameter_that_gets_no_gradient(void **state) {
    OtoLayer *net = oto_layer(Half, half, .used = oto_nn_linear(4, 3), .forgotten = oto_nn_linear(4, 3));
    OtoOptimizer *adam = oto_adam(net);
    assert_said(oto_step(adam, loss_of(net)));
}

static void a_parameter_that_no_optimizer_owns(void **state) {
    OtoLayer *body = oto_nn_linear(4, 4), *head = oto_nn_linear(4, 3);
    OtoOptimizer *adam = oto_adam(head);
    OtoTensor *y = oto_apply(head, oto_apply(body, numbers(8, 4)));
    assert_said(oto_step(adam, oto_cross_entropy(y, classes_of(8, 3))));
}

static void a_loss_that_no_parameter_leads_to(void **state) {
    OtoLayer *net = oto_nn_linear(4, 3);
    OtoOptimizer *adam = oto_adam(net);
    OtoTensor *loss = NULL;
    oto_no_grad loss = loss_of(net);
    assert_trap(oto_step(adam, loss));
}

static void a_batch_of_one_in_batch_norm(void **state) {
    OtoLayer *net = oto_sequential(oto_nn_linear(4, 3), oto_nn_batch_norm1d(3));
    assert_trap(oto_apply(net, numbers(1, 4)));
}

static void labels_out_of_range(void **state) {
    OtoTensor *y = classes_of(8, 3);
    oto_int_at(y, 5) = 3;
    assert_trap(oto_cross_entropy(numbers(8, 3), y));
}

static void an_empty_batch(void **state) {
    assert_trap(oto_cross_entropy(oto_zeros(0, 3), oto_zeros_of(OTO_INT64, 1, (const long long[]){0})));
}

static void no_memory(void **state) {
    assert_trap(oto_zeros(1 << 30, 1 << 20));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stale_gradients),
        cmocka_unit_test(backward_twice),
        cmocka_unit_test(a_loss_from_before_the_step),
        cmocka_unit_test(a_mode_that_was_forgotten),
        cmocka_unit_test(a_silent_broadcast_in_a_loss),
        cmocka_unit_test(softmax_before_cross_entropy),
        cmocka_unit_test(a_wrong_axis),
        cmocka_unit_test(time_and_batch_in_the_wrong_order),
        cmocka_unit_test(sizes_that_do_not_fit),
        cmocka_unit_test(the_first_operation_that_made_a_nan),
        cmocka_unit_test(nan_in_the_data),
        cmocka_unit_test(a_split_that_leaks),
        cmocka_unit_test(integers_as_values),
        cmocka_unit_test(features_that_differ_between_training_and_use),
        cmocka_unit_test(a_forgotten_shuffle),
        cmocka_unit_test(a_learning_rate_off_by_orders),
        cmocka_unit_test(a_loop_without_a_scope_that_fills_the_memory),
        cmocka_unit_test(a_parameter_that_gets_no_gradient),
        cmocka_unit_test(a_parameter_that_no_optimizer_owns),
        cmocka_unit_test(a_loss_that_no_parameter_leads_to),
        cmocka_unit_test(a_batch_of_one_in_batch_norm),
        cmocka_unit_test(labels_out_of_range),
        cmocka_unit_test(an_empty_batch),
        cmocka_unit_test(no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
