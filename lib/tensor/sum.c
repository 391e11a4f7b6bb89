#include "lib/tensor/sum.h"
#include "lib/tensor/arithmetic.h"
#include "lib/tensor/broadcast.h"
#include "lib/tensor/complex.h"
#include "lib/tensor/error.h"
#include "lib/tensor/graph.h"
#include "lib/tensor/parallel.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* x (outer, length, inner) is summed over its middle axis. Floats are added in short runs, whose sums are doubles:
 * exact enough for millions of them, and the inner loop stays as wide as the registers. Where the other axes give too
 * few pieces, the middle one is cut into chunks, whose sums are added in order. All this depends on the lengths alone,
 * so the number of threads changes nothing. */
enum { RUN = 1024, COLUMNS = 512, COLUMN_RUN = 64, PIECE = 1 << 16, FEW = 8 };

struct summing {
    const float *x;
    float *y;        /* (outer, inner), when there is one chunk */
    double *partial; /* else (outer, chunks, inner) */
    double scale;
    int64_t length, inner, tiles, chunks, chunk;
};

OTO_VECTORISED static double sum_run(const float *restrict x, int64_t count) {
    float lanes[32] = {};
    double sum = 0;
    int64_t i = 0;
    for (; i + 32 <= count; i += 32)
        for (int k = 0; k < 32; k++) lanes[k] += x[i + k];
    for (; i < count; i++) sum += (double)x[i];
    for (int k = 0; k < 32; k++) sum += (double)lanes[k];
    return sum;
}

OTO_VECTORISED static void add_columns(float *restrict sum, const float *restrict x, int64_t stride, int64_t rows,
                                       int64_t columns) {
    for (int64_t row = 0; row < rows; row++)
        for (int64_t i = 0; i < columns; i++) sum[i] += x[row * stride + i];
}

/* sum: of `rows` rows of at most COLUMNS numbers that lie `stride` apart. */
static void sum_rows(const float *x, int64_t stride, int64_t rows, int64_t columns, double *sum) {
    if (stride == 1) {
        *sum = 0;
        for (int64_t i = 0; i < rows; i += RUN) *sum += sum_run(x + i, rows - i < RUN ? rows - i : RUN);
        return;
    }
    memset(sum, 0, (size_t)columns * sizeof *sum);
    for (int64_t row = 0; row < rows; row += COLUMN_RUN) {
        float part[COLUMNS];
        memset(part, 0, (size_t)columns * sizeof *part);
        add_columns(part, x + row * stride, stride, rows - row < COLUMN_RUN ? rows - row : COLUMN_RUN, columns);
        for (int64_t i = 0; i < columns; i++) sum[i] += (double)part[i];
    }
}

/* Pieces are counted over (outer, chunks, tiles). */
static void sum_pieces(int64_t from, int64_t to, void *context) {
    struct summing *s = context;
    for (int64_t piece = from; piece < to; piece++) {
        int64_t column = piece % s->tiles * COLUMNS, at = piece / s->tiles; /* at: over (outer, chunks) */
        int64_t first = at % s->chunks * s->chunk, outer = at / s->chunks;
        int64_t rows = s->length - first < s->chunk ? s->length - first : s->chunk;
        int64_t columns = s->inner - column < COLUMNS ? s->inner - column : COLUMNS;
        double sum[COLUMNS];
        sum_rows(s->x + (outer * s->length + first) * s->inner + column, s->inner, rows, columns, sum);
        for (int64_t i = 0; i < columns; i++)
            if (s->partial)
                s->partial[at * s->inner + column + i] = sum[i];
            else
                s->y[at * s->inner + column + i] = (float)(sum[i] * s->scale);
    }
}

static void sum_middle(const float *x, float *y, int64_t outer, int64_t length, int64_t inner, double scale) {
    if (outer == 0 || inner == 0) return;
    int64_t width = inner < COLUMNS ? inner : COLUMNS, tiles = (inner + COLUMNS - 1) / COLUMNS;
    int64_t rows = PIECE / width, chunks = outer * tiles < FEW && length > rows ? (length + rows - 1) / rows : 1;
    struct summing s = {.x = x, .y = y, .scale = scale, .length = length, .inner = inner, .tiles = tiles};
    s.chunks = chunks;
    s.chunk = chunks > 1 ? rows : length;
    if (chunks > 1) {
        size_t bytes = (size_t)(outer * chunks * inner) * sizeof(double);
        s.partial = calloc(1, bytes);
        if (!s.partial) oto_refuse("oto_sum", "no memory for %zu bytes of partial sums", bytes);
    }
    oto_parallel(outer * chunks * tiles, PIECE / (s.chunk * width + 1) + 1, sum_pieces, &s);
    if (!s.partial) return;
    for (int64_t o = 0; o < outer; o++)
        for (int64_t i = 0; i < inner; i++) {
            double sum = 0;
            for (int64_t c = 0; c < chunks; c++) sum += s.partial[(o * chunks + c) * inner + i];
            y[o * inner + i] = (float)(sum * scale);
        }
    free(s.partial);
}

/* ---- over several axes ---- */

struct axes {
    unsigned axes;
    double scale;
    int rank;
    long long shape[OTO_RANK_MAX]; /* of the side with all axes */
};

static struct axes settings_of(OtoTensor *whole, unsigned axes, double scale) {
    struct axes settings = {.axes = axes, .scale = scale, .rank = whole->rank};
    for (int i = 0; i < whole->rank; i++) settings.shape[i] = whole->shape[i];
    return settings;
}

/* y = c sum x:  dL/dx = c dL/dy, at every place that was summed */
static void sum_backward(OtoNode *node, OtoTensor *gradient) {
    const struct axes *s = oto_node_settings(node);
    oto_give(node, 0, oto_spread(gradient, s->axes, s->scale, s->rank, s->shape));
}
static const OtoOperation sum_axes = {.name = "oto_sum_over", .backward = sum_backward};

/* y = c x at many places:  dL/dx = c sum dL/dy */
static void spread_backward(OtoNode *node, OtoTensor *gradient) {
    const struct axes *s = oto_node_settings(node);
    OtoTensor *x = oto_node_input(node, 0);
    long long shape[OTO_RANK_MAX];
    for (int i = 0; i < x->rank; i++) shape[i] = x->shape[i];
    oto_give(node, 0, oto_sum_axes(gradient, s->axes, s->scale, x->rank, shape));
}
static const OtoOperation spread = {.name = "oto_spread", .backward = spread_backward};

OtoTensor *oto_sum_axes(OtoTensor *x, unsigned axes, double scale, int rank, const long long shape[]) {
    OtoTensor *y = oto_tensor_new(OTO_FLOAT32, rank, shape);
    struct axes settings = settings_of(x, axes, scale);
    int64_t length[OTO_RANK_MAX];
    for (int i = 0; i < x->rank; i++) length[i] = x->shape[i];
    oto_scope {
        OtoTensor *sum = x;
        int last = x->rank - 1;
        while (true) { /* one run of neighbouring axes at a time, the last first */
            while (last >= 0 && !(axes >> last & 1)) last--;
            if (last < 0) break;
            int first = last;
            while (first > 0 && axes >> (first - 1) & 1) first--;
            int64_t outer = 1, middle = 1, inner = 1;
            for (int i = 0; i < x->rank; i++) {
                if (i < first)
                    outer *= length[i];
                else if (i <= last)
                    middle *= length[i], length[i] = 1;
                else
                    inner *= length[i];
            }
            bool done = !(axes & ((1u << first) - 1));
            OtoTensor *to = done ? y : oto_tensor_new(OTO_FLOAT32, 1, (long long[]){outer * inner});
            sum_middle(sum->data, to->data, outer, middle, inner, done ? scale : 1);
            sum = to;
            last = first - 1;
        }
    }
    return oto_record(&sum_axes, y, &settings, sizeof settings, x);
}

/* from: x, a tensor of the result's shape (only its shape matters), the scale */
OTO_VECTORISED static void spread_row(void *z, const void *const from[], const int64_t step[], int64_t count) {
    float *restrict to = z;
    const float *restrict x = from[0];
    float scale = *(const float *)from[2];
    if (step[0]) {
        for (int64_t i = 0; i < count; i++) to[i] = x[i] * scale;
    } else {
        float value = *x * scale;
        for (int64_t i = 0; i < count; i++) to[i] = value;
    }
}

static OtoTensor of_shape(int rank, const long long shape[], void *data) {
    OtoTensor x = {.type = OTO_FLOAT32, .rank = rank, .data = data};
    for (int i = 0; i < rank; i++) {
        x.shape[i] = shape[i];
        x.axes[i].name = "";
    }
    return x;
}

OtoTensor *oto_spread(OtoTensor *x, unsigned axes, double scale, int rank, const long long shape[]) {
    OtoTensor *y = oto_tensor_new(OTO_FLOAT32, rank, shape);
    struct axes settings = settings_of(y, axes, scale);
    long long ones[OTO_RANK_MAX];
    for (int i = 0; i < rank; i++) ones[i] = axes >> i & 1 ? 1 : shape[i];
    float factor = (float)scale;
    OtoTensor narrow = of_shape(rank, ones, x->data), whole = of_shape(rank, shape, y->data),
              number = of_shape(1, (long long[]){1}, &factor);
    OtoTensor *operands[] = {&narrow, &whole, &number};
    OtoBroadcast plan = oto_broadcast_plan("oto_spread", 3, operands);
    oto_broadcast_run(&plan, y->data, operands, sizeof(float), spread_row);
    return oto_record(&spread, y, &settings, sizeof settings, x);
}

OtoTensor *oto_sum_to(OtoTensor *x, OtoTensor *like) {
    unsigned axes = 0;
    long long shape[OTO_RANK_MAX];
    int ahead = x->rank - like->rank;
    for (int i = 0; i < x->rank; i++)
        if (i < ahead || like->shape[i - ahead] != x->shape[i]) axes |= 1u << i;
    if (!axes) return x;
    if (x->type == OTO_COMPLEX64) return oto_complex(oto_sum_to(oto_real(x), like), oto_sum_to(oto_imag(x), like));
    for (int i = 0; i < like->rank; i++) shape[i] = like->shape[i];
    return oto_sum_axes(x, axes, 1, like->rank, shape);
}

/* ---- public ---- */

static OtoTensor *over_all(const char *operation, OtoTensor *x, bool mean) {
    oto_need_float(operation, "x", x);
    if (mean && x->size == 0) oto_refuse(operation, "x is empty: %s", oto_shape_quoted(x));
    return oto_sum_axes(x, (1u << x->rank) - 1, mean ? 1 / (double)x->size : 1, 1, (long long[]){1});
}
OtoTensor *oto_sum_all(OtoTensor *x) {
    return over_all("oto_sum_all", x, false);
}
OtoTensor *oto_mean_all(OtoTensor *x) {
    return over_all("oto_mean_all", x, true);
}

OtoTensor *oto_reduced(OtoTensor *y, OtoTensor *x, unsigned axes, bool keep, const char *origin) {
    oto_axes_without(y, x, axes, keep);
    y->quantity = x->quantity;
    y->sample_rate = x->sample_rate;
    y->framing = x->framing;
    if (!y->node) oto_set_origin(y, origin, x);
    return y;
}

int64_t oto_reduced_count(const char *operation, OtoTensor *x, unsigned axes) {
    int64_t count = 1;
    for (int i = 0; i < x->rank; i++) {
        if (!(axes >> i & 1)) continue;
        if (x->shape[i] == 0)
            oto_refuse(operation, "axis %s of %s is empty", oto_axis_quoted(x, i), oto_shape_quoted(x));
        count *= x->shape[i];
    }
    return count;
}

static OtoTensor *over(OtoTensor *x, unsigned axes, double scale, bool keep, const char *origin) {
    long long shape[OTO_RANK_MAX];
    int rank = oto_shape_without(x, axes, keep, shape);
    return oto_reduced(oto_sum_axes(x, axes, scale, rank, shape), x, axes, keep, origin);
}
OtoTensor *oto_sum_over_axes(OtoTensor *x, OtoAxes which, OtoOverOptions options) {
    oto_need_float("oto_sum_over", "x", x);
    return over(x, oto_which_axes("oto_sum_over", x, which), 1, options.keep, "sum");
}
OtoTensor *oto_mean_over_axes(OtoTensor *x, OtoAxes which, OtoOverOptions options) {
    oto_need_float("oto_mean_over", "x", x);
    unsigned axes = oto_which_axes("oto_mean_over", x, which);
    return over(x, axes, 1 / (double)oto_reduced_count("oto_mean_over", x, axes), options.keep, "mean");
}
