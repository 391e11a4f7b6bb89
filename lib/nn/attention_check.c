/* What attention refuses, and masks as numbers to be added. */
#include "lib/nn/attention_heads.h"
#include "lib/tensor/error.h"

#include <math.h>
#include <stdio.h>

static const char *divisors_of(int64_t features) {
    static _Thread_local char text[100];
    snprintf(text, sizeof text, "heads must be one of its divisors, as %d",
             features % 4 == 0   ? 4
             : features % 2 == 0 ? 2
                                 : 1);
    return text;
}

void oto_attention_check_options(const char *name, OtoTensor *q, int64_t features, const OtoAttentionOptions *options) {
    oto_check_range(name, "heads", options->heads, 1, 1e6);
    oto_check_range(name, "dropout", options->dropout, 0, 1 - 1e-6);
    oto_check_range(name, "scale", options->scale, -1e30, 1e30);
    if (features % options->heads)
        oto_refuse(name, "%lld features of q %s do not divide into %d heads; %s", (long long)features,
                   oto_shape_quoted(q), options->heads, divisors_of(features));
}

void oto_attention_check_heads(const char *name, int64_t features, int heads) {
    if (features % heads)
        oto_refuse(name, "%lld features do not divide into %d heads; %s", (long long)features, heads,
                   divisors_of(features));
}

void oto_attention_check_sequence(const char *name, const char *argument, OtoTensor *x) {
    oto_need_float(name, argument, x);
    if (x->rank != 3 || x->size == 0)
        oto_refuse(name, "%s is %s, but must be (batch, time, features), none of them 0", argument,
                   oto_shape_quoted(x));
    if (oto_axis_find(x, "time") == 0 || oto_axis_find(x, "batch") == 1)
        oto_refuse(name,
                   "%s is %s: time comes first, but must come second, as (batch, time, features); exchange the first "
                   "two axes with oto_permute(%s, 1, 0, 2)",
                   argument, oto_shape_quoted(x), argument);
}

void oto_attention_check_keys(const char *name, OtoTensor *q, OtoTensor *k) {
    oto_attention_check_sequence(name, "k", k);
    if (q->shape[0] != k->shape[0] || q->shape[2] != k->shape[2])
        oto_refuse(name, "q is %s and k is %s; they must have the same batch and features, as (batch, time, features)",
                   oto_shape_quoted(q), oto_shape_quoted(k));
}

void oto_attention_check_values(const char *name, OtoTensor *k, OtoTensor *v) {
    oto_attention_check_sequence(name, "v", v);
    for (int axis = 0; axis < 3; axis++)
        if (k->shape[axis] != v->shape[axis])
            oto_refuse(name, "k is %s and v is %s; each key belongs to one value, so they must be alike",
                       oto_shape_quoted(k), oto_shape_quoted(v));
}

OtoTensor *oto_attention_added(const char *name, OtoTensor *mask) {
    if (mask->type == OTO_FLOAT32) return mask;
    OtoTensor *added = oto_like_new(mask, OTO_FLOAT32, NULL);
    const int64_t *allowed = mask->data;
    for (int64_t i = 0; i < mask->size; i++) {
        if (allowed[i] != 0 && allowed[i] != 1)
            oto_refuse(name, "element %lld of mask is %lld; whole numbers in a mask are 1 (may look) or 0 (may not)",
                       (long long)i, (long long)allowed[i]);
        ((float *)added->data)[i] = allowed[i] ? 0 : -INFINITY;
    }
    return added;
}

/* mask as numbers to be added; its place in n. */
static OtoTensor *added_mask(const char *name, OtoTensor *mask, struct attention *n) {
    if (!mask) return NULL;
    oto_need(name, "mask", mask);
    int64_t full[4] = {n->batch, n->heads, n->queries, n->keys}, shape[4] = {1, 1, 1, 1};
    bool fits = mask->rank >= 2 && mask->rank <= 4 && mask->type != OTO_COMPLEX64;
    if (fits) {
        shape[3] = mask->shape[mask->rank - 1];
        shape[2] = mask->shape[mask->rank - 2];
        if (mask->rank > 2) shape[0] = mask->shape[0];
        if (mask->rank > 3) shape[1] = mask->shape[1];
    }
    for (int i = 0; i < 4; i++) fits &= shape[i] == full[i] || shape[i] == 1;
    if (!fits)
        oto_refuse(name,
                   "mask is %s, but must be (query %lld, key %lld), (batch %lld, query, key) or (batch, head %lld, "
                   "query, key), where an axis of length 1 stands for all",
                   oto_shape_quoted(mask), (long long)n->queries, (long long)n->keys, (long long)n->batch,
                   (long long)n->heads);
    if (mask->node) oto_refuse(name, "no gradient can flow into mask; give oto_detach(mask), or use .relative");
    n->mask_strides[2] = shape[2] > 1 ? shape[3] : 0;
    n->mask_strides[1] = shape[1] > 1 ? shape[2] * shape[3] : 0;
    n->mask_strides[0] = shape[0] > 1 ? shape[1] * shape[2] * shape[3] : 0;
    n->masked_keys_repeat = shape[3] == 1;
    return oto_attention_added(name, mask);
}

static void check_relative(const char *name, OtoTensor *relative, struct attention *n) {
    if (!relative) return;
    oto_need_float(name, "relative", relative);
    if (!n->causal) oto_refuse(name, "relative holds distances back in time, and so needs .causal = true");
    if (relative->rank != 3 || relative->shape[0] != n->heads || relative->shape[2] != n->width ||
        relative->shape[1] < n->keys)
        oto_refuse(name, "relative is %s, but must be (heads %lld, distances, %lld) with at least %lld distances",
                   oto_shape_quoted(relative), (long long)n->heads, (long long)n->width, (long long)n->keys);
    n->distances = relative->shape[1];
}

OtoTensor *oto_attention_settle(const char *name, struct attention *n, OtoTensor *q, OtoTensor *k,
                                const OtoAttentionOptions *options) {
    n->causal = options->causal;
    n->scale = (float)(options->scale ? options->scale : 1 / sqrt((double)n->width));
    n->dropout = (float)options->dropout;
    if (n->causal && n->queries > n->keys)
        oto_refuse(name, "q is %s and k is %s: with causal, there are at least as many keys as queries",
                   oto_shape_quoted(q), oto_shape_quoted(k));
    check_relative(name, options->relative, n);
    return added_mask(name, options->mask, n);
}

OtoTensor *oto_length_mask(OtoTensor *lengths, int64_t time) {
    const char *name = "oto_length_mask";
    oto_need(name, "lengths", lengths);
    oto_check_range(name, "time", (double)time, 1, 1e9);
    if (lengths->type != OTO_INT64 || lengths->rank != 1)
        oto_refuse(name, "lengths is %s %s, but must be int64 (batch): how long each sequence is",
                   oto_type_name(lengths->type), oto_shape_quoted(lengths));
    for (int64_t b = 0; b < lengths->size; b++)
        if (oto_int_data(lengths)[b] < 0 || oto_int_data(lengths)[b] > time)
            oto_refuse(name, "lengths[%lld] is %lld, but must be in [0, %lld]", (long long)b,
                       (long long)oto_int_data(lengths)[b], (long long)time);
    OtoTensor *mask = oto_zeros_of(OTO_INT64, 2, (const long long[]){lengths->size, time});
    for (int64_t b = 0; b < lengths->size; b++)
        for (int64_t t = 0; t < oto_int_data(lengths)[b]; t++) oto_int_data(mask)[b * time + t] = 1;
    oto_name_axis(mask, 0, "batch");
    return oto_name_axis(mask, 1, "time");
}
