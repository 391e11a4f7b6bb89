#include "lib/nn/multi_head_attention.h"
#include "lib/nn/attention_heads.h"
#include "lib/nn/initial.h"
#include "lib/nn/layers.h"
#include "lib/nn/linear.h"
#include "lib/nn/passage.h"
#include "lib/nn/settings.h"
#include "lib/tensor/arithmetic.h"
#include "lib/tensor/error.h"

#include <math.h>
#include <string.h>

static const struct oto_attention_settings *settings_of(OtoLayer *layer) {
    return oto_layer_settings(layer, struct oto_attention_settings);
}

static OtoTensor *weight_of(OtoLayer *layer) {
    return layer->tensors[0].tensor;
}
static OtoTensor *bias_of(OtoLayer *layer) {
    return settings_of(layer)->bias ? layer->tensors[1].tensor : NULL;
}
static OtoTensor *relative_of(OtoLayer *layer) {
    return settings_of(layer)->distances ? layer->tensors[layer->tensor_count - 1].tensor : NULL;
}

/* ---- masks ---- */

static void check_key_mask(OtoLayer *layer, OtoTensor *mask, OtoTensor *key) {
    oto_need(layer->type, "key_mask", mask);
    if (mask->type == OTO_INT64 && mask->rank == 2 && mask->shape[0] == key->shape[0] &&
        mask->shape[1] == key->shape[1])
        return;
    if (mask->type != OTO_INT64)
        oto_refuse(layer->type,
                   "key_mask is %s, but must be int64: 1 where there is a key, 0 for padding; oto_length_mask(lengths, "
                   "%lld) makes one",
                   oto_type_name(mask->type), (long long)key->shape[1]);
    bool turned = mask->rank == 2 && mask->shape[0] == key->shape[1] && mask->shape[1] == key->shape[0];
    oto_refuse(layer->type, "key_mask is %s, but must be (batch %lld, key %lld)%s", oto_shape_quoted(mask),
               (long long)key->shape[0], (long long)key->shape[1],
               turned ? "; its axes are exchanged, oto_transpose(key_mask) puts them right" : "");
}

/* Both masks as one that oto_attention takes: (batch, 1, key) against (query, key), (batch, query, key), or the same
 * with heads. */
static OtoTensor *joined_mask(OtoLayer *layer, OtoTensor *key, const OtoApplyAttentionOptions *options) {
    OtoTensor *keys = options->key_mask, *mask = options->mask;
    if (!keys) return mask;
    check_key_mask(layer, keys, key);
    OtoTensor *shaped = mask && mask->rank == 4 ? oto_reshape(keys, key->shape[0], 1, 1, key->shape[1])
                                                : oto_reshape(keys, key->shape[0], 1, key->shape[1]);
    if (!mask) return shaped;
    oto_need(layer->type, "mask", mask);
    return oto_add(oto_attention_added(layer->type, mask), oto_attention_added(layer->type, shaped));
}

/* ---- forward ---- */

static void check_input(OtoLayer *layer, const char *argument, OtoTensor *x) {
    oto_attention_check_sequence(layer->type, argument, x);
    int64_t features = weight_of(layer)->cols;
    if (x->shape[2] != features)
        oto_refuse(layer->type, "%s is %s, but the layer was made for (batch, time, features %lld)", argument,
                   oto_shape_quoted(x), (long long)features);
}

/* W_q x, W_k x or W_v x. */
static OtoTensor *projected(OtoLayer *layer, OtoTensor *x, int64_t which) {
    OtoTensor *w = weight_of(layer), *b = bias_of(layer);
    int64_t from = which * w->cols, to = from + w->cols;
    return oto_linear(x, oto_slice(w, 0, from, to), b ? oto_slice(b, 0, from, to) : NULL);
}

/* The three of x, and what the cache remembers in front of keys and values. */
static void ask_oneself(OtoLayer *layer, OtoTensor *x, OtoTensor *qkv[3]) {
    OtoTensor *all = oto_linear(x, weight_of(layer), bias_of(layer));
    for (int i = 0; i < 3; i++) qkv[i] = oto_slice(all, 2, i * x->cols, (i + 1) * x->cols);
    if (oto_cache_now() && !settings_of(layer)->causal)
        oto_refuse(layer->type, "attention that is not causal looks at steps that are not known yet, and cannot go on "
                                "step by step; make it with .causal = true, or give the whole sequence to oto_apply");
    for (int i = 1; i < 3; i++) qkv[i] = oto_remember(layer, i, qkv[i]);
}

static OtoTensor *attend(OtoLayer *layer, OtoTensor *query, OtoTensor *key, OtoTensor *value,
                         const OtoApplyAttentionOptions *options) {
    const struct oto_attention_settings *s = settings_of(layer);
    bool alone = query == key && key == value;
    OtoAttentionOptions how = {.heads = s->heads,
                               .causal = s->causal,
                               .dropout = layer->training ? s->dropout : 0,
                               .relative = relative_of(layer)};
    if (alone && !oto_cache_now() && !options->weights) {
        how.mask = joined_mask(layer, key, options);
        return (oto_self_attention)(oto_linear(query, weight_of(layer), bias_of(layer)), how);
    }
    OtoTensor *qkv[3];
    if (alone)
        ask_oneself(layer, query, qkv);
    else
        for (int i = 0; i < 3; i++) qkv[i] = projected(layer, (OtoTensor *[]){query, key, value}[i], i);
    how.mask = joined_mask(layer, qkv[1], options);
    if (options->weights) *options->weights = oto_keep((oto_attention_weights)(qkv[0], qkv[1], how));
    return (oto_attention)(qkv[0], qkv[1], qkv[2], how);
}

static OtoTensor *forward(OtoLayer *layer, OtoTensor *x) {
    check_input(layer, "x", x);
    return oto_apply(layer->children[0], attend(layer, x, x, x, &(OtoApplyAttentionOptions){}));
}

/* Three products, and scores and sums over as many places as x has: half of them where time goes one way. */
static int64_t operations(OtoLayer *layer, OtoTensor *x, OtoTensor *y) {
    int64_t scores = 4 * x->size * x->shape[1];
    return 6 * x->size * x->cols + (settings_of(layer)->causal ? scores / 2 : scores);
}

static const OtoLayerType type = {.name = "multi_head_attention",
                                  .forward = forward,
                                  .use = "oto_apply_attention(layer, query, key, value)",
                                  .operations = operations};

OtoTensor *(oto_apply_attention)(OtoLayer *layer, OtoTensor *query, OtoTensor *key, OtoTensor *value,
                                 OtoApplyAttentionOptions options) {
    oto_need_layer("oto_apply_attention", layer, &type);
    OtoTensor *y = NULL, *weights = NULL;
    oto_inside(layer) {
        check_input(layer, "query", query);
        check_input(layer, "key", key);
        check_input(layer, "value", value);
        oto_scope {
            OtoTensor **wanted = options.weights;
            if (wanted) options.weights = &weights;
            y = oto_apply(layer->children[0], attend(layer, query, key, value, &options));
            oto_layer_gave(layer, query, y);
            oto_keep(y);
            if (wanted) *wanted = oto_keep(weights);
        }
    }
    return y;
}

/* ---- where it looks ---- */

struct search {
    OtoLayer *layer;
    OtoTensor *weights;
};

static void look(OtoLayer *layer, OtoTensor *x, OtoTensor *y, void *context) {
    struct search *search = context;
    if (layer != search->layer || search->weights) return;
    const struct oto_attention_settings *s = settings_of(layer);
    OtoTensor *weights = oto_attention_weights(projected(layer, x, 0), projected(layer, x, 1), .heads = s->heads,
                                               .causal = s->causal, .relative = relative_of(layer));
    search->weights = oto_value_adopt(weights);
}

OtoTensor *oto_attention_at(OtoLayer *net, OtoTensor *x, const char *path) {
    const char *name = "oto_attention_at";
    OtoLayer *layer = oto_layer_at(net, path);
    if (layer->kind != &type)
        oto_refuse(name, "\"%s\" is a %s; give the path of a multi_head_attention, as oto_layer_print(net) shows them",
                   path, layer->type);
    struct search search = {.layer = layer};
    oto_scope oto_pass_watched(name, net, x, look, &search);
    if (!search.weights) oto_refuse(name, "x does not go through \"%s\"", path);
    OtoTensor *weights = oto_copy(search.weights);
    oto_free(search.weights);
    return weights;
}

/* ---- making one ---- */

/* Glorot and Bengio 2010: within sqrt(6 / (in + out)). */
static OtoTensor *first_weights(OtoLayer *layer, int64_t features) {
    return oto_initial_uniform(layer, sqrt(6.0 / (4.0 * (double)features)), 2,
                               (const long long[]){3 * features, features});
}

OtoLayer *(oto_nn_multi_head_attention)(int64_t features, int heads, OtoNnAttentionOptions options) {
    const char *name = "oto_nn_multi_head_attention";
    oto_check_range(name, "features", (double)features, 1, 1e7);
    oto_check_range(name, "heads", heads, 1, 1e6);
    oto_check_range(name, "relative", (double)options.relative, 0, 1e7);
    oto_check_range(name, "dropout", options.dropout, 0, 1 - 1e-6);
    oto_attention_check_heads(name, features, heads);
    if (options.relative && !options.causal)
        oto_refuse(name, "relative holds distances back in time, and so needs .causal = true");
    struct oto_attention_settings settings = {.heads = heads,
                                              .causal = options.causal,
                                              .bias = !options.no_bias,
                                              .distances = options.relative,
                                              .dropout = options.dropout};
    OtoLayer *layer = oto_layer_new(&type, &settings, sizeof settings);
    oto_layer_say(layer, "%lld, %d%s", (long long)features, heads, options.causal ? ", causal" : "");
    oto_scope {
        oto_add_parameter(layer, "in_proj_weight", first_weights(layer, features));
        if (settings.bias) oto_add_parameter(layer, "in_proj_bias", oto_zeros(3 * features));
        if (options.relative)
            oto_add_parameter(
                layer, "relative",
                oto_initial_normal(layer, 0.02, 3, (const long long[]){heads, options.relative, features / heads}));
        OtoLayer *out = oto_nn_linear((int)features, (int)features, .no_bias = options.no_bias);
        if (settings.bias) memset(out->tensors[1].tensor->data, 0, (size_t)features * sizeof(float));
        oto_add_layer(layer, "out_proj", out);
    }
    return layer;
}
