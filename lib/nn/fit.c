#include "lib/nn/fit.h"
#include "lib/nn/curves.h"
#include "lib/nn/fit_state.h"
#include "lib/nn/schedule.h"
#include "lib/nn/training.h"
#include "lib/tensor/error.h"

#include <inttypes.h>
#include <math.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

/* ---- fits as values ---- */

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static OtoFit *alive; /* the newest first */

static void release_fit(void *value) {
    OtoFit *fit = value;
    struct OtoFitState *state = fit->state;
    if (!state) return;
    pthread_mutex_lock(&mutex);
    for (OtoFit **at = &alive; *at; at = &(*at)->state->next)
        if (*at == fit) {
            *at = state->next;
            break;
        }
    pthread_mutex_unlock(&mutex);
    if (state->owns_optimizer && oto_kind(fit->optimizer) == OTO_OPTIMIZER) oto_free(fit->optimizer);
    oto_snapshot_free(&state->best);
    free(state->stopped);
    free(state->metric);
    free(state);
    free(fit->history);
}

static OtoFit *new_fit(OtoLayer *net) {
    OtoFit *fit = oto_value_new(OTO_FIT, sizeof *fit, release_fit);
    struct OtoFitState *state = calloc(1, sizeof *state);
    if (!state) oto_refuse("oto_fit", "no memory for a training");
    state->net = net;
    state->start = oto_random_now();
    pthread_mutex_lock(&mutex);
    fit->state = state;
    state->next = alive;
    alive = fit;
    pthread_mutex_unlock(&mutex);
    return fit;
}

/* The newest training of a net that has begun, else one that was broken off before that, or NULL. */
static OtoFit *last_of(OtoLayer *net) {
    OtoFit *found = NULL;
    pthread_mutex_lock(&mutex);
    for (OtoFit *at = alive; at && !(found && found->state->begun); at = at->state->next)
        if (at->state->net == net && (!found || at->state->begun)) found = at;
    pthread_mutex_unlock(&mutex);
    return found;
}

static void set_stopped(OtoFit *fit, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void set_stopped(OtoFit *fit, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    char *text;
    if (vasprintf(&text, format, arguments) < 0) text = NULL;
    va_end(arguments);
    free(fit->state->stopped);
    fit->state->stopped = text;
    fit->stopped = text ? text : "";
}

/* ---- what is put back ---- */

static int64_t count_layers(const OtoLayer *layer) {
    int64_t count = 1;
    for (int i = 0; i < layer->child_count; i++) count += count_layers(layer->children[i]);
    return count;
}
static bool *note_modes(const OtoLayer *layer, bool *at) {
    *at++ = layer->training;
    for (int i = 0; i < layer->child_count; i++) at = note_modes(layer->children[i], at);
    return at;
}
static const bool *restore_modes(OtoLayer *layer, const bool *at) {
    layer->training = *at++;
    for (int i = 0; i < layer->child_count; i++) at = restore_modes(layer->children[i], at);
    return at;
}

static void leave(void *thing) {
    struct course *course = thing;
    if (course->in_step) oto_snapshot_put_back(&course->buffers);
    if (oto_kind(course->net) == OTO_LAYER) restore_modes(course->net, course->modes);
    oto_snapshot_free(&course->buffers);
    free(course->modes);
    free(course->seen);
    free(course);
}

void oto_fit_step_begin(struct course *course) {
    if (course->in_step) return;
    oto_snapshot_take("oto_fit", &course->buffers, course->net, OTO_BUFFERS);
    course->in_step = true;
}

/* ---- before it begins ---- */

static void check_options(const OtoFitOptions *o) {
    if (!o->loss == !o->objective)
        oto_refuse("oto_fit", o->loss ? "give .loss or .objective, not both"
                                      : "say what shall become smaller: .loss = oto_cross_entropy (one of several "
                                        "classes), oto_binary_cross_entropy (yes or no), oto_mse_loss (numbers), or a "
                                        "function of your own");
    oto_check_range("oto_fit", "epochs", (double)o->epochs, 1, 1e9);
    oto_check_range("oto_fit", "batch_size", (double)o->batch_size, 1, 1e12);
    oto_check_range("oto_fit", "accumulate", (double)o->accumulate, 1, 1e9);
    oto_check_range("oto_fit", "patience", (double)o->patience, 0, 1e9);
    oto_check_range("oto_fit", "max_seconds", o->max_seconds, 0, 1e9);
    oto_check_range("oto_fit", "overfit_batches", (double)o->overfit_batches, 0, 1e9);
    oto_check_range("oto_fit", "clip_norm", o->clip_norm, 0, INFINITY);
    oto_check_range("oto_fit", "clip_value", o->clip_value, 0, INFINITY);
    oto_check_range("oto_fit", "schedule", o->schedule, OTO_LR_CONSTANT, OTO_LR_PLATEAU);
    if (o->metric && !o->validate.x && !o->validate.set && !o->overfit_batches)
        oto_refuse("oto_fit", "a metric is measured on examples that the net does not learn from; give .validate = "
                              "oto_examples(X, y)");
    if (o->metric_name) oto_check_text("oto_fit", "metric_name", o->metric_name);
    if (o->optimizer) oto_need_optimizer("oto_fit", o->optimizer);
}

/* The same batches in each epoch, drawn once. Lives until the innermost scope ends. */
static OtoExamples first_batches(OtoExamples train, int64_t count) {
    int64_t all = oto_examples_count(train);
    int64_t *order = oto_hold(malloc((size_t)(all + 1) * sizeof *order), free);
    if (!order) oto_refuse("oto_fit", "no memory for an order of %" PRId64 " examples", all);
    for (int64_t i = 0; i < all; i++) order[i] = i;
    oto_shuffle(order, all);
    return oto_examples_at(train, oto_from(order, count < all ? count : all));
}

/* In the innermost scope, whose end puts things back. */
static struct course *new_course(OtoLayer *net, OtoExamples train, OtoFitOptions options) {
    struct course *course = calloc(1, sizeof *course);
    bool *modes = malloc((size_t)count_layers(net) * sizeof *modes);
    if (!course || !modes) {
        free(course);
        free(modes);
        oto_refuse("oto_fit", "no memory for a training");
    }
    note_modes(net, modes);
    *course = (struct course){.net = net, .options = options, .modes = modes, .started = now()};
    oto_hold(course, leave);
    course->train = train;
    if (options.overfit_batches) {
        course->train = first_batches(train, options.overfit_batches * options.batch_size);
        course->options.augment = NULL;
        course->options.weights = NULL;
        course->options.shuffle = course->options.stratify = course->options.one_per_group = false;
        course->options.validate = (OtoExamples){};
        course->options.metric = NULL;
    }
    course->has_validation = course->options.validate.x || course->options.validate.set;
    return course;
}

static struct OtoPass batches_of(struct course *c) {
    const OtoFitOptions *o = &c->options;
    return oto_batches(c->train, .batch_size = o->batch_size, .epochs = o->epochs, .shuffle = o->shuffle,
                       .drop_last = o->drop_last, .stratify = o->stratify, .one_per_group = o->one_per_group,
                       .weights = o->weights, .augment = o->augment, .quiet = true);
}

/* ---- the optimizer ---- */

static void take_optimizer(struct course *c) {
    const OtoFitOptions *o = &c->options;
    OtoFit *fit = c->fit;
    bool resumed = fit->optimizer;
    if (o->optimizer && resumed && o->optimizer != fit->optimizer)
        oto_refuse("oto_fit", "the training to go on with has another optimizer; leave .optimizer out");
    if (!resumed) {
        fit->optimizer = o->optimizer;
        if (!fit->optimizer) {
            double lr = isnan(o->lr) ? 1e-3 : o->lr;
            fit->optimizer = oto_value_adopt(oto_adam(c->net, .lr = lr, .weight_decay = o->weight_decay));
            fit->state->owns_optimizer = true;
        }
    }
    oto_need_optimizer("oto_fit", fit->optimizer);
    if (!isnan(o->lr) && o->lr != fit->optimizer->groups[0].first_lr) oto_set_lr(fit->optimizer, o->lr);
}

static void take_schedule(struct course *c) {
    const OtoFitOptions *o = &c->options;
    OtoOptimizer *optimizer = c->fit->optimizer;
    int64_t steps = o->epochs * c->steps_per_epoch;
    bool fresh = c->fit->steps == 0;
    if (o->schedule == OTO_LR_CONSTANT || (!fresh && c->fit->state->schedule_steps == steps)) return;
    if (fresh && optimizer->steps > 0)
        oto_refuse("oto_fit",
                   "a .schedule begins at the first step of an optimizer, and this %s has made %" PRId64
                   "; give a new one, or leave .optimizer out",
                   optimizer->type, optimizer->steps);
    c->fit->state->schedule_steps = steps;
    if (o->schedule == OTO_LR_COSINE) oto_schedule_cosine(optimizer, steps, .warmup = steps / 10);
    if (o->schedule == OTO_LR_ONE_CYCLE) oto_schedule_one_cycle(optimizer, steps > 1 ? steps : 2);
    if (o->schedule == OTO_LR_PLATEAU && fresh)
        oto_schedule_plateau(optimizer, .patience = 2, .larger_is_better = o->metric && !o->smaller_is_better);
}

/* ---- epochs ---- */

/* Whether this epoch is better than the best so far. */
static bool is_better(const struct course *c, const OtoEpoch *epoch) {
    const OtoEpoch *best = &c->fit->best;
    if (c->fit->best_epoch == 0) return true;
    if (c->options.metric && isfinite(epoch->metric) && epoch->metric != best->metric)
        return !isfinite(best->metric) || (epoch->metric > best->metric) == !c->options.smaller_is_better;
    return c->has_validation ? epoch->validation < best->validation : epoch->loss < best->loss;
}

static void add_to_history(OtoFit *fit, const OtoEpoch *epoch) {
    if ((fit->epochs & (fit->epochs - 1)) == 0) { /* full at each power of two */
        int64_t capacity = fit->epochs ? 2 * fit->epochs : 1;
        OtoEpoch *grown = realloc(fit->history, (size_t)capacity * sizeof *grown);
        if (!grown) oto_refuse("oto_fit", "no memory for the history of %" PRId64 " epochs", capacity);
        fit->history = grown;
    }
    fit->history[fit->epochs++] = *epoch;
}

/* Tries the net on the validation examples. */
static void judge(struct course *c, OtoEpoch *epoch) {
    const OtoFitOptions *o = &c->options;
    if (!c->has_validation) return;
    double began = now();
    OtoEvaluation found = oto_evaluation(c->net, o->validate, .loss = o->loss, .objective = o->objective,
                                         .metric = o->metric, .batch_size = o->batch_size);
    epoch->validation = found.loss;
    epoch->metric = found.metric;
    c->judging = now() - began;
}

/* What is told to a plateau, and looked at for the best. */
static double value_of(const struct course *c, const OtoEpoch *epoch) {
    return c->options.metric ? epoch->metric : c->has_validation ? epoch->validation : epoch->loss;
}

/* Judges what was learned since the last time. False: an interrupt came before it was done. */
static bool end_epoch(struct course *c) {
    OtoFit *fit = c->fit;
    struct OtoFitState *state = fit->state;
    OtoEpoch epoch = {.steps = fit->steps,
                      .loss = state->loss_sum / (double)state->loss_count,
                      .validation = NAN,
                      .metric = NAN,
                      .lr = fit->optimizer->groups[0].lr};
    judge(c, &epoch);
    if (oto_interrupt_pending()) return false;
    epoch.seconds = fit->seconds + now() - c->started;
    add_to_history(fit, &epoch);
    state->judged = state->place.batches;
    state->loss_sum = 0;
    state->loss_count = 0;
    state->since_best++;
    if (is_better(c, &epoch)) {
        fit->best = epoch;
        fit->best_epoch = fit->epochs;
        state->since_best = 0;
        if (c->has_validation && c->options.restore_best)
            oto_snapshot_take("oto_fit", &state->best, c->net, OTO_ALL_TENSORS);
    }
    if (fit->optimizer->training->schedule.kind == OTO_PLATEAU) oto_plateau(fit->optimizer, value_of(c, &epoch));
    if (c->curves && c->has_validation)
        oto_curves_add(c->curves, .steps = 0, .validation = epoch.validation, .metric = epoch.metric);
    return true;
}

/* ---- steps ---- */

/* The last step is whole: from here it goes on. */
static void finish_step(struct course *c, const struct OtoPass *b, double loss, int64_t examples) {
    struct OtoFitState *state = c->fit->state;
    c->in_step = false;
    c->fit->steps++;
    state->place = oto_batches_place(b);
    state->random = oto_random_now();
    state->loss_sum += loss;
    state->loss_count += examples;
    c->fit->optimizer->loss = loss / (double)examples;
    if (c->curves) oto_curves_add(c->curves, .loss = loss / (double)examples, .lr = c->fit->optimizer->groups[0].lr);
}

/* The batches of one step so far. */
struct group {
    int64_t batches, examples;
    double loss; /* times examples */
};

/* Learns from a batch; the last of a group changes the parameters. False: an interrupt came first. */
static bool learn(struct course *c, struct OtoPass *b, struct group *group) {
    OtoOptimizer *optimizer = c->fit->optimizer;
    const OtoFitOptions *o = &c->options;
    if (group->batches == 0) {
        oto_fit_step_begin(c);
        oto_zero_grad(optimizer);
    }
    OtoTensor *loss = oto_loss_of_batch(c->net, b->x, b->y, o->loss, o->objective, NULL);
    oto_step_backward("oto_fit", optimizer, loss);
    if (oto_interrupt_pending()) return false;
    int64_t examples = b->x->shape[0], steps = optimizer->steps;
    group->batches++;
    group->examples += examples;
    group->loss += oto_item(loss) * (double)examples;
    if (group->batches < o->accumulate && !b->last) return true;
    oto_step_remark("oto_fit", optimizer, loss);
    oto_step_update("oto_fit", optimizer, loss, (OtoClip){.clip_norm = o->clip_norm, .clip_value = o->clip_value},
                    1 / (double)group->batches);
    if (optimizer->steps == steps) return false;
    finish_step(c, b, group->loss, group->examples);
    *group = (struct group){};
    return true;
}

static bool is_over_time(const struct course *c) {
    double limit = c->options.max_seconds;
    return limit > 0 && now() - c->started + c->judging >= limit;
}

/* Whether the training ends here. */
static bool has_ended(struct course *c) {
    const OtoFitOptions *o = &c->options;
    struct OtoFitState *state = c->fit->state;
    if (is_over_time(c))
        set_stopped(c->fit, "%g s are over (.max_seconds)", o->max_seconds);
    else if (o->patience > 0 && state->since_best >= o->patience)
        set_stopped(c->fit, "%" PRId64 " epochs in a row brought nothing better (.patience)", state->since_best);
    else if (state->place.batches >= o->epochs * c->per_epoch)
        set_stopped(c->fit, "all %" PRId64 " epochs are made", o->epochs);
    else
        return false;
    return true;
}

/* Until it has ended (true), or is interrupted. */
static bool train(struct course *c, struct OtoPass *b) {
    struct OtoFitState *state = c->fit->state;
    struct group group = {};
    bool complete = state->place.batches % c->per_epoch == 0;
    if (state->place.batches > state->judged && complete && !end_epoch(c)) return false;
    if (state->place.batches >= c->options.epochs * c->per_epoch) return has_ended(c);
    while (oto_next(b)) {
        if (!learn(c, b, &group)) return false;
        if (!b->last && (group.batches > 0 || !is_over_time(c))) continue;
        if (!end_epoch(c)) return false;
        if (has_ended(c)) return true;
    }
    return false;
}

/* ---- the whole ---- */

static void begin_curves(struct course *c) {
    if (c->options.quiet) return;
    c->curves =
        oto_curves_begin(c->options.epochs * c->steps_per_epoch, .metric = c->fit->metric ? c->fit->metric : "metric");
    int64_t before = 0;
    for (int64_t i = 0; i < c->fit->epochs; i++) {
        const OtoEpoch *e = &c->fit->history[i];
        oto_curves_add(c->curves, .steps = e->steps - before, .loss = e->loss, .validation = e->validation,
                       .metric = e->metric, .lr = e->lr);
        before = e->steps;
    }
    if (c->fit->steps > before) oto_curves_add(c->curves, .steps = c->fit->steps - before);
}

/* A new training, or the last one of this net. */
static void take_fit(struct course *c) {
    struct OtoFitState *state = c->fit->state;
    int64_t examples = oto_examples_count(c->train);
    if (!state->begun) {
        state->examples = examples;
        state->batch_size = c->options.batch_size;
        return;
    }
    if (state->examples != examples || state->batch_size != c->options.batch_size)
        oto_refuse("oto_fit",
                   "the training to go on with has %" PRId64 " examples in batches of %" PRId64 ", not %" PRId64
                   " in batches of %" PRId64 "; leave out .resume for a new one",
                   state->examples, state->batch_size, examples, c->options.batch_size);
    if (c->fit->restored) oto_snapshot_swap(&state->best);
    c->fit->restored = false;
    if (c->options.patience && state->since_best >= c->options.patience) state->since_best = 0;
}

static void name_metric(struct course *c) {
    free(c->fit->state->metric);
    c->fit->metric = c->fit->state->metric = NULL;
    if (!c->options.metric) return;
    const char *name = c->options.metric_name ? c->options.metric_name : oto_metric_name(c->options.metric);
    c->fit->metric = c->fit->state->metric = strdup(name);
}

static void run(struct course *c) {
    OtoFit *fit = c->fit;
    struct OtoFitState *state = fit->state;
    OtoBatches b = batches_of(c);
    c->per_epoch = b.batches;
    c->steps_per_epoch = (b.batches + c->options.accumulate - 1) / c->options.accumulate;
    if (state->begun)
        oto_batches_go_to(&b, state->place);
    else
        state->place = oto_batches_place(&b);
    take_optimizer(c);
    take_schedule(c);
    if (state->begun)
        oto_random_again(state->random);
    else
        state->random = oto_random_now();
    state->begun = true;
    begin_curves(c);
    if (!c->net->training) oto_train(c->net);
    bool ended = train(c, &b);
    fit->seconds += now() - c->started;
    if (ended && c->options.restore_best && c->has_validation && fit->best_epoch < fit->epochs) {
        oto_snapshot_swap(&state->best);
        fit->restored = true;
    }
    if (c->curves) oto_curves_end(c->curves);
    if (ended) return;
    fprintf(stderr,
            "oto_fit: interrupted in epoch %" PRId64 " of %" PRId64 ", after %" PRId64
            " steps. The net keeps the last of them; the same call with .resume = true goes on from there.\n",
            state->judged / c->per_epoch + 1, c->options.epochs, fit->steps);
}

/* The last training of this net that can go on, or a new one. */
static OtoFit *resumed(OtoLayer *net) {
    OtoFit *fit = last_of(net);
    if (!fit) return new_fit(net);
    if (!oto_snapshot_is_of(&fit->state->best, net))
        oto_refuse("oto_fit", "the net has other tensors than in its last training; leave out .resume");
    oto_random_again(fit->state->start);
    return fit;
}

OtoFit *(oto_fit)(OtoLayer *net, OtoExamples train, OtoFitOptions options) {
    oto_need_layer("oto_fit", net, NULL);
    check_options(&options);
    OtoFit *fit = options.resume ? resumed(net) : new_fit(net);
    set_stopped(fit, "interrupted, or ended by a refusal");
    oto_scope {
        struct course *course = new_course(net, train, options);
        course->fit = fit;
        name_metric(course);
        if (course->has_validation) oto_fit_check_split(course->train, course->options.validate);
        take_fit(course);
        oto_fit_rehearse(course);
        if (options.dry_run)
            set_stopped(fit, "%s", course->seen);
        else if (!oto_interrupt_pending())
            run(course);
    }
    return fit;
}
