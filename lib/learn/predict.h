/* predict: one word for all models of this folder. */
#ifndef OTO_PREDICT_H
#define OTO_PREDICT_H

#include "kmeans.h"
#include "linear.h"
#include "neighbours.h"
#include "pca.h"

/* The class (or cluster) of each example of X: int64 (example). */
#define oto_predict(model, X)                                                                                          \
    _Generic((model), OtoKnn: oto_knn_predict, OtoLinear: oto_linear_predict, OtoKMeans: oto_kmeans_predict)(model, X)

#endif
