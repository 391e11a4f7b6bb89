/* softmax(q k^T / sqrt d) v, head by head, without ever holding all scores: a few queries at a time, whose scores stay
 * in the first cache. What the causal rule hides is not computed. Backward computes the scores once more, from the
 * logarithm of each query's sum: that is faster than to write them down and read them again. */
#include "lib/nn/attention_heads.h"
#include "lib/tensor/arithmetic.h"
#include "lib/tensor/error.h"
#include "lib/tensor/random.h"
#include "lib/tensor/simd.h"

#include <math.h>
#include <string.h>

/* The inputs of the node. q alone holds all three when they lie behind one another. */
enum { Q, K, V, MASK, RELATIVE, LOG_SUMS, INPUTS };

/* ---- forward ---- */

OTO_VECTORISED static void scale_row(float *restrict x, int64_t count, float factor) {
    for (int64_t j = 0; j < count; j++) x[j] *= factor;
}

static void forward_rows(const struct head *head, int64_t first, int64_t rows) {
    const struct work *work = head->work;
    const struct attention *n = &work->sizes;
    int64_t row = score_row(n->keys);
    float inverse[OTO_ATTENTION_ROWS];
    oto_attention_softmax(head, first, rows, inverse);
    for (int64_t r = 0; r < rows && n->dropout > 0; r++)
        oto_attention_drop(n, number_of(head, first + r), head->scores + r * row, rounded(visible(n, first + r)));
    float *y = head->y + first * work->y.row;
    oto_product_packed(from(head->scores, row), rows, visible(n, first + rows - 1),
                       (struct panels){head->values, n->keys}, n->width, y, work->y.row, false);
    for (int64_t r = 0; r < rows; r++) scale_row(y + r * work->y.row, n->width, inverse[r]);
}

static void forward_heads(int64_t first, int64_t end, void *context) {
    const struct work *work = context;
    for (int64_t task = first; task < end && !oto_interrupt_pending(); task++) {
        struct head head = oto_attention_head(work, task, first, false);
        for (int64_t i = 0; i < work->sizes.queries; i += OTO_ATTENTION_ROWS) {
            int64_t left = work->sizes.queries - i;
            forward_rows(&head, i, left < OTO_ATTENTION_ROWS ? left : OTO_ATTENTION_ROWS);
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
    float largest[OTO_ATTENTION_BLOCK];
    oto_attention_scores(head, first, rows, head->scores, largest);
    oto_product_packed(from(dy, work->dy.row), rows, n->width, (struct panels){head->values_turned, n->width},
                       rounded(keys), head->dscores, row, false);
    for (int64_t r = 0; r < rows; r++) {
        float *p = head->scores + r * row, *dp = head->dscores + r * row;
        int64_t i = first + r, number = number_of(head, i), count = rounded(visible(n, i));
        float D = dot(dy + r * work->dy.row, head->y + i * work->y.row, n->width);
        oto_attention_exponentials(p, count, work->log_sums[number]);
        if (n->dropout > 0) oto_attention_drop(n, number, dp, count);
        score_gradients(p, dp, count, D, n->scale);
        memset(dp + count, 0, (size_t)(rounded(keys) - count) * sizeof(float));
        if (n->dropout > 0) oto_attention_drop(n, number, p, count);
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
    for (int64_t task = first; task < end && !oto_interrupt_pending(); task++) {
        struct head head = oto_attention_head(work, task, first, true);
        clear_head(work, work->dk, head.b, head.h);
        clear_head(work, work->dv, head.b, head.h);
        for (int64_t i = 0; i < n->queries; i += OTO_ATTENTION_BLOCK) {
            int64_t left = n->queries - i;
            backward_block(&head, i, left < OTO_ATTENTION_BLOCK ? left : OTO_ATTENTION_BLOCK);
        }
    }
}

/* ---- the operations ---- */

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
    oto_attention_views(&work, oto_node_input(node, Q), oto_node_input(node, K), oto_node_input(node, V));
    work.y = oto_attention_view(oto_node_output(node), 0);
    work.dy = oto_attention_view(gradient, 0);
    work.mask = mask->data;
    work.relative = relative->data;
    work.log_sums = oto_node_input(node, LOG_SUMS)->data;
    OtoTensor *gradients[3] = {};
    for (int i = Q; i <= V; i++) gradients[i] = wanted_gradient(node, i);
    int64_t features = n->heads * n->width;
    work.dq = oto_attention_view(gradients[Q], 0);
    work.dk = n->packed ? oto_attention_view(gradients[Q], features) : oto_attention_view(gradients[K], 0);
    work.dv = n->packed ? oto_attention_view(gradients[Q], 2 * features) : oto_attention_view(gradients[V], 0);
    if (oto_node_wants(node, RELATIVE)) work.drelative = oto_zeros(n->batch * n->heads * n->distances * n->width)->data;
    oto_attention_run(&work, backward_heads);
    for (int i = Q; i <= V; i++)
        if (gradients[i]) oto_give(node, i, gradients[i]);
    if (work.drelative) give_relative(node, &work);
}

static const OtoOperation attention = {.name = "oto_attention",
                                       .backward = attention_backward,
                                       .saves = OTO_SAVES_INPUTS | OTO_SAVES_OUTPUT,
                                       .once = true};

static OtoTensor *attend(const char *name, OtoTensor *inputs[INPUTS], struct attention sizes,
                         const OtoAttentionOptions *options) {
    OtoTensor *y = NULL;
    oto_scope {
        inputs[MASK] = oto_attention_settle(name, &sizes, inputs[Q], inputs[K] ? inputs[K] : inputs[Q], options);
        inputs[RELATIVE] = options->relative;
        if (sizes.dropout > 0) sizes.key = oto_random_key();
        struct work work = {.sizes = sizes};
        const struct attention *n = &work.sizes;
        y = oto_tensor_new(OTO_FLOAT32, 3, (const long long[]){n->batch, n->queries, n->heads * n->width});
        oto_name_axis(y, 0, "batch");
        oto_name_axis(y, 1, "time");
        oto_name_axis(y, 2, "features");
        oto_attention_views(&work, inputs[Q], inputs[K], inputs[V]);
        work.y = oto_attention_view(y, 0);
        work.mask = inputs[MASK] ? inputs[MASK]->data : NULL;
        work.relative = inputs[RELATIVE] ? inputs[RELATIVE]->data : NULL;
        if (oto_records_any(INPUTS, inputs)) {
            inputs[LOG_SUMS] = oto_tensor_new(OTO_FLOAT32, 1, (const long long[]){n->batch * n->heads * n->queries});
            work.log_sums = inputs[LOG_SUMS]->data;
        }
        oto_attention_run(&work, forward_heads);
        oto_keep(oto_record_of(&attention, y, n, sizeof *n, INPUTS, inputs));
    }
    return y;
}

OtoTensor *(oto_attention)(OtoTensor *q, OtoTensor *k, OtoTensor *v, OtoAttentionOptions options) {
    const char *name = "oto_attention";
    oto_attention_check_sequence(name, "q", q);
    oto_attention_check_keys(name, q, k);
    oto_attention_check_values(name, k, v);
    oto_attention_check_options(name, q, q->shape[2], &options);
    return attend(name, (OtoTensor *[INPUTS]){q, k, v}, oto_attention_sizes(q, k, q->shape[2], options.heads),
                  &options);
}

OtoTensor *(oto_self_attention)(OtoTensor *x, OtoAttentionOptions options) {
    const char *name = "oto_self_attention";
    oto_attention_check_sequence(name, "x", x);
    if (x->shape[2] % 3)
        oto_refuse(name, "x is %s, but its features must be those of q, k and v: a multiple of 3", oto_shape_quoted(x));
    int64_t features = x->shape[2] / 3;
    oto_attention_check_options(name, x, features, &options);
    struct attention sizes = oto_attention_sizes(x, x, features, options.heads);
    sizes.packed = true;
    return attend(name, (OtoTensor *[INPUTS]){x}, sizes, &options);
}
