#include "lib/dsp/dtw.h"
#include "lib/dsp/envelope.h"
#include "lib/dsp/long_work.h"
#include "lib/tensor/error.h"
#include "lib/tensor/parallel.h"
#include "lib/tensor/simd.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Local costs are made for this many rows at once, on all threads; accumulating them is one chain. */
enum { STEPS_MAX = 100, ROWS_A_TILE = 128, ROWS_A_PIECE = 16 };

struct step {
    int64_t rows, cols; /* how far it goes */
    double mul, add;
};

/* One alignment. D lies in rows of `stride` = m + left, of which the last `above` + 1 are kept: `left` columns and
 * `above` rows of inf stand for what lies outside. */
struct alignment {
    struct oto_pairs *pairs; /* where local costs come from, or NULL */
    const float *C;          /* and then the costs themselves */
    bool swapped;            /* rows are frames of Y */
    int64_t n, m;
    struct step steps[STEPS_MAX];
    int count;
    bool plain; /* the default steps and weights */
    int64_t above, left, stride;
    bool subseq, banded;
    int64_t band_below, band_above; /* -band_below < j - i < band_above */
    double *D;
    uint8_t *taken; /* (n, m): which step led here; NULL: no path is wanted */
    double *costs;  /* a tile of rows */
    int64_t tile;   /* its first row */
    float *result;
};

static double *row_of(const struct alignment *a, int64_t i) {
    int64_t rows = a->above + 1;
    return a->D + (i % rows + rows) % rows * a->stride + a->left;
}

/* ---- local costs ---- */

/* The columns of row i that are inside the band. */
static void band(const struct alignment *a, int64_t i, int64_t *from, int64_t *to) {
    *from = 0;
    *to = a->m;
    if (!a->banded) return;
    *from = i - a->band_below + 1 > 0 ? i - a->band_below + 1 : 0;
    *to = i + a->band_above < a->m ? i + a->band_above : a->m;
    if (*from > *to) *from = *to > 0 ? *to : 0;
    if (*to < *from) *to = *from;
}

static void cost_rows(int64_t first, int64_t last, void *context) {
    const struct alignment *a = context;
    int64_t from, to, unused;
    band(a, a->tile + first, &from, &unused);
    band(a, a->tile + last - 1, &unused, &to);
    if (a->pairs && from < to)
        oto_pairs_rows(a->pairs, a->tile + first, last - first, from, to, a->costs + first * a->m + from, a->m);
    for (int64_t row = first; row < last; row++) {
        int64_t i = a->tile + row;
        double *costs = a->costs + row * a->m;
        band(a, i, &from, &to);
        for (int64_t j = 0; j < from; j++) costs[j] = INFINITY;
        for (int64_t j = to; j < a->m; j++) costs[j] = INFINITY;
        for (int64_t j = from; j < to && a->C; j++) costs[j] = (double)a->C[i * a->m + j];
    }
}

/* ---- accumulation ---- */

OTO_VECTORISED static void two_from_above(const double *restrict above, const double *restrict costs,
                                          double *restrict best, uint8_t *restrict taken, int64_t count) {
    for (int64_t j = 0; j < count; j++) {
        double diagonal = above[j - 1] + costs[j], vertical = above[j] + costs[j];
        best[j] = vertical < diagonal ? vertical : diagonal;
        taken[j] = vertical < diagonal ? 2 : 0;
    }
}

/* A row with the default steps: diagonal and vertical for all columns at once, then the chain of horizontal steps. Of
 * equally cheap steps the first of (1, 1), (0, 1), (1, 0) counts. */
static void plain_row(const struct alignment *a, int64_t i, const double *costs, uint8_t *taken) {
    double *now = row_of(a, i), left = now[-1];
    two_from_above(row_of(a, i - 1), costs, now, taken, a->m);
    for (int64_t j = 0; j < a->m; j++) {
        double horizontal = left + costs[j];
        bool better = horizontal < now[j] || (horizontal == now[j] && taken[j] == 2);
        taken[j] = better ? 1 : taken[j];
        left = now[j] = horizontal < now[j] ? horizontal : now[j];
    }
}

static void stepped_row(const struct alignment *a, int64_t i, const double *costs, uint8_t *taken) {
    double *now = row_of(a, i);
    const double *from[STEPS_MAX];
    for (int s = 0; s < a->count; s++) from[s] = row_of(a, i - a->steps[s].rows) - a->steps[s].cols;
    for (int64_t j = 0; j < a->m; j++) {
        double best = now[j];
        int chosen = 0;
        for (int s = 0; s < a->count; s++) {
            double cost = from[s][j] + (a->steps[s].mul * costs[j] + a->steps[s].add);
            if (cost < best) {
                best = cost;
                chosen = s;
            }
        }
        now[j] = best;
        taken[j] = (uint8_t)chosen;
    }
}

/* The first row starts where paths may start; a cheaper way there counts as well. */
static void begin_row(const struct alignment *a, int64_t i, const double *costs) {
    double *now = row_of(a, i);
    for (int64_t j = -a->left; j < a->m; j++) now[j] = INFINITY;
    if (i != 0) return;
    now[0] = costs[0];
    for (int64_t j = 1; a->subseq && j < a->m; j++) now[j] = costs[j];
}

/* False when the user has interrupted. */
static bool accumulate(struct alignment *a, uint8_t *spare) {
    for (int64_t i = -a->above; i < 0; i++)
        for (int64_t j = -a->left; j < a->m; j++) row_of(a, i)[j] = INFINITY;
    OtoLongWork work = oto_long_work((a->n + ROWS_A_TILE - 1) / ROWS_A_TILE, "time warping");
    bool finished = true;
    for (a->tile = 0; a->tile < a->n && finished; a->tile += ROWS_A_TILE) {
        int64_t rows = a->n - a->tile < ROWS_A_TILE ? a->n - a->tile : ROWS_A_TILE;
        oto_parallel(rows, ROWS_A_PIECE, cost_rows, a);
        for (int64_t row = 0; row < rows && finished; row++) {
            finished = !oto_interrupt_pending();
            int64_t i = a->tile + row;
            const double *costs = a->costs + row * a->m;
            uint8_t *taken = a->taken ? a->taken + i * a->m : spare;
            begin_row(a, i, costs);
            if (a->plain && i > 0)
                plain_row(a, i, costs, taken);
            else
                stepped_row(a, i, costs, taken);
            const double *now = row_of(a, i);
            for (int64_t j = 0; j < a->m; j++) a->result[i * a->m + j] = (float)now[j];
        }
        oto_long_work_step(&work);
    }
    oto_long_work_done(&work);
    return finished;
}

/* ---- the path ---- */

/* Where the path ends in the last row: its end, or for a part its cheapest column. */
static int64_t end_of(const struct alignment *a) {
    const double *last = row_of(a, a->n - 1);
    int64_t end = a->m - 1;
    for (int64_t j = a->m - 1; a->subseq && j >= 0; j--)
        if (last[j] <= last[end]) end = j;
    return isinf(last[end]) ? -1 : end;
}

/* Follows the steps back; pairs may be NULL. How many pairs; 0: they do not lead to the start. */
static int64_t follow(const struct alignment *a, int64_t end, int64_t *pairs) {
    int64_t i = a->n - 1, j = end, count = 0;
    for (;;) {
        if (pairs) {
            pairs[2 * count] = a->swapped ? j : i;
            pairs[2 * count + 1] = a->swapped ? i : j;
        }
        count++;
        if (i == 0 && (a->subseq || j == 0)) return count;
        const struct step *step = &a->steps[a->taken[i * a->m + j]];
        i -= step->rows;
        j -= step->cols;
        if (i < 0 || j < 0) return a->subseq ? count : 0;
    }
}

static OtoTensor *path_of(const struct alignment *a, int64_t end) {
    int64_t count = follow(a, end, NULL);
    if (count == 0) return NULL;
    OtoTensor *path = oto_zeros_of(OTO_INT64, 2, (long long[]){count, 2});
    oto_name_axis(path, 0, "step");
    oto_name_axis(path, 1, "side");
    follow(a, end, path->data);
    return path;
}

/* ---- options ---- */

/* One number for each step, or what stands for NULL. */
static double weight(const char *operation, const char *name, OtoTensor *weights, int count, int s, double otherwise) {
    if (!weights) return otherwise;
    oto_need_float(operation, name, weights);
    if (weights->size != count)
        oto_refuse(operation, "%s is %s, but must have one number for each of the %d steps", name,
                   oto_shape_quoted(weights), count);
    double value = (double)((float *)weights->data)[s];
    if (isnan(value)) oto_refuse(operation, "%s is NaN for step %d", name, s);
    return value;
}

static void read_steps(const char *operation, struct alignment *a, const OtoDtw *o) {
    static const int64_t plain[] = {1, 1, 0, 1, 1, 0};
    OtoTensor *sizes = o->step_sizes_sigma;
    a->plain = !sizes && !o->weights_mul && !o->weights_add;
    a->count = 3;
    if (sizes) {
        oto_need(operation, "step_sizes_sigma", sizes);
        if (sizes->type == OTO_COMPLEX64 || sizes->rank != 2 || sizes->cols != 2 || sizes->rows < 1 ||
            sizes->rows > STEPS_MAX)
            oto_refuse(operation, "step_sizes_sigma is %s, but must be (step, side 2) with 1 to %d steps",
                       oto_shape_quoted(sizes), STEPS_MAX);
        a->count = (int)sizes->rows;
    }
    a->above = a->left = 1;
    for (int s = 0; s < a->count; s++) {
        double sides[2];
        for (int side = 0; side < 2; side++) {
            int at = 2 * s + side;
            sides[side] = !sizes                     ? (double)plain[at]
                          : sizes->type == OTO_INT64 ? (double)((int64_t *)sizes->data)[at]
                                                     : (double)((float *)sizes->data)[at];
            if (!(sides[side] >= 0 && sides[side] < 1e6 && sides[side] == floor(sides[side])))
                oto_refuse(operation, "step_sizes_sigma has %g in step %d, but steps are whole and not negative",
                           sides[side], s);
        }
        if (sides[0] + sides[1] == 0) oto_refuse(operation, "step %d of step_sizes_sigma is (0, 0) and never moves", s);
        a->steps[s] = (struct step){.rows = (int64_t)sides[0],
                                    .cols = (int64_t)sides[1],
                                    .mul = weight(operation, "weights_mul", o->weights_mul, a->count, s, 1),
                                    .add = weight(operation, "weights_add", o->weights_add, a->count, s, 0)};
        if (a->steps[s].rows > a->above) a->above = a->steps[s].rows;
        if (a->steps[s].cols > a->left) a->left = a->steps[s].cols;
    }
}

static void read_band(const char *operation, struct alignment *a, const OtoDtw *o) {
    a->banded = o->global_constraints;
    if (!a->banded) return;
    oto_check_range(operation, "band_rad", o->band_rad, 0, 1e6);
    int64_t shorter = a->n < a->m ? a->n : a->m, radius = llrint(o->band_rad * (double)shorter);
    a->band_above = radius + (a->n < a->m ? a->m - a->n : 0);
    a->band_below = radius + (a->n < a->m ? 0 : a->n - a->m);
}

/* ---- the calls ---- */

static OtoTensor *align(const char *operation, struct alignment *a, const OtoDtw *options) {
    a->subseq = options->subseq;
    a->stride = a->m + a->left;
    OtoTensor *D = oto_zeros(a->n, a->m);
    a->result = D->data;
    a->D = malloc((size_t)((a->above + 1) * a->stride) * sizeof *a->D);
    a->costs = malloc((size_t)((a->n < ROWS_A_TILE ? a->n : ROWS_A_TILE) * a->m) * sizeof *a->costs);
    uint8_t *taken = malloc((size_t)(options->path ? a->n * a->m : a->m));
    if (!a->D || !a->costs || !taken)
        oto_refuse(operation, "no memory for %" PRId64 " x %" PRId64 " pairs of frames", a->n, a->m);
    a->taken = options->path ? taken : NULL;
    bool complete = accumulate(a, taken);
    int64_t end = complete ? end_of(a) : -1;
    OtoTensor *path = options->path && end >= 0 ? path_of(a, end) : NULL;
    free(a->D);
    free(a->costs);
    free(taken);
    if (a->pairs) oto_pairs_free(a->pairs);
    if (options->path && complete && end < 0)
        oto_refuse(operation,
                   "no path leads to the end with these steps%s; other .step_sizes_sigma%s or .subseq = true may help",
                   a->banded ? " within the band" : "", a->banded ? ", a larger .band_rad" : "");
    if (options->path && complete && !path)
        oto_refuse(operation, "the path does not lead to the start (0, 0); .subseq = true lets it start elsewhere");
    if (options->path) *options->path = path ? path : oto_zeros_of(OTO_INT64, 2, (long long[]){0, 2});
    return D;
}

/* A frame of zeros has no angle to others. */
static void need_directions(struct oto_pairs *pairs, bool swapped) {
    int64_t tile = pairs->features * OTO_TILE;
    for (int64_t i = 0; i < pairs->n + pairs->m; i++) {
        bool first = i < pairs->n;
        int64_t frame = first ? i : i - pairs->n;
        if (!isnan(first ? pairs->x[frame * pairs->features] : pairs->y[frame / OTO_TILE * tile + frame % OTO_TILE]))
            continue;
        oto_pairs_free(pairs);
        oto_refuse("oto_dtw",
                   "frame %" PRId64 " of %s has no direction (all its features are %s), so this metric has no distance "
                   "from it; leave such frames out, or use OTO_METRIC_EUCLIDEAN",
                   frame, first != swapped ? "X" : "Y", pairs->metric == OTO_METRIC_COSINE ? "0" : "equal");
    }
}

OtoTensor *(oto_dtw)(OtoTensor *X, OtoTensor *Y, OtoDtw options) {
    if (options.path) oto_check_buffer("oto_dtw", "path", options.path, sizeof(OtoTensor *));
    struct alignment a = {};
    oto_need_float("oto_dtw", "X", X);
    oto_need_float("oto_dtw", "Y", Y);
    if (X->size == 0 || Y->size == 0)
        oto_refuse("oto_dtw", "X is %s and Y is %s; both need at least one frame", oto_shape_quoted(X),
                   oto_shape_quoted(Y));
    read_steps("oto_dtw", &a, &options);
    a.swapped = options.subseq && X->cols > Y->cols;
    OtoTensor *rows = a.swapped ? Y : X, *cols = a.swapped ? X : Y;
    a.n = rows->cols;
    a.m = cols->cols;
    read_band("oto_dtw", &a, &options);
    struct oto_pairs pairs = oto_pairs_of("oto_dtw", rows, cols, options.metric);
    need_directions(&pairs, a.swapped);
    a.pairs = &pairs;
    OtoTensor *D = align("oto_dtw", &a, &options);
    oto_axis_copy(D, 0, rows, rows->rank - 1);
    oto_axis_copy(D, 1, cols, cols->rank - 1);
    oto_set_origin(D, "accumulated cost", X);
    return D;
}

OtoTensor *(oto_dtw_cost)(OtoTensor *C, OtoDtw options) {
    if (options.path) oto_check_buffer("oto_dtw_cost", "path", options.path, sizeof(OtoTensor *));
    oto_need_float("oto_dtw_cost", "C", C);
    if (C->rank != 2 || C->size == 0)
        oto_refuse("oto_dtw_cost", "C is %s, but must be (n, m), not empty", oto_shape_quoted(C));
    oto_need_no_nan("oto_dtw_cost", "C", C);
    struct alignment a = {.C = C->data, .n = C->rows, .m = C->cols};
    read_steps("oto_dtw_cost", &a, &options);
    read_band("oto_dtw_cost", &a, &options);
    OtoTensor *D = align("oto_dtw_cost", &a, &options);
    oto_axis_copy(D, 0, C, 0);
    oto_axis_copy(D, 1, C, 1);
    oto_set_origin(D, "accumulated cost", C);
    return D;
}
