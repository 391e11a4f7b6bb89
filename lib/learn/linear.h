/* linear: classifiers that draw a hyperplane: score of a class = w.x + b, the class with the largest score wins.
 * Scale the features first (oto_scaling). Two classes have one plane; more have one each. */
#ifndef OTO_LINEAR_H
#define OTO_LINEAR_H

#include "../tensor/tensor.h"

typedef enum OtoLinearKind { OTO_SVM, OTO_LOGISTIC } OtoLinearKind;

typedef struct OtoLinear {
    OtoLinearKind kind;
    OtoTensor *classes; /* int64 (class k): the labels, ascending */
    OtoTensor *weights; /* (plane 1 or k, feature d) */
    OtoTensor *bias;    /* (plane 1 or k) */
    int iterations;     /* passes over the examples, of the plane that took most */
    bool converged;     /* false: max_iterations was not enough, or the calculation was interrupted */
} OtoLinear;

/* A linear support vector machine with squared hinge loss: minimises
 *     1/2 (|w|^2 + b^2) + C sum max(0, 1 - y (w.x + b))^2,
 * y = 1 for the plane's class and -1 for all others, by coordinate descent in the dual (Hsieh et al. 2008).
 *     .C 1: the smaller, the simpler    .max_iterations 1000    .tolerance 1e-4
 * X (example n, feature d), labels (example n). Agrees with scikit-learn's LinearSVC. Refuses fewer than two
 * classes. */
typedef struct OtoSvmOptions {
    double C, tolerance;
    int max_iterations;
} OtoSvmOptions;
OtoLinear oto_svm(OtoTensor *X, OtoTensor *labels, OtoSvmOptions options);
#define oto_svm(X, labels, ...)                                                                                        \
    oto_svm(X, labels, OTO_OPTIONS(OtoSvmOptions, (.C = 1, .max_iterations = 1000, .tolerance = 1e-4), __VA_ARGS__))

/* Logistic regression: minimises 1/2 |w|^2 - C sum log p(label | x), where p is the softmax of the scores (with two
 * classes the logistic function of the one score), by L-BFGS (Liu and Nocedal 1989) until no partial derivative,
 * divided by C n, is larger than the tolerance.
 *     .C  1    .max_iterations 100    .tolerance 1e-4
 * Agrees with scikit-learn's LogisticRegression. */
typedef struct OtoLogisticOptions {
    double C, tolerance;
    int max_iterations;
} OtoLogisticOptions;
OtoLinear oto_logistic(OtoTensor *X, OtoTensor *labels, OtoLogisticOptions options);
#define oto_logistic(X, labels, ...)                                                                                   \
    oto_logistic(X, labels,                                                                                            \
                 OTO_OPTIONS(OtoLogisticOptions, (.C = 1, .max_iterations = 100, .tolerance = 1e-4), __VA_ARGS__))

/* The scores w.x + b: (example, class k), with two classes (example). */
OtoTensor *oto_linear_scores(OtoLinear model, OtoTensor *X);
/* The class of each example: int64 (example). */
OtoTensor *oto_linear_predict(OtoLinear model, OtoTensor *X);
/* p(class | x) of a logistic regression: (example, class k). Refuses a support vector machine, whose scores are no
 * probabilities. */
OtoTensor *oto_linear_probabilities(OtoLinear model, OtoTensor *X);

#endif
