/* Scores and what becomes of them, for one head of one example. */
#include "lib/nn/attention_heads.h"
#include "lib/tensor/elementary.h"
#include "lib/tensor/parallel.h"
#include "lib/tensor/simd.h"

#include <math.h>
#include <string.h>

enum { LANES = OTO_ATTENTION_LANES, PIECES = 8 };

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
OTO_VECTORISED float oto_attention_exponentials(float *restrict s, int64_t count, float shift) {
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
void oto_attention_drop(const struct attention *n, int64_t row, float *x, int64_t count) {
    uint64_t z = n->key + (uint64_t)row * 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    drop(x, count, (uint32_t)(z ^ (z >> 31)), (uint32_t)(n->dropout * 0x1p32f), 1 / (1 - n->dropout));
}

/* ---- rows of scores ---- */

static const float *mask_row(const struct work *work, int64_t b, int64_t h, int64_t i) {
    const int64_t *strides = work->sizes.mask_strides;
    return work->mask ? work->mask + b * strides[0] + h * strides[1] + i * strides[2] : NULL;
}

void oto_attention_scores(const struct head *head, int64_t first, int64_t rows, float *scores, float largest[]) {
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

void oto_attention_softmax(const struct head *head, int64_t first, int64_t rows, float inverse[]) {
    const struct work *work = head->work;
    const struct attention *n = &work->sizes;
    float largest[OTO_ATTENTION_ROWS];
    oto_attention_scores(head, first, rows, head->scores, largest);
    for (int64_t r = 0; r < rows; r++) {
        int64_t i = first + r;
        bool blind = largest[r] == -INFINITY;
        float sum = oto_attention_exponentials(head->scores + r * score_row(n->keys), rounded(visible(n, i)),
                                               blind ? INFINITY : largest[r]);
        inverse[r] = blind ? 0 : 1 / sum;
        if (work->log_sums) work->log_sums[number_of(head, i)] = blind ? INFINITY : largest[r] + logf(sum);
    }
}

/* ---- heads ---- */

/* Hands out a piece's scratch, in multiples of 64 bytes. */
static float *take(float **scratch, int64_t count) {
    float *taken = *scratch;
    *scratch += rounded(count);
    return taken;
}

struct head oto_attention_head(const struct work *work, int64_t task, int64_t first_task, bool back) {
    float *scratch = work->scratch + first_task / work->grain * work->scratch_size;
    const struct attention *n = &work->sizes;
    struct head head = {.work = work, .b = task / n->heads, .h = task % n->heads};
    head.q = at_head(work, work->q, head.b, head.h);
    head.y = at_head(work, work->y, head.b, head.h);
    float *k = at_head(work, work->k, head.b, head.h), *v = at_head(work, work->v, head.b, head.h);
    head.keys_turned = take(&scratch, oto_packed_size(n->width, n->keys));
    oto_pack(turned(k, work->k.row), n->width, n->keys, head.keys_turned);
    int64_t rows = back ? OTO_ATTENTION_BLOCK : OTO_ATTENTION_ROWS;
    head.scores = take(&scratch, rows * score_row(n->keys));
    const float *relative = work->relative ? work->relative + head.h * n->distances * n->width : NULL;
    if (relative) {
        head.distances = take(&scratch, rows * score_row(n->distances));
        head.relative_turned = take(&scratch, oto_packed_size(n->width, n->distances));
        oto_pack(turned(relative, n->width), n->width, n->distances, head.relative_turned);
    }
    if (!back) {
        if (!v) return head;
        head.values = take(&scratch, oto_packed_size(n->keys, n->width));
        oto_pack(from(v, work->v.row), n->keys, n->width, head.values);
        return head;
    }
    head.dscores = take(&scratch, rows * score_row(n->keys));
    head.packed_rows = take(&scratch, oto_packed_size(OTO_ATTENTION_BLOCK, n->width));
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
    return 3 * keys + 2 * distances + 2 * OTO_ATTENTION_BLOCK * score_row(n->keys) +
           OTO_ATTENTION_BLOCK * score_row(n->distances) + OTO_ATTENTION_BLOCK * rounded(n->width);
}

void oto_attention_run(struct work *work, void (*body)(int64_t from, int64_t to, void *context)) {
    const struct attention *n = &work->sizes;
    int64_t tasks = n->batch * n->heads;
    work->grain = (tasks + PIECES - 1) / PIECES;
    work->scratch_size = scratch_size(n);
    OtoTensor *scratch = oto_tensor_new(
        OTO_FLOAT32, 1, (const long long[]){work->scratch_size * ((tasks + work->grain - 1) / work->grain)});
    work->scratch = scratch->data;
    oto_parallel(tasks, work->grain, body, work);
}

struct view oto_attention_view(OtoTensor *x, int64_t offset) {
    if (!x) return (struct view){};
    return (struct view){(float *)x->data + offset, x->shape[1] * x->shape[2], x->shape[2]};
}

void oto_attention_views(struct work *work, OtoTensor *q, OtoTensor *k, OtoTensor *v) {
    int64_t features = work->sizes.heads * work->sizes.width;
    bool packed = work->sizes.packed;
    work->q = oto_attention_view(q, 0);
    work->k = packed ? oto_attention_view(q, features) : oto_attention_view(k, 0);
    work->v = packed ? oto_attention_view(q, 2 * features) : oto_attention_view(v, 0);
}
