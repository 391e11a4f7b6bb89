#include "lib/learn/linear.h"
#include "lib/learn/linear_model.h"
#include "lib/learn/matrix.h"
#include "lib/tensor/error.h"
#include "lib/tensor/random.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The dual has a variable alpha_i >= 0 for each example, and w = sum alpha_i y_i x_i (the bias is the weight of a
 * feature that is always 1). One at a time is moved to where the dual is least while the others stand still, in an
 * order drawn anew in each pass. G = y_i w.x_i - 1 + alpha_i / 2C       its derivative alpha_i <- max(0, alpha_i - G /
 * (x_i.x_i + 1 / 2C)) */
struct descent {
    const struct oto_training *training;
    int64_t positive; /* this class has y = 1 */
    double C;
    double *alpha, *squares; /* n; squares: x_i.x_i + 1 + 1 / 2C */
    double *w;               /* d + 1: the last is the bias */
    int64_t *order;
};

static double dot(const float *x, const double *w, int64_t d) {
    double sum = w[d];
    for (int64_t j = 0; j < d; j++) sum += (double)x[j] * w[j];
    return sum;
}

/* One pass; -> how far the derivatives are from those of the optimum. */
static double pass(struct descent *s) {
    int64_t n = s->training->n, d = s->training->d;
    double highest = -INFINITY, lowest = INFINITY;
    oto_shuffle(s->order, n);
    for (int64_t at = 0; at < n; at++) {
        int64_t i = s->order[at];
        const float *x = s->training->X + i * d;
        double y = s->training->labels[i] == s->positive ? 1 : -1;
        double G = y * dot(x, s->w, d) - 1 + s->alpha[i] / (2 * s->C), before = s->alpha[i];
        double projected = before == 0 ? fmin(G, 0) : G;
        highest = fmax(highest, projected);
        lowest = fmin(lowest, projected);
        if (fabs(projected) < 1e-12) continue;
        s->alpha[i] = fmax(0, before - G / s->squares[i]);
        double step = (s->alpha[i] - before) * y;
        for (int64_t j = 0; j < d; j++) s->w[j] += step * (double)x[j];
        s->w[d] += step;
    }
    return highest - lowest;
}

static void descend(struct descent *s, const OtoSvmOptions *options, OtoLinear *model) {
    int64_t n = s->training->n, d = s->training->d;
    memset(s->alpha, 0, (size_t)n * sizeof *s->alpha);
    memset(s->w, 0, (size_t)(d + 1) * sizeof *s->w);
    int passes = 0;
    bool converged = false;
    while (!converged && passes < options->max_iterations && !oto_interrupt_pending()) {
        converged = pass(s) <= options->tolerance;
        passes++;
    }
    model->converged &= converged;
    if (passes > model->iterations) model->iterations = passes;
}

OtoLinear(oto_svm)(OtoTensor *X, OtoTensor *labels, OtoSvmOptions options) {
    const char *me = "oto_svm";
    oto_check_range(me, "C", options.C, 1e-12, 1e12);
    oto_check_range(me, "max_iterations", options.max_iterations, 1, 1e9);
    oto_check_range(me, "tolerance", options.tolerance, 1e-12, 1e3);
    struct oto_training training;
    OtoLinear model = oto_linear_begin(me, OTO_SVM, X, labels, &training);
    model.converged = true;
    int64_t n = training.n, d = training.d;
    struct descent s = {.training = &training, .C = options.C};
    s.alpha = oto_room(me, n, sizeof *s.alpha);
    s.squares = oto_room(me, n, sizeof *s.squares);
    s.w = oto_room(me, d + 1, sizeof *s.w);
    s.order = oto_room(me, n, sizeof *s.order);
    for (int64_t i = 0; i < n; i++) {
        s.order[i] = i;
        s.squares[i] = 1 + 1 / (2 * options.C);
        for (int64_t j = 0; j < d; j++) s.squares[i] += (double)training.X[i * d + j] * (double)training.X[i * d + j];
    }
    for (int64_t plane = 0; plane < training.planes; plane++) {
        s.positive = training.classes == 2 ? 1 : plane;
        descend(&s, &options, &model);
        oto_linear_set(&model, plane, s.w, s.w[d]);
    }
    free(s.alpha);
    free(s.squares);
    free(s.w);
    free(s.order);
    free(training.labels);
    return model;
}
