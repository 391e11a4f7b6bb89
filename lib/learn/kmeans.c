#include "lib/learn/kmeans.h"
#include "lib/learn/matrix.h"
#include "lib/tensor/error.h"
#include "lib/tensor/random.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* One run's working state; centres are double, as sums of many small numbers are. */
struct clusters {
    const float *X;
    int64_t n, d, k;
    double *centres, *sums; /* (k, d) */
    int64_t *labels, *sizes;
    double *distances; /* squared, of each example from its centre */
    double inertia;
    int iterations;
};

static double squared_distance(const float *x, const double *centre, int64_t d) {
    double sum = 0;
    for (int64_t j = 0; j < d; j++) sum += ((double)x[j] - centre[j]) * ((double)x[j] - centre[j]);
    return sum;
}

static void assign(struct clusters *c) {
    c->inertia = 0;
    for (int64_t i = 0; i < c->n; i++) {
        c->distances[i] = INFINITY;
        for (int64_t cluster = 0; cluster < c->k; cluster++) {
            double away = squared_distance(c->X + i * c->d, c->centres + cluster * c->d, c->d);
            if (away < c->distances[i]) {
                c->distances[i] = away;
                c->labels[i] = cluster;
            }
        }
        c->inertia += c->distances[i];
    }
}

static void count(struct clusters *c) {
    memset(c->sizes, 0, (size_t)c->k * sizeof *c->sizes);
    for (int64_t i = 0; i < c->n; i++) c->sizes[c->labels[i]]++;
}

/* An empty cluster takes the example that lies farthest from its own centre. */
static void fill_empty(struct clusters *c) {
    for (int64_t cluster = 0; cluster < c->k; cluster++) {
        if (c->sizes[cluster] > 0) continue;
        int64_t farthest = 0;
        for (int64_t i = 1; i < c->n; i++)
            if (c->distances[i] > c->distances[farthest]) farthest = i;
        c->sizes[c->labels[farthest]]--;
        c->labels[farthest] = cluster;
        c->sizes[cluster] = 1;
        c->distances[farthest] = 0;
    }
}

/* Moves the centres to the means; -> the sum of squared moves. */
static double move(struct clusters *c) {
    memset(c->sums, 0, (size_t)(c->k * c->d) * sizeof *c->sums);
    for (int64_t i = 0; i < c->n; i++)
        for (int64_t j = 0; j < c->d; j++) c->sums[c->labels[i] * c->d + j] += (double)c->X[i * c->d + j];
    double moved = 0;
    for (int64_t at = 0; at < c->k * c->d; at++) {
        double mean = c->sums[at] / (double)c->sizes[at / c->d];
        moved += (mean - c->centres[at]) * (mean - c->centres[at]);
        c->centres[at] = mean;
    }
    return moved;
}

static void run(struct clusters *c, int max_iterations, double tolerance) {
    for (c->iterations = 0; c->iterations < max_iterations && !oto_interrupt_pending();) {
        assign(c);
        count(c);
        fill_empty(c);
        c->iterations++;
        if (move(c) <= tolerance) break;
    }
    assign(c);
}

/* Draws an example with the chance of its squared distance from the nearest centre so far. */
static int64_t draw(const struct clusters *c) {
    double sum = 0;
    for (int64_t i = 0; i < c->n; i++) sum += c->distances[i];
    if (sum == 0) return oto_random_below(c->n);
    double at = oto_uniform() * sum;
    int64_t i = 0;
    while (i < c->n - 1 && (at -= c->distances[i]) >= 0) i++;
    return i;
}

static void draw_centres(struct clusters *c) {
    for (int64_t i = 0; i < c->n; i++) c->distances[i] = 1;
    for (int64_t cluster = 0; cluster < c->k; cluster++) {
        int64_t chosen = draw(c);
        double *centre = c->centres + cluster * c->d;
        for (int64_t j = 0; j < c->d; j++) centre[j] = (double)c->X[chosen * c->d + j];
        for (int64_t i = 0; i < c->n; i++) {
            double away = squared_distance(c->X + i * c->d, centre, c->d);
            if (cluster == 0 || away < c->distances[i]) c->distances[i] = away;
        }
    }
}

static double mean_variance(OtoTensor *X) {
    double sum = 0;
    for (int64_t j = 0; j < X->cols; j++) {
        double mean = 0, squares = 0;
        const float *x = (float *)X->data + j;
        for (int64_t i = 0; i < X->rows; i++) mean += (double)x[i * X->cols] / (double)X->rows;
        for (int64_t i = 0; i < X->rows; i++)
            squares += ((double)x[i * X->cols] - mean) * ((double)x[i * X->cols] - mean);
        sum += squares / (double)X->rows;
    }
    return sum / (double)X->cols;
}

static void keep(OtoKMeans *best, const struct clusters *c) {
    for (int64_t at = 0; at < c->k * c->d; at++) ((float *)best->centres->data)[at] = (float)c->centres[at];
    memcpy(best->labels->data, c->labels, (size_t)c->n * sizeof *c->labels);
    best->inertia = c->inertia;
    best->iterations = c->iterations;
}

OtoKMeans(oto_kmeans)(OtoTensor *X, int k, OtoKMeansOptions options) {
    const char *me = "oto_kmeans";
    oto_need_examples(me, "X", X, 0);
    oto_check_range(me, "k", k, 1, (double)X->rows);
    oto_check_range(me, "starts", options.starts, 1, 1e6);
    oto_check_range(me, "max_iterations", options.max_iterations, 1, 1e9);
    oto_check_range(me, "tolerance", options.tolerance, 0, 1e9);
    if (options.centres) {
        oto_need_examples(me, "centres", options.centres, X->cols);
        if (options.centres->rows != k)
            oto_refuse(me, "centres is %s, but k is %d", oto_shape_quoted(options.centres), k);
    }
    int64_t n = X->rows, d = X->cols;
    OtoKMeans best = {oto_zeros(k, d), oto_per_example(n, "clusters", X), INFINITY, 0};
    oto_name_axis(best.centres, 0, "cluster");
    oto_axis_copy(best.centres, 1, X, 1);
    oto_set_origin(best.centres, "centres", X);
    struct clusters c = {.X = X->data, .n = n, .d = d, .k = k};
    c.centres = oto_room(me, k * d, sizeof *c.centres);
    c.sums = oto_room(me, k * d, sizeof *c.sums);
    c.labels = oto_room(me, n, sizeof *c.labels);
    c.sizes = oto_room(me, k, sizeof *c.sizes);
    c.distances = oto_room(me, n, sizeof *c.distances);
    double tolerance = options.tolerance * mean_variance(X);
    for (int start = 0; start < (options.centres ? 1 : options.starts) && !oto_interrupt_pending(); start++) {
        if (options.centres)
            for (int64_t at = 0; at < k * d; at++) c.centres[at] = (double)((float *)options.centres->data)[at];
        else
            draw_centres(&c);
        run(&c, options.max_iterations, tolerance);
        if (c.inertia < best.inertia) keep(&best, &c);
    }
    free(c.centres);
    free(c.sums);
    free(c.labels);
    free(c.sizes);
    free(c.distances);
    return best;
}

OtoTensor *oto_kmeans_predict(OtoKMeans model, OtoTensor *X) {
    oto_need_float("oto_kmeans_predict", "model.centres", model.centres);
    oto_need_examples("oto_kmeans_predict", "X", X, model.centres->cols);
    int64_t d = X->cols, k = model.centres->rows;
    double *centres = oto_room("oto_kmeans_predict", k * d, sizeof *centres);
    for (int64_t at = 0; at < k * d; at++) centres[at] = (double)((float *)model.centres->data)[at];
    OtoTensor *labels = oto_per_example(X->rows, "clusters", X);
    double *distances = oto_room("oto_kmeans_predict", X->rows, sizeof *distances);
    struct clusters c = {
        .X = X->data, .n = X->rows, .d = d, .k = k, .centres = centres, .labels = labels->data, .distances = distances};
    assign(&c);
    free(distances);
    free(centres);
    return labels;
}
