#include "lib/metrics/filtered_sources.h"
#include "lib/learn/matrix.h"
#include "lib/tensor/blas.h"
#include "lib/tensor/error.h"
#include "lib/tensor/parallel.h"
#include "lib/tensor/simd.h"

#include <fftw3.h>
#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { PIECES = 8 /* sums are kept apart for so many pieces of the sound, whatever the number of threads */ };

/* LAPACK, which comes with OpenBLAS: solves a x = b for a positive definite a, of which one triangle is given and
 * becomes its Cholesky factor. */
extern void dposv_(const char *uplo, const int *n, const int *columns, double *a, const int *lda, double *b,
                   const int *ldb, int *info);

struct OtoFilteredSources {
    const char *operation;
    OtoSources sources;
    int length, hop; /* of a block: of its transform, of new samples in it */
    int wide;        /* doubles from one spectrum to the next, so that all are aligned alike */
    fftw_plan forward, backward;
    double *products;    /* [source][sources, then estimates][lag]: sum over n of source(n) other(n + lag) */
    double *all_filters; /* [estimate][source][tap] */
    double *own_filters; /* [source][estimate][tap] */
};

/* ---- blocks ---- */

/* Zeros, aligned as transforms want them. */
static double *spectra(const OtoFilteredSources *f, int64_t count) {
    size_t bytes = (size_t)count * (size_t)f->wide * sizeof(double);
    double *room = fftw_malloc(bytes);
    if (!room) oto_refuse(f->operation, "no memory for %zu bytes", bytes);
    memset(room, 0, bytes);
    return room;
}

/* FFTW's planner serves one thread at a time; ESTIMATE makes the same plan every time. */
static void plan(OtoFilteredSources *f) {
    static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    double *block = spectra(f, 2), *spectrum = block + f->wide;
    pthread_mutex_lock(&mutex);
    f->forward = fftw_plan_dft_r2c_1d(f->length, block, (fftw_complex *)spectrum, FFTW_ESTIMATE);
    f->backward = fftw_plan_dft_c2r_1d(f->length, (fftw_complex *)spectrum, block, FFTW_ESTIMATE);
    pthread_mutex_unlock(&mutex);
    fftw_free(block);
    if (!f->forward || !f->backward)
        oto_refuse(f->operation, "a transform of length %d could not be planned", f->length);
}

static void transform(const OtoFilteredSources *f, double *block, double *spectrum) {
    fftw_execute_dft_r2c(f->forward, block, (fftw_complex *)spectrum);
}

/* The spectrum is lost; the block is too large by f->length. */
static void transform_back(const OtoFilteredSources *f, double *spectrum, double *block) {
    fftw_execute_dft_c2r(f->backward, (fftw_complex *)spectrum, block);
}

/* count samples of a row of sources, then estimates, from a place that may lie outside; the rest of the block is 0. */
static void load(const OtoFilteredSources *f, int row, int64_t from, int count, double *block) {
    const OtoSources *s = &f->sources;
    const float *signal = row < s->count ? s->reference + row * s->stride : s->estimated + (row - s->count) * s->stride;
    int64_t first = from < 0 ? -from : 0, last = s->samples - from < count ? s->samples - from : count;
    memset(block, 0, (size_t)f->length * sizeof *block);
    for (int64_t n = first; n < last; n++) block[n] = (double)signal[from + n];
}

/* sum += conj(x) y. Complex numbers lie as pairs. */
OTO_VECTORISED static void add_conjugate_product(double *restrict sum, const double *restrict x,
                                                 const double *restrict y, int bins) {
    for (int k = 0; k < bins; k++) {
        sum[2 * k] += x[2 * k] * y[2 * k] + x[2 * k + 1] * y[2 * k + 1];
        sum[2 * k + 1] += x[2 * k] * y[2 * k + 1] - x[2 * k + 1] * y[2 * k];
    }
}

/* sum += x y */
OTO_VECTORISED static void add_product(double *restrict sum, const double *restrict x, const double *restrict y,
                                       int bins) {
    for (int k = 0; k < bins; k++) {
        sum[2 * k] += x[2 * k] * y[2 * k] - x[2 * k + 1] * y[2 * k + 1];
        sum[2 * k + 1] += x[2 * k] * y[2 * k + 1] + x[2 * k + 1] * y[2 * k];
    }
}

/* What all pieces of a sound are worked on with; piece p has `spaces` spectra from p * spaces on. */
struct pieces {
    const OtoFilteredSources *f;
    int64_t blocks, grain, spaces;
    double *space;
    const double *filters; /* spectra, of energies: [source][own, then all sources] */
    const int *estimate_of;
    OtoEnergies (*energies)[PIECES]; /* [source][piece] */
};

static struct pieces pieces_of(const OtoFilteredSources *f, int64_t samples, int64_t spaces) {
    int64_t blocks = (samples + f->hop - 1) / f->hop;
    return (struct pieces){.f = f,
                           .blocks = blocks,
                           .grain = (blocks + PIECES - 1) / PIECES,
                           .spaces = spaces,
                           .space = spectra(f, PIECES * spaces)};
}

/* ---- products at lags ---- */

/* A block of new samples of a source against one that goes on for taps - 1 samples more: no lag wraps around. */
static void add_products(int64_t from, int64_t to, void *context) {
    const struct pieces *p = context;
    const OtoFilteredSources *f = p->f;
    int count = f->sources.count, wide = f->wide, bins = f->length / 2 + 1;
    double *block = p->space + from / p->grain * p->spaces * wide, *source = block + wide,
           *other = source + wide * count;
    double *sums = other + wide;
    for (int64_t b = from; b < to && !oto_interrupt_pending(); b++) {
        for (int i = 0; i < count; i++) {
            load(f, i, b * f->hop, f->hop, block);
            transform(f, block, source + wide * i);
        }
        for (int j = 0; j < 2 * count; j++) {
            load(f, j, b * f->hop, f->length, block);
            transform(f, block, other);
            for (int i = 0; i < count; i++)
                add_conjugate_product(sums + wide * (i * 2 * count + j), source + wide * i, other, bins);
        }
    }
}

static void find_products(OtoFilteredSources *f) {
    int count = f->sources.count, taps = f->sources.taps, before = count + 2;
    struct pieces p = pieces_of(f, f->sources.samples, before + 2 * count * count);
    oto_parallel(p.blocks, p.grain, add_products, &p);
    for (int pair = 0; pair < 2 * count * count; pair++) {
        double *sum = p.space + (before + pair) * f->wide, *block = p.space;
        for (int64_t piece = 1; piece < PIECES; piece++)
            for (int k = 0; k < f->length + 2; k++) sum[k] += sum[piece * p.spaces * f->wide + k];
        transform_back(f, sum, block);
        for (int lag = 0; lag < taps; lag++) f->products[(int64_t)pair * taps + lag] = block[lag] / f->length;
    }
    fftw_free(p.space);
}

static const double *product(const OtoFilteredSources *f, int source, int other) {
    return f->products + ((int64_t)source * 2 * f->sources.count + other) * f->sources.taps;
}

/* ---- filters ---- */

/* The upper triangle of G of `count` sources from the first on, as rows; for LAPACK, whose matrices lie by columns, the
 * lower one. */
static void fill_matrix(const OtoFilteredSources *f, int first, int count, double ridge, double *G) {
    int taps = f->sources.taps;
    int64_t size = (int64_t)count * taps;
    for (int i = 0; i < count; i++)
        for (int j = i; j < count; j++) {
            const double *later = product(f, first + i, first + j), *earlier = product(f, first + j, first + i);
            for (int a = 0; a < taps; a++)
                for (int b = i == j ? a : 0; b < taps; b++)
                    G[(i * taps + a) * size + j * taps + b] = a >= b ? later[a - b] : earlier[b - a];
        }
    for (int64_t k = 0; k < size; k++) G[k * size + k] *= 1 + ridge;
}

/* The filters of all estimates from `count` sources from the first on: [estimate][source][tap]. Sources that nearly are
 * filtered ones of each other, or have few frequencies, leave many filters as good as one another: then the matrix is
 * not positive definite to rounding, and a ridge as low as can be picks small ones. */
static void solve(const OtoFilteredSources *f, int first, int count, double *filters) {
    int taps = f->sources.taps, size = count * taps, info = 1;
    if (!oto_blas_has_room()) oto_refuse(f->operation, "no memory to solve for the filters between the sources");
    double *G = oto_room(f->operation, (int64_t)size * size, sizeof *G);
    openblas_set_num_threads(1);
    for (double ridge = 0; info > 0 && ridge < 1; ridge = ridge > 0 ? 100 * ridge : 1e-14) {
        for (int e = 0; e < f->sources.count; e++)
            for (int i = 0; i < count; i++)
                memcpy(filters + (int64_t)(e * count + i) * taps, product(f, first + i, f->sources.count + e),
                       (size_t)taps * sizeof *filters);
        fill_matrix(f, first, count, ridge, G);
        dposv_("L", &size, &f->sources.count, G, &size, filters, &size, &info);
    }
    free(G);
}

OtoFilteredSources *oto_filtered_sources_new(const char *operation, const OtoSources *sources,
                                             void (*step)(void *context), void *context) {
    OtoFilteredSources *f = oto_room(operation, 1, sizeof *f);
    *f = (OtoFilteredSources){.operation = operation, .sources = *sources, .length = 1024};
    while (f->length < 8 * sources->taps) f->length *= 2;
    f->hop = f->length - sources->taps + 1;
    f->wide = f->length + 8;
    int64_t count = sources->count, each = count * count * sources->taps;
    f->products = oto_room(operation, 2 * each, sizeof *f->products);
    f->all_filters = oto_room(operation, each, sizeof *f->all_filters);
    f->own_filters = oto_room(operation, each, sizeof *f->own_filters);
    plan(f);
    find_products(f);
    step(context);
    for (int i = 0; i < count && !oto_interrupt_pending(); i++) {
        solve(f, i, 1, f->own_filters + i * count * sources->taps);
        step(context);
    }
    if (!oto_interrupt_pending()) solve(f, 0, (int)count, f->all_filters);
    step(context);
    return f;
}

void oto_filtered_sources_free(OtoFilteredSources *f) {
    fftw_destroy_plan(f->forward);
    fftw_destroy_plan(f->backward);
    free(f->products);
    free(f->all_filters);
    free(f->own_filters);
    free(f);
}

/* |P e|^2 = <P e, e> = the sum of filters times products. */
static double energy_from(const double *filter, const double *products, int taps) {
    double sum = 0;
    for (int t = 0; t < taps; t++) sum += filter[t] * products[t];
    return sum;
}

double oto_interference_ratio(const OtoFilteredSources *f, int source, int estimate) {
    int count = f->sources.count, taps = f->sources.taps;
    const double *alone = f->own_filters + (int64_t)(source * count + estimate) * taps;
    double own = energy_from(alone, product(f, source, count + estimate), taps), all = 0;
    for (int i = 0; i < count; i++)
        all +=
            energy_from(f->all_filters + (int64_t)(estimate * count + i) * taps, product(f, i, count + estimate), taps);
    return fmax(own, 0) / fmax(all - own, 1e-30 * all);
}

/* ---- energies ---- */

static void add_energies(const double *own, const double *all, const double *estimate, int count, OtoEnergies *sum) {
    for (int n = 0; n < count; n++) {
        double o = own[n], a = all[n], e = estimate[n];
        sum->own += o * o;
        sum->others += (a - o) * (a - o);
        sum->all += a * a;
        sum->distortion += (e - o) * (e - o);
        sum->rest += (e - a) * (e - a);
    }
}

/* Blocks that begin taps - 1 samples early: of what the filters give, those first samples lack a past and are left. */
static void filter_and_measure(int64_t from, int64_t to, void *context) {
    const struct pieces *p = context;
    const OtoFilteredSources *f = p->f;
    int count = f->sources.count, wide = f->wide, bins = f->length / 2 + 1, early = f->sources.taps - 1;
    double *block = p->space + from / p->grain * p->spaces * wide, *source = block + wide;
    double *own = source + wide * count, *all = own + wide, *mixed = all + wide;
    for (int64_t b = from; b < to && !oto_interrupt_pending(); b++) {
        for (int i = 0; i < count; i++) {
            load(f, i, b * f->hop - early, f->length, block);
            transform(f, block, source + wide * i);
        }
        for (int j = 0; j < count; j++) {
            const double *filters = p->filters + (int64_t)wide * j * (count + 1);
            memset(mixed, 0, (size_t)wide * sizeof *mixed);
            add_product(mixed, source + wide * j, filters, bins);
            transform_back(f, mixed, own);
            memset(mixed, 0, (size_t)wide * sizeof *mixed);
            for (int i = 0; i < count; i++) add_product(mixed, source + wide * i, filters + wide * (i + 1), bins);
            transform_back(f, mixed, all);
            load(f, count + p->estimate_of[j], b * f->hop - early, f->length, block);
            add_energies(own + early, all + early, block + early, f->hop, &p->energies[j][from / p->grain]);
        }
    }
}

/* The spectrum of a filter, divided by what a transform there and back multiplies with. */
static void filter_spectrum(const OtoFilteredSources *f, const double *filter, double *block, double *spectrum) {
    memset(block, 0, (size_t)f->length * sizeof *block);
    for (int t = 0; t < f->sources.taps; t++) block[t] = filter[t] / f->length;
    transform(f, block, spectrum);
}

static double *filter_spectra(const OtoFilteredSources *f, const int *estimate_of) {
    int count = f->sources.count, taps = f->sources.taps;
    double *block = spectra(f, 1), *all = spectra(f, count * (count + 1)), *spectrum = all;
    for (int j = 0; j < count; j++) {
        int e = estimate_of[j];
        filter_spectrum(f, f->own_filters + (int64_t)(j * count + e) * taps, block, spectrum);
        spectrum += f->wide;
        for (int i = 0; i < count; i++, spectrum += f->wide)
            filter_spectrum(f, f->all_filters + (int64_t)(e * count + i) * taps, block, spectrum);
    }
    fftw_free(block);
    return all;
}

void oto_filtered_energies(const OtoFilteredSources *f, const int *estimate_of, OtoEnergies *energies) {
    int count = f->sources.count;
    struct pieces p = pieces_of(f, f->sources.samples + f->sources.taps - 1, count + 4);
    double *filters = filter_spectra(f, estimate_of);
    p.filters = filters;
    p.estimate_of = estimate_of;
    p.energies = oto_room(f->operation, count, sizeof *p.energies);
    oto_parallel(p.blocks, p.grain, filter_and_measure, &p);
    for (int j = 0; j < count; j++) {
        energies[j] = (OtoEnergies){0};
        for (int piece = 0; piece < PIECES; piece++) {
            const OtoEnergies *part = &p.energies[j][piece];
            energies[j].own += part->own;
            energies[j].others += part->others;
            energies[j].all += part->all;
            energies[j].distortion += part->distortion;
            energies[j].rest += part->rest;
        }
        if (count == 1) energies[j].others = 0; /* whatever rounding makes of the same filter, found twice */
    }
    free(p.energies);
    fftw_free(filters);
    fftw_free(p.space);
}
