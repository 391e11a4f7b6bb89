#include "lib/nn/loss.h"
#include "lib/tensor/arithmetic.h"
#include "lib/tensor/error.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

const char *oto_loss_place(OtoTensor *x, int64_t i) {
    static _Thread_local char text[OTO_RANK_MAX * 24];
    int64_t index[OTO_RANK_MAX];
    for (int axis = x->rank - 1; axis >= 0; axis--) {
        index[axis] = i % x->shape[axis];
        i /= x->shape[axis];
    }
    size_t at = 0;
    for (int axis = 0; axis < x->rank; axis++)
        at += (size_t)snprintf(text + at, sizeof text - at, axis ? ", %" PRId64 : "(%" PRId64, index[axis]);
    snprintf(text + at, sizeof text - at, ")");
    return text;
}

const char *oto_loss_reshape(const char *argument, int rank, const long long shape[]) {
    static _Thread_local char text[80 + OTO_RANK_MAX * 24];
    size_t at = (size_t)snprintf(text, sizeof text, "oto_reshape(%.40s", argument);
    for (int i = 0; i < rank; i++) at += (size_t)snprintf(text + at, sizeof text - at, ", %lld", shape[i]);
    snprintf(text + at, sizeof text - at, ")");
    return text;
}

void oto_loss_need_pair(const char *operation, const char *argument_x, OtoTensor *x, const char *argument_t,
                        OtoTensor *t) {
    oto_need_float(operation, argument_x, x);
    oto_need(operation, argument_t, t);
    if (t->type == OTO_INT64)
        oto_refuse(
            operation,
            "%s is int64. Are they the numbers of classes? Then the distance between them means nothing, and "
            "oto_cross_entropy(logits, %s) is the loss; if they are amounts, oto_mul(%s, 1.0) makes them float32",
            argument_t, argument_t, argument_t);
    oto_need_float(operation, argument_t, t);
    bool same = x->rank == t->rank;
    for (int i = 0; same && i < x->rank; i++) same = x->shape[i] == t->shape[i];
    if (!same && x->size == t->size) {
        long long shape[OTO_RANK_MAX];
        for (int i = 0; i < x->rank; i++) shape[i] = x->shape[i];
        oto_refuse(operation,
                   "%s is %s and %s is %s; a loss does not repeat or turn its operands. They have as many numbers: "
                   "%s if their order is the same",
                   argument_x, oto_shape_quoted(x), argument_t, oto_shape_quoted(t),
                   oto_loss_reshape(argument_t, x->rank, shape));
    }
    if (!same)
        oto_refuse(operation, "%s is %s and %s is %s; a loss does not repeat its operands, they must have one shape",
                   argument_x, oto_shape_quoted(x), argument_t, oto_shape_quoted(t));
    for (int i = 0; i < x->rank; i++) {
        const char *a = x->axes[i].name, *b = t->axes[i].name;
        if (*a && *b && strcmp(a, b))
            oto_refuse(operation, "axis %d is \"%s\" in %s %s, and \"%s\" in %s %s; oto_permute puts axes in order", i,
                       a, argument_x, oto_shape_quoted(x), b, argument_t, oto_shape_quoted(t));
    }
    if (x->size == 0)
        oto_refuse(operation,
                   "%s is empty: %s; a loss needs at least one number. Has the choice of examples left none?",
                   argument_x, oto_shape_quoted(x));
}

void oto_loss_need_finite(const char *operation, const char *argument, OtoTensor *x) {
    const float *data = oto_data(x);
    float sum = 0; /* 0 times what is not finite is NaN */
    for (int64_t i = 0; i < x->size; i++) sum += data[i] * 0;
    if (sum == 0) return;
    int64_t at = 0;
    while (isfinite(data[at])) at++;
    oto_refuse(operation, "%s has %s at %s; look at the data with oto_count_nan before training on it", argument,
               isnan(data[at]) ? "NaN" : "an infinite number", oto_loss_place(x, at));
}

void oto_loss_check_reduction(const char *operation, OtoReduction reduction) {
    if ((unsigned)reduction > OTO_NONE)
        oto_refuse(operation, "reduction is %d; use OTO_MEAN, OTO_SUM or OTO_NONE", (int)reduction);
}

OtoTensor *oto_loss_reduced(OtoTensor *x, OtoReduction reduction) {
    return reduction == OTO_MEAN ? oto_mean_all(x) : reduction == OTO_SUM ? oto_sum_all(x) : x;
}
