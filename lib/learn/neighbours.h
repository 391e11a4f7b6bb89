/* neighbours: k-nearest-neighbour classification: an example has the class of most of the k known ones nearest to it.
 * Scale the features first (oto_scaling), or the one with the largest numbers decides alone.
 * Source: Cover and Hart 1967. Agrees with scikit-learn's KNeighborsClassifier(algorithm="brute"). */
#ifndef OTO_NEIGHBOURS_H
#define OTO_NEIGHBOURS_H

#include "../dsp/distance.h"
#include "../tensor/tensor.h"

typedef struct OtoKnn {
    OtoTensor *X, *labels; /* what it remembers; int64 labels (example n) */
    int k;
    OtoMetric metric;
    bool distance_weights;
} OtoKnn;

/* Remembers the examples X (example n, feature d) and their labels.
 *     .k   5      .metric  OTO_METRIC_EUCLIDEAN
 *     .distance_weights   true: a neighbour's vote counts 1 / distance
 * Refuses k below 1 or above n. */
typedef struct OtoKnnOptions {
    int k;
    OtoMetric metric;
    bool distance_weights;
} OtoKnnOptions;
OtoKnn oto_knn(OtoTensor *X, OtoTensor *labels, OtoKnnOptions options);
#define oto_knn(X, labels, ...) oto_knn(X, labels, OTO_OPTIONS(OtoKnnOptions, (.k = 5), __VA_ARGS__))

/* The class of each example: int64 (example). Of classes with as many votes, the lowest number. */
OtoTensor *oto_knn_predict(OtoKnn model, OtoTensor *X);
/* The k nearest known examples of each: indices int64 (example, neighbour k), nearest first; of equal distances the
 * lower index. */
OtoTensor *oto_knn_indices(OtoKnn model, OtoTensor *X);

#endif
