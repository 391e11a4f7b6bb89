#include "lib/nn/range_test.h"
#include "lib/nn/checkpoint.h"
#include "lib/nn/training.h"
#include "lib/show/bundle.h"
#include "lib/tensor/error.h"
#include "lib/tensor/random.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* A test in progress. Held by its scope, whose end puts back what it has changed. */
struct range_test {
    OtoLayer *net;
    OtoOptimizer *optimizer;
    unsigned char *before; /* a checkpoint: numbers, what the optimizer remembers, where the random numbers stand */
    size_t size;
    bool training;
    double *lrs; /* as logarithms to base 10 */
    float *losses;
    int64_t steps;
};

static void put_back(void *thing) {
    struct range_test *test = thing;
    if (oto_kind(test->net) == OTO_LAYER && oto_kind(test->optimizer) == OTO_OPTIMIZER && test->before) {
        oto_load_bytes(test->net, "the net before", test->before, test->size,
                       (OtoLoadOptions){.optimizer = test->optimizer});
        oto_zero_grad(test->optimizer);
        if (!test->training) oto_evaluate(test->net);
    }
    free(test->before);
    free(test->lrs);
    free(test->losses);
    free(test);
}

static struct range_test *begin(OtoLayer *net, OtoOptimizer *optimizer, const OtoRangeTest *o) {
    struct range_test *test = calloc(1, sizeof *test);
    if (!test) oto_refuse("oto_find_learning_rate", "no memory for a test");
    oto_hold(test, put_back);
    test->net = net;
    test->optimizer = optimizer;
    test->training = net->training;
    test->lrs = malloc((size_t)o->steps * sizeof *test->lrs);
    test->losses = malloc((size_t)o->steps * sizeof *test->losses);
    if (!test->lrs || !test->losses)
        oto_refuse("oto_find_learning_rate", "no memory for %lld steps", (long long)o->steps);
    test->before = oto_save_bytes(net, &test->size, (OtoSaveOptions){.optimizer = optimizer});
    optimizer->training->schedule.kind = OTO_NO_SCHEDULE;
    if (!net->training) oto_train(net);
    return test;
}

/* One step at this rate. False: the loss or its gradient is not finite. */
static bool step(struct range_test *test, OtoTensor *loss, double lr) {
    OtoOptimizer *optimizer = test->optimizer;
    if (!isfinite(oto_item(loss))) return false;
    oto_zero_grad(optimizer);
    oto_step_backward("oto_find_learning_rate", optimizer, loss);
    if (oto_interrupt_pending() || !isfinite(oto_gradient_norm_of(optimizer, INFINITY))) return false;
    oto_set_lr(optimizer, lr);
    oto_step_update("oto_find_learning_rate", optimizer, loss, (OtoClip){}, 1);
    return true;
}

/* Writes down rates and smoothed losses, until it explodes. */
static void run(struct range_test *test, OtoExamples train, const OtoRangeTest *o) {
    double ratio = log(o->to / o->from), average = 0, smallest = INFINITY;
    for (OtoBatches b = oto_batches(train, .batch_size = o->batch_size, .epochs = o->steps, .shuffle = true,
                                    .augment = o->augment, .quiet = true);
         test->steps < o->steps && oto_next(&b);) {
        double lr = o->from * exp(ratio * (double)test->steps / (double)(o->steps - 1));
        OtoTensor *loss = oto_loss_of_batch(test->net, b.x, b.y, o->loss, o->objective, NULL);
        average = o->smoothing * average + (1 - o->smoothing) * oto_item(loss);
        double smoothed = average / (1 - pow(o->smoothing, (double)test->steps + 1));
        if (!(smoothed <= 4 * smallest) || !step(test, loss, lr)) return;
        smallest = fmin(smallest, smoothed);
        test->lrs[test->steps] = log10(lr);
        test->losses[test->steps++] = (float)smoothed;
    }
}

/* Where the smoothed loss is smallest, once the average means something. */
static int64_t lowest(const struct range_test *test) {
    int64_t at = 0;
    for (int64_t i = 1; i < test->steps; i++)
        if (test->losses[i] < test->losses[at]) at = i;
    return at;
}

static void show(const struct range_test *test, double lr, double best, double loss) {
    struct oto_bundle bundle = {};
    if (!oto_show_is_blind()) {
        struct oto_line line = {.x = test->lrs, .y = test->losses, .count = (size_t)test->steps};
        struct oto_mark mark = {.at = log10(lr), .strong = true};
        struct oto_frame frame = {.title = "learning rate range test",
                                  .x_label = "learning rate (power of 10)",
                                  .y_label = "smoothed loss",
                                  .marks = &mark,
                                  .mark_count = 1};
        char *why = NULL;
        bundle.png = oto_figure_lines(&frame, &line, 1, OTO_LINES, &bundle.png_size, &why);
        free(why); /* without gnuplot the text is enough */
    }
    if (asprintf(&bundle.text,
                 "suggested learning rate: %.2g, a tenth of %.2g, where the smoothed loss was smallest (%.3g)", lr,
                 best, loss) < 0)
        bundle.text = NULL;
    oto_bundle_send(&bundle, OTO_RECORD_DISPLAY);
}

static void check(OtoLayer *net, const OtoRangeTest *o) {
    oto_need_layer("oto_find_learning_rate", net, NULL);
    if (!o->loss == !o->objective)
        oto_refuse("oto_find_learning_rate", o->loss ? "give .loss or .objective, not both"
                                                     : "say what shall become smaller: .loss = oto_cross_entropy, ...");
    oto_check_range("oto_find_learning_rate", "from", o->from, 1e-30, 1e30);
    oto_check_range("oto_find_learning_rate", "to", o->to, o->from, 1e30);
    oto_check_range("oto_find_learning_rate", "steps", (double)o->steps, 10, 1e6);
    oto_check_range("oto_find_learning_rate", "smoothing", o->smoothing, 0, 0.999);
}

double(oto_find_learning_rate)(OtoLayer *net, OtoExamples train, OtoRangeTest options) {
    check(net, &options);
    double lr = NAN;
    oto_scope {
        OtoOptimizer *optimizer = options.optimizer ? options.optimizer : oto_adam(net);
        struct range_test *test = begin(net, optimizer, &options);
        run(test, train, &options);
        if (oto_interrupt_pending()) continue;
        int64_t at = lowest(test);
        if (at < 3)
            oto_refuse("oto_find_learning_rate",
                       "the loss fell at no learning rate from %g to %g (it was smallest after %lld of %lld steps); is "
                       "the first one too large, or can nothing be learned here?",
                       options.from, options.to, (long long)at + 1, (long long)test->steps);
        double best = pow(10, test->lrs[at]);
        lr = best / 10;
        if (!options.quiet) show(test, lr, best, (double)test->losses[at]);
    }
    return lr;
}
