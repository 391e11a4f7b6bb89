#include "lib/tensor/broadcast.h"
#include "lib/tensor/error.h"
#include "lib/tensor/parallel.h"

#include <inttypes.h>
#include <string.h>

enum { PIECE = 1 << 16 }; /* elements that are worth a thread */

/* Length of an operand's axis, counted from the last axis (0) backwards; 1 beyond its first. */
static int64_t length_from_end(OtoTensor *x, int back) {
    return back < x->rank ? x->shape[x->rank - 1 - back] : 1;
}

static void refuse_shapes(const char *operation, OtoTensor *x, OtoTensor *y, int back) {
    const char *shape_x = oto_shape_quoted(x), *shape_y = oto_shape_quoted(y);
    if (x->rank == y->rank && back == 0 && !strcmp(x->axes[x->rank - 1].name, "time"))
        oto_refuse(operation,
                   "%s and %s do not fit together; cut the longer one, as in oto_slice(x, \"time\", 0, %" PRId64 ")",
                   shape_x, shape_y, x->cols < y->cols ? x->cols : y->cols);
    oto_refuse(operation,
               "%s and %s do not fit together: from the last axis backwards, lengths must be equal or 1; look at "
               "oto_transpose, oto_reshape and oto_slice",
               shape_x, shape_y);
}

static void check_pair(const char *operation, OtoTensor *x, OtoTensor *y) {
    for (int back = 0; back < x->rank && back < y->rank; back++) {
        int64_t n = length_from_end(x, back), m = length_from_end(y, back);
        if (n != m && n != 1 && m != 1) refuse_shapes(operation, x, y, back);
        const char *a = x->axes[x->rank - 1 - back].name, *b = y->axes[y->rank - 1 - back].name;
        if (*a && *b && a != b && strcmp(a, b))
            oto_refuse(operation,
                       "%s and %s: axis \"%s\" would meet axis \"%s\"; use oto_transpose, or oto_name_axis if they "
                       "mean the same",
                       oto_shape_quoted(x), oto_shape_quoted(y), a, b);
    }
}

/* Puts an axis in front of those merged so far, or into the first of them where all operands walk straight on. */
static void add_axis(OtoBroadcast *plan, int64_t length, const int64_t stride[]) {
    if (length == 1) return;
    bool merges = plan->axes > 0;
    for (int k = 0; merges && k < plan->operands; k++)
        merges = stride[k] == plan->stride[k][plan->axes - 1] * plan->length[plan->axes - 1];
    if (merges) {
        plan->length[plan->axes - 1] *= length;
        return;
    }
    plan->length[plan->axes] = length;
    for (int k = 0; k < plan->operands; k++) plan->stride[k][plan->axes] = stride[k];
    plan->axes++;
}

static void reverse(int64_t *numbers, int count) {
    for (int i = 0; i < count / 2; i++) {
        int64_t kept = numbers[i];
        numbers[i] = numbers[count - 1 - i];
        numbers[count - 1 - i] = kept;
    }
}

OtoBroadcast oto_broadcast_plan(const char *operation, int count, OtoTensor *operands[]) {
    OtoBroadcast plan = {.operands = count};
    for (int k = 0; k < count; k++) {
        for (int earlier = 0; earlier < k; earlier++) check_pair(operation, operands[earlier], operands[k]);
        if (operands[k]->rank > plan.rank) plan.rank = operands[k]->rank;
    }
    int64_t step[OTO_OPERANDS_MAX] = {1, 1, 1};
    for (int back = 0; back < plan.rank; back++) {
        int64_t length = 1, stride[OTO_OPERANDS_MAX];
        for (int k = 0; k < count; k++) {
            int64_t own = length_from_end(operands[k], back);
            if (own != 1) length = own;
            stride[k] = own == 1 ? 0 : step[k];
            step[k] *= own;
        }
        plan.shape[plan.rank - 1 - back] = length;
        add_axis(&plan, length, stride);
    }
    if (plan.axes == 0) plan.axes = 1, plan.length[0] = 1;
    reverse(plan.length, plan.axes);
    for (int k = 0; k < count; k++) reverse(plan.stride[k], plan.axes);
    return plan;
}

OtoTensor *oto_broadcast_result(const OtoBroadcast *plan, OtoType type, OtoTensor *operands[]) {
    OtoTensor *z = oto_tensor_new(type, plan->rank, plan->shape);
    for (int i = 0; i < z->rank; i++) {
        OtoTensor *named = NULL;
        int axis = 0;
        for (int k = 0; k < plan->operands && !(named && *named->axes[axis].name); k++) {
            int own = i - (z->rank - operands[k]->rank);
            if (own < 0 || operands[k]->shape[own] != z->shape[i]) continue;
            named = operands[k];
            axis = own;
        }
        if (named) oto_axis_copy(z, i, named, axis);
    }
    return z;
}

struct run {
    const OtoBroadcast *plan;
    char *to;
    const char *from[OTO_OPERANDS_MAX];
    int64_t step[OTO_OPERANDS_MAX];
    size_t element;
    OtoRow *row;
};

static void run_elements(int64_t from, int64_t to, void *context) {
    struct run *run = context;
    const void *at[OTO_OPERANDS_MAX];
    for (int k = 0; k < run->plan->operands; k++) at[k] = run->from[k] + (size_t)(from * run->step[k]) * run->element;
    run->row(run->to + (size_t)from * run->element, at, run->step, to - from);
}

static void run_rows(int64_t from, int64_t to, void *context) {
    struct run *run = context;
    const OtoBroadcast *plan = run->plan;
    int last = plan->axes - 1, operands = plan->operands;
    int64_t index[OTO_RANK_MAX], offset[OTO_OPERANDS_MAX] = {}, rest = from, count = plan->length[last];
    for (int axis = last - 1; axis >= 0; axis--) {
        index[axis] = rest % plan->length[axis];
        rest /= plan->length[axis];
        for (int k = 0; k < operands; k++) offset[k] += index[axis] * plan->stride[k][axis];
    }
    for (int64_t row = from; row < to; row++) {
        const void *at[OTO_OPERANDS_MAX];
        for (int k = 0; k < operands; k++) at[k] = run->from[k] + (size_t)offset[k] * run->element;
        run->row(run->to + (size_t)(row * count) * run->element, at, run->step, count);
        for (int axis = last - 1; axis >= 0; axis--) {
            bool wraps = ++index[axis] == plan->length[axis];
            for (int k = 0; k < operands; k++)
                offset[k] += plan->stride[k][axis] * (wraps ? 1 - plan->length[axis] : 1);
            if (!wraps) break;
            index[axis] = 0;
        }
    }
}

void oto_broadcast_run(const OtoBroadcast *plan, void *to, OtoTensor *operands[], size_t element, OtoRow *row) {
    struct run run = {.plan = plan, .to = to, .element = element, .row = row};
    int last = plan->axes - 1;
    int64_t rows = 1, count = plan->length[last];
    for (int k = 0; k < plan->operands; k++) {
        run.from[k] = operands[k]->data;
        run.step[k] = plan->stride[k][last];
    }
    for (int axis = 0; axis < last; axis++) rows *= plan->length[axis];
    if (rows == 0 || count == 0) return;
    if (rows == 1)
        oto_parallel(count, PIECE, run_elements, &run);
    else
        oto_parallel(rows, count < PIECE ? PIECE / count : 1, run_rows, &run);
}

OtoTensor *oto_as_type(OtoTensor *x, OtoType type) {
    if (x->type == type) return x;
    OtoTensor *y = oto_like_new(x, type, NULL);
    const float *reals = x->data;
    const int64_t *integers = x->data;
    float *floats = y->data;
    float _Complex *complexes = y->data;
    for (int64_t i = 0; i < x->size; i++) {
        float value = x->type == OTO_INT64 ? (float)integers[i] : reals[i];
        if (type == OTO_COMPLEX64)
            complexes[i] = value;
        else
            floats[i] = value;
    }
    return y;
}
