#include "lib/nn/cache.h"
#include "lib/tensor/arithmetic.h"
#include "lib/tensor/error.h"

#include <stdlib.h>
#include <string.h>

enum { SLOTS = 8 };

/* before: at the beginning of the step that runs; after: what becomes of it when the step has come to its end. A step
 * that was broken off leaves everything as it was. */
struct oto_memory {
    OtoLayer *layer;
    int slot;
    OtoTensor *before, *after;
};

static void forget(OtoTensor **x) {
    if (oto_kind(*x) == OTO_TENSOR) oto_free(*x);
    *x = NULL;
}

static void release_cache(void *value) {
    OtoCache *cache = value;
    for (int i = 0; i < cache->count; i++) {
        forget(&cache->memories[i].before);
        forget(&cache->memories[i].after);
    }
    free(cache->memories);
}

OtoCache *oto_cache(void) {
    return oto_value_new(OTO_CACHE, sizeof(OtoCache), release_cache);
}

/* ---- one step ---- */

/* Layers that look at neighbouring time steps, or count them, and remember nothing. */
static void check_layers(OtoLayer *layer) {
    static const char *const beginnings[] = {"conv", "max_pool", "avg_pool", "adaptive", "group_norm", "flatten"};
    for (size_t i = 0; i < sizeof beginnings / sizeof *beginnings; i++)
        if (layer->kind && !strncmp(layer->type, beginnings[i], strlen(beginnings[i]))) {
            char *path = oto_layer_path(layer);
            oto_hold(path, free);
            oto_refuse("oto_apply_cached",
                       "%s (%s) looks at other time steps too, but does not remember them, so it cannot go on step by "
                       "step; give the whole sequence to oto_apply",
                       path ? path : "net", layer->type);
        }
    for (int i = 0; i < layer->child_count; i++) check_layers(layer->children[i]);
}

static void begin_step(OtoLayer *net, OtoTensor *x, OtoCache *cache) {
    const char *name = "oto_apply_cached";
    oto_check_value(name, "cache", cache, OTO_CACHE);
    oto_need_layer(name, net, NULL);
    oto_need(name, "x", x);
    if (x->rank < 2 || x->size == 0)
        oto_refuse(name, "x is %s, but must be (batch, time) or (batch, time, features), none of them 0",
                   oto_shape_quoted(x));
    if (cache->net && cache->net != net)
        oto_refuse(name, "the cache belongs to another net; begin a new sequence with oto_cache()");
    if (cache->batch && cache->batch != x->shape[0])
        oto_refuse(name, "x is %s, but the cache holds %lld sequences; begin new ones with oto_cache()",
                   oto_shape_quoted(x), (long long)cache->batch);
    if (!cache->net) check_layers(net);
    for (int i = 0; i < cache->count; i++) forget(&cache->memories[i].after);
}

static void finish_step(OtoLayer *net, OtoTensor *x, OtoCache *cache) {
    int64_t bytes = 0;
    for (int i = 0; i < cache->count; i++) {
        struct oto_memory *memory = &cache->memories[i];
        if (memory->after) {
            forget(&memory->before);
            memory->before = memory->after;
            memory->after = NULL;
        }
        if (memory->before) bytes += memory->before->size * (int64_t)sizeof(float);
    }
    cache->net = net;
    cache->batch = x->shape[0];
    cache->length += x->shape[1];
    oto_value_owns(cache, bytes);
}

/* The modes are restored also when a refusal has left the forward. */
static void release_evaluating(void *thing) {
    oto_evaluating_end(thing);
    free(thing);
}

OtoTensor *oto_apply_cached_called(OtoLayer *net, OtoTensor *x, OtoCache *cache, const char *called) {
    begin_step(net, x, cache);
    OtoTensor *y = NULL;
    oto_scope {
        OtoEvaluating *evaluating = calloc(1, sizeof *evaluating);
        if (!evaluating) oto_refuse("oto_apply_cached", "no memory is left");
        *evaluating = oto_evaluating_begin(net);
        oto_hold(evaluating, release_evaluating);
        OtoInside inside __attribute__((cleanup(oto_inside_end))) = {};
        oto_inside_begin(&inside, net, called);
        inside.cache = cache;
        y = oto_keep((oto_apply)(net, x));
    }
    finish_step(net, x, cache);
    return y;
}

OtoTensor *(oto_apply_cached)(OtoLayer *net, OtoTensor *x, OtoCache *cache) {
    return oto_apply_cached_called(net, x, cache, NULL);
}

/* ---- for forward functions ---- */

int64_t oto_first_place(void) {
    OtoCache *cache = oto_cache_now();
    return cache ? cache->length : 0;
}

static struct oto_memory *memory_of(OtoCache *cache, OtoLayer *layer, int slot) {
    for (int i = 0; i < cache->count; i++)
        if (cache->memories[i].layer == layer && cache->memories[i].slot == slot) return &cache->memories[i];
    struct oto_memory *grown = realloc(cache->memories, (size_t)(cache->count + 1) * sizeof *grown);
    if (!grown) oto_refuse("oto_remember", "no memory for what the layers remember");
    cache->memories = grown;
    cache->memories[cache->count] = (struct oto_memory){.layer = layer, .slot = slot};
    return &cache->memories[cache->count++];
}

static struct oto_memory *open_memory(const char *name, OtoLayer *layer, int slot) {
    oto_need_layer(name, layer, NULL);
    oto_check_range(name, "slot", slot, 0, SLOTS - 1);
    OtoCache *cache = oto_cache_now();
    if (!cache) oto_refuse(name, "there is no cache; it works inside oto_apply_cached only");
    return memory_of(cache, layer, slot);
}

static void keep_after(const char *name, struct oto_memory *memory, OtoTensor *x) {
    if (memory->after)
        oto_refuse(name,
                   "the %s is applied twice in one step, so that it is not clear which of the two it shall remember; "
                   "give each place a layer of its own",
                   memory->layer->type);
    memory->after = oto_value_adopt(x);
}

OtoTensor *oto_remember(OtoLayer *layer, int slot, OtoTensor *x) {
    const char *name = "oto_remember";
    oto_need(name, "x", x);
    if (!oto_cache_now()) return x;
    if (x->rank < 2) oto_refuse(name, "x is %s, but must be (batch, time, ...)", oto_shape_quoted(x));
    struct oto_memory *memory = open_memory(name, layer, slot);
    OtoTensor *all = memory->before ? oto_cat(1, memory->before, x) : oto_copy(x);
    keep_after(name, memory, all);
    return all;
}

OtoTensor *oto_recalled(OtoLayer *layer, int slot) {
    return open_memory("oto_recalled", layer, slot)->before;
}

void oto_store(OtoLayer *layer, int slot, OtoTensor *state) {
    oto_need("oto_store", "state", state);
    struct oto_memory *memory = open_memory("oto_store", layer, slot);
    keep_after("oto_store", memory, oto_copy(state));
}
