/* fourier: the discrete Fourier transform, by its definition and fast. */
#ifndef OTO_FOURIER_H
#define OTO_FOURIER_H

#include "../tensor/tensor.h"

/* X[k] = sum over n of x[n] exp(-2 pi i k n / N), straight from the definition: N^2 steps, in double. x is (N), float32
 * or complex64; X is (frequency N), complex64, in Hz when x is a sound. */
OtoTensor *oto_dft(OtoTensor *x);
/* The same numbers in N log N steps (FFTW), along the last axis: all N frequencies. */
OtoTensor *oto_fft(OtoTensor *x);
/* x[n] = 1/N sum over k of X[k] exp(+2 pi i k n / N); complex64. */
OtoTensor *oto_ifft(OtoTensor *X);
/* For real x: the frequencies 0 ... N/2, as the others mirror them: (..., frequency N/2 + 1). */
OtoTensor *oto_rfft(OtoTensor *x);
/* Real x of .length N (0: 2 * (bins - 1)). */
typedef struct OtoInverse {
    int64_t length;
} OtoInverse;
OtoTensor *oto_irfft(OtoTensor *X, OtoInverse options);
#define oto_irfft(X, ...) oto_irfft(X, OTO_OPTIONS(OtoInverse, (.length = 0), __VA_ARGS__))

#endif
