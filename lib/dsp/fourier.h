/* fourier: windows, the discrete Fourier transform, and the short-time Fourier transform with its inverse. */
#ifndef OTO_FOURIER_H
#define OTO_FOURIER_H

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

/* Spectra of overlapping windowed pieces: (time) gives complex64 (frequency 1 + n_fft / 2, time), (channels, time)
 * gives (channels, frequency, time). Frame t is centred on sample t * hop_length (.center = false: starts there).
 *     .n_fft 2048  .win_length 0: n_fft  .hop_length 0: win_length / 4  .window OTO_HANN  .center true
 *     .pad OTO_PAD_ZEROS or OTO_PAD_REFLECT
 * As librosa.stft 0.11. */
typedef enum OtoPad { OTO_PAD_ZEROS, OTO_PAD_REFLECT } OtoPad;
typedef struct OtoStft {
    int n_fft, win_length, hop_length;
    OtoWindow window;
    bool center;
    OtoPad pad;
} OtoStft;
OtoTensor *oto_stft(OtoTensor *audio, OtoStft options);
#define OTO_STFT(...) OTO_OPTIONS(OtoStft, (.n_fft = 2048, .center = true), __VA_ARGS__)
#define oto_stft(audio, ...) oto_stft(audio, OTO_STFT(__VA_ARGS__))
/* Back to sound by windowed overlap-add, divided by the sum of squared windows: the inverse of oto_stft to rounding,
 * where windows overlap. The tensor remembers how it was made; .length 0: as long as the sound was. As librosa.istft.
 */
OtoTensor *oto_istft(OtoTensor *S, OtoInverse options);
#define oto_istft(S, ...) oto_istft(S, OTO_OPTIONS(OtoInverse, (.length = 0), __VA_ARGS__))

/* Overlapping pieces of a sound as rows: (time) gives (frame, sample frame_length); the tail that fills no frame is
 * left out. As librosa.util.frame with axis=0. */
OtoTensor *oto_frame(OtoTensor *audio, int frame_length, int hop_length);

/* |X|, |X|^2 and the angle in rad of complex64 (magnitude and power also of float32). */
OtoTensor *oto_magnitude(OtoTensor *X);
OtoTensor *oto_power(OtoTensor *X);
OtoTensor *oto_phase(OtoTensor *X);
/* Real and imaginary parts. */
OtoTensor *oto_real(OtoTensor *X);
OtoTensor *oto_imag(OtoTensor *X);
/* Magnitude and phase put together: m exp(i p). */
OtoTensor *oto_polar(OtoTensor *magnitude, OtoTensor *phase);

#endif
