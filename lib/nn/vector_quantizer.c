#include "lib/nn/vector_quantizer.h"
#include "lib/nn/embedding.h"
#include "lib/nn/initial.h"
#include "lib/tensor/arithmetic.h"
#include "lib/tensor/error.h"
#include "lib/tensor/gemm.h"
#include "lib/tensor/random.h"

#include <math.h>
#include <string.h>

/* ---- the operation ---- */

/* The nearest code of each vector: the smallest |c|^2 - 2 x c, for |x|^2 is the same for all. */
static void nearest(OtoTensor *x, OtoTensor *codebook, int64_t *codes) {
    int64_t count = codebook->shape[0], features = codebook->shape[1];
    const float *c = codebook->data;
    float *products = oto_tensor_new(OTO_FLOAT32, 2, (const long long[]){x->rows, count})->data;
    float *squares = oto_zeros(count)->data;
    for (int64_t k = 0; k < count; k++)
        for (int64_t j = 0; j < features; j++) squares[k] += c[k * features + j] * c[k * features + j];
    oto_gemm(x->rows, count, features, x->data, c, products, .transpose_b = true);
    for (int64_t i = 0; i < x->rows; i++) {
        codes[i] = 0;
        for (int64_t k = 1; k < count; k++)
            if (squares[k] - 2 * products[i * count + k] < squares[codes[i]] - 2 * products[i * count + codes[i]])
                codes[i] = k;
    }
}

static double perplexity(OtoTensor *codes, int64_t count) {
    int64_t *used = oto_zeros_of(OTO_INT64, 1, (const long long[]){count})->data;
    for (int64_t i = 0; i < codes->size; i++) used[oto_int_data(codes)[i]]++;
    double entropy = 0;
    for (int64_t k = 0; k < count; k++) {
        double share = (double)used[k] / (double)codes->size;
        if (share > 0) entropy -= share * log(share);
    }
    return exp(entropy);
}

static OtoTensor *mean_square(OtoTensor *x) {
    return oto_mean_all(oto_mul(x, x));
}

static void check_vectors(const char *name, OtoTensor *x, OtoTensor *codebook) {
    oto_need_float(name, "x", x);
    oto_need_float(name, "codebook", codebook);
    if (codebook->rank != 2 || codebook->size == 0 || x->rank < 2 || x->size == 0 || x->cols != codebook->shape[1])
        oto_refuse(name,
                   "x is %s and codebook is %s; they must be (..., features) and (codes, features). oto_permute puts "
                   "channels last",
                   oto_shape_quoted(x), oto_shape_quoted(codebook));
}

/* learned: the codebook is a parameter, so the first term of the loss counts. */
static OtoQuantised quantised(OtoTensor *x, OtoTensor *codebook, double beta, bool learned) {
    OtoQuantised result = {};
    oto_scope {
        long long shape[OTO_RANK_MAX];
        for (int i = 0; i < x->rank - 1; i++) shape[i] = x->shape[i];
        OtoTensor *codes = oto_zeros_of(OTO_INT64, x->rank - 1, shape);
        for (int i = 0; i < x->rank - 1; i++) oto_axis_copy(codes, i, x, i);
        nearest(x, codebook, codes->data);
        OtoTensor *chosen = oto_embedding(codebook, codes), *fixed = oto_detach(x);
        OtoTensor *loss = oto_mul(mean_square(oto_sub(x, oto_detach(chosen))), beta);
        if (learned) loss = oto_add(mean_square(oto_sub(fixed, chosen)), loss);
        result = (OtoQuantised){
            .y = oto_keep(oto_add(x, oto_detach(oto_sub(oto_detach(chosen), fixed)))),
            .codes = oto_keep(codes),
            .loss = oto_keep(loss),
            .perplexity = perplexity(codes, codebook->shape[0]),
        };
    }
    return result;
}

OtoQuantised oto_quantise_vectors(OtoTensor *x, OtoTensor *codebook, double beta) {
    check_vectors("oto_quantise_vectors", x, codebook);
    oto_check_range("oto_quantise_vectors", "beta", beta, 0, 1e6);
    return quantised(x, codebook, beta, true);
}

/* ---- the layer ---- */

enum { WEIGHT, USAGE, SUMS }; /* its tensors */

static const OtoVectorQuantizerOptions *settings_of(OtoLayer *layer) {
    return oto_layer_settings(layer, OtoVectorQuantizerOptions);
}
static OtoTensor *codebook_of(OtoLayer *layer) {
    return layer->tensors[WEIGHT].tensor;
}

/* Codes that are hardly used become vectors of x, each another one as long as there are enough, and begin with an even
 * share. */
static void revive(OtoLayer *layer, OtoTensor *x) {
    OtoTensor *codebook = codebook_of(layer);
    float *usage = oto_data(layer->tensors[USAGE].tensor), *sums = oto_data(layer->tensors[SUMS].tensor);
    float *codes = oto_data(codebook), share = (float)x->rows / (float)codebook->rows;
    int64_t *order = NULL, taken = 0;
    for (int64_t k = 0; k < codebook->rows; k++) {
        if ((double)usage[k] >= settings_of(layer)->revive * (double)share) continue;
        if (!order) {
            order = oto_zeros_of(OTO_INT64, 1, (const long long[]){x->rows})->data;
            for (int64_t i = 0; i < x->rows; i++) order[i] = i;
            oto_shuffle(order, x->rows);
        }
        const float *from = oto_data(x) + order[taken++ % x->rows] * x->cols;
        usage[k] = share;
        for (int64_t j = 0; j < x->cols; j++) {
            codes[k * x->cols + j] = from[j];
            sums[k * x->cols + j] = share * from[j];
        }
    }
}

/* Each code moves to the running mean of its vectors. A little is added to each usage and taken off the sum again, so
 * that no code is divided by 0. */
static void follow(OtoLayer *layer, OtoTensor *x, OtoTensor *chosen) {
    OtoTensor *codebook = codebook_of(layer);
    float *usage = oto_data(layer->tensors[USAGE].tensor), *sums = oto_data(layer->tensors[SUMS].tensor);
    float decay = (float)settings_of(layer)->decay;
    for (int64_t k = 0; k < codebook->rows; k++) usage[k] *= decay;
    for (int64_t i = 0; i < codebook->size; i++) sums[i] *= decay;
    for (int64_t i = 0; i < x->rows; i++) {
        int64_t k = oto_int_data(chosen)[i];
        usage[k] += 1 - decay;
        for (int64_t j = 0; j < x->cols; j++) sums[k * x->cols + j] += (1 - decay) * oto_data(x)[i * x->cols + j];
    }
    double all = oto_sum(layer->tensors[USAGE].tensor), little = 1e-5;
    for (int64_t k = 0; k < codebook->rows; k++) {
        double smoothed = ((double)usage[k] + little) * all / (all + (double)codebook->rows * little);
        for (int64_t j = 0; j < x->cols; j++)
            oto_data(codebook)[k * x->cols + j] = (float)((double)sums[k * x->cols + j] / smoothed);
    }
}

static OtoTensor *forward(OtoLayer *layer, OtoTensor *x) {
    if (layer->training && oto_wants_gradient(x))
        oto_refuse(layer->type, "oto_apply gives y alone, and in training its loss would be lost; call "
                                "oto_apply_quantizer(layer, x), and add its .loss to yours");
    check_vectors(layer->type, x, codebook_of(layer));
    return quantised(x, codebook_of(layer), settings_of(layer)->beta, false).y;
}

/* Each vector meets each code once. */
static int64_t operations(OtoLayer *layer, OtoTensor *x, OtoTensor *y) {
    return 2 * x->rows * codebook_of(layer)->size;
}

static const OtoLayerType type = {
    .name = "vector_quantizer", .forward = forward, .use = "oto_apply_quantizer(layer, x)", .operations = operations};

OtoQuantised oto_apply_quantizer(OtoLayer *layer, OtoTensor *x) {
    oto_need_layer("oto_apply_quantizer", layer, &type);
    OtoQuantised q = {};
    oto_inside(layer) {
        check_vectors(layer->type, x, codebook_of(layer));
        bool follows = settings_of(layer)->decay > 0;
        oto_scope {
            if (follows && layer->training) revive(layer, x);
            q = quantised(x, codebook_of(layer), settings_of(layer)->beta, !follows);
            if (follows && layer->training) follow(layer, x, q.codes);
            oto_layer_gave(layer, x, q.y);
            oto_keep(q.y);
            oto_keep(q.codes);
            oto_keep(q.loss);
        }
    }
    return q;
}

OtoTensor *oto_quantizer_vectors(OtoLayer *layer, OtoTensor *codes) {
    oto_need_layer("oto_quantizer_vectors", layer, &type);
    return oto_embedding(codebook_of(layer), codes);
}

OtoLayer *(oto_nn_vector_quantizer)(int64_t codes, int64_t features, OtoVectorQuantizerOptions options) {
    const char *name = "oto_nn_vector_quantizer";
    oto_check_range(name, "codes", (double)codes, 1, 1e7);
    oto_check_range(name, "features", (double)features, 1, 1e7);
    oto_check_range(name, "beta", options.beta, 0, 1e6);
    oto_check_range(name, "decay", options.decay, 0, 1 - 1e-9);
    oto_check_range(name, "revive", options.revive, 0, 1);
    OtoLayer *layer = oto_layer_new(&type, &options, sizeof options);
    oto_layer_say(layer, "%lld, %lld", (long long)codes, (long long)features);
    oto_scope {
        OtoTensor *weight = oto_initial_uniform(layer, 1 / (double)codes, 2, (const long long[]){codes, features});
        if (options.decay > 0) {
            oto_add_buffer(layer, "weight", weight);
            oto_add_buffer(layer, "usage", oto_zeros(codes));
            oto_add_buffer(layer, "sums", oto_zeros(codes, features));
        } else {
            oto_add_parameter(layer, "weight", weight);
        }
    }
    return layer;
}
