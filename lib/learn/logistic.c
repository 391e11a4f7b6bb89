#include "lib/learn/lbfgs.h"
#include "lib/learn/linear.h"
#include "lib/learn/linear_model.h"
#include "lib/learn/matrix.h"
#include "lib/tensor/error.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Variables: for each plane d weights and a bias. Everything is divided by C n, so that derivatives do not grow with
 * the number of examples. */
struct problem {
    const struct oto_training *training;
    double penalty; /* 1 / C n */
    double *scores; /* of one example */
};

/* Adds factor x to a plane's derivatives. */
static void add_example(double *gradient, const float *x, int64_t d, double factor) {
    for (int64_t j = 0; j < d; j++) gradient[j] += factor * (double)x[j];
    gradient[d] += factor;
}

/* -log p of the label by the logistic function; the derivative by the score is p(second class) - [label is second]. */
static double binary_loss(const struct problem *p, const float *x, bool second, double *gradient) {
    double s = p->scores[0], sign = second ? 1 : -1, margin = sign * s;
    double loss = margin > 0 ? log1p(exp(-margin)) : -margin + log1p(exp(margin));
    double probability = 1 / (1 + exp(-s));
    add_example(gradient, x, p->training->d, (probability - second) / (double)p->training->n);
    return loss;
}

/* -log softmax(scores)[label]; the derivative by score c is softmax(scores)[c] - [label is c]. */
static double softmax_loss(const struct problem *p, const float *x, int64_t label, double *gradient) {
    int64_t planes = p->training->planes, d = p->training->d;
    double highest = -INFINITY, sum = 0;
    for (int64_t c = 0; c < planes; c++) highest = fmax(highest, p->scores[c]);
    for (int64_t c = 0; c < planes; c++) sum += exp(p->scores[c] - highest);
    for (int64_t c = 0; c < planes; c++) {
        double probability = exp(p->scores[c] - highest) / sum;
        add_example(gradient + c * (d + 1), x, d, (probability - (c == label)) / (double)p->training->n);
    }
    return log(sum) + highest - p->scores[label];
}

static double objective(const double *w, double *gradient, void *context) {
    struct problem *p = context;
    const struct oto_training *training = p->training;
    int64_t d = training->d, width = d + 1;
    double loss = 0, squares = 0;
    memset(gradient, 0, (size_t)(training->planes * width) * sizeof *gradient);
    for (int64_t i = 0; i < training->n; i++) {
        const float *x = training->X + i * d;
        for (int64_t c = 0; c < training->planes; c++) {
            p->scores[c] = w[c * width + d];
            for (int64_t j = 0; j < d; j++) p->scores[c] += w[c * width + j] * (double)x[j];
        }
        loss += training->planes == 1 ? binary_loss(p, x, training->labels[i] == 1, gradient)
                                      : softmax_loss(p, x, training->labels[i], gradient);
    }
    for (int64_t c = 0; c < training->planes; c++)
        for (int64_t j = 0; j < d; j++) {
            squares += w[c * width + j] * w[c * width + j];
            gradient[c * width + j] += p->penalty * w[c * width + j];
        }
    return loss / (double)training->n + p->penalty * squares / 2;
}

OtoLinear(oto_logistic)(OtoTensor *X, OtoTensor *labels, OtoLogisticOptions options) {
    const char *me = "oto_logistic";
    oto_check_range(me, "C", options.C, 1e-12, 1e12);
    oto_check_range(me, "max_iterations", options.max_iterations, 1, 1e9);
    oto_check_range(me, "tolerance", options.tolerance, 1e-12, 1e3);
    struct oto_training training;
    OtoLinear model = oto_linear_begin(me, OTO_LOGISTIC, X, labels, &training);
    int64_t width = training.d + 1, count = training.planes * width;
    double *w = oto_room(me, count, sizeof *w);
    struct problem problem = {&training, 1 / (options.C * (double)training.n),
                              oto_room(me, training.planes, sizeof *problem.scores)};
    model.converged =
        oto_lbfgs(me, count, w, objective, &problem, options.tolerance, options.max_iterations, &model.iterations);
    for (int64_t c = 0; c < training.planes; c++) oto_linear_set(&model, c, w + c * width, w[c * width + training.d]);
    free(problem.scores);
    free(w);
    free(training.labels);
    return model;
}
