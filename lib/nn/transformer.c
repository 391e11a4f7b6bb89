#include "lib/nn/transformer.h"
#include "lib/nn/dropout.h"
#include "lib/nn/layers.h"
#include "lib/nn/settings.h"
#include "lib/tensor/arithmetic.h"
#include "lib/tensor/error.h"

static const struct oto_transformer_settings *settings_of(OtoLayer *block) {
    return oto_layer_settings(block, struct oto_transformer_settings);
}

/* ---- forward ---- */

/* One of a block's parts, which x also goes past. */
struct detour {
    OtoLayer *norm, *dropout;
    OtoTensor *(*way)(OtoLayer *block, OtoTensor *x, const OtoApplyTransformerOptions *options);
};

static OtoTensor *look_at_oneself(OtoLayer *block, OtoTensor *x, const OtoApplyTransformerOptions *options) {
    return oto_apply_attention(settings_of(block)->self_attention, x, x, x, .mask = options->mask,
                               .key_mask = options->key_mask);
}

static OtoTensor *look_at_memory(OtoLayer *block, OtoTensor *x, const OtoApplyTransformerOptions *options) {
    return oto_apply_attention(settings_of(block)->memory_attention, x, options->memory, options->memory,
                               .mask = options->memory_mask, .key_mask = options->memory_key_mask);
}

static OtoTensor *feed_forward(OtoLayer *block, OtoTensor *x, const OtoApplyTransformerOptions *) {
    const struct oto_transformer_settings *s = settings_of(block);
    return oto_apply(s->linear[1], oto_apply(s->dropout[0], oto_apply(s->activation, oto_apply(s->linear[0], x))));
}

static OtoTensor *go(OtoLayer *block, OtoTensor *x, const OtoApplyTransformerOptions *options) {
    const struct oto_transformer_settings *s = settings_of(block);
    OtoTensor *(*const ways[])(OtoLayer *, OtoTensor *, const OtoApplyTransformerOptions *) = {
        look_at_oneself, s->memory_attention ? look_at_memory : feed_forward, feed_forward};
    for (int i = 0; i < s->parts; i++) {
        OtoTensor *in = s->norm_first ? oto_apply(s->norm[i], x) : x;
        x = oto_add(x, oto_apply(s->dropout[1 + i], ways[i](block, in, options)));
        if (!s->norm_first) x = oto_apply(s->norm[i], x);
    }
    return x;
}

static OtoTensor *forward(OtoLayer *block, OtoTensor *x) {
    return go(block, x, &(OtoApplyTransformerOptions){});
}

static const OtoLayerType encoder = {
    .name = "transformer_block", .forward = forward, .use = "oto_apply_transformer(block, x)"};
static const OtoLayerType decoder = {.name = "transformer_decoder_block",
                                     .use = "oto_apply_transformer(block, x, .memory = m)"};

OtoTensor *(oto_apply_transformer)(OtoLayer *block, OtoTensor *x, OtoApplyTransformerOptions options) {
    const char *name = "oto_apply_transformer";
    oto_need_layer(name, block, NULL);
    if (block->kind != &encoder && block->kind != &decoder)
        oto_refuse(name, "block is a %s, but must be of oto_nn_transformer_block or oto_nn_transformer_decoder_block",
                   block->type);
    OtoTensor *y = NULL;
    oto_inside(block) {
        oto_need_float(name, "x", x);
        if (block->kind == &decoder)
            oto_need_float(name, "memory", options.memory);
        else if (options.memory)
            oto_refuse(name, "a transformer_block does not look at a memory; oto_nn_transformer_decoder_block does");
        oto_scope {
            y = go(block, x, &options);
            oto_layer_gave(block, x, y);
            oto_keep(y);
        }
    }
    return y;
}

/* ---- making one ---- */

static OtoLayer *attention_of(int64_t features, int heads, const OtoTransformerOptions *options, bool of_x) {
    return oto_nn_multi_head_attention(features, heads, .causal = of_x && options->causal,
                                       .relative = of_x ? options->relative : 0, .dropout = options->dropout);
}

static void add_parts(OtoLayer *block) {
    static const char *const norms[] = {"norm1", "norm2", "norm3"};
    static const char *const dropouts[] = {"dropout", "dropout1", "dropout2", "dropout3"};
    const struct oto_transformer_settings *s = settings_of(block);
    oto_add_layer(block, "self_attn", s->self_attention);
    if (s->memory_attention) oto_add_layer(block, "multihead_attn", s->memory_attention);
    oto_add_layer(block, "linear1", s->linear[0]);
    oto_add_layer(block, "activation", s->activation);
    oto_add_layer(block, dropouts[0], s->dropout[0]);
    oto_add_layer(block, "linear2", s->linear[1]);
    for (int i = 0; i < s->parts; i++) oto_add_layer(block, norms[i], s->norm[i]);
    for (int i = 0; i < s->parts; i++) oto_add_layer(block, dropouts[1 + i], s->dropout[1 + i]);
}

static OtoLayer *new_block(const char *name, const OtoLayerType *type, int64_t features, int heads,
                           const OtoTransformerOptions *o) {
    oto_check_range(name, "features", (double)features, 1, 1e7);
    oto_check_range(name, "feed_forward", (double)o->feed_forward, 1, 1e8);
    oto_check_range(name, "dropout", o->dropout, 0, 1 - 1e-6);
    if (o->activation) oto_check_value(name, "activation", o->activation, OTO_LAYER);
    OtoLayer *block = NULL;
    oto_scope {
        struct oto_transformer_settings s = {.norm_first = o->norm_first,
                                             .parts = type == &decoder ? 3 : 2,
                                             .dropout_p = o->dropout,
                                             .feed_forward = o->feed_forward,
                                             .eps = o->eps};
        s.self_attention = attention_of(features, heads, o, true);
        if (type == &decoder) s.memory_attention = attention_of(features, heads, o, false);
        s.linear[0] = oto_nn_linear((int)features, (int)o->feed_forward);
        s.linear[1] = oto_nn_linear((int)o->feed_forward, (int)features);
        s.activation = o->activation ? o->activation : oto_nn_relu();
        for (int i = 0; i < s.parts; i++) s.norm[i] = oto_nn_layer_norm((int)features, .eps = o->eps);
        for (int i = 0; i <= s.parts; i++) s.dropout[i] = oto_nn_dropout(o->dropout);
        block = oto_layer_new(type, &s, sizeof s);
        oto_layer_say(block, "%lld, %d, feed_forward %lld%s%s", (long long)features, heads, (long long)o->feed_forward,
                      o->causal ? ", causal" : "", o->norm_first ? ", norm_first" : "");
        add_parts(block);
        oto_keep(block);
    }
    return block;
}

OtoLayer *(oto_nn_transformer_block)(int64_t features, int heads, OtoTransformerOptions options) {
    return new_block("oto_nn_transformer_block", &encoder, features, heads, &options);
}
OtoLayer *(oto_nn_transformer_decoder_block)(int64_t features, int heads, OtoTransformerOptions options) {
    return new_block("oto_nn_transformer_decoder_block", &decoder, features, heads, &options);
}
