#include "lib/nn/evaluation.h"
#include "lib/metrics/classification.h"
#include "lib/metrics/ranking.h"
#include "lib/tensor/arithmetic.h"
#include "lib/tensor/error.h"
#include "lib/tensor/random.h"

#include <math.h>
#include <string.h>

const char *oto_metric_name(OtoMetricOf *metric) {
    static const struct {
        OtoMetricOf *metric;
        const char *name;
    } names[] = {
        {oto_accuracy, "accuracy"},
        {oto_macro_f1, "macro F1"},
        {oto_roc_auc, "ROC-AUC"},
        {oto_average_precision, "average precision"},
        {oto_mean_average_precision, "mean average precision"},
        {oto_mean_reciprocal_rank, "mean reciprocal rank"},
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (names[i].metric == metric) return names[i].name;
    return "metric";
}

OtoTensor *oto_loss_of_batch(OtoLayer *net, OtoTensor *x, OtoTensor *y, OtoLossOf *loss, OtoObjective *objective,
                             OtoTensor **output) {
    if (output) *output = NULL;
    if (objective) return objective(net, x, y);
    OtoTensor *given = oto_apply_called(net, x, "net");
    if (output) *output = given;
    return loss(given, y ? y : x);
}

/* ---- all batches as one tensor ---- */

struct gathered {
    OtoTensor *all; /* of the scope around the batches */
    int64_t filled; /* examples */
};

static bool fits(const OtoTensor *all, const OtoTensor *part) {
    if (part->type != all->type || part->rank != all->rank) return false;
    for (int axis = 1; axis < all->rank; axis++)
        if (part->shape[axis] != all->shape[axis]) return false;
    return true;
}

static size_t bytes_of(const OtoTensor *x, int64_t elements) {
    return (size_t)elements * (x->type == OTO_FLOAT32 ? sizeof(float) : 8);
}

/* Adds the examples of a batch to room for `left` of them. Called in the batch's scope, in which nobody has kept `all`
 * yet where it is new. */
static void gather(struct gathered *gathered, OtoTensor *part, int64_t batch, int64_t left) {
    if (part->rank < 1 || part->shape[0] != batch)
        oto_refuse("oto_evaluation",
                   "for a batch of %lld examples the net gives %s; its first axis must count the examples",
                   (long long)batch, oto_shape_quoted(part));
    if (!gathered->all) {
        long long shape[OTO_RANK_MAX];
        for (int axis = 0; axis < part->rank; axis++) shape[axis] = axis ? part->shape[axis] : left;
        OtoTensor *all = oto_tensor_new(part->type, part->rank, shape);
        for (int axis = 1; axis < part->rank; axis++) oto_axis_copy(all, axis, part, axis);
        gathered->all = oto_keep(oto_name_axis(all, 0, "example"));
    }
    size_t row = bytes_of(part, part->size / batch);
    memcpy((char *)gathered->all->data + (size_t)gathered->filled * row, part->data, bytes_of(part, part->size));
    gathered->filled += batch;
}

/* What was gathered, without the room that was left. */
static OtoTensor *whole(struct gathered *gathered) {
    if (gathered->filled == gathered->all->shape[0]) return gathered->all;
    return oto_slice(gathered->all, 0, 0, gathered->filled);
}

/* ---- a mean over examples ---- */

struct mean {
    double sum;
    int64_t count;
};
static void add_to(struct mean *mean, double value, int64_t count) {
    mean->sum += value * (double)count;
    mean->count += count;
}
static double value_of(const struct mean *mean) {
    return mean->count ? mean->sum / (double)mean->count : NAN;
}

/* ---- evaluation ---- */

struct evaluation {
    OtoLayer *net;
    const OtoEvaluationOptions *options;
    struct gathered outputs, targets;
    struct mean loss, metric;
};

/* The metric of what was gathered so far. */
static void measure(struct evaluation *e) {
    if (!e->outputs.all) return;
    oto_scope add_to(&e->metric, e->options->metric(whole(&e->targets), whole(&e->outputs)), e->outputs.filled);
    e->outputs = e->targets = (struct gathered){};
}

static void take_batch(struct evaluation *e, struct OtoPass *b, int64_t left) {
    const OtoEvaluationOptions *options = e->options;
    int64_t batch = b->x->shape[0];
    OtoTensor *output = NULL, *target = b->y ? b->y : b->x;
    if (options->loss || options->objective) {
        OtoTensor *loss = oto_loss_of_batch(e->net, b->x, b->y, options->loss, options->objective, &output);
        add_to(&e->loss, oto_item(loss), batch);
    }
    if (!options->metric || oto_interrupt_pending()) return;
    if (!output) output = oto_apply_called(e->net, b->x, "net");
    if (e->outputs.all && !(fits(e->outputs.all, output) && fits(e->targets.all, target))) measure(e);
    gather(&e->outputs, output, batch, left);
    gather(&e->targets, target, batch, left);
}

static void check(const char *operation, OtoLayer *net, const OtoEvaluationOptions *options) {
    oto_need_layer(operation, net, NULL);
    if (options->loss && options->objective) oto_refuse(operation, "give .loss or .objective, not both");
    if (!options->loss && !options->objective && !options->metric)
        oto_refuse(operation, "there is nothing to find out: give .loss = oto_cross_entropy, .metric = oto_accuracy, "
                              "or both");
}

OtoEvaluation(oto_evaluation)(OtoLayer *net, OtoExamples examples, OtoEvaluationOptions options) {
    check("oto_evaluation", net, &options);
    struct evaluation e = {.net = net, .options = &options};
    OtoRandom before = oto_random_now();
    oto_scope oto_evaluating(net) {
        int64_t left = oto_examples_count(examples);
        for (OtoBatches b = oto_batches(examples, .batch_size = options.batch_size, .quiet = true); oto_next(&b);) {
            take_batch(&e, &b, left);
            left -= b.x->shape[0];
        }
        if (!oto_interrupt_pending()) measure(&e);
    }
    oto_random_again(before);
    return (OtoEvaluation){value_of(&e.loss), value_of(&e.metric)};
}

OtoTensor *(oto_predictions)(OtoLayer *net, OtoExamples examples, OtoPredictionsOptions options) {
    oto_need_layer("oto_predictions", net, NULL);
    struct gathered outputs = {};
    OtoRandom before = oto_random_now();
    oto_scope oto_evaluating(net) {
        int64_t count = oto_examples_count(examples);
        for (OtoBatches b = oto_batches(examples, .batch_size = options.batch_size, .quiet = true); oto_next(&b);) {
            OtoTensor *output = oto_apply_called(net, b.x, "net");
            if (outputs.all && !fits(outputs.all, output))
                oto_refuse("oto_predictions",
                           "batch %lld gives %s, but those before make it %s; pad the examples to one length",
                           (long long)b.batch, oto_shape_quoted(output), oto_shape_quoted(outputs.all));
            gather(&outputs, output, b.x->shape[0], count);
        }
        if (outputs.all) oto_keep(outputs.all);
    }
    oto_random_again(before);
    return outputs.all;
}
