/* attention: each place in a sequence asks (q), every place offers a key and a value (k, v), and the answer is the mean
 * of the values, weighted by how well the keys fit (Vaswani et al. 2017):
 *
 *     attention(q, k, v) = softmax(q k^T / sqrt d) v          for each head of d features by itself
 */
#ifndef OTO_NN_ATTENTION_H
#define OTO_NN_ATTENTION_H

#include "../tensor/graph.h"

typedef struct OtoAttentionOptions {
    int heads;           /* the features are cut into so many heads */
    OtoTensor *mask;     /* which query may look at which key; see below */
    bool causal;         /* place i looks at places up to i only */
    double dropout;      /* probability that a weight is set to 0; the others grow by 1 / (1 - dropout) */
    double scale;        /* instead of 1 / sqrt d; 0: that */
    OtoTensor *relative; /* (heads, distances, d), causal only: see below */
} OtoAttentionOptions;

/* q (batch, query, features), k and v (batch, key, features): (batch, query, features). With causal, the last query is
 * at the place of the last key.
 *
 * mask is (query, key), (batch, query, key) or (batch, head, query, key); an axis of length 1 stands for all. Whole
 * numbers: 1 where it may look, 0 where not (as torch's scaled_dot_product_attention; nn.MultiheadAttention has it the
 * other way). float32: added to the scores, -INFINITY where it may not look. A query that may look nowhere gets zeros.
 *
 * relative holds one vector for each head and distance (Shaw et al. 2018, in the form of Huang et al. 2018, "Music
 * Transformer"): q_i . relative[head][distances - 1 - (i - j)] is added to the score of query i and key j before it is
 * scaled.
 *
 * As torch.nn.functional.scaled_dot_product_attention. */
OtoTensor *oto_attention(OtoTensor *q, OtoTensor *k, OtoTensor *v, OtoAttentionOptions options);
#define OTO_ATTENTION_DEFAULTS (.heads = 1, .mask = NULL, .causal = false, .dropout = 0, .scale = 0, .relative = NULL)
#define oto_attention(q, k, v, ...)                                                                                    \
    oto_attention(q, k, v, OTO_OPTIONS(OtoAttentionOptions, OTO_ATTENTION_DEFAULTS, __VA_ARGS__))

/* The same where q, k and v lie behind one another in x (batch, time, 3 * features), as one product has made them. */
OtoTensor *oto_self_attention(OtoTensor *x, OtoAttentionOptions options);
#define oto_self_attention(x, ...)                                                                                     \
    oto_self_attention(x, OTO_OPTIONS(OtoAttentionOptions, OTO_ATTENTION_DEFAULTS, __VA_ARGS__))

/* What the values are weighted by: (batch, head, query, key), each row of sum 1, to be shown. Without dropout; no
 * gradient flows. */
OtoTensor *oto_attention_weights(OtoTensor *q, OtoTensor *k, OtoAttentionOptions options);
#define oto_attention_weights(q, k, ...)                                                                               \
    oto_attention_weights(q, k, OTO_OPTIONS(OtoAttentionOptions, OTO_ATTENTION_DEFAULTS, __VA_ARGS__))

/* Which places are there, of sequences of these lengths (batch) that are filled up to `time`: int64 (batch, time), 1 up
 * to each length, then 0. For .key_mask of attention layers, or to leave the padding out of a loss. */
OtoTensor *oto_length_mask(OtoTensor *lengths, int64_t time);

#endif
