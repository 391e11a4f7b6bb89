/* masks: how much of a mixture belongs to each source, number by number. */
#ifndef OTO_MASKS_H
#define OTO_MASKS_H

#include "../tensor/tensor.h"

/* X^p / (X^p + X_ref^p), element by element, of two tensors of one shape without negative numbers: the share of X.
 *     .power 1 (p > 0; INFINITY: 1 where X > X_ref, else 0)
 *     .split_zeros false: where both are 0 the share is 0; true: 1/2
 * As librosa.util.softmask 0.11. */
typedef struct OtoSoftmask {
    double power;
    bool split_zeros;
} OtoSoftmask;
OtoTensor *oto_softmask(OtoTensor *X, OtoTensor *X_ref, OtoSoftmask options);
#define oto_softmask(X, X_ref, ...)                                                                                    \
    oto_softmask(X, X_ref, OTO_OPTIONS(OtoSoftmask, (.power = 1, .split_zeros = false), __VA_ARGS__))

/* The sources of a mixture, from guesses of their magnitudes: S V_i^p / (V_1^p + ... + V_n^p). S is complex64 (or
 * float32) of any shape, V (source, ...S's shape) without negative numbers; the result has V's shape and S's type, and
 * its sum over sources is S: where all guesses are 0, every source gets as much.
 *     .power 2: the Wiener filter of sources whose powers V^2 are known (Liutkus and Badeau 2015) */
typedef struct OtoWiener {
    double power;
} OtoWiener;
OtoTensor *oto_wiener(OtoTensor *S, OtoTensor *V, OtoWiener options);
#define oto_wiener(S, V, ...) oto_wiener(S, V, OTO_OPTIONS(OtoWiener, (.power = 2), __VA_ARGS__))

/* ---- for the library's own files ---- */

/* mask[i] = x[i]^p / (x[i]^p + (margin ref[i])^p); where both are 0: at_zero. */
void oto_softmask_into(float *mask, const float *x, const float *ref, float margin, int64_t n, double power,
                       float at_zero);

#endif
