/* transformer: blocks of attention and a small network for each place by itself, each with a way past it (Vaswani et
 * al. 2017). A net for music that is continued note by note is
 *
 *     OtoLayer *block(void) {
 *         return oto_nn_transformer_block(128, 4, .feed_forward = 512, .causal = true, .norm_first = true,
 *                                         .activation = oto_nn_gelu());
 *     }
 *     OtoLayer *net = oto_sequential(oto_nn_embedding(388, 128), oto_nn_positions(128, .learned = true),
 *                                    block(), block(), block(), block(),
 *                                    oto_nn_layer_norm(128), oto_nn_linear(128, 388));
 *     OtoTensor *logits = oto_apply(net, tokens);                (batch, time) -> (batch, time, 388)
 */
#ifndef OTO_NN_TRANSFORMER_H
#define OTO_NN_TRANSFORMER_H

#include "multi_head_attention.h"

typedef struct OtoTransformerOptions {
    int64_t feed_forward;
    double dropout;
    bool norm_first;
    OtoLayer *activation;
    bool causal;
    int64_t relative;
    double eps;
} OtoTransformerOptions;
#define OTO_TRANSFORMER_OPTIONS(is_causal, ...)                                                                        \
    OTO_OPTIONS(OtoTransformerOptions,                                                                                 \
                (.feed_forward = 2048, .dropout = 0.1, .norm_first = false, .activation = NULL, .causal = is_causal,   \
                 .relative = 0, .eps = 1e-5),                                                                          \
                __VA_ARGS__)

/* x (batch, time, features) -> the same shape:
 *
 *     h = norm1(x + attention(x))                y = norm2(h + linear2(activation(linear1(h))))
 *     h = x + attention(norm1(x))                y = h + linear2(activation(linear1(norm2(h))))     with .norm_first
 *
 *     .feed_forward 2048    features between linear1 and linear2
 *     .dropout 0.1          in training: of the weights of attention, behind the activation, and before each sum
 *     .norm_first false     true needs no warm-up of the learning rate, but a norm behind the last block
 *     .activation relu      a layer: oto_nn_gelu()
 *     .causal false         place i looks at places up to i only
 *     .relative 0           distances back in time that are learned, as in oto_nn_multi_head_attention
 *     .eps 1e-5             of the norms
 *
 * As torch.nn.TransformerEncoderLayer(features, heads, batch_first=True), with its parameters (self_attn, linear1,
 * linear2, norm1, norm2) and first values. */
OtoLayer *oto_nn_transformer_block(int64_t features, int heads, OtoTransformerOptions options);
#define oto_nn_transformer_block(features, heads, ...)                                                                 \
    oto_nn_transformer_block(features, heads, OTO_TRANSFORMER_OPTIONS(false, __VA_ARGS__))

/* One that also looks at a memory, what another net made of what shall be translated, accompanied or continued: between
 * the two parts above stands h = norm2(h + attention from h to the memory), called multihead_attn, and the last norm is
 * norm3. .causal is true here. Apply it by oto_apply_transformer(block, x, .memory = m). As
 * torch.nn.TransformerDecoderLayer. */
OtoLayer *oto_nn_transformer_decoder_block(int64_t features, int heads, OtoTransformerOptions options);
#define oto_nn_transformer_decoder_block(features, heads, ...)                                                         \
    oto_nn_transformer_decoder_block(features, heads, OTO_TRANSFORMER_OPTIONS(true, __VA_ARGS__))

typedef struct OtoApplyTransformerOptions {
    OtoTensor *memory;
    OtoTensor *mask, *key_mask;
    OtoTensor *memory_mask, *memory_key_mask;
} OtoApplyTransformerOptions;
/* A block with masks (as those of oto_apply_attention) of x and of the memory (batch, key, features). */
OtoTensor *oto_apply_transformer(OtoLayer *block, OtoTensor *x, OtoApplyTransformerOptions options);
#define oto_apply_transformer(block, x, ...)                                                                           \
    oto_apply_transformer(                                                                                             \
        block, x,                                                                                                      \
        OTO_OPTIONS(OtoApplyTransformerOptions,                                                                        \
                    (.memory = NULL, .mask = NULL, .key_mask = NULL, .memory_mask = NULL, .memory_key_mask = NULL),    \
                    __VA_ARGS__))

#endif
