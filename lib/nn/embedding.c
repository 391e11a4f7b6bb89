#include "lib/nn/embedding.h"
#include "lib/nn/cache.h"
#include "lib/nn/initial.h"
#include "lib/tensor/arithmetic.h"
#include "lib/tensor/error.h"

#include <math.h>
#include <string.h>

/* dL/dtable: each row gets the gradients of all places where it was taken, in their order. */
static void embedding_backward(OtoNode *node, OtoTensor *gradient) {
    OtoTensor *x = oto_node_input(node, 1), *sum = oto_like(oto_node_input(node, 0), OTO_FLOAT32, NULL);
    const int64_t *rows = x->data;
    int64_t features = sum->shape[1];
    for (int64_t i = 0; i < x->size; i++) {
        float *restrict to = (float *)sum->data + rows[i] * features;
        const float *restrict from = (const float *)gradient->data + i * features;
        for (int64_t j = 0; j < features; j++) to[j] += from[j];
    }
    oto_give(node, 0, sum);
}

static const OtoOperation embedding = {
    .name = "oto_embedding", .backward = embedding_backward, .saves = OTO_SAVES_INPUT(1), .once = true};

static void check_numbers(OtoTensor *x, int64_t vocabulary) {
    const char *name = "oto_embedding";
    oto_need(name, "x", x);
    if (x->type != OTO_INT64)
        oto_refuse(name, "x is %s %s, but holds numbers of rows, which are whole: int64", oto_type_name(x->type),
                   oto_shape_quoted(x));
    if (x->rank == OTO_RANK_MAX) oto_refuse(name, "x is %s; there is no axis left", oto_shape_quoted(x));
    const int64_t *rows = x->data;
    for (int64_t i = 0; i < x->size; i++)
        if (rows[i] < 0 || rows[i] >= vocabulary)
            oto_refuse(name, "element %lld of x %s is %lld, but the vocabulary has the numbers 0 to %lld", (long long)i,
                       oto_shape_quoted(x), (long long)rows[i], (long long)vocabulary - 1);
}

OtoTensor *oto_embedding(OtoTensor *table, OtoTensor *x) {
    oto_need_float("oto_embedding", "table", table);
    if (table->rank != 2)
        oto_refuse("oto_embedding", "table is %s, but must be (vocabulary, features)", oto_shape_quoted(table));
    check_numbers(x, table->shape[0]);
    long long shape[OTO_RANK_MAX];
    for (int i = 0; i < x->rank; i++) shape[i] = x->shape[i];
    shape[x->rank] = table->shape[1];
    OtoTensor *y = oto_tensor_new(OTO_FLOAT32, x->rank + 1, shape);
    for (int i = 0; i < x->rank; i++) oto_axis_copy(y, i, x, i);
    int64_t features = table->shape[1];
    const int64_t *rows = x->data;
    for (int64_t i = 0; i < x->size; i++)
        memcpy((float *)y->data + i * features, (float *)table->data + rows[i] * features,
               (size_t)features * sizeof(float));
    return oto_record(&embedding, y, NULL, 0, table, x);
}

static OtoTensor *embedding_forward(OtoLayer *layer, OtoTensor *x) {
    return oto_embedding(layer->tensors[0].tensor, x);
}
static const OtoLayerType embedding_layer = {.name = "embedding", .forward = embedding_forward};

OtoLayer *oto_nn_embedding(int64_t vocabulary, int64_t features) {
    oto_check_range("oto_nn_embedding", "vocabulary", (double)vocabulary, 1, 1e9);
    oto_check_range("oto_nn_embedding", "features", (double)features, 1, 1e7);
    OtoLayer *layer = oto_layer_new(&embedding_layer, NULL, 0);
    oto_layer_say(layer, "%lld, %lld", (long long)vocabulary, (long long)features);
    oto_add_parameter(layer, "weight", oto_initial_normal(layer, 1, 2, (const long long[]){vocabulary, features}));
    return layer;
}

/* ---- places ---- */

OtoTensor *oto_sinusoids(int64_t time, int64_t features) {
    oto_check_range("oto_sinusoids", "time", (double)time, 1, 1e9);
    oto_check_range("oto_sinusoids", "features", (double)features, 1, 1e7);
    OtoTensor *y = oto_tensor_new(OTO_FLOAT32, 2, (const long long[]){time, features});
    for (int64_t t = 0; t < time; t++)
        for (int64_t i = 0; i < features; i++) {
            double angle = (double)t / pow(10000, (double)(i / 2 * 2) / (double)features);
            ((float *)y->data)[t * features + i] = (float)(i % 2 ? cos(angle) : sin(angle));
        }
    return y;
}

static OtoTensor *positions_forward(OtoLayer *layer, OtoTensor *x) {
    OtoTensor *table = layer->tensors[0].tensor;
    oto_need_float("oto_nn_positions", "x", x);
    if (x->rank != 3 || x->shape[2] != table->shape[1])
        oto_refuse("oto_nn_positions",
                   "x is %s, but must be (batch, time, features), with the %lld features that it was made for; make it "
                   "with the features of what comes before, as oto_nn_positions(features), or see oto_permute",
                   oto_shape_quoted(x), (long long)table->shape[1]);
    int64_t first = oto_first_place(), end = first + x->shape[1];
    if (end > table->shape[0])
        oto_refuse("oto_nn_positions",
                   "x is %s%s, but there are vectors for %lld places only; make it with .max_length",
                   oto_shape_quoted(x), first ? " and goes on in a longer sequence" : "", (long long)table->shape[0]);
    return oto_add(x, oto_slice(table, 0, first, end));
}
static const OtoLayerType positions = {.name = "positions", .forward = positions_forward};

OtoLayer *(oto_nn_positions)(int64_t features, OtoPositionOptions options) {
    oto_check_range("oto_nn_positions", "max_length", (double)options.max_length, 1, 1e9);
    oto_check_range("oto_nn_positions", "features", (double)features, 1, 1e7);
    OtoLayer *layer = oto_layer_new(&positions, NULL, 0);
    oto_layer_say(layer, "%lld, max_length %lld%s", (long long)features, (long long)options.max_length,
                  options.learned ? ", learned" : "");
    if (options.learned)
        oto_add_parameter(layer, "weight",
                          oto_initial_normal(layer, 0.02, 2, (const long long[]){options.max_length, features}));
    else
        oto_add_buffer(layer, "sinusoids", oto_sinusoids(options.max_length, features));
    return layer;
}
