/* y = x / (1 - p) where the hash of (key, place) is at least p, else 0. dL/dx is the same with dL/dy in place of x: the
 * mask is hashed anew from the key, so nothing of the size of x is kept. */
#include "lib/nn/dropout.h"
#include "lib/tensor/error.h"
#include "lib/tensor/parallel.h"
#include "lib/tensor/random.h"
#include "lib/tensor/simd.h"

#include <math.h>

/* Settings of the operation. */
struct dropout {
    uint32_t key, more_key;
    uint32_t below; /* hashes below it are dropped */
    float scale;    /* of what stays */
    int64_t each;   /* neighbouring numbers share one fate: 1, or a channel's size */
};

/* ---- loops ---- */

/* The finaliser of 32 bits that Wellons found by search ("lowbias32"). */
static inline __attribute__((always_inline)) uint32_t mix(uint32_t z) {
    z = (z ^ (z >> 16)) * 0x7feb352du;
    z = (z ^ (z >> 15)) * 0x846ca68bu;
    return z ^ (z >> 16);
}
/* Mixed twice: with two halves of a key that come in one after the other, masks of different keys have nothing to do
 * with one another. more_key holds the upper half of the place too. */
static inline __attribute__((always_inline)) uint32_t hash(uint32_t key, uint32_t more_key, uint32_t place) {
    return mix(mix(place ^ key) + more_key);
}

OTO_VECTORISED static void drop(const float *restrict x, float *restrict y, int64_t from, int64_t end, uint32_t key,
                                uint32_t more_key, uint32_t below, float scale) {
    for (int64_t i = from; i < end; i++) y[i] = hash(key, more_key, (uint32_t)i) < below ? 0 : x[i] * scale;
}
OTO_VECTORISED static void scale_all(const float *restrict x, float *restrict y, int64_t count, float scale) {
    for (int64_t i = 0; i < count; i++) y[i] = x[i] * scale;
}

struct run {
    struct dropout dropout;
    const float *x;
    float *y;
};

enum { PIECE = 1 << 14 }; /* numbers; a power of two, so that a piece lies on one side of 2^32 */

/* from ... to: numbers, or channels */
static void drop_piece(int64_t from, int64_t to, void *context) {
    const struct run *run = context;
    const struct dropout *d = &run->dropout;
    uint32_t more_key = d->more_key + (uint32_t)(from >> 32);
    if (d->each == 1) {
        drop(run->x, run->y, from, to, d->key, more_key, d->below, d->scale);
        return;
    }
    for (int64_t i = from; i < to; i++) {
        bool dropped = hash(d->key, more_key, (uint32_t)i) < d->below;
        const float *x = run->x + i * d->each;
        float *y = run->y + i * d->each;
        if (dropped)
            for (int64_t j = 0; j < d->each; j++) y[j] = 0;
        else
            scale_all(x, y, d->each, d->scale);
    }
}

/* ---- the operation ---- */

static OtoTensor *drop_by(const struct dropout *dropout, OtoTensor *x);

static void dropout_backward(OtoNode *node, OtoTensor *gradient) {
    oto_give(node, 0, drop_by(oto_node_settings(node), gradient));
}
static const OtoOperation operation = {.name = "oto_dropout", .backward = dropout_backward};

static OtoTensor *drop_by(const struct dropout *dropout, OtoTensor *x) {
    OtoTensor *y = oto_like_new(x, OTO_FLOAT32, NULL);
    struct run run = {.dropout = *dropout, .x = x->data, .y = y->data};
    int64_t grain = PIECE;
    while (grain > 1 && grain * dropout->each > PIECE) grain /= 2;
    oto_parallel(dropout->each ? x->size / dropout->each : 0, grain, drop_piece, &run);
    return oto_record(&operation, y, dropout, sizeof *dropout, x);
}

static OtoTensor *dropout(const char *name, OtoTensor *x, double p, int64_t each) {
    oto_check_range(name, "p", p, 0, 1);
    OtoLayer *layer = oto_layer_now();
    if (p == 0 || (layer && !layer->training)) return x;
    uint64_t key = oto_random_key();
    struct dropout settings = {.key = (uint32_t)key,
                               .more_key = (uint32_t)(key >> 32),
                               .below = p < 1 ? (uint32_t)(p * 0x1p32) : UINT32_MAX,
                               .scale = p < 1 ? (float)(1 / (1 - p)) : 0,
                               .each = each};
    return drop_by(&settings, x);
}

/* A channel's size, the axes after the second. */
static int64_t channel_size(const char *name, OtoTensor *x, int rank, const char *axes) {
    oto_need_float(name, "x", x);
    if (x->rank != rank) oto_refuse(name, "x is %s, but must be %s", oto_shape_quoted(x), axes);
    int64_t size = 1;
    for (int i = 2; i < rank; i++) size *= x->shape[i];
    return size;
}

OtoTensor *(oto_dropout)(OtoTensor *x, OtoDropoutOptions options) {
    oto_need_float("oto_dropout", "x", x);
    return dropout("oto_dropout", x, options.p, 1);
}
OtoTensor *(oto_dropout1d)(OtoTensor *x, OtoDropoutOptions options) {
    return dropout("oto_dropout1d", x, options.p, channel_size("oto_dropout1d", x, 3, "(batch, channels, time)"));
}
OtoTensor *(oto_dropout2d)(OtoTensor *x, OtoDropoutOptions options) {
    return dropout("oto_dropout2d", x, options.p,
                   channel_size("oto_dropout2d", x, 4, "(batch, channels, height, width)"));
}

/* ---- layers ---- */

#define DEFINE_DROPOUT(operation)                                                                                      \
    static OtoTensor *operation##_forward(OtoLayer *layer, OtoTensor *x) {                                             \
        return oto_##operation(x, .p = *oto_layer_settings(layer, double));                                            \
    }                                                                                                                  \
    OtoLayer *oto_nn_##operation(double p) {                                                                           \
        static const OtoLayerType type = {.name = #operation, .forward = operation##_forward};                         \
        oto_check_range("oto_nn_" #operation, "p", p, 0, 1);                                                           \
        OtoLayer *layer = oto_layer_new(&type, &p, sizeof p);                                                          \
        oto_layer_say(layer, "%g", p);                                                                                 \
        return layer;                                                                                                  \
    }
DEFINE_DROPOUT(dropout)
DEFINE_DROPOUT(dropout1d)
DEFINE_DROPOUT(dropout2d)
