#include "lib/dsp/recurrence.h"
#include "lib/dsp/envelope.h"
#include "lib/dsp/long_work.h"
#include "lib/tensor/error.h"

#include <inttypes.h>
#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS_A_PIECE = 16 };

struct link {
    double distance;
    int64_t frame;
};

/* The links of all frames: `room` for each, of which count[i] are used, in order of frames. */
struct links {
    struct oto_pairs *pairs;
    int64_t n, m; /* frames that are linked, and frames to which */
    int64_t room;
    int64_t *count;
    struct link *of;
    /* how they are chosen */
    bool same;          /* both are one sequence: a frame is no neighbour of itself */
    int64_t candidates; /* the nearest so many, of which those */
    int64_t width;      /* at least so far apart, and of these */
    int64_t k;          /* the nearest so many */
    bool distances;     /* a distance of 0 is no link */
    atomic_bool failed; /* memory ran out */
};

/* ---- the nearest neighbours of one frame ---- */

static bool is_nearer(const struct link *a, const struct link *b) {
    return a->distance < b->distance || (a->distance == b->distance && a->frame < b->frame);
}
static int by_distance(const void *a, const void *b) {
    return is_nearer(a, b) ? -1 : is_nearer(b, a);
}
static int by_frame(const void *a, const void *b) {
    const struct link *x = a, *y = b;
    return (x->frame > y->frame) - (x->frame < y->frame);
}

/* A heap with the farthest of the nearest so far on top: moves what is at `at` down to its place. */
static void sift(struct link *heap, int64_t count, int64_t at) {
    struct link moved = heap[at];
    for (int64_t child; (child = 2 * at + 1) < count; at = child) {
        if (child + 1 < count && is_nearer(&heap[child], &heap[child + 1])) child++;
        if (!is_nearer(&moved, &heap[child])) break;
        heap[at] = heap[child];
    }
    heap[at] = moved;
}

/* The `most` nearest of count distances, but never `self` (-1: nobody), into heap; how many. */
static int64_t nearest(const double *distances, int64_t count, int64_t self, int64_t most, struct link *heap) {
    int64_t size = 0;
    for (int64_t j = 0; j < count; j++) {
        if (j == self) continue;
        struct link link = {.distance = distances[j], .frame = j};
        if (size < most) {
            heap[size++] = link;
            if (size == most)
                for (int64_t at = size / 2 - 1; at >= 0; at--) sift(heap, size, at);
        } else if (distances[j] < heap[0].distance) {
            heap[0] = link;
            sift(heap, size, 0);
        }
    }
    return size;
}

/* Leaves those that count as links, at most k, in order of frames; how many. */
static int64_t choose(const struct links *l, int64_t i, struct link *found, int64_t count) {
    int64_t kept = 0;
    if (l->k < count) qsort(found, (size_t)count, sizeof *found, by_distance);
    for (int64_t c = 0; c < count && kept < l->k; c++) {
        int64_t apart = found[c].frame > i ? found[c].frame - i : i - found[c].frame;
        if ((l->same && apart < l->width) || (l->distances && found[c].distance == 0)) continue;
        found[kept++] = found[c];
    }
    qsort(found, (size_t)kept, sizeof *found, by_frame);
    return kept;
}

/* Rounding may leave the angle between equal vectors just below 0, and a silent frame has none. */
static void clean(double *distances, int64_t count) {
    for (int64_t j = 0; j < count; j++) distances[j] = isnan(distances[j]) ? 1 : distances[j] < 0 ? 0 : distances[j];
}

static void link_rows(int64_t from, int64_t to, void *context) {
    struct links *l = context;
    double *distances = malloc((size_t)((to - from) * l->m) * sizeof *distances);
    struct link *heap = malloc((size_t)l->candidates * sizeof *heap);
    if (!distances || !heap)
        atomic_store(&l->failed, true);
    else
        oto_pairs_rows(l->pairs, from, to - from, 0, l->m, distances, l->m);
    for (int64_t i = from; i < to && distances && heap; i++) {
        double *row = distances + (i - from) * l->m;
        clean(row, l->m);
        int64_t count = nearest(row, l->m, l->same ? i : -1, l->candidates, heap);
        l->count[i] = choose(l, i, heap, count);
        memcpy(l->of + i * l->room, heap, (size_t)l->count[i] * sizeof *heap);
    }
    free(distances);
    free(heap);
}

static void links_free(struct links *l) {
    free(l->count);
    free(l->of);
    oto_pairs_free(l->pairs);
}

static void find_links(const char *operation, struct links *l) {
    l->room = l->k < l->candidates ? l->k : l->candidates;
    l->count = calloc((size_t)(l->n ? l->n : 1), sizeof *l->count);
    l->of = malloc((size_t)(l->n * l->room + 1) * sizeof *l->of);
    if (l->count && l->of) oto_long_parallel(l->n, ROWS_A_PIECE, link_rows, l, "recurrence");
    if (l->count && l->of && !l->failed) return;
    links_free(l);
    oto_refuse(operation, "no memory for the links of %" PRId64 " frames", l->n);
}

/* Whether frame i is linked to j; links of a frame are in order. */
static const struct link *link_of(const struct links *l, int64_t i, int64_t j) {
    struct link key = {.frame = j};
    return bsearch(&key, l->of + i * l->room, (size_t)l->count[i], sizeof key, by_frame);
}

/* Only links that hold both ways, with the smaller distance. They are marked first, as each is looked up from both
 * sides. */
static void make_symmetric(struct links *l) {
    for (int64_t i = 0; i < l->n; i++)
        for (int64_t c = 0; c < l->count[i]; c++) {
            struct link *link = &l->of[i * l->room + c];
            const struct link *back = link_of(l, link->frame, i);
            if (!back)
                link->distance = -1;
            else if (back->distance < link->distance)
                link->distance = back->distance;
        }
    for (int64_t i = 0; i < l->n; i++) {
        int64_t kept = 0;
        struct link *of = l->of + i * l->room;
        for (int64_t c = 0; c < l->count[i]; c++)
            if (of[c].distance >= 0) of[kept++] = of[c];
        l->count[i] = kept;
    }
}

/* ---- what a link is worth ---- */

static int by_number(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* For each frame the distance to its k-th neighbour (or the mean over them); NaN where it has none. room: m + n. */
static void neighbourhoods(const struct links *l, int64_t k, bool mean, double *sizes) {
    double *distances = sizes + l->n;
    for (int64_t i = 0; i < l->n; i++) {
        int64_t count = l->count[i];
        for (int64_t c = 0; c < count; c++) distances[c] = l->of[i * l->room + c].distance;
        qsort(distances, (size_t)count, sizeof *distances, by_number);
        if (count > k) count = k;
        double sum = 0;
        for (int64_t c = 0; c < count; c++) sum += distances[c];
        sizes[i] = count == 0 ? NAN : mean ? sum / (double)count : distances[count - 1];
    }
}

/* The median of those that are numbers; NaN when none is. Puts values in order. */
static double median_of_numbers(double *values, int64_t count) {
    int64_t kept = 0;
    for (int64_t i = 0; i < count; i++)
        if (!isnan(values[i])) values[kept++] = values[i];
    if (kept == 0) return NAN;
    qsort(values, (size_t)kept, sizeof *values, by_number);
    return kept % 2 ? values[kept / 2] : (values[kept / 2 - 1] + values[kept / 2]) / 2;
}

static double bandwidth_of_pair(OtoBandwidthMode mode, double a, double b, double distance) {
    switch (mode) {
    case OTO_MED_K_SCALAR:
        break;
    case OTO_MEAN_K:
    case OTO_MEAN_K_AVG:
        return (a + b) / 2;
    case OTO_GMEAN_K:
    case OTO_GMEAN_K_AVG:
        return sqrt(a * b);
    case OTO_MEAN_K_AVG_AND_PAIR:
        return (a + b + distance) / 3;
    }
    return a;
}

/* Distances become affinities. */
static void to_affinity(const char *operation, struct links *l, const OtoRecurrence *o, int64_t k) {
    double *sizes = malloc((size_t)(l->n + l->room + 1) * sizeof *sizes), scalar = o->bandwidth;
    if (!sizes) {
        links_free(l);
        oto_refuse(operation, "no memory for %" PRId64 " bandwidths", l->n);
    }
    bool local = !(scalar > 0) && o->bandwidth_mode != OTO_MED_K_SCALAR;
    neighbourhoods(l, k, o->bandwidth_mode >= OTO_MEAN_K_AVG, sizes);
    int64_t alone = -1;
    for (int64_t i = 0; i < l->n && local; i++)
        if (isnan(sizes[i])) alone = i;
    if (!local && !(scalar > 0)) scalar = median_of_numbers(sizes, l->n);
    if (alone >= 0 || isnan(scalar)) {
        free(sizes);
        links_free(l);
        if (alone >= 0)
            oto_refuse(operation, "frame %" PRId64 " has no neighbours, so no bandwidth; use OTO_MED_K_SCALAR", alone);
        oto_refuse(operation, "no two frames are linked, so there is no bandwidth; give one, as .bandwidth = 1");
    }
    for (int64_t i = 0; i < l->n; i++)
        for (int64_t c = 0; c < l->count[i]; c++) {
            struct link *link = &l->of[i * l->room + c];
            double bandwidth =
                local ? bandwidth_of_pair(o->bandwidth_mode, sizes[i], sizes[link->frame], link->distance) : scalar;
            link->distance = exp(-link->distance / bandwidth);
        }
    free(sizes);
}

/* (m, n): the column of a frame holds its links. */
static OtoTensor *matrix_of(const struct links *l, bool connectivity) {
    OtoTensor *R = oto_zeros(l->m, l->n);
    float *to = R->data;
    for (int64_t i = 0; i < l->n; i++)
        for (int64_t c = 0; c < l->count[i]; c++) {
            const struct link *link = &l->of[i * l->room + c];
            to[link->frame * l->n + i] = connectivity ? 1 : (float)link->distance;
        }
    return R;
}

static void check(const char *operation, const OtoRecurrence *o) {
    if ((unsigned)o->mode > OTO_AFFINITY)
        oto_refuse(operation, "mode is %d; use OTO_CONNECTIVITY, OTO_DISTANCE or OTO_AFFINITY", (int)o->mode);
    if ((unsigned)o->bandwidth_mode > OTO_MEAN_K_AVG_AND_PAIR)
        oto_refuse(operation, "bandwidth_mode is %d; use OTO_MED_K_SCALAR", (int)o->bandwidth_mode);
    oto_check_range(operation, "bandwidth", o->bandwidth, 0, 1e300);
    oto_check_range(operation, "k", (double)o->k, 0, 1e15);
}

static void name_axes(OtoTensor *R, OtoTensor *rows, OtoTensor *cols, const char *origin) {
    oto_axis_copy(R, 0, rows, rows->rank - 1);
    oto_axis_copy(R, 1, cols, cols->rank - 1);
    R->sample_rate = cols->sample_rate;
    R->framing = cols->framing;
    oto_set_origin(R, origin, cols);
}

OtoTensor *(oto_recurrence_matrix)(OtoTensor *data, OtoRecurrence options) {
    const char *operation = "oto_recurrence_matrix";
    oto_need_float(operation, "data", data);
    check(operation, &options);
    int64_t t = data->cols;
    if (options.width < 1 || options.width >= (t - 1) / 2)
        oto_refuse(operation, "width is %" PRId64 ", but must be at least 1 and below (frames - 1) / 2 = %" PRId64,
                   options.width, (t - 1) / 2);
    int64_t k = options.k ? options.k : 2 * (int64_t)ceil(sqrt((double)(t - 2 * options.width + 1)));
    bool connectivity = options.mode == OTO_CONNECTIVITY, all = options.full && !connectivity;
    int64_t wanted = all ? t : k > t ? t : k;
    struct oto_pairs pairs = oto_pairs_of(operation, data, data, options.metric);
    struct links l = {.pairs = &pairs, .n = t, .m = t, .same = true, .distances = !connectivity};
    l.candidates = wanted + 2 * options.width < t - 1 ? wanted + 2 * options.width : t - 1;
    l.width = options.full ? 0 : options.width;
    l.k = options.full ? t : wanted;
    find_links(operation, &l);
    if (options.sym) make_symmetric(&l);
    if (options.mode == OTO_AFFINITY) to_affinity(operation, &l, &options, k);
    OtoTensor *R = matrix_of(&l, connectivity);
    links_free(&l);
    for (int64_t i = 0; i < t && options.self && options.mode != OTO_DISTANCE; i++) ((float *)R->data)[i * t + i] = 1;
    name_axes(R, data, data, "recurrence");
    return R;
}

OtoTensor *(oto_cross_similarity)(OtoTensor *data, OtoTensor *data_ref, OtoRecurrence options) {
    const char *operation = "oto_cross_similarity";
    check(operation, &options);
    if (options.bandwidth_mode != OTO_MED_K_SCALAR)
        oto_refuse(operation, "bandwidth_mode is for frames of one sequence; here use OTO_MED_K_SCALAR");
    oto_need_float(operation, "data", data);
    oto_need_float(operation, "data_ref", data_ref);
    if (data->size == 0 || data_ref->size == 0)
        oto_refuse(operation, "data is %s and data_ref is %s; both need at least one frame", oto_shape_quoted(data),
                   oto_shape_quoted(data_ref));
    int64_t n = data->cols, m = data_ref->cols;
    int64_t k = options.k ? options.k : 2 * (int64_t)ceil(sqrt((double)m));
    bool connectivity = options.mode == OTO_CONNECTIVITY;
    int64_t wanted = options.full && !connectivity ? n : k;
    struct oto_pairs pairs = oto_pairs_of(operation, data, data_ref, options.metric);
    struct links l = {.pairs = &pairs, .n = n, .m = m, .distances = !connectivity};
    l.candidates = l.k = wanted < m ? wanted : m;
    find_links(operation, &l);
    if (options.mode == OTO_AFFINITY) to_affinity(operation, &l, &options, k);
    OtoTensor *R = matrix_of(&l, connectivity);
    links_free(&l);
    name_axes(R, data_ref, data, "cross-similarity");
    return R;
}

OtoTensor *oto_self_similarity(OtoTensor *data) {
    OtoTensor *S = (oto_cdist)(data, data, (OtoCdist){.metric = OTO_METRIC_COSINE});
    float *s = S->data;
    for (int64_t i = 0; i < S->size; i++) s[i] = isnan(s[i]) ? 0 : 1 - s[i];
    name_axes(S, data, data, "self-similarity");
    return S;
}
