/* window: the bells that frames and filters are weighted with. */
#ifndef OTO_WINDOW_H
#define OTO_WINDOW_H

#include "../tensor/tensor.h"

/* Windows of n samples, k = 0 ... n - 1, with N = n (periodic, for spectra: the default) or N = n - 1 (.symmetric, for
 * filters): hann 0.5 - 0.5 cos(2 pi k / N); hamming 0.54 - 0.46 cos(2 pi k / N);
 * blackman 0.42 - 0.5 cos(2 pi k / N) + 0.08 cos(4 pi k / N); rectangular 1. As scipy.signal.get_window. */
typedef enum OtoWindow { OTO_HANN, OTO_HAMMING, OTO_BLACKMAN, OTO_RECTANGULAR } OtoWindow;
typedef struct OtoWindowOptions {
    bool symmetric;
} OtoWindowOptions;
OtoTensor *oto_window(OtoWindow kind, int64_t n, OtoWindowOptions options);
#define oto_window(kind, n, ...) oto_window(kind, n, OTO_OPTIONS(OtoWindowOptions, (.symmetric = false), __VA_ARGS__))

#endif
