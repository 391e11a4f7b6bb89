/* classification: how often, and where, a classifier is right.
 *
 * labels are whole numbers (example n), int64 or float32. predicted are the same, or scores: float32 (example n, class
 * k), whose largest says the class 0 ... k - 1. */
#ifndef OTO_CLASSIFICATION_H
#define OTO_CLASSIFICATION_H

#include "../tensor/tensor.h"

/* The share of examples whose class is right. As sklearn.metrics.accuracy_score. */
double oto_accuracy(OtoTensor *labels, OtoTensor *predicted);

/* How often each class was taken for each other: int64 (true class, predicted class). The classes are the numbers that
 * occur in either, ascending: axis "true" knows them. As sklearn.metrics.confusion_matrix. */
OtoTensor *oto_confusion_matrix(OtoTensor *labels, OtoTensor *predicted);

/* For each class c: precision TP / (TP + FP), of those called c the share that is; recall TP / (TP + FN), of those that
 * are c the share that was found; F1 = 2 TP / (2 TP + FP + FN); 0 where there is nothing to divide by. Then their
 * means: macro over classes, weighted by their number of examples, and micro over all examples (which is the accuracy).
 * As sklearn.metrics.precision_recall_fscore_support. */
typedef struct OtoReport {
    OtoTensor *classes;                 /* int64 (class k), ascending */
    OtoTensor *precision, *recall, *f1; /* (class k) */
    OtoTensor *support;                 /* int64 (class k): examples of the class */
    double macro_precision, macro_recall, macro_f1, weighted_f1, accuracy;
} OtoReport;
OtoReport oto_classification_report(OtoTensor *labels, OtoTensor *predicted);
/* Its macro F1. */
double oto_macro_f1(OtoTensor *labels, OtoTensor *predicted);

#endif
