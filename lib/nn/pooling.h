/* pooling: what lies in a window becomes one number, its maximum or its mean. x is (batch, channels, time) for the
 * functions that end in 1d, (batch, channels, height, width) for those in 2d. As in torch.nn.functional. */
#ifndef OTO_NN_POOLING_H
#define OTO_NN_POOLING_H

#include "../tensor/tensor.h"

typedef struct OtoPoolOptions {
    int stride;  /* 0: as long as the window, so that windows do not overlap */
    int padding; /* at most half a window; of a maximum it is never the largest, of a mean it counts as 0 */
    /* Of each axis (height, width) where they differ; a window's height and width are .kernels = {1, 2}. */
    int kernels[2], strides[2], paddings[2];
    OtoTensor **indices; /* of a maximum: receives where it was, int64, counted in x's (height, width) */
} OtoPoolOptions;
#define OTO_POOL_OPTIONS(...) OTO_OPTIONS(OtoPoolOptions, (.stride = 0, .padding = 0), __VA_ARGS__)

/* The length becomes (length + 2 padding - kernel) / stride + 1, rounded down. Of equal values the first is taken. */
OtoTensor *oto_max_pool1d(OtoTensor *x, int kernel, OtoPoolOptions options);
#define oto_max_pool1d(x, kernel, ...) oto_max_pool1d(x, kernel, OTO_POOL_OPTIONS(__VA_ARGS__))
OtoTensor *oto_max_pool2d(OtoTensor *x, int kernel, OtoPoolOptions options);
#define oto_max_pool2d(x, kernel, ...) oto_max_pool2d(x, kernel, OTO_POOL_OPTIONS(__VA_ARGS__))
OtoTensor *oto_avg_pool1d(OtoTensor *x, int kernel, OtoPoolOptions options);
#define oto_avg_pool1d(x, kernel, ...) oto_avg_pool1d(x, kernel, OTO_POOL_OPTIONS(__VA_ARGS__))
OtoTensor *oto_avg_pool2d(OtoTensor *x, int kernel, OtoPoolOptions options);
#define oto_avg_pool2d(x, kernel, ...) oto_avg_pool2d(x, kernel, OTO_POOL_OPTIONS(__VA_ARGS__))

/* Means of windows that divide x into so many: result i is over floor(i length / size) ... ceil((i + 1) length / size).
 */
OtoTensor *oto_adaptive_avg_pool1d(OtoTensor *x, int64_t size);
OtoTensor *oto_adaptive_avg_pool2d(OtoTensor *x, int64_t height, int64_t width);

/* Each value of x where the maximum was that `indices` of oto_max_pool tells, in a result of these lengths; else 0. */
OtoTensor *oto_max_unpool1d(OtoTensor *x, OtoTensor *indices, int64_t time);
OtoTensor *oto_max_unpool2d(OtoTensor *x, OtoTensor *indices, int64_t height, int64_t width);

#endif
