/* attention_heads: one head of one example at a time, whose scores are computed a few queries at a time, so that they
 * stay in the first cache. For attention.c, attention_check.c and attention_weights.c. */
#ifndef OTO_NN_ATTENTION_HEADS_H
#define OTO_NN_ATTENTION_HEADS_H

#include "lib/nn/attention.h"
#include "lib/tensor/product.h"

enum { OTO_ATTENTION_LANES = OTO_PRODUCT_COLUMNS };
/* Queries whose scores are computed together: in forward they pass through the first cache; in backward each block adds
 * to the gradients of all keys, so it is larger. */
enum { OTO_ATTENTION_ROWS = 12, OTO_ATTENTION_BLOCK = 48 };

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
    float *weights;   /* (batch, head, query, key), where they are what is asked for */
    float *drelative; /* (batch, head, distances, width) */
    float *scratch;   /* scratch_size for each piece */
    int64_t scratch_size, grain;
};

static inline int64_t rounded(int64_t count) {
    return (count + OTO_ATTENTION_LANES - 1) / OTO_ATTENTION_LANES * OTO_ATTENTION_LANES;
}
/* A row of scores; a little wider than the keys, for rows of a power of two bytes get into each other's way in a cache.
 */
static inline int64_t score_row(int64_t keys) {
    return rounded(keys) + OTO_ATTENTION_LANES;
}

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

static inline float *at_head(const struct work *work, struct view view, int64_t b, int64_t h) {
    return view.data ? view.data + b * view.batch + h * work->sizes.width : NULL;
}
static inline struct matrix from(const float *data, int64_t row) {
    return (struct matrix){data, row, 1};
}
static inline struct matrix turned(const float *data, int64_t row) {
    return (struct matrix){data, 1, row};
}

/* The place of query i among the keys, and how many keys it may look at. */
static inline int64_t place_of(const struct attention *n, int64_t i) {
    return n->keys - n->queries + i;
}
static inline int64_t visible(const struct attention *n, int64_t i) {
    return n->causal ? place_of(n, i) + 1 : n->keys;
}
/* What row (batch, head, query) of scores has as its number. */
static inline int64_t number_of(const struct head *head, int64_t i) {
    const struct attention *n = &head->work->sizes;
    return (head->b * n->heads + head->h) * n->queries + i;
}

static inline struct attention oto_attention_sizes(const OtoTensor *q, const OtoTensor *k, int64_t features,
                                                   int heads) {
    return (struct attention){
        .batch = q->shape[0], .heads = heads, .queries = q->shape[1], .keys = k->shape[1], .width = features / heads};
}
/* x from feature `offset` on; NULL: none. */
struct view oto_attention_view(OtoTensor *x, int64_t offset);
/* Sets those of q, k and v; packed: all lie in q. */
void oto_attention_views(struct work *work, OtoTensor *q, OtoTensor *k, OtoTensor *v);
/* Cuts the heads of all examples into pieces, each with scratch of its own, and runs body. */
void oto_attention_run(struct work *work, void (*body)(int64_t from, int64_t to, void *context));
/* A head with what it needs of a piece's scratch; back: what backward needs too. */
struct head oto_attention_head(const struct work *work, int64_t task, int64_t first_task, bool back);

/* Scores of queries first ... first + rows - 1, finished: row r holds those of the keys that it may look at, and
 * -infinity up to a multiple of 16; what lies beyond is set to 0. largest[r]. */
void oto_attention_scores(const struct head *head, int64_t first, int64_t rows, float *scores, float largest[]);
/* e^score in head->scores, and 1 over the sum of each row: 0 where a query may look nowhere. Notes their logarithms. */
void oto_attention_softmax(const struct head *head, int64_t first, int64_t rows, float inverse[]);
/* s = e^(s - shift); the sum is returned. count is a multiple of 16. */
float oto_attention_exponentials(float *restrict s, int64_t count, float shift);
/* What dropout leaves of row `row` of the weights. */
void oto_attention_drop(const struct attention *n, int64_t row, float *x, int64_t count);

/* Refusals, before anything is allocated; name is the operation's. */
void oto_attention_check_options(const char *name, OtoTensor *q, int64_t features, const OtoAttentionOptions *options);
void oto_attention_check_heads(const char *name, int64_t features, int heads);
void oto_attention_check_sequence(const char *name, const char *argument, OtoTensor *x);
void oto_attention_check_keys(const char *name, OtoTensor *q, OtoTensor *k);
void oto_attention_check_values(const char *name, OtoTensor *k, OtoTensor *v);
/* A mask as numbers to be added: 0 for 1, -infinity for 0; what is float32 is that already. */
OtoTensor *oto_attention_added(const char *name, OtoTensor *mask);
/* Fills in what the options say; returns the mask as numbers to be added, or NULL. */
OtoTensor *oto_attention_settle(const char *name, struct attention *n, OtoTensor *q, OtoTensor *k,
                                const OtoAttentionOptions *options);

#endif
