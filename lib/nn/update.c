/* The formulas by which optimizers change parameters (optimizer.h), one pass over the memory for each step. */
#include "lib/nn/training.h"
#include "lib/tensor/error.h"
#include "lib/tensor/parallel.h"
#include "lib/tensor/simd.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* The gradient as it counts: within +-limit, and scaled. A NaN stays one. */
#define CLIPPED(g, limit) ((g) > (limit) ? (limit) : (g) < -(limit) ? -(limit) : (g))

/* ---- sgd ---- */

static void prepare_sgd(struct change *change, const OtoGroup *group, int64_t t) {
    change->numbers[0] = (float)group->lr;
    change->numbers[1] = (float)group->weight_decay;
    change->numbers[2] = (float)group->momentum;
    change->numbers[3] = t == 1 ? 1 : (float)(1 - group->dampening);
    change->nesterov = group->nesterov;
    change->has_momentum = group->momentum != 0;
}

OTO_VECTORISED static void sgd_plain(const struct change *c, float *restrict p, const float *restrict g, int64_t n) {
    float lr = c->numbers[0], decay = c->numbers[1], scale = c->scale, limit = c->limit;
    for (int64_t i = 0; i < n; i++) p[i] -= lr * (CLIPPED(g[i], limit) * scale + decay * p[i]);
}
OTO_VECTORISED static void sgd_momentum(const struct change *c, float *restrict p, const float *restrict g,
                                        float *restrict b, int64_t n) {
    float lr = c->numbers[0], decay = c->numbers[1], momentum = c->numbers[2], fresh = c->numbers[3];
    float scale = c->scale, limit = c->limit;
    float ahead = c->nesterov ? momentum : 1, now = c->nesterov ? 1 : 0;
    for (int64_t i = 0; i < n; i++) {
        float d = CLIPPED(g[i], limit) * scale + decay * p[i];
        b[i] = momentum * b[i] + fresh * d;
        p[i] -= lr * (now * d + ahead * b[i]);
    }
}
static void apply_sgd(const struct change *c, int64_t from, int64_t to) {
    if (c->has_momentum)
        sgd_momentum(c, c->p + from, c->g + from, c->states[0] + from, to - from);
    else
        sgd_plain(c, c->p + from, c->g + from, to - from);
}
static void write_sgd(const OtoGroup *group, void *file) {
    fprintf(file, ", momentum %g%s, weight_decay %g", group->momentum, group->nesterov ? " (nesterov)" : "",
            group->weight_decay);
}
const struct optimizer_type oto_sgd_type = {"sgd", 1, {"momentum_buffer"}, prepare_sgd, apply_sgd, write_sgd};

/* ---- adam, adamw ---- */

static void prepare_adam(struct change *change, const OtoGroup *group, int64_t t) {
    double unbiased1 = 1 - pow(group->beta1, (double)t), unbiased2 = 1 - pow(group->beta2, (double)t);
    change->numbers[0] = (float)(group->lr / unbiased1);
    change->numbers[1] = (float)group->weight_decay;
    change->numbers[2] = (float)(1 - group->beta1);
    change->numbers[3] = (float)group->beta2;
    change->numbers[4] = (float)(1 - group->beta2);
    change->numbers[5] = (float)(1 / sqrt(unbiased2));
    change->numbers[6] = (float)group->eps;
    change->numbers[7] = 1;
}
static void prepare_adamw(struct change *change, const OtoGroup *group, int64_t t) {
    prepare_adam(change, group, t);
    change->numbers[1] = 0;
    change->numbers[7] = (float)(1 - group->lr * group->weight_decay);
}

OTO_VECTORISED static void adam(const struct change *c, float *restrict p, const float *restrict g, float *restrict m,
                                float *restrict v, int64_t n) {
    float rate = c->numbers[0], decay = c->numbers[1], fresh1 = c->numbers[2], keep2 = c->numbers[3];
    float fresh2 = c->numbers[4], unbias = c->numbers[5], eps = c->numbers[6], shrink = c->numbers[7];
    float scale = c->scale, limit = c->limit;
    for (int64_t i = 0; i < n; i++) {
        float d = CLIPPED(g[i], limit) * scale + decay * p[i];
        m[i] += fresh1 * (d - m[i]);
        v[i] = keep2 * v[i] + fresh2 * d * d;
        p[i] = p[i] * shrink - rate * m[i] / (__builtin_elementwise_sqrt(v[i]) * unbias + eps);
    }
}
static void apply_adam(const struct change *c, int64_t from, int64_t to) {
    adam(c, c->p + from, c->g + from, c->states[0] + from, c->states[1] + from, to - from);
}
static void write_adam(const OtoGroup *group, void *file) {
    fprintf(file, ", beta1 %g, beta2 %g, eps %g, weight_decay %g", group->beta1, group->beta2, group->eps,
            group->weight_decay);
}
const struct optimizer_type oto_adam_type = {"adam",       2,          {"exp_avg", "exp_avg_sq"},
                                             prepare_adam, apply_adam, write_adam};
const struct optimizer_type oto_adamw_type = {"adamw",       2,          {"exp_avg", "exp_avg_sq"},
                                              prepare_adamw, apply_adam, write_adam};

/* ---- rmsprop ---- */

static void prepare_rmsprop(struct change *change, const OtoGroup *group, int64_t t) {
    change->numbers[0] = (float)group->lr;
    change->numbers[1] = (float)group->weight_decay;
    change->numbers[2] = (float)group->alpha;
    change->numbers[3] = (float)(1 - group->alpha);
    change->numbers[4] = (float)group->eps;
    change->numbers[5] = (float)group->momentum;
    change->numbers[6] = group->centered ? 1 : 0;
}

OTO_VECTORISED static void rmsprop(const struct change *c, float *restrict p, const float *restrict g,
                                   float *restrict v, float *restrict b, float *restrict a, int64_t n) {
    float lr = c->numbers[0], decay = c->numbers[1], keep = c->numbers[2], fresh = c->numbers[3], eps = c->numbers[4];
    float momentum = c->numbers[5], centered = c->numbers[6], scale = c->scale, limit = c->limit;
    for (int64_t i = 0; i < n; i++) {
        float d = CLIPPED(g[i], limit) * scale + decay * p[i];
        v[i] = keep * v[i] + fresh * d * d;
        a[i] += fresh * (d - a[i]);
        float spread = v[i] - centered * a[i] * a[i];
        b[i] = momentum * b[i] + d / (__builtin_elementwise_sqrt(spread) + eps);
        p[i] -= lr * b[i];
    }
}
static void apply_rmsprop(const struct change *c, int64_t from, int64_t to) {
    rmsprop(c, c->p + from, c->g + from, c->states[0] + from, c->states[1] + from, c->states[2] + from, to - from);
}
static void write_rmsprop(const OtoGroup *group, void *file) {
    fprintf(file, ", alpha %g, eps %g, momentum %g, weight_decay %g%s", group->alpha, group->eps, group->momentum,
            group->weight_decay, group->centered ? ", centered" : "");
}
const struct optimizer_type oto_rmsprop_type = {
    "rmsprop", 3, {"square_avg", "momentum_buffer", "grad_avg"}, prepare_rmsprop, apply_rmsprop, write_rmsprop};

/* ---- all parameters at once ---- */

/* Parts of parameters, each on one thread; small parameters stand together in one run of parts. */
struct part {
    struct change change;
    int64_t from, to;
};
struct parts {
    const struct optimizer_type *type;
    struct part *parts;
    int64_t *runs; /* where each run begins, and the end of the last */
    int64_t count, run_count;
    double *sums; /* one a run, of its squares */
    bool *done;   /* one a run */
};
enum { PART = 1 << 15 };

static void free_parts(void *thing) {
    struct parts *parts = thing;
    free(parts->parts);
    free(parts->runs);
    free(parts->sums);
    free(parts->done);
    free(parts);
}

static void fill_parts(struct parts *parts, OtoTraining *training, const struct change *how) {
    int64_t filled = PART;
    for (int i = 0; i < training->owned_count; i++) {
        struct owned *owned = &training->owned[i];
        const float *gradient = owned->tensor->node ? oto_gradient_data(owned->tensor) : NULL;
        if (!gradient) continue;
        struct change change = *how;
        change.p = owned->tensor->data;
        change.g = gradient;
        change.average = owned->average;
        for (int k = 0; k < OTO_STATES_MAX; k++) change.states[k] = owned->states[k];
        for (int64_t from = 0; from < owned->tensor->size; from += PART) {
            int64_t to = from + PART < owned->tensor->size ? from + PART : owned->tensor->size;
            if (filled + to - from > PART) {
                parts->runs[parts->run_count++] = parts->count;
                filled = 0;
            }
            filled += to - from;
            parts->parts[parts->count++] = (struct part){change, from, to};
        }
    }
    parts->runs[parts->run_count] = parts->count;
}

/* Lives until the innermost scope ends. */
static struct parts *parts_of(OtoOptimizer *optimizer, const struct change *how) {
    OtoTraining *training = optimizer->training;
    size_t most = 1;
    for (int i = 0; i < training->owned_count; i++) most += (size_t)(training->owned[i].tensor->size / PART + 1);
    struct parts *parts = calloc(1, sizeof *parts);
    if (!parts) oto_refuse("oto_update", "no memory for a list of parameters");
    oto_hold(parts, free_parts);
    parts->type = training->type;
    parts->parts = malloc(most * sizeof *parts->parts);
    parts->runs = malloc((most + 1) * sizeof *parts->runs);
    parts->sums = calloc(most, sizeof *parts->sums);
    parts->done = calloc(most, sizeof *parts->done);
    if (!parts->parts || !parts->runs || !parts->sums || !parts->done)
        oto_refuse("oto_update", "no memory for a list of parameters");
    fill_parts(parts, training, how);
    return parts;
}

OTO_VECTORISED static void add_average(float *restrict average, const float *restrict p, float rate, int64_t n) {
    for (int64_t i = 0; i < n; i++) average[i] += rate * (p[i] - average[i]);
}

static void change_run(int64_t run, int64_t to, void *context) {
    struct parts *parts = context;
    for (int64_t at = parts->runs[run]; at < parts->runs[to]; at++) {
        struct part *part = &parts->parts[at];
        const struct change *c = &part->change;
        parts->type->apply(c, part->from, part->to);
        if (c->average) add_average(c->average + part->from, c->p + part->from, c->average_rate, part->to - part->from);
    }
    parts->done[run] = true;
}

/* A parameter's numbers depend on its group and its own count of updates; parts hold them by value. */
static void prepare_parts(OtoOptimizer *optimizer, struct parts *parts) {
    OtoTraining *training = optimizer->training;
    int64_t at = 0;
    for (int i = 0; i < training->owned_count; i++) {
        struct owned *owned = &training->owned[i];
        for (; at < parts->count && parts->parts[at].change.p == (float *)owned->tensor->data; at++)
            training->type->prepare(&parts->parts[at].change, &optimizer->groups[owned->group], owned->updates + 1);
    }
}

void oto_change_parameters(OtoOptimizer *optimizer, float scale, float limit) {
    OtoTraining *training = optimizer->training;
    struct change how = {
        .scale = scale, .limit = limit, .average_rate = training->averaged ? (float)(1 - training->ema_decay) : 1};
    oto_scope {
        struct parts *parts = parts_of(optimizer, &how);
        prepare_parts(optimizer, parts);
        oto_parallel(parts->run_count, 1, change_run, parts);
        for (int64_t run = 0; run < parts->run_count; run++) /* what an interrupt left out: a step is whole */
            if (!parts->done[run]) change_run(run, run + 1, parts);
    }
    training->averaged = training->ema_decay > 0;
    for (int i = 0; i < training->owned_count; i++) {
        OtoTensor *tensor = training->owned[i].tensor;
        if (!tensor->node || !oto_gradient_data(tensor)) continue;
        training->owned[i].updates++;
        oto_changed(tensor);
        oto_gradient_used(tensor);
    }
}

/* ---- the norm ---- */

enum { LANES = 32, BLOCK = 4096 };

OTO_VECTORISED static double sum_of_squares(const float *restrict g, float limit, int64_t n) {
    double sum = 0;
    for (int64_t from = 0; from < n; from += BLOCK) {
        int64_t to = from + BLOCK < n ? from + BLOCK : n, i = from;
        float lanes[LANES] = {};
        for (; i + LANES <= to; i += LANES)
            for (int k = 0; k < LANES; k++) {
                float d = CLIPPED(g[i + k], limit);
                lanes[k] += d * d;
            }
        for (; i < to; i++) {
            float d = CLIPPED(g[i], limit);
            lanes[0] += d * d;
        }
        for (int k = 0; k < LANES; k++) sum += (double)lanes[k];
    }
    return sum;
}

/* The same where squares are too large for a float. */
static double sum_of_large_squares(const float *g, float limit, int64_t n) {
    double sum = 0;
    for (int64_t i = 0; i < n; i++) {
        double d = (double)CLIPPED(g[i], limit);
        sum += d * d;
    }
    return sum;
}

static void norm_runs(int64_t from, int64_t to, void *context) {
    struct parts *parts = context;
    for (int64_t run = from; run < to; run++) {
        double sum = 0;
        for (int64_t at = parts->runs[run]; at < parts->runs[run + 1]; at++) {
            struct part *part = &parts->parts[at];
            const float *g = part->change.g + part->from;
            float limit = part->change.limit;
            double squares = sum_of_squares(g, limit, part->to - part->from);
            if (isinf(squares)) squares = sum_of_large_squares(g, limit, part->to - part->from);
            sum += squares;
        }
        parts->sums[run] = sum;
    }
}

double oto_gradient_norm_of(OtoOptimizer *optimizer, float limit) {
    double sum = 0;
    struct change how = {.limit = limit};
    oto_scope {
        struct parts *parts = parts_of(optimizer, &how);
        oto_parallel(parts->run_count, 1, norm_runs, parts);
        for (int64_t i = 0; i < parts->run_count; i++) sum += parts->sums[i];
    }
    return sqrt(sum);
}
