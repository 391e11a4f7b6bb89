#include "lib/tensor/scan.h"
#include "lib/tensor/error.h"
#include "lib/tensor/graph.h"
#include "lib/tensor/parallel.h"
#include "lib/tensor/simd.h"

/* x is (outer, length, inner); columns of inner are scanned so many at a time. */
enum { COLUMNS = 64, PIECE = 1 << 15 };

struct scanning {
    const float *x, *gradient; /* gradient: of a product */
    float *y;
    OtoAround around;
    int64_t tiles;
    bool backwards; /* a sum from the end */
};

/* ---- sums ---- */

OTO_VECTORISED static void sum_columns(const float *restrict x, float *restrict y, int64_t length, int64_t step,
                                       int64_t columns) {
    double sum[COLUMNS] = {};
    for (int64_t i = 0; i < length; i++)
        for (int64_t c = 0; c < columns; c++) {
            sum[c] += (double)x[i * step + c];
            y[i * step + c] = (float)sum[c];
        }
}

/* Pieces are counted over (outer, tiles). */
static void sum_pieces(int64_t from, int64_t to, void *context) {
    const struct scanning *s = context;
    int64_t length = s->around.length, inner = s->around.inner;
    for (int64_t piece = from; piece < to; piece++) {
        int64_t column = piece % s->tiles * COLUMNS, at = piece / s->tiles * length * inner + column;
        int64_t columns = inner - column < COLUMNS ? inner - column : COLUMNS;
        if (s->backwards) at += (length - 1) * inner;
        sum_columns(s->x + at, s->y + at, length, s->backwards ? -inner : inner, columns);
    }
}

static void run(struct scanning *s, void (*pieces)(int64_t, int64_t, void *)) {
    int64_t inner = s->around.inner, columns = inner < COLUMNS ? inner : COLUMNS;
    s->tiles = (inner + COLUMNS - 1) / COLUMNS;
    if (s->around.length == 0) return;
    oto_parallel(s->around.outer * s->tiles, PIECE / (s->around.length * columns + 1) + 1, pieces, s);
}

struct direction {
    int axis;
    bool backwards;
};

static OtoTensor *sums(OtoTensor *x, struct direction direction);

/* y[i] = sum over j <= i of x[j]:  dL/dx[j] = sum over i >= j of dL/dy[i] */
static void cumsum_backward(OtoNode *node, OtoTensor *gradient) {
    struct direction direction = *(const struct direction *)oto_node_settings(node);
    direction.backwards = !direction.backwards;
    oto_give(node, 0, sums(gradient, direction));
}

static OtoTensor *sums(OtoTensor *x, struct direction direction) {
    static const OtoOperation cumsum = {.name = "oto_cumsum", .backward = cumsum_backward};
    OtoTensor *y = oto_like_new(x, OTO_FLOAT32, oto_records(x) ? NULL : "cumulative sum");
    struct scanning s = {
        .x = x->data, .y = y->data, .around = oto_around(x, direction.axis), .backwards = direction.backwards};
    run(&s, sum_pieces);
    return oto_record(&cumsum, y, &direction, sizeof direction, x);
}

OtoTensor *oto_cumsum_axis(OtoTensor *x, OtoWhichAxis which) {
    oto_need_float("oto_cumsum", "x", x);
    return sums(x, (struct direction){.axis = oto_which_axis("oto_cumsum", x, which)});
}

/* ---- products ---- */

static void multiply_pieces(int64_t from, int64_t to, void *context) {
    const struct scanning *s = context;
    int64_t length = s->around.length, inner = s->around.inner;
    for (int64_t piece = from; piece < to; piece++) {
        int64_t column = piece % s->tiles * COLUMNS, at = piece / s->tiles * length * inner;
        for (int64_t c = column; c < inner && c < column + COLUMNS; c++) {
            double product = 1;
            for (int64_t i = at + c; i < at + length * inner; i += inner) s->y[i] = (float)(product *= (double)s->x[i]);
        }
    }
}

/* y[i] = P[i] = x[0] ... x[i]:  dL/dx[j] = P[j - 1] S[j], where S[j] = dL/dy[j] + x[j + 1] S[j + 1]
 * collects all products that x[j] is in, without itself. Nothing is divided, so zeros are no exception. */
static void products_back(int64_t from, int64_t to, void *context) {
    const struct scanning *s = context;
    int64_t length = s->around.length, inner = s->around.inner;
    for (int64_t piece = from; piece < to; piece++) {
        int64_t column = piece % s->tiles * COLUMNS, at = piece / s->tiles * length * inner;
        for (int64_t c = column; c < inner && c < column + COLUMNS; c++) {
            double before = 1, behind = 0;
            for (int64_t i = at + c; i < at + length * inner; i += inner) {
                s->y[i] = (float)before;
                before *= (double)s->x[i];
            }
            for (int64_t i = at + c + (length - 1) * inner; i >= at; i -= inner) {
                behind += (double)s->gradient[i];
                s->y[i] = (float)((double)s->y[i] * behind);
                behind *= (double)s->x[i];
            }
        }
    }
}

static void cumprod_backward(OtoNode *node, OtoTensor *gradient) {
    OtoTensor *x = oto_node_input(node, 0), *dx = oto_like_new(x, OTO_FLOAT32, NULL);
    struct scanning s = {.x = x->data,
                         .gradient = gradient->data,
                         .y = dx->data,
                         .around = oto_around(x, *(const int *)oto_node_settings(node))};
    run(&s, products_back);
    oto_give(node, 0, dx);
}

OtoTensor *oto_cumprod_axis(OtoTensor *x, OtoWhichAxis which) {
    static const OtoOperation cumprod = {
        .name = "oto_cumprod", .backward = cumprod_backward, .saves = OTO_SAVES_INPUT(0), .once = true};
    oto_need_float("oto_cumprod", "x", x);
    int axis = oto_which_axis("oto_cumprod", x, which);
    OtoTensor *y = oto_like_new(x, OTO_FLOAT32, oto_records(x) ? NULL : "cumulative product");
    struct scanning s = {.x = x->data, .y = y->data, .around = oto_around(x, axis)};
    run(&s, multiply_pieces);
    return oto_record(&cumprod, y, &axis, sizeof axis, x);
}
