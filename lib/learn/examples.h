/* examples: what the learning functions of this folder are given, and how it is divided and scaled.
 *
 * X is float32 (example n, feature d): one row an example. A spectrogram (mel 128, time n) becomes one by
 * oto_transpose, a list of songs' features by oto_stack. Labels, groups and indices are whole numbers (example n),
 * int64 or float32. NaN and infinite values are refused everywhere.
 */
#ifndef OTO_EXAMPLES_H
#define OTO_EXAMPLES_H

#include "../tensor/tensor.h"

/* Rows of x (or elements, where it has one axis) at these indices, in their order: oto_take(X, split.train). */
OtoTensor *oto_take(OtoTensor *x, OtoTensor *indices);

/* Indices of the examples to learn from and of those to test on, int64, each ascending. */
typedef struct OtoSplit {
    OtoTensor *train, *test;
} OtoSplit;

/* Divides n examples at random (oto_seed).
 *     .test_size  0.25, the share that is tested on, rounded up to whole examples
 *     .groups     (example n): examples of one group (a song, an artist, an instrument) never stand on both sides. The
 *                 share then counts groups. Without it, what is alike within a group leaks: scores on the test are too
 *                 good.
 *     .stratify   (example n), labels: every class has its share on both sides (not together with .groups)
 * As scikit-learn's train_test_split and GroupShuffleSplit, with another generator. Refuses fewer than two examples or
 * groups, and a side that would be empty. */
typedef struct OtoSplitOptions {
    double test_size;
    OtoTensor *groups, *stratify;
} OtoSplitOptions;
OtoSplit oto_train_test_split(int64_t n, OtoSplitOptions options);
#define oto_train_test_split(n, ...)                                                                                   \
    oto_train_test_split(n, OTO_OPTIONS(OtoSplitOptions, (.test_size = 0.25), __VA_ARGS__))

/* The number 0 ... k - 1 of the fold in which each of n examples is tested: int64 (example n).
 *     .shuffle    false: as scikit-learn's KFold, StratifiedKFold, GroupKFold, to the example
 *     .groups, .stratify   as above
 * Refuses k below 2 or above the number of examples (or groups). */
typedef struct OtoFolds {
    bool shuffle;
    OtoTensor *groups, *stratify;
} OtoFolds;
OtoTensor *oto_folds(int64_t n, int k, OtoFolds options);
#define oto_folds(n, k, ...) oto_folds(n, k, OTO_OPTIONS(OtoFolds, (.shuffle = false), __VA_ARGS__))
/* The split that tests on fold i. */
OtoSplit oto_fold(OtoTensor *folds, int i);

/* z = (x - mean) / deviation for each feature, with the mean and deviation of the examples it was made from: make it
 * from the training examples, use it on both sides. A feature that never changes is left at 0. As scikit-learn's
 * StandardScaler. */
typedef struct OtoScaling {
    OtoTensor *mean, *deviation; /* (feature d) */
} OtoScaling;
OtoScaling oto_scaling(OtoTensor *X);
OtoTensor *oto_scale(OtoScaling scaling, OtoTensor *X);

#endif
