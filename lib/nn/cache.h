/* cache: what a net remembers of a sequence that is continued step by step, so that a step costs one step and not the
 * whole sequence again.
 *
 *     OtoCache *cache = oto_cache();
 *     OtoTensor *logits = oto_apply_cached(net, prompt, cache);       the first time steps, all at once
 *     logits = oto_apply_cached(net, next, cache);                    (batch, 1): goes on from there
 *
 * The results are those that oto_apply gives of the whole sequence, at the new places. Causal attention remembers its
 * keys and values, recurrent layers their states, and layers of places how far the sequence is. oto_generate
 * (generate.h) is made of it.
 */
#ifndef OTO_NN_CACHE_H
#define OTO_NN_CACHE_H

#include "layer.h"

/* Read what you like. */
typedef struct OtoCache {
    OtoLayer *net;  /* that it belongs to: the first that it was used with; NULL: none yet */
    int64_t length; /* time steps that went through */
    int64_t batch;  /* sequences, or 0 */
    int count;
    struct oto_memory *memories; /* of its layers */
} OtoCache;

/* An empty one, by the rule of lifetime.h. What it grows to is freed with it. */
OtoCache *oto_cache(void);

/* x (batch, time) or (batch, time, features), the time steps that follow those of the cache, through net: in evaluation
 * mode and without gradients. Refuses layers whose results at one place depend on the next ones (attention that is not
 * causal, both directions) or that look at neighbours without remembering them (convolutions, pooling), another batch
 * than before, another net. */
OtoTensor *oto_apply_cached(OtoLayer *net, OtoTensor *x, OtoCache *cache);
#define oto_apply_cached(net, x, cache) oto_apply_cached_called(net, x, cache, #net)
OtoTensor *oto_apply_cached_called(OtoLayer *net, OtoTensor *x, OtoCache *cache, const char *called);

/* ---- for forward functions ---- */

/* The cache that x goes through the net with now, or NULL. */
OtoCache *oto_cache_now(void);
/* The place of x's first time step in the sequence: 0 without a cache. */
int64_t oto_first_place(void);
/* x (batch, time, ...) behind what the layer gave here at the earlier steps: keys or values since the beginning.
 * Without a cache, x itself. slot tells one from another, 0 ... 7. */
OtoTensor *oto_remember(OtoLayer *layer, int slot, OtoTensor *x);
/* A state instead, which takes the place of the one before: what was stored at the step before (or NULL), and the new
 * one. Only with a cache. */
OtoTensor *oto_recalled(OtoLayer *layer, int slot);
void oto_store(OtoLayer *layer, int slot, OtoTensor *state);

#endif
