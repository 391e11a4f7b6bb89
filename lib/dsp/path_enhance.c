#include "lib/dsp/recurrence.h"
#include "lib/dsp/envelope.h"
#include "lib/dsp/frames.h"
#include "lib/dsp/window.h"
#include "lib/tensor/error.h"
#include "lib/tensor/parallel.h"
#include "lib/tensor/simd.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ORDER = 5, TAPS_1D = ORDER + 1, N_MAX = 4096, LANES = 32, ROWS_A_PIECE = 8 };

/* ---- the filter ---- */

/* The B-spline of order 5 at distance u from its middle. */
static double spline(double u) {
    u = fabs(u);
    if (u <= 1) return 11.0 / 20 - u * u / 2 + u * u * u * u / 4 - u * u * u * u * u / 12;
    if (u <= 2) return 17.0 / 40 + u * (5.0 / 8 + u * (-7.0 / 4 + u * (5.0 / 4 + u * (-3.0 / 8 + u / 24))));
    if (u <= 3) return 81.0 / 40 + u * (-27.0 / 8 + u * (9.0 / 4 + u * (-3.0 / 4 + u * (1.0 / 8 - u / 120))));
    return 0;
}

/* An index beyond the ends, mirrored at the end elements. */
static int64_t mirrored(int64_t i, int64_t n) {
    int64_t period = 2 * (n - 1);
    if (period == 0) return 0;
    i = (i % period + period) % period;
    return i < n ? i : period - i;
}

/* The diagonal window at a place between its elements. */
static double diagonal_at(const float *window, int64_t n, double row, double col) {
    if (row < 0 || col < 0 || row > (double)(n - 1) || col > (double)(n - 1)) return 0;
    int64_t first_row = (int64_t)floor(row) - ORDER / 2, first_col = (int64_t)floor(col) - ORDER / 2;
    double sum = 0;
    for (int64_t i = first_row; i < first_row + TAPS_1D; i++)
        for (int64_t j = first_col; j < first_col + TAPS_1D; j++)
            if (mirrored(i, n) == mirrored(j, n))
                sum += spline(row - (double)i) * spline(col - (double)j) * (double)window[mirrored(i, n)];
    return sum;
}

static void check_length(const char *operation, int n) {
    oto_check_range(operation, "n", n, 1, N_MAX);
}

OtoTensor *(oto_diagonal_filter)(int n, OtoDiagonal options) {
    check_length("oto_diagonal_filter", n);
    if (!(options.slope > 0) || isinf(options.slope))
        oto_refuse("oto_diagonal_filter", "slope is %g, but must be positive", options.slope);
    OtoTensor *result = NULL;
    oto_scope {
        OtoTensor *window = oto_window(OTO_HANN, n, .symmetric = true);
        double turn = M_PI / 4 - atan(options.slope);
        if (fabs(turn) < 1e-5) turn = 0;
        double c = cos(turn), s = sin(turn);
        int64_t side = turn == 0 ? n : (int64_t)((fabs(c) + fabs(s)) * n + 0.5);
        OtoTensor *filter = oto_zeros(side, side);
        float *to = filter->data;
        double middle = (double)(side - 1) / 2, centre = (double)(n - 1) / 2, sum = 0;
        for (int64_t i = 0; i < side && !oto_interrupt_pending(); i++)
            for (int64_t j = 0; j < side; j++) {
                double y = (double)i - middle, x = (double)j - middle;
                double value = turn == 0 ? (i == j ? (double)((float *)window->data)[i] : 0)
                                         : diagonal_at(window->data, n, centre + c * y + s * x, centre - s * y + c * x);
                to[i * side + j] = value > 0 ? (float)value : 0;
                sum += (double)to[i * side + j];
            }
        for (int64_t i = 0; i < filter->size; i++)
            to[i] = (float)((double)to[i] / sum - (options.zero_mean ? 1 / (double)filter->size : 0));
        result = oto_keep(filter);
    }
    return result;
}

/* ---- the filters on a matrix ---- */

struct tap {
    int64_t offset; /* in the padded matrix, from the element that is computed */
    float weight;
};

struct enhancement {
    const float *padded; /* R with mirrored margins */
    int64_t stride;
    const struct tap *taps;
    int64_t count;
    int64_t margin;
    float *to;
    int64_t rows, cols;
    bool first; /* the first filter; the others only raise what is there */
};

/* LANES neighbouring elements of the convolution. */
OTO_VECTORISED static void convolve_lanes(float *restrict sum, const float *restrict at, const struct tap *taps,
                                          int64_t count) {
    float lanes[LANES] = {0};
    for (int64_t k = 0; k < count; k++) {
        const float *from = at + taps[k].offset;
        float weight = taps[k].weight;
        for (int j = 0; j < LANES; j++) lanes[j] += weight * from[j];
    }
    for (int j = 0; j < LANES; j++) sum[j] = lanes[j];
}

static void enhance_rows(int64_t from, int64_t to, void *context) {
    const struct enhancement *e = context;
    float sum[LANES];
    for (int64_t i = from; i < to && !oto_interrupt_pending(); i++)
        for (int64_t j = 0; j < e->cols; j += LANES) {
            convolve_lanes(sum, e->padded + (i + e->margin) * e->stride + j + e->margin, e->taps, e->count);
            float *row = e->to + i * e->cols + j;
            for (int64_t k = 0; k < LANES && j + k < e->cols; k++)
                row[k] = e->first || sum[k] > row[k] ? sum[k] : row[k];
        }
}

/* An index beyond the ends, mirrored at the ends' outer sides: the end element comes twice. */
static int64_t reflected(int64_t i, int64_t n) {
    i = (i % (2 * n) + 2 * n) % (2 * n);
    return i < n ? i : 2 * n - 1 - i;
}

static void enhance(OtoTensor *R, OtoTensor *filter, float *to, bool first) {
    int64_t side = filter->rows, margin = side / 2 + 1;
    int64_t stride = R->cols + 2 * margin + LANES, height = R->rows + 2 * margin;
    float *padded = malloc((size_t)(stride * height) * sizeof *padded);
    struct tap *taps = malloc((size_t)filter->size * sizeof *taps);
    if (!padded || !taps)
        oto_refuse("oto_path_enhance", "no memory for %" PRId64 " x %" PRId64 " similarities", height, stride);
    for (int64_t i = 0; i < height; i++) {
        const float *row = (float *)R->data + reflected(i - margin, R->rows) * R->cols;
        oto_samples_at(padded + i * stride, row, R->cols, -margin, stride, OTO_PAD_SYMMETRIC, 0);
    }
    int64_t count = 0;
    for (int64_t i = 0; i < side; i++)
        for (int64_t j = 0; j < side; j++) {
            float weight = ((float *)filter->data)[i * side + j];
            if (weight != 0)
                taps[count++] = (struct tap){.offset = (side / 2 - i) * stride + side / 2 - j, .weight = weight};
        }
    oto_parallel(R->rows, ROWS_A_PIECE, enhance_rows,
                 &(struct enhancement){.padded = padded,
                                       .stride = stride,
                                       .taps = taps,
                                       .count = count,
                                       .margin = margin,
                                       .to = to,
                                       .rows = R->rows,
                                       .cols = R->cols,
                                       .first = first});
    free(padded);
    free(taps);
}

OtoTensor *(oto_path_enhance)(OtoTensor *R, int n, OtoPathEnhance options) {
    const char *operation = "oto_path_enhance";
    oto_need_float(operation, "R", R);
    if (R->rank != 2 || R->size == 0)
        oto_refuse(operation, "R is %s, but must be a matrix (time, time), not empty", oto_shape_quoted(R));
    oto_need_no_nan(operation, "R", R);
    check_length(operation, n);
    oto_check_range(operation, "n_filters", options.n_filters, 1, 1000);
    oto_check_range(operation, "max_ratio", options.max_ratio, 1e-3, 1e3);
    double min_ratio = options.min_ratio != 0 ? options.min_ratio : 1 / options.max_ratio;
    oto_check_range(operation, "min_ratio", min_ratio, 1e-3, options.max_ratio);
    OtoTensor *enhanced = oto_like(R, OTO_FLOAT32, "enhanced");
    float *to = enhanced->data;
    double low = log2(min_ratio), high = log2(options.max_ratio);
    for (int f = 0; f < options.n_filters; f++) {
        double slope = exp2(options.n_filters > 1 ? low + (high - low) * f / (options.n_filters - 1) : low);
        oto_scope enhance(R, oto_diagonal_filter(n, .slope = slope, .zero_mean = options.zero_mean), to, f == 0);
    }
    for (int64_t i = 0; i < enhanced->size && options.clip; i++) to[i] = to[i] > 0 ? to[i] : 0;
    return enhanced;
}
