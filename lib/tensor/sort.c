#include "lib/tensor/sort.h"
#include "lib/tensor/error.h"
#include "lib/tensor/index.h"
#include "lib/tensor/parallel.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A number and its index in one integer, which orders first by the number and then by the index: sorting is that of
 * integers, and stable. */
static uint64_t key_of(float x, int64_t index, bool descending) {
    uint32_t bits;
    x = x == 0 ? 0 : x; /* -0 and 0 are equal */
    memcpy(&bits, &x, sizeof bits);
    uint32_t order = isnan(x) ? UINT32_MAX : bits >> 31 ? ~bits : bits | UINT32_C(1) << 31;
    return (uint64_t)(descending ? ~order : order) << 32 | (uint64_t)index;
}

static int by_key(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

struct sorting {
    const float *x;
    uint64_t *keys;   /* (lines, length) */
    int64_t *indices; /* (outer, kept, inner) */
    OtoAround around;
    int64_t kept;
    bool descending;
};

/* Lines are counted over (outer, inner). */
static void sort_lines(int64_t from, int64_t to, void *context) {
    const struct sorting *s = context;
    int64_t length = s->around.length, inner = s->around.inner;
    for (int64_t line = from; line < to; line++) {
        const float *x = s->x + line / inner * length * inner + line % inner;
        uint64_t *keys = s->keys + line * length;
        int64_t *indices = s->indices + line / inner * s->kept * inner + line % inner;
        for (int64_t i = 0; i < length; i++) keys[i] = key_of(x[i * inner], i, s->descending);
        qsort(keys, (size_t)length, sizeof *keys, by_key);
        for (int64_t i = 0; i < s->kept; i++) indices[i * inner] = (int64_t)(keys[i] & UINT32_MAX);
    }
}

/* The indices of the first `kept` in order. */
static OtoTensor *order_of(const char *operation, OtoTensor *x, int axis, int64_t kept, bool descending) {
    if (x->shape[axis] > UINT32_MAX)
        oto_refuse(operation, "axis %s of %s is longer than can be sorted", oto_axis_quoted(x, axis),
                   oto_shape_quoted(x));
    long long shape[OTO_RANK_MAX];
    for (int k = 0; k < x->rank; k++) shape[k] = k == axis ? kept : x->shape[k];
    OtoTensor *indices = oto_tensor_new(OTO_INT64, x->rank, shape);
    for (int k = 0; k < x->rank; k++) oto_name_axis(indices, k, x->axes[k].name);
    struct sorting s = {
        .x = x->data, .indices = indices->data, .around = oto_around(x, axis), .kept = kept, .descending = descending};
    oto_scope {
        s.keys = oto_tensor_new(OTO_INT64, 1, (long long[]){x->size})->data;
        int64_t grain = (1 << 12) / (s.around.length + 1) + 1;
        if (x->size > 0) oto_parallel(s.around.outer * s.around.inner, grain, sort_lines, &s);
    }
    return indices;
}

static OtoSorted sorted(const char *operation, OtoTensor *x, int axis, int64_t kept, bool descending) {
    OtoSorted sorted = {.indices = order_of(operation, x, axis, kept, descending)};
    sorted.values = oto_gather(x, axis, sorted.indices);
    return sorted;
}

OtoSorted oto_sort_axis(OtoTensor *x, OtoWhichAxis which, OtoSortOptions options) {
    oto_need_float("oto_sort", "x", x);
    int axis = oto_which_axis("oto_sort", x, which);
    return sorted("oto_sort", x, axis, x->shape[axis], options.descending);
}

OtoTensor *oto_argsort_axis(OtoTensor *x, OtoWhichAxis which, OtoSortOptions options) {
    oto_need_float("oto_argsort", "x", x);
    int axis = oto_which_axis("oto_argsort", x, which);
    return order_of("oto_argsort", x, axis, x->shape[axis], options.descending);
}

OtoSorted oto_topk_axis(OtoTensor *x, OtoWhichAxis which, int64_t k, OtoTopkOptions options) {
    oto_need_float("oto_topk", "x", x);
    int axis = oto_which_axis("oto_topk", x, which);
    if (k < 0 || k > x->shape[axis])
        oto_refuse("oto_topk", "k is %" PRId64 ", but axis %s of %s has %" PRId64 " numbers", k,
                   oto_axis_quoted(x, axis), oto_shape_quoted(x), x->shape[axis]);
    return sorted("oto_topk", x, axis, k, !options.smallest);
}
