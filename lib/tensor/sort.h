/* sort: numbers in order along an axis, and where they stood. NaN counts as larger than every number. Equal numbers
 * keep their order. Gradients flow through the values, again too. An axis is given by its name or number. */
#ifndef OTO_SORT_H
#define OTO_SORT_H

#include "axis.h"
#include "options.h"

typedef struct OtoSorted {
    OtoTensor *values, *indices; /* float32, and int64: values = oto_gather(x, axis, indices) */
} OtoSorted;

/* Ascending, or with .descending = true the largest first. As torch.sort(x, dim=axis, stable=True). */
typedef struct OtoSortOptions {
    bool descending;
} OtoSortOptions;
#define OTO_SORTING(...) OTO_OPTIONS(OtoSortOptions, (.descending = false), __VA_ARGS__)
#define oto_sort(x, axis, ...) oto_sort_axis(x, OTO_WHICH_AXIS(axis), OTO_SORTING(__VA_ARGS__))
OtoSorted oto_sort_axis(OtoTensor *x, OtoWhichAxis axis, OtoSortOptions options);
/* The indices alone. As torch.argsort. */
#define oto_argsort(x, axis, ...) oto_argsort_axis(x, OTO_WHICH_AXIS(axis), OTO_SORTING(__VA_ARGS__))
OtoTensor *oto_argsort_axis(OtoTensor *x, OtoWhichAxis axis, OtoSortOptions options);

/* The k largest along an axis, the largest first; with .smallest = true the k smallest. As torch.topk. */
typedef struct OtoTopkOptions {
    bool smallest;
} OtoTopkOptions;
#define oto_topk(x, axis, k, ...)                                                                                      \
    oto_topk_axis(x, OTO_WHICH_AXIS(axis), k, OTO_OPTIONS(OtoTopkOptions, (.smallest = false), __VA_ARGS__))
OtoSorted oto_topk_axis(OtoTensor *x, OtoWhichAxis axis, int64_t k, OtoTopkOptions options);

#endif
