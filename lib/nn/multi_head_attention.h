/* multi_head_attention: attention (attention.h) as a layer, with the products that make queries, keys and values and
 * the one that mixes what the heads have found.
 *
 *     OtoLayer *attention = oto_nn_multi_head_attention(128, 4, .causal = true);
 *     OtoTensor *y = oto_apply(attention, x);                            (batch, time, 128): x asks itself
 *     y = oto_apply_attention(attention, x, song, song);                 x asks a song (batch, key, 128)
 *     y = oto_apply_attention(attention, x, x, x, .key_mask = oto_length_mask(lengths, x->shape[1]), .weights = &w);
 *     oto_show(oto_row(oto_row(w, 0), 2));                               where head 2 looks in the first example
 */
#ifndef OTO_NN_MULTI_HEAD_ATTENTION_H
#define OTO_NN_MULTI_HEAD_ATTENTION_H

#include "cache.h"

typedef struct OtoNnAttentionOptions {
    bool causal;
    int64_t relative;
    double dropout;
    bool no_bias;
} OtoNnAttentionOptions;
#define OTO_NN_ATTENTION_OPTIONS(...)                                                                                  \
    OTO_OPTIONS(OtoNnAttentionOptions, (.causal = false, .relative = 0, .dropout = 0, .no_bias = false), __VA_ARGS__)

/* y = concatenation of all heads, W_o^T + b_o, with head h = softmax(q_h k_h^T / sqrt(features / heads)) v_h and
 * q, k, v = W_q, W_k, W_v times what asks, what is asked, and what is told.
 *
 *     .causal false      place i looks at places up to i only
 *     .relative 0        learns a vector for each head and each of so many distances back in time, which says how much
 *                        a distance counts (Music Transformer; see attention.h). With .causal; no sequence is longer
 *     .dropout 0         of the weights, in training
 *     .no_bias false
 *
 * Parameters and first values are those of torch.nn.MultiheadAttention(features, heads, batch_first=True):
 * in_proj_weight (3 features, features) with W_q, W_k, W_v below one another, in_proj_bias, out_proj; and relative
 * (heads, distances, features / heads), normal with deviation 0.02. */
OtoLayer *oto_nn_multi_head_attention(int64_t features, int heads, OtoNnAttentionOptions options);
#define oto_nn_multi_head_attention(features, heads, ...)                                                              \
    oto_nn_multi_head_attention(features, heads, OTO_NN_ATTENTION_OPTIONS(__VA_ARGS__))

typedef struct OtoApplyAttentionOptions {
    OtoTensor *mask, *key_mask;
    OtoTensor **weights;
} OtoApplyAttentionOptions;
/* query (batch, query, features) asks; key and value (batch, key, features): (batch, query, features).
 *
 *     .mask NULL        which query may look at which key, as in attention.h: whole numbers, 1 where it may
 *     .key_mask NULL    (batch, key) whole numbers, 1 where there is a key, 0 for padding: oto_length_mask makes it
 *                       (PyTorch's key_padding_mask has it the other way round)
 *     .weights NULL     where the weights (batch, head, query, key) shall go, without gradients
 *
 * Where oto_apply_cached runs and query, key and value are one tensor, what was there before is looked at too. */
OtoTensor *oto_apply_attention(OtoLayer *layer, OtoTensor *query, OtoTensor *key, OtoTensor *value,
                               OtoApplyAttentionOptions options);
#define oto_apply_attention(layer, query, key, value, ...)                                                             \
    oto_apply_attention(                                                                                               \
        layer, query, key, value,                                                                                      \
        OTO_OPTIONS(OtoApplyAttentionOptions, (.mask = NULL, .key_mask = NULL, .weights = NULL), __VA_ARGS__))

/* The weights (batch, head, query, key) of the attention layer at a path ("2.self_attn") while x goes through net, in
 * evaluation mode: where a trained net looks. */
OtoTensor *oto_attention_at(OtoLayer *net, OtoTensor *x, const char *path);

#endif
