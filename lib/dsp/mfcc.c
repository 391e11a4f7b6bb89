#include "lib/dsp/mfcc.h"
#include "lib/dsp/decibel.h"
#include "lib/tensor/arithmetic.h"
#include "lib/tensor/error.h"
#include "lib/tensor/graph.h"
#include "lib/tensor/parallel.h"
#include "lib/tensor/simd.h"

#include <math.h>
#include <string.h>

enum { LANES = 16, GRAIN = 256 };
typedef float Lanes __attribute__((vector_size(LANES * sizeof(float)), aligned(4)));

/* Entry (k, m) of the transform of M numbers. */
static double cosine(int type, OtoDctNorm norm, int k, int m, int M) {
    bool ends = m == 0 || m == M - 1, first_or_last = k == 0 || k == M - 1;
    switch (type) {
    case 1: /* the ends count half, or sqrt(1 / 2) on both sides of an orthogonal transform */
        if (norm == OTO_DCT_UNSCALED) return (ends ? 1 : 2) * cos(M_PI * k * m / (M - 1));
        return sqrt(2.0 / (M - 1)) * (ends ? M_SQRT1_2 : 1) * (first_or_last ? M_SQRT1_2 : 1) *
               cos(M_PI * k * m / (M - 1));
    case 2:
        if (norm == OTO_DCT_UNSCALED) return 2 * cos(M_PI * k * (m + 0.5) / M);
        return sqrt((k == 0 ? 1.0 : 2.0) / M) * cos(M_PI * k * (m + 0.5) / M);
    default:
        if (norm == OTO_DCT_UNSCALED) return (m == 0 ? 1 : 2) * cos(M_PI * (k + 0.5) * m / M);
        return sqrt((m == 0 ? 1.0 : 2.0) / M) * cos(M_PI * (k + 0.5) * m / M);
    }
}

/* Entry (m, k) of its inverse. */
static double inverse_cosine(int type, OtoDctNorm norm, int m, int k, int M) {
    int inverse = type == 2 ? 3 : type == 3 ? 2 : 1;
    double entry = cosine(inverse, norm, m, k, M);
    return norm == OTO_DCT_ORTHO ? entry : entry / (type == 1 ? 2.0 * (M - 1) : 2.0 * M);
}

static double lifter_of(double lifter, int k) {
    return lifter > 0 ? 1 + lifter / 2 * sin(M_PI * (k + 1) / lifter) : 1;
}

static void check_transform(const char *operation, int type, OtoDctNorm norm, double lifter, int n_mels) {
    oto_check_range(operation, "dct_type", type, 1, 3);
    if (norm != OTO_DCT_ORTHO && norm != OTO_DCT_UNSCALED)
        oto_refuse(operation, "norm is %d; use OTO_DCT_ORTHO or OTO_DCT_UNSCALED", (int)norm);
    oto_check_range(operation, "lifter", lifter, 0, 1e9);
    oto_check_range(operation, "n_mels", n_mels, type == 1 ? 2 : 1, 100000);
}

/* to (channels, rows, time) = matrix (rows, columns) times from (channels, columns, time). */
struct product {
    const float *matrix, *from;
    float *to;
    int rows, columns;
    int64_t time;
};

/* LANES frames of a channel. */
OTO_VECTORISED static void multiply_lanes(const struct product *p, const float *from, float *to) {
    for (int r = 0; r < p->rows; r++) {
        const float *row = p->matrix + (int64_t)r * p->columns;
        Lanes even = {}, odd = {};
        int c = 0;
        for (; c + 1 < p->columns; c += 2) {
            even += *(const Lanes *)(from + c * p->time) * row[c];
            odd += *(const Lanes *)(from + (c + 1) * p->time) * row[c + 1];
        }
        if (c < p->columns) even += *(const Lanes *)(from + c * p->time) * row[c];
        *(Lanes *)(to + r * p->time) = even + odd;
    }
}

/* One frame of a channel, in the same order of additions. */
static void multiply_one(const struct product *p, const float *from, float *to) {
    for (int r = 0; r < p->rows; r++) {
        float sums[2] = {};
        for (int c = 0; c < p->columns; c++) sums[c % 2] += from[c * p->time] * p->matrix[(int64_t)r * p->columns + c];
        to[r * p->time] = sums[0] + sums[1];
    }
}

static void multiply_frames(int64_t begin, int64_t end, void *context) {
    const struct product *p = context;
    for (int64_t at = begin; at < end;) {
        int64_t channel = at / p->time, t = at % p->time, left = end - at < p->time - t ? end - at : p->time - t;
        const float *columns = p->from + channel * p->columns * p->time + t;
        float *rows = p->to + channel * p->rows * p->time + t;
        if (left >= LANES)
            multiply_lanes(p, columns, rows);
        else
            multiply_one(p, columns, rows);
        at += left >= LANES ? LANES : 1;
    }
}

static OtoTensor *transformed(OtoTensor *x, OtoTensor *matrix, const char *axis, const char *origin);

/* y = M x:  dL/dx = M^T dL/dy */
static void transform_backward(OtoNode *node, OtoTensor *gradient) {
    oto_give(node, 0, transformed(gradient, oto_transpose(oto_node_input(node, 1)), "", NULL));
}

/* x (channels, columns, time) with its second axis from the end transformed by entry(r, c): float32, `rows` long. */
static OtoTensor *transformed(OtoTensor *x, OtoTensor *matrix, const char *axis, const char *origin) {
    long long shape[OTO_RANK_MAX];
    for (int i = 0; i < x->rank; i++) shape[i] = x->shape[i];
    shape[x->rank - 2] = matrix->rows;
    OtoTensor *y = oto_zeros_of(OTO_FLOAT32, x->rank, shape);
    for (int i = 0; i < x->rank; i++)
        if (i != x->rank - 2) oto_axis_copy(y, i, x, i);
    oto_name_axis(y, x->rank - 2, axis);
    y->sample_rate = x->sample_rate;
    y->framing = x->framing;
    if (!oto_records(x)) oto_set_origin(y, origin, x);
    struct product product = {.matrix = matrix->data,
                              .from = x->data,
                              .to = y->data,
                              .rows = (int)matrix->rows,
                              .columns = (int)matrix->cols,
                              .time = x->cols};
    if (y->size > 0) oto_parallel(x->rows / x->shape[x->rank - 2] * x->cols, GRAIN, multiply_frames, &product);
    static const OtoOperation transform = {"oto_dct", transform_backward, OTO_SAVES_INPUT(1)};
    return oto_record(&transform, y, NULL, 0, x, matrix);
}

OtoTensor *(oto_mfcc)(OtoTensor *x, OtoMfcc options) {
    oto_need("oto_mfcc", "x", x);
    oto_check_range("oto_mfcc", "hop_length", options.hop_length, 1, INT32_MAX);
    bool in_db = x->quantity == OTO_DECIBEL && x->rank >= 2;
    bool in_bands = in_db || (x->rank >= 2 && !strcmp(x->axes[x->rank - 2].name, "mel"));
    int n_mels = in_bands ? (int)x->shape[x->rank - 2] : options.n_mels;
    check_transform("oto_mfcc", options.dct_type, options.norm, options.lifter, n_mels);
    oto_check_range("oto_mfcc", "n_mfcc", options.n_mfcc, 1, n_mels);
    OtoTensor *mfcc = NULL;
    oto_scope {
        OtoTensor *mel = x;
        if (!in_bands)
            mel =
                oto_mel(x, .n_fft = options.n_fft, .win_length = options.win_length, .hop_length = options.hop_length,
                        .window = options.window, .window_parameter = options.window_parameter,
                        .center = options.center, .pad_mode = options.pad_mode, .n_mels = n_mels, .fmin = options.fmin,
                        .fmax = options.fmax, .htk = options.htk, .norm = options.mel_norm, .power = options.power);
        if (!in_db) {
            if (mel == x) mel = oto_mul(x, 1);
            mel->quantity = OTO_POWER; /* librosa takes the logarithm of a power, also with .power = 1 */
            mel = oto_db(mel);
        }
        OtoTensor *matrix = oto_zeros(options.n_mfcc, n_mels);
        float *entry = matrix->data;
        for (int k = 0; k < options.n_mfcc; k++) {
            double lifter = lifter_of(options.lifter, k);
            for (int m = 0; m < n_mels; m++)
                *entry++ = (float)(lifter * cosine(options.dct_type, options.norm, k, m, n_mels));
        }
        mfcc = oto_keep(transformed(mel, matrix, "mfcc", "mfcc"));
    }
    return mfcc;
}

OtoTensor *(oto_mfcc_to_mel)(OtoTensor *mfcc, OtoMfccToMel options) {
    oto_need_float("oto_mfcc_to_mel", "mfcc", mfcc);
    if (mfcc->rank < 2 || mfcc->rank > 3)
        oto_refuse("oto_mfcc_to_mel", "mfcc is %s, but must be (mfcc, time)", oto_shape_quoted(mfcc));
    check_transform("oto_mfcc_to_mel", options.dct_type, options.norm, options.lifter, options.n_mels);
    int64_t n_mfcc = mfcc->shape[mfcc->rank - 2];
    if (n_mfcc > options.n_mels)
        oto_refuse("oto_mfcc_to_mel", "n_mels is %d, but mfcc has %lld coefficients; at least as many bands are needed",
                   options.n_mels, (long long)n_mfcc);
    OtoTensor *mel = NULL;
    oto_scope {
        OtoTensor *matrix = oto_zeros(options.n_mels, n_mfcc);
        for (int m = 0; m < options.n_mels; m++)
            for (int k = 0; k < n_mfcc; k++)
                oto_at(matrix, m, k) = (float)(inverse_cosine(options.dct_type, options.norm, m, k, options.n_mels) /
                                               lifter_of(options.lifter, k));
        OtoTensor *decibels = transformed(mfcc, matrix, "mel", "mel");
        mel = oto_keep(oto_db_to_power(decibels, .ref = options.ref));
    }
    return mel;
}
