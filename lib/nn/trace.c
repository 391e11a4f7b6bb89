/* Which operation first made a number that is not finite: on the way to a loss, or on the way back. */
#include "lib/nn/training.h"
#include "lib/tensor/error.h"
#include "lib/tensor/node.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static bool is_finite(const OtoTensor *x) {
    if (x->type != OTO_FLOAT32 || !x->data) return true;
    const float *data = x->data;
    for (int64_t i = 0; i < x->size; i++)
        if (!isfinite(data[i])) return false;
    return true;
}

/* The node whose result is the first that is known not to be finite; or the node that was given such data. */
struct suspect {
    OtoNode *node;
    uint64_t serial;
    bool given;     /* the numbers came into it from outside */
    bool parameter; /* they are a parameter's */
};

static void suspect(struct suspect *first, OtoNode *node, uint64_t serial, bool given, bool parameter) {
    if (!first->node || serial < first->serial) *first = (struct suspect){node, serial, given, parameter};
}

static void look_at(OtoNode *node, void *context) {
    struct suspect *first = context;
    if (!is_finite(&node->output.tensor)) suspect(first, node, node->serial * 2 + 1, false, false);
    for (int i = 0; i < node->count; i++) {
        OtoNode *before = node->inputs[i].tensor.node;
        if (is_finite(&node->inputs[i].tensor)) continue;
        if (before && before->operation)
            suspect(first, before, before->serial * 2 + 1, false, false);
        else
            suspect(first, node, node->serial * 2, true, before);
    }
}

/* Operations on the way to a node whose results were not kept, so that nobody knows which of them was finite last; the
 * first come first, as text. */
enum { UNKNOWN_MAX = 4, DEPTH_MAX = 1000 };
struct unknown {
    const char *names[UNKNOWN_MAX];
    int count;
};
static void list_unknown(struct unknown *unknown, OtoNode *node, int depth) {
    for (int i = 0; i < node->count && unknown->count < UNKNOWN_MAX && depth < DEPTH_MAX; i++) {
        OtoNode *before = node->inputs[i].tensor.node;
        if (!before || !before->operation || node->inputs[i].tensor.data || before->output.tensor.data) continue;
        list_unknown(unknown, before, depth + 1);
        if (unknown->count < UNKNOWN_MAX) unknown->names[unknown->count++] = oto_node_name(before);
    }
}

/* "oto_log", or "one of oto_log, oto_mul, oto_sum_over"; free() it. */
static char *first_not_finite(OtoNode *node) {
    struct unknown unknown = {};
    list_unknown(&unknown, node, 0);
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    if (!out) return NULL;
    fputs(unknown.count ? "one of " : "", out);
    for (int i = 0; i < unknown.count; i++) fprintf(out, "%s, ", unknown.names[i]);
    fputs(oto_node_name(node), out);
    return fclose(out) ? NULL : text;
}

void oto_refuse_loss(const char *operation, OtoOptimizer *optimizer, OtoTensor *loss) {
    struct suspect first = {};
    oto_visit(loss, look_at, &first);
    OtoNode *node = first.node ? first.node : loss->node;
    const char *name = node ? oto_node_name(node) : "?";
    const char *kind = isnan(oto_item(loss)) ? "NaN" : "infinite";
    long long step = optimizer->steps + 1;
    if (first.given && first.parameter)
        oto_refuse(operation,
                   "the loss is %s in step %lld: a parameter that goes into %s is not finite already. The "
                   "parameters were not changed in this step",
                   kind, step, name);
    if (first.given)
        oto_refuse(operation,
                   "the loss is %s in step %lld: the data that goes into %s holds NaN or infinite numbers. "
                   "Look at it with oto_describe(x). The parameters are what they were before the step",
                   kind, step, name);
    char *which = node ? first_not_finite(node) : NULL;
    if (which) oto_hold(which, free);
    oto_refuse(operation,
               "the loss is %s in step %lld: the first operation with a result that is not finite is %s. Is "
               "there a log or a division of 0, a root of something negative, or a learning rate (%g) that "
               "is too large? The parameters are what they were before the step",
               kind, step, which ? which : name, optimizer->groups[0].lr);
}

static void watch_gradients(OtoNode *node, void *context) {
    const char **first = context;
    for (int i = 0; i < node->count && !*first; i++) {
        OtoNode *before = node->inputs[i].tensor.node;
        if (before && before->wanted && !is_finite(&before->gradient)) *first = oto_node_name(node);
    }
}

void oto_refuse_gradient(const char *operation, OtoOptimizer *optimizer, OtoTensor *loss) {
    OtoTraining *training = optimizer->training;
    const char *first = NULL, *parameter = "";
    for (int i = training->owned_count - 1; i >= 0; i--) {
        OtoTensor *tensor = training->owned[i].tensor;
        if (tensor->node && !is_finite(&tensor->node->gradient)) parameter = training->owned[i].name;
    }
    oto_zero_grad(optimizer);
    if (loss) {
        OtoTensor **wanted = oto_hold(malloc((size_t)(training->owned_count + 1) * sizeof(OtoTensor *)), free);
        int count = 0;
        for (int i = 0; wanted && i < training->owned_count; i++)
            if (training->owned[i].tensor->node) wanted[count++] = training->owned[i].tensor;
        oto_backward_again(loss, count, wanted, watch_gradients, &first);
        oto_zero_grad(optimizer);
    }
    oto_refuse(operation,
               "the gradient of %s is not finite in step %lld, though the loss is%s%s. (A root and a norm have "
               "an infinite slope at 0: add a small number inside. Or the numbers grow too large: see "
               ".clip_norm.) The parameters are what they were before the step",
               parameter, (long long)(optimizer->steps + 1),
               first ? ": the first operation whose backward made it so is " : "", first ? first : "");
}
