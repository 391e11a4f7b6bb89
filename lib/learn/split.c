#include "lib/learn/examples.h"
#include "lib/learn/matrix.h"
#include "lib/tensor/error.h"
#include "lib/tensor/random.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

/* 0, 1, ..., n - 1, allocated. */
static int64_t *counting(const char *operation, int64_t n) {
    int64_t *numbers = oto_room(operation, n, sizeof *numbers);
    for (int64_t i = 0; i < n; i++) numbers[i] = i;
    return numbers;
}

/* For each example the number of its group (or class) among *count, allocated; NULL where x is NULL. */
static int64_t *numbered(const char *operation, OtoTensor *x, int64_t *count) {
    if (!x) return NULL;
    int64_t *numbers = oto_whole_numbers(operation, x);
    free(oto_different(operation, numbers, x->size, count));
    return numbers;
}

static void check_options(const char *operation, int64_t n, OtoTensor *groups, OtoTensor *stratify) {
    if (n < 2) oto_refuse(operation, "n is %" PRId64 "; at least 2 examples are needed", n);
    if (groups && stratify)
        oto_refuse(operation, "groups and stratify cannot both hold: a group's examples stay together, whatever their "
                              "class");
    if (groups) oto_need_whole_numbers(operation, "groups", groups, n);
    if (stratify) oto_need_whole_numbers(operation, "stratify", stratify, n);
}

/* The indices i with tested[i] == side, as a tensor. */
static OtoTensor *indices_where(const int64_t *tested, int64_t n, int64_t side, bool equal) {
    int64_t count = 0;
    for (int64_t i = 0; i < n; i++) count += (tested[i] == side) == equal;
    OtoTensor *indices = oto_per_example(count, "split", NULL);
    int64_t *to = indices->data;
    for (int64_t i = 0; i < n; i++)
        if ((tested[i] == side) == equal) *to++ = i;
    return indices;
}

/* Marks examples at random until each class has given its share; what rounding leaves is given by the classes whose
 * share was cut most. */
static void mark_by_class(const int64_t *classes, int64_t n, int64_t class_count, int64_t tested_count,
                          int64_t *tested) {
    int64_t *order = counting("oto_train_test_split", n),
            *sizes = oto_room("oto_train_test_split", class_count, sizeof *sizes);
    int64_t *quota = oto_room("oto_train_test_split", class_count, sizeof *quota), given = 0;
    for (int64_t i = 0; i < n; i++) sizes[classes[i]]++;
    for (int64_t c = 0; c < class_count; c++) given += quota[c] = sizes[c] * tested_count / n;
    while (given < tested_count) {
        int64_t most = 0, rest = -1;
        for (int64_t c = 0; c < class_count; c++) {
            int64_t cut = sizes[c] * tested_count - quota[c] * n;
            if (cut > rest) most = c, rest = cut;
        }
        quota[most]++, given++;
    }
    oto_shuffle(order, n);
    for (int64_t i = 0; i < n; i++)
        if (quota[classes[order[i]]] > 0) {
            quota[classes[order[i]]]--;
            tested[order[i]] = 1;
        }
    free(order);
    free(sizes);
    free(quota);
}

OtoSplit(oto_train_test_split)(int64_t n, OtoSplitOptions options) {
    check_options("oto_train_test_split", n, options.groups, options.stratify);
    oto_check_range("oto_train_test_split", "test_size", options.test_size, 0, 1);
    int64_t count = n;
    int64_t *groups = numbered("oto_train_test_split", options.groups, &count);
    int64_t tested_count = (int64_t)ceil(options.test_size * (double)count - 1e-9);
    if (tested_count < 1 || tested_count >= count) {
        free(groups);
        oto_refuse("oto_train_test_split", "test_size %g of %" PRId64 " %s leaves %s", options.test_size, count,
                   options.groups ? "groups" : "examples",
                   tested_count < 1 ? "nothing to test on" : "nothing to learn from");
    }
    int64_t *tested = oto_room("oto_train_test_split", n, sizeof *tested);
    if (options.stratify) {
        int64_t class_count, *classes = numbered("oto_train_test_split", options.stratify, &class_count);
        mark_by_class(classes, n, class_count, tested_count, tested);
        free(classes);
    } else {
        int64_t *order = counting("oto_train_test_split", count),
                *place = oto_room("oto_train_test_split", count, sizeof *place);
        oto_shuffle(order, count);
        for (int64_t i = 0; i < count; i++) place[order[i]] = i;
        for (int64_t i = 0; i < n; i++) tested[i] = place[groups ? groups[i] : i] < tested_count;
        free(order);
        free(place);
    }
    OtoSplit split = {indices_where(tested, n, 0, true), indices_where(tested, n, 1, true)};
    free(tested);
    free(groups);
    return split;
}

/* scikit-learn's KFold: consecutive runs, the first n mod k of them longer by one. */
static void fold_in_runs(int64_t *fold, const int64_t *order, int64_t n, int k) {
    for (int64_t i = 0, from = 0; i < k; i++) {
        int64_t length = n / k + (i < n % k);
        for (int64_t j = 0; j < length; j++) fold[order[from + j]] = i;
        from += length;
    }
}

/* scikit-learn's StratifiedKFold: the classes, in the order in which they first appear, are dealt out sorted, example i
 * of that row to fold i mod k; a class's examples then fill its quotas fold by fold. */
static void fold_by_class(int64_t *fold, const int64_t *order, int64_t n, int k, const int64_t *classes,
                          int64_t class_count) {
    int64_t *rank = oto_room("oto_folds", class_count, sizeof *rank), seen = 0;
    int64_t *sizes = oto_room("oto_folds", class_count, sizeof *sizes);
    int64_t *quota = oto_room("oto_folds", class_count * k, sizeof *quota);
    for (int64_t c = 0; c < class_count; c++) rank[c] = -1;
    for (int64_t i = 0; i < n; i++) {
        if (rank[classes[i]] < 0) rank[classes[i]] = seen++;
        sizes[rank[classes[i]]]++;
    }
    for (int64_t c = 0, place = 0; c < class_count; c++)
        for (int64_t j = 0; j < sizes[c]; j++, place++) quota[c * k + place % k]++;
    for (int64_t i = 0; i < n; i++) {
        int64_t *mine = quota + rank[classes[order[i]]] * k;
        int at = 0;
        while (mine[at] == 0) at++;
        mine[at]--;
        fold[order[i]] = at;
    }
    free(rank);
    free(sizes);
    free(quota);
}

/* scikit-learn's GroupKFold: the largest group first, each into the fold that has fewest examples so far. */
static void fold_by_group(int64_t *fold, int64_t n, int k, const int64_t *groups, int64_t group_count) {
    int64_t *sizes = oto_room("oto_folds", group_count, sizeof *sizes);
    int64_t *filled = oto_room("oto_folds", k, sizeof *filled),
            *home = oto_room("oto_folds", group_count, sizeof *home);
    for (int64_t i = 0; i < n; i++) sizes[groups[i]]++;
    for (int64_t placed = 0; placed < group_count; placed++) {
        int64_t largest = 0, least = 0;
        for (int64_t g = 0; g < group_count; g++)
            if (sizes[g] >= sizes[largest]) largest = g;
        for (int64_t f = 0; f < k; f++)
            if (filled[f] < filled[least]) least = f;
        filled[least] += sizes[largest];
        home[largest] = least;
        sizes[largest] = -1;
    }
    for (int64_t i = 0; i < n; i++) fold[i] = home[groups[i]];
    free(sizes);
    free(filled);
    free(home);
}

OtoTensor *(oto_folds)(int64_t n, int k, OtoFolds options) {
    check_options("oto_folds", n, options.groups, options.stratify);
    int64_t count = n, class_count = 0;
    int64_t *groups = numbered("oto_folds", options.groups, &count);
    int64_t *classes = numbered("oto_folds", options.stratify, &class_count);
    if (k < 2 || k > count) {
        free(groups);
        free(classes);
        oto_refuse("oto_folds", "k is %d, but must be between 2 and the number of %s, %" PRId64, k,
                   options.groups ? "groups" : "examples", count);
    }
    OtoTensor *folds = oto_per_example(n, "folds", NULL);
    int64_t *order = counting("oto_folds", n);
    if (options.shuffle) oto_shuffle(order, n);
    if (groups)
        fold_by_group(folds->data, n, k, groups, count);
    else if (classes)
        fold_by_class(folds->data, order, n, k, classes, class_count);
    else
        fold_in_runs(folds->data, order, n, k);
    free(order);
    free(groups);
    free(classes);
    return folds;
}

OtoSplit oto_fold(OtoTensor *folds, int i) {
    oto_need("oto_fold", "folds", folds);
    oto_need_whole_numbers("oto_fold", "folds", folds, folds->size);
    int64_t *numbers = oto_whole_numbers("oto_fold", folds);
    OtoSplit split = {indices_where(numbers, folds->size, i, false), indices_where(numbers, folds->size, i, true)};
    free(numbers);
    if (split.test->size == 0) oto_refuse("oto_fold", "i is %d, but no example is in that fold", i);
    return split;
}
