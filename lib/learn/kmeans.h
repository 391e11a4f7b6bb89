/* kmeans: k centres such that the examples lie near the nearest one.
 *
 * Each step gives every example to its nearest centre, then moves every centre to the mean of its examples (Lloyd
 * 1982), until no centre moves by more than tolerance. The first centres are drawn one after another, each example with
 * a chance that grows with its squared distance from those drawn (k-means++, Arthur and Vassilvitskii 2007); of .starts
 * runs the one with the least inertia is kept. With .centres given, agrees with scikit-learn's
 * KMeans(algorithm="lloyd"). */
#ifndef OTO_KMEANS_H
#define OTO_KMEANS_H

#include "../tensor/tensor.h"

typedef struct OtoKMeans {
    OtoTensor *centres; /* (cluster k, feature d) */
    OtoTensor *labels;  /* int64 (example n): the cluster of each */
    double inertia;     /* sum of squared distances to the nearest centre */
    int iterations;
} OtoKMeans;

/*     .starts 10    .max_iterations 300    .tolerance 1e-4, times the mean variance of the features
 *     .centres   (cluster k, feature d) to start from, instead of drawn ones
 * A cluster that has lost all its examples takes the one farthest from its centre. Refuses k below 1 or above n. */
typedef struct OtoKMeansOptions {
    int starts, max_iterations;
    double tolerance;
    OtoTensor *centres;
} OtoKMeansOptions;
OtoKMeans oto_kmeans(OtoTensor *X, int k, OtoKMeansOptions options);
#define oto_kmeans(X, k, ...)                                                                                          \
    oto_kmeans(X, k,                                                                                                   \
               OTO_OPTIONS(OtoKMeansOptions, (.starts = 10, .max_iterations = 300, .tolerance = 1e-4), __VA_ARGS__))
/* The nearest centre of each example: int64 (example). */
OtoTensor *oto_kmeans_predict(OtoKMeans model, OtoTensor *X);

#endif
