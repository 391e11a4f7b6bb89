#include "lib/dsp/fourier.h"
#include "lib/dsp/transform.h"
#include "lib/dsp/transpose.h"
#include "lib/tensor/arithmetic.h"
#include "lib/tensor/complex.h"
#include "lib/tensor/error.h"
#include "lib/tensor/graph.h"
#include "lib/tensor/parallel.h"
#include "lib/tensor/place.h"

#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

/* Transforms along one axis of x: `outer` times `inner` lines, whose elements lie `inner` apart. */
struct lines {
    const char *operation;
    OtoTensor *x, *y;
    int axis;
    int64_t outer, inner;
    enum oto_transform kind;
    int n; /* of the transform */
    float scale;
    const OtoPlan *plan;
    atomic_bool no_memory;
};

/* The axis that was asked for, and how the lines of x lie; n 0: as long as they are. */
static struct lines lines_of(const char *operation, OtoTensor *x, int axis, int64_t n, enum oto_transform kind) {
    oto_need(operation, "x", x);
    if (axis < -x->rank || axis >= x->rank)
        oto_refuse(operation, "axis is %d, but %s has the axes 0 to %d (or -1, the last, to %d)", axis,
                   oto_shape_quoted(x), x->rank - 1, -x->rank);
    if (axis < 0) axis += x->rank;
    if (n == 0) n = x->shape[axis];
    if (n < 1 || n > INT_MAX)
        oto_refuse(operation, "axis %d of %s cannot be transformed with n = %" PRId64 "; it needs at least one element",
                   axis, oto_shape_quoted(x), n);
    struct lines lines = {
        .operation = operation, .x = x, .axis = axis, .outer = 1, .inner = 1, .kind = kind, .scale = 1};
    for (int i = 0; i < axis; i++) lines.outer *= x->shape[i];
    for (int i = axis + 1; i < x->rank; i++) lines.inner *= x->shape[i];
    lines.n = (int)n;
    return lines;
}

/* Zeros in the shape of x, with another length of the transformed axis. */
static OtoTensor *result_of(const struct lines *lines, OtoType type, int64_t length, const char *origin) {
    OtoTensor *x = lines->x;
    long long shape[OTO_RANK_MAX];
    for (int i = 0; i < x->rank; i++) shape[i] = x->shape[i];
    shape[lines->axis] = length;
    OtoTensor *y = oto_zeros_of(type, x->rank, shape);
    for (int i = 0; i < x->rank; i++)
        if (i != lines->axis) oto_axis_copy(y, i, x, i);
    y->sample_rate = x->sample_rate;
    if (!oto_records(x)) oto_set_origin(y, origin, x);
    return y;
}

/* A spectrum; bin k lies at k * sample_rate / n when x is a sound. */
static OtoTensor *spectrum_of(const struct lines *lines, int64_t bins, const char *origin) {
    OtoTensor *x = lines->x, *X = result_of(lines, OTO_COMPLEX64, bins, origin);
    bool hertz = x->sample_rate > 0 && !strcmp(x->axes[lines->axis].name, "time") && x->framing.hop_length == 0;
    oto_name_axis(X, lines->axis, "frequency", .unit = hertz ? "Hz" : "",
                  .step = hertz ? x->sample_rate / lines->n : 1);
    X->quantity = OTO_SPECTRUM;
    return X;
}

/* The signal whose spectrum X is. */
static OtoTensor *signal_of(const struct lines *lines, OtoType type, const char *origin) {
    OtoTensor *X = lines->x, *x = result_of(lines, type, lines->n, origin);
    if (X->sample_rate > 0) {
        oto_name_axis(x, lines->axis, "time", .unit = "s", .step = 1 / X->sample_rate);
        x->quantity = OTO_AMPLITUDE;
    }
    return x;
}

static float _Complex complex_at(OtoTensor *x, int64_t i) {
    return x->type == OTO_COMPLEX64 ? ((float _Complex *)x->data)[i]
           : x->type == OTO_FLOAT32 ? ((float *)x->data)[i]
                                    : (float)((int64_t *)x->data)[i];
}

/* ---- gradients ---- */

struct transformed {
    enum oto_transform kind;
    int n, axis;
};

/* What a bin of a half spectrum of n numbers counts for: itself, and but for the first and the last the negative
 * frequency; over n. In a shape that repeats to X's. */
static OtoTensor *half_weights(OtoTensor *X, const struct transformed *t) {
    long long shape[OTO_RANK_MAX];
    for (int i = 0; i < X->rank; i++) shape[i] = i == t->axis ? X->shape[i] : 1;
    OtoTensor *weights = oto_full_of(2.0 / t->n, X->rank, shape);
    float *weight = weights->data;
    weight[0] /= 2;
    if (t->n % 2 == 0) weight[t->n / 2] /= 2;
    return weights;
}

/* With F[k, m] = exp(-2 pi i k m / n), whose inverse is conj(F) / n, and the convention of complex.h:
 *     y = F x               dL/dx = conj(F) dL/dy = n ifft(dL/dy), of real x the real part
 *     y = conj(F) x / n     dL/dx = F dL/dy / n = fft(dL/dy) / n
 *     y = irfft x           dL/dx = rfft(dL/dy), each bin weighted by how often it counts
 * Where x was cut, the rest gets 0; zeros that it went on with get nothing. */
static void transform_backward(OtoNode *node, OtoTensor *gradient) {
    const struct transformed *t = oto_node_settings(node);
    OtoTensor *x = oto_node_input(node, 0), *g = NULL;
    OtoFft how = {.n = t->n, .axis = t->axis};
    if (t->kind == OTO_REAL_BACKWARD)
        g = oto_mul((oto_rfft)(gradient, how), half_weights(x, t));
    else if (t->kind == OTO_BACKWARD)
        g = oto_div((oto_fft)(gradient, how), t->n);
    else
        g = oto_mul((oto_ifft)(gradient, how), t->n);
    if (x->type != OTO_COMPLEX64) g = oto_real(g);
    int64_t length = x->shape[t->axis], there = g->shape[t->axis];
    if (there > length) g = oto_part(g, t->axis, 0, length);
    if (there < length) g = oto_place(g, t->axis, 0, length);
    oto_give(node, 0, g);
}

static OtoTensor *recorded(const OtoOperation *operation, const struct lines *lines, OtoTensor *y) {
    struct transformed settings = {.kind = lines->kind, .n = lines->n, .axis = lines->axis};
    return oto_record(operation, y, &settings, sizeof settings, lines->x);
}
#define OTO_TRANSFORM(called)                                                                                          \
    (OtoOperation) {                                                                                                   \
        .name = called, .backward = transform_backward                                                                 \
    }

/* ---- by the definition ---- */

OtoTensor *oto_dft(OtoTensor *x) {
    static const OtoOperation dft = OTO_TRANSFORM("oto_dft");
    struct lines lines = lines_of("oto_dft", x, -1, 0, OTO_FORWARD);
    if (x->rank != 1)
        oto_refuse("oto_dft", "x is %s, but must have one axis; oto_row takes a row", oto_shape_quoted(x));
    int64_t n = x->size;
    OtoTensor *X = spectrum_of(&lines, n, "dft");
    /* exp(-2 pi i k m / N) takes only N values; a table of them, read at k m mod N, keeps the sum exact in its angles.
     */
    double _Complex *turn = malloc((size_t)n * sizeof *turn);
    if (!turn) oto_refuse("oto_dft", "no memory for %" PRId64 " complex numbers", n);
    for (int64_t m = 0; m < n; m++) turn[m] = cexp(-2i * M_PI * (double)m / (double)n);
    for (int64_t k = 0; k < n && !oto_interrupt_pending(); k++) {
        double _Complex sum = 0;
        for (int64_t m = 0, at = 0; m < n; m++) {
            sum += (double _Complex)complex_at(x, m) * turn[at];
            at += k;
            if (at >= n) at -= n;
        }
        ((float _Complex *)X->data)[k] = (float _Complex)sum;
    }
    free(turn);
    return recorded(&dft, &lines, X);
}

/* ---- the fast ones ---- */

/* How many elements a line gives to the transform, and gets back from it. */
static int64_t elements_in(const struct lines *l) {
    return l->kind == OTO_REAL_BACKWARD ? l->n / 2 + 1 : l->n;
}
static int64_t elements_out(const struct lines *l) {
    return l->kind == OTO_REAL_FORWARD ? l->n / 2 + 1 : l->n;
}

/* `count` neighbouring lines of x from number `line` on, one after another `stride` numbers apart in `in`, with zeros
 * behind their ends. Lines of one axis that is not the last lie side by side, so they are turned together. */
static void read_lines(const struct lines *l, int64_t line, int64_t count, float *in, int64_t stride) {
    int64_t length = l->x->shape[l->axis], wanted = elements_in(l), used = length < wanted ? length : wanted;
    int64_t at = line / l->inner * length * l->inner + line % l->inner, parts = l->kind == OTO_REAL_FORWARD ? 1 : 2;
    if (l->kind == OTO_REAL_FORWARD)
        oto_transpose_floats((float *)l->x->data + at, l->inner, in, stride, used, count);
    else if (l->x->type == OTO_COMPLEX64)
        oto_transpose_complexes((float _Complex *)l->x->data + at, l->inner, (float _Complex *)in, stride / 2, used,
                                count);
    else
        for (int64_t i = 0; i < count; i++)
            for (int64_t j = 0; j < used; j++)
                ((float _Complex *)in)[i * stride / 2 + j] = complex_at(l->x, at + j * l->inner + i);
    for (int64_t i = 0; i < count; i++)
        memset(in + i * stride + parts * used, 0, (size_t)(parts * (wanted - used)) * sizeof *in);
}

/* And the other way, scaled. */
static void write_lines(const struct lines *l, int64_t line, int64_t count, float *out, int64_t stride) {
    int64_t length = elements_out(l), parts = l->kind == OTO_REAL_BACKWARD ? 1 : 2;
    int64_t at = line / l->inner * length * l->inner + line % l->inner;
    if (l->scale != 1)
        for (int64_t i = 0; i < count; i++)
            for (int64_t j = 0; j < parts * length; j++) out[i * stride + j] *= l->scale;
    if (parts == 1)
        oto_transpose_floats(out, stride, (float *)l->y->data + at, l->inner, count, length);
    else
        oto_transpose_complexes((float _Complex *)out, stride / 2, (float _Complex *)l->y->data + at, l->inner, count,
                                length);
}

enum { TOGETHER = 16 };

static void transform_some(int64_t from, int64_t to, void *context) {
    struct lines *l = context;
    int64_t stride = (2L * l->n + 2 + 15) / 16 * 16, together = l->inner < TOGETHER ? l->inner : TOGETHER;
    float *in = oto_transform_reals_or_null(stride * together), *out = oto_transform_reals_or_null(stride * together);
    if (!in || !out) l->no_memory = true;
    for (int64_t line = from, count; line < to && in && out && !oto_interrupt_pending(); line += count) {
        count = to - line < together ? to - line : together;
        if (count > l->inner - line % l->inner) count = l->inner - line % l->inner;
        read_lines(l, line, count, in, stride);
        for (int64_t i = 0; i < count; i++) oto_transform_execute(l->plan, in + i * stride, out + i * stride);
        write_lines(l, line, count, out, stride);
    }
    oto_transform_release(in);
    oto_transform_release(out);
}

static OtoTensor *transform(struct lines *lines, OtoTensor *y) {
    enum { ELEMENTS = 1 << 16 }; /* of a piece of work */
    lines->y = y;
    lines->plan = oto_transform_plan(lines->operation, lines->kind, lines->n);
    oto_parallel(lines->outer * lines->inner, ELEMENTS / lines->n + TOGETHER, transform_some, lines);
    if (lines->no_memory) oto_refuse(lines->operation, "no memory for transforms of length %d", lines->n);
    return y;
}

OtoTensor *(oto_fft)(OtoTensor *x, OtoFft options) {
    struct lines lines = lines_of("oto_fft", x, options.axis, options.n, OTO_FORWARD);
    static const OtoOperation fft = OTO_TRANSFORM("oto_fft");
    return recorded(&fft, &lines, transform(&lines, spectrum_of(&lines, lines.n, "fft")));
}

OtoTensor *(oto_ifft)(OtoTensor *X, OtoFft options) {
    struct lines lines = lines_of("oto_ifft", X, options.axis, options.n, OTO_BACKWARD);
    lines.scale = 1.0f / (float)lines.n;
    static const OtoOperation ifft = OTO_TRANSFORM("oto_ifft");
    return recorded(&ifft, &lines, transform(&lines, signal_of(&lines, OTO_COMPLEX64, "ifft")));
}

OtoTensor *(oto_rfft)(OtoTensor *x, OtoFft options) {
    struct lines lines = lines_of("oto_rfft", x, options.axis, options.n, OTO_REAL_FORWARD);
    oto_need_float("oto_rfft", "x", x);
    static const OtoOperation rfft = OTO_TRANSFORM("oto_rfft");
    return recorded(&rfft, &lines, transform(&lines, spectrum_of(&lines, lines.n / 2 + 1, "rfft")));
}

OtoTensor *(oto_irfft)(OtoTensor *X, OtoInverse options) {
    oto_need("oto_irfft", "X", X);
    if (X->type != OTO_COMPLEX64) oto_refuse("oto_irfft", "X is %s, but must be complex64", oto_type_name(X->type));
    struct lines lines = lines_of("oto_irfft", X, options.axis, 0, OTO_REAL_BACKWARD);
    int64_t bins = lines.n, n = options.length ? options.length : 2 * (bins - 1);
    if (n < 1 || n / 2 + 1 != bins)
        oto_refuse("oto_irfft", "%" PRId64 " bins belong to a length of %" PRId64 " or %" PRId64 ", not %" PRId64, bins,
                   2 * (bins - 1), 2 * bins - 1, n);
    lines.n = (int)n;
    lines.scale = 1.0f / (float)n;
    static const OtoOperation irfft = OTO_TRANSFORM("oto_irfft");
    return recorded(&irfft, &lines, transform(&lines, signal_of(&lines, OTO_FLOAT32, "irfft")));
}
