#include "lib/dsp/dot.h"
#include "lib/dsp/hmm.h"
#include "lib/tensor/error.h"
#include "lib/tensor/simd.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Both passes, in double; each frame's alpha is divided by its sum, so nothing underflows. */
struct passes {
    int64_t states, frames;
    const float *prob;    /* (state, time) */
    double *transition;   /* (from, to) */
    double *alpha;        /* (time, state) */
    double *beta, *ahead; /* (state); prob times beta of the frame behind */
    double *expected;     /* (from, to), or NULL */
};

OTO_VECTORISED static void add_scaled(double *restrict sum, const double *restrict row, double scale, int64_t n) {
    for (int64_t j = 0; j < n; j++) sum[j] += scale * row[j];
}

OTO_VECTORISED static void add_expected(double *restrict sum, const double *restrict row, const double *restrict ahead,
                                        double scale, int64_t n) {
    for (int64_t j = 0; j < n; j++) sum[j] += scale * row[j] * ahead[j];
}

/* Divides by the sum, and returns it. */
static double scale_to_one(double *x, int64_t n) {
    double sum = 0;
    for (int64_t j = 0; j < n; j++) sum += x[j];
    for (int64_t j = 0; j < n && sum > 0; j++) x[j] /= sum;
    return sum;
}

/* log p(all observations), or NaN and *impossible, the frame that no state explains. */
static double forward(const struct passes *p, const double *initial, int64_t *impossible) {
    int64_t n = p->states;
    double likelihood = 0;
    for (int64_t t = 0; t < p->frames; t++) {
        double *now = p->alpha + t * n;
        if (t % 16 == 0 && oto_interrupt_pending()) return likelihood;
        if (t == 0) {
            memcpy(now, initial, (size_t)n * sizeof *now);
        } else {
            memset(now, 0, (size_t)n * sizeof *now);
            for (int64_t i = 0; i < n; i++)
                if (now[i - n] > 0) add_scaled(now, p->transition + i * n, now[i - n], n);
        }
        for (int64_t j = 0; j < n; j++) now[j] *= (double)p->prob[j * p->frames + t];
        double sum = scale_to_one(now, n);
        if (!(sum > 0)) {
            *impossible = t;
            return NAN;
        }
        likelihood += log(sum);
    }
    return likelihood;
}

/* gamma (state, time) from alpha and beta, from the last frame to the first. */
static void backward(const struct passes *p, float *gamma) {
    int64_t n = p->states;
    for (int64_t j = 0; j < n; j++) p->beta[j] = 1;
    for (int64_t t = p->frames - 1; t >= 0; t--) {
        double *alpha = p->alpha + t * n, sum = 0;
        if (t % 16 == 0 && oto_interrupt_pending()) return;
        for (int64_t j = 0; j < n; j++) sum += alpha[j] * p->beta[j];
        for (int64_t j = 0; j < n; j++) gamma[j * p->frames + t] = (float)(alpha[j] * p->beta[j] / sum);
        if (t == 0) return;
        for (int64_t j = 0; j < n; j++) p->ahead[j] = (double)p->prob[j * p->frames + t] * p->beta[j];
        const double *before = alpha - n;
        for (int64_t i = 0; i < n; i++) p->beta[i] = oto_dot(p->transition + i * n, p->ahead, n);
        double all = oto_dot(before, p->beta, n);
        for (int64_t i = 0; i < n && p->expected; i++)
            add_expected(p->expected + i * n, p->transition + i * n, p->ahead, before[i] / all, n);
        scale_to_one(p->beta, n);
    }
}

static void check(const char *operation, OtoTensor *prob, OtoTensor *transition, const OtoForwardBackward *o) {
    oto_need_probabilities(operation, "prob", prob);
    if (prob->rank != 2 || prob->size == 0)
        oto_refuse(operation, "prob is %s, but must be (state, time), not empty", oto_shape_quoted(prob));
    oto_need_float(operation, "transition", transition);
    if (transition->rank != 2 || transition->rows != prob->rows || transition->cols != prob->rows)
        oto_refuse(operation, "transition is %s, but must be (from, to) of the %" PRId64 " states of prob %s",
                   oto_shape_quoted(transition), prob->rows, oto_shape_quoted(prob));
    oto_need_distribution(operation, "transition", transition, false);
    if (o->p_init) oto_need_distribution(operation, "p_init", o->p_init, false);
    if (o->p_init && (o->p_init->rank != 1 || o->p_init->size != prob->rows))
        oto_refuse(operation, "p_init is %s, but must have one number for each of the %" PRId64 " states",
                   oto_shape_quoted(o->p_init), prob->rows);
    if (o->log_likelihood) oto_check_buffer(operation, "log_likelihood", o->log_likelihood, sizeof *o->log_likelihood);
    if (o->transitions) oto_check_buffer(operation, "transitions", o->transitions, sizeof *o->transitions);
}

OtoTensor *(oto_forward_backward)(OtoTensor *prob, OtoTensor *transition, OtoForwardBackward options) {
    const char *operation = "oto_forward_backward";
    check(operation, prob, transition, &options);
    int64_t n = prob->rows, frames = prob->cols, matrix = n * n;
    double *room = calloc((size_t)(2 * matrix + n * frames + 3 * n), sizeof *room);
    if (!room) oto_refuse(operation, "no memory for %" PRId64 " states and %" PRId64 " frames", n, frames);
    struct passes p = {.states = n,
                       .frames = frames,
                       .prob = prob->data,
                       .transition = room,
                       .expected = options.transitions ? room + matrix : NULL,
                       .alpha = room + 2 * matrix,
                       .beta = room + 2 * matrix + n * frames,
                       .ahead = room + 2 * matrix + n * frames + n};
    double *initial = p.ahead + n;
    for (int64_t i = 0; i < matrix; i++) p.transition[i] = (double)((float *)transition->data)[i];
    for (int64_t i = 0; i < n; i++)
        initial[i] = options.p_init ? (double)((float *)options.p_init->data)[i] : 1 / (double)n;
    int64_t impossible = -1;
    double likelihood = forward(&p, initial, &impossible);
    if (impossible >= 0) {
        free(room);
        oto_refuse(operation,
                   "the observations are impossible: no state that can be reached has a probability at frame "
                   "%" PRId64 "; add a little to prob",
                   impossible);
    }
    OtoTensor *gamma = oto_like(prob, OTO_FLOAT32, "posterior");
    backward(&p, gamma->data);
    gamma->quantity = OTO_PLAIN;
    if (options.log_likelihood) *options.log_likelihood = likelihood;
    if (options.transitions) {
        OtoTensor *expected = oto_like(transition, OTO_FLOAT32, "expected transitions");
        for (int64_t i = 0; i < matrix; i++) ((float *)expected->data)[i] = (float)p.expected[i];
        *options.transitions = expected;
    }
    free(room);
    return gamma;
}
