#include "lib/dsp/segmentation.h"
#include "lib/dsp/envelope.h"
#include "lib/tensor/error.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A segment: frames from `first` on, with their sum. Joining two makes a new one under the next number; the numbers of
 * the old ones are dead then. */
struct segment {
    int64_t first, count;
    int64_t before, after; /* numbers of its neighbours, or -1 */
    bool alive;
};

/* Two neighbours that may be joined. */
struct join {
    double cost;
    int64_t left, right;
};

struct agglomeration {
    int64_t features, frames; /* of the part that is segmented */
    struct segment *segments; /* 2 frames */
    double *sums;             /* (2 frames, features) */
    struct join *heap;        /* the cheapest join on top; 2 frames */
    int64_t joins;
};

/* What the sum of squared distances from the means grows by: |mean a - mean b|^2 a b / (a + b). */
static double cost_of(const struct agglomeration *a, int64_t left, int64_t right) {
    double p = (double)a->segments[left].count, q = (double)a->segments[right].count, sum = 0;
    const double *x = a->sums + left * a->features, *y = a->sums + right * a->features;
    for (int64_t k = 0; k < a->features; k++) {
        double difference = x[k] / p - y[k] / q;
        sum += difference * difference;
    }
    return sum * (p * q / (p + q));
}

/* Equally cheap joins are taken in the order of numbers: that of the newer segment, then that of the older. */
static bool comes_first(const struct join *x, const struct join *y) {
    if (x->cost != y->cost) return x->cost < y->cost;
    int64_t newer_x = x->left > x->right ? x->left : x->right, newer_y = y->left > y->right ? y->left : y->right;
    return newer_x != newer_y ? newer_x < newer_y : x->left + x->right < y->left + y->right;
}

static void push(struct agglomeration *a, int64_t left, int64_t right) {
    struct join join = {.cost = cost_of(a, left, right), .left = left, .right = right};
    int64_t at = a->joins++;
    for (; at > 0 && comes_first(&join, &a->heap[(at - 1) / 2]); at = (at - 1) / 2) a->heap[at] = a->heap[(at - 1) / 2];
    a->heap[at] = join;
}

static struct join pop(struct agglomeration *a) {
    struct join top = a->heap[0], moved = a->heap[--a->joins];
    int64_t at = 0;
    for (int64_t child; (child = 2 * at + 1) < a->joins; at = child) {
        if (child + 1 < a->joins && comes_first(&a->heap[child + 1], &a->heap[child])) child++;
        if (!comes_first(&a->heap[child], &moved)) break;
        a->heap[at] = a->heap[child];
    }
    a->heap[at] = moved;
    return top;
}

static void unite(struct agglomeration *a, struct join join, int64_t number) {
    struct segment *left = &a->segments[join.left], *right = &a->segments[join.right];
    struct segment united = {.first = left->first,
                             .count = left->count + right->count,
                             .before = left->before,
                             .after = right->after,
                             .alive = true};
    left->alive = right->alive = false;
    a->segments[number] = united;
    const double *x = a->sums + join.left * a->features, *y = a->sums + join.right * a->features;
    for (int64_t k = 0; k < a->features; k++) a->sums[number * a->features + k] = x[k] + y[k];
    if (united.before >= 0) {
        a->segments[united.before].after = number;
        push(a, united.before, number);
    }
    if (united.after >= 0) {
        a->segments[united.after].before = number;
        push(a, number, united.after);
    }
}

/* Segments of frames from ... from + frames - 1 of data into boundaries, in order. */
static void segment(const char *operation, OtoTensor *data, int64_t from, int64_t frames, int64_t k,
                    int64_t *boundaries) {
    struct agglomeration a = {.features = data->rows, .frames = frames};
    a.segments = calloc((size_t)(2 * frames), sizeof *a.segments);
    a.sums = malloc((size_t)(2 * frames * a.features + 1) * sizeof *a.sums);
    a.heap = malloc((size_t)(4 * frames) * sizeof *a.heap);
    if (!a.segments || !a.sums || !a.heap) oto_refuse(operation, "no memory to segment %" PRId64 " frames", frames);
    for (int64_t t = 0; t < frames; t++) {
        a.segments[t] = (struct segment){
            .first = t, .count = 1, .before = t - 1, .after = t + 1 < frames ? t + 1 : -1, .alive = true};
        for (int64_t f = 0; f < a.features; f++)
            a.sums[t * a.features + f] = (double)((float *)data->data)[f * data->cols + from + t];
    }
    for (int64_t t = 0; t + 1 < frames; t++) push(&a, t, t + 1);
    int64_t number = frames;
    for (int64_t left = frames; left > k;) {
        struct join join = pop(&a);
        if (!a.segments[join.left].alive || !a.segments[join.right].alive) continue;
        unite(&a, join, number++);
        left--;
    }
    int64_t at = 0, count = 0;
    while (a.segments[at].before >= 0 || !a.segments[at].alive) at++;
    for (; at >= 0; at = a.segments[at].after) boundaries[count++] = from + a.segments[at].first;
    free(a.segments);
    free(a.sums);
    free(a.heap);
}

static OtoTensor *boundaries_of(OtoTensor *data, const int64_t *frames, int64_t count) {
    OtoTensor *boundaries = oto_zeros_of(OTO_INT64, 1, (long long[]){count});
    memcpy(boundaries->data, frames, (size_t)count * sizeof *frames);
    oto_name_axis(boundaries, 0, "segment");
    boundaries->quantity = OTO_FRAMES;
    boundaries->sample_rate = data->sample_rate;
    boundaries->framing = data->framing;
    oto_set_origin(boundaries, "segments", data);
    return boundaries;
}

OtoTensor *oto_agglomerative(OtoTensor *data, int64_t k) {
    oto_need_float("oto_agglomerative", "data", data);
    if (data->size == 0) oto_refuse("oto_agglomerative", "data is empty: %s", oto_shape_quoted(data));
    if (k < 1 || k > data->cols)
        oto_refuse("oto_agglomerative", "k is %" PRId64 ", but must lie within [1, %" PRId64 "], the number of frames",
                   k, data->cols);
    oto_need_finite("oto_agglomerative", "data", data);
    int64_t *frames = malloc((size_t)k * sizeof *frames);
    if (!frames) oto_refuse("oto_agglomerative", "no memory for %" PRId64 " segments", k);
    segment("oto_agglomerative", data, 0, data->cols, k, frames);
    OtoTensor *boundaries = boundaries_of(data, frames, k);
    free(frames);
    return boundaries;
}

OtoTensor *(oto_subsegment)(OtoTensor *data, OtoTensor *frames, OtoSubsegment options) {
    const char *operation = "oto_subsegment";
    oto_need_float(operation, "data", data);
    if (data->size == 0) oto_refuse(operation, "data is empty: %s", oto_shape_quoted(data));
    oto_check_range(operation, "n_segments", (double)options.n_segments, 1, 1e15);
    oto_need_finite(operation, "data", data);
    int64_t parts, *borders = oto_indices_of(operation, "frames", frames, &parts);
    parts = oto_frames_fix(borders, parts, (OtoFixFrames){.x_max = data->cols, .pad = true}) - 1;
    int64_t count = 0, *found = malloc((size_t)data->cols * sizeof *found);
    if (!found) oto_refuse(operation, "no memory for %" PRId64 " segments", data->cols);
    for (int64_t part = 0; part < parts; part++) {
        int64_t length = borders[part + 1] - borders[part],
                k = length < options.n_segments ? length : options.n_segments;
        segment(operation, data, borders[part], length, k, found + count);
        count += k;
    }
    OtoTensor *boundaries = boundaries_of(data, found, count);
    free(found);
    free(borders);
    return boundaries;
}
