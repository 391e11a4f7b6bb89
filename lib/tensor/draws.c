#include "lib/tensor/draws.h"
#include "lib/tensor/error.h"
#include "lib/tensor/parallel.h"
#include "lib/tensor/random.h"
#include "lib/tensor/sort.h"

#include <inttypes.h>
#include <math.h>

enum { GRAIN = 1 << 13 };

/* Number i of a tensor is a hash of the tensor's key and i: splitmix64 at its i-th step. */
static uint64_t bits_of(uint64_t key, int64_t i) {
    uint64_t z = key + ((uint64_t)i + 1) * 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}
/* 0 <= x < 1 in steps of 2^-53. */
static double uniform_of(uint64_t key, int64_t i) {
    return (double)(bits_of(key, i) >> 11) * 0x1p-53;
}

struct drawing {
    uint64_t key;
    const float *p;
    void *to;
    int64_t low;
    uint64_t range;
};

static OtoTensor *drawn(OtoTensor *y, struct drawing drawing, void (*body)(int64_t from, int64_t to, void *context)) {
    drawing.key = oto_random_key();
    drawing.to = y->data;
    oto_parallel(y->size, GRAIN, body, &drawing);
    return y;
}

/* Box and Muller's transform; 1 - uniform is never 0. */
static void normals(int64_t from, int64_t to, void *context) {
    const struct drawing *d = context;
    for (int64_t i = from; i < to; i++)
        ((float *)d->to)[i] =
            (float)(sqrt(-2 * log(1 - uniform_of(d->key, 2 * i))) * cos(2 * M_PI * uniform_of(d->key, 2 * i + 1)));
}
OtoTensor *oto_random_normal_of(int rank, const long long shape[]) {
    return drawn(oto_tensor_new(OTO_FLOAT32, rank, shape), (struct drawing){}, normals);
}

/* In steps of 2^-24, so that rounding to float32 cannot give 1. */
static void uniforms(int64_t from, int64_t to, void *context) {
    const struct drawing *d = context;
    for (int64_t i = from; i < to; i++) ((float *)d->to)[i] = (float)(bits_of(d->key, i) >> 40) * 0x1p-24f;
}
OtoTensor *oto_random_uniform_of(int rank, const long long shape[]) {
    return drawn(oto_tensor_new(OTO_FLOAT32, rank, shape), (struct drawing){}, uniforms);
}

/* The upper half of bits * range: each is as likely as another to within range / 2^64. */
static void integers(int64_t from, int64_t to, void *context) {
    const struct drawing *d = context;
    for (int64_t i = from; i < to; i++) {
        unsigned __int128 product = (unsigned __int128)bits_of(d->key, i) * d->range;
        ((int64_t *)d->to)[i] = (int64_t)((uint64_t)d->low + (uint64_t)(product >> 64));
    }
}
OtoTensor *oto_random_integers_of(int64_t low, int64_t high, int rank, const long long shape[]) {
    if (low >= high)
        oto_refuse("oto_random_integers", "low is %" PRId64 " and high %" PRId64 "; numbers go from low to high - 1",
                   low, high);
    struct drawing drawing = {.low = low, .range = (uint64_t)high - (uint64_t)low};
    return drawn(oto_tensor_new(OTO_INT64, rank, shape), drawing, integers);
}

OtoTensor *oto_random_permutation(int64_t n) {
    if (n < 0) oto_refuse("oto_random_permutation", "n is %" PRId64 ", but must be 0 or more", n);
    OtoTensor *y = oto_tensor_new(OTO_INT64, 1, (long long[]){n});
    for (int64_t i = 0; i < n; i++) ((int64_t *)y->data)[i] = i;
    if (n > 0) oto_shuffle(y->data, n);
    return y;
}

static void coins(int64_t from, int64_t to, void *context) {
    const struct drawing *d = context;
    for (int64_t i = from; i < to; i++) ((float *)d->to)[i] = uniform_of(d->key, i) < (double)d->p[i] ? 1.0f : 0.0f;
}
OtoTensor *oto_bernoulli(OtoTensor *p) {
    oto_need_float("oto_bernoulli", "p", p);
    const float *numbers = p->data;
    for (int64_t i = 0; i < p->size; i++)
        if (!(numbers[i] >= 0 && numbers[i] <= 1))
            oto_refuse("oto_bernoulli", "element %" PRId64 " of p %s is %g, but a probability lies within 0 and 1", i,
                       oto_shape_quoted(p), (double)numbers[i]);
    return drawn(oto_like_new(p, OTO_FLOAT32, NULL), (struct drawing){.p = numbers}, coins);
}

/* ---- classes by their weights ---- */

/* Refuses a row from which count classes cannot be drawn; returns its sum. */
static double check_row(const float *row, int64_t classes, int64_t at, int64_t count, bool replacement) {
    const char *name = "oto_multinomial";
    double sum = 0;
    int64_t possible = 0;
    for (int64_t k = 0; k < classes; k++) {
        if (!(row[k] >= 0 && row[k] < INFINITY))
            oto_refuse(name,
                       "weights has %g in row %" PRId64 ", column %" PRId64 "; a weight is finite and not below 0",
                       (double)row[k], at, k);
        sum += (double)row[k];
        possible += row[k] > 0;
    }
    if (count > 0 && possible == 0) oto_refuse(name, "all weights of row %" PRId64 " are 0: nothing can be drawn", at);
    if (!replacement && count > possible)
        oto_refuse(name,
                   "count is %" PRId64 ", but row %" PRId64 " has %" PRId64
                   " weights above 0, and a class comes once; see .replacement = true",
                   count, at, possible);
    return sum;
}

/* One class: where the running sum passes u times the whole. */
static int64_t class_at(const float *row, int64_t classes, double passed) {
    double sum = 0;
    int64_t last = 0;
    for (int64_t k = 0; k < classes; k++) {
        if (row[k] == 0) continue;
        sum += (double)row[k];
        last = k;
        if (sum > passed) break;
    }
    return last;
}

/* A race: class k comes in after a time that is exponential with its weight as rate; the first come first (Efraimidis
 * and Spirakis 2006). */
static OtoTensor *race(OtoTensor *weights, uint64_t key, int64_t count) {
    OtoTensor *times = oto_like_new(weights, OTO_FLOAT32, NULL);
    for (int64_t i = 0; i < weights->size; i++) {
        double weight = (double)((float *)weights->data)[i];
        ((float *)times->data)[i] = weight > 0 ? (float)(log(-log(1 - uniform_of(key, i))) - log(weight)) : INFINITY;
    }
    return oto_topk(times, -1, count, .smallest = true).indices;
}

OtoTensor *(oto_multinomial)(OtoTensor *weights, int64_t count, OtoMultinomialOptions options) {
    oto_need_float("oto_multinomial", "weights", weights);
    int64_t classes = weights->cols;
    if (count < 0) oto_refuse("oto_multinomial", "count is %" PRId64 ", but must be 0 or more", count);
    OtoTensor *y = NULL;
    oto_scope {
        OtoTensor *sums = oto_zeros_of(OTO_INT64, 1, (long long[]){weights->rows});
        double *sum = sums->data;
        for (int64_t row = 0; row < weights->rows; row++)
            sum[row] = check_row((float *)weights->data + row * classes, classes, row, count, options.replacement);
        long long shape[OTO_RANK_MAX];
        for (int k = 0; k < weights->rank; k++) shape[k] = k < weights->rank - 1 ? weights->shape[k] : count;
        uint64_t key = oto_random_key();
        if (!options.replacement) {
            y = oto_keep(race(weights, key, count));
        } else {
            y = oto_keep(oto_tensor_new(OTO_INT64, weights->rank, shape));
            for (int64_t i = 0; i < y->size; i++)
                ((int64_t *)y->data)[i] = class_at((float *)weights->data + i / count * classes, classes,
                                                   uniform_of(key, i) * sum[i / count]);
        }
        for (int k = 0; k < weights->rank; k++) oto_name_axis(y, k, k < weights->rank - 1 ? weights->axes[k].name : "");
    }
    return y;
}
