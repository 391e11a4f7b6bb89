/* linear_model: what the two ways to find hyperplanes (svm.c, logistic.c) share. Not for students. */
#ifndef OTO_LINEAR_MODEL_H
#define OTO_LINEAR_MODEL_H

#include "lib/learn/linear.h"

/* The examples as the solvers see them. */
struct oto_training {
    const float *X; /* (n, d) */
    int64_t n, d, classes, planes;
    int64_t *labels; /* n numbers below `classes`, allocated */
};

/* Checks X and labels, and makes the model they will fill. */
OtoLinear oto_linear_begin(const char *operation, OtoLinearKind kind, OtoTensor *X, OtoTensor *labels,
                           struct oto_training *training);
/* The plane of d weights and a bias goes into the model. */
void oto_linear_set(OtoLinear *model, int64_t plane, const double *weights, double bias);

#endif
