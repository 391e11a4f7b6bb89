#include "lib/dsp/nmf.h"
#include "lib/dsp/finite.h"
#include "lib/dsp/long_work.h"
#include "lib/tensor/product.h"
#include "lib/dsp/transform.h"
#include "lib/dsp/transpose.h"
#include "lib/tensor/arithmetic.h"
#include "lib/tensor/error.h"
#include "lib/tensor/parallel.h"
#include "lib/tensor/random.h"
#include "lib/tensor/simd.h"

#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Times and components are padded to multiples of LANES with zeros, which updates leave zeros. Both factors lie in
 * memory with a row of components for each bin or frame, so that they are updated alike. Bins and frames are updated in
 * pieces, on several threads. */
enum { LANES = OTO_PRODUCT_COLUMNS, ROWS = 192, FRAMES = 96 };

struct factorisation {
    int64_t bins, frames, components; /* frames and components padded */
    float *S;                         /* (bins, frames) */
    float *ratio;                     /* (bins, frames): S / W H; for Kullback-Leibler */
    float *W;                         /* (bins, components) */
    float *H;                         /* (frames, components) */
    float *H_turned;                  /* (components, frames): for W H */
    float *HH, *WW;                   /* (components, components): H H' and W' W */
    float *W_above;                   /* as W: numerators */
    float *H_above;                   /* as H, once for each ROWS bins: numerators, and what those bins add to them */
    float *W_below, *H_below;         /* as W and H: denominators */
    double square;                    /* |S|^2 */
    OtoBetaLoss loss;
};

/* x times above / below, where below is not 0. */
OTO_VECTORISED static void update(float *restrict x, const float *restrict above, const float *restrict below,
                                  int64_t n) {
    for (int64_t i = 0; i < n; i++) x[i] *= above[i] / (below[i] == 0 ? FLT_EPSILON : below[i]);
}
OTO_VECTORISED static void divide(float *restrict ratio, const float *restrict x, int64_t n) {
    for (int64_t i = 0; i < n; i++) ratio[i] = x[i] / (ratio[i] < FLT_EPSILON ? FLT_EPSILON : ratio[i]);
}

/* W H in bins from ... to - 1 and LANES frames from t on, into rows of `out` that are out_row apart. */
static void model(struct factorisation *f, int64_t from, int64_t to, int64_t t, float *out, int64_t out_row) {
    struct matrix W = {.data = f->W + from * f->components, .row = f->components, .column = 1};
    oto_product(W, to - from, f->components, f->H_turned + t, f->frames, out, out_row);
}

/* S / W H in those bins and frames. */
static void find_ratio(struct factorisation *f, int64_t from, int64_t to, int64_t t) {
    model(f, from, to, t, f->ratio + from * f->frames + t, f->frames);
    for (int64_t k = from; k < to; k++) divide(f->ratio + k * f->frames + t, f->S + k * f->frames + t, LANES);
}

static void turn_activations(struct factorisation *f) {
    oto_transpose_floats(f->H, f->components, f->H_turned, f->frames, f->frames, f->components);
}

/* X' X, where X is a factor of so many rows. */
static void find_gram(const struct factorisation *f, const float *X, int64_t rows, float *gram) {
    struct matrix turned = {.data = X, .row = 1, .column = f->components};
    for (int64_t c = 0; c < f->components; c += LANES)
        oto_product(turned, f->components, rows, X + c, f->components, gram + c, f->components);
}

/* Each of so many rows: the sums of the columns of X (rows_of_X, components). */
static void fill_with_sums(const struct factorisation *f, const float *X, int64_t rows_of_X, float *to, int64_t rows) {
    double sums[f->components];
    memset(sums, 0, sizeof sums);
    for (int64_t i = 0; i < rows_of_X; i++)
        for (int64_t c = 0; c < f->components; c++) sums[c] += (double)X[i * f->components + c];
    for (int64_t i = 0; i < rows; i++)
        for (int64_t c = 0; c < f->components; c++) to[i * f->components + c] = (float)sums[c];
}

/* ---- activations ---- */

/* What bins from ... to - 1 add to the numerators of H: S' W, or (S / W H)' W. */
static void add_numerators(struct factorisation *f, int64_t from, int64_t to) {
    bool euclidean = f->loss == OTO_EUCLIDEAN;
    const float *X = (euclidean ? f->S : f->ratio) + from * f->frames, *W = f->W + from * f->components;
    float *part = f->H_above + from / ROWS * f->frames * f->components;
    for (int64_t t = 0; t < f->frames; t += FRAMES) {
        int64_t frames = f->frames - t < FRAMES ? f->frames - t : FRAMES;
        for (int64_t lane = 0; lane < frames && !euclidean; lane += LANES) find_ratio(f, from, to, t + lane);
        struct matrix X_turned = {.data = X + t, .row = 1, .column = f->frames};
        for (int64_t c = 0; c < f->components; c += LANES)
            oto_product(X_turned, frames, to - from, W + c, f->components, part + t * f->components + c, f->components);
    }
}
static void find_numerators_of(int64_t from, int64_t to, void *context) {
    add_numerators(context, from, to);
}

OTO_VECTORISED static void add(float *restrict sum, const float *restrict x, int64_t n) {
    for (int64_t i = 0; i < n; i++) sum[i] += x[i];
}

/* In the frames from ... to - 1, all that was added in parts goes into the first of them. */
static void gather_frames(int64_t from, int64_t to, void *context) {
    struct factorisation *f = context;
    int64_t first = from * f->components, size = (to - from) * f->components;
    for (int64_t part = 1; part * ROWS < f->bins; part++)
        add(f->H_above + first, f->H_above + part * f->frames * f->components + first, size);
}
static void gather_numerators(struct factorisation *f) {
    oto_parallel(f->frames, FRAMES, gather_frames, f);
}

static void find_numerators(struct factorisation *f) {
    oto_parallel(f->bins, ROWS, find_numerators_of, f);
    gather_numerators(f);
}

/* The frames from ... to - 1 of H, once numerators are known. */
static void update_frames(int64_t from, int64_t to, void *context) {
    struct factorisation *f = context;
    int64_t n = f->components, first = from * n;
    struct matrix H = {.data = f->H + first, .row = n, .column = 1};
    for (int64_t c = 0; c < n && f->loss == OTO_EUCLIDEAN; c += LANES)
        oto_product(H, to - from, n, f->WW + c, n, f->H_below + first + c, n);
    update(f->H + first, f->H_above + first, f->H_below + first, (to - from) * n);
}

static void update_activations(struct factorisation *f) {
    if (f->loss != OTO_EUCLIDEAN) fill_with_sums(f, f->W, f->bins, f->H_below, f->frames);
    oto_parallel(f->frames, FRAMES, update_frames, f);
    if (f->loss != OTO_EUCLIDEAN) turn_activations(f);
}

/* ---- components ---- */

/* The rows from ... to - 1 of W, and what they then add to the numerators of H: S has to come into the cache once. */
static void update_rows(int64_t from, int64_t to, void *context) {
    struct factorisation *f = context;
    bool euclidean = f->loss == OTO_EUCLIDEAN;
    if (!euclidean)
        for (int64_t t = 0; t < f->frames; t += LANES) find_ratio(f, from, to, t);
    struct matrix X = {.data = (euclidean ? f->S : f->ratio) + from * f->frames, .row = f->frames, .column = 1};
    struct matrix W = {.data = f->W + from * f->components, .row = f->components, .column = 1};
    int64_t first = from * f->components, size = (to - from) * f->components;
    for (int64_t c = 0; c < f->components; c += LANES) {
        oto_product(X, to - from, f->frames, f->H + c, f->components, f->W_above + first + c, f->components);
        if (euclidean)
            oto_product(W, to - from, f->components, f->HH + c, f->components, f->W_below + first + c, f->components);
    }
    update(f->W + first, f->W_above + first, f->W_below + first, size);
    /* With Kullback-Leibler, what is smaller than a double can tell from 0 is 0. */
    for (int64_t i = first; !euclidean && i < first + size; i++)
        if ((double)f->W[i] < DBL_EPSILON) f->W[i] = 0;
    add_numerators(f, from, to);
}

static void update_components(struct factorisation *f) {
    if (f->loss == OTO_EUCLIDEAN)
        find_gram(f, f->H, f->frames, f->HH);
    else
        fill_with_sums(f, f->H, f->frames, f->W_below, f->bins);
    oto_parallel(f->bins, ROWS, update_rows, f);
    gather_numerators(f);
    if (f->loss == OTO_EUCLIDEAN) find_gram(f, f->W, f->bins, f->WW);
}

/* ---- the loss ---- */

/* Adds (x - model)^2 lane by lane: sums and model are (rows, LANES), rows of x are x_row apart. */
OTO_VECTORISED static void add_squares(float *restrict sums, const float *restrict x, int64_t x_row,
                                       const float *restrict model, int64_t rows) {
    for (int64_t i = 0; i < rows; i++)
        for (int lane = 0; lane < LANES; lane++) {
            float difference = x[i * x_row + lane] - model[i * LANES + lane];
            sums[i * LANES + lane] += difference * difference;
        }
}

static double divergence(const float *x, const float *model) {
    double sum = 0;
    for (int lane = 0; lane < LANES; lane++) {
        sum += (double)model[lane];
        if (x[lane] <= FLT_EPSILON) continue;
        double safe = (double)(model[lane] < FLT_EPSILON ? FLT_EPSILON : model[lane]);
        sum += (double)x[lane] * log((double)x[lane] / safe) - (double)x[lane];
    }
    return sum;
}

struct losses {
    struct factorisation *f;
    double *of_bins;
};
static void find_losses(int64_t from, int64_t to, void *context) {
    struct losses *losses = context;
    struct factorisation *f = losses->f;
    float block[ROWS * LANES], squares[ROWS * LANES] = {};
    for (int64_t k = from; k < to; k++) losses->of_bins[k] = 0;
    for (int64_t t = 0; t < f->frames; t += LANES) {
        const float *x = f->S + from * f->frames + t;
        model(f, from, to, t, block, LANES);
        if (f->loss == OTO_EUCLIDEAN)
            add_squares(squares, x, f->frames, block, to - from);
        else
            for (int64_t k = from; k < to; k++)
                losses->of_bins[k] += divergence(x + (k - from) * f->frames, block + (k - from) * LANES);
    }
    for (int64_t k = from; k < to; k++)
        for (int lane = 0; lane < LANES; lane++) losses->of_bins[k] += (double)squares[(k - from) * LANES + lane] / 2;
}

/* The root of twice the loss. */
static double error_of(struct factorisation *f, double *of_bins) {
    struct losses losses = {.f = f, .of_bins = of_bins};
    turn_activations(f);
    oto_parallel(f->bins, ROWS, find_losses, &losses);
    double sum = 0;
    for (int64_t k = 0; k < f->bins; k++) sum += of_bins[k];
    return sqrt(2 * fmax(sum, 0));
}

OTO_VECTORISED static double product_sum(const float *restrict x, const float *restrict y, int64_t n) {
    double sums[LANES] = {}, sum = 0;
    int64_t i = 0;
    for (; i + LANES <= n; i += LANES)
        for (int lane = 0; lane < LANES; lane++) sums[lane] += (double)x[i + lane] * (double)y[i + lane];
    for (; i < n; i++) sum += (double)x[i] * (double)y[i];
    for (int lane = 0; lane < LANES; lane++) sum += sums[lane];
    return sum;
}

/* The same from products that are there already: |S - W H|^2 is |S|^2 - 2 H . W' S + W' W . H H'. Where little is left
 * of |S|^2, the difference would be one of roundings. */
static double error_of_products(struct factorisation *f, double *of_bins) {
    enum { LITTLE = 100 };
    if (f->loss != OTO_EUCLIDEAN) return error_of(f, of_bins);
    double sum = f->square + product_sum(f->WW, f->HH, f->components * f->components) -
                 2 * product_sum(f->H, f->H_above, f->components * f->frames);
    return sum * LITTLE > f->square ? sqrt(sum) : error_of(f, of_bins);
}

/* ---- the whole ---- */

OTO_VECTORISED static bool any_negative(const float *x, int64_t n) {
    int negative = 0;
    for (int64_t i = 0; i < n; i++) negative |= x[i] < 0;
    return negative;
}

static void need_no_negative(const char *argument, OtoTensor *x, const char *advice) {
    if (any_negative(x->data, x->size))
        oto_refuse("oto_nmf", "%s has negative numbers, such as %g%s", argument, oto_minimum(x), advice);
}

static void check(OtoTensor *S, int n_components, OtoNmf options) {
    const char *operation = "oto_nmf";
    oto_need_float(operation, "S", S);
    if (S->rank != 2 || S->size == 0)
        oto_refuse(operation, "S is %s, but must be a matrix (frequency, time)", oto_shape_quoted(S));
    oto_need_finite(operation, "S", S);
    need_no_negative("S", S, "; take magnitudes or powers");
    oto_check_range(operation, "n_components", n_components, 1, 10000);
    oto_check_range(operation, "max_iter", options.max_iter, 1, 1e9);
    oto_check_range(operation, "tol", options.tol, 0, 1e9);
    if (options.beta_loss != OTO_EUCLIDEAN && options.beta_loss != OTO_KULLBACK_LEIBLER)
        oto_refuse(operation, "beta_loss is %d; use OTO_EUCLIDEAN or OTO_KULLBACK_LEIBLER", (int)options.beta_loss);
    if (!options.fit && !options.components)
        oto_refuse(operation, "fit is false, but there are no .components to keep");
}

/* Refuses a matrix to start from that does not fit. */
static void check_start(const char *argument, OtoTensor *x, int64_t rows, int64_t cols) {
    if (!x) return;
    oto_need_float("oto_nmf", argument, x);
    oto_need_finite("oto_nmf", argument, x);
    if (x->rank != 2 || x->shape[0] != rows || x->shape[1] != cols)
        oto_refuse("oto_nmf", "%s is %s, but must be (%" PRId64 ", %" PRId64 ")", argument, oto_shape_quoted(x), rows,
                   cols);
    need_no_negative(argument, x, "");
}

/* Copies a matrix into one with longer rows. */
static void copy(float *to, int64_t to_row, OtoTensor *from) {
    for (int64_t i = 0; i < from->rows; i++)
        memcpy(to + i * to_row, (float *)from->data + i * from->cols, (size_t)from->cols * sizeof *to);
}

/* What updates start from where nothing is given: numbers that make W H about as large as S. */
static void fill(float *to, int64_t to_row, int64_t rows, int64_t cols, double size, bool random) {
    for (int64_t i = 0; i < rows; i++)
        for (int64_t j = 0; j < cols; j++) to[i * to_row + j] = (float)(random ? size * fabs(oto_normal()) : size);
}

static int64_t padded(int64_t n) {
    return (n + LANES - 1) / LANES * LANES;
}

/* Updates until they stop helping; the number of updates, and the error then. */
static int iterate(struct factorisation *f, OtoNmf options, double *error) {
    int done = 0;
    oto_scope {
        double *of_bins = (double *)oto_zeros_of(OTO_INT64, 1, (long long[]){f->bins})->data;
        OtoLongWork work = oto_long_work(options.max_iter, "NMF");
        f->square = product_sum(f->S, f->S, f->bins * f->frames);
        find_gram(f, f->W, f->bins, f->WW);
        find_gram(f, f->H, f->frames, f->HH);
        find_numerators(f);
        double first = error_of_products(f, of_bins), before = first, now = first;
        while (done < options.max_iter && !oto_interrupt_pending()) {
            update_activations(f);
            if (options.fit)
                update_components(f);
            else if (f->loss != OTO_EUCLIDEAN)
                find_numerators(f);
            done++;
            oto_long_work_step(&work);
            if (options.tol == 0 || done % 10) continue;
            now = options.fit ? error_of_products(f, of_bins) : error_of(f, of_bins);
            if ((before - now) / first < options.tol) break;
            before = now;
        }
        oto_long_work_done(&work);
        *error = error_of(f, of_bins);
    }
    return done;
}

/* Zeros that begin where a line of the cache does. */
static float *zeros(int64_t rows, int64_t cols) {
    size_t bytes = (size_t)rows * (size_t)cols * sizeof(float);
    float *x = aligned_alloc(64, (bytes + 63) / 64 * 64);
    if (!x) oto_refuse("oto_nmf", "no memory for a matrix (%" PRId64 ", %" PRId64 ")", rows, cols);
    return memset(x, 0, bytes);
}

static struct factorisation begin(OtoTensor *S, int n_components, OtoNmf options) {
    int64_t bins = S->rows, frames = padded(S->cols), n = padded(n_components);
    struct factorisation f = {.bins = bins,
                              .frames = frames,
                              .components = n,
                              .S = zeros(bins, frames),
                              .ratio = options.beta_loss == OTO_EUCLIDEAN ? NULL : zeros(bins, frames),
                              .W = zeros(bins, n),
                              .H = zeros(frames, n),
                              .H_turned = zeros(n, frames),
                              .HH = zeros(n, n),
                              .WW = zeros(n, n),
                              .W_above = zeros(bins, n),
                              .W_below = zeros(bins, n),
                              .H_above = zeros((bins + ROWS - 1) / ROWS * frames, n),
                              .H_below = zeros(frames, n),
                              .loss = options.beta_loss};
    double size = sqrt(oto_mean(S) / n_components);
    copy(f.S, frames, S);
    if (options.components)
        copy(f.W, n, options.components);
    else
        fill(f.W, n, bins, n_components, size, true);
    if (options.activations)
        copy(f.H_turned, frames, options.activations);
    else
        fill(f.H_turned, frames, n_components, S->cols, size, options.fit);
    oto_transpose_floats(f.H_turned, frames, f.H, n, n, frames);
    return f;
}

static void end(struct factorisation *f) {
    float *all[] = {f->S,  f->ratio,   f->W,       f->H,       f->H_turned, f->HH,
                    f->WW, f->W_above, f->W_below, f->H_above, f->H_below};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) free(all[i]);
}

/* The places of n components by the row that they are largest in. */
static void find_order(const struct factorisation *f, int64_t n, int64_t *order) {
    int64_t peaks[n];
    for (int64_t c = 0; c < n; c++) {
        const float *W = f->W + c;
        peaks[c] = 0;
        for (int64_t k = 1; k < f->bins; k++)
            if (W[k * f->components] > W[peaks[c] * f->components]) peaks[c] = k;
        int64_t at = c;
        for (; at > 0 && peaks[order[at - 1]] > peaks[c]; at--) order[at] = order[at - 1];
        order[at] = c;
    }
}

/* Zeros for W and H of S, with their axes. */
static OtoFactors factors_of(OtoTensor *S, int n_components) {
    OtoFactors factors = {.components = oto_zeros(S->rows, n_components),
                          .activations = oto_zeros(n_components, S->cols)};
    oto_axis_copy(factors.components, 0, S, 0);
    oto_name_axis(factors.components, 1, "component");
    oto_name_axis(factors.activations, 0, "component");
    oto_axis_copy(factors.activations, 1, S, 1);
    factors.components->sample_rate = factors.activations->sample_rate = S->sample_rate;
    factors.components->quantity = S->quantity;
    factors.activations->framing = S->framing;
    oto_set_origin(factors.components, "components", S);
    oto_set_origin(factors.activations, "activations", S);
    return factors;
}

/* W and H without their padding, in the order asked for. */
static void hand_out(const struct factorisation *f, bool sort, OtoFactors factors) {
    int64_t n = factors.components->cols, frames = factors.activations->cols, order[n];
    float *W = factors.components->data, *H = factors.activations->data;
    for (int64_t c = 0; c < n; c++) order[c] = c;
    if (sort) find_order(f, n, order);
    for (int64_t c = 0; c < n; c++) {
        memcpy(H + c * frames, f->H_turned + order[c] * f->frames, (size_t)frames * sizeof *H);
        for (int64_t k = 0; k < f->bins; k++) W[k * n + c] = f->W[k * f->components + order[c]];
    }
}

OtoFactors(oto_nmf)(OtoTensor *S, int n_components, OtoNmf options) {
    check(S, n_components, options);
    check_start("components", options.components, S->rows, n_components);
    check_start("activations", options.activations, n_components, S->cols);
    OtoFactors factors = factors_of(S, n_components);
    struct factorisation f = begin(S, n_components, options);
    factors.iterations = iterate(&f, options, &factors.error);
    hand_out(&f, options.sort, factors);
    end(&f);
    return factors;
}
