/* softmax(q k^T / sqrt d) v, head by head, without ever holding all scores: a few queries at a time, whose scores stay
 * in the first cache. What the causal rule hides is not computed. Backward computes the scores once more, from the
 * logarithm of each query's sum: that is faster than to write them down and read them again. */
#include "lib/nn/attention.h"
#include "lib/tensor/arithmetic.h"
#include "lib/tensor/elementary.h"
#include "lib/tensor/error.h"
#include "lib/tensor/parallel.h"
#include "lib/tensor/product.h"
#include "lib/tensor/random.h"
#include "lib/tensor/simd.h"

#include <math.h>
#include <string.h>

enum { LANES = OTO_PRODUCT_COLUMNS, PIECES = 8 };
/* Queries whose scores are computed together: in forward they pass through the first cache; in backward each block adds
 * to the gradients of all keys, so it is larger. */
enum { ROWS = 12, BLOCK = 48 };
/* The inputs of the node. q alone holds all three when they lie behind one another. */
enum { Q, K, V, MASK, RELATIVE, LOG_SUMS, INPUTS };

struct attention {
    int64_t batch, heads, queries, keys, width; /* width: features of a head */
    int64_t distances;                          /* of relative, or 0 */
    bool packed, causal;
    float scale, dropout;
    uint64_t key;            /* of the dropout's random numbers */
    int64_t mask_strides[3]; /* of batch, head, query: 0 where one row stands for all */
    bool masked_keys_repeat; /* one number of the mask stands for all keys */
};

/* (batch, time, features) in memory; element (b, t, i) is at data[b * batch + t * row + i]. */
struct view {
    float *data;
    int64_t batch, row;
};

struct work {
    struct attention sizes;
    struct view q, k, v, y;
    struct view dq, dk, dv, dy; /* data NULL: not wanted */
    const float *mask, *relative;
    float *log_sums;  /* (batch, head, query) */
    float *drelative; /* (batch, head, distances, width) */
    float *scratch;   /* scratch_size for each piece */
    int64_t scratch_size, grain;
};

static int64_t rounded(int64_t count) {
    return (count + LANES - 1) / LANES * LANES;
}
/* A row of scores; a little wider than the keys, for rows of a power of two bytes get into each other's way in a cache.
 */
static int64_t score_row(int64_t keys) {
    return rounded(keys) + LANES;
}

/* ---- one row of scores ---- */

/* s = (s + r) scale + mask in the first `count` places, -infinity up to a multiple of 16; the largest is returned. */
OTO_VECTORISED static float finish_scores(float *restrict s, int64_t count, float scale, const float *restrict relative,
                                          const float *restrict mask, bool mask_repeats) {
    if (relative)
        for (int64_t j = 0; j < count; j++) s[j] += relative[j];
    for (int64_t j = 0; j < count; j++) s[j] *= scale;
    if (mask && mask_repeats)
        for (int64_t j = 0; j < count; j++) s[j] += mask[0];
    else if (mask)
        for (int64_t j = 0; j < count; j++) s[j] += mask[j];
    int64_t end = (count + LANES - 1) / LANES * LANES;
    for (int64_t j = count; j < end; j++) s[j] = -INFINITY;
    float largest[LANES];
    for (int u = 0; u < LANES; u++) largest[u] = s[u];
    for (int64_t j = LANES; j < end; j += LANES)
        for (int u = 0; u < LANES; u++) largest[u] = s[j + u] > largest[u] ? s[j + u] : largest[u];
    float all = largest[0];
    for (int u = 1; u < LANES; u++) all = largest[u] > all ? largest[u] : all;
    return all;
}

/* s = e^(s - shift); the sum is returned. count is a multiple of 16. */
OTO_VECTORISED static float exponentials(float *restrict s, int64_t count, float shift) {
    float sums[LANES] = {};
    for (int64_t j = 0; j < count; j += LANES)
        for (int u = 0; u < LANES; u++) {
            float e = oto_fast_exp(s[j + u] - shift);
            s[j + u] = e;
            sums[u] += e;
        }
    float sum = 0;
    for (int u = 0; u < LANES; u++) sum += sums[u];
    return sum;
}

OTO_VECTORISED static void scale_row(float *restrict x, int64_t count, float factor) {
    for (int64_t j = 0; j < count; j++) x[j] *= factor;
}

/* x is kept (times `grown`) or set to 0, as a hash of (key, place) says: splitmix64's last steps, in 32 bits. */
OTO_VECTORISED static void drop(float *restrict x, int64_t count, uint32_t key, uint32_t below, float grown) {
    for (int64_t j = 0; j < count; j++) {
        uint32_t z = (uint32_t)j * 0x9e3779b9u ^ key;
        z = (z ^ (z >> 16)) * 0x85ebca6bu;
        z = (z ^ (z >> 13)) * 0xc2b2ae35u;
        z ^= z >> 16;
        x[j] = z < below ? 0 : x[j] * grown;
    }
}
static void drop_row(const struct attention *n, int64_t row, float *x, int64_t count) {
    uint64_t z = n->key + (uint64_t)row * 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    drop(x, count, (uint32_t)(z ^ (z >> 31)), (uint32_t)(n->dropout * 0x1p32f), 1 / (1 - n->dropout));
}

/* ---- one head ---- */

struct head {
    const struct work *work;
    int64_t b, h;
    float *q, *y;                        /* of this head: rows are work's rows apart */
    float *keys_turned, *values;         /* packed: (width, key), (key, width) */
    float *values_turned, *keys;         /* packed, for backward */
    float *relative_turned, *relative;   /* packed: (width, distance), (distance, width) */
    float *scores, *dscores, *distances; /* (rows, score_row) */
    float *packed_rows;
};

static float *at_head(const struct work *work, struct view view, int64_t b, int64_t h) {
    return view.data ? view.data + b * view.batch + h * work->sizes.width : NULL;
}
static struct matrix from(const float *data, int64_t row) {
    return (struct matrix){data, row, 1};
}
static struct matrix turned(const float *data, int64_t row) {
    return (struct matrix){data, 1, row};
}

/* The place of query i among the keys, and how many keys it may look at. */
static int64_t place_of(const struct attention *n, int64_t i) {
    return n->keys - n->queries + i;
}
static int64_t visible(const struct attention *n, int64_t i) {
    return n->causal ? place_of(n, i) + 1 : n->keys;
}
static const float *mask_row(const struct work *work, int64_t b, int64_t h, int64_t i) {
    const int64_t *strides = work->sizes.mask_strides;
    return work->mask ? work->mask + b * strides[0] + h * strides[1] + i * strides[2] : NULL;
}

/* Scores of queries first ... first + rows - 1, finished: row r holds those of the keys that it may look at, and
 * -infinity up to a multiple of 16; what lies beyond is set to 0. largest[r]. */
static void scores_of(const struct head *head, int64_t first, int64_t rows, float *scores, float largest[]) {
    const struct work *work = head->work;
    const struct attention *n = &work->sizes;
    int64_t row = score_row(n->keys), width = rounded(visible(n, first + rows - 1));
    struct matrix q = from(head->q + first * work->q.row, work->q.row);
    oto_product_packed(q, rows, n->width, (struct panels){head->keys_turned, n->width}, width, scores, row, false);
    int64_t panel = 0;
    if (n->distances) { /* only the panels of distances that occur */
        panel = (n->distances - 1 - place_of(n, first + rows - 1)) / LANES;
        oto_product_packed(q, rows, n->width,
                           (struct panels){head->relative_turned + panel * LANES * n->width, n->width},
                           rounded(n->distances) - panel * LANES, head->distances, score_row(n->distances), false);
    }
    for (int64_t r = 0; r < rows; r++) {
        int64_t i = first + r, count = visible(n, i);
        const float *relative = NULL;
        if (n->distances)
            relative =
                head->distances + r * score_row(n->distances) + n->distances - 1 - place_of(n, i) - panel * LANES;
        largest[r] = finish_scores(scores + r * row, count, n->scale, relative, mask_row(work, head->b, head->h, i),
                                   n->masked_keys_repeat);
        for (int64_t j = rounded(count); j < width; j++) scores[r * row + j] = 0;
    }
}

static int64_t number_of(const struct head *head, int64_t i) {
    const struct attention *n = &head->work->sizes;
    return (head->b * n->heads + head->h) * n->queries + i;
}

static void forward_rows(const struct head *head, int64_t first, int64_t rows) {
    const struct work *work = head->work;
    const struct attention *n = &work->sizes;
    int64_t row = score_row(n->keys);
    float largest[ROWS], inverse[ROWS];
    scores_of(head, first, rows, head->scores, largest);
    for (int64_t r = 0; r < rows; r++) {
        float *scores = head->scores + r * row;
        int64_t i = first + r, count = rounded(visible(n, i));
        bool blind = largest[r] == -INFINITY;
        float sum = exponentials(scores, count, blind ? INFINITY : largest[r]);
        inverse[r] = blind ? 0 : 1 / sum;
        if (work->log_sums) work->log_sums[number_of(head, i)] = blind ? INFINITY : largest[r] + logf(sum);
        if (n->dropout > 0) drop_row(n, number_of(head, i), scores, count);
    }
    float *y = head->y + first * work->y.row;
    oto_product_packed(from(head->scores, row), rows, visible(n, first + rows - 1),
                       (struct panels){head->values, n->keys}, n->width, y, work->y.row, false);
    for (int64_t r = 0; r < rows; r++) scale_row(y + r * work->y.row, n->width, inverse[r]);
}

/* Hands out a piece's scratch, in multiples of 64 bytes. */
static float *take(float **scratch, int64_t count) {
    float *taken = *scratch;
    *scratch += rounded(count);
    return taken;
}

static struct head head_of(const struct work *work, int64_t task, float *scratch, bool back) {
    const struct attention *n = &work->sizes;
    struct head head = {.work = work, .b = task / n->heads, .h = task % n->heads};
    head.q = at_head(work, work->q, head.b, head.h);
    head.y = at_head(work, work->y, head.b, head.h);
    float *k = at_head(work, work->k, head.b, head.h), *v = at_head(work, work->v, head.b, head.h);
    head.keys_turned = take(&scratch, oto_packed_size(n->width, n->keys));
    oto_pack(turned(k, work->k.row), n->width, n->keys, head.keys_turned);
    int64_t rows = back ? BLOCK : ROWS;
    head.scores = take(&scratch, rows * score_row(n->keys));
    const float *relative = work->relative ? work->relative + head.h * n->distances * n->width : NULL;
    if (relative) {
        head.distances = take(&scratch, rows * score_row(n->distances));
        head.relative_turned = take(&scratch, oto_packed_size(n->width, n->distances));
        oto_pack(turned(relative, n->width), n->width, n->distances, head.relative_turned);
    }
    if (!back) {
        head.values = take(&scratch, oto_packed_size(n->keys, n->width));
        oto_pack(from(v, work->v.row), n->keys, n->width, head.values);
        return head;
    }
    head.dscores = take(&scratch, rows * score_row(n->keys));
    head.packed_rows = take(&scratch, oto_packed_size(BLOCK, n->width));
    head.keys = take(&scratch, oto_packed_size(n->keys, n->width));
    oto_pack(from(k, work->k.row), n->keys, n->width, head.keys);
    head.values_turned = take(&scratch, oto_packed_size(n->width, n->keys));
    oto_pack(turned(v, work->v.row), n->width, n->keys, head.values_turned);
    if (relative) {
        head.relative = take(&scratch, oto_packed_size(n->distances, n->width));
        oto_pack(from(relative, n->width), n->distances, n->width, head.relative);
    }
    return head;
}

static int64_t scratch_size(const struct attention *n) {
    int64_t keys = rounded(n->keys) * rounded(n->width), distances = rounded(n->distances) * rounded(n->width);
    return 3 * keys + 2 * distances + 2 * BLOCK * score_row(n->keys) + BLOCK * score_row(n->distances) +
           BLOCK * rounded(n->width);
}

static void forward_heads(int64_t first, int64_t end, void *context) {
    const struct work *work = context;
    float *scratch = work->scratch + first / work->grain * work->scratch_size;
    for (int64_t task = first; task < end && !oto_interrupt_pending(); task++) {
        struct head head = head_of(work, task, scratch, false);
        for (int64_t i = 0; i < work->sizes.queries; i += ROWS) {
            int64_t left = work->sizes.queries - i;
            forward_rows(&head, i, left < ROWS ? left : ROWS);
        }
    }
}

/* ---- backwards ----
 *
 * y_i = sum over j of p_ij v_j,  p = softmax(s),  s = scale q k^T. With D_i = dy_i . y_i = sum over j of p_ij dp_ij:
 *
 *     dv_j = sum over i of p_ij dy_i        dp_ij = dy_i . v_j        ds_ij = p_ij (dp_ij - D_i)
 *     dq_i = scale sum over j of ds_ij k_j                            dk_j = scale sum over i of ds_ij q_i
 *
 * What dropout takes away it takes from p in dv, and from dp. */

OTO_VECTORISED static void score_gradients(const float *restrict p, float *restrict dp, int64_t count, float D,
                                           float scale) {
    for (int64_t j = 0; j < count; j++) dp[j] = p[j] * (dp[j] - D) * scale;
}

static float dot(const float *a, const float *b, int64_t count) {
    float sum = 0;
    for (int64_t j = 0; j < count; j++) sum += a[j] * b[j];
    return sum;
}

/* to (keys, width) += S^T X, for X (rows, width) of this head. */
static void add_to_keys(const struct head *head, const float *S, int64_t keys, struct view X, int64_t first,
                        int64_t rows, struct view to) {
    const struct work *work = head->work;
    float *target = at_head(work, to, head->b, head->h);
    if (!target) return;
    int64_t width = work->sizes.width;
    oto_pack(from(at_head(work, X, head->b, head->h) + first * X.row, X.row), rows, width, head->packed_rows);
    oto_product_packed(turned(S, score_row(work->sizes.keys)), keys, rows, (struct panels){head->packed_rows, rows},
                       width, target, to.row, true);
}

/* ds_ij goes to distance i - j too: rows of ds, moved to where their distance stands. */
static void relative_gradients(const struct head *head, int64_t first, int64_t rows) {
    const struct work *work = head->work;
    const struct attention *n = &work->sizes;
    int64_t row = score_row(n->distances);
    memset(head->distances, 0, (size_t)(rows * row) * sizeof(float));
    for (int64_t r = 0; r < rows; r++) {
        int64_t place = place_of(n, first + r);
        memcpy(head->distances + r * row + n->distances - 1 - place, head->dscores + r * score_row(n->keys),
               (size_t)(place + 1) * sizeof(float));
    }
    if (work->dq.data)
        oto_product_packed(from(head->distances, row), rows, n->distances,
                           (struct panels){head->relative, n->distances}, n->width,
                           at_head(work, work->dq, head->b, head->h) + first * work->dq.row, work->dq.row, true);
    if (!work->drelative) return;
    oto_pack(from(head->q + first * work->q.row, work->q.row), rows, n->width, head->packed_rows);
    oto_product_packed(turned(head->distances, row), n->distances, rows, (struct panels){head->packed_rows, rows},
                       n->width, work->drelative + (head->b * n->heads + head->h) * n->distances * n->width, n->width,
                       true);
}

static void backward_block(const struct head *head, int64_t first, int64_t rows) {
    const struct work *work = head->work;
    const struct attention *n = &work->sizes;
    int64_t row = score_row(n->keys), keys = visible(n, first + rows - 1);
    const float *dy = at_head(work, work->dy, head->b, head->h) + first * work->dy.row;
    float largest[BLOCK];
    scores_of(head, first, rows, head->scores, largest);
    oto_product_packed(from(dy, work->dy.row), rows, n->width, (struct panels){head->values_turned, n->width},
                       rounded(keys), head->dscores, row, false);
    for (int64_t r = 0; r < rows; r++) {
        float *p = head->scores + r * row, *dp = head->dscores + r * row;
        int64_t i = first + r, number = number_of(head, i), count = rounded(visible(n, i));
        float D = dot(dy + r * work->dy.row, head->y + i * work->y.row, n->width);
        exponentials(p, count, work->log_sums[number]);
        if (n->dropout > 0) drop_row(n, number, dp, count);
        score_gradients(p, dp, count, D, n->scale);
        memset(dp + count, 0, (size_t)(rounded(keys) - count) * sizeof(float));
        if (n->dropout > 0) drop_row(n, number, p, count);
    }
    add_to_keys(head, head->scores, keys, work->dy, first, rows, work->dv);
    add_to_keys(head, head->dscores, keys, work->q, first, rows, work->dk);
    if (work->dq.data)
        oto_product_packed(from(head->dscores, row), rows, keys, (struct panels){head->keys, n->keys}, n->width,
                           at_head(work, work->dq, head->b, head->h) + first * work->dq.row, work->dq.row, false);
    if (n->distances) relative_gradients(head, first, rows);
}

static void clear_head(const struct work *work, struct view view, int64_t b, int64_t h) {
    float *at = at_head(work, view, b, h);
    for (int64_t t = 0; at && t < work->sizes.keys; t++)
        memset(at + t * view.row, 0, (size_t)work->sizes.width * sizeof *at);
}

static void backward_heads(int64_t first, int64_t end, void *context) {
    const struct work *work = context;
    const struct attention *n = &work->sizes;
    float *scratch = work->scratch + first / work->grain * work->scratch_size;
    for (int64_t task = first; task < end && !oto_interrupt_pending(); task++) {
        struct head head = head_of(work, task, scratch, true);
        clear_head(work, work->dk, head.b, head.h);
        clear_head(work, work->dv, head.b, head.h);
        for (int64_t i = 0; i < n->queries; i += BLOCK) {
            int64_t left = n->queries - i;
            backward_block(&head, i, left < BLOCK ? left : BLOCK);
        }
    }
}

/* ---- the operations ---- */

static void run(struct work *work, void (*body)(int64_t from, int64_t to, void *context)) {
    const struct attention *n = &work->sizes;
    int64_t tasks = n->batch * n->heads;
    work->grain = (tasks + PIECES - 1) / PIECES;
    work->scratch_size = scratch_size(n);
    OtoTensor *scratch = oto_tensor_new(
        OTO_FLOAT32, 1, (const long long[]){work->scratch_size * ((tasks + work->grain - 1) / work->grain)});
    work->scratch = scratch->data;
    oto_parallel(tasks, work->grain, body, work);
}

static struct view view_of(OtoTensor *x, int64_t offset) {
    if (!x) return (struct view){};
    return (struct view){(float *)x->data + offset, x->shape[1] * x->shape[2], x->shape[2]};
}

static void set_views(struct work *work, OtoTensor *q, OtoTensor *k, OtoTensor *v) {
    int64_t features = work->sizes.heads * work->sizes.width;
    bool packed = work->sizes.packed;
    work->q = view_of(q, 0);
    work->k = packed ? view_of(q, features) : view_of(k, 0);
    work->v = packed ? view_of(q, 2 * features) : view_of(v, 0);
}

static OtoTensor *wanted_gradient(OtoNode *node, int input) {
    return oto_node_wants(node, input) ? oto_like_new(oto_node_input(node, input), OTO_FLOAT32, NULL) : NULL;
}

static void give_relative(OtoNode *node, const struct work *work) {
    const struct attention *n = &work->sizes;
    int64_t size = n->heads * n->distances * n->width;
    OtoTensor *sum = oto_like(oto_node_input(node, RELATIVE), OTO_FLOAT32, NULL);
    float *to = sum->data;
    for (int64_t b = 0; b < n->batch; b++)
        for (int64_t i = 0; i < size; i++) to[i] += work->drelative[b * size + i];
    oto_give(node, RELATIVE, sum);
}

static void attention_backward(OtoNode *node, OtoTensor *gradient) {
    struct work work = {};
    memcpy(&work.sizes, oto_node_settings(node), sizeof work.sizes);
    const struct attention *n = &work.sizes;
    OtoTensor *mask = oto_node_input(node, MASK), *relative = oto_node_input(node, RELATIVE);
    set_views(&work, oto_node_input(node, Q), oto_node_input(node, K), oto_node_input(node, V));
    work.y = view_of(oto_node_output(node), 0);
    work.dy = view_of(gradient, 0);
    work.mask = mask->data;
    work.relative = relative->data;
    work.log_sums = oto_node_input(node, LOG_SUMS)->data;
    OtoTensor *gradients[3] = {};
    for (int i = Q; i <= V; i++) gradients[i] = wanted_gradient(node, i);
    int64_t features = n->heads * n->width;
    work.dq = view_of(gradients[Q], 0);
    work.dk = n->packed ? view_of(gradients[Q], features) : view_of(gradients[K], 0);
    work.dv = n->packed ? view_of(gradients[Q], 2 * features) : view_of(gradients[V], 0);
    if (oto_node_wants(node, RELATIVE)) work.drelative = oto_zeros(n->batch * n->heads * n->distances * n->width)->data;
    run(&work, backward_heads);
    for (int i = Q; i <= V; i++)
        if (gradients[i]) oto_give(node, i, gradients[i]);
    if (work.drelative) give_relative(node, &work);
}

static const OtoOperation attention = {.name = "oto_attention",
                                       .backward = attention_backward,
                                       .saves = OTO_SAVES_INPUTS | OTO_SAVES_OUTPUT,
                                       .once = true};

/* ---- what is refused ---- */

static void check_options(const char *name, OtoTensor *q, int64_t features, const OtoAttentionOptions *options) {
    oto_check_range(name, "heads", options->heads, 1, 1e6);
    oto_check_range(name, "dropout", options->dropout, 0, 1 - 1e-6);
    oto_check_range(name, "scale", options->scale, -1e30, 1e30);
    if (features % options->heads)
        oto_refuse(name,
                   "%lld features of q %s do not divide into %d heads; heads must be one of its divisors, as %lld",
                   (long long)features, oto_shape_quoted(q), options->heads,
                   (long long)(features % 4 == 0   ? 4
                               : features % 2 == 0 ? 2
                                                   : 1));
}

static void check_sequence(const char *name, const char *argument, OtoTensor *x) {
    oto_need_float(name, argument, x);
    if (x->rank != 3 || x->size == 0)
        oto_refuse(name, "%s is %s, but must be (batch, time, features), none of them 0", argument,
                   oto_shape_quoted(x));
    if (oto_axis_find(x, "time") == 0 || oto_axis_find(x, "batch") == 1)
        oto_refuse(name,
                   "%s is %s: time comes first, but must come second, as (batch, time, features); exchange the first "
                   "two axes with oto_permute(%s, 1, 0, 2)",
                   argument, oto_shape_quoted(x), argument);
}

static void check_triple(const char *name, OtoTensor *q, OtoTensor *k, OtoTensor *v) {
    check_sequence(name, "q", q);
    check_sequence(name, "k", k);
    check_sequence(name, "v", v);
    for (int axis = 0; axis < 3; axis++)
        if (k->shape[axis] != v->shape[axis])
            oto_refuse(name, "k is %s and v is %s; each key belongs to one value, so they must be alike",
                       oto_shape_quoted(k), oto_shape_quoted(v));
    if (q->shape[0] != k->shape[0] || q->shape[2] != k->shape[2])
        oto_refuse(name, "q is %s and k is %s; they must have the same batch and features, as (batch, time, features)",
                   oto_shape_quoted(q), oto_shape_quoted(k));
}

/* mask as numbers to be added; its place in n. */
static OtoTensor *check_mask(const char *name, OtoTensor *mask, struct attention *n) {
    if (!mask) return NULL;
    oto_need(name, "mask", mask);
    int64_t full[4] = {n->batch, n->heads, n->queries, n->keys}, shape[4] = {1, 1, 1, 1};
    bool fits = mask->rank >= 2 && mask->rank <= 4 && mask->type != OTO_COMPLEX64;
    if (fits) {
        shape[3] = mask->shape[mask->rank - 1];
        shape[2] = mask->shape[mask->rank - 2];
        if (mask->rank > 2) shape[0] = mask->shape[0];
        if (mask->rank > 3) shape[1] = mask->shape[1];
    }
    for (int i = 0; i < 4; i++) fits &= shape[i] == full[i] || shape[i] == 1;
    if (!fits)
        oto_refuse(name,
                   "mask is %s, but must be (query %lld, key %lld), (batch %lld, query, key) or (batch, head %lld, "
                   "query, key), where an axis of length 1 stands for all",
                   oto_shape_quoted(mask), (long long)n->queries, (long long)n->keys, (long long)n->batch,
                   (long long)n->heads);
    if (mask->node) oto_refuse(name, "no gradient can flow into mask; give oto_detach(mask), or use .relative");
    n->mask_strides[2] = shape[2] > 1 ? shape[3] : 0;
    n->mask_strides[1] = shape[1] > 1 ? shape[2] * shape[3] : 0;
    n->mask_strides[0] = shape[0] > 1 ? shape[1] * shape[2] * shape[3] : 0;
    n->masked_keys_repeat = shape[3] == 1;
    if (mask->type == OTO_FLOAT32) return mask;
    OtoTensor *added = oto_like_new(mask, OTO_FLOAT32, NULL);
    const int64_t *allowed = mask->data;
    for (int64_t i = 0; i < mask->size; i++) {
        if (allowed[i] != 0 && allowed[i] != 1)
            oto_refuse(name, "element %lld of mask is %lld; whole numbers in a mask are 1 (may look) or 0 (may not)",
                       (long long)i, (long long)allowed[i]);
        ((float *)added->data)[i] = allowed[i] ? 0 : -INFINITY;
    }
    return added;
}

static void check_relative(const char *name, OtoTensor *relative, struct attention *n) {
    if (!relative) return;
    oto_need_float(name, "relative", relative);
    if (!n->causal) oto_refuse(name, "relative holds distances back in time, and so needs .causal = true");
    if (relative->rank != 3 || relative->shape[0] != n->heads || relative->shape[2] != n->width ||
        relative->shape[1] < n->keys)
        oto_refuse(name, "relative is %s, but must be (heads %lld, distances, %lld) with at least %lld distances",
                   oto_shape_quoted(relative), (long long)n->heads, (long long)n->width, (long long)n->keys);
    n->distances = relative->shape[1];
}

static OtoTensor *attend(const char *name, OtoTensor *inputs[INPUTS], struct attention sizes,
                         const OtoAttentionOptions *options) {
    sizes.causal = options->causal;
    sizes.scale = (float)(options->scale ? options->scale : 1 / sqrt((double)sizes.width));
    sizes.dropout = (float)options->dropout;
    if (sizes.causal && sizes.queries > sizes.keys)
        oto_refuse(name, "q is %s and k is %s: with causal, there are at least as many keys as queries",
                   oto_shape_quoted(inputs[Q]), oto_shape_quoted(inputs[K]));
    OtoTensor *y = NULL;
    oto_scope {
        inputs[MASK] = check_mask(name, options->mask, &sizes);
        check_relative(name, options->relative, &sizes);
        inputs[RELATIVE] = options->relative;
        if (sizes.dropout > 0) sizes.key = oto_random_key();
        struct work work = {.sizes = sizes};
        const struct attention *n = &work.sizes;
        y = oto_tensor_new(OTO_FLOAT32, 3, (const long long[]){n->batch, n->queries, n->heads * n->width});
        oto_name_axis(y, 0, "batch");
        oto_name_axis(y, 1, "time");
        oto_name_axis(y, 2, "features");
        set_views(&work, inputs[Q], inputs[K], inputs[V]);
        work.y = view_of(y, 0);
        work.mask = inputs[MASK] ? inputs[MASK]->data : NULL;
        work.relative = inputs[RELATIVE] ? inputs[RELATIVE]->data : NULL;
        if (oto_records_any(INPUTS, inputs)) {
            inputs[LOG_SUMS] = oto_tensor_new(OTO_FLOAT32, 1, (const long long[]){n->batch * n->heads * n->queries});
            work.log_sums = inputs[LOG_SUMS]->data;
        }
        run(&work, forward_heads);
        oto_keep(oto_record_of(&attention, y, n, sizeof *n, INPUTS, inputs));
    }
    return y;
}

OtoTensor *(oto_attention)(OtoTensor *q, OtoTensor *k, OtoTensor *v, OtoAttentionOptions options) {
    const char *name = "oto_attention";
    check_triple(name, q, k, v);
    check_options(name, q, q->shape[2], &options);
    struct attention sizes = {.batch = q->shape[0],
                              .heads = options.heads,
                              .queries = q->shape[1],
                              .keys = k->shape[1],
                              .width = q->shape[2] / options.heads};
    return attend(name, (OtoTensor *[INPUTS]){q, k, v}, sizes, &options);
}

OtoTensor *(oto_self_attention)(OtoTensor *x, OtoAttentionOptions options) {
    const char *name = "oto_self_attention";
    check_sequence(name, "x", x);
    if (x->shape[2] % 3)
        oto_refuse(name, "x is %s, but its features must be those of q, k and v: a multiple of 3", oto_shape_quoted(x));
    int64_t features = x->shape[2] / 3;
    check_options(name, x, features, &options);
    struct attention sizes = {.batch = x->shape[0],
                              .heads = options.heads,
                              .queries = x->shape[1],
                              .keys = x->shape[1],
                              .width = features / options.heads,
                              .packed = true};
    return attend(name, (OtoTensor *[INPUTS]){x}, sizes, &options);
}
