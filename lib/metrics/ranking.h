/* ranking: how well scores put what is wanted before what is not, whatever threshold one chooses later.
 *
 * relevant is 1 where an example is positive and 0 where it is not; scores grow with confidence. Both (example n);
 * those that say so also take (example n, class k), one column a tag, or (query n, item k). */
#ifndef OTO_RANKING_H
#define OTO_RANKING_H

#include "../tensor/tensor.h"

/* A point for each different score as the threshold, from the strictest: the first, (0, 0), calls nothing positive. */
typedef struct OtoRoc {
    OtoTensor *false_positive_rate; /* FP / (FP + TN), (threshold m) */
    OtoTensor *true_positive_rate;  /* TP / (TP + FN) */
    OtoTensor *thresholds;          /* the first is infinite */
    double auc;                     /* area below: 0.5 is chance, 1 perfect */
} OtoRoc;
/* As sklearn.metrics.roc_curve(drop_intermediate=False) and roc_auc_score. Refuses when all or none are positive. */
OtoRoc oto_roc(OtoTensor *relevant, OtoTensor *scores);
/* Only the area; of (example n, class k) the mean over classes. */
double oto_roc_auc(OtoTensor *relevant, OtoTensor *scores);

/* The same thresholds from the strictest; the first point is precision 1, recall 0. */
typedef struct OtoPrecisionRecall {
    OtoTensor *precision, *recall, *thresholds; /* (threshold m) */
    double average_precision;                   /* sum of (recall step) precision */
} OtoPrecisionRecall;
/* As sklearn.metrics.precision_recall_curve (in reverse) and average_precision_score. Refuses when none is positive. */
OtoPrecisionRecall oto_precision_recall(OtoTensor *relevant, OtoTensor *scores);
/* Only the average precision (PR-AUC); of (example n, class k) the mean over classes. */
double oto_average_precision(OtoTensor *relevant, OtoTensor *scores);

/* Retrieval, (query n, item k): mean over queries of the average precision, each query's items ranked by score; and of
 * 1 / rank of the first relevant item. A query with no relevant item counts 0. Where an item stands makes no difference
 * among equal scores: they share one threshold in the average precision, as above, and the reciprocal rank is its mean
 * over all orders of them (McSherry and Najork 2008), so that constant scores are worth what chance is. */
double oto_mean_average_precision(OtoTensor *relevant, OtoTensor *scores);
double oto_mean_reciprocal_rank(OtoTensor *relevant, OtoTensor *scores);

#endif
