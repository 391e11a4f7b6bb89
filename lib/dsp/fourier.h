/* fourier: the discrete Fourier transform, by its definition and fast. All are differentiable, again too (the gradient
 * of complex numbers: complex.h). */
#ifndef OTO_FOURIER_H
#define OTO_FOURIER_H

#include "../tensor/tensor.h"

/* X[k] = sum over n of x[n] exp(-2 pi i k n / N), straight from the definition: N^2 steps, in double. x is (N), float32
 * or complex64; X is (frequency N), complex64, in Hz when x is a sound. */
OtoTensor *oto_dft(OtoTensor *x);

/* The same numbers in N log N steps (FFTW), any N, along one axis of x and for all others alike:
 *     .axis  -1: the last; counted from 0, or from the end when negative
 *     .n     0: as long as the axis is; otherwise x is cut to n, or goes on with zeros
 * All N frequencies, complex64. As numpy.fft.fft. */
typedef struct OtoFft {
    int64_t n;
    int axis;
} OtoFft;
#define OTO_FFT(...) OTO_OPTIONS(OtoFft, (.axis = -1), __VA_ARGS__)
OtoTensor *oto_fft(OtoTensor *x, OtoFft options);
#define oto_fft(x, ...) oto_fft(x, OTO_FFT(__VA_ARGS__))
/* x[n] = 1/N sum over k of X[k] exp(+2 pi i k n / N); complex64. As numpy.fft.ifft. */
OtoTensor *oto_ifft(OtoTensor *X, OtoFft options);
#define oto_ifft(X, ...) oto_ifft(X, OTO_FFT(__VA_ARGS__))
/* For real x: the frequencies 0 ... N/2, as the others mirror them: N/2 + 1. As numpy.fft.rfft. */
OtoTensor *oto_rfft(OtoTensor *x, OtoFft options);
#define oto_rfft(x, ...) oto_rfft(x, OTO_FFT(__VA_ARGS__))
/* Real x of .length N (0: 2 * (bins - 1)); X has N/2 + 1 bins. As numpy.fft.irfft. */
typedef struct OtoInverse {
    int64_t length;
    int axis;
} OtoInverse;
OtoTensor *oto_irfft(OtoTensor *X, OtoInverse options);
#define oto_irfft(X, ...) oto_irfft(X, OTO_OPTIONS(OtoInverse, (.length = 0, .axis = -1), __VA_ARGS__))

#endif
