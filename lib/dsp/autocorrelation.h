/* autocorrelation: how alike a signal is to itself a little later; and the all-pole model that follows from it. */
#ifndef OTO_AUTOCORRELATION_H
#define OTO_AUTOCORRELATION_H

#include "../tensor/tensor.h"

/* r[l] = sum over n of y[n] y[n + l], for lags l = 0 ... max_size - 1, along the last axis: (..., lag). By FFT, in
 * N log N steps. .max_size 0: all N lags. Refuses NaN. As librosa.autocorrelate 0.11. */
typedef struct OtoAutocorrelate {
    int64_t max_size;
} OtoAutocorrelate;
OtoTensor *oto_autocorrelate(OtoTensor *y, OtoAutocorrelate options);
#define oto_autocorrelate(y, ...) oto_autocorrelate(y, OTO_OPTIONS(OtoAutocorrelate, (.max_size = 0), __VA_ARGS__))

/* Linear prediction: a[0] = 1 and a[1 ... order] with the smallest sum of squares of
 *     y[n] + a[1] y[n - 1] + ... + a[order] y[n - order]
 * forwards and backwards in time, by Burg's method; 1 / |A(f)| is the spectral envelope. (time) gives (coefficient
 * order + 1), (channels, time) gives (channels, coefficient). Computed in double. Refuses an order that is not below
 * the length, and NaN. As librosa.lpc 0.11 (Marple, IEEE ASSP 28, 1980). */
OtoTensor *oto_lpc(OtoTensor *y, int order);

/* ---- for the library's own files ---- */

/* A length of at least n, a little more, whose transform is fast. */
int oto_fast_length(int64_t n);

#endif
