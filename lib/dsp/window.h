/* window: the bells that frames and filters are weighted with. */
#ifndef OTO_WINDOW_H
#define OTO_WINDOW_H

#include "../tensor/tensor.h"

/* Windows of n samples, k = 0 ... n - 1, with N = n (periodic, for spectra: the default) or N = n - 1 (.symmetric, for
 * filters), r = 2 k / N - 1 from -1 to 1 and c(m) = cos(2 pi m k / N):
 *     HANN 0.5 - 0.5 c(1)         HAMMING 0.54 - 0.46 c(1)     BLACKMAN 0.42 - 0.5 c(1) + 0.08 c(2)
 *     RECTANGULAR 1               BARTLETT 1 - |r|             COSINE sin(pi (k + 1/2) / (N + 1))
 *     TRIANGULAR                  as BARTLETT, but no end is 0
 *     NUTTALL, BLACKMAN_HARRIS, FLAT_TOP   four, four and five cosines
 *     BOHMAN (1 - |r|) cos(pi |r|) + sin(pi |r|) / pi          PARZEN   piecewise cubic
 *     BARTLETT_HANN 0.62 - 0.48 |k / N - 1/2| + 0.38 cos(2 pi |k / N - 1/2|)      LANCZOS sinc(r)
 * with a .parameter p:
 *     KAISER I0(p sqrt(1 - r^2)) / I0(p)     GAUSSIAN exp(-(k - N / 2)^2 / (2 p^2)), p in samples
 *     TUKEY cosine flanks over the fraction p (0.5)     EXPONENTIAL exp(-|k - N / 2| / p), p in samples (1)
 *     GENERAL_HAMMING p - (1 - p) c(1)
 *     CHEBYSHEV the narrowest main lobe with all side lobes p dB below it (Dolph 1946)
 *     DPSS      most energy within p bins of the main lobe's middle, p below N / 2 (Slepian 1978; multitaper)
 *     TAYLOR    nearly CHEBYSHEV, but side lobes fall off behind the third (30 dB)
 * The number in brackets stands where none is given; KAISER, GAUSSIAN, GENERAL_HAMMING, CHEBYSHEV and DPSS refuse to
 * guess.
 * As scipy.signal.get_window. */
typedef enum OtoWindow {
    OTO_HANN,
    OTO_HAMMING,
    OTO_BLACKMAN,
    OTO_RECTANGULAR,
    OTO_BARTLETT,
    OTO_TRIANGULAR,
    OTO_COSINE,
    OTO_NUTTALL,
    OTO_BLACKMAN_HARRIS,
    OTO_FLAT_TOP,
    OTO_BOHMAN,
    OTO_PARZEN,
    OTO_BARTLETT_HANN,
    OTO_LANCZOS,
    OTO_KAISER,
    OTO_GAUSSIAN,
    OTO_TUKEY,
    OTO_EXPONENTIAL,
    OTO_GENERAL_HAMMING,
    OTO_CHEBYSHEV,
    OTO_DPSS,
    OTO_TAYLOR
} OtoWindow;
#define OTO_WINDOW_DEFAULT (__builtin_nan(""))
typedef struct OtoWindowOptions {
    bool symmetric;
    double parameter;
} OtoWindowOptions;
OtoTensor *oto_window(OtoWindow kind, int64_t n, OtoWindowOptions options);
#define oto_window(kind, n, ...)                                                                                       \
    oto_window(kind, n,                                                                                                \
               OTO_OPTIONS(OtoWindowOptions, (.symmetric = false, .parameter = OTO_WINDOW_DEFAULT), __VA_ARGS__))

#endif
